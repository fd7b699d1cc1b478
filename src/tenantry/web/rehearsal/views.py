"""The strip's buttons and the mailbox."""

import json
import urllib.request
from collections import Counter
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tenantry.jobs.queue import enqueue
from tenantry.kernel import clock, dates
from tenantry.licensing.moment import Moment
from tenantry.notices import queries as notices
from tenantry.web.access import current_viewer, local_path, rehearsal_only
from tenantry.web.frame import page_frame

ANSWER_SECONDS = 20.0
PER_PAGE = 30
_STEPS: dict[str, dict[str, str]] = {
    "day": {"advance": "P1D"},
    "week": {"advance": "P7D"},
    "event": {"advance_to": "next_event"},
}
# The sandbox is a neighbour: never ask a proxy of the environment for it.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@rehearsal_only
@require_POST
def advance(request: HttpRequest) -> HttpResponse:
    """Move the sandbox's clock, and have everything read again that happened at Microsoft meanwhile."""
    step = _STEPS.get(request.POST.get("by", ""))
    if step is not None and settings.SANDBOX_URL:
        try:
            told = _move(step)
        except (OSError, ValueError):
            messages.error(request, _("The sandbox did not answer. Its clock may not have moved."))
        else:
            clock.read_commerce_clock_again()
            enqueue("licensing.refresh_now", queueing_lock="rehearsal:refresh")
            now = clock.commerce_now()
            messages.success(
                request,
                _("The sandbox is at %(moment)s. What happened meanwhile shows in a few seconds: %(count)s.")
                % {"moment": dates.moment(now, now), "count": _happened(told)},
            )
    return HttpResponseRedirect(local_path(request.POST.get("next", "")) or "/")


def _move(step: dict[str, str]) -> dict[str, Any]:
    asked = urllib.request.Request(  # noqa: S310 - the address is an operator's setting
        f"{settings.SANDBOX_URL}/_sandbox/clock",
        data=json.dumps(step).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with _opener.open(asked, timeout=ANSWER_SECONDS) as answer:
        told: dict[str, Any] = json.load(answer)
    return told


def _happened(told: dict[str, Any]) -> str:
    """Count what happened by its kind; to whom it happened is not for everybody who may press the button."""
    events = told.get("happened", [])
    if not events:
        return _("nothing")
    kinds = Counter(str(event["what"]) for event in events).most_common(3)
    shown = "; ".join(
        what if times == 1 else _("%(what)s (%(times)s times)") % {"what": what, "times": times}
        for what, times in kinds
    )
    more = int(told.get("happened_count", len(events))) - sum(times for _what, times in kinds)
    return shown if more <= 0 else _("%(shown)s; and %(more)s more") % {"shown": shown, "more": more}


@rehearsal_only
def mailbox(request: HttpRequest) -> HttpResponse:
    """Show the mail that would have gone to the partner."""
    moment = Moment.current()
    page = Paginator(notices.mailbox(), PER_PAGE).get_page(request.GET.get("page"))
    context = page_frame(current_viewer(request), moment) | {"page": page, "real": moment.real}
    return render(request, "rehearsal/mailbox.html", context)
