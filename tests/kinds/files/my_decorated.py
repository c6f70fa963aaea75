"""Factors of a user's own, made of functions of panels."""

import numpy as np

import quanthedge as qh


@qh.factor(
    family="sentiment",
    sign=-1,
    needs=["mark_adj"],
    window=21,
    source="Jegadeesh (1990)",
    name="month's return",
    name_zh="月度收益",
)
def month(d):
    """Adjusted close over that of twenty days before."""
    before = np.full_like(d.mark_adj, np.nan)
    before[20:] = d.mark_adj[:-20]
    return d.mark_adj / before - 1.0


@qh.factor(sign=-1, needs=["close", "open"])
def intraday(d, window=20):
    moved = np.nan_to_num(d.close / d.open - 1.0).cumsum(axis=0)
    result = moved.copy()
    result[window:] -= moved[:-window]
    return result


@qh.factor()
def tomorrow(d):
    return np.vstack([d.close[1:], d.close[-1:]])
