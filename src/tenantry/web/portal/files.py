"""Tables as files that spreadsheets open safely."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from django.http import HttpResponse
from django.utils.text import slugify

# A cell that begins like this would be run as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_answer(what: str, company: str, now: datetime, lines: Iterable[list[str]]) -> HttpResponse:
    """Answer with a table as a file named after what it is, whose, and of which day."""
    text = io.StringIO()
    writer = csv.writer(text)
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
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
