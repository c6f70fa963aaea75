"""Index futures by contract: prices from the index and a mean-reverting annualised basis.

On each day the current, the next and the two following quarter months are listed, a new contract
from the first trading day after an expiry. The basis is the annualised one times the time to
expiry, so that every contract ends at the index.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from quanthedge.market.simulation.factors import mean_reverting
from quanthedge.market.simulation.indices import IndexPath
from quanthedge.market.simulation.settings import BasisProcess
from quanthedge.rules import FuturesRules, IndexProduct
from quanthedge.typing import Days

__all__ = ["FuturesPath", "futures_bars"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class FuturesPath:
    """A product's rows by column of futures_daily, and its true annualised basis [T]."""

    product: str
    columns: dict[str, list[Any]]
    basis_per_year: Array


def _listed_months(day: np.datetime64, expiries: dict[str, np.datetime64]) -> list[str]:
    """Return the contract months listed on a day, nearest first.

    >>> from quanthedge.market.simulation.calendar import expiry_days, trading_days
    >>> year = trading_days(np.datetime64("2014-01-01"), np.datetime64("2015-12-31"))
    >>> _listed_months(np.datetime64("2014-10-20"), expiry_days(year))
    ['1411', '1412', '1503', '1506']
    """
    alive = [month for month, last in expiries.items() if last >= day]
    near, later = alive[:2], alive[2:]
    quarters = [month for month in later if int(month[2:]) % 3 == 0]
    return near + quarters[:2]


def futures_bars(
    product: str,
    process: BasisProcess,
    calendar: Days,
    expiries: dict[str, np.datetime64],
    index: IndexPath,
    draw: np.random.Generator,
) -> FuturesPath | None:
    """Return the bars of every contract from the product's listing on; None when it is later."""
    days = len(calendar)
    basis = mean_reverting(days, process.deviation_per_year, process.half_life_days, draw)
    basis = np.round(basis + process.mean_per_year, 6)
    activity = mean_reverting(days, 0.25, 5, draw)
    first = int(np.searchsorted(calendar, IndexProduct.of(product).listed))
    if first >= days:
        return None
    rules = FuturesRules.between(product, calendar[first:])
    path = FuturesPath(product, {name: [] for name in _COLUMNS}, basis)
    settled: dict[str, float] = {}
    for row in range(first, days):
        noise = draw.standard_normal((4, 6))
        months = _listed_months(calendar[row], expiries)
        moved = _handed_over(int(np.busday_count(calendar[row], expiries[months[0]])))
        for place, month in enumerate(months):
            bar = _bar(
                process,
                calendar[row],
                expiries[month],
                index,
                row,
                basis[row],
                noise[place],
                rules.tick,
            )
            if month in settled:
                ends = expiries[month] == calendar[row]
                limit = (rules.limit_last_day if ends else rules.limit)[row - first]
                bar = _within(bar, settled[month], limit, rules.tick)
            settled[month] = bar["settle"]
            share = _share(place, moved)
            lots = max(round(process.lots_per_day * share * float(np.exp(activity[row]))), 1)
            bar["volume"] = float(lots)
            middle = (bar["open"] + bar["high"] + bar["low"] + bar["close"]) / 4
            bar["amount"] = float(round(lots * middle * rules.multiplier, 0))
            bar["open_interest"] = float(round(process.lots_per_day * 0.25 * share) + 10)
            bar |= {"product": product, "contract": product + month, "date": calendar[row]}
            bar["last_trading_day"] = expiries[month]
            for name, values in path.columns.items():
                values.append(bar[name])
    return path


_COLUMNS = (
    "product", "contract", "date", "last_trading_day", "open", "high", "low", "close", "settle",
    "volume", "amount", "open_interest",
)  # fmt: skip


def _bar(
    process: BasisProcess,
    day: np.datetime64,
    last: np.datetime64,
    index: IndexPath,
    row: int,
    basis: float,
    noise: Array,
    tick: float,
) -> dict[str, Any]:
    """Return the day's prices of one contract before limits, in ticks."""
    years = float((last - day).astype(np.int64)) / 365
    spread = process.noise * min(1.0, years * 52)
    level = {name: float(index.bars[name][row]) for name in ("open", "high", "low", "close")}
    close = level["close"] * (1 + basis * years + spread * float(noise[0]))
    opening = level["open"] * (1 + basis * (years + 0.7 / 365) + spread * float(noise[1]))
    ratio = 1 + basis * years
    high = max(opening, close, level["high"] * ratio * (1 + spread * abs(float(noise[2]))))
    low = min(opening, close, level["low"] * ratio * (1 - spread * abs(float(noise[3]))))
    if years == 0:
        part = 0.15 + 0.1 * float(np.tanh(noise[4]))
        settle = level["close"] + part * (level["open"] - level["close"])
        low, high = min(low, settle), max(high, settle)
    else:
        settle = min(max(close * (1 + 0.0006 * float(noise[5])), low), high)
    prices = {"open": opening, "close": close, "settle": settle}
    bar: dict[str, Any] = {name: _ticks(price, tick) for name, price in prices.items()}
    bar["high"] = max(_ticks(high, tick), *bar.values())
    bar["low"] = min(_ticks(low, tick), *(bar[name] for name in prices))
    if years == 0:  # the delivery price is an average: no tick, two decimals
        bar["settle"] = min(max(round(settle, 2), bar["low"]), bar["high"])
    return bar


def _within(bar: dict[str, Any], reference: float, limit: float, tick: float) -> dict[str, Any]:
    """Return the bar inside the price limits around the settlement price before."""
    lowest = np.ceil(reference * (1 - limit) / tick - 1e-9) * tick
    highest = np.floor(reference * (1 + limit) / tick + 1e-9) * tick
    lowest, highest = round(float(lowest), 1), round(float(highest), 1)
    return {name: min(max(price, lowest), highest) for name, price in bar.items()}


def _handed_over(days_left: int) -> float:
    """Return the part of the front contract's trading that has moved on to the next."""
    return float(0.93 / (1 + np.exp(1.2 * (days_left - 3.0))))


def _share(place: int, handed_over: float) -> float:
    """Return a contract's share of trading, nearest contract first."""
    if place <= 1:
        return 0.85 * (1 - handed_over) if place == 0 else 0.09 + 0.85 * handed_over
    return 0.04 if place == 2 else 0.02


def _ticks(price: float, tick: float) -> float:
    """Return a price rounded to the tick."""
    return round(round(price / tick) * tick, 1)
