"""The book at a close: what is held, what it is worth, how far it is hedged."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from quanthedge.backtesting import Prepared
from quanthedge.daily.holdings import Cash, Holdings, Left
from quanthedge.daily.wording import Note, note
from quanthedge.errors import DataError
from quanthedge.ledger import (
    LedgerInputs,
    LedgerState,
    RealBook,
    equity_of,
    hedge_of,
    lay_book,
    layout,
    targets_of,
)
from quanthedge.typing import Floats

__all__ = ["Book", "Holding", "drawn_up", "no_run_state"]


class Holding(NamedTuple):
    """Shares or signed lots, the price of one (points for contracts) and the value, yuan."""

    quantity: int
    price: float
    value: float


@dataclass(frozen=True)
class Book:
    """What is held at a close.

    Attributes
    ----------
    stocks, futures : dict of Holding
        By code and contract; a short contract has a value below 0.
    stock_cash, futures_cash, receivable, payable, loan, equity, margin_required : float
        Yuan.
    beta : float
        Of the stocks to the hedged index, by the betas known at the close of the decision; NaN
        without stocks, or where the hedge goes by something else.
    """

    stocks: dict[str, Holding]
    futures: dict[str, Holding]
    stock_cash: float
    futures_cash: float
    receivable: float
    payable: float
    loan: float
    equity: float
    margin_required: float
    beta: float

    @classmethod
    def of(
        cls, state: LedgerState, prepared: Prepared, inputs: LedgerInputs, row: int,
        beta_row: int | None = None,
    ) -> "Book":  # fmt: skip
        """Return the book in a state, at the prices of row ``row`` (the close before that day)."""
        known = row if beta_row is None else beta_row
        marks, codes = inputs.bars.mark[row], prepared.market.codes
        held = np.flatnonzero(state.shares > 0.0)
        stocks = {
            str(codes[i]): Holding(
                int(state.shares[i]), float(marks[i]), float(state.shares[i] * marks[i])
            )
            for i in held
        }
        future, futures, required = inputs.futures, {}, 0.0
        for c in np.flatnonzero(state.lots):
            price = float(future.settlement[row, c])
            value = float(state.lots[c] * future.multiplier[future.product[c]] * price)
            futures[prepared.leg.contracts[c]] = Holding(int(state.lots[c]), price, value)
            required += abs(value) * float(future.margin_rate[row, c])
        scalars = state.scalars
        return cls(
            stocks,
            futures,
            float(scalars[layout.STOCK_CASH]),
            float(scalars[layout.FUTURES_CASH]),
            float(scalars[layout.RECEIVABLE]),
            float(scalars[layout.PAYABLE]),
            float(scalars[layout.LOAN]),
            equity_of(state),
            required,
            _beta(state.shares * np.nan_to_num(marks), inputs, known),
        )

    @property
    def stock_value(self) -> float:
        """Return the value of the stocks, yuan."""
        return sum(one.value for one in self.stocks.values())

    @property
    def futures_value(self) -> float:
        """Return the value of the contracts, yuan; below 0: sold short."""
        return sum(one.value for one in self.futures.values())

    def figures(self) -> dict[str, float]:
        """Return what the book comes to, by the keys of words.toml."""
        stocks, futures, equity = self.stock_value, self.futures_value, self.equity
        return {
            "equity": equity,
            "stock_value": stocks,
            "stock_cash": self.stock_cash,
            "futures_cash": self.futures_cash,
            "margin_required": self.margin_required,
            "futures_notional": -futures,
            "names": float(len(self.stocks)),
            "invested": stocks / equity,
            "hedge_ratio": -futures / stocks if stocks else np.nan,
            "net_exposure": (stocks + futures) / equity,
            "beta": self.beta,
            "net_beta": (self.beta * stocks + futures) / equity if stocks else futures / equity,
        }


def _beta(values: Floats, inputs: LedgerInputs, row: int) -> float:
    """Return the beta of holdings to the first index, those without one at the default."""
    hedge, total = hedge_of(inputs.hedge, 0), values.sum()
    if not total > 0.0:
        return float("nan")
    own = hedge.beta[row, :, 0]
    return float((values * np.where(np.isnan(own), hedge.default_beta, own)).sum() / total)


def no_run_state(
    prepared: Prepared, inputs: LedgerInputs, t: int, notes: list[Note]
) -> LedgerState:
    """Return the state of an account of which no run is known, before its book is laid.

    The targets of days before are done; the hedge was last reviewed on the last rebalance.
    """
    state = LedgerState.opening(inputs)
    days = targets_of(inputs.targets, 0).trade_days
    done = int((days < t).sum())
    state.scalars[layout.NEXT_REBALANCE] = done
    if done:
        state.last_level[:] = hedge_of(inputs.hedge, 0).index_level[int(days[done - 1])]
    notes.append(note("no_run", date=str(prepared.dates[int(days[done - 1]) + 1]) if done else "-"))
    return state


def drawn_up(
    held: Holdings, cash: Cash, state: LedgerState, prepared: Prepared, inputs: LedgerInputs,
    t: int, *, retry: bool,
) -> Book:  # fmt: skip
    """Lay what is really held into the state and return the book; what has no place is named.

    ``retry`` says that the orders not yet done are not known: names that the last rebalance wanted
    and that are not held at all, and those held that it did not want, are tried again for as long
    as the strategy tries.

    Raises
    ------
    DataError
        The book has no equity.
    """
    codes = {str(code): i for i, code in enumerate(prepared.market.codes)}
    contracts = {name: c for c, name in enumerate(prepared.leg.contracts)}
    shares, locked = np.zeros(state.shares.size), np.zeros(state.shares.size)
    lots = np.zeros(state.lots.size)
    for code, one in held.stocks.items():
        i = codes.get(code)
        why = "not_in_data" if i is None else _without_place(inputs, i, t)
        if i is None or why:
            told = {"shares": f"{one.shares:,}"}
            held.left.append(Left(str(prepared.dates[t]), code, why, told))
            continue
        shares[i], locked[i] = one.shares, one.frozen
    for name, count in held.futures.items():
        c = contracts.get(name)
        if c is None or np.isnan(inputs.futures.settlement[t, c]):
            told = {"lots": f"{count:+,}"}
            held.left.append(Left(str(prepared.dates[t]), name, "contract_unknown", told))
            continue
        lots[c] = count
    book = RealBook(
        shares, locked, lots, cash.stock_cash, cash.futures_equity, cash.fees_payable,
        cash.dividends_receivable, cash.loan,
    )  # fmt: skip
    lay_book(state, book, inputs, t)
    if equity_of(state) <= 0.0:
        raise DataError(f"orders: the book's equity is {equity_of(state):,.2f} yuan")
    if retry:
        _try_again(state, inputs, t)
    return Book.of(state, prepared, inputs, t)


def _without_place(inputs: LedgerInputs, stock: int, t: int) -> str:
    """Return why shares cannot be laid: gone before the close, or never priced; "" if they can."""
    if inputs.bars.delist[stock] < t:
        return "delisted"
    return "no_price" if np.isnan(inputs.bars.mark[t, stock]) else ""


def _try_again(state: LedgerState, inputs: LedgerInputs, t: int) -> None:
    """Ask again for whole names of the last rebalance that are missing, or still there."""
    targets, bars, stocks = targets_of(inputs.targets, 0), inputs.bars, inputs.stocks
    r = int(state.scalars[layout.NEXT_REBALANCE]) - 1
    if r < 0 or (targets.trade_days == t).any():
        return
    left = inputs.settings.retry_days - (t - int(targets.trade_days[r])) + 1
    # fills of the days after a rebalance are hedged on the day after them
    state.scalars[layout.UNFINISHED] = float(left >= 0)
    if left <= 0:
        return
    some = slice(int(targets.pointer[r]), int(targets.pointer[r + 1]))
    wanted, weights = targets.stocks[some], targets.weights[some]
    missing = state.shares[wanted] == 0.0
    for i, weight in zip(wanted[missing], weights[missing], strict=True):
        reference = bars.mark[t, i] * bars.adj_factor[t, i] / bars.adj_factor[t + 1, i]
        if t >= bars.delist[i] or not reference > 0.0:
            continue
        shares = weight * equity_of(state) / reference
        if shares >= stocks.lot[i]:
            steps = np.floor((shares - stocks.lot[i]) / stocks.step[i])
            state.pending[i] = stocks.lot[i] + steps * stocks.step[i]
    unwanted = np.setdiff1d(np.flatnonzero(state.shares > 0.0), wanted)
    state.pending[unwanted] = 0.0
    state.scalars[layout.DAYS_LEFT] = left if np.isfinite(state.pending).any() else 0.0
