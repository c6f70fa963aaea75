"""Plans of spread trades whose scores are given, for tests of when is traded."""

import numpy as np

from quanthedge.arbitrage.spread_legs import Legs
from quanthedge.arbitrage.spread_trading import _Levels, _Plan

DAYS = 60


def legs_of_scores(scores, ends_at=50):
    """Two contracts whose spread is the score, in points; the near one ends at a row."""
    scores = np.asarray(scores, dtype=float)
    days = scores.size
    dates = np.datetime64("2014-01-01") + np.arange(days)
    near = np.full(days, 3000.0)
    price = np.column_stack([near, near + scores])
    left = np.column_stack([ends_at - np.arange(days), ends_at + 30 - np.arange(days)])
    places = np.where(left >= 0, np.array([[0, 1]]), -1)
    # 365 days apart and an index of 1: a point is 100% a year
    return Legs(
        dates, ("IF1401", "IF1501"), np.array(["2014-03-01", "2015-03-01"], dtype="datetime64[D]"),
        left, places, price, price, price, np.ones((days, 2)), np.ones(days),
        np.zeros((days, 2)), np.zeros(days),
    )  # fmt: skip


def plan_of_scores(scores, *, ends_at=50, levels=(2.0, 0.5, 4.0, 20, 5), can=None, lots=1):
    """A plan whose pair is always the same; ``can`` (bool [T, 2]) = contracts that trade."""
    legs = legs_of_scores(scores, ends_at)
    days = legs.dates.size
    able = np.ones((days, 2), dtype=bool) if can is None else can
    live = np.where(legs.days_left[:, 0] > levels[4], 0, -1)
    return _Plan(
        legs, live, np.where(live >= 0, 1, -1), np.zeros(days), np.ones(days), legs.mark,
        able, able, np.full(days, lots), _Levels(*levels),
    )  # fmt: skip
