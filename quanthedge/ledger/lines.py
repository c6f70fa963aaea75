"""Every line of money that moves the equity, once: its name, its kind and its sign.

The columns of the ledger's table, the places of the kernels' rows (:mod:`.layout`), the identity
that the engine checks every day and the sums of costs, fees and flows in the statistics are all
read from ``LINES``. A new line is a row here and the statement of the kernel that books it.
"""

from functools import cache
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

__all__ = ["LINES", "Line", "line_names", "net_flows", "signed_lines"]


class Line(NamedTuple):
    """A column of money of a day.

    Attributes
    ----------
    name : str
        Of the column.
    kind : "profit", "cost", "fee", "flow" or "part"
        ``cost`` is paid to others than the fund's manager and keepers, ``fee`` to these, ``flow``
        comes from investors or goes to them; ``part`` is shown beside the line that holds it.
    sign : 1, -1 or 0
        With which the line enters the day's change of equity; 0: it does not.
    by_trade : bool
        Every trade records what it paid of the line.
    """

    name: str
    kind: Literal["profit", "cost", "fee", "flow", "part"]
    sign: int
    by_trade: bool = False


LINES = (
    Line("stock_pnl", "profit", 1),
    Line("held_pnl", "part", 0),  # of stock_pnl and dividends: had no stock been traded
    Line("dividends", "profit", 1),
    Line("futures_pnl", "profit", 1),
    Line("interest", "profit", 1),
    Line("commission", "cost", -1, by_trade=True),
    Line("stamp_duty", "cost", -1, by_trade=True),
    Line("transfer_fee", "cost", -1, by_trade=True),
    Line("exchange_fee", "cost", -1, by_trade=True),
    Line("futures_fee", "cost", -1, by_trade=True),
    Line("impact", "cost", -1, by_trade=True),
    Line("dividend_tax", "cost", -1, by_trade=True),  # at the sale; the rest is withheld
    Line("loan_interest", "cost", -1),
    Line("lending_fee", "cost", -1),  # for borrowed stocks
    Line("management_fee", "fee", -1),
    Line("custody_fee", "fee", -1),
    Line("service_fee", "fee", -1),
    Line("audit_fee", "fee", -1),
    Line("performance_fee", "fee", -1),
    Line("subscriptions", "flow", 1),
    Line("redemptions", "flow", -1),
    Line("distributions", "flow", -1),
)


Kind = Literal["profit", "cost", "fee", "flow"]


@cache
def line_names(kind: Kind, *, by_trade: bool = False) -> tuple[str, ...]:
    """Return the names of the lines of a kind; only those that every trade records, if asked.

    >>> line_names("flow")
    ('subscriptions', 'redemptions', 'distributions')
    """
    return tuple(one.name for one in LINES if one.kind == kind and (one.by_trade or not by_trade))


def signed_lines(ledger: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Return lines of a ledger with the sign that they have in the day's change of equity.

    Parameters
    ----------
    ledger : DataFrame
        A ledger table, or some of its days.
    names : tuple of str
        Of lines.

    Examples
    --------
    >>> signed_lines(pd.DataFrame({"interest": [3.0], "impact": [1.0]}), ("interest", "impact"))
       interest  impact
    0       3.0    -1.0
    """
    signs = {line.name: line.sign for line in LINES}
    # 0.0 less the line, so that no cost of nothing reads -0.0
    return pd.DataFrame(
        {name: ledger[name] if signs[name] > 0 else 0.0 - ledger[name] for name in names}
    )


def net_flows(ledger: pd.DataFrame) -> pd.Series:
    """Return the money that investors brought on each day less what they took, yuan.

    Examples
    --------
    >>> day = {"subscriptions": [5.0], "redemptions": [2.0], "distributions": [1.0]}
    >>> net_flows(pd.DataFrame(day)).tolist()
    [2.0]
    """
    signs = {line.name: line.sign for line in LINES}
    flows = np.zeros(len(ledger))
    for name in line_names("flow"):  # plain arrays: a report asks for them forty times
        flows += signs[name] * ledger[name].to_numpy(dtype=np.float64)
    return pd.Series(flows, index=ledger.index)
