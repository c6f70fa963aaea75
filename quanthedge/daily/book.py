"""The book at a close: what is held, what it is worth, how far it is hedged."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from quanthedge.backtesting import Prepared
from quanthedge.daily.holdings import Cash, Holdings, Left
from quanthedge.daily.wording import Note, note
from quanthedge.errors import DataError
from quanthedge.ledger import FundState, LedgerInputs, LedgerState, RealBook, layout, opening_state
from quanthedge.typing import Bools, Floats

__all__ = ["Book", "Holding", "Part", "drawn_up", "no_run_state"]


class Holding(NamedTuple):
    """Shares or signed lots, the price of one (points for contracts) and the value, yuan."""

    quantity: int
    price: float
    value: float


class Part(NamedTuple):
    """What a sleeve holds: stocks by code, contracts by name."""

    stocks: dict[str, Holding]
    futures: dict[str, Holding]


@dataclass(frozen=True)
class Book:
    """What is held at a close.

    Attributes
    ----------
    stocks, futures : dict of Holding
        Of the account, by code and contract; a short contract has a value below 0.
    stock_cash, futures_cash, receivable, payable, loan, equity, margin_required : float
        Yuan.
    beta : float
        Of the stocks to the hedged index, by the betas known at the close of the decision; NaN
        without stocks, or where the hedge goes by something else.
    sleeves : dict of Part
        What of it is each sleeve's, by its label; the strategy's own ``stocks`` first.
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
    sleeves: "dict[str, Part]"

    @classmethod
    def of(
        cls, state: LedgerState | FundState, prepared: Prepared, inputs: LedgerInputs, row: int,
        beta_row: int | None = None,
    ) -> "Book":  # fmt: skip
        """Return the book in a state, at the prices of row ``row`` (the close before that day)."""
        known = row if beta_row is None else beta_row
        parts = state.of_sleeves()
        shares = np.sum([one.shares for one in parts], axis=0)
        lots = np.stack([one.lots for one in parts])
        there = (lots != 0.0).any(axis=0)  # also lots of two sleeves that make none of the account
        whole = _part(shares, lots.sum(axis=0), there, prepared, inputs, row)
        labels = ("stocks", *(one.label for one in prepared.strategy.sleeves))
        own = [_part(one.shares, one.lots, one.lots != 0.0, prepared, inputs, row) for one in parts]
        scalars = state.scalars
        return cls(
            whole.stocks,
            whole.futures,
            float(scalars[layout.STOCK_CASH]),
            float(scalars[layout.FUTURES_CASH]),
            float(scalars[layout.RECEIVABLE]),
            float(scalars[layout.PAYABLE]),
            float(scalars[layout.LOAN]),
            state.equity,
            _margin(own, prepared, inputs, row),
            _beta(shares * np.nan_to_num(inputs.bars.mark[row]), inputs, known),
            dict(zip(labels, own, strict=True)),
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


def _part(
    shares: Floats, lots: Floats, there: Bools, prepared: Prepared, inputs: LedgerInputs, row: int
) -> Part:
    """Return holdings by name; ``there`` are the contracts that are named, [C]."""
    marks, codes, future = inputs.bars.mark[row], prepared.market.codes, inputs.futures
    stocks = {
        str(codes[i]): Holding(int(shares[i]), float(marks[i]), float(shares[i] * marks[i]))
        for i in np.flatnonzero(shares > 0.0)
    }
    futures = {}
    for c in np.flatnonzero(there):
        price = float(future.settlement[row, c])
        value = float(lots[c] * future.multiplier[future.product[c]] * price)
        futures[prepared.leg.contracts[c]] = Holding(int(lots[c]), price, value)
    return Part(stocks, futures)


def _margin(parts: list[Part], prepared: Prepared, inputs: LedgerInputs, row: int) -> float:
    """Return the margin of the lots of all sleeves, of the larger side where that is the rule."""
    rate, place = inputs.futures.margin_rate[row], prepared.leg.contracts.index
    asked = [
        one.value * float(rate[place(name)]) for part in parts for name, one in part.futures.items()
    ]
    long = sum((one for one in asked if one > 0.0), 0.0)
    short = sum((-one for one in asked if one < 0.0), 0.0)
    return max(long, short) if inputs.futures.larger_side[row] else sum(map(abs, asked), 0.0)


def _beta(values: Floats, inputs: LedgerInputs, row: int) -> float:
    """Return the beta of holdings to the first index, those without one at the default."""
    hedge, total = inputs.hedge.sleeve(0), values.sum()
    if not total > 0.0:
        return float("nan")
    own = hedge.beta[row, :, 0]
    return float((values * np.where(np.isnan(own), hedge.default_beta, own)).sum() / total)


def no_run_state(
    prepared: Prepared, inputs: LedgerInputs, t: int, notes: list[Note]
) -> LedgerState | FundState:
    """Return the state of an account of which no run is known, before its book is laid.

    The targets of days before are done; the hedge was last reviewed on the last rebalance.
    """
    state = opening_state(inputs)
    own = _own(state)
    for s, one in enumerate(state.of_sleeves()):
        days = inputs.targets.sleeve(s).trade_days
        done = int((days < t).sum())
        own[s, layout.NEXT_REBALANCE - layout.OWN] = done
        if done:
            one.last_level[:] = inputs.hedge.sleeve(s).index_level[int(days[done - 1])]
    days = inputs.targets.sleeve(0).trade_days
    done = int((days < t).sum())
    notes.append(note("no_run", date=str(prepared.dates[int(days[done - 1]) + 1]) if done else "-"))
    if len(own) > 1:
        notes.append(note("no_run_sleeves"))
    return state


def _own(state: LedgerState | FundState) -> Floats:
    """Return what is each sleeve's own of the scalars, [S, ..], to be written into."""
    return state.own if isinstance(state, FundState) else state.scalars[None, layout.OWN :]


def drawn_up(
    held: Holdings, cash: Cash, state: LedgerState | FundState, prepared: Prepared,
    inputs: LedgerInputs, t: int, *, retry: bool,
) -> Book:  # fmt: skip
    """Lay what is really held into the state and return the book; what has no place is named.

    ``retry`` says that the orders not yet done are not known: names that the last rebalance of a
    sleeve wanted and that are not held at all, and those held that it did not want, are tried again
    for as long as the strategy tries.

    Raises
    ------
    DataError
        The book has no equity, or a row is of a sleeve that the strategy does not have.
    """
    parts = [held, *_of_sleeves(held, prepared)]
    sizes = len(parts), len(prepared.market.codes), len(prepared.leg.contracts)
    shares, locked = np.zeros(sizes[:2]), np.zeros(sizes[:2])
    lots = np.zeros((sizes[0], state.lots.shape[-1]))
    for s, part in enumerate(parts):
        _lay_part(part, held.left, prepared, inputs, t, shares[s], locked[s], lots[s])
    book = RealBook(
        shares, locked, lots, cash.stock_cash, cash.futures_equity, cash.fees_payable,
        cash.dividends_receivable, cash.loan,
    )  # fmt: skip
    book.lay(state, inputs, t)
    if state.equity <= 0.0:
        raise DataError(f"orders: the book's equity is {state.equity:,.2f} yuan")
    if retry:
        for s in range(len(parts)):
            _try_again(state, inputs, t, s)
    return Book.of(state, prepared, inputs, t)


def _of_sleeves(held: Holdings, prepared: Prepared) -> list[Holdings]:
    """Return what each sleeve beside the stocks holds; a file may call it by either name."""
    sleeves = prepared.strategy.sleeves
    known = {name: one.label for one in sleeves for name in (one.label, one.label_zh) if name}
    unknown = next((name for name in held.sleeves if name not in known), None)
    if unknown is not None:
        accepted = ", ".join(["stocks", *(one.label for one in sleeves)])
        raise DataError(f"holdings: sleeve {unknown[:30]!r}; accepted: {accepted}")
    found = {one.label: Holdings({}, {}) for one in sleeves}
    for name, own in held.sleeves.items():
        if found[known[name]].stocks or found[known[name]].futures:
            raise DataError(f"holdings: sleeve {known[name]} stands under both of its names")
        found[known[name]] = own
    return list(found.values())


def _lay_part(
    part: Holdings, left: list[Left], prepared: Prepared, inputs: LedgerInputs, t: int,
    shares: Floats, locked: Floats, lots: Floats,
) -> None:  # fmt: skip
    """Write what a sleeve holds into its arrays; what has no place is named in ``left``."""
    codes = {str(code): i for i, code in enumerate(prepared.market.codes)}
    contracts = {name: c for c, name in enumerate(prepared.leg.contracts)}
    for code, one in part.stocks.items():
        i = codes.get(code)
        why = "not_in_data" if i is None else _without_place(inputs, i, t)
        if i is None or why:
            told = {"shares": f"{one.shares:,}"}
            left.append(Left(str(prepared.dates[t]), code, why, told))
            continue
        shares[i], locked[i] = one.shares, one.frozen
    for name, count in part.futures.items():
        c = contracts.get(name)
        if c is None or np.isnan(inputs.futures.settlement[t, c]):
            told = {"lots": f"{count:+,}"}
            left.append(Left(str(prepared.dates[t]), name, "contract_unknown", told))
            continue
        lots[c] = count


def _without_place(inputs: LedgerInputs, stock: int, t: int) -> str:
    """Return why shares cannot be laid: gone before the close, or never priced; "" if they can."""
    if inputs.bars.delist[stock] < t:
        return "delisted"
    return "no_price" if np.isnan(inputs.bars.mark[t, stock]) else ""


def _try_again(fund: LedgerState | FundState, inputs: LedgerInputs, t: int, s: int) -> None:
    """Ask again for whole names of sleeve s's last rebalance that are missing, or still there."""
    targets, bars, stocks = inputs.targets.sleeve(s), inputs.bars, inputs.stocks
    state, own = fund.of_sleeves()[s], _own(fund)[s]
    r = int(own[layout.NEXT_REBALANCE - layout.OWN]) - 1
    if r < 0 or (targets.trade_days == t).any():
        return
    left = inputs.settings.retry_days - (t - int(targets.trade_days[r])) + 1
    # fills of the days after a rebalance are hedged on the day after them
    own[layout.UNFINISHED - layout.OWN] = float(left >= 0)
    if left <= 0:
        return
    some = slice(int(targets.pointer[r]), int(targets.pointer[r + 1]))
    wanted, weights = targets.stocks[some], targets.weights[some]
    missing = state.shares[wanted] == 0.0
    for i, weight in zip(wanted[missing], weights[missing], strict=True):
        reference = bars.mark[t, i] * bars.adj_factor[t, i] / bars.adj_factor[t + 1, i]
        if t >= bars.delist[i] or not reference > 0.0:
            continue
        shares = weight * fund.equity / reference
        if shares >= stocks.lot[i]:
            steps = np.floor((shares - stocks.lot[i]) / stocks.step[i])
            state.pending[i] = stocks.lot[i] + steps * stocks.step[i]
    unwanted = np.setdiff1d(np.flatnonzero(state.shares > 0.0), wanted)
    state.pending[unwanted] = 0.0
    own[layout.DAYS_LEFT - layout.OWN] = left if np.isfinite(state.pending).any() else 0.0
