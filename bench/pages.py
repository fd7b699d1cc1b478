"""Pages at full size against pages with one company alone, their queries, and what a first visit loads."""

import gzip
import re
from collections.abc import Sequence
from urllib.parse import urljoin

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.figures import Figure, median, p95
from bench.stage import Visitor
from tenantry.licensing.models import Subscription
from tenantry.people import queries as people
from tenantry.people.models import Company

WARM_UP = 25
VISITS = 200
SEARCH = "harbour"
_LINKED = re.compile(r'<(?:link|script)\b[^>]*?\b(?:href|src)="([^"]+)"')
_INSIDE = re.compile(r"""(?:@import\s+|url\(|\bfrom\s*|\bimport\s*\(?)\s*["']?([^"')\s;]+\.(?:css|js|woff2|svg))""")


class _Undo(Exception):  # noqa: N818 - ends a transaction
    pass


def seconds(visitors: Sequence[Visitor], path: str) -> list[list[float]]:
    """Visit a page at several servers in turn, so that what else the machine does meets all of them alike."""
    taken: list[list[float]] = [[] for _ in visitors]
    for number in range(WARM_UP + VISITS):
        for visitor, times in zip(visitors, taken, strict=True):
            answer = visitor.get(path)
            assert answer.status == 200, (path, answer.status)
            if number >= WARM_UP:
                times.append(answer.seconds)
    return taken


def ratio(row: str, name: str, visitors: Sequence[Visitor], path: str, reach: float) -> Figure:
    """Compare a page at full size (the first visitor) with the same page elsewhere."""
    full, alone = seconds(visitors, path)
    return _compared(row, name, full, alone, reach)


def _compared(row: str, name: str, full: Sequence[float], small: Sequence[float], reach: float) -> Figure:
    found = p95(full) / p95(small)
    return Figure(row, name, f"{found:.2f} ({_shown(full)}; small {_shown(small)})", f"≤ {reach}", found <= reach)


def _shown(times: Sequence[float]) -> str:
    return f"median {median(times) * 1000:.1f}, p95 {p95(times) * 1000:.1f} ms"


def subscriptions(full: Visitor, alone: Visitor, company: Company, session: str) -> list[Figure]:
    """Measure the subscriptions page of a company with sixty, and count its queries at ten and at two hundred."""
    path = f"/c/{company.id}/subscriptions/"
    few, many = queries_with(company, session, path, 10), queries_with(company, session, path, 200)
    return [
        ratio("subscriptions", "subscriptions page, 60: p95 full ÷ alone", (full, alone), path, 1.3),
        Figure(
            "subscriptions",
            "queries of the page with 10 and with 200 subscriptions",
            f"{few} and {many}",
            "≤ 10, the same",
            few == many <= 10,
        ),
    ]


def queries_with(company: Company, session: str, path: str, wanted: int) -> int:
    """Count the queries of a page while the company has a certain number of subscriptions; it is put back after."""
    counted = 0
    try:
        with transaction.atomic():
            rows = list(company.subscriptions.exclude(status="deleted").filter(gone_at=None).order_by("id"))
            company.subscriptions.exclude(id__in=[row.id for row in rows[:wanted]]).delete()
            others = Subscription.objects.exclude(company=company).exclude(status="deleted").order_by("id")
            more = list(others[: max(0, wanted - len(rows))])
            Subscription.objects.filter(id__in=[row.id for row in more]).update(company=company)
            assert company.subscriptions.count() == wanted
            counted = queries(session, path)
            raise _Undo
    except _Undo:
        return counted


def queries(session: str, path: str) -> int:
    """Count the queries of a page."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session
    assert client.get(path, HTTP_HOST="127.0.0.1").status_code == 200  # what is read once per process is read
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path, HTTP_HOST="127.0.0.1").status_code == 200
    return len(captured)


def companies(visitors: Sequence[Visitor], session: str) -> list[Figure]:
    """Measure the back office's list at full size, with one full page of companies, and with one; and its search."""
    full, page, alone = seconds(visitors, "/office/companies/")
    searched, _, _ = seconds(visitors, f"/office/companies/?q={SEARCH}")
    with CaptureQueriesContext(connection) as captured:
        found = people.companies(only=None, search=SEARCH)
    spent = len(captured)  # further queries would change it
    rows = len(people.companies(only=None).rows)
    return [
        _compared(
            "companies", f"companies page, {rows} rows on both: p95 at full size ÷ p95 with {rows}", full, page, 1.5
        ),
        Figure(
            "companies",
            "companies page: p95 at full size ÷ p95 with one company, one row",
            f"{p95(full) / p95(alone):.2f} (alone {_shown(alone)})",
            "≤ 1.5",
            p95(full) / p95(alone) <= 1.5,
        ),
        Figure(
            "companies",
            f"its search ({found.total} of {Company.objects.count():,} found)",
            f"{spent} query; {_shown(searched)}; page {queries(session, '/office/companies/')} queries, "
            f"with search {queries(session, f'/office/companies/?q={SEARCH}')}",
            "one query",
            spent == 1,
        ),
    ]


def search(full: Visitor, alone: Visitor, company: Company, session: str) -> list[Figure]:
    """Measure the search over everything: a word of many names, and an id of Microsoft's; and count its queries."""
    path = "/office/search/?q="
    row = company.subscriptions.order_by("id").values_list("upstream_id", "id").first()
    assert row is not None
    unknown = f"{row[1]}".translate(str.maketrans("0123456789abcdef", "123456789abcdef0"))
    words, word, ids = f"{path}microsoft", f"{path}{company.name.split()[0]}", f"{path}{unknown}"
    spent = [queries(session, address) for address in (words, word, ids)]
    return [
        ratio("search", "search, a word of most subscriptions: p95 full ÷ alone", (full, alone), words, 1.5),
        ratio("search", "search, a company's name: p95 full ÷ alone", (full, alone), word, 1.5),
        ratio("search", "search, an id that nothing has: p95 full ÷ alone", (full, alone), ids, 1.5),
        Figure("search", "queries of the three", ", ".join(map(str, spent)), "≤ 14", max(spent) <= 14),
    ]


def today(full: Visitor, alone: Visitor, session: str) -> list[Figure]:
    """Measure the first page of the back office, and count its queries."""
    spent = queries(session, "/office/")
    return [
        ratio("today", "Today, what waits of all companies: p95 full ÷ alone", (full, alone), "/office/", 1.5),
        Figure("today", "its queries", str(spent), "≤ 23", spent <= 23),
    ]


def renewals(full: Visitor, alone: Visitor, company: Company, session: str) -> list[Figure]:
    """Measure the renewals of all companies as they open, a search in them, and the whole year; count the queries.

    The year is not held to a reach: counting it has to look at every subscription.
    """
    path = "/office/renewals/"
    whole, named = f"{path}?month=year", f"{path}?month=year&q={company.name.split()[0]}"
    year, year_alone = seconds((full, alone), whole)
    spent = [queries(session, address) for address in (path, whole, named)]
    return [
        ratio("renewals", "renewals of all companies, next 60 days: p95 full ÷ alone", (full, alone), path, 1.5),
        Figure(
            "renewals",
            "renewals of all companies, next 12 months: p95 full ÷ alone",
            f"{p95(year) / p95(year_alone):.2f} ({_shown(year)}; small {_shown(year_alone)})",
            "",
            None,
        ),
        Figure("renewals", "queries of both and of a search", ", ".join(map(str, spent)), "≤ 10", max(spent) <= 10),
    ]


def assets(visitor: Visitor, company: Company) -> list[Figure]:
    """Add up what a browser loads beside the page on its first visit: styles, scripts and icon, as they are sent."""
    address = f"/c/{company.id}/subscriptions/"
    page = visitor.get(address)
    waiting = [urljoin(address, found) for found in _LINKED.findall(page.text)]
    seen: set[str] = set()
    sizes = 0
    while waiting:
        asset = waiting.pop()
        if asset in seen:
            continue
        seen.add(asset)
        answer = visitor.get(asset, **{"Accept-Encoding": "gzip, br"})
        assert answer.status == 200, (asset, answer.status)
        sizes += len(answer.body)
        packed = answer.headers.get("content-encoding") == "gzip"
        content = gzip.decompress(answer.body) if packed else answer.body
        if asset.endswith((".css", ".js")):
            waiting += [urljoin(asset, found) for found in _INSIDE.findall(content.decode())]
    kilobytes = sizes / 1000
    html = len(gzip.compress(page.body)) / 1000
    return [
        Figure(
            "assets",
            "first visit to the subscriptions page, assets as sent",
            f"{kilobytes:.1f} kB in {len(seen)} files (the page itself: {html:.1f} kB compressed)",
            "≤ 42 kB",
            kilobytes <= 42,
        )
    ]
