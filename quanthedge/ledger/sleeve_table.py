"""The days of each sleeve as a table, and holdings of all sleeves as those of one account."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.ledger import layout
from quanthedge.ledger.inputs import LedgerInputs
from quanthedge.ledger.lines import line_names
from quanthedge.typing import Floats

if TYPE_CHECKING:
    from quanthedge.ledger.engine import LedgerRecord

__all__ = ["SAME_COLUMNS", "of_account", "sleeve_table"]

SAME_COLUMNS = (  # of a sleeve's row and of the table
    "stock_value", "dividends_receivable", "futures_notional", "margin_required", "stock_pnl",
    "dividends", "futures_pnl", "lending_fee", "stocks_borrowed", "cash_pledged",
)  # fmt: skip
_ORDER = (
    "date", "sleeve", "stock_value", "dividends_receivable", "cash", "earned", "lots",
    "futures_notional", "margin_required", "stock_pnl", "dividends", "futures_pnl", "costs",
    "lending_fee", "stocks_borrowed", "cash_pledged",
    "interest",
)  # fmt: skip


def of_account(rows: Floats) -> Floats:
    """Return rows of day, stock, shares and more with the shares of all sleeves together.

    What one sleeve holds and another has sold short as much of is no row.

    Of several rows for a day and stock the first one says the rest, which is the same in all.
    """
    if not len(rows) or not rows[:, -1].any():  # of one sleeve
        return rows
    keys, first, where = np.unique(rows[:, :2], axis=0, return_index=True, return_inverse=True)
    found = rows[first]
    found[:, 2] = np.bincount(where.ravel(), weights=rows[:, 2], minlength=len(keys))
    left: Floats = found[found[:, 2] != 0.0]
    return left


def sleeve_table(
    record: "LedgerRecord",
    dates: NDArray[np.datetime64],
    sleeves: Sequence[str],
    inputs: LedgerInputs,
) -> pd.DataFrame:
    """Return a row for each day and sleeve; none without sleeves.

    Parameters
    ----------
    record : LedgerRecord
    dates : datetime64 [T + 1]
    sleeves : sequence of str
        Their names, [S].
    inputs : LedgerInputs
        Of them the rates of both accounts are read.
    """
    days = record.days_run if sleeves else 0
    rows = record.of_sleeves[:days].reshape(-1, len(layout.COLUMNS))
    of = {name: rows[:, layout.column(name)] for name in layout.COLUMNS}
    columns = {name: of[name] for name in SAME_COLUMNS} | {
        "date": np.repeat(pd.DatetimeIndex(dates[1 : days + 1]), len(sleeves)),
        "sleeve": pd.array(np.tile(np.asarray(sleeves, dtype=object), days), dtype="str"),
        "cash": of["stock_cash"],
        "earned": of["equity"],
        "lots": of["lots"].astype(np.int64),
        "costs": np.sum([of[name] for name in line_names("cost", by_trade=True)], axis=0),
        "interest": _interest(record, days, len(sleeves), inputs).ravel(),
    }
    return pd.DataFrame({name: columns[name] for name in _ORDER})


def _interest(record: "LedgerRecord", days: int, sleeves: int, inputs: LedgerInputs) -> Floats:
    """Return what the money of each sleeve earned less what the treasury asks for it, [T, S].

    A sleeve has its stocks and dividends to come, and of the futures account the part that its
    margin is of that of all. That part earns the futures account's rate; the treasury lends all of
    it at the stock account's; what borrowed stocks were sold for lies with the lender's broker and
    earns nothing, so that it is nobody's money. By the balances of the close before, as the fund's
    interest.
    """
    rows = record.of_sleeves[:days].reshape(days, sleeves, len(layout.COLUMNS))
    value, receivable, margin, borrowed = (
        rows[:, :, layout.column(name)]
        for name in ("stock_value", "dividends_receivable", "margin_required", "stocks_borrowed")
    )
    whole = margin.sum(axis=1, keepdims=True)
    part = np.divide(margin, whole, out=np.zeros_like(margin), where=whole > 0.0)
    account = part * np.maximum(0.0, record.ledger[:days, layout.FUTURES_CASH_, None])
    found = np.zeros_like(margin)
    year = inputs.days[1:days, None] / 365.0
    earned = inputs.futures_rate[1:days, None] * account[:-1]
    asked = inputs.stock_rate[1:days, None] * (value + borrowed + receivable + account)[:-1]
    found[1:] = year * (earned - asked)
    return found
