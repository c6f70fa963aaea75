"""Slow plain answers of rebalancing policies, from their definitions."""

import datetime

import numpy as np


def answer(policy, dates, t, target, current, move):
    """Return (due, landing) of a policy on bar t."""
    side = 1 if target > 0 or (target == 0 and current >= 0) else -1
    size, goal = current * side, target * side
    kind = policy.kind
    if kind == "calendar":
        return calendar(policy, dates, t), target
    if kind == "band":
        low, high = policy.low + policy.margin, policy.high - policy.margin
        if low <= size <= high:
            return False, target
        edge = low if size < low else high
        return True, target if policy.to == "target" else side * edge
    if kind == "deviation":
        if goal == 0:
            return size != 0, target
        off = size / goal - 1
        least = policy.fraction - 1e-12
        return off >= least or (policy.side == "both" and off <= -least), target
    if kind == "price_move":
        bad = -move * side
        least = policy.fraction - 1e-12
        return bad >= least or (policy.side == "both" and bad <= -least), target
    if kind == "leverage_trigger":
        long = policy.long is not None and current >= policy.long - 1e-12
        short = policy.short is not None and current <= policy.short + 1e-12
        return long or short, target
    if kind == "no_trade_band":
        half = half_width(policy, target)
        if current > target + half:
            return True, target + half
        if current < target - half:
            return True, target - half
        return False, target
    answers = [answer(part, dates, t, target, current, move) for part in policy.of]
    landings = [landing for due, landing in answers if due]
    if kind == "any":
        return bool(landings), min(landings, key=lambda one: abs(one - target), default=target)
    if len(landings) < len(answers):
        return False, target
    return True, min(landings, key=lambda one: abs(one - current))


def half_width(policy, target):
    """Half-width of a no-trade band."""
    if policy.volatility is None:
        variance = (target * (1 - target)) ** 2
    else:
        variance = (policy.ratio_volatility / policy.volatility) ** 2
    return (1.5 * policy.cost / policy.risk_aversion * variance) ** (1 / 3)


def calendar(policy, dates, t):
    """Whether a calendar acts on bar t."""
    if policy.every_days is not None:
        seen = []  # calendar days up to this bar, in order
        for k in range(t + 1):
            day = dates[k].astype("datetime64[D]")
            if not seen or seen[-1] != day:
                seen.append(day)
                begins = True
            else:
                begins = False
        return begins and (len(seen) - 1) % policy.every_days == 0
    return t == 0 or period(policy, dates[t]) != period(policy, dates[t - 1])


def period(policy, moment):
    """The day, week or month of a moment, shifted by the time of day at which a day begins."""
    at = np.datetime64(moment, "s").astype(datetime.datetime)
    if policy.at is not None:
        at -= datetime.timedelta(hours=policy.at.hour, minutes=policy.at.minute)
    day = at.date()
    if policy.every == "week":
        return day - datetime.timedelta(days=day.weekday())
    return (day.year, day.month) if policy.every == "month" else day
