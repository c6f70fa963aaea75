"""Price indices built from their members, and the true betas of stocks to them.

Weights are free-float market values with a divisor, so that only prices move the index; members
change in June and December, and when one enters its delisting period.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from quanthedge.market.simulation.calendar import reconstitution_days
from quanthedge.market.simulation.companies import Companies, Lives
from quanthedge.market.simulation.factors import FactorPaths
from quanthedge.market.simulation.settings import SimulationSettings
from quanthedge.market.simulation.trading import Bars
from quanthedge.typing import Days

__all__ = ["INDICES", "IndexPath", "build_indices", "true_betas"]

Array = np.ndarray[Any, Any]
INDICES = {"000300.SH": (300, 2_500.0), "000905.SH": (500, 3_300.0)}
_MEMBER_SHARE = 0.4
_REVIEW_DAYS = 10  # members are chosen on the closes so many days before the change
_YOUNG_DAYS = 60


@dataclass(frozen=True)
class IndexPath:
    """One index: members bool [T, N], bars [T] by column, weights at the close before [T, N]."""

    code: str
    members: Array
    bars: dict[str, Array]
    weights: Array


def build_indices(
    settings: SimulationSettings,
    calendar: Days,
    lives: Lives,
    bars: Bars,
    draw: np.random.Generator,
) -> list[IndexPath]:
    """Return the large-cap index and the index of the names that follow it in size."""
    first = min(300, round(_MEMBER_SHARE * settings.stocks))
    second = min(500, round(_MEMBER_SHARE * settings.stocks))
    members = _members(calendar, lives, bars, (first, second))
    paths = []
    for place, (code, (_, level)) in enumerate(INDICES.items()):
        paths.append(_index(code, level, members[place], bars, draw))
    return paths


def _members(
    calendar: Days, lives: Lives, bars: Bars, counts: tuple[int, int]
) -> tuple[Array, Array]:
    """Return the members of both indices by day, bool [T, N] each."""
    days, stocks = bars.traded.shape
    members = np.zeros((2, days, stocks), dtype=bool)
    reviews = set(reconstitution_days(calendar))
    now = np.zeros((2, stocks), dtype=bool)
    for row in range(days):
        leaving = bars.delisting[row] & now.any(axis=0)
        if row == 0 or row in reviews:
            ranking = _ranking(max(row - _REVIEW_DAYS, 0), row, lives, bars)
            now[:] = False
            now[0, ranking[: counts[0]]] = True
            now[1, ranking[counts[0] : sum(counts)]] = True
        elif leaving.any():
            for place in range(2):
                gone = now[place] & leaving
                now[place] &= ~leaving
                ranking = _ranking(row - 1, row, lives, bars)
                reserve = ranking[~(now[0] | now[1])[ranking]]
                now[place, reserve[: int(gone.sum())]] = True
        members[:, row] = now
    return members[0], members[1]


def _ranking(seen: int, row: int, lives: Lives, bars: Bars) -> Array:
    """Return the stocks that may join on day `row`, largest float market value of day `seen` first.

    ST stocks, stocks about to be delisted, suspended ones and those listed lately may not.
    """
    value = bars.columns["close"][seen] * bars.columns["float_shares"][seen]
    fit = lives.alive(row) & (lives.listed <= seen - _YOUNG_DAYS)
    fit |= lives.alive(row) & (lives.listed < 0)
    fit &= ~bars.special[row] & ~bars.delisting[row] & bars.traded[seen]
    order = np.argsort(-value, kind="stable")
    ranked: Array = order[fit[order]]
    return ranked


def _index(
    code: str, level: float, members: Array, bars: Bars, draw: np.random.Generator
) -> IndexPath:
    """Chain the members' market values into index levels."""
    columns, traded = bars.columns, bars.traded
    days = len(members)
    noise = np.abs(draw.standard_normal((2, days))) * 0.0025
    levels = {name: np.empty(days) for name in ("open", "high", "low", "close")}
    weights = np.zeros(members.shape, dtype=np.float32)
    before = level
    for row in range(days):
        chosen = np.flatnonzero(members[row])
        active = traded[row, chosen]
        shares = columns["float_shares"][row, chosen]
        last = max(row - 1, 0)
        base = columns["close"][last, chosen] * columns["float_shares"][last, chosen]
        opening = np.where(active, columns["open"][row, chosen], columns["close"][row, chosen])
        total = base.sum()
        if row == 0:
            base = columns["pre_close"][0, chosen] * shares
            total = base.sum()
        opened = before * (opening * shares).sum() / total
        closed = before * (columns["close"][row, chosen] * shares).sum() / total
        levels["open"][row], levels["close"][row] = opened, closed
        levels["high"][row] = max(opened, closed) * (1 + noise[0, row])
        levels["low"][row] = min(opened, closed) * (1 - noise[1, row])
        weights[row, chosen] = base / total
        before = closed
    bars_out = {name: np.round(values, 4) for name, values in levels.items()}
    for name in ("volume", "amount"):
        bars_out[name] = np.round((columns[name] * members).sum(axis=1), 2)
    return IndexPath(code, members, bars_out, weights)


def true_betas(
    settings: SimulationSettings,
    companies: Companies,
    bars: Bars,
    index: IndexPath,
    paths: FactorPaths,
) -> Array:
    """Return cov(stock, index) / var(index) of each day from the model, float32 [T, N].

    Notes
    -----
    Conditional on the loadings and exposures of the day, the weights at the close before, and on
    which members are not suspended (the index takes suspended ones at their last price). Row t
    holds for the return of day t. The common volatility state cancels.
    """
    days, stocks = bars.traded.shape
    groups = paths.industries.shape[1]
    market = settings.market_volatility_per_day**2
    industry = settings.industry_volatility_per_day**2
    style = np.array([one.volatility_per_day**2 for one in settings.styles.values()])
    specific = companies.specific_volatility**2
    betas = np.empty((days, stocks), dtype=np.float32)
    update = np.searchsorted(bars.exposure_rows, np.arange(days), side="right") - 1
    for row in range(days):
        weight = np.where(bars.traded[row], index.weights[row], 0.0)
        exposure = bars.exposures[update[row]]
        loading = bars.loading[row].astype(np.float64)
        by_market = float((weight * loading).sum()) * market
        by_industry = np.bincount(companies.industry, weight, groups) * industry
        by_style = (weight[:, None] * exposure).sum(axis=0) * style
        own = weight * specific
        covariance = loading * by_market + by_industry[companies.industry] + own
        for place in np.flatnonzero(style):
            covariance = covariance + exposure[:, place] * by_style[place]
        betas[row] = covariance / (weight * covariance).sum()
    return betas
