"""Slow reference of the contract schedule, from its definition, on plain dictionaries."""

import numpy as np


def hold_by_day(bars, ends, days, first, last, roll_days):
    """Return the contract held on each day of the span (None = none), or the name that fails.

    bars: {(contract, day): (fill, mark)} with None for unknown; ends: {contract: last day}.
    """

    def price(name, day, which):
        return bars.get((name, day), (None, None))[which]

    def tradable(name, day):
        return price(name, day, 0) is not None and price(name, day, 1) is not None

    def following(name):
        month = int(name[-4:])
        month = month + 89 if month % 100 == 12 else month + 1
        return f"{name[:2]}{month:04d}"

    def month_of(day):
        text = str(day)
        return int(text[2:4] + text[5:7])

    held, waiting, result = None, None, []
    for now in range(first, last + 1):
        day = days[now]
        if held is not None and ends[held] < day:
            held, waiting = None, following(held)
        if held is None:
            if waiting is not None and month_of(day) > int(waiting[-4:]):
                waiting = None
            if waiting is None:
                seen = {name for name, when in bars if when <= day and ends[name] >= day}
                choice = min(seen, key=lambda name: ends[name], default=None)
            else:
                choice = waiting
            if choice is not None and tradable(choice, day):
                held = choice
        if held is not None:
            left = sum(1 for d in days if day < d <= ends[held])
            if left <= roll_days and tradable(held, day) and tradable(following(held), day):
                held = following(held)
            if price(held, day, 1) is None:
                return f"fails: {held} {day}"
        result.append(held)
    return result


def third_friday(month):
    """Return the third Friday of a month (datetime64[M])."""
    first = np.datetime64(month, "D")
    return np.busday_offset(first, 2, roll="forward", weekmask="Fri")
