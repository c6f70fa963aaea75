"""Which score of a table counts on a day, read slowly from the definition (docs/own_signals.md)."""

import numpy as np


def close_of(day, calendar, closed_days="next"):
    """The trading day at whose close something of a day is known."""
    later = [one for one in calendar if one >= day]
    if later and later[0] == day:
        return day
    if closed_days == "previous":
        return max(one for one in calendar if one < day)
    return later[0] if later else None


def in_force(rows, today, code, calendar, *, lag=0, closed_days="next", carry="day", max_age=23):
    """The score of a stock at the close of a trading day; NaN where there is none.

    ``rows`` are (day, code, score, known) with known None where no column says it.
    """
    calendar = sorted(calendar)
    place = {day: k for k, day in enumerate(calendar)}

    def known_at(day, known):
        close = close_of(day if known is None else known, calendar,
                         closed_days if known is None else "next")  # fmt: skip
        if close is None:
            return None
        return place[close] + (lag if known is None else 0)

    now = place[today]
    told = [
        (day, stock, score, known_at(day, known))
        for day, stock, score, known in rows
        if np.isfinite(score)
    ]
    told = [one for one in told if one[3] is not None and one[3] <= now]
    if carry == "stock":
        told = [one for one in told if one[1] == code]
    if not told:
        return np.nan
    newest = max(day for day, *_ in told)
    for day, stock, score, known in told:
        if day == newest and stock == code:
            return score if now - known <= max_age else np.nan
    return np.nan
