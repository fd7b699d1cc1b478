"""Short words about subscriptions, for lists and heads. Sentences about rules are in `licensing.texts`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from urllib.parse import quote, urlencode

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tenantry.licensing import texts
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import Freshness, Licences, SubscriptionView
from tenantry.licensing.rules import terms
from tenantry.licensing.rules.facts import EndOfTerm, Status, SubscriptionFacts, SubscriptionKind
from tenantry.licensing.rules.terms import Ending, Outcome
from tenantry.web.ui.components import marks
from tenantry.web.ui.templatetags.ui import explain

BY_USE = frozenset({SubscriptionKind.AZURE_PLAN, SubscriptionKind.LEGACY_AZURE})
_FOR_PEOPLE = frozenset({SubscriptionKind.NCE, SubscriptionKind.LEGACY})
WITHOUT_SEATS = BY_USE | {SubscriptionKind.RESERVATION}

_OUTCOME_KINDS = {
    Outcome.ENDS: "ends",
    Outcome.EXPIRES: "ends",
    Outcome.LAPSES: "ends",
    Outcome.EXTENDS: "extends",
    Outcome.STAYS_EXTENDED: "extends",
}
_STATUS_TONES = {
    Status.PENDING: "info",
    Status.SUSPENDED: "caution",
    Status.EXPIRED: "critical",
    Status.DISABLED: "critical",
    Status.DELETED: "neutral",
}


def term_end(view: SubscriptionView) -> datetime | None:
    """Return the end of the term, past or to come; none for what was cancelled, whose term ended with it."""
    return None if view.facts.status is Status.DELETED else view.facts.commitment_end


def own_end(facts: SubscriptionFacts) -> datetime | None:
    """Return the end of the term itself; in the extended term Microsoft's date is the end of the running month."""
    if not facts.in_extended_term or facts.term_start is None:
        return facts.commitment_end
    last_day = terms.term_end(facts.term_start.astimezone(UTC).date(), facts.term)
    return facts.commitment_end if last_day is None else terms.exact_end(datetime.combine(last_day, time.min, UTC))


def is_extended(view: SubscriptionView) -> bool:
    """Say whether it runs month by month after its term."""
    return view.facts.in_extended_term or view.ending.outcome is Outcome.STAYS_EXTENDED


def fresh_words(freshness: Freshness, moment: Moment) -> SafeString:
    """Say how old the figures are, on the clock that the dates beside them follow, and whether Microsoft answers."""
    return SafeString(
        render_to_string(
            "ui/freshness.html",
            {
                "as_of": freshness.succeeded_at and moment.on_commerce(freshness.succeeded_at),
                "now": moment.commerce,
                "refreshing": freshness.refreshing,
                "trouble": why_not_read(freshness),
            },
        ).strip()
    )


def why_not_read(freshness: Freshness) -> str:
    """Say why the last try to read the company brought nothing; empty where it did."""
    if not freshness.failing:
        return ""
    return {
        "unreachable": _("Microsoft cannot be reached"),
        "service_trouble": _("there is trouble at Microsoft"),
        "throttled": _("Microsoft is busy"),
        "malformed": _("the last answer could not be read"),
    }.get(freshness.advice, _("Microsoft refused the last look"))


def state_line(words: str, freshness: Freshness, moment: Moment) -> SafeString:
    """Put one sentence of state and the age of the figures together."""
    return format_html("{} · {}", words, fresh_words(freshness, moment))


def tags(view: SubscriptionView) -> SafeString:
    """Show what kind of subscription it is, and that it is a trial."""
    kind = view.facts.kind
    found = marks.tag(texts.kind_text(kind))
    if kind is SubscriptionKind.NCE:  # the usual one: short cards leave it out
        found = format_html('<span class="wide-only">{}</span>', marks.tag(_("NCE")))
    return format_html("{} {}", found, marks.tag(_("Trial"), "caution")) if view.facts.is_trial else found


def explained_tags(views: Iterable[SubscriptionView]) -> list[SafeString]:
    """Make the tags of each for a list without a head: the first of a kind has the kind's explanation beside it."""
    to_explain = {SubscriptionKind.NCE: "nce", SubscriptionKind.LEGACY: "legacy"}
    found = []
    for view in views:
        term = to_explain.pop(view.facts.kind, None)
        found.append(format_html("{} {}", tags(view), explain(term, mark=True)) if term else tags(view))
    return found


def quantity(view: SubscriptionView) -> str:
    """Say how many seats there are, or that it is charged by use."""
    return _("by use") if view.facts.kind in BY_USE else str(view.facts.quantity)


def term(view: SubscriptionView) -> str:
    """Write term and billing plan in words; empty where nothing is committed."""
    found = texts.term_text(view.facts.term, view.facts.billing_plan)
    return "" if view.facts.kind in BY_USE and not view.facts.term.value else found


def status_badge(view: SubscriptionView) -> SafeString | str:
    """Show the status, unless the subscription is simply active in its term."""
    if view.row.gone_at is not None:
        return marks.badge(_("No longer listed"), "neutral")
    if view.facts.status is Status.ACTIVE:
        return marks.badge(_("Extended term"), "caution") if is_extended(view) else ""
    return marks.badge(texts.status_text(view.facts.status), _STATUS_TONES.get(view.facts.status, "neutral"))


def counts_people(view: SubscriptionView) -> bool:
    """Say whether seats of it are given to people: not of software or usage, and no longer of what was cancelled."""
    return view.facts.kind in _FOR_PEOPLE and view.facts.status is not Status.DELETED


def ending_short(ending: Ending, quantity_now: int) -> str:
    """Say in two or three words what happens on the next date; empty where there is nothing to say."""
    match ending.outcome:
        case Outcome.RENEWS:
            return _("Renews")
        case Outcome.RENEWS_CHANGED if ending.quantity is not None and ending.quantity != quantity_now:
            return _("Renews → %(seats)s") % {"seats": texts.seats(ending.quantity)}
        case Outcome.RENEWS_CHANGED:
            return _("Renews with a change")
        case Outcome.UPGRADES:
            return _("Moves to another product")
        case Outcome.CONVERTS:
            return _("Becomes paid: %(seats)s") % {"seats": texts.seats(ending.quantity or 0)}
        case Outcome.ENDS:
            return _("Ends")
        case Outcome.EXTENDS:
            return _("Extended term")
        case Outcome.STAYS_EXTENDED:
            return _("Month by month")
        case Outcome.EXPIRES | Outcome.LAPSES:
            return _("Expires")
        case Outcome.UNKNOWN:
            return _("Not clear")
        case Outcome.NOTHING:
            return ""


def ending_line(ending: Ending, quantity_now: int) -> str:
    """Say what happens at the end of the term in one short line, for lists that show the date beside it."""
    known = {"seats": texts.seats(quantity_now if ending.quantity is None else ending.quantity)}
    match ending.outcome:
        case Outcome.RENEWS:
            return _("Renews with %(seats)s") % known
        case Outcome.ENDS:
            return _("Ends, and access stops")
        case Outcome.EXTENDS:
            return _("Goes on month by month with %(seats)s, at a higher price") % known
        case Outcome.STAYS_EXTENDED:
            return _("Goes on month by month with %(seats)s") % known
    return ending_short(ending, quantity_now)


def ending_sentence(view: SubscriptionView, now: datetime) -> str:
    """Say what happens at the end of the term if nobody acts, and whom to ask where nothing can be done here."""
    sentence = texts.ending_text(view.ending, now)
    if view.ending.outcome is Outcome.CONVERTS:
        return f"{sentence} {_('If you do not want that, ask your partner.')}"
    return sentence


def trial_mail(view: SubscriptionView, company: str, support: str, now: datetime) -> str:
    """Return the address that writes to the partner about a trial that becomes paid; empty where there is none."""
    if view.ending.outcome is not Outcome.CONVERTS or not support:
        return ""
    subject = _("%(company)s: the trial of %(product)s") % {"company": company, "product": view.name}
    body = _("%(what)s\n\nWe do not want that. Please call or write to us before.\n\nSubscription id: %(id)s") % {
        "what": texts.ending_text(view.ending, now),
        "id": view.row.upstream_id,
    }
    return f"mailto:{support}?{urlencode({'subject': subject, 'body': body}, quote_via=quote)}"


def open_ending(view: SubscriptionView, now: datetime) -> str:
    """Say what happens while nobody has decided, and that a renewal needs nobody to do anything."""
    sentence = ending_sentence(view, now)
    if view.ending.outcome is Outcome.RENEWS:
        return f"{sentence} {_('It does so by itself, unless somebody decides otherwise.')}"
    return sentence


def ending_kind(view: SubscriptionView, undecided: bool) -> str:
    """Name the mark of the year strip."""
    if undecided:
        return "undecided"
    match view.ending.decided:
        case EndOfTerm.END:
            return "ends"
        case EndOfTerm.EXTEND:
            return "extends"
        case EndOfTerm.RENEW:
            return "renews"
        case EndOfTerm.UNDECIDED:
            return _OUTCOME_KINDS.get(view.ending.outcome, "renews")


def free_seats(views: Sequence[SubscriptionView]) -> list[str]:
    """Say beside each subscription of a list how many seats are free in the whole tenant, once for a product.

    The product's name is there where the number is not about this subscription alone. Empty where it is not known.
    """
    counted = [view.licences if counts_people(view) else None for view in views]
    times, said, found = Counter(counted), set[Licences](), []
    for view, licences in zip(views, counted, strict=True):
        if licences is None or licences in said:
            found.append("")
            continue
        said.add(licences)
        short = licences.assigned - licences.total
        words = _("%(n)d too few") % {"n": short} if short > 0 else _("%(n)d free") % {"n": licences.free}
        if times[licences] > 1 or licences.total > view.facts.quantity:
            words = _("%(free)s in all %(product)s") % {"free": words, "product": licences.name}
        found.append(words)
    return found
