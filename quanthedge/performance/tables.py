"""The sum of everything that moved the equity, line by line."""

from typing import Literal

import numpy as np
import pandas as pd

from quanthedge.ledger import LINES, line_names

__all__ = ["ATTRIBUTION_LINES", "attribution"]

_STATED_LINES = ("revaluation", "accrual")  # what the accountant states beside the bookings
ATTRIBUTION_LINES = (
    *line_names("profit"),
    *line_names("cost"),
    *line_names("fee"),
    *_STATED_LINES,
    *line_names("flow"),
)


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
