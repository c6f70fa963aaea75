"""What makes the printed correlation: its parts by the lines of the bridge, and by what is stated.

The net return of a day is the sum of the bridge's lines, so that its correlation to the index is
the sum of ``cov(line, index) / (sd(net) sd(index))`` over the lines: an identity, not a model.
"""

from typing import Literal

import numpy as np
import pandas as pd

from quanthedge.ledger import line_names
from quanthedge.performance.bridge import Bridge, By
from quanthedge.performance.relation import Pair
from quanthedge.performance.returns import levels, period_returns
from quanthedge.record import Record

__all__ = ["PARTS", "correlation_parts", "correlation_stated_otherwise"]

# lines of the bridge whose link with the index has one cause
PARTS: dict[str, tuple[str, ...]] = {
    "alpha": ("alpha",),  # betas that were off, and what stocks do besides
    "revaluation": ("revaluation",),
    "market": ("market",),  # whole lots, and drift between reviews
    "basis": ("basis", "roll"),
    "trading": ("trading",),
    "income": ("dividends", "interest"),
    "costs": line_names("cost"),
    "fees": (*line_names("fee"), "accrual"),
}
_STATEMENTS = (
    "accrued",
    "before_fees",
    "last_close",
    "fee_on_its_day",
    "last_close_fee_on_its_day",
)
_Often = Literal["daily", "weekly"]
_BY: dict[_Often, By] = {"daily": "day", "weekly": "week"}


def correlation_parts(result: Record, every: _Often = "daily") -> pd.DataFrame:
    """Return the parts of the correlation of the accrued net return with the benchmark.

    Parameters
    ----------
    result : Result
    every : "daily" or "weekly"

    Returns
    -------
    DataFrame
        Indexed by ``PARTS``, then ``total``: correlation (the part's share of it; they add up to
        the total), own (the correlation of the part alone), return_ (its sum over the run,
        fraction). Correlations without variation and of fewer than ten periods are NaN; periods
        without a return of both are left out.
    """
    table = Bridge(result).returns(by=_BY[every])
    index = period_returns(levels(result.ledger)["index"], every).to_numpy(dtype=np.float64)
    columns = {name: table[list(lines)].sum(axis=1) for name, lines in PARTS.items()}
    columns["total"] = table["return"]
    known = np.isfinite(index) & np.isfinite(columns["total"].to_numpy(dtype=np.float64))
    index = index[known] - index[known].mean()
    net = columns["total"].to_numpy(dtype=np.float64)[known]
    enough = len(net) >= Pair.FEWEST
    scale = np.sqrt(((net - net.mean()) ** 2).sum() * (index**2).sum())
    rows = {}
    for name, column in columns.items():
        values = column.to_numpy(dtype=np.float64)[known]
        moved = values - values.mean()
        own = np.sqrt((moved**2).sum() * (index**2).sum())
        together = float(moved @ index)
        rows[name] = {
            "correlation": together / scale if enough and scale > 0.0 else np.nan,
            "own": together / own if enough and own > 0.0 else np.nan,
            "return_": float(values.sum()),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def correlation_stated_otherwise(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return what the correlation would be if the same run were stated in other ways.

    Returns
    -------
    DataFrame
        Indexed by ``_STATEMENTS``, columns daily and weekly: net with the fee accrued; before all
        fees; accrued with every stock at its last close; stated with the performance fee on the
        day of its charge; both of the last. NaN of fewer than ten periods.
    """
    stale = ledger.assign(equity=ledger["equity"] - ledger["revaluation"])
    nothing = {"accrued_performance_fee": 0.0, "accrued_fee_at_open": 0.0}
    kinds = {
        "accrued": (ledger, "net"),
        "before_fees": (ledger, "gross"),
        "last_close": (stale, "net"),
        "fee_on_its_day": (ledger.assign(**nothing), "net"),
        "last_close_fee_on_its_day": (stale.assign(**nothing), "net"),
    }
    rows = {}
    for name, (table, basis) in kinds.items():
        level = levels(table)
        rows[name] = {every: _stated_link(level[[basis, "index"]], every) for every in _BY}
    return pd.DataFrame.from_dict(rows, orient="index")


def _stated_link(level: pd.DataFrame, every: _Often) -> float:
    """Return the correlation of the returns of both columns; NaN of fewer than ten periods."""
    fund, index = (level[name] for name in level.columns)
    found = Pair.of(fund, index, every).correlation()
    return found.value if found.observations >= Pair.FEWEST else float("nan")
