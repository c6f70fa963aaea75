"""The accounts of a fund with sleeves again: each sleeve's holdings, lots and lines, one money.

Written from the section on sleeves of docs/ledger.md. Each sleeve's turn of a step is the step of
:class:`tests.oracles.replay.Replay` with the sleeve's own shares, lots for taxes, dividends to come
and lines; contracts are signed here. Not replayed: clients, days on which margin is asked for on
the larger side only, and lots of a sleeve that limits or money cut, because how much money was
moved for them is not told by what was traded.
"""

from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tests.oracles.replay import YEAR, Replay

OWN = "stocks"
LINES = (
    "dividends", "held_pnl", "futures_pnl", "futures_fee", "futures_impact", "dividend_tax",
    "commission", "stamp_duty", "transfer_fee", "exchange_fee", "impact", "bought", "sold",
)  # fmt: skip
COSTS = (
    "commission", "stamp_duty", "transfer_fee", "exchange_fee", "futures_fee", "impact",
    "futures_impact", "dividend_tax",
)  # fmt: skip
LARGER_SIDE = np.datetime64("2022-07-22")


@dataclass
class Book:
    """What is a sleeve's own."""

    label: str
    shares: np.ndarray
    lots: dict = field(default_factory=dict)  # signed
    tax_lots: dict = field(default_factory=dict)
    due: dict = field(default_factory=dict)
    line: dict = field(default_factory=dict)
    cash: float = 0.0
    value: float = 0.0
    eve: tuple = (0.0, 0.0, 0.0)  # stocks, dividends to come and margin of the last close
    opened: dict = field(default_factory=dict)
    traded: list = field(default_factory=list)
    carried: dict = field(default_factory=dict)


class SleeveReplay(Replay):
    """The replay of a fund with sleeves."""

    def __init__(self, trades, folder, strategy, start, end, rules, known):
        assert strategy["clients"] is None
        super().__init__(trades, folder, strategy, start, end, rules, known)
        assert self.dates[-1] < LARGER_SIDE
        self.rows["sleeve"] = trades["sleeve"].astype(str).to_numpy()
        labels = [OWN, *(one["label"] for one in strategy["sleeves"])]
        self.books = {name: Book(name, np.zeros(len(self.raw.codes))) for name in labels}
        self.of_days = []

    def run(self):
        found = super().run()
        found.sleeves = pd.DataFrame(self.of_days)
        return found

    @contextmanager
    def _turn(self, book):
        """Let the steps be the sleeve's; what they do to both accounts is its cash."""
        kept = self.shares, self.tax_lots, self.line, self.stock_rows, self.future_rows
        money = self.money
        before = money.stock + money.futures
        self.shares, self.tax_lots, self.line, money.due = (
            book.shares, book.tax_lots, book.line, book.due,
        )  # fmt: skip
        self.stock_rows = [row for row in kept[3] if row.sleeve == book.label]
        self.future_rows = [row for row in kept[4] if row.sleeve == book.label]
        yield
        book.cash += money.stock + money.futures - before
        self.shares, self.tax_lots, self.line, self.stock_rows, self.future_rows = kept

    def _day(self, t, trades):
        self.t, self.line, money = t, {}, self.money
        cash_before = money.stock, money.futures
        loan_before, equity_before = money.loan, self.equity
        self.stock_rows = [row for row in trades if "." in row.code]
        self.future_rows = [row for row in trades if "." not in row.code]
        flow = self._flows_of_units()
        interest = self._interest_of_sleeves(money.futures)
        for book in self.books.values():
            book.line = dict.fromkeys(LINES, 0.0)
            book.opened, book.traded, book.carried = {}, [], dict(book.lots)
            with self._turn(book):
                self._corporate_actions()
        self.short = self._all_lots()
        self._treasury(max(0.0, equity_before + flow))
        legs = self._trade_stocks, self._trade_contracts
        for leg in legs if self.stocks_first[t - 1] else legs[::-1]:
            leg()
        for book in self.books.values():
            with self._turn(book):
                self._settle_book(book)
        self._margin_of_all()
        for name in LINES:
            self.line[name] = sum(book.line[name] for book in self.books.values())
        self._after_close(cash_before, loan_before, equity_before)
        self.shares = sum(book.shares for book in self.books.values())
        money.due = {
            (book.label, day): yuan
            for book in self.books.values()
            for day, yuan in book.due.items()
        }
        self._write(equity_before, flow)
        self._write_sleeves(interest)

    def _all_lots(self):
        """Lots without their sign, by sleeve and contract."""
        return {
            (label, name): abs(lots)
            for label, book in self.books.items()
            for name, lots in book.lots.items()
            if lots
        }

    def _margin_of(self, t, name, lots):
        rate, multiplier = self.margin_rate[name][t], self._product(name).multiplier
        return rate * multiplier * self.mark[name][t] * abs(lots)

    def _required(self, t):
        return sum(
            self._margin_of(t, name, lots)
            for book in self.books.values()
            for name, lots in book.lots.items()
            if lots
        )

    def _trade_stock(self, row):
        """Book an order in its sleeve; its money is the sleeve's, paid when all orders are done."""
        book = self.books[row.sleeve]
        with self._turn(book):
            cash = super()._trade_stock(row)
        book.cash += cash
        return cash

    # ---- contracts ----------------------------------------------------------------------------

    def _trade_contracts(self):
        """Step 7: each sleeve closes what goes and opens what comes."""
        for book in self.books.values():
            with self._turn(book):
                rows = [
                    row for row in self.future_rows if row.reason not in ("delivery", "margin_cut")
                ]
                if book.label == OWN:
                    for row in rows:
                        self._trade_row(book, row, at_once=row.reason == "roll")
                    continue
                going = [row for row in rows if self._signed(row) * book.lots.get(row.code, 0) < 0]
                for row in going:
                    self._trade_row(book, row, at_once=True)
                coming = [row for row in rows if row not in going]
                if coming:
                    self._move_for(sum(self._margin_at_fill(row, row.quantity) for row in coming))
                for row in coming:
                    self._trade_row(book, row, at_once=False)

    @staticmethod
    def _signed(row):
        return row.quantity if row.buy else -row.quantity

    def _margin_at_fill(self, row, lots):
        multiplier, t = self._product(row.code).multiplier, self.t
        return self.margin_rate[row.code][t] * multiplier * self.future_fill[row.code][t] * lots

    def _move_for(self, margin, apart=None):
        """Move what an opening needs, beside the margin of all lots held but those ``apart``."""
        there = 0.0
        for (label, name), lots in self._all_lots().items():
            if (label, name) != apart:
                there += self._margin_before(name, lots)
        self._move_to_target(margin + there)

    def _trade_row(self, book, row, at_once):
        t, rules, signed = self.t, self._product(row.code), self._signed(row)
        fill, held = self.future_fill[row.code][t], book.lots.get(row.code, 0.0)
        if held * signed >= 0:
            if book.label == OWN:
                margin = self._margin_at_fill(row, abs(held) + row.quantity)
                self._move_for(margin, (book.label, row.code))
            book.opened[row.code] = book.opened.get(row.code, 0.0) + row.quantity
            book.traded.append((row.code, signed, fill))
        elif at_once:
            gain = -signed * rules.multiplier * (fill - self.mark[row.code][t - 1])
            self.money.futures += gain
            self.line["futures_pnl"] += gain
            book.carried[row.code] += signed
        else:
            book.traded.append((row.code, signed, fill))
        self._future_costs(row, fill, rules.fee[t - 1], row.quantity * rules.multiplier * fill)
        book.lots[row.code] = held + signed

    def _settle_book(self, book):
        """Step 8: variation margin and deliveries of a sleeve."""
        t, money, gain = self.t, self.money, 0.0
        for name, lots in book.carried.items():
            if lots:
                step = self.mark[name][t] - self.mark[name][t - 1]
                gain += lots * self._product(name).multiplier * step
        for name, signed, fill in book.traded:
            gain += signed * self._product(name).multiplier * (self.mark[name][t] - fill)
        money.futures += gain
        self.line["futures_pnl"] += gain
        for row in self._with(self.future_rows, "delivery"):
            assert self.dates[t] == self.last_day[row.code], row.code
            assert self._signed(row) == -book.lots[row.code], row.code
            self._deliver(row)
            book.lots[row.code] = 0.0

    def _margin_of_all(self):
        """Step 8: margin of the lots of all sleeves, cuts, and debts of an account without lots."""
        self._call_margin()
        for book in self.books.values():
            with self._turn(book):
                for row in self._with(self.future_rows, "margin_cut"):
                    self._cut(row, book.opened)
                    book.lots[row.code] += self._signed(row)
        if not self._all_lots():
            self._settle_debt()

    def _shares_by_book(self):
        return [book.shares for book in self.books.values()]

    # ---- what is written ----------------------------------------------------------------------

    def _contracts(self):
        """Write a line for each contract that a sleeve holds or traded; returns minus the value."""
        t, total = self.t, 0.0
        held = {}
        for book in self.books.values():
            for name, lots in book.lots.items():
                if lots:
                    held[name] = held.get(name, 0.0) + lots
        self.short = {name: -lots for name, lots in held.items()}
        for name in sorted(held.keys() | {row.code for row in self.future_rows}):
            lots = held.get(name, 0.0)
            value = -lots * self._product(name).multiplier * self.mark[name][t]
            total -= value
            self.open_contracts.append(
                {
                    "date": self.dates[t], "contract": name, "lots": lots,
                    "settlement_price": self.mark[name][t], "futures_notional": value,
                    "margin_required": abs(value) * self.margin_rate[name][t],
                }
            )  # fmt: skip
        return total

    def _write(self, equity_before, flow):
        super()._write(equity_before, flow)
        self.lines[-1]["lots"] = int(sum(sum(book.lots.values()) for book in self.books.values()))

    def _interest_of_sleeves(self, account):
        """Return each sleeve's interest on the money that it tied up at the last close."""
        year, t = self.days[self.t - 1] / YEAR, self.t
        stock, futures = (rate[t - 1] for rate in self.rates)
        whole = sum(book.eve[2] for book in self.books.values())
        found = {}
        for book in self.books.values():
            value, coming, margin = book.eve
            part = max(0.0, account) * margin / whole if whole else 0.0
            found[book.label] = year * (futures * part - stock * (value + coming + part))
        return found

    def _write_sleeves(self, interest):
        t = self.t
        for book in self.books.values():
            held = book.shares > 0
            value = float((book.shares[held] * self.raw.mark[t, held]).sum())
            coming, line = sum(book.due.values()), book.line
            lots = {name: count for name, count in book.lots.items() if count}
            notional = -sum(
                count * self._product(name).multiplier * self.mark[name][t]
                for name, count in lots.items()
            )
            margin = sum(self._margin_of(t, name, count) for name, count in lots.items())
            self.of_days.append(
                {
                    "date": self.dates[t], "sleeve": book.label, "stock_value": value,
                    "dividends_receivable": coming, "cash": book.cash,
                    "earned": value + book.cash + coming, "lots": int(sum(lots.values())),
                    "futures_notional": notional, "margin_required": margin,
                    "stock_pnl": value - book.value + line["sold"] - line["bought"],
                    "dividends": line["dividends"], "futures_pnl": line["futures_pnl"],
                    "costs": sum(line[name] for name in COSTS), "interest": interest[book.label],
                }
            )  # fmt: skip
            book.value, book.eve = value, (value, coming, margin)
