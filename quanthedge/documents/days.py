"""The day that somebody asks for: one reading of dates for every door.

A part of a date, a day named by a word, and a date that begins with the day or the month would each
be guessed: they are refused.
"""

import datetime
import re
from typing import TYPE_CHECKING

from quanthedge.errors import DataError

if TYPE_CHECKING:  # at the start of a command there is neither
    import numpy as np
    import pandas as pd

__all__ = ["asked_day"]

_TEXT = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|(\d{2})(\d{2}))(|[T ]+\d{1,2}:.*)")
_COARSE = ("Y", "M", "W", "generic")


def asked_day(value: object) -> "np.datetime64":
    """Return a day from a date, a time, a `datetime64` of days or finer, or a text.

    A point in time (with a zone) is the day on which it falls in Shanghai.

    Raises
    ------
    DataError
        It is none of these, or a text that is no whole date beginning with the year.

    Examples
    --------
    >>> asked_day("20150105"), asked_day("2015-01-05T20:00+00:00")
    (np.datetime64('2015-01-05'), np.datetime64('2015-01-06'))
    """
    import numpy as np

    try:
        moment = _moment(value)
    except (ValueError, TypeError) as problem:
        raise DataError(_wrong(value)) from problem
    if moment is None:
        raise DataError(_wrong(value))
    if moment.tzinfo is not None:
        moment = moment.tz_convert("Asia/Shanghai")
    return np.datetime64(moment.date(), "D")


def _moment(value: object) -> "pd.Timestamp | None":
    """Return the point in time that a value is, None where it is none."""
    import numpy as np
    import pandas as pd

    moment: object = None
    if isinstance(value, str):
        found = _TEXT.fullmatch(value.strip())
        if found and found[7]:
            moment = pd.Timestamp(value.strip())
        elif found:
            month, day = found[3] or found[5], found[4] or found[6]
            moment = pd.Timestamp(int(found[1]), int(month), int(day))
    elif isinstance(value, np.datetime64):
        if np.datetime_data(value.dtype)[0] not in _COARSE:
            moment = pd.Timestamp(value)
    elif isinstance(value, datetime.date):
        moment = pd.Timestamp(value)
    return moment if isinstance(moment, pd.Timestamp) else None


def _wrong(value: object) -> str:
    return f"{value!r} is not a date; write it as 2014-09-17"
