"""Change orders of all companies that the person sees: the list, one order with its evidence, settling by hand."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.branding import queries as branding
from tenantry.kernel import dates
from tenantry.kernel.counting import count_kinds
from tenantry.kernel.ids import CompanyId
from tenantry.kernel.numbers import whole_number
from tenantry.licensing import queries, texts
from tenantry.licensing.actions import settle_by_hand, withdraw_order
from tenantry.licensing.models import OPEN_STATES, ChangeOrder, OrderState
from tenantry.licensing.moment import Moment
from tenantry.people.permissions import Permission
from tenantry.traffic import queries as traffic
from tenantry.web.access import OfficeRequest, office
from tenantry.web.backoffice.answers import reload_page, render_page, tell
from tenantry.web.backoffice.context import office_page
from tenantry.web.backoffice.forms import OfficeForm
from tenantry.web.backoffice.ids import as_uuid
from tenantry.web.backoffice.lists import MOST_IN_FILE, PER_PAGE, page_number, search_of, slice_of, wants_file
from tenantry.web.backoffice.order_words import OrderView, order_view, state_badge
from tenantry.web.portal.files import csv_answer
from tenantry.web.portal.outcomes import state_words, subscription_name, wish_words, withdrawn_words
from tenantry.web.ui.components.chips import chips
from tenantry.web.ui.frame import Crumb

_KINDS = {
    "open": Q(state__in=OPEN_STATES),
    "person": queries.NEEDS_A_PERSON,
    "done": Q(state__in=(OrderState.APPLIED, OrderState.SCHEDULED)),
    "refused": Q(state=OrderState.REFUSED),
    "failed": Q(state=OrderState.FAILED),
    "withdrawn": Q(state=OrderState.WITHDRAWN),
}
_PERIODS = {"1": timedelta(days=1), "7": timedelta(days=7), "30": timedelta(days=30), "365": timedelta(days=365)}


@dataclass(frozen=True, slots=True)
class Row:
    """One order as plain words."""

    url: str
    number: str
    wish: str
    subscription: str
    company: str
    company_url: str
    who: str
    when: str
    state: SafeString


class SettleForm(OfficeForm):
    """What a person found out about an order that Microsoft's records do not decide."""

    took_effect = forms.ChoiceField(label=gettext_lazy("What have you found out?"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=gettext_lazy("How do you know?"),
        help_text=gettext_lazy("Where you looked and what you saw. It becomes part of the record."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: object = None) -> None:
        super().__init__(data)
        field = self.fields["took_effect"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("yes", _("It took effect")), ("no", _("It did not take effect"))]


@office(Permission.OFFICE_SEE)
def orders(request: OfficeRequest) -> HttpResponse:
    """Show change orders, the newest first."""
    moment = Moment.current()
    every = _filtered(request, moment)
    state = request.GET.get("state", "")
    found = every.filter(_KINDS.get(state, Q()))
    if wants_file(request):
        whose = branding.current().portal_name
        return csv_answer(_("Change orders"), whose, moment.commerce, _csv(found[:MOST_IN_FILE]))
    number = page_number(request)
    rows = list(found.defer("plan", "before", "subscription__facts", "subscription__upstream")[
        (number - 1) * PER_PAGE : number * PER_PAGE + 1
    ])  # fmt: skip
    shown = [_row(order, moment) for order in rows[:PER_PAGE]]
    context = office_page(
        request,
        "orders",
        moment,
        slice=slice_of(request, shown, PER_PAGE, older=len(rows) > PER_PAGE),
        search=search_of(request),
        chips=chips(request.GET, "state", _labels(), state, count_kinds(every, _KINDS)),
        period=request.GET.get("period", ""),
        periods=_period_choices(),
        filtered=any(request.GET.get(name) for name in ("q", "state", "period", "company")),
        state=_("Newest first"),
    )
    return render_page(request, "orders/list", context)


@office(Permission.OFFICE_SEE)
def order(request: OfficeRequest, order_id: UUID) -> HttpResponse:
    """Show one order with everything that is known about it."""
    found = _known(request, order_id)
    return _page(request, found, SettleForm())


@office(Permission.OFFICE_ACT)
def settle(request: OfficeRequest, order_id: UUID) -> HttpResponse:
    """Close an order that Microsoft's records do not decide, in the words of the person who looked."""
    found = _known(request, order_id)
    if request.method != "POST":
        return redirect("office:order", order_id)
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    refusal = settle_by_hand(
        acting_as=request.viewer.acting_as(),
        order_id=order_id,
        took_effect=form.cleaned_data["took_effect"] == "yes",
        note=form.cleaned_data["note"],
        moment=Moment.current(),
    )
    done = _("Order #%(number)s is settled. The company is being read again.")
    tell(request, refusal, done % {"number": found.number}, words=texts.refusal_text)
    return redirect("office:order", order_id)


@office(Permission.OFFICE_ACT)
def withdraw(request: OfficeRequest, order_id: UUID) -> HttpResponse:
    """Take a queued order back."""
    found = _known(request, order_id)
    if request.method == "POST":
        refusal = withdraw_order(
            acting_as=request.viewer.acting_as(),
            company_id=CompanyId(found.company_id),
            order_id=order_id,
            moment=Moment.current(),
        )
        done = _("Order #%(number)s was withdrawn. Nothing was sent to Microsoft.") % {"number": found.number}
        tell(request, refusal, withdrawn_words(done, found), words=texts.refusal_text)
    return redirect("office:order", order_id)


def _page(request: OfficeRequest, found: ChangeOrder, form: SettleForm, *, status: int = 200) -> HttpResponse:
    moment = Moment.current()
    shown: OrderView = order_view(found, queries.events(found.id), moment.commerce)
    if "HX-Request" in request.headers:
        return HttpResponse(status=204) if request.GET.get("seen") == shown.token else reload_page()
    context = office_page(
        request,
        "orders",
        moment,
        order=found,
        shown=shown,
        calls=traffic.calls(order_id=found.id, limit=100).rows,
        crumbs=[
            Crumb(_("Change orders"), reverse("office:orders")),
            Crumb(_("Order #%(number)s") % {"number": found.number}),
        ],
        form=form,
        name=subscription_name(found),
        head_state=f"{subscription_name(found)} · {found.company.name}",
    )
    return render_page(request, "orders/order", context, status=status)


def _known(request: OfficeRequest, order_id: UUID) -> ChangeOrder:
    found = queries.office_orders(request.viewer.office_companies()).filter(id=order_id).first()
    if found is None:
        raise Http404
    return found


def _filtered(request: OfficeRequest, moment: Moment) -> QuerySet[ChangeOrder]:
    found = queries.office_orders(request.viewer.office_companies())
    if text := search_of(request):
        named = Q(subscription__offer_name__icontains=text) | Q(subscription__friendly_name__icontains=text)
        named |= Q(actor_label__icontains=text) | Q(company__name__icontains=text)
        if (number := whole_number(text.removeprefix("#"))) is not None:
            named |= Q(number=number)
        if (request_id := as_uuid(text)) is not None:
            named |= Q(request_id=request_id) | Q(correlation_id=request_id)
        found = found.filter(named)
    if (period := _PERIODS.get(request.GET.get("period", ""))) is not None:
        found = found.filter(requested_at__gt=moment.commerce - period)
    if (company := as_uuid(request.GET.get("company", ""))) is not None:
        found = found.filter(company_id=company)
    return found


def _row(order: ChangeOrder, moment: Moment) -> Row:
    return Row(
        url=reverse("office:order", args=[order.id]),
        number=f"#{order.number}",
        wish=wish_words(order),
        subscription=subscription_name(order),
        company=order.company.name,
        company_url=reverse("office:company", args=[order.company_id]) if order.company.removed_at is None else "",
        who=order.actor_label,
        when=dates.moment(order.requested_at, moment.commerce),
        state=state_badge(order),
    )


def _labels() -> dict[str, str]:
    return {
        "": _("All"),
        "open": _("Under way"),
        "person": _("Needs a person"),
        "done": _("Done"),
        "refused": _("Refused"),
        "failed": _("Not carried out"),
        "withdrawn": _("Withdrawn"),
    }


def _period_choices() -> list[tuple[str, str]]:
    return [
        ("", _("Any time")),
        ("1", _("Last 24 hours")),
        ("7", _("Last 7 days")),
        ("30", _("Last 30 days")),
        ("365", _("Last year")),
    ]


def _csv(found: QuerySet[ChangeOrder]) -> list[list[str]]:
    lines = [
        [
            _("Order"),
            _("Asked for"),
            _("Company"),
            _("Subscription"),
            _("What"),
            _("Who"),
            _("State"),
            _("Settled"),
            _("Rule"),
            _("Microsoft's request id"),
            _("Microsoft's words"),
        ]
    ]
    lines += [
        [
            f"#{order.number}",
            order.requested_at.isoformat(timespec="seconds"),
            order.company.name,
            subscription_name(order),
            wish_words(order),
            order.actor_label,
            state_words(order),
            order.settled_at.isoformat(timespec="seconds") if order.settled_at else "",
            order.rule,
            str(order.request_id or ""),
            order.microsoft_words,
        ]
        for order in found
    ]
    return lines
