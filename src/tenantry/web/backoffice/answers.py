"""What a page does with the answer of an action: say what happened, or why not."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRefresh

from tenantry.kernel.refusals import Refusal
from tenantry.people.texts import refusal_text


def tell(
    request: HttpRequest,
    refusal: Refusal | None,
    done: str,
    *,
    words: Callable[[Refusal], tuple[str, str]] = refusal_text,
) -> bool:
    """Leave a message for the next page: what was done, or why not and what can be done; say whether it was done.

    ``words`` are the texts of the room that refuses.
    """
    if refusal is None:
        messages.success(request, done)
        return True
    messages.error(request, " ".join(words(refusal)))
    return False


def render_page(request: HttpRequest, template: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    """Render a page; a form that could not be taken comes back with 422."""
    return render(request, f"backoffice/{template}.html", context, status=status)


def reload_page() -> HttpResponse:
    """Have the page around a fragment loaded again: what it waited for is over."""
    return HttpResponseClientRefresh()
