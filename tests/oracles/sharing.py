"""Shares of sleeves from their definitions: one sleeve, one day at a time."""

import math


def split(total, wanted, caps):
    """Return parts of a total in proportion, capped: the fill level by bisection."""
    if not any(wanted):
        return [0.0] * len(wanted)
    low, high = 0.0, 1e9
    for _ in range(300):
        level = (low + high) / 2
        filled = sum(min(level * w, cap) for w, cap in zip(wanted, caps, strict=True))
        low, high = (level, high) if filled < total else (low, level)
    return [min(low * w, cap) for w, cap in zip(wanted, caps, strict=True)]


def held_days(gains, tied, window):
    days = range(max(0, len(gains) - window), len(gains))
    return [k for k in days if tied[k] > 0 or gains[k] != 0]


def volatility(gains, tied, window, fewest):
    """Return the deviation a year on days with a position; None of too few."""
    some = [gains[k] for k in held_days(gains, tied, window)]
    if len(some) < fewest:
        return None
    mean = sum(some) / len(some)
    return math.sqrt(sum((one - mean) ** 2 for one in some) / (len(some) - 1) * 243)


def paid(gains, tied, window, fewest, prior_days):
    """Return the shrunk mean a year on what is tied up; None of too few days."""
    days = held_days(gains, tied, window)
    capital = sum(tied[k] for k in days)
    if len(days) < fewest or capital == 0:
        return None
    mean = sum(gains[k] for k in days) / capital * 243
    return len(days) / (len(days) + prior_days) * mean


def parity(budgets, figures, most):
    return _of_known(budgets, figures, most, lambda _, sigma: 1 / sigma)


def by_carry(budgets, figures, most, hurdle):
    return _of_known(budgets, figures, most, lambda b, e: b * max(e - hurdle, 0))


def _of_known(budgets, figures, most, wish):
    known = [s for s, one in enumerate(figures) if one is not None]
    total = sum(budgets[s] for s in known)
    wanted = [wish(budgets[s], figures[s]) for s in known]
    money = split(total, wanted, [most * budgets[s] for s in known])
    shares = [1.0] * len(budgets)
    for s, part in zip(known, money, strict=True):
        shares[s] = part / budgets[s]
    return shares


def fall(gains):
    """Return how far the sum of gains stands below its highest so far, 0 at the start."""
    best = total = 0.0
    for one in gains:
        total += one
        best = max(best, total)
    return best - total
