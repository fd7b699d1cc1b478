"""Products that the worlds sell: catalogue ids, names and the directory's SKU ids.

Product, SKU and directory ids are the real ones, from Microsoft's published examples and public price lists
(read 2026-11); availability ids change monthly at Microsoft and are partly made up here, as are trial SKUs other
than Copilot's. No prices: the stand-in serves none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

JsonDict = dict[str, Any]

MONTH = ("P1M", "monthly")
YEAR_MONTHLY = ("P1Y", "monthly")
YEAR = ("P1Y", "annual")
THREE_YEARS = ("P3Y", "triennial")
THREE_YEARS_ANNUAL = ("P3Y", "annual")
USUAL = (MONTH, YEAR_MONTHLY, YEAR)
ENTERPRISE = (*USUAL, THREE_YEARS_ANNUAL, THREE_YEARS)
ONE_TIME = (("", "one_time"),)


@dataclass(frozen=True, slots=True)
class Item:
    """One SKU of one product: what `links` and `offerId` of a subscription point to."""

    key: str
    product: str
    sku: str
    title: str
    part_number: str = ""  # name of the SKU in the customer's directory
    provisioning_id: str | None = None  # id of the SKU in the customer's directory
    availability: str = ""
    plans: tuple[tuple[str, str], ...] = USUAL
    maximum: int = 10_000_000
    minimum: int = 1
    product_type: str = "OnlineServicesNCE"
    needs: tuple[str, ...] = ()  # base products of an add-on
    upgrades: tuple[str, ...] = ()
    is_trial: bool = False
    publisher: str = "Microsoft Corporation"
    refundable_days: int = 7

    @property
    def availability_id(self) -> str:
        return self.availability or _made_up_availability(self.product, self.sku)

    @property
    def offer_id(self) -> str:
        return f"{self.product}:{self.sku}:{self.availability_id}"

    @property
    def has_monthly_plan(self) -> bool:
        return MONTH in self.plans


@cache
def _made_up_availability(product: str, sku: str) -> str:
    return f"{product[:8]}{hashlib.sha256(f'{product}:{sku}'.encode()).hexdigest()[:4].upper()}"


def _seats(
    key: str, ids: str, title: str, part: str, directory_id: str | None, availability: str = "", **more: Any
) -> Item:
    product, _, sku = ids.partition(":")
    return Item(key, product, sku, title, part, directory_id, availability, **more)


_BASES = ("business-basic", "business-standard", "business-premium", "m365-e3", "m365-e5", "o365-e1", "o365-e3")

ITEMS: dict[str, Item] = {
    item.key: item
    for item in (
        _seats("business-basic", "CFQ7TTC0LH18:0001", "Microsoft 365 Business Basic", "O365_BUSINESS_ESSENTIALS",
               "3b555118-da6a-4418-894f-7df1e2096870", "CFQ7TTC0K971", maximum=300,
               upgrades=("business-standard", "business-premium")),
        _seats("business-standard", "CFQ7TTC0LDPB:0001", "Microsoft 365 Business Standard", "O365_BUSINESS_PREMIUM",
               "f245ecc8-75af-4f8e-b61f-27d8114de5f3", maximum=300, upgrades=("business-premium",)),
        _seats("business-premium", "CFQ7TTC0LCHC:0002", "Microsoft 365 Business Premium", "SPB",
               "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "CFQ7TTC0X6RN", maximum=300),
        _seats("apps-business", "CFQ7TTC0LH1G:0001", "Microsoft 365 Apps for business", "O365_BUSINESS",
               "cdd28e44-67e3-425e-be4c-737fab2899d3", "CFQ7TTC0KH04", maximum=300),
        _seats("apps-enterprise", "CFQ7TTC0LGZT:0001", "Microsoft 365 Apps for enterprise", "OFFICESUBSCRIPTION",
               "c2273bd0-dff7-4215-9ef5-2c7bcfb06425"),
        _seats("m365-e3", "CFQ7TTC0LFLX:0001", "Microsoft 365 E3", "SPE_E3",
               "05e9a617-0261-4cee-bb44-138d3ef5d965", "CFQ7TTC0LB30", plans=ENTERPRISE, upgrades=("m365-e5",)),
        _seats("m365-e5", "CFQ7TTC0LFLZ:0002", "Microsoft 365 E5", "SPE_E5",
               "06ebc4ee-1bb5-47dd-8120-11324bc54e06", plans=ENTERPRISE),
        _seats("m365-f1", "CFQ7TTC0MBMD:0002", "Microsoft 365 F1", "M365_F1", "44575883-256e-4a79-9da4-ebe9acabe2b2"),
        _seats("m365-f3", "CFQ7TTC0LH05:0001", "Microsoft 365 F3", "SPE_F1",
               "66b55226-6b4f-492c-910c-a3b7a3c9d993", "CFQ7TTC12KMF"),
        _seats("o365-e1", "CFQ7TTC0LF8Q:0001", "Office 365 E1", "STANDARDPACK",
               "18181a46-0d4e-45cd-891e-60aabd171b4e", "CFQ7TTC0KJ4N", upgrades=("o365-e3",)),
        _seats("o365-e3", "CFQ7TTC0LF8R:0001", "Office 365 E3", "ENTERPRISEPACK",
               "6fd2c87f-b296-42f0-b197-1e91e994b900", plans=ENTERPRISE),
        _seats("o365-e5", "CFQ7TTC0LF8S:0002", "Office 365 E5", "ENTERPRISEPREMIUM",
               "c7df2760-2c81-4ef7-b578-5b5392b571df", "CFQ7TTC0N81H", plans=ENTERPRISE),
        _seats("o365-f3", "CFQ7TTC0LGZW:0001", "Office 365 F3", "DESKLESSPACK",
               "4b585984-651b-448a-9e53-3b10f069cf7f", "CFQ7TTC0RJX4"),
        _seats("exchange-1", "CFQ7TTC0LH16:0001", "Exchange Online (Plan 1)", "EXCHANGESTANDARD",
               "4b9405b0-7788-4568-add1-99614e613b69", upgrades=("exchange-2",)),
        _seats("exchange-2", "CFQ7TTC0LH1P:0001", "Exchange Online (Plan 2)", "EXCHANGEENTERPRISE",
               "19ec0d23-8335-4cbd-94ac-6050e30712fa", "CFQ7TTC0RFD2"),
        _seats("exchange-kiosk", "CFQ7TTC0LH0L:0001", "Exchange Online Kiosk", "EXCHANGEDESKLESS",
               "80b2d799-d2ba-4d2a-8842-fb0d0f3a4b82"),
        _seats("teams-phone", "CFQ7TTC0LH0T:0001", "Microsoft Teams Phone Standard", "MCOEV",
               "e43b5b99-8dfb-405f-9987-dc307f34bcbd", needs=_BASES),
        _seats("teams-premium", "CFQ7TTC0RM8K:0002", "Microsoft Teams Premium", "Microsoft_Teams_Premium",
               "36a0f3b3-adb5-49ea-bf66-762134cf063a", needs=_BASES),
        _seats("teams-essentials", "CFQ7TTC0JN4R:0002", "Microsoft Teams Essentials", "TEAMS_ESSENTIALS_AAD",
               "3ab6abff-666f-4424-bfb7-f0bc274ec7bc", maximum=300),
        _seats("teams-rooms-pro", "CFQ7TTC0QW7C:0001", "Microsoft Teams Rooms Pro", "Microsoft_Teams_Rooms_Pro",
               "4cde982a-ede4-4409-9ae6-b003453c8ea6"),
        _seats("copilot", "CFQ7TTC0MM8R:0002", "Microsoft 365 Copilot", "Microsoft_365_Copilot",
               "639dec6b-bb19-468b-871c-c5c441c4b0cb", plans=(YEAR_MONTHLY, YEAR), needs=_BASES),
        _seats("copilot-business", "CFQ7TTC0MM8R:001P", "Microsoft 365 Copilot Business", "", None, maximum=300,
               needs=("business-basic", "business-standard", "business-premium")),
        _seats("copilot-business-trial", "CFQ7TTC0MM8R:006Z", "Microsoft 365 Copilot Business Trial", "", None,
               plans=(MONTH,), maximum=25, minimum=25, is_trial=True),
        _seats("teams-premium-trial", "CFQ7TTC0RM8K:0004", "Microsoft Teams Premium Trial", "Microsoft_Teams_Premium",
               "36a0f3b3-adb5-49ea-bf66-762134cf063a", plans=(MONTH,), maximum=25, minimum=25, is_trial=True),
        _seats("power-bi-pro", "CFQ7TTC0LHSF:0001", "Power BI Pro", "POWER_BI_PRO",
               "f8a1db68-be16-40ed-86d5-cb42ce701560", "CFQ7TTC0Q7WT"),
        _seats("power-bi-premium", "CFQ7TTC0HL8W:0001", "Power BI Premium Per User", "PBI_PREMIUM_PER_USER",
               "c1d032e0-5619-4761-9b5c-75b6831e1711", "CFQ7TTC0R11R"),
        _seats("power-apps-premium", "CFQ7TTC0LH2H:0002", "Power Apps Premium", "POWERAPPS_PER_USER",
               "b30411f5-fea1-4a59-9ad9-3db7c7ead579", "CFQ7TTC0XW8D"),
        _seats("power-automate", "CFQ7TTC0LH3L:0001", "Power Automate Premium", "FLOW_PER_USER",
               "4a51bca5-1eff-43f5-878c-177680f191af", "CFQ7TTC0MLSR"),
        _seats("visio-1", "CFQ7TTC0HD33:0003", "Visio Plan 1", "VISIOONLINE_PLAN1",
               "4b244418-9658-4451-a2b8-b5e2b364e9bd"),
        _seats("visio-2", "CFQ7TTC0HD32:0002", "Visio Plan 2", "VISIOCLIENT",
               "c5928f49-12ba-48f7-ada3-0d743a3601d5", "CFQ7TTC0Q5VM"),
        _seats("project-3", "CFQ7TTC0HDB0:0002", "Planner and Project Plan 3", "PROJECTPROFESSIONAL",
               "53818b1b-4a27-454b-8896-0dba576410e6", "CFQ7TTC0PZ7G"),
        _seats("entra-p1", "CFQ7TTC0LFLS:0002", "Microsoft Entra ID P1", "AAD_PREMIUM",
               "078d2b04-f1bd-4111-bbd4-b4b1b354cef4"),
        _seats("entra-p2", "CFQ7TTC0LFK5:0001", "Microsoft Entra ID P2", "AAD_PREMIUM_P2",
               "84a661c4-e949-4bd2-a560-ed7766fcaf2b"),
        _seats("intune-1", "CFQ7TTC0LCH4:0009", "Microsoft Intune Plan 1", "INTUNE_A",
               "061f9ace-7d42-4136-88ac-31dc755f143f"),
        _seats("ems-e3", "CFQ7TTC0LHT4:0001", "Enterprise Mobility + Security E3", "EMS",
               "efccb6f7-5641-4e0e-bd10-b4976e1bf68e"),
        _seats("defender-business", "CFQ7TTC0HX56:0002", "Microsoft Defender for Business", "", None,
               maximum=300),
        _seats("windows-e3", "CFQ7TTC0LGTX:0004", "Windows 10/11 Enterprise E3", "WIN10_VDA_E3",
               "6a0f6da5-0b87-4190-a6ae-9bb5a2b9546a", plans=ENTERPRISE),
        _seats("sharepoint-1", "CFQ7TTC0LH0N:0001", "SharePoint (Plan 1)", "SHAREPOINTSTANDARD",
               "1fc08a02-8b3d-43b9-831e-f76859e04e1a"),
        _seats("onedrive-2", "CFQ7TTC0LH1M:0001", "OneDrive for business (Plan 2)", "WACONEDRIVEENTERPRISE",
               "ed01faf2-1d88-4947-ae91-45ca18703a96"),
        Item("azure-plan", "DZH318Z0BPS6", "0001", "Azure plan", availability="DZH318Z0BMTX", plans=ONE_TIME,
             maximum=1, product_type="Azure"),
        Item("sql-enterprise", "DG7GMGF0FKZV", "0003", "SQL Server Enterprise - 2 Core License Pack - 3 year",
             availability="DG7GMGF0DQLM", plans=(THREE_YEARS,), product_type="Software", publisher="Microsoft"),
        Item("windows-cal", "DG7GMGF0DVT7", "000C", "Windows Server CAL - 1 Device CAL - 3 year",
             availability="DG7GMGF0FVZM", plans=(THREE_YEARS,), product_type="Software", publisher="Microsoft"),
        Item("windows-server", "DG7GMGF0PWHC", "0003", "Windows Server 2025 Standard - 16 Core License Pack",
             plans=ONE_TIME, product_type="Software", publisher="Microsoft", refundable_days=30),
        Item("office-ltsc", "DG7GMGF0PN5D", "0002", "Office LTSC Standard 2024", plans=ONE_TIME,
             product_type="Software", publisher="Microsoft", refundable_days=30),
        Item("cloud-backup", "DZH318Z0C0WF", "0001", "Tresor Cloud Backup for Microsoft 365",
             availability="DZH318Z0BP69", plans=(MONTH, YEAR), product_type="SaaS", publisher="Tresor Software SE"),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LegacyOffer:
    """An offer of the time before new commerce; ids as Microsoft published them."""

    key: str
    offer_id: str
    title: str
    part_number: str
    provisioning_id: str
    parent: str = ""


LEGACY: dict[str, LegacyOffer] = {
    offer.key: offer
    for offer in (
        LegacyOffer("legacy-e1", "91FD106F-4B2C-4938-95AC-F54F74E9A239", "Office 365 E1", "STANDARDPACK",
                    "18181a46-0d4e-45cd-891e-60aabd171b4e"),
        LegacyOffer("legacy-exchange-1", "195416C1-3447-423A-B37B-EE59A99A19C4", "Exchange Online (Plan 1)",
                    "EXCHANGESTANDARD", "4b9405b0-7788-4568-add1-99614e613b69"),
        LegacyOffer("legacy-archiving", "2828BE95-46BA-4F91-B2FD-0BEF192ECF60",
                    "Exchange Online Archiving for Exchange Online", "EXCHANGEARCHIVE_ADDON",
                    "ee02fd1b-340e-4a4b-b355-4a514e4c8943", parent="legacy-exchange-1"),
        LegacyOffer("legacy-audio", "C94271D8-B431-4A25-A3C5-A57737A1C909", "Audio Conferencing", "MCOMEETADV",
                    "0c266dff-15dd-4b49-8397-2bb16070ed52"),
    )
}  # fmt: skip


def document(country: str, currency: str) -> JsonDict:
    """Return the catalogue part of a world for the partner's market; other markets see the same ids."""
    products: dict[str, JsonDict] = {}
    for item in ITEMS.values():
        products.setdefault(item.product, _product(item, country))
    return {
        "products": list(products.values()),
        "skus": [_sku(item, country) for item in ITEMS.values()],
        "availabilities": [_availability(item, country, currency) for item in ITEMS.values()],
    }


def _link(uri: str) -> JsonDict:
    return {"uri": uri, "method": "GET", "headers": []}


@cache
def _links(item: Item, country: str) -> JsonDict:
    root = f"/products/{item.product}"
    return {
        "product": _link(f"{root}?country={country}"),
        "sku": _link(f"{root}/skus/{item.sku}?country={country}"),
        "availability": _link(f"{root}/skus/{item.sku}/availabilities/{item.availability_id}?country={country}"),
    }


def links(item: Item, country: str) -> JsonDict:
    """Return the catalogue links that a subscription to the item carries."""
    return dict(_links(item, country))


def _product(item: Item, country: str) -> JsonDict:
    title = item.title.removesuffix(" Trial")
    root = f"/products/{item.product}"
    return {
        "id": item.product,
        "title": title,
        "description": title,
        "productType": {"id": item.product_type, "displayName": item.product_type},
        "isMicrosoftProduct": item.publisher.startswith("Microsoft"),
        "publisherName": item.publisher,
        "links": {"skus": _link(f"{root}/skus?country={country}"), "self": _link(f"{root}?country={country}")},
    }


def _sku(item: Item, country: str) -> JsonDict:
    root = f"/products/{item.product}/skus/{item.sku}"
    attributes: JsonDict = {
        "isMicrosoftProduct": item.publisher.startswith("Microsoft"),
        "hasConstraints": bool(item.needs) or item.maximum <= 300,
        "isAddon": bool(item.needs),
        "prerequisiteSkus": _pairs(item.needs),
        "isSoftwareAssuranceApplicable": False,
        "upgradeTargetOffers": _pairs(item.upgrades),
        "internal": False,
    }
    if item.provisioning_id:
        attributes["provisioningId"] = item.provisioning_id
    return {
        "id": item.sku,
        "productId": item.product,
        "title": item.title,
        "description": item.title,
        "minimumQuantity": item.minimum,
        "maximumQuantity": item.maximum,
        "isTrial": item.is_trial,
        "supportedBillingCycles": list(dict.fromkeys(cycle for _, cycle in item.plans)),
        "purchasePrerequisites": ["MicrosoftCustomerAgreement"],
        "inventoryVariables": [],
        "provisioningVariables": [],
        "actions": ["Refund"],
        "dynamicAttributes": attributes,
        "links": {
            "availabilities": _link(f"{root}/availabilities?country={country}"),
            "self": _link(f"{root}?country={country}"),
        },
    }


def _pairs(keys: Iterable[str]) -> list[str]:
    return [f"{ITEMS[key].product}:{ITEMS[key].sku}" for key in keys]


_WORDS = {"P1M": "One-Month", "P1Y": "One-Year", "P3Y": "Three-Year", "": "One-Time"}
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}


def _availability(item: Item, country: str, currency: str) -> JsonDict:
    root = f"/products/{item.product}/skus/{item.sku}"
    policies = [{"refundOptions": [{"sequenceId": 0, "type": "Full", "expiresAfter": "P1D"}]}]
    terms = []
    for duration, cycle in item.plans:
        number = hashlib.sha256(f"{item.offer_id}{duration}{cycle}".encode()).hexdigest()[:12]
        term: JsonDict = {
            "id": number,
            "description": f"{_WORDS[duration]} commitment, {cycle} billing",
            "billingCycle": cycle.title() if cycle != "one_time" else "OneTime",
            "cancellationPolicies": policies,
        }
        terms.append(term | ({"duration": duration} if duration else {}))
    return {
        "id": item.availability_id,
        "productId": item.product,
        "skuId": item.sku,
        "catalogItemId": item.offer_id,
        "defaultCurrency": {"code": currency, "symbol": _SYMBOLS.get(currency, currency)},
        "segment": "commercial",
        "isPurchasable": True,
        "isRenewable": not item.is_trial and item.plans != ONE_TIME,
        "renewalInstructions": [
            {
                "applicableTermIds": [term["id"] for term in terms],
                "renewalOptions": [{"renewToId": f"{item.product}:{item.sku}", "isAutoRenewable": True}],
            }
        ],
        "terms": terms,
        "links": {"self": _link(f"{root}/availabilities/{item.availability_id}?country={country}")},
    }
