"""What a run held through each day, stock by stock, and what it gained.

A result keeps holdings on some days only; those between are rebuilt from the trades and from what
shares became on ex-dates, and compared with every record.
"""

import weakref
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.ledger import action_book, factor_steps
from quanthedge.market import Market
from quanthedge.record import Record
from quanthedge.stages import stage
from quanthedge.typing import Floats, Ints

__all__ = [
    "Held",
    "ShareGrowth",
    "check_market",
    "held_through",
    "market_move",
]


class _Days(NamedTuple):
    """Stocks that the run ever held, by day; row 0 is the opening."""

    codes: list[str]
    mark: Floats  # [T + 1, K]
    growth: Floats  # [T + 1, K] shares after the ex-date per share before it
    rights: Floats  # [T + 1, K] shares subscribed
    traded: Floats  # [T + 1, K] signed shares of all other trades
    paid: Floats  # [T + 1, K] yuan: paid for rights, less received on a delisting
    gone: NDArray[np.bool_]  # [T + 1, K] paid out on delisting
    recorded: Floats  # [T + 1, K] shares on record; NaN on days without one


class Held(NamedTuple):
    """Stocks that a run ever held.

    Attributes
    ----------
    codes : list of str
    first : int
        Row of the market's calendar of the opening balances; day t of the run is row first + t.
    columns : intp [K]
        Columns of the stocks in the market's panels.
    value : float64 [T, K]
        Yuan, of the shares of the last close.
    alpha : float64 [T, K]
        Yuan: gain of these shares, had none been traded, less ``b x value x r``.
    mismatches : int64 [T]
        Holdings on record that differ from what was rebuilt.
    """

    codes: list[str]
    first: int
    columns: NDArray[np.intp]
    value: Floats
    alpha: Floats
    mismatches: NDArray[np.int64]


def held_through(result: Record, market: Market) -> Held:
    """Return what a run held through each day, and the alpha of each stock.

    What was rebuilt last is kept as long as its run lives: several tables are made of it.

    Raises
    ------
    DataError
        When the market is not that of the run.
    """
    if _LAST and _LAST[0].run() is result and _LAST[0].market() is market:
        return _LAST[0].held
    first, columns, days = _days(result, market)
    gain, value, mismatches = _held(days)
    alpha = gain - market_move(result)[:, None] * value
    held = Held(days.codes, first, columns, value, alpha, mismatches)
    _LAST[:] = [_Kept(weakref.ref(result, lambda _: _LAST.clear()), weakref.ref(market), held)]
    return held


class _Kept(NamedTuple):
    """What was rebuilt last, and of what."""

    run: "weakref.ref[Record]"
    market: "weakref.ref[Market]"
    held: Held


_LAST: list[_Kept] = []  # one at most


class ShareGrowth(NamedTuple):
    """What a share held is worth and becomes on each day of a span, all [T + 1, K].

    As the shares of a run are counted: bonus shares come on the ex-date, rights are taken up at
    their price. Without a table of corporate actions the adjustment factor says what a share
    becomes, cash dividends included, as in the ledger.

    Attributes
    ----------
    mark : float64
        Yuan a share; NaN where it has no price.
    steps : float64
        What a share becomes on its ex-date, 1 on all other days; shares subscribed are trades.
    rights, paid : float64
        Shares offered for each held, and yuan paid for them.
    """

    mark: Floats
    steps: Floats
    rights: Floats
    paid: Floats

    @classmethod
    def of(cls, market: Market, span: slice, columns: NDArray[np.intp]) -> Self:
        """Return it of some stocks.

        Parameters
        ----------
        market : Market
        span : slice
            T + 1 rows of the market's calendar.
        columns : intp [K]
        """
        mark = np.asarray(market.panel("mark")[span][:, columns], dtype=np.float64)
        steps = _steps(np.asarray(market.panel("adj_factor")[span][:, columns], dtype=np.float64))
        found = cls(mark, steps, *np.zeros((2, *steps.shape)))
        table = market.corporate_actions()
        if table is None:
            return found
        grown = stage(
            "share_growth",
            market,
            {"span": (span.start, span.stop)},
            lambda: _grown(table, market, span),
            kinds=(_Grown,),
            with_market=market.kept_folder is not None,
        )
        place = np.full(len(market.codes), -1)
        place[columns] = np.arange(len(columns))
        asked = place[grown.stock] >= 0
        cells = grown.day[asked], place[grown.stock[asked]]
        for own, one in zip(found[1:], grown[2:], strict=True):
            own[cells] = one[asked]
        return found

    def price_returns(self) -> Floats:
        """Return what each stock gained from close to close without its cash dividends, [T, K].

        0 where a stock has no price.
        """
        mark, last = self.mark[1:], self.mark[:-1]
        gained = self.steps[1:] * mark + self.rights[1:] * mark - self.paid[1:] - last
        known = np.isfinite(gained) & (last > 0.0)
        return np.divide(gained, last, out=np.zeros_like(gained), where=known)


def check_market(result: Record, market: Market) -> None:
    """Refuse a market that is not that of the run, by its fingerprint.

    Raises
    ------
    DataError
        It is another, or the same cut at another day.
    """
    if market.fingerprint != result.market_info["fingerprint"]:
        raise DataError(
            f"market '{market.name}' to {market.dates[-1]} is not that of the run (its fingerprint "
            f"is another); accepted: '{result.market_info['name']}' to "
            f"{result.market_info['data_end']}, and models fitted on it"
        )


def market_move(result: Record) -> Floats:
    """Return ``b x r`` of each day, [T]: beta of the book at the last close, index return."""
    ledger = result.ledger
    index_return = ledger["index_close"].pct_change(fill_method=None).to_numpy()[1:]
    return np.asarray(ledger["book_beta"].fillna(0.0).to_numpy()[:-1] * index_return)


def _held(days: _Days) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return gain of the shares of the last close, their value then, records that differ.

    Float64 [T, K] each, and int64 [T].
    """
    rows, stocks = days.mark.shape
    mismatches = np.zeros(rows - 1, dtype=np.int64)
    told = ~np.isnan(days.recorded[:, 0])
    # on the other days shares come through the night as they are
    changed = (days.growth != 1.0) | days.gone | (days.rights != 0.0)
    eventful = changed.any(axis=1)
    at_close, grown = np.zeros((rows, stocks)), np.zeros((rows, stocks))
    for t in range(1, rows):
        shares = at_close[t - 1]
        if eventful[t]:
            more = np.floor(shares * days.growth[t] + 1e-6)
            shares = np.where(days.growth[t] == 1.0, shares, more)
            shares = np.where(days.gone[t], 0.0, shares + days.rights[t])
        grown[t] = shares
        np.add(shares, days.traded[t], out=at_close[t])
        if told[t]:
            mismatches[t - 1] = np.count_nonzero(at_close[t] != days.recorded[t])
            at_close[t] = days.recorded[t]
    mark = np.nan_to_num(days.mark)
    value = at_close[:-1] * mark[:-1]
    gain = grown[1:] * mark[1:] - value - days.paid[1:]
    return gain, value, mismatches


def _days(result: Record, market: Market) -> tuple[int, NDArray[np.intp], _Days]:
    """Return the first row, the columns, and the stocks of a run by day."""
    dates = result.ledger.index.to_numpy().astype("datetime64[D]")
    calendar, all_codes = np.asarray(market.dates), np.asarray(market.codes)
    first = int(np.searchsorted(calendar, dates[0]))
    if not np.array_equal(calendar[first : first + len(dates)], dates):
        raise DataError(
            f"the days of the run ({dates[0]} to {dates[-1]}) are not those of the "
            "market; give the market of the run"
        )
    trades = result.trades[result.trades["code"].isin(all_codes)]
    codes = sorted(trades["code"].unique())
    stranger = ~result.positions["code"].isin(codes)
    if stranger.any():
        code = result.positions.loc[stranger, "code"].iloc[0]
        raise DataError(f"{code} is held but not in the market; give that of the run")
    columns = np.searchsorted(all_codes, codes)
    span = slice(first, first + len(dates))
    grown = ShareGrowth.of(market, span, columns)
    flows, records = _flows(trades, dates, codes), _records(result, dates, codes)
    return first, columns, _Days(codes, grown.mark, grown.steps, *flows, records)


def _flows(
    trades: pd.DataFrame, dates: NDArray[np.datetime64], codes: list[str]
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Return rights, other shares traded, yuan paid for corporate events, and delistings by day."""
    place = _place(trades, dates, codes)
    reason = trades["reason"].astype("str").to_numpy()
    amount = trades["amount"].to_numpy(dtype=np.float64)
    signed = trades["quantity"].to_numpy(np.float64) * np.where(trades["side"] == "buy", 1.0, -1.0)
    is_right, is_gone = reason == "rights", reason == "delisting"
    shape = (len(dates), len(codes))
    rights, traded, paid = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    np.add.at(rights, place, np.where(is_right, signed, 0.0))
    np.add.at(traded, place, np.where(is_right | is_gone, 0.0, signed))
    np.add.at(paid, place, np.where(is_right, amount, np.where(is_gone, -amount, 0.0)))
    gone = np.zeros(shape, dtype=np.bool_)
    gone[place[0][is_gone], place[1][is_gone]] = True
    return rights, traded, paid, gone


def _records(result: Record, dates: NDArray[np.datetime64], codes: list[str]) -> Floats:
    """Return the holdings on record, NaN on the other days."""
    table = np.full((len(dates), len(codes)), np.nan)
    place = _place(result.positions, dates, codes)
    table[np.unique(place[0])] = 0.0
    table[place] = result.positions["shares"].to_numpy(dtype=np.float64)
    return table


def _place(
    rows: pd.DataFrame, dates: NDArray[np.datetime64], codes: list[str]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the day and the stock of each row."""
    day = np.searchsorted(dates, rows["date"].to_numpy().astype("datetime64[D]"))
    return day, np.asarray(pd.Index(codes).get_indexer(pd.Index(rows["code"])), dtype=np.intp)


class _Grown(NamedTuple):
    """Where shares do not grow by the market's adjustment factor alone, a row a cell; and rights.

    All [M]: row of the span, column of the market, what a share becomes; shares offered for it, and
    yuan paid for them.
    """

    day: Ints
    stock: Ints
    step: Floats
    shares: Floats
    paid: Floats


def _grown(table: pd.DataFrame, market: Market, span: slice) -> _Grown:
    """Return what the actions of a span make of shares, of all stocks that have any."""
    codes = np.asarray(market.codes)
    columns = np.flatnonzero(np.isin(codes, table["code"].to_numpy(dtype=str)))
    given = np.asarray(market.panel("adj_factor")[span][:, columns], dtype=np.float64)
    book, _, factor, _ = action_book(
        table, np.asarray(market.dates[span]), codes[columns],
        np.asarray(market.panel("mark")[span][:, columns]), given,
        np.asarray(market.panel("pre_close")[span.start + 1 : span.stop][:, columns]),
        np.zeros(len(columns), dtype=np.int64),  # held is held, whenever it may be sold
    )  # fmt: skip
    raw, steps = _steps(given), _steps(factor)
    day = np.repeat(np.arange(1, len(factor)), np.diff(book.pointer))
    steps[day, book.stock] = 1.0 + book.bonus
    told = (steps != raw) & ~(np.isnan(steps) & np.isnan(raw))
    told[day, book.stock] = True
    rows, stocks = np.nonzero(told)
    shares, paid = np.zeros((2, rows.size))
    at = np.searchsorted(rows * len(columns) + stocks, day * len(columns) + book.stock)
    shares[at], paid[at] = book.rights, book.rights * book.rights_price
    return _Grown(rows, columns[stocks], steps[rows, stocks], shares, paid)


def _steps(factor: Floats) -> Floats:
    """Return each day's factor over that of the day before; 1 in the first row."""
    return np.vstack([np.ones((1, factor.shape[1])), factor_steps(factor)])
