"""What one stock's day says: prices, limits, turnover, lots and rates, read once for its order."""

from typing import NamedTuple

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import Bars, Settings, StockBook
from quanthedge.ledger.layout import (
    AUCTION,
    BUY,
    DONE,
    FILL_CLOSE,
    FILL_OPEN,
    FILL_VWAP,
    HALF_TICK,
    LIMIT_DOWN,
    LIMIT_UNKNOWN,
    LIMIT_UP,
    NO_PRICE,
    SELL,
    SUSPENDED,
    VOLUME,
)
from quanthedge.rules import limit_prices, order_costs
from quanthedge.typing import Floats

_limit_prices_of_one = njit(cache=True, allocates=False)(limit_prices)
_costs_of_one = njit(cache=True, allocates=False)(order_costs)


class StockDay(NamedTuple):
    """A stock on a day of orders: numbers alone, which cost nothing to hand on."""

    fill: int
    price: float  # at the fill; NaN when the stock did not trade
    reference: float
    close: float
    seen_high: float  # dearest price at which the fill may have been
    seen_low: float
    pre_close: float
    up: float
    down: float
    inward: bool
    volume: float
    amount: float
    volatility: float  # NaN = not known, or no impact of size is asked for
    auction: float  # yuan of an order that the opening takes; inf = no cap
    lot: int
    step: int
    duty_buy: float
    duty_sell: float
    transfer: float
    transfer_par: float
    transfer_min: float
    exchange: float


@njit(cache=True, allocates=False)
def _price_at(fill: int, opened: float, close: float, volume: float, amount: float) -> float:
    """Price at which an order of the day is done; NaN when the stock did not trade."""
    if fill == FILL_OPEN:
        return opened
    if fill == FILL_CLOSE:
        return close
    return amount / volume if volume > 0.0 else np.nan


@njit(cache=True, allocates=False)
def reference_price(t: int, i: int, bars: Bars) -> float:
    """Last mark on the basis of day t's shares: the price of decisions before the fill."""
    if t >= bars.delist[i]:
        return np.nan
    return bars.mark[t, i] * bars.adj_factor[t, i] / bars.adj_factor[t + 1, i]


@njit(cache=True, allocates=False)
def day_limits(t: int, i: int, bars: Bars, stocks: StockBook) -> tuple[float, float]:
    """Upper and lower limit price of the day; +-inf = free, NaN = not known."""
    kind = bars.limit_class[t, i]
    up, down = stocks.limit_up[t, kind], stocks.limit_down[t, kind]
    return _limit_prices_of_one(bars.pre_close[t, i], up, down, stocks.inward[i])


@njit(cache=True, allocates=False)
def number_of(table: Floats, t: int, i: int, otherwise: float) -> float:
    """Return the number of a stock's day, ``otherwise`` where the table is left out ([0, 0])."""
    return table[t, i] if table.size > 0 else otherwise


@njit(cache=True, allocates=False)
def stock_day(
    t: int, i: int, fill: int, bars: Bars, stocks: StockBook, volatility: float, auction: float
) -> StockDay:
    """Read a stock's day, once for all that an order asks of it."""
    kind, e = bars.limit_class[t, i], stocks.exchange[i]
    volume, amount = bars.volume[t, i], bars.amount[t, i]
    price = _price_at(fill, bars.open[t, i], bars.close[t, i], volume, amount)
    return StockDay(
        fill, price, reference_price(t, i, bars), bars.close[t, i],
        bars.high[t, i] if fill == FILL_VWAP else price,
        bars.low[t, i] if fill == FILL_VWAP else price,
        bars.pre_close[t, i], stocks.limit_up[t, kind], stocks.limit_down[t, kind],
        stocks.inward[i], volume, amount, volatility, auction, stocks.lot[i], stocks.step[i],
        stocks.stamp_duty_buy[t], stocks.stamp_duty_sell[t], stocks.transfer_rate[t, e],
        stocks.transfer_par_rate[t, e], stocks.transfer_min_yuan[t, e], stocks.exchange_rate[t, e],
    )  # fmt: skip


@njit(cache=True, allocates=False)
def refusal(side: int, one: StockDay) -> int:
    """Why the stock cannot be traded on that side today, or DONE."""
    if np.isnan(one.close):
        return SUSPENDED
    if np.isnan(one.price):
        return NO_PRICE
    high, low = _limit_prices_of_one(one.pre_close, one.up, one.down, one.inward)
    if np.isnan(low if side == SELL else high):
        return LIMIT_UNKNOWN
    if side == SELL:
        return LIMIT_DOWN if one.seen_high <= low + HALF_TICK else DONE
    return LIMIT_UP if one.seen_low >= high - HALF_TICK else DONE


@njit(cache=True, allocates=False)
def volume_cap(one: StockDay, participation: float) -> tuple[float, int]:
    """Most shares of one order that the market takes today (inf = no cap), and what limits it."""
    cap = participation * one.volume if participation > 0.0 else np.inf
    if one.auction != np.inf:
        usual = one.auction / one.price
        if not usual >= cap:
            return usual if usual > 0.0 else 0.0, AUCTION
    return cap, VOLUME


@njit(cache=True, allocates=False)
def size_impact(
    amount: float, day_amount: float, day_value: float, volatility: float, coefficient: float
) -> float:
    """Square-root impact of an order, yuan, by its share of the day's turnover.

    ``day_amount`` is the stock's turnover of the day; where it is not above 0, ``day_value``, its
    volume at the fill price, stands in, and after that the order itself.
    """
    if np.isnan(volatility) or not amount > 0.0:
        return 0.0
    turnover = day_amount if day_amount > 0.0 else day_value
    if not turnover > 0.0:
        turnover = amount
    return coefficient * volatility * np.sqrt(amount / turnover) * amount


@njit(cache=True, allocates=False)
def stock_costs(
    quantity: float, side: int, one: StockDay, settings: Settings
) -> tuple[float, float, float, float, float, float]:
    """Commission, stamp duty, transfer fee, exchange fee, 0 and impact of one order, yuan."""
    amount = quantity * one.price
    size = 0.0
    if settings.impact_coefficient > 0.0:
        size = size_impact(
            amount, one.amount, one.volume * one.price, one.volatility, settings.impact_coefficient
        )
    commission, duty, transfer, exchange = _costs_of_one(
        amount,
        quantity,
        settings.commission_rate,
        settings.commission_min_yuan,
        one.duty_buy if side == BUY else one.duty_sell,
        one.transfer,
        one.transfer_par,
        one.transfer_min,
        0.0 if settings.exchange_fees_included else one.exchange,
    )
    return commission, duty, transfer, exchange, 0.0, settings.slippage * amount + size


@njit(cache=True, allocates=False)
def total_of(costs: tuple[float, float, float, float, float, float]) -> float:
    """Return what an order of stocks costs in all, yuan."""
    return costs[0] + costs[1] + costs[2] + costs[3] + costs[5]
