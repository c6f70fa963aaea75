"""Tomorrow's orders: one more day of the ledger, from the book that is really held.

Decided at the close of a day by the code of the backtest: the market is cut there and given the
next trading day at the last closes (:func:`quanthedge.market.with_next_day`), the strategy is
prepared on it, the book is laid into the ledger's state, and the ledger runs the day. What it
trades are the orders; what it refuses cannot be traded; what it moves between the accounts is
transferred. Nothing of a day after the close is looked at.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.backtesting import Prepared, Result, names_of, prepare
from quanthedge.daily.book import Book, drawn_up, no_run_state
from quanthedge.daily.holdings import Cash, Holdings, read_cash, read_holdings
from quanthedge.daily.lists import order_list, refused_list, transfer_list
from quanthedge.daily.reasons import Reasons
from quanthedge.daily.resume import check_maker, check_past, kept, resume
from quanthedge.daily.wording import Note, note
from quanthedge.errors import DataError, StrategyError
from quanthedge.ledger import (
    LedgerInputs,
    LedgerState,
    SleeveTargets,
    TargetBook,
    laid_state,
    run_ledger,
    targets_of,
    without_closing,
)
from quanthedge.market import Market, next_trading_day, with_next_day
from quanthedge.strategy import Strategy
from quanthedge.typing import Tell

__all__ = ["Orders", "orders_for"]


@dataclass(frozen=True)
class Orders:
    """What is to be traded on the next trading day, and why.

    Attributes
    ----------
    strategy : Strategy
    market_name, fingerprint : str
    date, day : str
        The close at which was decided, and the day on which is traded.
    orders : DataFrame
        A row an order: account, code, name, side, offset (futures), quantity, reference_price
        (last close), limit_up, limit_down, amount, fees, impact, usual_volume, participation,
        reason, reason_en, reason_zh.
    refused : DataFrame
        What cannot be traded, and rows of the files that are not taken: code, name, side, wanted,
        done, reason, reason_en, reason_zh.
    transfers : DataFrame
        Money between the accounts: from, to, yuan, reason_en, reason_zh.
    book : DataFrame
        Each stock and contract before and after: kind, code, name, before, after, price, value,
        weight_before, weight_after.
    totals : DataFrame
        Equity, accounts, margin, beta, net exposure: before and after.
    notes : list of dict
        What a trader must know, in both languages.
    """

    strategy: Strategy
    market_name: str
    fingerprint: str
    date: str
    day: str
    orders: pd.DataFrame
    refused: pd.DataFrame
    transfers: pd.DataFrame
    book: pd.DataFrame
    totals: pd.DataFrame
    notes: list[Note]

    def __repr__(self) -> str:
        return (
            f"<Orders of {self.strategy.name!r} for {self.day}: {len(self.orders)} orders, "
            f"{len(self.refused)} not tradable>"
        )


def orders_for(
    strategy: Strategy,
    market: Market,
    date: str | None = None,
    *,
    holdings: Holdings | str | Path | Iterable[str | Path] | None = None,
    cash: Cash | str | Path | None = None,
    run: Result | str | Path | None = None,
    start: str | None = None,
    rebalance: bool = False,
    next_day: str | None = None,
    tell: Tell | None = None,
) -> Orders:
    """Return the orders of the trading day after a close, with a reason for each.

    Parameters
    ----------
    strategy : Strategy
    market : Market
    date : date, optional
        Close at which is decided; the market's last day by default.
    holdings, cash : files or what was read of them
        What is really held at that close. Without them, what the run holds.
    run : Result or path, optional
        A run of the strategy up to the close or before it (it then goes on to it): its start, its
        open orders and its last review of the hedge are taken over.
    start : date, optional
        First trading day of the fund, from which schedules are counted; that of the run, else the
        first day that the data allow.
    rebalance : bool
        Rebalance even if the day is none of the schedule.
    next_day : date, optional
        Next trading day, where the market's calendar does not tell it.
    tell : callable, optional

    Returns
    -------
    Orders

    Raises
    ------
    DataError
        Neither holdings nor a run are given, a file cannot be read, or the dates do not fit.
    StrategyError, RuleError
        As :func:`quanthedge.backtest`.

    Notes
    -----
    Prices are the last closes, so that quantities and costs are estimates. Of the next day are
    known its ex-dates, names, limits and listings. A stock that did not trade on the last day is
    taken not to trade on the next.
    """
    say = tell or (lambda _text: None)
    known = market if date is None else market.until(market.dates[market.day(date)])
    close = str(known.dates[-1])
    if (holdings is None) != (cash is None):
        raise DataError("orders: holdings and cash are given together, or neither (with a run)")
    if holdings is None and run is None:
        raise DataError("orders: give what is held (holdings and cash), or a run of the strategy")
    earlier = None if run is None else _run_until(run, known, strategy, tell)
    begun = start if earlier is None else earlier.market_info["start"]
    ahead = with_next_day(known, None, next_day)
    day = str(ahead.dates[-1])
    prepared = prepare(strategy, ahead, begun, day, tell=say)
    inputs, forced = _with_rebalance(prepared, day, wanted=rebalance)
    inputs = without_closing(inputs)
    say("running the ledger")
    t = inputs.days.size - 1
    notes = _day_notes(known, day, next_day)
    if earlier is None:
        state = no_run_state(prepared, inputs, t, notes)
    else:
        check_past(earlier, prepared)
        state = _state_of(earlier, prepared, inputs)
    held = None
    if holdings is not None and cash is not None:
        held = holdings if isinstance(holdings, Holdings) else read_holdings(holdings)
        held = replace(held, left=list(held.left))
        money = cash if isinstance(cash, Cash) else read_cash(cash)
        before = drawn_up(held, money, state, prepared, inputs, t, retry=earlier is None)
    else:
        before = Book.of(state, prepared, inputs, t)
    record = run_ledger(inputs, state, t)
    if record.insolvent_day is not None:
        raise DataError("orders: the book has no equity left; nothing can be ordered")
    after = Book.of(state, prepared, inputs, t + 1, beta_row=t)
    reasons = Reasons(prepared, inputs, t, before, record, held)
    return Orders(
        strategy=strategy,
        market_name=market.name,
        fingerprint=known.fingerprint,
        date=close,
        day=day,
        orders=order_list(prepared, inputs, t, record, reasons),
        refused=refused_list(prepared, inputs, t, record, before, held, reasons),
        transfers=transfer_list(inputs, t, before, after, record),
        book=_book(before, after, reasons),
        totals=_totals(before, after),
        notes=[*notes, *_rebalance_notes(inputs, t, forced=forced)],
    )


def _run_until(
    run: Result | str | Path, known: Market, strategy: Strategy, tell: Tell | None
) -> Result:
    """Return a run at the close: as it is, or gone on to it."""
    earlier = run if isinstance(run, Result) else Result.open(run)
    check_maker(earlier, strategy)
    done, close = f"{earlier.ledger.index[-1]:%Y-%m-%d}", str(known.dates[-1])
    if done > close:
        raise DataError(f"orders: the run ends on {done}, after the close of {close}")
    if done < close:
        earlier = resume(earlier, known, tell=tell)
    kept(earlier)
    return earlier


def _state_of(earlier: Result, prepared: Prepared, inputs: LedgerInputs) -> LedgerState:
    """Return the run's state on the inputs that end with the next day."""
    state, past = kept(earlier)
    own = past["book_return"].to_numpy(dtype=np.float64)[1:]
    return laid_state(state, own, inputs, names_of(prepared))[0]


def _with_rebalance(prepared: Prepared, day: str, *, wanted: bool) -> tuple[LedgerInputs, bool]:
    """Return the inputs with targets for the last day where they are asked for and there are none.

    A fund that begins on the day decides its targets at the close before it.
    """
    inputs = prepared.inputs
    book, t = targets_of(inputs.targets, 0), inputs.days.size - 1
    if not wanted or (book.trade_days == t).any():
        return inputs, False
    fresh = targets_of(prepare(prepared.strategy, prepared.market, day, day).inputs.targets, 0)
    if fresh.trade_days.size != 1:
        raise StrategyError("orders: the strategy gives no targets for a rebalance on the day")
    joined = SleeveTargets(
        np.append(book.trade_days, t),
        np.append(book.pointer, book.pointer[-1] + fresh.pointer[-1]),
        np.concatenate([book.stocks, fresh.stocks]),
        np.concatenate([book.weights, fresh.weights]),
    )
    return inputs._replace(targets=TargetBook.of([joined])), True


def _day_notes(known: Market, day: str, given: str | None) -> list[Note]:
    """Return what is to be said of the day on which is traded."""
    if given is None and day > str(known.calendar[-1]):
        return [note("guessed_day", day=day)]
    if given is not None and str(next_trading_day(known)) != day:
        return [note("given_day", day=day, calendar=str(next_trading_day(known)))]
    return []


def _rebalance_notes(inputs: LedgerInputs, t: int, *, forced: bool) -> list[Note]:
    if forced:
        return [note("forced")]
    planned = (targets_of(inputs.targets, 0).trade_days == t).any()
    return [note("rebalance_day" if planned else "no_rebalance")]


def _book(before: Book, after: Book, reasons: Reasons) -> pd.DataFrame:
    """Return what is held before and after, the largest changes of weight first."""
    rows: list[dict[str, Any]] = []
    for kind, old, new in (
        ("stock", before.stocks, after.stocks),
        ("futures", before.futures, after.futures),
    ):
        for code in sorted(old.keys() | new.keys()):
            one, other = old.get(code), new.get(code)
            there = other or one
            if there is None:
                continue
            rows.append(
                {
                    "kind": kind,
                    "code": code,
                    "name": reasons.name(code),
                    "before": 0 if one is None else one.quantity,
                    "after": 0 if other is None else other.quantity,
                    "price": there.price,
                    "value": 0.0 if other is None else other.value,
                    "weight_before": 0.0 if one is None else one.value / before.equity,
                    "weight_after": 0.0 if other is None else other.value / after.equity,
                }
            )
    frame = pd.DataFrame(rows, columns=list(_BOOK))
    change = (frame["weight_after"] - frame["weight_before"]).abs()
    return frame.loc[change.sort_values(ascending=False, kind="stable").index].reset_index(
        drop=True
    )


_BOOK = (
    "kind", "code", "name", "before", "after", "price", "value", "weight_before", "weight_after",
)  # fmt: skip


def _totals(before: Book, after: Book) -> pd.DataFrame:
    """Return the figures of the book before and after, by name."""
    return pd.DataFrame(
        {"before": before.figures(), "after": after.figures()}, columns=["before", "after"]
    ).rename_axis("figure")
