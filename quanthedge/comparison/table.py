"""Several products on the same dates, by the same definitions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from quanthedge.comparison.others import FixedIncome, Stated
from quanthedge.errors import DataError
from quanthedge.performance import (
    annual_return,
    correlation,
    drawdowns,
    levels,
    period_return,
    period_returns,
    sharpe_ratio,
    volatility,
)
from quanthedge.rules import deposit_rate

__all__ = ["Compared", "Comparison", "compare_funds"]

Other = pd.Series | FixedIncome | Stated
Others = Mapping[str, Any]  # of Other, or of results
COLUMNS = (
    "return", "annual_return", "volatility", "sharpe", "max_drawdown", "correlation",
    "correlation_low", "correlation_high", "worst_month", "losing_months", "days",
)  # fmt: skip


class Compared(Protocol):
    """What is read of a result."""

    @property
    def ledger(self) -> pd.DataFrame:
        """One row a day, the opening balances first."""
        ...


@dataclass(frozen=True)
class Comparison:
    """Products side by side.

    Attributes
    ----------
    table : DataFrame
        Indexed by name: return, annual_return, volatility, sharpe, max_drawdown, correlation to the
        benchmark with its 95% interval (monthly for series with gaps), worst_month, losing_months
        (share), days (with a value). NaN where a product does not give it.
    levels : DataFrame
        Value of a yuan over time, one column a product that has one, [T].
    notes : list of str
        What was filled, cut or only stated.
    """

    table: pd.DataFrame
    levels: pd.DataFrame
    notes: list[str]

    def __repr__(self) -> str:
        percent = [c for c in COLUMNS if c not in ("sharpe", "days") and "correlation" not in c]
        shown = self.table.copy().astype(object)
        for name in self.table.columns:
            pattern = "{:.2%}" if name in percent else "{:,.0f}" if name == "days" else "{:.3f}"
            shown[name] = [
                pattern.format(v) if pd.notna(v) else "" for v in self.table[name].to_numpy()
            ]
        return "\n".join([shown.to_string(), *(f"- {note}" for note in self.notes)])


def compare_funds(
    result: Compared,
    others: Others | None = None,
    *,
    name: str = "fund",
    benchmark: str = "index",
) -> Comparison:
    """Return a fund beside its benchmark, the deposit and others, on the days of the run.

    Parameters
    ----------
    result : Result
    others : mapping
        By name: a Series of unit values by date (see :func:`read_unit_values`), a
        :class:`FixedIncome`, a :class:`Stated`, or another Result (net of everything).
    name, benchmark : str
        How the fund and its benchmark are called.

    Raises
    ------
    DataError
        When a series has fewer than two values within the run, or a name comes twice.

    Notes
    -----
    A series takes the last value known on each day of the run; days filled this way are counted in
    the notes. The deposit compounds the People's Bank's demand rate by calendar days over 365.
    """
    own = levels(result.ledger)
    days, notes = own.index, []
    known: dict[str, pd.Series] = {name: own["net"], benchmark: own["index"]}
    known["deposit"] = _deposit(days)
    accruing = {"deposit"}
    stated: dict[str, Stated] = {}
    counts: dict[str, int] = {}
    for title, other in (others or {}).items():
        if title in known or title in stated:
            raise DataError(f"comparison: the name {title!r} comes twice")
        if isinstance(other, Stated):
            stated[title] = other
            source = f" ({other.source})" if other.source else ""
            notes.append(f"{title}: only published numbers{source}; their dates may differ")
        elif isinstance(other, FixedIncome):
            known[title] = _grown(days, np.full(len(days) - 1, other.rate), compound=True)
            accruing.add(title)
            notes.append(f"{title}: a stated yield of {other.rate:.2%} a year, not a market value")
        else:
            series = other if isinstance(other, pd.Series) else levels(other.ledger)["net"]
            known[title], counts[title] = _aligned(title, series, days, notes)
    rows = {
        title: _figures(
            level, own["index"], counts.get(title, len(days) - 1), moves=title not in accruing
        )
        for title, level in known.items()
    }
    rows |= {title: _stated(one) for title, one in stated.items()}
    table = pd.DataFrame.from_dict(rows, orient="index").reindex(columns=list(COLUMNS))
    table.index.name = "product"
    table.loc[benchmark, ["correlation", "correlation_low", "correlation_high"]] = np.nan
    return Comparison(table, pd.DataFrame(known), notes)


def _grown(days: pd.Index, rates: Any, *, compound: bool) -> pd.Series:
    """Return a yuan at rates a year, by calendar days over 365."""
    span = np.diff(pd.DatetimeIndex(days).to_numpy()).astype("timedelta64[D]").astype(float) / 365.0
    steps = (1.0 + rates) ** span if compound else 1.0 + rates * span
    return pd.Series(np.append(1.0, np.cumprod(steps)), index=days)


def _deposit(days: pd.Index) -> pd.Series:
    return _grown(days, deposit_rate(pd.DatetimeIndex(days)[1:]), compound=False)


def _aligned(
    title: str, series: pd.Series, days: pd.Index, notes: list[str]
) -> tuple[pd.Series, int]:
    """Return a series on the days of the run, 1 at its first value, and its own values inside."""
    inside = series[(series.index >= days[0]) & (series.index <= days[-1])].dropna()
    if len(inside) < 2:
        raise DataError(
            f"comparison: {title} has {len(inside)} values between {days[0]:%Y-%m-%d} and "
            f"{days[-1]:%Y-%m-%d}; at least two are needed"
        )
    filled = series.reindex(series.index.union(days)).ffill().reindex(days)
    filled[(days < inside.index[0]) | (days > inside.index[-1])] = np.nan
    own = int(pd.Index(days).isin(inside.index).sum())
    carried = int(filled.notna().sum()) - own
    if carried:
        notes.append(f"{title}: on {carried} days without a value the last one known was taken")
    apart = int((~inside.index.isin(days)).sum())
    if apart:
        notes.append(f"{title}: {apart} values fall on days on which the run has none")
    if filled.isna().any():
        span = f"{inside.index[0]:%Y-%m-%d} to {inside.index[-1]:%Y-%m-%d}"
        notes.append(f"{title}: covers {span} only")
    first: float = filled.dropna().iloc[0]
    return filled / first, own - 1


def _figures(level: pd.Series, index: pd.Series, count: int, *, moves: bool) -> dict[str, float]:
    """Return the figures of one product from its values; no risk of one that only accrues."""
    level = level.dropna()
    sparse = count < 0.9 * (len(level) - 1)
    daily = period_returns(level, "daily")
    monthly = period_returns(level, "monthly")
    every = monthly if sparse else daily
    beside = period_returns(index.loc[level.index], "monthly" if sparse else "daily")
    linked = correlation(every, beside)
    scale = 12.0 / 243.0 if sparse else 1.0
    spread = volatility(every) * np.sqrt(scale)
    return {
        "return": period_return(level),
        "annual_return": annual_return(level),
        "volatility": float(spread) if moves else float("nan"),
        "sharpe": sharpe_ratio(every) * float(np.sqrt(scale)) if moves else float("nan"),
        "max_drawdown": float(drawdowns(level).min()),
        "correlation": linked.value if moves else float("nan"),
        "correlation_low": linked.low if moves else float("nan"),
        "correlation_high": linked.high if moves else float("nan"),
        "worst_month": float(monthly.min()) if len(monthly) else float("nan"),
        "losing_months": float((monthly < 0).mean()) if len(monthly) else float("nan"),
        "days": float(count),
    }


def _stated(one: Stated) -> dict[str, float]:
    given = {
        "annual_return": one.annual_return,
        "correlation": one.correlation,
        "volatility": one.volatility,
        "max_drawdown": one.max_drawdown,
    }
    return {name: value for name, value in given.items() if value is not None}
