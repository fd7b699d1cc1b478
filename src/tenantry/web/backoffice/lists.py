"""Long lists: which page is asked for, and pages of logs that nobody counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

from tenantry.web.numbers import page_in
from tenantry.web.searching import search_in
from tenantry.web.ui.components.data import address_with

PER_PAGE = 50  # of every list of the back office
MOST_IN_FILE = 20_000


def page_number(request: HttpRequest) -> int:
    """Return the page that is asked for; anything odd is the first one."""
    return page_in(request.GET)


def page_of(total: int, number: int, per_page: int) -> "Page[int]":
    """Make what `{% pagination %}` shows for a list of a known length."""
    return Paginator(range(total), per_page).get_page(number)


def search_of(request: HttpRequest) -> str:
    """Return what is searched for."""
    return search_in(request.GET)


def wants_file(request: HttpRequest) -> bool:
    """Say whether the rows are asked for as a file."""
    return request.GET.get("export") == "csv"


@dataclass(frozen=True, slots=True)
class Slice:
    """One page of a log; it may have millions of lines, so they are not counted."""

    rows: Sequence[object]
    first: int
    newer_url: str
    older_url: str
    export_url: str

    @property
    def last(self) -> int:
        """Return the number of the last line shown."""
        return self.first + len(self.rows) - 1


def slice_of(request: HttpRequest, rows: Sequence[object], per_page: int, *, older: bool) -> Slice:
    """Make a page of a log; ``older`` says whether there are more lines behind these."""
    number = page_number(request)
    return Slice(
        rows=rows,
        first=(number - 1) * per_page + 1,
        newer_url=address_with(request.GET, page=str(number - 1) if number > 2 else None) if number > 1 else "",
        older_url=address_with(request.GET, page=str(number + 1)) if older else "",
        export_url=address_with(request.GET, export="csv", page=None),
    )
