"""Tables over time: months, years, and the sum of everything that moved the equity."""

from typing import Literal

import numpy as np
import pandas as pd

from quanthedge.ledger import LINES, line_names
from quanthedge.performance.book import exposures
from quanthedge.performance.drawdown import drawdowns
from quanthedge.performance.measures import MINIMUM_DAYS
from quanthedge.performance.returns import daily_returns, levels, period_returns, volatility

__all__ = ["ATTRIBUTION_LINES", "attribution", "monthly_table", "yearly_table"]

_STATED_LINES = ("revaluation", "accrual")  # what the accountant states beside the bookings
ATTRIBUTION_LINES = (
    *line_names("profit"),
    *line_names("cost"),
    *line_names("fee"),
    *_STATED_LINES,
    *line_names("flow"),
)


def monthly_table(
    ledger: pd.DataFrame, returns: Literal["net", "gross", "index"] = "net"
) -> pd.DataFrame:
    """Return the return of each month, and of the year, as years x months.

    Returns
    -------
    DataFrame
        Index year; columns 1 to 12 and "year". NaN where the run has no day. A month or year that
        the run covers in part shows the part. The months of a row compound to its year.
    """
    monthly = period_returns(levels(ledger)[returns], "monthly")
    days = pd.DatetimeIndex(monthly.index)
    flat = pd.DataFrame({"year": days.year, "month": days.month, "r": monthly.to_numpy()})
    table = flat.pivot_table(index="year", columns="month", values="r", dropna=False)
    table = table.reindex(columns=pd.Index(range(1, 13))).astype(np.float64)
    table.columns = pd.Index([*range(1, 13)], dtype=object)
    table["year"] = (1.0 + table).prod(axis=1) - 1.0
    table.index.name = "year"
    return table


def yearly_table(ledger: pd.DataFrame) -> pd.DataFrame:
    """Return one row a calendar year.

    Returns
    -------
    DataFrame
        Index year: net, gross, index (returns), excess (geometric, net over index), volatility
        (annualised, NaN below 20 days), max_drawdown (deepest fall from the year's own highest
        value, its opening included; zero when there was none), hedge_ratio (mean), turnover
        (two-way, times of the year's mean equity, not annualised), costs and fees (yuan), days
        (trading days).
    """
    level, returns = levels(ledger), daily_returns(ledger)
    hedge = exposures(ledger)["hedge_ratio"]
    year_of = np.asarray(pd.DatetimeIndex(ledger.index).year)
    rows = {}
    for year in np.unique(year_of[1:]).tolist():
        inside = np.flatnonzero(year_of == year)
        inside = inside[inside > 0]
        first, stop = int(inside[0]), int(inside[-1]) + 1
        own = level.iloc[first - 1 : stop]
        change = own.iloc[-1] / own.iloc[0] - 1.0
        part, daily = ledger.iloc[first:stop], returns["net"].iloc[first - 1 : stop - 1]
        traded = float(part["bought"].sum() + part["sold"].sum())
        rows[year] = {
            "net": float(change["net"]),
            "gross": float(change["gross"]),
            "index": float(change["index"]),
            "excess": float((1.0 + change["net"]) / (1.0 + change["index"]) - 1.0),
            "volatility": volatility(daily) if len(daily) >= MINIMUM_DAYS else np.nan,
            "max_drawdown": float(drawdowns(own["net"]).min()),
            "hedge_ratio": float(hedge.iloc[first - 1 : stop - 1].mean()),
            "turnover": traded / float(part["equity"].mean()),
            "costs": float(part[list(line_names("cost"))].to_numpy().sum()),
            "fees": float(part[list(line_names("fee"))].to_numpy().sum()),
            "days": len(part),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "year"
    return table


def attribution(
    ledger: pd.DataFrame, by: Literal["whole", "year", "month"] = "whole"
) -> pd.DataFrame:
    """Return what moved the equity, yuan, line by line, so that it closes to the equity change.

    Parameters
    ----------
    ledger : DataFrame
        Its first row holds the opening balances; pass a slice for any other period.
    by : "whole", "year" or "month"
        One row for the whole ledger, or one a calendar year or month.

    Returns
    -------
    DataFrame
        Index: the last day of each period. Columns: every income; every cost and fee, redemptions
        and distributions with a negative sign; revaluation (of holdings that do not trade); accrual
        (change of the performance fee not charged yet, with a negative sign); equity_change, of the
        equity less the accrued fee; residual = equity_change - sum, which is zero to rounding.
    """
    days = pd.DatetimeIndex(ledger.index)
    label = {"whole": days.year * 0, "year": days.year, "month": days.year * 100 + days.month}[by]
    number = np.asarray(label, dtype=np.int64)[1:]
    starts = np.flatnonzero(np.append(True, number[1:] != number[:-1]))
    bounds = np.append(starts, len(number))
    accrued = ledger["accrued_performance_fee"]
    stated = {"revaluation": ledger["revaluation"].diff(), "accrual": 0.0 - accrued.diff()}
    lines = ledger.assign(**stated)[list(ATTRIBUTION_LINES)].iloc[1:].astype(np.float64)
    charged = [line.name for line in LINES if line.sign < 0]
    lines[charged] = 0.0 - lines[charged]
    summed = np.add.reduceat(lines.to_numpy(), starts, axis=0)
    table = pd.DataFrame(summed, index=days[bounds[1:]], columns=list(ATTRIBUTION_LINES))
    table["equity_change"] = (ledger["equity"] - accrued).iloc[bounds].diff().iloc[1:]
    table["residual"] = table["equity_change"] - table[list(ATTRIBUTION_LINES)].sum(axis=1)
    return table
