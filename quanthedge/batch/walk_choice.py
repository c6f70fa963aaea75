"""Who rules each period of a walk-forward run, by the past alone, and what came of the choice."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.batch.grid import told
from quanthedge.batch.variant import Variant
from quanthedge.errors import StrategyError
from quanthedge.performance import Drawdowns, annual_return, sharpe_ratio, sortino_ratio
from quanthedge.typing import Floats

__all__ = ["FIGURES", "Choice", "check_reach", "choices", "table_of_choices"]


def _annual(returns: pd.Series) -> float:
    return annual_return(_level(returns))


def _calmar(returns: pd.Series) -> float:
    return Drawdowns(_level(returns)).calmar_ratio()


def _level(returns: pd.Series) -> pd.Series:
    """Return what a yuan became, from a day before the first on."""
    days = pd.DatetimeIndex(returns.index)
    values = np.append(1.0, np.cumprod(1.0 + returns.to_numpy()))
    return pd.Series(values, days.insert(0, days[0] - pd.Timedelta(days=1)))


FIGURES: Final[Mapping[str, Callable[[pd.Series], float]]] = {
    "sharpe_net": sharpe_ratio,
    "sortino_net": sortino_ratio,
    "annual_return_net": _annual,
    "calmar_net": _calmar,
}


class Choice(NamedTuple):
    """Who rules a period.

    Attributes
    ----------
    first, last : int
        Rows of the levels: the period's first and last day.
    window : (int, int)
        Rows of the first and last return that it was chosen by.
    ruler : int
        Column of the variant.
    figures : float64 [K]
        Of every variant in the window; NaN where it could not be chosen.
    """

    first: int
    last: int
    window: tuple[int, int]
    ruler: int
    figures: Floats


def choices(
    levels: pd.DataFrame,
    train_days: int,
    step_days: int,
    figure: Callable[[pd.Series], float],
    embargo_days: int = 0,
) -> list[Choice]:
    """Return who rules each period, by what is known before it.

    Parameters
    ----------
    levels : DataFrame [T + 1, K]
        Net unit values of the variants' own ledgers; NaN on days that one has not.
    train_days, step_days, embargo_days : int
    figure : callable
        Of the returns of a window; the more the better.

    Raises
    ------
    StrategyError
        Too few days, or a window over which no variant has a figure.
    """
    returns = levels.pct_change(fill_method=None).iloc[1:]
    known = returns.notna().to_numpy()
    begins = known.argmax(axis=0)[known.any(axis=0)]
    first = 1 + (int(begins.max()) if begins.size else 0)  # the first day that all of them have
    found = []
    last = len(levels) - 1
    start = first + train_days + embargo_days
    check_reach(train_days + embargo_days, last - first + 1)
    for begin in range(start, last + 1, step_days):
        window = begin - embargo_days - train_days, begin - embargo_days - 1
        past = returns.iloc[window[0] - 1 : window[1]]
        figures = np.array(
            [figure(past[name]) if past[name].notna().all() else np.nan for name in past.columns],
            dtype=np.float64,
        )
        if not np.isfinite(figures).any():
            days = [f"{day:%Y-%m-%d}" for day in (past.index[0], past.index[-1])]
            raise StrategyError(
                f"walk-forward: no variant has a figure over {days[0]} to {days[1]}, so that none "
                f"can rule from {levels.index[begin]:%Y-%m-%d} on"
            )
        ruler = int(np.where(np.isfinite(figures), figures, -np.inf).argmax())
        end = min(begin + step_days - 1, last)
        found.append(Choice(begin, end, window, ruler, figures))
    return found


def check_reach(wanted: int, days: int) -> None:
    """Refuse a past that leaves no day to rule."""
    if wanted >= days:
        raise StrategyError(
            f"walk-forward: {wanted} days to train on, and the variants have {days} in common; "
            "give fewer train_days, or more data"
        )


def table_of_choices(
    chosen: Sequence[Choice],
    variants: Sequence[Variant],
    levels: pd.DataFrame,
    fund: pd.Series,
    figure: Callable[[pd.Series], float],
) -> pd.DataFrame:
    """Return a row a period: who ruled, why, and what came of it.

    ``levels`` are those of :func:`choices`, ``fund`` the net unit values of the run itself.
    """
    returns = levels.pct_change(fill_method=None)
    own = fund.pct_change(fill_method=None)
    rows = []
    for one in chosen:
        inside = returns.iloc[one.first : one.last + 1]
        after = np.array(
            [figure(inside[k]) if inside[k].notna().all() else np.nan for k in inside.columns]
        )
        ranks = pd.Series(after).rank(ascending=False)
        fund_inside = own.reindex(inside.index).dropna()
        variant = variants[one.ruler]
        rows.append(
            {
                "start": f"{levels.index[one.first]:%Y-%m-%d}",
                "end": f"{levels.index[one.last]:%Y-%m-%d}",
                "days": one.last - one.first + 1,
                "variant": told(variant.changes),
                "key": variant.key,
                "window_start": f"{levels.index[one.window[0]]:%Y-%m-%d}",
                "window_end": f"{levels.index[one.window[1]]:%Y-%m-%d}",
                "past": one.figures[one.ruler],
                "past_median": float(np.nanmedian(one.figures)),
                "candidates": int(np.isfinite(one.figures).sum()),
                "own": figure(fund_inside) if len(fund_inside) > 1 else np.nan,
                "alone": after[one.ruler],
                "best_after": _or_nan(np.nanmax, after),
                "median_after": _or_nan(np.nanmedian, after),
                "rank_after": ranks[one.ruler],
            }
        )
    return pd.DataFrame(rows)


def _or_nan(measure: Callable[[Floats], Any], values: Floats) -> float:
    return float(measure(values)) if np.isfinite(values).any() else float("nan")
