"""Whole numbers as people write them."""

import re

_WHOLE = re.compile(r"-?[0-9]{1,4000}")


def whole_number(text: str) -> int | None:
    """Return the number that a text writes in the digits 0 to 9; None for any other text.

    Blanks around it count for nothing and a minus is read, so that a range can say what is too small. A point or comma
    is never left out: to one reader 1.000 is a thousand, to another it is one.
    """
    text = text.strip()
    return int(text) if _WHOLE.fullmatch(text) else None
