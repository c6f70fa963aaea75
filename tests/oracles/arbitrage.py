"""Calendar spreads and pairs from their definitions: one day, one spread, one step at a time."""

import math
from itertools import pairwise

import numpy as np


def places(chain, day):
    """Return the contracts that have a bar on a day by their place, nearest first.

    ``chain`` has dictionaries of contract, date, last (last trading day) and settle.
    """
    there = sorted((b["last"], b["contract"]) for b in chain if b["date"] == day)
    names = [name for _, name in there]
    found = {"front": names[0]}
    month = int(names[0][2:4]) * 12 + int(names[0][4:]) - 1
    for name in names[1:]:
        ahead = int(name[2:4]) * 12 + int(name[4:]) - 1 - month
        found["next" if ahead == 1 else "quarter" if ahead <= 4 else "second quarter"] = name
    return found


def deviation_a_year(near, far, index, rate, dividends):
    """Return a spread over its fair value, a fraction of the index a year.

    ``near``, ``far``: dictionaries with settle and last; ``dividends`` between the deliveries.
    """
    years = (far["last"] - near["last"]).days / 365
    fair = index * rate * years - dividends
    return (far["settle"] - near["settle"] - fair) / index / years


def slope(values):
    """Return the least-squares slope of a series on itself a step before, with a constant."""
    pairs = list(pairwise(values))
    mx, my = (sum(p[k] for p in pairs) / len(pairs) for k in (0, 1))
    return sum((x - mx) * (y - my) for x, y in pairs) / sum((x - mx) ** 2 for x, _ in pairs)


def median_slope(b, steps, series, rng):
    """Return the median of that slope over Gaussian series whose true slope is b."""
    found = []
    for _ in range(series):
        values = [rng.standard_normal() / math.sqrt(1 - b * b) if b < 1 else 0.0]
        for _ in range(steps):
            values.append(b * values[-1] + rng.standard_normal())
        found.append(slope(values))
    return float(np.median(found))


def spread_walk(scores, left, can, entry, out, stop, most_days, roll_days):
    """Return trades (decision, entry, exit decision, exit, side, reason) of one pair, day by day.

    ``scores`` [T], ``left`` [T] trading days to the near delivery, ``can`` (day, side) -> whether
    both legs could be traded.
    """
    trades, holding, armed = [], None, True
    for t, score in enumerate(scores):
        if holding and holding.get("reason") and can(t, -holding["side"]):
            trades.append((holding["decision"], holding["entry"], holding["out"], t,
                           holding["side"], holding["reason"]))  # fmt: skip
            armed = holding["reason"] not in ("stop", "time")
            holding = None
        if holding:
            if t < holding["entry"] or holding.get("reason"):
                continue
            side, held = holding["side"], t - holding["entry"]
            if left[t] - 1 <= roll_days:
                reason = "roll"
            elif side * score <= -stop:
                reason = "stop"
            elif side * score >= -out:
                reason = "reverted"
            else:
                reason = "time" if held + 1 >= most_days else ""
            holding |= {"reason": reason, "out": t} if reason else {}
            continue
        if abs(score) < entry:
            armed = True
        elif armed and abs(score) < stop and left[t] - 2 >= roll_days and t + 1 < len(scores):
            side = -1 if score > 0 else 1
            if can(t + 1, side):
                holding = {"side": side, "decision": t, "entry": t + 1}
    return trades


def pair_states(z, may_first, may_second, gone_first, gone_second, entry, out, stop):
    """Return what one spread holds after each day: 1 first, -1 second, 0 none."""
    held, side, blocked = [], 0, False
    for t, here in enumerate(z):
        if side:
            gone = gone_first[t] if side == 1 else gone_second[t]
            lost, back = side * here <= -stop, side * here >= -out
            if gone or lost or back:
                side, blocked = 0, bool(lost and not gone)
        elif abs(here) < entry:
            blocked = False
        elif not blocked and abs(here) < stop:
            if here < 0 and may_first[t]:
                side = 1
            if here > 0 and may_second[t]:
                side = -1
        held.append(side)
    return held


def squared_distance(one, other):
    """Return the mean squared difference of two stocks' prices, both 1 before the first return."""
    a = b = 1.0
    total = 0.0
    for x, y in zip(one, other, strict=True):
        a, b = a * (1 + x), b * (1 + y)
        total += (a - b) ** 2
    return total / len(one)
