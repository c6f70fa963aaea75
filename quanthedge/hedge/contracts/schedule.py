"""Which real contract the hedge holds on each day, and at which prices it is traded and marked.

Continuous series carry no profit or loss here: a roll buys back one named contract and sells
another, both at their own prices of that day.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import DataError, StrategyError
from quanthedge.hedge.asked import Substitution, nearest_months, substitution
from quanthedge.hedge.contracts.chain import (
    ContractChain,
    FuturesMarket,
    contract_chain,
    contract_month,
    month_after,
)
from quanthedge.hedge.contracts.choice import Choice, Contract, Roll
from quanthedge.rules import index_of
from quanthedge.typing import Days, Floats

__all__ = ["BEYOND", "ContractSchedule", "Fill", "fill_prices"]

Fill = Literal["open", "close", "vwap", "settlement"]
BEYOND = 2**31  # last_day of a contract that ends after the span


@dataclass(frozen=True)
class ContractSchedule:
    """The hedge's contracts over the days of a span.

    Attributes
    ----------
    dates : datetime64[D] ndarray [T]
        Trading days of the span, first and last included.
    product : str
    contracts : list of str [C]
        Contracts that are held at some time, nearest first.
    fill_price : ndarray [T, C]
        Price at which a contract can be traded on the day, points; NaN = it cannot be traded.
    settlement_price : ndarray [T, C]
        Settlement price, or the close where that is missing; NaN outside the contract's life.
    opening_settlement : ndarray [C]
        The same for the day before the span.
    last_day : int64 ndarray [C]
        Position in the span of the last trading day; 2**31 when it lies beyond the span.
    hold : int64 ndarray [T]
        Contract to be held after the trading of the day; -1 = none could be.
    quarter : bool ndarray [T, C]
        The contract is one of the quarter months after the two nearest: another margin may apply.
    marked_at_close : list of (contract, datetime64[D])
        Days on which the held contract is marked at the close for want of a settlement price.
    average_fills : list of (contract, datetime64[D])
        Days on which a "vwap" fill is the mean of open, high, low and close for want of turnover.
    substituted : list of Substitution
        Days on which another contract was held than the rule asks for, or none, or on which the
        figures that the rule goes by are not known.

    """

    dates: Days
    product: str
    contracts: list[str]
    fill_price: Floats
    settlement_price: Floats
    opening_settlement: Floats
    last_day: NDArray[np.int64]
    hold: NDArray[np.int64]
    quarter: NDArray[np.bool_]
    marked_at_close: list[tuple[str, np.datetime64]] = field(default_factory=list)
    average_fills: list[tuple[str, np.datetime64]] = field(default_factory=list)
    substituted: list[Substitution] = field(default_factory=list)

    def rolls(self) -> pd.DataFrame:
        """Return every change of contract, one row each.

        Returns
        -------
        DataFrame
            date, old, new (contracts, "" = none), old_price, new_price (points: the day's fills,
            or for a delivered contract its delivery price), days_left (trading days from the date
            to the old contract's last; negative when it was delivered before).

        """
        before = np.concatenate([[-1], self.hold[:-1]])
        rows = [self._change(int(t), int(before[t])) for t in np.flatnonzero(before != self.hold)]
        return pd.DataFrame(
            rows, columns=["date", "old", "new", "old_price", "new_price", "days_left"]
        )

    def _change(self, t: int, old: int) -> tuple[pd.Timestamp, str, str, float, float, float]:
        """Row of `rolls` for the change from contract `old` on day t."""
        new = int(self.hold[t])
        old_price = days_left = np.nan
        if old >= 0:
            end = int(self.last_day[old])
            old_price = self.settlement_price[end, old] if end < t else self.fill_price[t, old]
            days_left = end - t if end != BEYOND else np.nan
        new_price = self.fill_price[t, new] if new >= 0 else np.nan
        names = [self.contracts[c] if c >= 0 else "" for c in (old, new)]
        return (
            pd.Timestamp(self.dates[t]),
            names[0],
            names[1],
            float(old_price),
            float(new_price),
            days_left,
        )

    @classmethod
    def of(
        cls,
        market: FuturesMarket,
        product: str,
        first: int,
        last: int,
        *,
        roll_days: int = 4,
        contract: Contract = "front",
        roll: Roll = "days",
        roll_window: int = 5,
        fill: Fill = "open",
        multiplier: float | None = None,
        calendar: Days | None = None,
        beside: tuple[str, ...] = (),
    ) -> "ContractSchedule":
        """Return the contract to hold on every day of a span, and the prices of all that are used.

        Parameters
        ----------
        market : Market
        product : {"IF", "IH", "IC", "IM"}
        first, last : int
            Day indices of the market, both included.
        roll_days : int
            Trading days before the last trading day from which on the hedge is rolled, whatever the
            rule.
        contract : {"front", "next", "quarter", "main", "cheapest_carry"}
            "front": the nearest contract, then the month after it. "next": the month after the
            nearest, rolled when it has become the nearest itself. "quarter": the nearest quarter
            month after these two. "main": the one with the largest open interest at the close
            before, never backwards. "cheapest_carry": at each roll, the one whose short cost least
            a year at the close before, ``-ln(F / index) / years to delivery``, of those that end
            after the roll days.
        roll : {"days", "open_interest", "basis"}
            "days": from `roll_days` on. "open_interest": as soon as the following contract had the
            larger open interest at the close before. "basis": within `roll_window` trading days
            before, as soon as the calendar spread at the close before, a year, was above its own
            median of the 250 days before that.
        roll_window : int
        fill : {"open", "close", "vwap", "settlement"}
            Futures are traded at the day's open, at its close, at its settlement price, or at
            amount / (volume x multiplier): where there is no turnover in the data of a day with
            prices, at the mean of open, high, low and close (listed in `average_fills`).
        multiplier : float, optional
            Yuan per point, for "vwap"; taken from the rule book when left out.
        calendar : datetime64[D] ndarray, optional
            Trading days known in advance, reaching past the market's last day; taken from
            ``market.calendar`` where there is one, else ``market.dates``. Weekdays are counted
            beyond its end.
        beside : tuple of str
            Further contracts whose prices are asked for.

        Returns
        -------
        ContractSchedule

        Raises
        ------
        DataError
            When the held contract has no mark on a day (a contract that ends before its roll), when
            the product has no price in the span, or its contracts are malformed.
        StrategyError
            When the span or `roll_days` is not acceptable.

        Notes
        -----
        A contract can be traded on a day on which it has a fill price and a mark (settlement price,
        or the close). The hedge starts with the nearest contract and rolls on the first day, at
        most `roll_days` trading days before the held contract's last, on which both it and the
        contract of the following month can be traded. Without such a day it is held to delivery,
        and the next contract is opened on the first later day on which it can be traded.

        Known at the fill of day t: the chain and its last trading days (published in advance) and
        which contracts trade that day. Nothing of a later day is used, except to refuse data that
        end too early.

        """
        _check(market, first, last, roll_days, roll_window, fill)
        chain = contract_chain(market, product)
        prices = fill_prices(chain, fill, _multiplier(product, chain, fill, multiplier))
        averaged = _averaged(chain, prices) if fill == "vwap" else np.zeros(prices.shape, np.bool_)
        prices = np.where(averaged, _mean_price(chain), prices)
        if calendar is None:
            calendar = getattr(market, "calendar", chain.dates)
        index = np.full(chain.dates.size, np.nan)
        if contract == "cheapest_carry":
            index = market.index_close(index_of(product))
        tradable = np.isfinite(prices) & np.isfinite(chain.mark)
        choice = Choice(
            chain,
            _days_left(chain, calendar),
            contract,
            roll,
            roll_days,
            roll_window,
            tradable,
            index,
        )
        held = _hold(choice, first, last)
        used = np.union1d(held[held >= 0], _places(chain, beside))
        if used.size == 0:
            raise DataError(
                f"futures_daily: no {product} contract can be traded (fill {fill!r}) between "
                f"{chain.dates[first]} and {chain.dates[last]}; choose another span, product or "
                "fill"
            )
        substituted = _substituted(choice, held, calendar, first, last)
        return _of_span(product, choice, prices, averaged, held, used, substituted, first, last)


def _of_span(
    product: str,
    choice: Choice,
    prices: Floats,
    averaged: NDArray[np.bool_],
    held: NDArray[np.int64],
    used: NDArray[np.int64],
    substituted: list[Substitution],
    first: int,
    last: int,
) -> ContractSchedule:
    """Cut the contracts used, by chain position, out of the chain for the days of a span."""
    chain, days = choice.chain, slice(first, last + 1)
    position = np.full(len(chain.contracts) + 1, -1, dtype=np.int64)  # its last entry serves -1
    position[used] = np.arange(used.size)
    ends = choice.remaining[first, used]
    opening = chain.mark[first - 1, used] if first > 0 else np.full(used.size, np.nan)
    return ContractSchedule(
        dates=chain.dates[days],
        product=product,
        contracts=[chain.contracts[m] for m in used],
        fill_price=np.ascontiguousarray(prices[days, used]),
        settlement_price=np.ascontiguousarray(chain.mark[days, used]),
        opening_settlement=opening,
        last_day=np.where(ends <= last - first, ends, BEYOND).astype(np.int64),
        hold=position[held],
        quarter=_quarters(chain, first, last)[:, used],
        marked_at_close=[
            (chain.contracts[m], chain.dates[first + t])
            for t, m in enumerate(held)
            if m >= 0 and np.isnan(chain.settle[first + t, m])
        ],
        average_fills=[
            (chain.contracts[used[c]], chain.dates[first + t])
            for t, c in np.argwhere(averaged[days][:, used]).tolist()
        ],
        substituted=substituted,
    )


def _places(chain: ContractChain, names: tuple[str, ...]) -> NDArray[np.int64]:
    unknown = [name for name in names if name not in chain.position]
    if unknown:
        raise DataError(f"futures_daily: no contract {unknown[0]} in the market")
    return np.array([chain.position[name] for name in names], dtype=np.int64)


def fill_prices(chain: ContractChain, fill: Fill, multiplier: float = np.nan) -> Floats:
    """Return the prices at which contracts are traded, [T, M]; NaN where they cannot be.

    "vwap" is amount / (volume x multiplier): NaN where either is unknown or nothing was traded.
    """
    if fill == "open":
        return chain.open
    if fill == "close":
        return chain.close
    if fill == "settlement":
        return chain.settle
    traded = np.where(chain.volume > 0, chain.volume, np.nan)
    return chain.amount / (traded * multiplier)


def _mean_price(chain: ContractChain) -> Floats:
    """Mean of open, high, low and close."""
    return (chain.open + chain.high + chain.low + chain.close) / 4.0


def _averaged(chain: ContractChain, prices: Floats) -> NDArray[np.bool_]:
    """Whether a contract traded on a day, by its prices, but its turnover is unknown."""
    unknown = np.isnan(chain.amount) | np.isnan(chain.volume)
    return np.isnan(prices) & np.isfinite(_mean_price(chain)) & unknown


def _quarters(chain: ContractChain, first: int, last: int) -> NDArray[np.bool_]:
    """Whether each contract is beyond the two nearest months on each day of the span, [T, M]."""
    result = np.zeros((last - first + 1, len(chain.contracts)), dtype=np.bool_)
    months = np.array([contract_month(name) for name in chain.contracts], dtype="datetime64[D]")
    for row in range(first, last + 1):
        front = chain.front(row)
        if front is not None:
            near = month_after(chain.contracts[front])
            result[row - first] = months > contract_month(near)
    return result


def _check(
    market: FuturesMarket, first: int, last: int, roll_days: int, roll_window: int, fill: str
) -> None:
    """Raise StrategyError for arguments outside what is accepted."""
    if not 0 <= first <= last < len(market.dates):
        raise StrategyError(
            f"hedge: days {first} to {last} of a market of {len(market.dates)} days; "
            "accepted is 0 <= first <= last < days"
        )
    if roll_days < 0:
        raise StrategyError(f"hedge.roll_days {roll_days}; accepted: 0 or more trading days")
    if roll_window < 0:
        raise StrategyError(f"hedge.roll_window {roll_window}; accepted: 0 or more trading days")
    if fill not in ("open", "close", "vwap", "settlement"):
        raise StrategyError(f"hedge: fill {fill!r}; accepted: open, close, vwap, settlement")


def _multiplier(product: str, chain: ContractChain, fill: Fill, given: float | None) -> float:
    """Yuan per point, looked up only where prices need it."""
    if given is not None or fill != "vwap":
        return np.nan if given is None else given
    from quanthedge.rules import FuturesRules

    return FuturesRules.between(product, chain.dates[-1:]).multiplier


def _days_left(chain: ContractChain, calendar: Days) -> NDArray[np.int64]:
    """Trading days from each day to each contract's last trading day, [T, M]; negative after it."""
    calendar = np.asarray(calendar, dtype="datetime64[D]")
    ends = chain.last_trading_day
    place = np.searchsorted(calendar, ends)
    inside = ends <= calendar[-1]
    stray = (
        inside & (ends >= calendar[0]) & (calendar[np.minimum(place, calendar.size - 1)] != ends)
    )
    if stray.any():
        m = int(np.argmax(stray))
        raise DataError(
            f"futures_daily: {chain.contracts[m]} has last_trading_day {ends[m]}, which is no "
            "trading day of the market; fix last_trading_day or complete the stock bars of that day"
        )
    beyond = calendar.size - 1 + np.busday_count(calendar[-1], ends)
    place = np.where(inside, place, beyond)
    return place[None, :] - np.searchsorted(calendar, chain.dates)[:, None]


def _hold(choice: Choice, first: int, last: int) -> NDArray[np.int64]:
    """Contract held after the trading of each day of the span, by chain position; -1 = none."""
    chain, tradable = choice.chain, choice.tradable
    hold = np.full(last - first + 1, -1, dtype=np.int64)
    held, due = -1, ""
    for row in range(first, last + 1):
        if held >= 0 and choice.remaining[row, held] < 0:  # delivered
            due = month_after(chain.contracts[held]) if choice.contract == "front" else ""
            held = -1
        if held < 0:
            due = _unless_over(due, chain.dates[row])
            held = _entry(choice, row, due)
        if held >= 0 and tradable[row, held]:
            following = choice.successor(row, held)
            if following is not None and tradable[row, following]:
                held = following if choice.due(row, held, following) else held
        if held >= 0 and np.isnan(chain.mark[row, held]):
            raise _ends_early(chain, held, row)
        hold[row - first] = held
    return hold


def _substituted(
    choice: Choice, held: NDArray[np.int64], calendar: Days, first: int, last: int
) -> list[Substitution]:
    """Days on which the contract asked for was not held, from the product's first bar on."""
    listed = int(choice.chain.first_row.min())
    begin = max(first, listed)
    nearest = dict(
        enumerate(
            nearest_months(choice.chain, calendar, max(begin - 1, listed), last),
            start=max(begin - 1, listed),
        )
    )
    found = [
        substitution(
            choice, row, int(held[row - first - 1]) if row > first else -1, int(held[row - first]),
            nearest[row], nearest.get(row - 1),
        )
        for row in range(begin, last + 1)
    ]  # fmt: skip
    return [one for one in found if one is not None]


def _unless_over(due: str, day: np.datetime64) -> str:
    """Return the contract waited for, or "" (whichever is nearest) once its whole month is over."""
    return due if due and day < contract_month(month_after(due)) else ""


def _entry(choice: Choice, row: int, due: str) -> int:
    """Contract with which a hedge without one starts on a day; -1 when it cannot be traded."""
    candidate = choice.chain.position.get(due) if due else choice.entry(row)
    return candidate if candidate is not None and choice.tradable[row, candidate] else -1


def _ends_early(chain: ContractChain, m: int, row: int) -> DataError:
    """Error for a held contract without a price."""
    known = np.flatnonzero(np.isfinite(chain.mark[:, m]))
    name, day, end = chain.contracts[m], chain.dates[row], chain.last_trading_day[m]
    if known[-1] < row:
        where = f"ends on {chain.dates[known[-1]]}, before its roll and its last trading day {end}"
    else:
        where = f"has neither settle nor close on {day}, while the hedge holds it"
    return DataError(
        f"futures_daily: contract {name} {where}; a held contract needs a price on every day until "
        f"it is rolled or delivered; complete its bars, or end the run before {day}"
    )
