"""The alpha of the bridge by a model of characteristics: broad market, industry, styles, specific.

On each day t the returns of all stocks are explained by what was known of them at the close of
t - 1 (a regression across stocks, weighted by the square root of market value):

    r[i] = f_market + f_industry(i) + sum over styles k of x[i, k] x f_style(k) + u[i]

Industry returns weighted by market value add up to 0 and styles have a mean of 0 by market value,
so that f_market is near the return of all shares by market value. With V the value of a stock at
the last close, the line ``alpha`` of the bridge is the sum of

    broad_market  sum of V x f_market, less b x r x sum of V: all shares beside beta times the index
    industry      sum of V x f_industry
    each style    sum of V x x x f_style
    specific      what is left: choice of stocks, and what the book did while it was suspended

References
----------
J. Menchero, D. J. Orr, J. Wang (2011), The Barra US equity model (USE4), methodology notes: square
root weights, industry constraint, styles with a mean of 0 by market value.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, field_validator

from quanthedge.errors import DataError
from quanthedge.factors import (
    BookYield,
    EarningsYield,
    Factor,
    Leverage,
    Momentum,
    ProfitGrowth,
    ReturnOnEquity,
    Reversal,
    Size,
    Transforms,
    Turnover,
    Volatility,
    exposures,
    standardise,
)
from quanthedge.market import Market
from quanthedge.plain import Told
from quanthedge.typing import Floats

__all__ = [
    "MISMATCHES",
    "RESIDUAL",
    "STYLES",
    "StyleModel",
    "fitted_returns",
    "style_grades",
    "style_returns",
]

STYLES: Mapping[str, Factor] = {
    "size": Size(),
    "book_yield": BookYield(),
    "earnings_yield": EarningsYield(),
    "momentum": Momentum(),
    "reversal": Reversal(),
    "volatility": Volatility(),
    "turnover": Turnover(),
    "quality": ReturnOnEquity(),
    "growth": ProfitGrowth(),
    "leverage": Leverage(),
}
RESIDUAL, MISMATCHES = "residual", "mismatched_holdings"  # columns of tables by group
_TAKEN = ("broad_market", "industry", "specific", RESIDUAL, MISMATCHES)
_BLOCK = 120  # days at a time: exposures of a whole market over ten years would not fit in memory


class StyleModel(Told):
    """A model of characteristics: industries and styles, each style the raw exposure of a factor.

    Attributes
    ----------
    styles
        Factors by name. A stock without one counts as the average of the market in it.
    winsorise
        Fraction of each tail of an exposure that is pulled in to its quantile.
    seasoned_days
        Trading days since listing that a stock needs to count in the regression: new stocks rise
        by their limit for weeks whatever they are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    styles: Mapping[str, Factor] = Field(default=STYLES, min_length=1)
    winsorise: float = Field(default=0.01, ge=0, lt=0.5)
    seasoned_days: int = Field(default=60, ge=0)

    @field_validator("styles")
    @classmethod
    def _names(cls, styles: Mapping[str, Factor]) -> Mapping[str, Factor]:
        for name in styles:
            if name in _TAKEN:
                raise ValueError(f"style {name!r}: the name of another part; choose another")
        return styles


class _Fit(NamedTuple):
    """A spell of days: exposures at the close before each, and the returns of the day."""

    days: NDArray[np.int64]  # [R]
    styles: Floats  # [R, N, K]
    industry: NDArray[np.intp]  # [R, N], the last number is the unknown one
    by_style: Floats  # [R, K]
    by_industry: Floats  # [R, I]
    by_market: Floats  # [R]
    explained: Floats  # [R], weighted R squared
    stocks: NDArray[np.int64]  # [R]


def style_returns(
    market: Market,
    model: StyleModel | None = None,
    start: str | None = None,
    end: str | None = None,
) -> pd.DataFrame:
    """Return what each part of the model returned on each day.

    Returns
    -------
    DataFrame
        By date: broad_market, a column for each industry (code; ``unknown``) and style, fractions;
        r_squared of the day's regression (by its weights), and stocks, how many were in it.

    Raises
    ------
    DataError
        When a style is defined for no stock on a day, or no day is asked for.
    """
    model = model or StyleModel()
    dates = pd.DatetimeIndex(market.dates)
    days = np.arange(len(dates))[dates.slice_indexer(start, end)]
    days = days[days > 0]
    if not days.size:
        raise DataError(f"style_returns: no day from {start} to {end} in market '{market.name}'")
    fits = list(_slim(fitted_returns(market, model, days)))
    industries = market.industry()[1]["industry"].astype(str).tolist()
    table = pd.DataFrame(
        np.hstack(
            [
                np.vstack([getattr(fit, name) for fit in fits])
                for name in ("by_industry", "by_style")
            ]
        ),
        index=dates[days].rename("date"),
        columns=[*industries, "unknown", *model.styles],
    )
    table.insert(0, "broad_market", np.concatenate([fit.by_market for fit in fits]))
    table["r_squared"] = np.concatenate([fit.explained for fit in fits])
    table["stocks"] = np.concatenate([fit.stocks for fit in fits])
    return table


def _slim(fits: Iterator[_Fit]) -> Iterator[_Fit]:
    """Let go of the exposures."""
    for fit in fits:
        yield fit._replace(styles=np.empty(0), industry=np.empty(0, dtype=np.intp))


def fitted_returns(market: Market, model: StyleModel, days: NDArray[np.int64]) -> Iterator[_Fit]:
    """Yield the regressions of days, a block at a time."""
    number, known = market.industry()
    for at in range(0, len(days), _BLOCK):
        block = days[at : at + _BLOCK]
        before = block - 1
        returns = np.asarray(market.panel("simple_return")[block], dtype=np.float64)
        mark = np.asarray(market.panel("mark")[before], dtype=np.float64)
        size = mark * np.asarray(market.panel("total_shares")[before], dtype=np.float64)
        gone = before[:, None] >= market.delist_index()[None, :]
        size = np.where((size > 0) & ~gone, size, np.nan)
        old = before[:, None] - market.list_index()[None, :] + 1 >= model.seasoned_days
        usable = np.isfinite(returns) & np.isfinite(size) & old
        styles = style_grades(market, model, before, size)
        industry = np.asarray(number[before], dtype=np.intp)
        industry = np.where(industry < 0, len(known), industry)
        found = [
            _regression(returns[r, on], size[r, on], industry[r, on], styles[r, on], len(known) + 1)
            for r, on in enumerate(usable)
        ]
        first, second, third, explained = (np.array(one) for one in zip(*found, strict=True))
        yield _Fit(block, styles, industry, third, second, first, explained, usable.sum(axis=1))


def style_grades(
    market: Market, model: StyleModel, rows: NDArray[np.int64], size: Floats
) -> Floats:
    """Return the styles of all stocks, [R, N, K]: mean 0 by market value, deviation 1 by number.

    Parameters
    ----------
    market : Market
    model : StyleModel
    rows : int64 [R]
        Days, by their number in the market; what was known at their close.
    size : float64 [R, N]
        Market value; NaN for stocks that do not count.

    Raises
    ------
    DataError
        When a style is defined for no stock on a day.
    """
    weight = np.nan_to_num(size)
    result = np.empty((*size.shape, len(model.styles)))
    for k, (name, factor) in enumerate(model.styles.items()):
        raw = exposures(factor, market, rows)
        raw = np.where(np.isfinite(size), raw, np.nan)
        empty = ~np.isfinite(raw).any(axis=1)
        if empty.any():
            raise DataError(
                f"style {name}: defined for no stock on {market.dates[rows[int(empty.argmax())]]}; "
                "start later, or leave it out of the model"
            )
        grades = standardise(raw, Transforms(winsorise=model.winsorise))
        known = np.isfinite(grades)
        grades = np.where(known, grades, 0.0)
        mean = (weight * grades).sum(axis=1) / (weight * known).sum(axis=1)
        result[:, :, k] = np.where(known, grades - mean[:, None], 0.0)
    return result


def _regression(
    returns: Floats, size: Floats, industry: NDArray[np.intp], styles: Floats, groups: int
) -> tuple[float, Floats, Floats, float]:
    """Return market, industry and style returns of a day, and the weighted R squared.

    Industries without a stock return 0.
    """
    share = np.bincount(industry, size, minlength=groups) / size.sum()
    here = np.flatnonzero(share)
    base = here[share[here].argmax()]
    others = here[here != base]
    # the largest industry follows from the others: industry returns by market value add up to 0
    dummies = (industry[:, None] == others).astype(np.float64)
    dummies -= (industry == base)[:, None] * (share[others] / share[base])
    design = np.column_stack([np.ones(len(returns)), dummies, styles])
    weight = np.sqrt(size)
    weighted = design * weight[:, None]
    # by the normal equations: a style that says nothing (all 0) gets a return of 0
    found = np.linalg.lstsq(weighted.T @ design, weighted.T @ returns, rcond=None)[0]
    by_industry = np.zeros(groups)
    by_industry[others] = found[1 : 1 + len(others)]
    by_industry[base] = -(share[others] @ by_industry[others]) / share[base]
    left = returns - design @ found
    mean = np.average(returns, weights=weight)
    spread = float(weight @ (returns - mean) ** 2)
    explained = 1.0 - float(weight @ left**2) / spread if spread > 0 else float("nan")
    return float(found[0]), by_industry, found[1 + len(others) :], explained
