"""Coverage by month: how much of what could be known is there, table by table.

A row of the map is a share (known / expected) or a count. What is expected of stocks is counted on
the last trading day of the month, from list_date to delist_date.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanthedge.market.blocks import Axes
from quanthedge.market.quality.bars import BarCounts, Months
from quanthedge.market.vintages import kept_rows

__all__ = ["CoverageRow", "Listing", "coverage"]

Array = np.ndarray[Any, Any]
_FRESH_DAYS = 396
FOREVER = np.datetime64("9999-12-31", "D")


@dataclass(frozen=True)
class CoverageRow:
    """One line of the map.

    Attributes
    ----------
    group
        The table it is about.
    name
        What is counted.
    found
        How many there are, by month [M].
    expected
        How many there could be [M]; None = a plain count.
    """

    group: str
    name: str
    found: Array
    expected: Array | None = None

    @property
    def share(self) -> Array:
        """Found / expected; of a count, found / its largest; NaN where nothing is expected."""
        top = np.full(len(self.found), self.found.max(initial=0))
        whole = top if self.expected is None else self.expected
        share = np.full(len(self.found), np.nan)
        np.divide(self.found, whole, out=share, where=whole > 0)
        return share


@dataclass(frozen=True)
class Listing:
    """Calendar, codes and when each code was listed, with what the bars hold.

    Attributes
    ----------
    axes
        Calendar and codes.
    listed, stop
        First trading day, and the first day on which it is gone (far in the future when still
        listed), datetime64[D] [N].
    counts
        What the bars hold.
    """

    axes: Axes
    listed: Array
    stop: Array
    counts: BarCounts

    @property
    def months(self) -> Months:
        """The months of the bars."""
        return self.counts.months

    def per_month(self, start: Array, stop: Array, group: Array, groups: int) -> Array:
        """Return how many spells [start, stop) hold a month's last trading day [groups, M]."""
        size = len(self.months.months)
        begin = np.searchsorted(self.months.last_day, start)
        end = np.maximum(np.searchsorted(self.months.last_day, stop), begin)
        shape, cells = (groups, size + 1), groups * (size + 1)
        change = np.bincount(group * (size + 1) + begin, minlength=cells).reshape(shape)
        change -= np.bincount(group * (size + 1) + end, minlength=cells).reshape(shape)
        counts: Array = change.cumsum(axis=1)[:, :size]
        return counts

    def of_listed(self, stock: Array, start: Array, stop: Array, group: Array, n: int) -> Array:
        """Return how many listed stocks have a spell on each month's last trading day [n, M]."""
        there = stock >= 0
        begin = np.maximum(start[there], self.listed[stock[there]])
        end = np.minimum(stop[there], self.stop[stock[there]])
        return self.per_month(begin, end, group[there], n)

    @property
    def stocks_listed(self) -> Array:
        """Stocks listed on the last trading day of each month [M]."""
        whole = np.zeros(len(self.listed), dtype=np.int64)
        return np.asarray(self.per_month(self.listed, self.stop, whole, 1)[0])


def coverage(tables: Mapping[str, pa.Table], listing: Listing) -> list[CoverageRow]:
    """Return the lines of the map, in the order of the dataset's tables."""
    rows = list(_stocks(listing))
    makers = {
        "corporate_actions": _actions,
        "stock_names": _spells,
        "industry": _spells,
        "owners": _spells,
        "index_daily": _by_day,
        "index_dividend_yield": _by_day,
        "index_members": _members,
        "index_weights": _weights,
        "industry_index_daily": _families,
        "statements": _statements,
        "fund_holdings": _holdings,
        "analyst_estimates": _estimates,
        "government_yield_curve": _curve,
        "futures_daily": _futures,
        "fundamentals": _fundamentals,
        "cash_rate": _by_day,
    }
    for name, make in makers.items():
        if name in tables and tables[name].num_rows:
            rows += make(name, tables[name], listing)
    return rows


def _stocks(listing: Listing) -> Iterator[CoverageRow]:
    counts, months, listed = listing.counts, listing.months, listing.stocks_listed
    group = "stock_daily"
    yield CoverageRow("stocks", "stocks listed", listed)
    last = months.last_day[None, :]
    here = (listing.listed[:, None] <= last) & (last < listing.stop[:, None])
    traded = ((counts.bars > 0) & here).sum(axis=0)
    yield CoverageRow(group, "listed stocks with a bar", traded, listed)
    bars = counts.bars.sum(axis=0)
    yield CoverageRow(group, "days traded while listed", bars, _listed_days(listing))
    for name, known in counts.known.items():
        yield CoverageRow(group, f"{name} known", known, bars)


def _listed_days(listing: Listing) -> Array:
    """Return the sum over stocks of the trading days on which they were listed, by month [M]."""
    days = listing.counts.trading_days
    change = np.bincount(np.searchsorted(days, listing.listed), minlength=len(days) + 1)
    change = change - np.bincount(np.searchsorted(days, listing.stop), minlength=len(days) + 1)
    present = change.cumsum()[: len(days)]
    place = listing.months.of(days)
    return np.bincount(place, weights=present, minlength=len(listing.months.months))


def _actions(name: str, table: pa.Table, listing: Listing) -> Iterator[CoverageRow]:
    yield CoverageRow(name, "events", _per_month(table["ex_date"].to_numpy(), listing.months))


def _spells(name: str, table: pa.Table, listing: Listing) -> Iterator[CoverageRow]:
    """Stocks with an open spell; spells of one stock do not overlap."""
    stock = listing.axes.positions(table["code"])
    whole = np.zeros(len(stock), dtype=np.int64)
    found = listing.of_listed(stock, *_spell(table), whole, 1)[0]
    what = {"stock_names": "with a name", "owners": "with an owner"}.get(name, "with an industry")
    yield CoverageRow(name, f"stocks {what}", found, listing.stocks_listed)


def _members(name: str, table: pa.Table, listing: Listing) -> Iterator[CoverageRow]:
    """Members on each month's last trading day: how many are in stocks, how many have bars."""
    indices, index = _coded(table["index_code"])
    stock = listing.axes.positions(table["code"]).astype(np.int64)
    last, size = listing.months.last_day, len(listing.months.months)
    start, stop = _spell(table)
    begin = np.searchsorted(last, start)
    length = np.maximum(np.searchsorted(last, stop) - begin, 0)
    spell = np.repeat(np.arange(len(stock)), length)
    month = np.arange(len(spell)) - np.repeat(np.cumsum(length) - length - begin, length)
    entry = stock[spell] >= 0
    bars = entry & (listing.counts.bars[stock[spell], month] > 0)
    cell = index[spell] * size + month

    def counted(chosen: Array) -> Array:
        counts = np.bincount(cell[chosen], minlength=len(indices) * size)
        return counts.reshape(len(indices), size)

    members = counted(np.ones(len(spell), dtype=bool))
    for place, code in enumerate(indices):
        for what, chosen in (("in stocks", entry), ("with a bar", bars)):
            yield CoverageRow(name, f"{code} {what}", counted(chosen)[place],
                              members[place])  # fmt: skip


def _by_day(name: str, table: pa.Table, listing: Listing) -> Iterator[CoverageRow]:
    """Tables with one row per trading day, or per code and trading day."""
    dates = table["date"].to_numpy()
    inside = np.isin(dates, listing.counts.trading_days)
    days = listing.months.days
    if "code" not in table.column_names:
        yield CoverageRow(name, "days with a rate", _per_month(dates[inside], listing.months), days)
        return
    codes, owner = _coded(table["code"])
    for place, code in enumerate(codes):
        found = _per_month(dates[inside & (owner == place)], listing.months)
        yield CoverageRow(name, f"{code} days", found, days)


def _weights(name: str, table: pa.Table, listing: Listing) -> Iterator[CoverageRow]:
    """Days of each month that have a list of weights."""
    indices, index = _coded(table["index_code"])
    dates = table["date"].to_numpy()
    for place, code in enumerate(indices):
        days = np.unique(dates[index == place])
        yield CoverageRow(name, f"{code} lists", _per_month(days, listing.months))


def _families(name: str, table: pa.Table, listing: Listing) -> Iterator[CoverageRow]:
    """Count the indices of each family with a close, on average over the month's trading days."""
    families, family = _coded(table["family"].cast(pa.string()))
    dates = table["date"].to_numpy()
    inside = np.isin(dates, listing.counts.trading_days)
    days = np.maximum(listing.months.days, 1)
    for place, text in enumerate(families):
        found = _per_month(dates[inside & (family == place)], listing.months)
        yield CoverageRow(name, f"{text} indices a day", found / days)


def _statements(name: str, table: pa.Table, listing: Listing) -> Iterator[CoverageRow]:
    """Stocks of which a report is known that is no older than a year and a month."""
    stock = listing.axes.positions(table["code"]).astype(np.int64)
    known = table["known_date"].to_numpy().astype("datetime64[D]")
    order = np.lexsort((known, stock))
    stock, known = stock[order], known[order]
    stop = known + np.timedelta64(_FRESH_DAYS, "D")
    same = stock[1:] == stock[:-1]
    stop[:-1][same] = np.minimum(stop[:-1], known[1:])[same]
    whole = np.zeros(len(stock), dtype=np.int64)
    found = listing.of_listed(stock, known, stop, whole, 1)[0]
    yield CoverageRow(name, "stocks with a report", found, listing.stocks_listed)
    told = pc.is_valid(table["announce_date"]).to_numpy()[order]
    reports = _per_month(known, listing.months)
    dated = _per_month(known[told], listing.months)
    yield CoverageRow(name, "reports with an announcement date", dated, reports)


def _holdings(name: str, table: pa.Table, listing: Listing) -> Iterator[CoverageRow]:
    known = table["known_date"].to_numpy()
    yield CoverageRow(name, "stocks held, published", _per_month(known, listing.months))


def _estimates(name: str, table: pa.Table, listing: Listing) -> Iterator[CoverageRow]:
    known = table["known_date"].to_numpy()
    yield CoverageRow(name, "forecasts published", _per_month(known, listing.months))


def _curve(name: str, table: pa.Table, listing: Listing) -> Iterator[CoverageRow]:
    days = np.unique(table["date"].to_numpy())
    inside = days[np.isin(days, listing.counts.trading_days)]
    found = _per_month(inside, listing.months)
    yield CoverageRow(name, "days with a curve", found, listing.months.days)


def _futures(name: str, table: pa.Table, listing: Listing) -> Iterator[CoverageRow]:
    products, owner = _coded(table["product"])
    dates, settle = table["date"].to_numpy(), table["settle"].to_numpy()
    days = np.maximum(listing.months.days, 1)
    for place, product in enumerate(products):
        bars = _per_month(dates[owner == place], listing.months)
        settled = _per_month(dates[(owner == place) & ~np.isnan(settle)], listing.months)
        yield CoverageRow(name, f"{product} contracts a day", bars / days)
        yield CoverageRow(name, f"{product} settlement known", settled, bars)


def _fundamentals(name: str, table: pa.Table, listing: Listing) -> Iterator[CoverageRow]:
    """Count last known values: one holds until the next row of the same stock and item."""
    items, item = _coded(table["item"])
    stock = listing.axes.positions(table["code"]).astype(np.int64)
    # (item, stock) pairs stand together; a restatement of an older period ends nothing.
    keep = kept_rows(
        item * len(listing.axes.codes) + stock, table["period_end"].to_numpy(), "latest"
    )
    item, stock = item[keep], stock[keep]
    known, value = (table[name].to_numpy()[keep] for name in ("known_date", "value"))
    stop = np.full(len(known), FOREVER)
    same = (item[1:] == item[:-1]) & (stock[1:] == stock[:-1])
    stop[:-1][same] = known[1:][same]
    chosen = np.isfinite(value) & (stock >= 0)
    found = listing.of_listed(stock[chosen], known[chosen], stop[chosen], item[chosen], len(items))
    for place, text in enumerate(items):
        yield CoverageRow(name, text, found[place], listing.stocks_listed)


def _spell(table: pa.Table) -> tuple[Array, Array]:
    """Return start, and the day after the end (far in the future when open)."""
    start, end = table["start"].to_numpy(), table["end"].to_numpy()
    stop = np.where(np.isnat(end), FOREVER, end + np.timedelta64(1, "D"))
    return start, stop


def _per_month(dates: Array, months: Months) -> Array:
    place = months.of(dates)
    return np.bincount(place[place >= 0], minlength=len(months.months))


def _coded(column: pa.ChunkedArray) -> tuple[list[str], Array]:
    """Return the sorted texts of a column and the place of each row's text among them."""
    coded = column.combine_chunks().dictionary_encode()
    texts = np.asarray(coded.dictionary.to_pylist(), dtype=str)
    names, place = np.unique(texts, return_inverse=True)
    return names.tolist(), place[coded.indices.to_numpy()].astype(np.int64)
