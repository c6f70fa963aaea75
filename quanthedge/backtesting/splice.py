"""One preparation out of several: who rules may change from day to day, the fund does not.

A walk-forward run lets another variant of a strategy rule from a day on. The ledger then runs over
the inputs of each in turn (:func:`quanthedge.ledger.run_ledger`, ``reigns``), and positions, cash,
margin, marks and open orders go over from one to the next. What readers look up by day (betas,
contracts, targets, allocations) is that of the strategy that ruled on the day.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.backtesting.hedge_leg import HedgeLeg
from quanthedge.backtesting.plan import RECORDED_EVERY, Prepared, target_book
from quanthedge.backtesting.selection import Selection
from quanthedge.backtesting.splice_sleeves import Ruler, ends_of, sleeve_by_day
from quanthedge.errors import StrategyError
from quanthedge.hedge import ContractSchedule, Knowledge
from quanthedge.ledger import FutureBook, HedgeBook, TargetBook
from quanthedge.portfolio import Targets
from quanthedge.strategy import Strategy

__all__ = ["Ruler", "check_one_fund", "spliced"]


# what one fund has one of, by the dotted place in the strategy
_ONE_FUND: dict[str, Callable[[Strategy], object]] = {
    "capital_yuan": lambda s: s.capital_yuan,
    "benchmark": lambda s: s.benchmark,
    "fund": lambda s: s.fund,
    "clients": lambda s: s.clients,
    "valuation": lambda s: s.valuation,
    "costs.dividend_tax": lambda s: s.costs.dividend_tax,
    "hedge.products": lambda s: tuple(s.hedge.products),
    "beta.index": lambda s: s.beta.index,
    "accounts.borrowed": lambda s: s.accounts.borrowed > 0.0,
    "the labels of sleeves": lambda s: [one.label for one in s.sleeves],
}


def check_one_fund(strategies: Sequence[Strategy]) -> None:
    """Refuse strategies that cannot rule the same fund one after the other.

    Raises
    ------
    StrategyError
        Capital, benchmark, terms or investors of the fund, valuation, tax on dividends, the futures
        that are sold, the index of the betas or the sleeves differ, by their labels; or a loan is
        drawn by some of them only.
    """
    first = strategies[0]
    for name, part in _ONE_FUND.items():
        for other in strategies[1:]:
            if part(other) != part(first):
                raise StrategyError(
                    f"walk-forward: {name} differs between variants; one fund has one of it: "
                    f"accepted are parameters other than {', '.join(_ONE_FUND)}"
                )


def spliced(strategy: Strategy, rulers: Sequence[Ruler]) -> Prepared:
    """Return a preparation in which several rule one after the other.

    Parameters
    ----------
    strategy : Strategy
        That the result is said to be of.
    rulers : sequence of Ruler
        Of the same market and span, by their first days; that of the first is 0.

    Returns
    -------
    Prepared
        With ``reigns``, and with the tables and arrays of readers put together by day.

    Raises
    ------
    StrategyError
        They cannot rule the same fund, or hold other contracts at other prices.

    Notes
    -----
    A ruler decides from the close before its first day on. Where the targets that it stands at
    differ from those that the book was last traded to, it is traded to them on that first day: the
    weights are those of its last decision before, so nothing of later days is used. So it is
    with each sleeve by itself.
    """
    rulers = _merged(rulers)
    first = rulers[0].prepared
    if len(rulers) == 1:
        return first._replace(strategy=strategy)
    check_one_fund([one.prepared.strategy for one in rulers])
    selection = _selection(rulers)
    leg, books = _legs(rulers)
    inputs = [
        one.prepared.inputs._replace(futures=book) for one, book in zip(rulers, books, strict=True)
    ]
    target = target_book(strategy, selection.targets, first.first, first.dates)
    recorded = np.zeros(first.dates.size - 1, dtype=np.bool_)
    recorded[::RECORDED_EVERY] = recorded[target.trade_days] = recorded[-1] = True
    more = [sleeve_by_day(rulers, leg.contracts, s) for s in range(1, len(strategy.sleeves) + 1)]
    for one in more:
        recorded[one.trade_days] = True
    targets = TargetBook.of([target, *more])
    ruling = [one._replace(targets=targets, record_day=recorded) for one in inputs]
    bounds = [one.first for one in rulers]
    rules = pd.concat([one.prepared.rules for one in rulers], ignore_index=True)
    return first._replace(
        strategy=strategy,
        selection=selection,
        allocation=_by_day(rulers, lambda p: p.allocation),
        expected=_by_day(rulers, lambda p: p.expected),
        sharing=_by_day(rulers, lambda p: p.sharing),
        leg=leg,
        rules=rules[~rules.astype("str").duplicated()].reset_index(drop=True),
        inputs=ruling[0]._replace(
            futures=leg.futures,
            hedge=_hedge_by_day([one.hedge for one in ruling], bounds),
            stock_rate=_joined([one.stock_rate for one in ruling], bounds, 0),
            futures_rate=_joined([one.futures_rate for one in ruling], bounds, 0),
        ),
        reigns=tuple(zip(bounds, ruling, strict=True)),
    )


def _merged(rulers: Sequence[Ruler]) -> list[Ruler]:
    """Return the rulers with those that follow themselves put together."""
    found: list[Ruler] = []
    for one in rulers:
        if not found or one.prepared is not found[-1].prepared:
            found.append(one)
    return found


# -- targets


def _selection(rulers: Sequence[Ruler]) -> Selection:
    """Return what was wanted on each rebalance by who ruled then, with the changes of ruler."""
    first = rulers[0].prepared
    rows: list[int] = []
    parts: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
    for k, (ruler, end) in enumerate(zip(rulers, ends_of(rulers), strict=True)):
        chosen, targets = ruler.prepared.selection, ruler.prepared.selection.targets
        begin = first.first + ruler.first - 1  # the close of its first decision
        last = first.first + end - 1
        own = np.flatnonzero((targets.decision_rows >= begin) & (targets.decision_rows < last))
        if k > 0 and not (own.size and targets.decision_rows[own[0]] == begin):
            standing = _standing(ruler.prepared, begin)
            if standing is not None and not _alike(standing, parts[-1] if parts else None):
                rows.append(begin)
                parts.append(standing)
        for r in own:
            rows.append(int(targets.decision_rows[r]))
            parts.append(_decision(chosen, int(r)))
    counts = [part[0].size for part in parts]
    joined = [np.concatenate([part[k] for part in parts]) for k in range(3)] if parts else None
    at = np.array(rows, dtype=np.int64)
    targets = Targets(
        decision_rows=at,
        pointer=np.cumsum([0, *counts]).astype(np.int64),
        stocks=joined[0] if joined else np.empty(0, dtype=np.int64),
        weights=joined[1] if joined else np.empty(0),
        dates=first.market.dates[at],
        codes=first.market.codes,
    )
    left_out = {
        name: why for one in rulers for name, why in one.prepared.selection.left_out.items()
    }
    return Selection(
        targets,
        joined[2] if joined else np.empty(0),
        _by_day(rulers, lambda p: p.selection.exclusions),
        _by_day(rulers, lambda p: p.selection.coverage),
        _by_day(rulers, lambda p: p.selection.training),
        left_out,
        _by_day(rulers, lambda p: p.selection.decisions),
    )


_Decision = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]  # stocks, weights, shares


def _decision(selection: Selection, r: int) -> _Decision:
    """Return stocks, weights and shares of the stock book of a rebalance."""
    targets = selection.targets
    part = slice(int(targets.pointer[r]), int(targets.pointer[r + 1]))
    return targets.stocks[part], targets.weights[part], selection.shares[part]


def _standing(prepared: Prepared, row: int) -> _Decision | None:
    """Return the last decision up to the close of a row of the market; None before the first."""
    selection = prepared.selection
    r = int(np.searchsorted(selection.targets.decision_rows, row, side="right")) - 1
    return None if r < 0 else _decision(selection, r)


def _alike(one: _Decision, other: _Decision | None) -> bool:
    return other is not None and all(
        np.array_equal(a, b) for a, b in zip(one[:2], other[:2], strict=True)
    )


def _by_day(rulers: Sequence[Ruler], table: Callable[[Prepared], pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of each one's table whose decisions fall in its reign."""
    tables = [table(one.prepared) for one in rulers]
    if all(one is tables[0] or one.equals(tables[0]) for one in tables[1:]):
        return tables[0]
    dates = rulers[0].prepared.dates.astype("datetime64[ns]")
    parts = []
    for k, (found, ruler, end) in enumerate(zip(tables, rulers, ends_of(rulers), strict=True)):
        days = pd.DatetimeIndex(found["date"]).to_numpy().astype("datetime64[ns]")
        inside = np.ones(len(found), dtype=np.bool_)
        if k > 0:
            inside &= days >= dates[ruler.first]
        if k < len(rulers) - 1:
            inside &= days < dates[end]
        parts.append(found[inside])
    return pd.concat([one for one in parts if len(one)] or parts[:1], ignore_index=True)


# -- the hedge


def _legs(rulers: Sequence[Ruler]) -> tuple[HedgeLeg, list[FutureBook]]:
    """Return the leg that readers see, and each one's contracts among those of all."""
    legs = [one.prepared.leg for one in rulers]
    bounds, ends = [one.first for one in rulers], ends_of(rulers)
    names, books = _in_one_list(legs, [one.prepared.strategy for one in rulers])
    futures = books[0]._replace(
        **{
            name: _joined([getattr(book, name) for book in books], bounds, shift)
            for name, shift in _FUTURES_BY_DAY.items()
        }
    )
    known = [one for one in legs if one.contracts]
    fallback = _joined([one.fallback for one in legs], bounds, 0)
    leg = (known or legs)[0]._replace(
        futures=futures,
        contracts=names,
        schedules=_schedules(legs, bounds, ends),
        fallback=fallback,
        timing=_timing(legs, bounds),
    )
    return leg, books


# arrays of contracts by day, and by how many rows the day's own stands later
_FUTURES_BY_DAY = {
    "fill_price": 0, "hold": 0, "after_stocks": 0, "no_sale": 0, "no_buy": 0, "margin_rate": 1,
    "settlement": 1, "fee_rate": 0, "close_today_rate": 0, "order_fee_yuan": 0,
    "delivery_fee_rate": 0, "opening_limit": 0, "position_limit": 0,
}  # fmt: skip
_BY_CONTRACT = ("fill_price", "settlement", "no_sale", "no_buy", "margin_rate")


def _joined(arrays: Sequence[NDArray[Any]], bounds: Sequence[int], shift: int) -> NDArray[Any]:
    """Return an array whose rows of each reign are those of its ruler."""
    if all(one is arrays[0] or np.array_equal(one, arrays[0], equal_nan=_floats(one))
           for one in arrays[1:]):  # fmt: skip
        return arrays[0]
    found = arrays[0].copy()
    for begin, rows in zip(bounds[1:], arrays[1:], strict=True):
        found[begin + shift :] = rows[begin + shift :]
    return found


def _floats(array: NDArray[Any]) -> bool:
    return array.dtype.kind == "f"


def _in_one_list(
    legs: Sequence[HedgeLeg], strategies: Sequence[Strategy]
) -> tuple[list[str], list[FutureBook]]:
    """Return the contracts that any of them holds, product by product, and each book over them."""
    known = [one for one in legs if one.contracts]
    if not known:
        return [], [one.futures for one in legs]
    if all(one.contracts == legs[0].contracts for one in legs):
        return legs[0].contracts, [one.futures for one in legs]
    _check_prices([s for s, leg in zip(strategies, legs, strict=True) if leg.contracts])
    where: dict[str, tuple[FutureBook, int]] = {}
    for one in known:
        for c, name in enumerate(one.contracts):
            where.setdefault(name, (one.futures, c))
    products = {name: int(book.product[c]) for name, (book, c) in where.items()}
    names = sorted(where, key=lambda name: (products[name], name))
    donor = known[0].futures
    place = np.array([names.index(name) for name in known[0].contracts], dtype=np.int64)
    wide = donor._replace(
        hold=np.where(donor.hold >= 0, place[np.maximum(donor.hold, 0)], -1),
        product=np.array([products[name] for name in names], dtype=np.int64),
        last_day=np.array([where[name][0].last_day[where[name][1]] for name in names]),
        **{
            field: np.column_stack([getattr(where[n][0], field)[:, where[n][1]] for n in names])
            for field in _BY_CONTRACT
        },
    )
    return names, [_widened(one, names, wide) for one in legs]


def _widened(leg: HedgeLeg, names: list[str], wide: FutureBook) -> FutureBook:
    """Return a book over all contracts: its own as it has them, the others as others have them."""
    if not leg.contracts:  # nothing is to be sold: lots that are held are bought back
        return wide
    place = np.array([names.index(name) for name in leg.contracts])
    fields: dict[str, Any] = {}
    for name in _BY_CONTRACT:
        array = getattr(wide, name).copy()
        array[:, place] = getattr(leg.futures, name)
        fields[name] = array
    hold = leg.futures.hold
    return leg.futures._replace(
        product=wide.product,
        last_day=wide.last_day,
        hold=np.where(hold >= 0, place[np.maximum(hold, 0)], -1),
        **fields,
    )


def _check_prices(strategies: Sequence[Strategy]) -> None:
    """Refuse other contracts at fills or margins of another kind: each would need its own."""
    kinds = {(s.hedge.account, s.hedge.fill, s.execution.fill) for s in strategies}
    if len(kinds) > 1:
        raise StrategyError(
            "walk-forward: variants hold other contracts (hedge.contract, hedge.roll) and also "
            "differ in execution.fill, hedge.fill or hedge.account; accepted: one of the two"
        )


def _schedules(
    legs: Sequence[HedgeLeg], bounds: Sequence[int], ends: Sequence[int]
) -> list[ContractSchedule]:
    """Return for each product what was asked for on each day, by who ruled then."""
    known = [k for k, one in enumerate(legs) if one.schedules]
    if not known:
        return []
    return [_one_schedule(legs, bounds, ends, p) for p in range(len(legs[known[0]].schedules))]


def _one_schedule(
    legs: Sequence[HedgeLeg], bounds: Sequence[int], ends: Sequence[int], p: int
) -> ContractSchedule:
    some = [one.schedules[p] for one in legs if one.schedules]
    names = sorted({name for one in some for name in one.contracts})
    if all(one.contracts == some[0].contracts for one in some):
        names = some[0].contracts
    first = some[0]
    arrays: dict[str, Any] = {
        name: np.full((first.dates.size, len(names)), np.nan)
        for name in ("fill_price", "settlement_price")
    }
    quarter = np.zeros((first.dates.size, len(names)), dtype=np.bool_)
    opening = np.full(len(names), np.nan)
    last_day = np.zeros(len(names), dtype=np.int64)
    for one in reversed(some):
        place = [names.index(name) for name in one.contracts]
        for name, array in arrays.items():
            array[:, place] = getattr(one, name)
        quarter[:, place] = one.quarter
        opening[place], last_day[place] = one.opening_settlement, one.last_day
    hold = np.full(first.dates.size, -1, dtype=np.int64)
    told: dict[str, Any] = {"marked_at_close": [], "average_fills": [], "substituted": []}
    for leg, begin, end in zip(legs, bounds, ends, strict=True):
        if not leg.schedules:
            continue
        one = leg.schedules[p]
        place_of = np.array([names.index(name) for name in one.contracts], dtype=np.int64)
        own = one.hold[begin:end]
        hold[begin:end] = np.where(own >= 0, place_of[np.maximum(own, 0)], -1)
        low, high = first.dates[begin], first.dates[end - 1]
        for name, kept in told.items():
            kept += [x for x in getattr(one, name) if low <= _date_of(x) <= high]
    return replace(
        first,
        contracts=names,
        opening_settlement=opening,
        last_day=last_day,
        hold=hold,
        quarter=quarter,
        **arrays,
        **told,
    )


def _date_of(event: Any) -> np.datetime64:
    return np.datetime64(event.date if hasattr(event, "date") else event[1], "D")


def _timing(legs: Sequence[HedgeLeg], bounds: Sequence[int]) -> Knowledge | None:
    """Return what each day's fill of the futures knew of the stocks'."""
    known = [(begin, one.timing) for begin, one in zip(bounds, legs, strict=True) if one.timing]
    if not known:
        return None
    starts, timings = [begin for begin, _ in known], [timing for _, timing in known]
    return timings[0]._replace(
        after_stocks=_joined([one.after_stocks for one in timings], starts, 0),
        possible=_joined([one.possible for one in timings], starts, 0),
    )


def _hedge_by_day(books: Sequence[HedgeBook], bounds: Sequence[int]) -> HedgeBook:
    """Return the first hedge with the betas and ratios that ruled on each day."""
    by_day: dict[str, Any] = {}
    for name in ("beta", "book_ratio", "covariance", "carry"):
        arrays = [getattr(book, name) for book in books]
        if all(one is arrays[0] or one.base is arrays[0].base for one in arrays):
            continue
        parts = range(len(arrays[0]))
        by_day[name] = np.stack([_joined([one[s] for one in arrays], bounds, 0) for s in parts])
    return books[0]._replace(**by_day)
