"""Tomorrow's orders: one more day of the ledger, from the book that is really held.

Decided at the close of a day by the code of the backtest: the market is cut there and given the
next trading day at the last closes (:meth:`quanthedge.Market.with_next_day`), the strategy is
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
from quanthedge.cards import Card, Carded, Cell
from quanthedge.daily.book import Book, Holding, drawn_up, no_run_state
from quanthedge.daily.holdings import Cash, Holdings, read_cash, read_holdings
from quanthedge.daily.lists import order_list, refused_list, traded_by_several, transfer_list
from quanthedge.daily.reasons import Reasons
from quanthedge.daily.resume import check_maker, check_past, kept, resume
from quanthedge.daily.wording import Note, note
from quanthedge.errors import DataError, StrategyError
from quanthedge.ledger import (
    FundState,
    LedgerInputs,
    LedgerState,
    SleeveTargets,
    TargetBook,
    run_ledger,
)
from quanthedge.market import Market
from quanthedge.strategy import Strategy
from quanthedge.typing import Language, Tell
from quanthedge.words import LANGUAGES, Bilingual, filled, in_both, texts

__all__ = ["Orders", "orders_for"]


@dataclass(frozen=True, repr=False)
class Orders(Carded):
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
        reason, reason_en, reason_zh; of a strategy with sleeves also ``sleeve``, the label.
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

    def card(self) -> Card:
        """Return how much is bought and sold, and what to call next."""
        said, table = texts("quanthedge.daily", "card"), self.orders
        stocks = table[table["account"] == "stock"]
        futures = table[table["account"] != "stock"]
        bought, sold = stocks[stocks["side"] == "buy"], stocks[stocks["side"] == "sell"]
        rows: list[tuple[Cell, ...]] = [
            (said["buy"], f"{len(bought):,}", f"{bought['amount'].sum():,.0f}"),
            (said["sell"], f"{len(sold):,}", f"{sold['amount'].sum():,.0f}"),
            (said["futures"], f"{futures['quantity'].sum():,.0f}",
             f"{futures['amount'].sum():,.0f}"),
            (said["refused"], f"{len(self.refused):,}"),
            (said["transfers"], f"{len(self.transfers):,}", f"{self.transfers['yuan'].sum():,.0f}"),
        ]  # fmt: skip
        facts = [in_both(said["decided"], date=self.date, market=self.market_name)]
        if self.notes:
            facts.append(in_both(said["notes"], n=len(self.notes)))
        steps = [
            ("orders.orders", said["orders"]),
            ("orders.refused", said["blocked"]),
            ("orders.totals", said["totals"]),
        ]
        title: Bilingual = {
            code: filled(said["title"][code], code, name=self.strategy.called(code), day=self.day)
            for code in LANGUAGES
        }
        return Card(title, facts, rows, steps, heads=[said["count"], said["amount"]])

    def text(self, language: Language) -> str:
        """Return the summary that a terminal shows."""
        from quanthedge.daily.page import orders_text

        return orders_text(self, language)

    def page(self, language: Language) -> str:
        """Return a page that needs nothing beside it, HTML."""
        from quanthedge.daily.page import orders_page

        return orders_page(self, language)

    def csv(self, table: str, language: Language) -> bytes:
        """Return a table as CSV for Excel: "orders", "refused", "transfers", "book", "totals"."""
        from quanthedge.daily.order_files import own_csv

        return own_csv(self, table, language)

    def files(
        self, systems: Iterable[str], *, account: str = "", futures_account: str = ""
    ) -> dict[str, bytes]:
        """Return files for order systems by name; an order a code, the net of all sleeves.

        Parameters
        ----------
        systems : iterable of str
            Of :data:`quanthedge.daily.SYSTEMS`.
        account, futures_account : str, optional
            The user's own, as the system knows them.

        Raises
        ------
        StrategyError
            A system is not known.
        """
        from quanthedge.daily.order_files import Accounts, order_files

        return order_files(self, systems, Accounts(account, futures_account))


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

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> result = qh.backtest(strategy, market, "2014-09-17", "2014-12-31")
    >>> orders = qh.orders_for(strategy, market, "2014-12-31", run=result)
    >>> orders.day, len(orders.orders)
    ('2015-01-05', 40)
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
    ahead = known.with_next_day(None, next_day)
    day = str(ahead.dates[-1])
    prepared = prepare(strategy, ahead, begun, day, tell=say)
    inputs, forced = _with_rebalance(prepared, day, wanted=rebalance)
    inputs = inputs.without_closing()
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
        held = replace(held, left=list(held.left), sleeves=dict(held.sleeves))
        money = cash if isinstance(cash, Cash) else read_cash(cash)
        before = drawn_up(held, money, state, prepared, inputs, t, retry=earlier is None)
    else:
        before = Book.of(state, prepared, inputs, t)
    record = run_ledger(inputs, state, t)
    if record.insolvent_day is not None:
        raise DataError("orders: the book has no equity left; nothing can be ordered")
    after = Book.of(state, prepared, inputs, t + 1, beta_row=t)
    reasons = Reasons(prepared, inputs, t, before, record, held)
    orders = order_list(prepared, inputs, t, record, reasons)
    several = traded_by_several(orders)
    if several:
        notes.append(note("several", count=several))
    return Orders(
        strategy=strategy,
        market_name=market.name,
        fingerprint=known.fingerprint,
        date=close,
        day=day,
        orders=orders,
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


def _state_of(earlier: Result, prepared: Prepared, inputs: LedgerInputs) -> LedgerState | FundState:
    """Return the run's state on the inputs that end with the next day."""
    state, past = kept(earlier)
    own = past["book_return"].to_numpy(dtype=np.float64)[1:]
    return names_of(prepared).state_laid(state, own, inputs)[0]


def _with_rebalance(prepared: Prepared, day: str, *, wanted: bool) -> tuple[LedgerInputs, bool]:
    """Return the inputs with targets for the last day where they are asked for and there are none.

    A fund that begins on the day decides its targets at the close before it.
    """
    inputs = prepared.inputs
    book, t = inputs.targets.sleeve(0), inputs.days.size - 1
    if not wanted or (book.trade_days == t).any():
        return inputs, False
    fresh = prepare(prepared.strategy, prepared.market, day, day).inputs.targets.sleeve(0)
    if not (fresh.trade_days == 0).any():
        raise StrategyError("orders: the strategy gives no targets for a rebalance on the day")
    done = int((book.trade_days < t).sum())  # what another sleeve has more stands at the end
    kept = int(book.pointer[done])
    some = slice(int(fresh.pointer[0]), int(fresh.pointer[1]))
    joined = SleeveTargets.of_stocks(
        np.append(book.trade_days[:done], t),
        np.append(book.pointer[: done + 1], kept + some.stop - some.start),
        np.concatenate([book.stocks[:kept], fresh.stocks[some]]),
        np.concatenate([book.weights[:kept], fresh.weights[some]]),
    )
    count = len(prepared.strategy.sleeves)
    others = [inputs.targets.sleeve(s) for s in range(1, count + 1)]
    return inputs._replace(targets=TargetBook.of([joined, *others])), True


def _day_notes(known: Market, day: str, given: str | None) -> list[Note]:
    """Return what is to be said of the day on which is traded."""
    if given is None and day > str(known.calendar[-1]):
        return [note("guessed_day", day=day)]
    if given is not None and str(known.next_trading_day()) != day:
        return [note("given_day", day=day, calendar=str(known.next_trading_day()))]
    return []


def _rebalance_notes(inputs: LedgerInputs, t: int, *, forced: bool) -> list[Note]:
    if forced:
        return [note("forced")]
    planned = (inputs.targets.sleeve(0).trade_days == t).any()
    return [note("rebalance_day" if planned else "no_rebalance")]


def _book(before: Book, after: Book, reasons: Reasons) -> pd.DataFrame:
    """Return what is held before and after by sleeve, the largest changes of weight first."""
    rows: list[dict[str, Any]] = []
    for label, old in before.sleeves.items():
        new = after.sleeves[label]
        for kind, one, other in (
            ("stock", old.stocks, new.stocks),
            ("futures", old.futures, new.futures),
        ):
            for code in sorted(one.keys() | other.keys()):
                row = _changed(one.get(code), other.get(code), before.equity, after.equity)
                named = {"sleeve": label, "kind": kind, "code": code, "name": reasons.name(code)}
                rows.append(named | row)
    several = len(before.sleeves) > 1
    frame = pd.DataFrame(rows, columns=["sleeve", *_BOOK] if several else list(_BOOK))
    change = (frame["weight_after"] - frame["weight_before"]).abs()
    return frame.loc[change.sort_values(ascending=False, kind="stable").index].reset_index(
        drop=True
    )


def _changed(
    old: Holding | None, new: Holding | None, before: float, after: float
) -> dict[str, Any]:
    """Return quantity, price, value and weights of a holding before and after; equity in yuan."""
    there = new or old or Holding(0, np.nan, 0.0)
    return {
        "before": 0 if old is None else old.quantity,
        "after": 0 if new is None else new.quantity,
        "price": there.price,
        "value": 0.0 if new is None else new.value,
        "weight_before": 0.0 if old is None else old.value / before,
        "weight_after": 0.0 if new is None else new.value / after,
    }


_BOOK = (
    "kind", "code", "name", "before", "after", "price", "value", "weight_before", "weight_after",
)  # fmt: skip


def _totals(before: Book, after: Book) -> pd.DataFrame:
    """Return the figures of the book before and after, by name."""
    return pd.DataFrame(
        {"before": before.figures(), "after": after.figures()}, columns=["before", "after"]
    ).rename_axis("figure")
