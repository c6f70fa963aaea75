"""Margin: the risk degree of the futures account, and the move of the index that it carries.

Risk degree (风险度) = margin required / money in the futures account, both at the close after the
settlement: at 100% nothing is free, above it the broker closes contracts.
"""

from typing import Any

import numpy as np
import pandas as pd

from quanthedge.limits.futures import is_future, price_limit
from quanthedge.limits.line import Refused, line, refused

__all__ = ["margin_days", "margin_lines"]

_DAILY_RISE = 0.02  # of the future, day after day; of a fall likewise


def margin_days(ledger: pd.DataFrame, call_multiple: float) -> pd.DataFrame:
    """Return what the accounts carried at each close with lots held; NaN on the other days.

    Parameters
    ----------
    ledger : DataFrame
        As recorded; the first row is left out.
    call_multiple : float
        The futures account is called below this multiple of its margin.

    Returns
    -------
    DataFrame
        risk_degree; rise_to_call, the rise of the futures in one day that brings the futures
        account to its call level; rise_to_end, the rise that both accounts together just carry;
        days_to_call, whole days of a rise of 2% each until the futures account is below its call
        level, nothing being paid in (1: the next day). Contracts held long fear a fall: on days on
        which they outweigh those sold short, the three are of a fall, given without its sign.

    Notes
    -----
    With V the value sold short less that held long, M the margin of all, C the money in the account
    and k the call multiple, a move r takes V r out of the account and asks for k M (1 + r):
    ``r = (C + V) / (V + k M) - 1``, a rise where V + k M is above 0, else a fall. For both accounts
    C includes the stock account, and k is 1.
    """
    inside = ledger.iloc[1:]
    margin = inside["margin_required"].where(inside["margin_required"] > 0.0)
    value = inside["futures_notional"].where(margin.notna())
    money, both = inside["futures_cash"], inside["futures_cash"] + inside["stock_cash"]
    side = np.sign(value + call_multiple * margin)
    to_call = side * _move_carried(money, value, call_multiple * margin)
    to_end = np.sign(value + margin) * _move_carried(both, value, margin)
    move = (side * to_call.clip(lower=-0.99)).clip(lower=-1.0)  # a price falls to 0, no further
    with np.errstate(divide="ignore"):
        days = np.floor(np.log1p(move) / np.log1p(side * _DAILY_RISE)) + 1.0
    return pd.DataFrame(
        {
            "risk_degree": margin / money,
            "rise_to_call": to_call,
            "rise_to_end": to_end,
            "days_to_call": days.clip(lower=0.0),
        }
    )


def _move_carried(money: pd.Series, value: pd.Series, asked: pd.Series) -> pd.Series:
    """Return the move of one day after which the money is just what is asked, below 0: a fall."""
    return (money + value) / (value + asked) - 1.0


def margin_lines(
    ledger: pd.DataFrame,
    trades: pd.DataFrame,
    refusals: pd.DataFrame,
    call_multiple: float,
    product: str,
) -> list[dict[str, Any]]:
    """Return the lines of the futures account."""
    found = margin_days(ledger, call_multiple)
    every = pd.Series(data=True, index=refusals.index)
    short = refused(refusals, ("margin",), every & is_future(refusals["code"]), lots=True)
    cuts = trades[trades["reason"].astype("str") == "margin_cut"]
    cut = Refused(int(cuts["quantity"].sum()), int(cuts["date"].nunique()))
    degree = found["risk_degree"]
    lines = [
        line("risk_degree_call", degree, 1.0 / call_multiple, "at_most", "share", standing="own"),
        line("risk_degree_cut", degree, 1.0, "at_most", "share", standing="binding", lost=cut),
        line("margin_to_open", degree * np.nan, np.nan, "at_most", "share", standing="binding",
             lost=short),
        line("days_to_call", found["days_to_call"], 1.0, "at_least", "days", standing="own"),
    ]  # fmt: skip
    limit, rows = price_limit(product, pd.DatetimeIndex(ledger.index[1:]))
    for level in limit.dropna().unique():
        inside = limit.index[limit == level]
        used = [row for row in rows if row.number("up") == level]
        lines.append(
            line(
                "rise_to_end", found["rise_to_end"].loc[inside], float(level), "at_least", "share",
                standing="own", product=product,
                source=";".join(dict.fromkeys(row.cells["source_ids"] for row in used)),
                confidence=max(row.confidence for row in used),
            )
        )  # fmt: skip
    return lines
