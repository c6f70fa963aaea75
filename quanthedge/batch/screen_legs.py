"""Stock legs of many variants in vectorbt: targets in, the value of each leg by day out.

vectorbt simulates orders to target percentages, all legs at once, a group a leg with one pot of
cash. Only the days on which a leg trades are simulated, as nothing happens on the others; the
orders that come out are then valued on every day, again by vectorbt. On the same rows it finds what
it would find on all of them (the tests compare).
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.market import Market
from quanthedge.rules import CostTerms, StockCosts
from quanthedge.typing import Floats, Ints

__all__ = ["StockLeg", "blocks_of", "leg_values"]

_BYTES = 160  # a day and instrument, while a block is valued: 86 were measured


class StockLeg(NamedTuple):
    """What a stock leg shall be.

    Attributes
    ----------
    rows : int64 [R]
        Rows of the market on which it trades.
    pointer : int64 [R + 1], stocks : int64 [K], weights : float64 [K]
        On row r it wants ``stocks[pointer[r]:pointer[r + 1]]``; fractions of its value.
    fill : "open", "vwap" or "close"
        Price of the day.
    costs : CostTerms
        Commission and slippage.
    capital_yuan : float
    """

    rows: Ints
    pointer: Ints
    stocks: Ints
    weights: Floats
    fill: Literal["open", "vwap", "close"]
    costs: CostTerms
    capital_yuan: float

    @property
    def names(self) -> Ints:
        """Positions of the stocks that it ever wants."""
        return np.unique(self.stocks)


def blocks_of(legs: Sequence[StockLeg], days: int, block_mib: float) -> Iterator[list[int]]:
    """Yield places of legs that are simulated at once in about so much memory, at least one."""
    block: list[int] = []
    used = 0.0
    for k, leg in enumerate(legs):
        need = leg.names.size * days * _BYTES / 2**20
        if block and used + need > block_mib:
            yield block
            block, used = [], 0.0
        block.append(k)
        used += need
    if block:
        yield block


def leg_values(
    market: Market, first: int, last: int, legs: Sequence[StockLeg]
) -> tuple[Floats, Floats]:
    """Return what each leg is worth and what of it are stocks, [T + 1, L] each.

    Parameters
    ----------
    market : Market
    first, last : int
        Rows of the first and the last trading day; the day before is the first of the result.
    legs : sequence of StockLeg

    Notes
    -----
    Prices are total returns: raw times the adjustment factor, so that dividends are reinvested on
    the ex-date. An order on a day without a bar is not done, and asked for again when the leg
    trades next. Sized at the close before. A trade pays what the rule book and the costs say of its
    side; one that changes a holding, whose side is not known before, the mean of both.
    """
    days = last - first + 2
    worth = np.ones((days, len(legs))) * [leg.capital_yuan for leg in legs]
    stocks = np.zeros((days, len(legs)))
    trading = [k for k, leg in enumerate(legs) if leg.names.size]
    if trading:
        some = [legs[k] for k in trading]
        worth[:, trading], stocks[:, trading] = _simulated(market, first, last, some)
    return worth, stocks


def _simulated(
    market: Market, first: int, last: int, legs: list[StockLeg]
) -> tuple[Floats, Floats]:
    """Return value and stocks of legs that trade, [T + 1, L] each."""
    import vectorbt
    from vectorbt.base.array_wrapper import ArrayWrapper
    from vectorbt.portfolio.enums import log_dt

    rows = np.unique(np.concatenate([leg.rows for leg in legs]))
    rows = rows[(rows >= first) & (rows <= last)]
    names = [leg.names for leg in legs]
    columns = np.concatenate(names)
    group = np.repeat(np.arange(len(legs)), [one.size for one in names])
    size, fees = (
        np.hstack(part) for part in zip(*(_orders(market, leg, rows) for leg in legs), strict=True)
    )
    capital = np.array([leg.capital_yuan for leg in legs])
    price = np.hstack([_fills(market, leg.fill, rows, leg.names) for leg in legs])
    labels = pd.MultiIndex.from_arrays([group, columns], names=["leg", "stock"])
    orders = vectorbt.Portfolio.from_orders(
        close=pd.DataFrame(_adjusted(market, "mark", rows, columns), columns=labels),
        size=np.where(np.isfinite(price), size, np.nan),
        size_type="targetpercent",
        price=price,
        val_price=_adjusted(market, "mark", rows - 1, columns),  # sized at the close before
        fees=fees,
        init_cash=capital,
        cash_sharing=True,
        group_by=pd.Index(group, name="leg"),
        call_seq="auto",
        freq="1D",
    ).order_records.copy()
    orders["idx"] = (rows - (first - 1))[orders["idx"]]
    dates = pd.DatetimeIndex(market.dates[first - 1 : last + 1].astype("datetime64[ns]"))
    valued = vectorbt.Portfolio(
        ArrayWrapper(dates, labels, 2, freq="1D", group_by=pd.Index(group, name="leg")),
        pd.DataFrame(
            _adjusted(market, "mark", np.arange(first - 1, last + 1), columns), dates, labels
        ),
        orders,
        np.empty(0, dtype=log_dt),
        capital,
        True,
    )
    return _columns(valued.value()), _columns(valued.asset_value())


def _columns(found: Any) -> Floats:
    """Return a table of vectorbt as an array, also of one group."""
    return np.asarray(found, dtype=np.float64).reshape(len(found), -1)


def _orders(market: Market, leg: StockLeg, rows: Ints) -> tuple[Floats, Floats]:
    """Return target percentages, NaN on rows on which the leg does not trade, and fees [R, K]."""
    names = leg.names
    size = np.full((rows.size, names.size), np.nan)
    fees = np.zeros(size.shape)
    costs = StockCosts.between(
        market.dates[rows],
        np.asarray(market.codes)[names].tolist(),
        leg.costs,
        list_dates=market.list_dates()[names],
    )
    buy, sell = np.nan_to_num(costs.buy_rate), np.nan_to_num(costs.sell_rate)
    held = np.zeros(names.size, dtype=bool)
    for r, row in enumerate(leg.rows):
        place = int(np.searchsorted(rows, row))
        if place == rows.size or rows[place] != row:
            continue  # after the span
        mine = slice(leg.pointer[r], leg.pointer[r + 1])
        wanted = np.searchsorted(names, leg.stocks[mine])
        size[place] = 0.0
        size[place, wanted] = leg.weights[mine]
        changed = np.where(size[place] > 0.0, (buy[place] + sell[place]) / 2.0, sell[place])
        fees[place] = np.where(held, changed, buy[place])
        held |= size[place] > 0.0  # also what could not be sold
    return size, fees


def _fills(market: Market, fill: str, rows: Ints, columns: Ints) -> Floats:
    """Return adjusted prices at which orders are done; NaN where a stock does not trade."""
    if fill != "vwap":
        return _adjusted(market, fill, rows, columns)
    amount, volume = (market.panel(name)[np.ix_(rows, columns)] for name in ("amount", "volume"))
    raw = np.divide(amount, volume, out=np.full(amount.shape, np.nan), where=volume > 0.0)
    return np.asarray(raw * market.panel("adj_factor")[np.ix_(rows, columns)])


def _adjusted(market: Market, name: str, rows: Ints, columns: Ints) -> Floats:
    place = np.ix_(rows, columns)
    return np.asarray(market.panel(name)[place] * market.panel("adj_factor")[place])
