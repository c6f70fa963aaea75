"""How long the accounts carry the hedge when the index moves against it day after day."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.record import Record

__all__ = ["Accounts", "days_to_margin_call", "margin_outlook"]

_LONGEST = 250  # trading days looked ahead


class Accounts(NamedTuple):
    """The two accounts and the hedge at a close, yuan."""

    stock_cash: float
    futures_cash: float
    futures_notional: float  # below 0: held long
    margin_rate: float  # of the notional without its sign
    call_multiple: float


class CallDays(NamedTuple):
    """Days until each event, counted from tomorrow = 1; None: not within 250 days."""

    call: int | None  # the futures account closes below its call multiple
    raise_cash: int | None  # both accounts together do: stocks must be sold
    cut: int | None  # both accounts no longer carry the margin: lots are cut


def days_to_margin_call(accounts: Accounts, daily_rise: float) -> CallDays:
    """Return after how many days of the same rise the futures account is called.

    Parameters
    ----------
    accounts : Accounts
    daily_rise : float
        Return of the future on each day, for instance 0.02; below 0 a fall, which is what contracts
        held long fear.

    Notes
    -----
    With notional ``V``, rise ``r`` and margin rate ``m``: the account loses ``V ((1+r)^d - 1)`` by
    day d and needs ``m |V| (1+r)^d``. Stock cash is counted as far as it goes; stocks are not sold,
    interest is left out, so the ledger, which sells stocks on the next day, lasts longer.

    Examples
    --------
    >>> accounts = Accounts(2e6, 1.5e6, 1e7, 0.10, 1.2)
    >>> days_to_margin_call(accounts, 0.02)
    CallDays(call=2, raise_cash=10, cut=11)
    """
    days = np.arange(1, _LONGEST + 1)
    growth = (1.0 + daily_rise) ** days
    lost = accounts.futures_notional * (growth - 1.0)
    needed = accounts.margin_rate * abs(accounts.futures_notional) * growth
    futures = accounts.futures_cash - lost
    both = futures + accounts.stock_cash
    events = (
        futures < accounts.call_multiple * needed,
        both < accounts.call_multiple * needed,
        both < needed,
    )
    return CallDays(*(int(days[event][0]) if event.any() else None for event in events))


def margin_outlook(
    result: Record, rises: tuple[float, ...] = (0.005, 0.01, 0.02, 0.03, 0.05, 0.10)
) -> pd.DataFrame:
    """Return the days to margin call from a run's last close, a row for each daily rise.

    Parameters
    ----------
    result : Record
    rises : tuple of float
        Moves of a day against the hedge: rises, or falls where contracts held long outweigh those
        sold short.

    Returns
    -------
    DataFrame
        daily_rise, call, raise_cash, cut (days, <NA> when not within 250), and one_day_rise_to_call
        and one_day_rise_to_cut: the single move that would do it. All three moves are below 0, and
        mean falls, where contracts held long outweigh those sold short.

    Raises
    ------
    DataError
        When the fund holds no futures on its last day, or as much long as short.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> result = qh.backtest(strategy, market, "2014-09-17", "2014-12-31")
    >>> qh.margin_outlook(result, rises=(0.02, 0.05))
       daily_rise  call  raise_cash  cut  one_day_rise_to_call  one_day_rise_to_cut
    0        0.02     2          15   16              0.031226             0.348327
    1        0.05     1           6    7              0.031226             0.348327
    """
    last = result.ledger.iloc[-1]
    notional = float(last["futures_notional"])
    if notional == 0.0:
        held = "as much long as short" if last["margin_required"] > 0.0 else "no futures"
        raise DataError(
            f"margin outlook: the fund holds {held} on {result.ledger.index[-1]:%Y-%m-%d}"
        )
    accounts = Accounts(
        float(last["stock_cash"]),
        float(last["futures_cash"]),
        notional,
        float(last["margin_required"] / abs(notional)),
        result.strategy.accounts.margin_call,
    )
    against = [rise if notional > 0.0 else -rise for rise in rises]
    rows = [(rise, *days_to_margin_call(accounts, rise)) for rise in against]
    frame = pd.DataFrame(rows, columns=["daily_rise", "call", "raise_cash", "cut"])
    frame = frame.astype(dict.fromkeys(("call", "raise_cash", "cut"), "Int64"))
    frame["one_day_rise_to_call"] = _single(accounts, accounts.call_multiple, both=False)
    frame["one_day_rise_to_cut"] = _single(accounts, 1.0, both=True)
    return frame


def _single(accounts: Accounts, multiple: float, *, both: bool) -> float:
    """Rise in one day at which ``cash - V r = multiple x m |V| (1 + r)``; below 0 a fall."""
    cash = accounts.futures_cash + (accounts.stock_cash if both else 0.0)
    share = multiple * accounts.margin_rate
    side = 1.0 if accounts.futures_notional > 0.0 else -1.0
    return (cash / accounts.futures_notional - side * share) / (1.0 + side * share)
