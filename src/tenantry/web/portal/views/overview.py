"""The first page of a company: four figures, what needs a decision, the year ahead, what happened last."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.kernel import dates
from tenantry.kernel.ids import CompanyId
from tenantry.licensing import queries, texts
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import Freshness, Shortage, SubscriptionView
from tenantry.licensing.rules.terms import Outcome
from tenantry.people.permissions import Permission
from tenantry.web.access import PortalRequest, portal
from tenantry.web.frame import support_of
from tenantry.web.portal import history, words
from tenantry.web.portal.context import company_page
from tenantry.web.portal.planning import decide_url, may_words
from tenantry.web.ui import distances
from tenantry.web.ui.components import marks
from tenantry.web.ui.drawings import year_strip

RECENT = 5
MOST_DECISIONS = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """A strong number with a word of meaning."""

    number: int
    meaning: str
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Something to decide, as one line; ``is_next`` is the first that can be decided here."""

    url: str
    name: str
    tile: SafeString
    tags: SafeString
    what: str
    date: str
    decide_url: str
    ask_url: str
    is_next: bool


@dataclass(frozen=True, slots=True)
class _Need:
    """Why a subscription needs somebody to look at it, and by when."""

    view: SubscriptionView
    by: datetime | None
    what: str


def _needs(undecided: list[SubscriptionView], shortages: list[Shortage], now: datetime) -> list[_Need]:
    """Put open questions and coming shortages of seats together, by deadline; one subscription is one line."""
    short = {one.view.id: one for one in shortages}
    found = [_Need(view, view.facts.commitment_end, _what(view, short.pop(view.id, None), now)) for view in undecided]
    found += [_Need(one.view, one.at, texts.caution_text(one.caution, now)) for one in short.values()]
    return sorted(found, key=lambda need: need.by or now)


def decisions(request: PortalRequest, found: list[_Need], support: str, now: datetime) -> list[Decision]:
    """Make the lines of what needs a decision; the way there is open to those who decide.

    ``support`` is the address for mail about a trial, which can only be ended by the partner.
    """
    company_id = request.access.company_id
    ways = [decide_url(need.view, request.access, now) for need in found]
    all_tags = words.explained_tags(need.view for need in found)
    next_one = next((place for place, way in enumerate(ways) if way), None)
    return [
        Decision(
            url=reverse("portal:subscription", args=[company_id, need.view.id]),
            name=need.view.name,
            tile=marks.initials_tile(need.view.row.offer_name),
            tags=tags,
            what=need.what,
            date=distances.both_forms(need.by, now) if need.by else "",
            decide_url=way,
            ask_url=words.trial_mail(need.view, request.access.name, support, now),
            is_next=place == next_one,
        )
        for place, (need, way, tags) in enumerate(zip(found, ways, all_tags, strict=True))
    ]


def _what(view: SubscriptionView, shortage: Shortage | None, now: datetime) -> str:
    if view.wish is not None and view.wish.lost_at is not None:
        what = _("What was decided is not at Microsoft: decide again.")
    else:
        what = words.open_ending(view, now)
    return what if shortage is None else f"{what} {texts.caution_text(shortage.caution, now)}"


def row_anchor(view: SubscriptionView) -> str:
    """Name a subscription's place in the list of renewals, for a link to it."""
    return f"term-{view.id}"


def strip(
    company_id: UUID,
    found: list[SubscriptionView],
    open_questions: list[SubscriptionView],
    now: datetime,
    *,
    to_rows: bool = False,
) -> year_strip.YearStrip:
    """Draw the renewals of the next twelve months; marks lead to subscriptions, or to their rows among the renewals."""
    undecided, renewals_url = {view.id for view in open_questions}, reverse("portal:renewals", args=[company_id])
    return year_strip.draw(
        [
            year_strip.Renewal(
                view.name,
                view.facts.commitment_end,
                view.facts.quantity,
                words.ending_kind(view, view.id in undecided),
                f"{renewals_url}#{row_anchor(view)}"
                if to_rows
                else reverse("portal:subscription", args=[company_id, view.id]),
            )
            for view in found
            if view.facts.commitment_end is not None
        ],
        now,
        renewals_url,
    )


@portal(Permission.SEE)
def overview(request: PortalRequest, company_id: UUID) -> HttpResponse:
    """Show the overview."""
    moment = Moment.current()
    now, company = moment.commerce, CompanyId(company_id)
    figures = queries.overview(company, now)
    ahead = queries.year_ahead(company, now)
    coming = ahead.renewals
    undecided = queries.needs_decision(coming, now)
    needs = _needs(undecided, ahead.shortages, now)
    recent, _counts = history.entries(company, limit=RECENT)
    context = company_page(
        request,
        "overview",
        moment,
        state=_state(needs, queries.freshness(company), moment),
        figures=_figures(figures, company_id, _soon_note(coming, now), _trial_note(coming, now)),
        renewals_url=reverse("portal:renewals", args=[company_id]),
        activity_url=reverse("portal:activity", args=[company_id]),
        more_decisions=len(needs) > MOST_DECISIONS,
        may_not="" if request.access.may(Permission.DECIDE_END) else may_words(request.access, Permission.DECIDE_END),
        next_one=coming[0] if coming else None,
        next_date=distances.both_forms(coming[0].facts.commitment_end, now)
        if coming and coming[0].facts.commitment_end
        else "",
        strip=strip(company_id, coming, [need.view for need in needs], now),
        happenings=history.happenings(recent, now),
    )
    context["decisions"] = decisions(request, needs[:MOST_DECISIONS], support_of(context), now)
    return render(request, "portal/overview.html", context)


def _figures(found: queries.Overview, company_id: UUID, soon_note: str, trial_note: str) -> list[Figure]:
    listed = reverse("portal:subscriptions", args=[company_id])
    soon = ngettext("term ends within 30 days", "terms end within 30 days", found.ending_soon)
    return [
        Figure(
            found.active,
            ngettext("active subscription", "active subscriptions", found.active),
            "",
            f"{listed}?show=active",
        ),
        Figure(
            found.seats,
            ngettext("seat", "seats", found.seats),
            "",
            f"{listed}?show=active&sort=-quantity",
        ),
        Figure(found.ending_soon, soon, soon_note, reverse("portal:renewals", args=[company_id])),
        Figure(found.trials, ngettext("trial", "trials", found.trials), trial_note, f"{listed}?show=trials"),
    ]


def _state(needs: list[_Need], freshness: Freshness, moment: Moment) -> SafeString:
    """Say how much is to be decided and by when, and how old that is; the figures below say the rest."""
    if not needs:
        return words.fresh_words(freshness, moment)
    count = ngettext("%(n)s decision", "%(n)s decisions", len(needs)) % {"n": len(needs)}
    if (first := needs[0].by) is not None:
        sentence = ngettext("{count}, {when}", "{count}, the first {when}", len(needs))
        count = format_html(sentence, count=count, when=distances.away(first, moment.commerce))
    return words.state_line(count, freshness, moment)


def _trial_note(coming: list[SubscriptionView], now: datetime) -> str:
    """Say when the first trial becomes paid or ends."""
    trials = [view for view in coming if view.facts.is_trial]
    if not trials or trials[0].facts.commitment_end is None:
        return ""
    day = dates.day(trials[0].facts.commitment_end, now)
    if trials[0].ending.outcome is Outcome.CONVERTS:
        return ngettext("becomes paid on %(day)s", "the first becomes paid on %(day)s", len(trials)) % {"day": day}
    return ngettext("ends on %(day)s", "the first ends on %(day)s", len(trials)) % {"day": day}


def _soon_note(coming: list[SubscriptionView], now: datetime) -> str:
    if not coming or coming[0].facts.commitment_end is None:
        return ""
    return _("next: %(day)s") % {"day": dates.day(coming[0].facts.commitment_end, now)}
