"""Which score of a table counts on a day, read slowly from the definition (docs/own_signals.md)."""

import numpy as np


def close_of(day, calendar, closed_days="next"):
    """The place in the calendar of the close at which something of a day is known."""
    for place, session in enumerate(calendar):
        if session == day:
            return place
        if session > day:
            return place if closed_days == "next" else place - 1
    return None


def in_force(
    rows, days, codes, calendar, *, lag=0, closed_days="next", carry="day", max_age=23
):  # fmt: skip
    """The score of each stock at the close of each trading day, NaN where there is none.

    ``rows`` are (day, code, score, known), known None where no column says it.
    """
    calendar = sorted(calendar)
    told = []
    for day, code, score, known in rows:
        if known is not None:
            close = close_of(known, calendar)
        else:
            close = close_of(day, calendar, closed_days)
            close = None if close is None else close + lag
        if close is not None and np.isfinite(score):
            told.append((day, code, score, close))
    found = np.full((len(days), len(codes)), np.nan)
    for r, today in enumerate(days):
        now = calendar.index(today)
        public = [one for one in told if one[3] <= now]
        newest = {}  # of each stock, and of all
        for day, code, _, _ in public:
            for key in (code, "all"):
                newest[key] = max(day, newest.get(key, day))
        for day, code, score, close in public:
            if day == newest[code if carry == "stock" else "all"] and now - close <= max_age:
                found[r, list(codes).index(code)] = score
    return found
