"""Partner Center's numeric codes: what each means for us (list read 2026-11).

One row per meaning: kind, advice key, whether trying again can help, codes. Codes are compared as strings, because the
service sends numbers where its documentation says strings; "400/2006" is a code that means something else with that
HTTP status. HTTP 5xx and 408 are judged by their status, not here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tenantry.clients.http import Conflict, NotAllowed, NotFound, Refused, Retry, UpstreamError


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means: the error's class, its kind, the advice and whether trying again can help."""

    error: type[UpstreamError]
    kind: str
    advice: str
    retry: Retry


_CLASSES: Mapping[str, type[UpstreamError]] = {
    "auth": NotAllowed,
    "auth_config": NotAllowed,
    "gdap": NotAllowed,
    "relation": NotAllowed,
    "not_found": NotFound,
    "busy": Conflict,
    "stale": Conflict,
}
_RETRIES: Mapping[str, Retry] = {"busy": Retry.LATER, "stale": Retry.LOOK_FIRST}

_ROWS: tuple[tuple[str, str, str], ...] = (
    ("auth", "token_refused", "800001"),
    ("auth", "sign_in_again", "90000"),
    ("auth", "not_allowed", "2032 900150 800043"),
    ("auth_config", "token_audience", "900420"),
    ("auth_config", "mfa_missing", "900421"),
    ("auth_config", "app_user_needed", "900329 900316"),
    ("gdap", "gdap_missing", "900308"),
    ("gdap", "customer_conditional_access", "900309"),
    ("relation", "not_our_customer", "20002 900159"),
    ("partner", "partner_not_active", "2006 2030 800039 900149 2071 2072 800015 800016 900154"),
    ("partner", "partner_agreement", "900123 900124"),
    ("agreement", "customer_agreement", "13605"),
    ("agreement", "customer_data", "600061"),
    ("attestation", "attestation_missing", "900203 900206"),
    ("customer", "customer_review", "800073 800074"),
    ("customer", "customer_blocked", "800075 900416"),
    ("customer", "customer_data", "600002 600049 600050 600051"),
    ("not_found", "not_found", "1000 20000 20003 60002 60003 600074 800007 800037 800038 800076 400013 400018 400019"),
    ("catalogue", "not_for_sale", "2085 2091 400036 400072 800020 800028 800070 800010 900322"),
    ("state", "subscription_suspended", "2001 800091"),
    ("state", "subscription_closed", "2011 900277 900279 800012"),
    (
        "state",
        "subscription_not_changeable",
        "800027 800092 800095 800096 800098 800040 800041 800081 800042 900280 400/2006",
    ),
    ("state", "auto_renew_impossible", "800093"),
    ("state", "parent_suspended", "27009"),
    ("limit", "quantity_limit", "2002 800067 800088 800089 800066 800068 800017 900275 900419"),
    ("limit", "update_limit", "900311"),
    ("limit", "sandbox_limit", "800018 900116"),
    ("credit", "credit_limit", "800023 800025 900121"),
    ("risk", "risk_refused", "800022 800024 800026 800062 800069"),
    ("window", "return_window_closed", "800090 900214 900257"),
    ("window", "cancel_window_closed", "900117 900213"),
    ("busy", "being_processed", "900278 800082 800014 800060 800064 900101 900104"),
    ("stale", "stale", "2055 800036"),
    ("plan", "plan_change", "2054 6000 6001 800072 800080 800085 800097 800107 800121 800122"),
    ("coterm", "end_date_invalid", "900242 900244 900245 900246"),
    ("cart", "cart", "800008 800009 800065 400041"),
    ("cancel", "order_not_cancellable", "800061 800063 800077 800019"),
    ("upgrade", "upgrade_invalid", "900236 900258 900259 900260 900261 900267 900268 900269 900270"),
    ("legacy", "legacy_only", "900263"),
    (
        "migration",
        "migration",
        "900215 900216 900217 900218 900219 900220 900221 900222 900223 900224 900226 900247 900248 900262 900291"
        " 900292",
    ),
    ("promotion", "promotion", "27006 27007"),
    ("licence", "licence_missing", "60012"),
    ("azure", "azure_resources", "900115"),
    (
        "transfer",
        "transfer",
        "900100 900102 900131 900132 900133 900134 900136 900137 900138 900139 900145 900146 900147 900148 900400",
    ),
    ("request", "request_wrong", "3000 800002 800004 800021 800030 900118 900126 900141"),
)

MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        code: Meaning(_CLASSES.get(kind, Refused), kind, advice, _RETRIES.get(kind, Retry.NEVER))
        for kind, advice, codes in _ROWS
        for code in codes.split()
    }
)
