"""When carry is entered, rolled and left: one position at a time, each step decided a day before.

Every decision is made at a close and done the next day, at the price that the terms name; only a
delivery, which the contract itself sets, is at its settlement price.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.hedge.research.basis import POSITIONS
from quanthedge.hedge.research.carry.net import NetCarry, annual, net_carry
from quanthedge.hedge.research.carry.quotes import Quotes, carry_quotes, first_quoted
from quanthedge.hedge.research.carry.realised import Leg, fill_prices, realised
from quanthedge.hedge.research.carry.terms import CarryTerms, Side
from quanthedge.market import Market
from quanthedge.typing import Bools, Floats

__all__ = ["carry_trades"]


class _Judged(NamedTuple):
    """What a side is worth at each close, a year on the capital, [R, M]."""

    entered: Floats  # net of all costs; NaN where it may not be entered
    left: Floats  # of holding on until delivery rather than buying back
    rolled: Floats  # of going on in this contract with the basket that is there
    buying_back: Floats  # yuan
    years_of_capital: Floats  # yuan x years


def carry_trades(
    market: Market,
    product: str,
    start: str,
    end: str,
    terms: CarryTerms | None = None,
    *,
    lending: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the trades of cash-and-carry, one row for each contract entered and left.

    Parameters
    ----------
    market : Market
    product : {"IF", "IH", "IC", "IM"}
    start, end : date
        First and last day of trades; the first decision is made at the close before.
    terms : CarryTerms, optional
    lending : DataFrame, optional
        As of :func:`carry_opportunity`; without it nothing is done on the reverse side.

    Returns
    -------
    DataFrame
        decided, entered (days), contract, side, reason ("premium": pays ``entry`` or more net of
        all; "roll": goes on from the contract before), expected (net a year, at the decision),
        exit_decided, exited, exit_reason ("convergence": what is left pays less than ``exit``;
        "roll"; "expiry": at the delivery price; empty while it is open), days (calendar),
        futures_in, index_in, futures_out, index_out, dividends (points), then yuan a lot: gross,
        the parts paid, net = gross - parts, capital; and return (net on the capital).

    Raises
    ------
    DataError
        When the market lacks the product or its index in the span, or the lending table is wrong.

    Notes
    -----
    At each close, with nothing held: the month that pays most is entered, if it pays ``entry``
    or more, has ``least_days`` left and no more of the index is suspended than ``most_suspended``.
    With a contract held: it is rolled into the further month that pays most, both orders in the
    futures paid and the basket kept, if that pays ``entry`` or more and more than what is left;
    else it is left if what is left pays less than ``exit``, ``least_days`` are left and no more is
    suspended than ``most_suspended``; or else it is held to delivery. What is done the next day
    waits while a price is missing. An estimate for one lot that always gets its
    price: the ledger does not book it.

    Examples
    --------
    >>> import quanthedge as qh
    >>> terms = qh.CarryTerms(entry=0.0, commission_rate=0.0002, slippage_bp=1.0)
    >>> trades = qh.carry_trades(qh.sample_market(), "IF", "2015-01-05", "2015-12-31", terms)
    >>> trades[["entered", "contract", "exited", "exit_reason"]].head(2)
         entered contract     exited  exit_reason
    0 2015-03-17   IF1504 2015-03-26  convergence
    1 2015-05-07   IF1506 2015-05-20         roll
    """
    asked = terms or CarryTerms()
    first, last = market.span(start, end)
    first = max(first - 1, first_quoted(market, product))
    if last <= first:
        raise DataError(f"carry_trades: {product} has no two days between {start} and {end}")
    quotes = carry_quotes(market, product, asked, np.arange(first, last + 1))
    sides: tuple[Side, ...] = ("carry",) if lending is None else ("carry", "reverse")
    nets = {side: net_carry(quotes, asked, side, lending) for side in sides}
    fills = fill_prices(market, quotes, asked)
    judged = {side: _judged(quotes, asked, net) for side, net in nets.items()}
    ready = np.isfinite(fills.futures) & np.isfinite(fills.basket)[:, None]
    legs = _walk(quotes, asked, judged, ready)
    return realised(market, quotes, asked, legs, fills, lending)


def _judged(quotes: Quotes, terms: CarryTerms, net: NetCarry) -> _Judged:
    months = np.isin(quotes.place, [POSITIONS.index(name) for name in terms.months])
    lent = (net.available >= quotes.basket_value[:, 0])[:, None]
    open_to = (quotes.days >= terms.least_days) & months & lent
    whole = (quotes.basket.suspended <= terms.most_suspended)[:, None]
    return _Judged(
        entered=np.where(open_to & whole, annual(net.net, net, quotes), np.nan),
        left=annual(net.held + net.order, net, quotes),
        rolled=np.where(open_to, annual(net.held - net.order, net, quotes), np.nan),
        buying_back=net.order,
        years_of_capital=net.capital * quotes.years,
    )


def _walk(
    quotes: Quotes, terms: CarryTerms, judged: dict[Side, _Judged], ready: Bools
) -> list[Leg]:
    """Return the legs of one position at a time; ``ready`` says where a fill has a price."""
    legs: list[Leg] = []
    held: Leg | None = None
    for t in range(len(quotes.rows) - 1):
        if held is None:
            held = _entry(judged, terms, t, ready[t + 1])
            continue
        done, after = _go_on(quotes, terms, judged[held.side], held, t, ready[t + 1])
        if done is not held:
            legs.append(done)
        held = after
    return legs if held is None else [*legs, held]


def _entry(judged: dict[Side, _Judged], terms: CarryTerms, t: int, ready: Bools) -> Leg | None:
    """Return the leg that pays most of all sides, if it pays enough."""
    found: Leg | None = None
    for side, one in judged.items():
        m = _best(np.where(ready, one.entered[t], np.nan))
        if m is None or one.entered[t, m] < terms.entry:
            continue
        if found is None or one.entered[t, m] > found.expected:
            found = Leg(side, m, t, t + 1, "premium", float(one.entered[t, m]))
    return found


def _go_on(
    quotes: Quotes, terms: CarryTerms, judged: _Judged, held: Leg, t: int, ready: Bools
) -> tuple[Leg, Leg | None]:
    """Return the leg, ended where it ends on the next day, and the one held after that day."""
    m = held.contract
    ends = quotes.chain.last_trading_day[m] <= quotes.chain.dates[quotes.rows[t + 1]]
    ended = replace(held, exit_decided=t, exited=t + 1)
    further = _roll(quotes, terms, judged, m, t, ready) if ready[m] else None
    if further is not None:
        pays = float(_rolled(judged, m, t)[further])
        after = Leg(held.side, further, t, t + 1, "roll", pays)
        return replace(ended, exit_reason="roll"), after
    if ends:
        return replace(ended, exit_reason="expiry"), None
    if ready[m] and _is_over(quotes, terms, judged, m, t):
        return replace(ended, exit_reason="convergence"), None
    return held, held


def _is_over(quotes: Quotes, terms: CarryTerms, judged: _Judged, m: int, t: int) -> bool:
    """Return whether too little is left, and the basket can be sold before delivery."""
    return bool(
        judged.left[t, m] < terms.exit
        and quotes.days[t, m] >= terms.least_days
        and quotes.basket.suspended[t] <= terms.most_suspended
    )


def _roll(
    quotes: Quotes, terms: CarryTerms, judged: _Judged, m: int, t: int, ready: Bools
) -> int | None:
    """Return the further contract that is worth rolling into."""
    later = quotes.chain.last_trading_day > quotes.chain.last_trading_day[m]
    pays = np.where(later & ready, _rolled(judged, m, t), np.nan)
    best = _best(pays)
    if best is None or pays[best] < terms.entry or not pays[best] > judged.left[t, m]:
        return None
    return best


def _rolled(judged: _Judged, m: int, t: int) -> Floats:
    """Return what going on in each contract pays a year after buying back contract m, [M]."""
    pays: Floats = judged.rolled[t] - judged.buying_back[t, m] / judged.years_of_capital[t]
    return pays


def _best(values: Floats) -> int | None:
    """Return the place of the largest value; None where all are NaN."""
    return None if np.isnan(values).all() else int(np.nanargmax(values))
