"""Tables as files that spreadsheets open safely."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime

from django.http import HttpResponse
from django.utils import timezone
from django.utils.text import slugify

# A cell that begins like this would be run as a formula.
_FORMULA = frozenset("=+-@")
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})  # categories of Unicode: control, format, and blanks of all kinds
_LINES = re.compile(r"[\r\n\v\f\x85\u2028\u2029]+")


def csv_answer(what: str, company: str, now: datetime, lines: Iterable[list[str]]) -> HttpResponse:
    """Answer with a table as a file named after what it is, whose, and of which day."""
    text = io.StringIO()
    # Quoted throughout: a program that parts cells at semicolons or tabs finds none to part.
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    with timezone.override(UTC):  # a file is compared with other records, whatever the time zone of who fetched it
        for line in lines:
            writer.writerow([_safe(cell) for cell in line])
    name = f"{slugify(company) or 'company'}-{slugify(what)}-{now.date().isoformat()}.csv"
    # The mark at the beginning tells spreadsheets that this is Unicode.
    return HttpResponse(
        "\ufeff" + text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _safe(cell: str) -> str:
    """Keep a cell from being run as a formula, and from breaking its row in programs that read line by line."""
    lead = "'" if cell.startswith(("\t", "\r", "\n")) or _first_seen(cell) in _FORMULA else ""
    return lead + _LINES.sub(" ", cell)


def _first_seen(cell: str) -> str:
    """Return the first character as a lenient program reads it: it takes small and full-width signs for the plain ones,
    and passes over what cannot be seen in front of them."""
    first = next((one for one in cell if unicodedata.category(one) not in _UNSEEN), "")
    return unicodedata.normalize("NFKC", first)
