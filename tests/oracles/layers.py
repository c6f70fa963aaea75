"""Layers from their definitions: one rebalance, one industry, one stock at a time."""

import math
from datetime import timedelta


def discount(bars, index, day, held, yield_a_year, share_of_month):
    """Return the discount a year of a contract on a day, net of dividends, from raw bars.

    ``share_of_month`` has the share of a year's dividends that each month takes.
    """
    bar = next(one for one in bars if one["contract"] == held and one["date"] == day)
    left = (bar["last_trading_day"] - day).days
    dividends = 0.0
    for k in range(1, left + 1):
        one = day + timedelta(days=k)
        first = one.replace(day=1)
        length = ((first + timedelta(days=32)).replace(day=1) - first).days
        dividends += yield_a_year * share_of_month[one.month - 1] / length
    return -(bar["settle"] - index + dividends * index) / index * 365 / left


def scaled(net, hurdle, whole_at):
    if net <= hurdle:
        return 0.0
    return 1.0 if net >= whole_at else (net - hurdle) / (whole_at - hurdle)


def surplus(values, largest):
    """Return what Grossman and Zhou invest after a path of values, 1 at a new high."""
    best = max(values)
    floor = (1 - largest) * best
    left = max(0.0, values[-1] - floor) / values[-1]  # part of wealth above the floor
    return left / largest


def coefficient(scores, volatility, residual, known, rows, row, half_life):
    """Return the slope at a row by weighted least squares without intercept, stock by stock."""
    last = max((k for k, one in enumerate(rows) if one <= row), default=-1)
    above = below = 0.0
    count = 0
    for g, date in enumerate(rows):
        if known[g] > row:
            continue
        good = [value for value in scores[g] if not math.isnan(value)]
        mean = sum(good) / len(good) if good else math.nan
        spread = math.sqrt(sum((v - mean) ** 2 for v in good) / len(good)) if good else 0
        x, y = [], []
        for n, value in enumerate(scores[g]):
            sigma, earned = volatility[g][n], residual[g][n]
            if math.isnan(value) or math.isnan(earned) or not sigma > 0:
                continue
            x.append(sigma * (value - mean) / spread)
            y.append((earned, sigma))
        if not x:
            continue
        count += 1
        age = 0.5 ** ((last - g) / half_life)
        above += age * sum(a * e / s**2 for a, (e, s) in zip(x, y, strict=True))
        below += age * sum(a * a / s**2 for a, (_, s) in zip(x, y, strict=True))
        assert date <= known[g]
    return (above / below if below else math.nan), count


def tilts(groups, count, expected, value, weights, bound):
    """Return the tilt of each industry of a day, industry by industry."""
    mean, share = {}, {}
    for g in range(count):
        inside = [n for n, one in enumerate(groups) if one == g]
        known = [n for n in inside if not math.isnan(expected[n]) and value[n] > 0]
        held = sum(weights[n] for n in inside)
        total = sum(value[n] for n in known)
        if known and held > 0:
            mean[g] = sum(value[n] * expected[n] for n in known) / total
            share[g] = held
    whole = sum(share.values())
    centre = sum(share[g] * mean[g] for g in mean) / whole
    spread = math.sqrt(sum(share[g] * (mean[g] - centre) ** 2 for g in mean) / whole)
    z = {g: (mean[g] - centre) / spread for g in mean}
    raw = {g: share[g] * z[g] for g in z}
    k = min(1.0, bound / max(abs(one) for one in raw.values()), 1 / max(-one for one in z.values()))
    return [k * raw.get(g, 0.0) for g in range(count)]
