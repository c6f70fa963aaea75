"""Statistics of a run in plain Python, written from their definitions, slow and obvious."""

import math
from datetime import date
from itertools import pairwise


def daily_returns(rows: list[dict], fees: tuple[str, ...]) -> list[tuple[float, float]]:
    """Net and gross of each day: what those who hold units at the open gained, per yuan of theirs.

    Theirs at the open is what the fund was stated at, with the money that came and without that
    which left, less the performance fee accrued on it; at the close what it is stated at less the
    fee accrued then. Before fees nothing is charged or accrued on the day.
    """
    found = []
    for last, row in pairwise(rows):
        at_open = last["equity"] + row["subscriptions"]
        at_open -= row["redemptions"] + row["distributions"]
        profit = row["equity"] - at_open
        grew = row["accrued_performance_fee"] - row["accrued_fee_at_open"]
        net = (profit - grew) / (at_open - row["accrued_fee_at_open"])
        found.append((net, (profit + sum(row[name] for name in fees)) / at_open))
    return found


def annual_return(days: list[date], level: list[float]) -> float:
    return (level[-1] / level[0]) ** (365 / (days[-1] - days[0]).days) - 1


def volatility(returns: list[float]) -> float:
    mean = sum(returns) / len(returns)
    variance = sum((r - mean) ** 2 for r in returns) / (len(returns) - 1)
    return math.sqrt(variance * 243)


def sharpe_ratio(returns: list[float], risk_free: float) -> float:
    return (sum(returns) / len(returns) * 243 - risk_free) / volatility(returns)


def sortino_ratio(returns: list[float], risk_free: float) -> float:
    below = [min(0.0, r - risk_free / 243) ** 2 for r in returns]
    deviation = math.sqrt(243 * sum(below) / len(below))
    return (sum(returns) / len(returns) * 243 - risk_free) / deviation


def max_drawdown(level: list[float]) -> tuple[float, int, int, int | None]:
    """Depth and positions of peak, trough and recovery, by looking at every pair."""
    deepest, peak, trough = 0.0, 0, 0
    for j in range(len(level)):
        for i in range(j):
            fall = level[j] / level[i] - 1
            if fall < deepest:
                deepest, peak, trough = fall, i, j
    top = level[peak]
    while peak + 1 < trough and max(level[peak + 1 : trough]) >= top:
        peak = peak + 1 + [v >= top for v in level[peak + 1 : trough]].index(True)
    recovery = next((k for k in range(trough + 1, len(level)) if level[k] >= top), None)
    return deepest, peak, trough, recovery


def period_ends(days: list[date], every: str) -> list[int]:
    """Positions of the opening day and of the last day of each period after it."""

    def name(day: date) -> tuple[int, int]:
        return day.isocalendar()[:2] if every == "weekly" else (day.year, day.month)

    return [0] + [
        i for i in range(1, len(days)) if i + 1 == len(days) or name(days[i + 1]) != name(days[i])
    ]


def win_rate(returns: list[float]) -> float:
    # a move below 1e-12 is what chaining leaves of none
    return sum(1 for r in returns if r > 1e-12) / len(returns)
