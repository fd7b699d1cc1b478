"""Partner & End User Management › Staff: whether staff must have used a second factor."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tenantry.licensing.moment import Moment
from tenantry.people import actions, queries
from tenantry.people.permissions import Permission
from tenantry.web.access import OfficeRequest, current_session, office
from tenantry.web.backoffice.answers import tell
from tenantry.web.backoffice.forms import OfficeForm

_USUAL = "c1"


class ContextForm(OfficeForm):
    """Which authentication context of the partner's tenant is meant."""

    context = forms.CharField(
        label=gettext_lazy("Authentication context"),
        help_text=gettext_lazy("As Entra names it: c1 to c99."),
        max_length=3,
    )

    def clean_context(self) -> str:
        """Return the name as Microsoft writes it."""
        context = actions.read_context(self.cleaned_data["context"])
        if not context:
            raise forms.ValidationError(_("This is no authentication context. Write one such as c1."))
        return context


@office(Permission.OFFICE_OWNER)
@require_POST
def require(request: OfficeRequest) -> HttpResponse:
    """Let staff in with a second factor only."""
    context = actions.read_context(request.POST.get("context", ""))
    found = current_session(request)
    refusal = actions.require_second_factor(
        acting_as=request.viewer.acting_as(),
        context=context,
        proven=frozenset() if found is None else found.contexts,
        now=Moment.current().real,
    )
    tell(request, refusal, _("Staff need a second factor now (%(context)s).") % {"context": context})
    return _back()


@office(Permission.OFFICE_OWNER)
@require_POST
def stop_requiring(request: OfficeRequest) -> HttpResponse:
    """Let staff in with whatever the partner's tenant itself asks for."""
    actions.stop_requiring_second_factor(acting_as=request.viewer.acting_as(), now=Moment.current().real)
    tell(request, None, _("A second factor is not required here any more."))
    return _back()


def panel(request: OfficeRequest) -> dict[str, object]:
    """Return what the section about the second factor shows."""
    required, found = queries.staff_context(), current_session(request)
    asked = request.GET.get("context")
    form = ContextForm({"context": asked} if asked is not None else None, initial={"context": required or _USUAL})
    context = form.cleaned_data["context"] if form.is_bound and form.is_valid() else required or _USUAL
    try_it = {"fresh": "1", "context": context, "next": f"{reverse('office:staff')}?{urlencode({'context': context})}"}
    return {
        "required": required,
        "context": context,
        "context_form": form,
        "context_wrong": form.is_bound and not form.is_valid(),
        "proven": found is not None and context in found.contexts,
        "try_url": f"{reverse('sign_in:start')}?{urlencode(try_it)}",
        "by_owner_link": found is not None and found.by_owner_link,
    }


def _back() -> HttpResponse:
    return redirect(f"{reverse('office:staff')}#second-factor")
