"""Foreign text on its way into a column: the model says how much the column takes, nobody else."""

from functools import cache

from django.db.models import CharField, Model


def fit(model: type[Model], column: str, text: str) -> str:
    """Return a text as the column takes it, for everything that is read by people.

    A longer one ends in "…"; what PostgreSQL and UTF-8 refuse is dropped (NUL) or replaced (half of a character).
    """
    most = _room(model, column)
    text = text.replace("\x00", "").encode("utf-8", "replace").decode()
    return text if len(text) <= most else text[: most - 1] + "…"


def exact(model: type[Model], column: str, text: str) -> str:
    """Return a text that fits the column as it is, for ids: a part of an id is another id.

    Errors: ValueError for a longer one, with words that say so.
    """
    most = _room(model, column)
    if len(text) > most:
        raise ValueError(f"{column}: longer than {most} characters")
    return text


@cache
def _room(model: type[Model], column: str) -> int:
    field = model._meta.get_field(column)
    if not isinstance(field, CharField) or field.max_length is None:
        raise TypeError(f"{model.__name__}.{column} is no text of a limited length")
    return field.max_length
