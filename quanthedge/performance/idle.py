"""Cash drag: the share of equity that was neither in stocks nor margin, what it earned and cost."""

from typing import NamedTuple

import pandas as pd

from quanthedge.ledger import line_names
from quanthedge.performance.measures import MINIMUM_DAYS
from quanthedge.performance.returns import years

__all__ = ["CashDrag", "cash_drag"]


class CashDrag(NamedTuple):
    """Where the equity lay on average, and what lay idle; shares of equity and yuan."""

    stocks: float
    margin: float
    cushion: float  # in the futures account beyond the margin required
    stock_cash: float
    rest: float  # dividends to come and revaluation, less fees and redemptions payable, the loan
    earned: float  # interest on cash, yuan
    earned_rate: float  # a year, of the idle cash
    at_work: float  # what the idle cash would have earned at the rate of the money at work, yuan
    lost: float  # at_work - earned, yuan
    lost_per_year: float  # of mean equity


def cash_drag(ledger: pd.DataFrame) -> CashDrag:
    """Return how much cash lay idle, and the return lost beside having it at work.

    Parameters
    ----------
    ledger : DataFrame
        One row a day, the opening balances first.

    Notes
    -----
    idle[t] = stock cash + futures cash - margin required. Money at work[t] = stocks + margin
    required. Of each day, r[t] = (profit of stocks and futures and dividends, less trading costs
    and loan interest)[t] / money at work[t-1], and
    lost = sum over t of idle[t-1] x r[t] - interest. It is below 0 when the money at work lost.
    Days after a close without stocks count nothing. Part of the idle cash is the cushion of the
    futures account, which a hedge cannot do without, so that not all of the loss can be avoided.
    Rates a year are NaN below 20 trading days.
    """
    inside = ledger.iloc[1:]
    equity = inside["equity"]
    tied = ledger["cash_pledged"] + ledger["margin_required"]
    idle = ledger["stock_cash"] + ledger["futures_cash"] - tied
    work = ledger["stock_value"] + tied
    profit = ledger["stock_pnl"] + ledger["dividends"] + ledger["futures_pnl"]
    profit = profit - ledger[list(line_names("cost"))].sum(axis=1)
    before = work.shift(1).where(work.shift(1) > 0)
    at_work = float((idle.shift(1) * profit / before).iloc[1:].sum())
    earned = float(inside["interest"].sum())
    span = years(ledger) if len(inside) >= MINIMUM_DAYS else float("nan")
    stocks, margin = inside["stock_value"] / equity, inside["margin_required"] / equity
    cushion = (inside["futures_cash"] - inside["margin_required"]) / equity
    cash = inside["stock_cash"] / equity
    mean_idle = float(idle.iloc[1:].mean())
    return CashDrag(
        stocks=float(stocks.mean()),
        margin=float(margin.mean()),
        cushion=float(cushion.mean()),
        stock_cash=float(cash.mean()),
        rest=float((1.0 - stocks - margin - cushion - cash).mean()),
        earned=earned,
        earned_rate=earned / mean_idle / span if mean_idle > 0 else float("nan"),
        at_work=at_work,
        lost=at_work - earned,
        lost_per_year=(at_work - earned) / float(equity.mean()) / span,
    )
