"""What the future that a hedged book is held against earned over each label's own dates."""

import numpy as np

from quanthedge.errors import DataError
from quanthedge.hedge import ContractSchedule
from quanthedge.labelling import Labels
from quanthedge.typing import Floats, Ints

__all__ = ["hedge_returns"]


def hedge_returns(labels: Labels, product: str) -> Floats:
    """Return the front future's return from each label's entry to its planned sale, [R].

    Parameters
    ----------
    labels : Labels
    product : str
        ``IF``, ``IH``, ``IC`` or ``IM``.

    Returns
    -------
    float64 [R]
        NaN where the product was not yet traded, or the label ends after the data.

    Raises
    ------
    DataError
        The market has no such futures, or they do not reach into the labels.

    Notes
    -----
    The contract is that of a hedge that holds the nearest one and rolls four days before its end,
    each contract at its own prices. Entry and end are at the same kind of price as the stocks'
    (the open of the day for labels from open to open); between them it is marked at settlement.
    Interest on the margin is left out.
    """
    market, days = labels.market, len(labels.market.dates)
    if product not in market.futures_products():
        there = ", ".join(market.futures_products()) or "none"
        raise DataError(f"hedge {product!r}: the market has no such futures; there are: {there}")
    bars = market.futures(product)
    first = int(np.searchsorted(market.dates, bars["date"].min().to_datetime64()))
    last = int(np.searchsorted(market.dates, bars["date"].max().to_datetime64(), "right")) - 1
    fill = labels.entry if labels.executable else "close"
    schedule = ContractSchedule.of(market, product, first, last, fill=fill)
    held, entry = np.full(days, np.nan), np.full(days, np.nan)
    held[first : last + 1], entry[first : last + 1] = _levels(schedule)
    return _between(entry, labels.begins, labels.ends)


def _levels(schedule: ContractSchedule) -> tuple[Floats, Floats]:
    """Return a held contract's value through its rolls: at settlement, and at the fill, [T] each.

    The second is of the contract that was held before the day's trading.
    """
    hold, settled, filled = schedule.hold, schedule.settlement_price, schedule.fill_price
    level, entry = np.full(len(hold), np.nan), np.full(len(hold), np.nan)
    for t in range(len(hold)):
        before, now = (hold[t - 1] if t else -1), hold[t]
        value = level[t - 1] if t else np.nan
        if before < 0:
            if now >= 0:  # begun, or begun again: the value goes on from where it stood
                known = level[:t][np.isfinite(level[:t])]
                start = known[-1] if known.size else 1.0
                entry[t] = start
                level[t] = start * settled[t, now] / filled[t, now]
            continue
        delivered = schedule.last_day[before] < t
        at_fill = 1.0 if delivered else filled[t, before] / settled[t - 1, before]
        entry[t] = value * at_fill
        if now == before:
            level[t] = value * settled[t, now] / settled[t - 1, now]
        elif now >= 0:
            level[t] = value * at_fill * settled[t, now] / filled[t, now]
        else:
            level[t] = value * settled[t, before] / settled[t - 1, before]
    return level, entry


def _between(entry: Floats, begins: Ints, ends: Ints) -> Floats:
    """Return the return from one day's fill to another's, NaN where one lies outside."""
    padded = np.append(entry, np.nan)  # the row after the data
    return np.asarray(padded[ends] / padded[begins] - 1.0)
