"""Why the return that could be earned differs from the naive one: codes and their names."""

from typing import Final

from quanthedge.typing import Language
from quanthedge.words import texts

__all__ = [
    "AFTER_DATA",
    "DELISTED",
    "LATE_LIMIT_DOWN",
    "LATE_OTHER",
    "LATE_SUSPENDED",
    "LIMIT_UNKNOWN",
    "LIMIT_UP",
    "NOT_LISTED",
    "NOT_SOLD",
    "NO_PRICE",
    "REASONS",
    "SAME",
    "SUSPENDED",
    "TIMING",
    "reason_name",
]

SAME: Final = 0
TIMING: Final = 1
SUSPENDED: Final = 2
LIMIT_UP: Final = 3
NO_PRICE: Final = 4
LIMIT_UNKNOWN: Final = 5
LATE_SUSPENDED: Final = 6
LATE_LIMIT_DOWN: Final = 7
LATE_OTHER: Final = 8
DELISTED: Final = 9
NOT_SOLD: Final = 10
AFTER_DATA: Final = 11
NOT_LISTED: Final = 12

REASONS: Final = (
    "same",
    "timing",
    "suspended",
    "limit_up",
    "no_price",
    "limit_unknown",
    "sold_late_suspended",
    "sold_late_limit_down",
    "sold_late_other",
    "delisted",
    "not_sold",
    "after_data",
    "not_listed",
)  # by code


def reason_name(code: int, language: Language = "en") -> str:
    """Return a reason in words.

    >>> reason_name(LIMIT_UP)
    'not bought: at the upper price limit'
    """
    return str(texts("quanthedge.labelling", "words")[REASONS[code]][language])
