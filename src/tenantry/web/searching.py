"""What a page's search field brought."""

from django.http import QueryDict


def search_in(asked: QueryDict) -> str:
    """Return what is searched for as the address or a form brought it; a null character, which no name has, counts
    for nothing.
    """
    return asked.get("q", "").replace("\x00", "").strip()[:100]
