"""Several terms that renew by themselves: one page that shows what it means for each, then one confirmation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.kernel.ids import CompanyId
from tenantry.kernel.refusals import Refusal
from tenantry.licensing import queries, texts
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import SubscriptionView
from tenantry.licensing.renewing import SeenTerm, confirm_renewals
from tenantry.licensing.rules.facts import fingerprint
from tenantry.licensing.rules.terms import Outcome
from tenantry.people.permissions import Permission
from tenantry.web.access import PortalRequest, portal
from tenantry.web.portal import wishing, words
from tenantry.web.portal.context import company_page
from tenantry.web.ui.components import marks
from tenantry.web.ui.frame import Crumb


@dataclass(frozen=True, slots=True)
class Line:
    """One term of the page that asks: what it is, and what happens."""

    name: str
    tile: SafeString
    what: str
    term: str
    company: str = ""


def can_be_confirmed(view: SubscriptionView) -> bool:
    """Say whether it renews by itself as it is, and nobody has said yet that this is right."""
    undecided = view.wish is None or view.wish.lost_at is not None
    return undecided and view.order is None and view.row.gone_at is None and view.ending.outcome is Outcome.RENEWS


@portal(Permission.DECIDE_END)
def renew_as_is(request: PortalRequest, company_id: UUID) -> HttpResponse:
    """Show what was ticked with what it means for each term; record it when confirmed."""
    back = HttpResponseRedirect(reverse("portal:renewals", args=[company_id]))
    if request.method != "POST":
        return back
    moment = Moment.current()
    company = CompanyId(company_id)
    if "terms" in request.POST:
        seen = wishing.open_terms(request.POST["terms"], request.access.person.id)
        acting_as = request.access.acting_as()
        terms = [SeenTerm(company, row_id, digest, acting_as) for row_id, digest in seen.items()]
        rows = queries.subscription_rows(company, show="all")
        names = {row.id: row.friendly_name or row.offer_name for row in rows}
        tell(request, confirm_renewals(terms, moment), names, moment.commerce)
        return back
    ticked = ticks(request.POST)
    found = [view for view in queries.year_ahead(company, moment.commerce).renewals if view.id in ticked]
    ready = [view for view in found if can_be_confirmed(view)]
    left_out = [view.name for view in found if not can_be_confirmed(view)]
    if not ready:
        messages.warning(request, nothing_ticked(left_out))
        return back
    context = company_page(
        request,
        "renewals",
        moment,
        title=title(len(ready)),
        crumbs=[Crumb(_("Renewals"), back.url), Crumb(_("Renew as it is"))],
        lines=[line(view, moment.commerce) for view in ready],
        left_out=left_out,
        terms=wishing.seal_terms({view.id: fingerprint(view.facts) for view in ready}, request.access.person.id),
        confirm_url=reverse("portal:renew_as_is", args=[company_id]),
        back_url=back.url,
    )
    return render(request, "portal/renew_as_is.html", context)


def ticks(body: QueryDict) -> set[UUID]:
    """Return the subscriptions that were ticked; what is no id counts for nothing."""
    found = set()
    for text in body.getlist("term"):
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return found


def line(view: SubscriptionView, now: datetime, company: str = "") -> Line:
    """Put one term into words for the page that asks."""
    return Line(
        name=view.name,
        tile=marks.initials_tile(view.row.offer_name),
        what=words.ending_sentence(view, now),
        term=words.term(view),
        company=company,
    )


def title(many: int) -> str:
    """Say what the page asks about."""
    said = ngettext("%(n)d subscription renews as it is", "%(n)d subscriptions renew as they are", many)
    return said % {"n": many}


def nothing_ticked(left_out: Iterable[str]) -> str:
    """Say why there is nothing to confirm."""
    if names := ", ".join(left_out):
        return _("Nothing to confirm: %(names)s. What happens there was decided or changed meanwhile.") % {
            "names": names
        }
    return _("Tick at least one subscription that renews by itself.")


def tell(
    request: HttpRequest, answers: Mapping[UUID, Refusal | bool], names: Mapping[UUID, str], now: datetime
) -> None:
    """Leave messages for the next page: how many are recorded, what stood already, and what was left out and why."""
    if not answers:
        messages.warning(request, _("This page had become old, and nothing was recorded. Tick again, then confirm."))
        return
    recorded = sum(answer is True for answer in answers.values())
    stood = sum(answer is False for answer in answers.values())
    if recorded:
        done = ngettext("Decided: %(n)d term renews as it is.", "Decided: %(n)d terms renew as they are.", recorded)
        messages.success(request, done % {"n": recorded})
    if stood:
        same = ngettext(
            "%(n)d term was decided so already: nothing changed.",
            "%(n)d terms were decided so already: nothing changed.",
            stood,
        )
        messages.info(request, same % {"n": stood})
    refused = [
        f"{names.get(row_id, _('A subscription that is gone'))}: {texts.refusal_text(answer, now)[0]}"
        for row_id, answer in answers.items()
        if isinstance(answer, Refusal)
    ]
    if refused:
        messages.warning(request, _("Left out: %(lines)s") % {"lines": " ".join(refused)})
