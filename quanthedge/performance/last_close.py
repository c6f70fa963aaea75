"""Who gains, in yuan, when units are bought and sold at last closes of stocks that do not trade.

With V what the units of a class are stated at, G of it redeemed and C subscribed at a close, and k
the net assets with suspended stocks at their last closes over the stated ones: leavers are paid
k G, C buys units that are stated at C / k, and those who then hold share V - k G + C where they
own V - G + C / k. What one gains, others lose: the sum is 0 at every close.
"""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pandas as pd

from quanthedge.performance.statement import Invested

__all__ = ["last_close_gains"]


def last_close_gains(result: Invested, stated: Invested | None) -> dict[str, float]:
    """Return what each investor has gained by last closes at all subscriptions and redemptions.

    Parameters
    ----------
    result : Result
        A run with clients.
    stated : Result, optional
        The same strategy with suspended holdings restated; asked for where ``result`` itself
        states them at their last close. NaN for all where it is not given.
    """
    factor = _last_close_over_stated(result, stated)
    gains: dict[str, float] = defaultdict(float)
    at_last_close = result.strategy["valuation"]["suspended"] == "last_close"
    for day, book in _books_with_orders(result):
        k = float(factor.get(day, np.nan))
        own = book / k if at_last_close else book
        held, gone = own["gross"], own["redeemed"]
        bought = book["subscribed"] / k  # yuan that were paid, at what their units are stated at
        left = held - gone + bought
        pool = held.sum() - k * gone.sum() + book["subscribed"].sum()
        price = pool / left.sum() if left.sum() > 0.0 else 1.0
        change = left * price + k * gone - held - book["subscribed"]
        for investor, yuan in change.items():
            gains[str(investor)] += float(yuan)
    return gains


def _last_close_over_stated(result: Invested, stated: Invested | None) -> pd.Series:
    """Return net assets with last closes over stated ones, by close."""
    if result.strategy["valuation"]["suspended"] != "last_close":
        stated = result
    if stated is None:
        return pd.Series(np.nan, index=result.ledger.index)
    equity, revaluation = stated.ledger["equity"], stated.ledger["revaluation"]
    return (equity - revaluation) / equity


def _books_with_orders(result: Invested) -> Iterator[tuple[pd.Timestamp, pd.DataFrame]]:
    """Yield each close with orders and each class: gross worth, redeemed and subscribed, yuan."""
    events = result.investors[result.investors["event"].isin(["subscription", "redemption"])]
    door, cash = events["entry_or_exit_fee_yuan"], events["cash_yuan"]
    bought = events["event"] == "subscription"
    flows = events.assign(
        subscribed=(cash - door).where(bought, 0.0),
        redeemed=(events["performance_fee_yuan"] + door - cash).where(~bought, 0.0),
    )
    people = result.investor_days
    worth = people.assign(gross=people["value_yuan"] + people["accrued_fee_yuan"])
    for (day, name), part in flows.groupby(["date", "share_class"]):
        there = worth[(worth["date"] == day) & (worth["share_class"] == name)]
        book = part.groupby("investor")[["redeemed", "subscribed"]].sum()
        gross = there.groupby("investor")[["gross"]].sum()
        yield pd.Timestamp(str(day)), gross.join(book, how="outer").fillna(0.0)
