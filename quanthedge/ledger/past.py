"""What the ledger was given, day by day, as digests: whether an update has revised the past.

A state may only be laid onto inputs whose past is the one that it came from: a run that goes on
keeps a digest for each day and kind of input (:meth:`Past.digests`), and :meth:`Past.revised` names
what is other than it was.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xxhash
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.ledger.inputs import LedgerInputs, StockBook
from quanthedge.ledger.kept import Names
from quanthedge.typing import Ints

__all__ = ["Past"]

_Part = NDArray[Any] | list[bytes] | bytes  # rows by day; texts by day; of no day
_SHOWN = 4  # kinds of data that a message names


class Past(NamedTuple):
    """What a ledger was given for each day, and what its axes are called."""

    inputs: LedgerInputs
    names: Names

    def digests(
        self,
        codes: list[str] | None = None,
        contracts: list[str] | None = None,
        days: int | None = None,
        known: Mapping[str, NDArray[np.uint64]] | None = None,
    ) -> pd.DataFrame:
        """Return a digest of what the ledger was given for each day, a column for each kind.

        Row 0 is the day before the span. What does not belong to a day (settings, terms, boards and
        lots of the stocks) stands in row 0.

        Parameters
        ----------
        codes, contracts : list of str, optional
            Only of these stocks and contracts; all of them by default.
        days : int, optional
            Only the first so many days of the span; all by default.
        known : mapping of str to uint64 [days + 1], optional
            Kinds whose digests are known already: those of :meth:`of_the_market`.
        """
        inputs, names = self
        whole = names.dates.size - 1
        days = whole if days is None else days
        stocks = _columns(names.codes, codes)
        futures = _columns(names.contracts, contracts)
        if stocks is None or futures is None:
            raise DataError("state of the run: the market lacks stocks or contracts that it had")
        if known is None:
            known = _made(_of_the_market(inputs, names, stocks, days), whole, days)
        rows = {**known, **_made(_of_the_strategy(inputs, names, stocks, futures), whole, days)}
        index = pd.DatetimeIndex(names.dates[: days + 1].astype("datetime64[ms]"), name="date")
        return pd.DataFrame(rows, index=index)

    def of_the_market(self) -> dict[str, NDArray[np.uint64]]:
        """Return the digests of what does not depend on the strategy, [T + 1] each, by kind.

        Of all days, stocks and contracts, as :meth:`digests` has them in its columns.
        """
        days = self.names.dates.size - 1
        return _made(_of_the_market(self.inputs, self.names, slice(None), days), days, days)

    def revised(self, kept: pd.DataFrame, codes: list[str], contracts: list[str]) -> str:
        """Return in a few words what is other than it was when digests were kept; empty: nothing.

        Parameters
        ----------
        kept : DataFrame
            Of :meth:`digests`: of the days before.
        codes, contracts : list of str
            The stocks and contracts that there were then.
        """
        return _first_revision(kept, self.digests(codes, contracts, len(kept) - 1))


def _columns(there: Any, wanted: list[str] | None) -> slice | Ints | None:
    """Return where the wanted names stand: a slice where that is all; None where one is missing."""
    known = [str(one) for one in there]
    if wanted is None or wanted == known:
        return slice(None)
    place = {name: k for k, name in enumerate(known)}
    if any(name not in place for name in wanted):
        return None
    return np.array([place[name] for name in wanted], dtype=np.int64)


def _made(
    told: Iterable[tuple[str, list[_Part]]], whole: int, days: int
) -> dict[str, NDArray[np.uint64]]:
    return {name: _digests(parts, whole, days) for name, parts in told}


def _of_the_market(
    inputs: LedgerInputs, names: Names, stocks: Any, done: int
) -> Iterator[tuple[str, list[_Part]]]:
    """Yield what market, rule book, span and the dividends' tax decide; ``done`` days are told."""
    bars, book = inputs.bars, inputs.stocks
    days = names.dates.size - 1
    codes = np.asarray(names.codes)[stocks]
    for name in ("open", "high", "low", "close", "pre_close", "volume", "amount"):
        yield name, [getattr(bars, name)[:, stocks]]
    yield "last_close", [bars.mark[:, stocks]]
    yield "adj_factor", [bars.adj_factor[:, stocks]]
    yield "price_limits", [_limit_ids(book, done)[bars.limit_class[:, stocks]]]
    yield "delistings", [_texts(days, _gone(bars.delist[stocks], codes))]
    yield "corporate_actions", [_texts(days, _actions(inputs, names))]


def _of_the_strategy(
    inputs: LedgerInputs, names: Names, stocks: Any, futures: Any
) -> Iterator[tuple[str, list[_Part]]]:
    """Yield the other kinds of input with their parts: by day, or of no day."""
    book, future = inputs.stocks, inputs.futures
    days = names.dates.size - 1
    if inputs.volatility.size:
        yield "volatility", [inputs.volatility[:, stocks]]
    if inputs.auction.size:
        yield "opening_auction", [inputs.auction[:, stocks]]
    yield "stock_rules", [
        _static(book.board[stocks], book.exchange[stocks], book.lot[stocks], book.step[stocks],
                book.inward[stocks]),
        book.stamp_duty_buy, book.stamp_duty_sell, book.transfer_rate, book.transfer_par_rate,
        book.transfer_min_yuan, book.exchange_rate,
    ]  # fmt: skip
    yield "futures", [
        _static(future.multiplier, names.products),
        future.fill_price[:, futures], future.settlement[:, futures],
        _texts(days, _held(future.hold, names.contracts)), future.after_stocks,
        future.no_sale[:, futures], future.no_buy[:, futures],
    ]  # fmt: skip
    yield "futures_rules", [
        future.margin_rate[:, futures], future.fee_rate, future.close_today_rate,
        future.order_fee_yuan, future.delivery_fee_rate, future.opening_limit,
        future.position_limit,
    ]  # fmt: skip
    hedge = inputs.hedge.sleeve(0)
    yield "betas", [hedge.beta[:, stocks]]
    yield "hedge", [
        _static(hedge.ratio, hedge.method, hedge.default_beta, hedge.window,
                hedge.min_observations, hedge.aversion, hedge.range_low, hedge.range_high,
                hedge.both_sides, hedge.policy.ops, hedge.policy.a, hedge.policy.b),
        hedge.index_return, hedge.book_ratio, hedge.covariance, hedge.carry, hedge.index_level,
        hedge.policy.flags, hedge.policy.bands,
    ]  # fmt: skip
    yield "targets", [_texts(days, _targets(inputs, names))]
    if inputs.valuation.ratio.size:
        always = [inputs.valuation.always[:, stocks]] if inputs.valuation.always.size else []
        yield "stated_values", [inputs.valuation.ratio[:, stocks], *always]
    fund = inputs.fund
    yield "terms_and_dates", [
        _static(tuple(inputs.settings), fund.initial_unit_value, fund.management_per_year,
                fund.custody_per_year, fund.performance_rate, fund.post_fee,
                fund.service_per_year, fund.audit_yuan_per_year, inputs.valuation.materiality,
                inputs.tax.lots),
        inputs.days, inputs.fee_years, fund.fee_day, fund.month_first,
        inputs.tax.month_begin, inputs.tax.year_begin,
    ]  # fmt: skip
    yield "interest", [inputs.stock_rate, inputs.futures_rate]


def _digests(parts: list[_Part], whole: int, days: int) -> NDArray[np.uint64]:
    """Return a digest of the first ``days`` days and the day before of several parts, [days + 1].

    Arrays have a row for each of the ``whole`` days of the inputs, or one more for the day before.
    """
    found = [xxhash.xxh3_64() for _ in range(days + 1)]
    for part in parts:
        if isinstance(part, bytes):
            found[0].update(part)
            continue
        rows = part if isinstance(part, list) else _row_bytes(part)
        before = whole + 1 - len(part)
        for one, row in zip(found[before:], rows, strict=False):
            one.update(row)
    return np.array([one.intdigest() for one in found], dtype=np.uint64)


def _row_bytes(array: NDArray[Any]) -> Iterable[Any]:
    flat = np.ascontiguousarray(array).reshape(len(array), -1)
    return flat.view(np.uint8) if flat.shape[1] else [b""] * len(flat)


def _static(*values: Any) -> bytes:
    """Return what does not belong to a day as bytes."""
    plain = [one.tolist() if isinstance(one, np.ndarray) else one for one in values]
    return repr(plain).encode()


def _texts(days: int, told: Iterable[tuple[int, str]]) -> list[bytes]:
    """Return what is told of each of some days as bytes."""
    lines: list[list[str]] = [[] for _ in range(days)]
    for day, text in told:
        if day < days:
            lines[day].append(text)
    return [" ".join(line).encode() for line in lines]


def _limit_ids(book: StockBook, days: int) -> NDArray[np.uint64]:
    """Return what tells a class of price limits by its limits, [C]: numbers of classes may move."""
    tables = (book.limit_up[:days], book.limit_down[:days])
    whole = (np.concatenate([one[:, c] for one in tables]) for c in range(tables[0].shape[1]))
    return np.array([xxhash.xxh3_64_intdigest(one.tobytes()) for one in whole], dtype=np.uint64)


def _gone(delist: Ints, codes: Any) -> Iterator[tuple[int, str]]:
    for i in np.argsort(delist, kind="stable"):
        yield max(0, int(delist[i])), str(codes[i])


def _actions(inputs: LedgerInputs, names: Names) -> Iterator[tuple[int, str]]:
    """Yield each action with its tax, by the day on which it takes effect."""
    book, tax = inputs.actions, inputs.tax
    columns = (book.cash, book.bonus, book.rights, book.rights_price, tax.at_payment,
               tax.short_term, tax.mid_term, tax.long_term)  # fmt: skip
    numbers = zip(*(np.asarray(one, dtype=np.float64).tolist() for one in columns), strict=True)
    day = np.repeat(np.arange(len(book.pointer) - 1), np.diff(book.pointer)).tolist()
    code = np.asarray(names.codes)[book.stock].tolist()
    paid = names.days[book.pay_day].astype(str).tolist()
    for t, stock, on, told in zip(day, code, paid, numbers, strict=True):
        yield t, f"{stock} {on} {' '.join(map(repr, told))}"


def _held(hold: Ints, contracts: list[str]) -> Iterator[tuple[int, str]]:
    named = [*contracts, "-"]
    for t, row in enumerate(hold.tolist()):
        yield t, " ".join(named[c] for c in row)


def _targets(inputs: LedgerInputs, names: Names) -> Iterator[tuple[int, str]]:
    for s in range(len(inputs.hedge.ratio)):
        book = inputs.targets.sleeve(s)
        for r, t in enumerate(book.trade_days.tolist()):
            some = slice(int(book.pointer[r]), int(book.pointer[r + 1]))
            codes = names.codes[book.stocks[some]].tolist()
            legs = slice(int(book.lot_pointer[r]), int(book.lot_pointer[r + 1]))
            named = [names.contracts[c] for c in book.contracts[legs]]
            stated = f" {s} {' '.join(named)} {book.exposures[legs].tolist()}" if s else ""
            yield t, f"{' '.join(codes)} {book.weights[some].tolist()}{stated}"


def _first_revision(kept: pd.DataFrame, now: pd.DataFrame) -> str:
    """Return in a few words what of the past is other than it was; empty when nothing is.

    Parameters
    ----------
    kept, now : DataFrame
        Of :meth:`Past.digests`, of the same days.

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2015-03-02", "2015-03-03"])
    >>> kept = pd.DataFrame({"close": [1, 2], "targets": [3, 4]}, index=days)
    >>> _first_revision(kept, kept.assign(close=[1, 5]))
    'close of 2015-03-03'
    """
    if not kept.index.equals(now.index):
        return f"trading days ({len(kept) - 1} days, now {len(now) - 1})"
    found = []
    for name in dict.fromkeys([*kept.columns, *now.columns]):
        if name not in kept.columns or name not in now.columns:
            found.append(f"{name} (in one of the two only)")
            continue
        unlike = np.flatnonzero(kept[name].to_numpy() != now[name].to_numpy())
        if unlike.size:
            more = f" and {unlike.size - 1} more days" if unlike.size > 1 else ""
            found.append(f"{name} of {kept.index[unlike[0]]:%Y-%m-%d}{more}")
    rest = f"; and {len(found) - _SHOWN} more kinds of data" if len(found) > _SHOWN else ""
    return "; ".join(found[:_SHOWN]) + rest
