"""What one investor has: lots, fees, his own returns, and what he would get today."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.fund.books import Book, open_book
from quanthedge.fund.investors.hurdle import hurdle_path
from quanthedge.fund.terms import FundTerms, crystallisation_flags
from quanthedge.fund.values import exact, round_half_up

__all__ = ["Invested", "Statement", "fairness", "investor_statement", "money_weighted_return"]

_BOUGHT = ("founder", "subscription")
_OUT = ("redemption", "distribution", "liquidation")


class Invested(Protocol):
    """What a statement reads of a result."""

    @property
    def ledger(self) -> pd.DataFrame:
        """One row a day, the opening balances first."""
        ...

    @property
    def investors(self) -> pd.DataFrame:
        """What happened to each investor."""
        ...

    @property
    def investor_values(self) -> pd.DataFrame:
        """What each would have got on each event day, before and after its flows."""
        ...

    @property
    def investor_lots(self) -> pd.DataFrame:
        """Lots at the end."""
        ...

    @property
    def strategy(self) -> dict[str, Any]:
        """The strategy with every default."""
        ...


@dataclass(frozen=True)
class Statement:
    """An investor's statement on the last day of a run.

    Attributes
    ----------
    investor : str
    date : Timestamp
    paid_in, paid_out : float
        Yuan; what was paid in includes fees at the door, what was paid out is after all fees.
    performance_fees, other_fees : float
        Yuan: charged to him by name on fee dates, dividends and redemptions; at the door. Under one
        mark for the whole fund the fee of a fee date is in the unit value, not charged by name.
    accrued_fee : float
        Yuan that would be charged if he left today.
    value_today : float
        Yuan that he would get today, the accrued fee taken off.
    gain : float
        value_today + paid_out - paid_in.
    money_weighted : float
        Internal rate of return a year of his own payments (actual/365); NaN where there is none.
    time_weighted : float
        Return over the whole time, chained between his flows: what a yuan left alone has become.
    lots, events : DataFrame
        His lots today, and everything that happened to him.
    """

    investor: str
    date: pd.Timestamp
    paid_in: float
    paid_out: float
    performance_fees: float
    other_fees: float
    accrued_fee: float
    value_today: float
    gain: float
    money_weighted: float
    time_weighted: float
    lots: pd.DataFrame
    events: pd.DataFrame


def investor_statement(result: Invested, investor: str) -> Statement:
    """Return an investor's statement on the last day of a run with clients.

    Raises
    ------
    DataError
        When the run has no clients, or none of that name.
    """
    names = _investors(result)
    if investor not in names:
        raise DataError(
            f"no investor {investor!r} in this run; known: {', '.join(names) or 'none'}"
            + ("" if names else " (a strategy with `clients` keeps a register)")
        )
    events = result.investors[result.investors["investor"] == investor].reset_index(drop=True)
    values = result.investor_values[result.investor_values["investor"] == investor]
    last = pd.Timestamp(result.ledger.index[-1])
    today = float(values.loc[values["date"] == last, "after_yuan"].sum())
    paid_in = events.loc[events["event"].isin(_BOUGHT), "cash_yuan"].sum()
    paid_out = -events.loc[events["event"].isin(_OUT), "cash_yuan"].sum()
    lots = result.investor_lots[result.investor_lots["investor"] == investor]
    flows = _flows(events)
    flows.append((last, today))
    return Statement(
        investor=investor,
        date=last,
        paid_in=float(paid_in),
        paid_out=float(paid_out),
        performance_fees=float(events["performance_fee_yuan"].sum()),
        other_fees=float(events["entry_or_exit_fee_yuan"].sum()),
        accrued_fee=float(lots["value"].sum() - today),
        value_today=today,
        gain=float(today + paid_out - paid_in),
        money_weighted=money_weighted_return(flows),
        time_weighted=_time_weighted(values),
        lots=lots.reset_index(drop=True),
        events=events,
    )


def _investors(result: Invested) -> list[str]:
    bought = result.investors[result.investors["event"].isin(_BOUGHT)]
    return list(dict.fromkeys(bought["investor"]))


def _flows(events: pd.DataFrame) -> list[tuple[pd.Timestamp, float]]:
    """Return his payments: what he paid in is below 0, what he got above."""
    moved = events[events["event"].isin([*_BOUGHT, *_OUT])]
    pairs = zip(moved["date"], moved["cash_yuan"], strict=True)
    return [(pd.Timestamp(day), -float(cash)) for day, cash in pairs]


def money_weighted_return(flows: list[tuple[pd.Timestamp, float]]) -> float:
    """Return the rate a year at which dated payments are worth nothing together.

    Solves ``sum(payment x (1 + rate) ** (-days / 365)) = 0``; NaN where no rate above -99.99% does.

    >>> day = pd.Timestamp
    >>> round(money_weighted_return([(day("2014-01-01"), -100), (day("2015-01-01"), 110)]), 6)
    0.1
    """
    from scipy.optimize import brentq

    if not flows:
        return float("nan")
    start = min(day for day, _ in flows)
    years = np.array([(day - start).days / 365.0 for day, _ in flows])
    money = np.array([amount for _, amount in flows])

    def worth(rate: float) -> float:
        return float(np.sum(money * (1.0 + rate) ** -years))

    low, high = -0.9999, 1.0
    while worth(low) * worth(high) > 0 and high < 1e6:
        high *= 4.0
    if years.max() == 0.0 or worth(low) * worth(high) > 0:
        return float("nan")
    return float(brentq(worth, low, high, xtol=1e-12))


def _time_weighted(values: pd.DataFrame) -> float:
    """Chain what he would have got between events; spells without units do not count."""
    by_day = values.groupby("date")[["before_yuan", "after_yuan"]].sum()
    after, before = by_day["after_yuan"].shift(1), by_day["before_yuan"]
    held = after > 0.0
    growth = (before[held] / after[held]).to_numpy(dtype=np.float64)
    return float(np.prod(growth)) - 1.0


def fairness(result: Invested) -> pd.DataFrame:
    """Return what each investor has beside what he would have had with a mark for each lot.

    The flows and the fund's return before performance fees are kept, only the fee is charged by
    lot (units cut), the method under which nobody pays for another's gain.

    Returns
    -------
    DataFrame
        Indexed by investor: wealth_yuan (value today and all that was paid out), by_lot_yuan (the
        same by lot), difference_yuan (above 0: the method favours him).

    Raises
    ------
    DataError
        When the run has no clients, or units of two classes.
    """
    if not len(result.investors):
        raise DataError("fairness: the run has no clients")
    if len(set(result.investors["share_class"])) > 1:
        raise DataError("fairness: units of two classes are not compared")
    fair = _replayed(result)
    rows = {}
    for investor in _investors(result):
        statement = investor_statement(result, investor)
        wealth = statement.value_today + statement.paid_out
        rows[investor] = {"wealth_yuan": wealth, "by_lot_yuan": fair[investor]}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "investor"
    table["difference_yuan"] = table["wealth_yuan"] - table["by_lot_yuan"]
    return table


def _replayed(result: Invested) -> dict[str, float]:
    """Return each investor's wealth had the fee been charged by lot."""
    terms = FundTerms.model_validate(result.strategy["fund"])
    ledger, events = result.ledger, result.investors
    flows = ledger["subscriptions"] - ledger["redemptions"] - ledger["distributions"]
    growth = (ledger["equity"] + ledger["performance_fee"]) / (ledger["equity"].shift(1) + flows)
    dates = ledger.index.to_numpy().astype("datetime64[D]")
    flags = crystallisation_flags(dates[1:], terms)
    grown = np.ones(flags.size)
    if terms.hurdle is not None:
        grown = hurdle_path(terms.hurdle, dates, ledger["index_close"].to_numpy())
    replay = _Replay(open_book("lot_units", terms), result.strategy["clients"] or {})
    for row in events[events["event"] == "founder"].to_dict("records"):
        replay.buy(row["investor"], exact(row["cash_yuan"]), row["units"])
    by_day = {day: part.to_dict("records") for day, part in events.groupby("date")}
    for day, factor, hurdle, due in zip(
        ledger.index[1:], growth.iloc[1:], grown, flags, strict=True
    ):
        replay.book.advance(Fraction(float(hurdle)))
        replay.assets *= Fraction(float(factor))
        replay.book.revalue(replay.assets)
        if due:
            charged = sum((charge.fee for charge in replay.book.crystallise()), Decimal(0))
            replay.assets -= Fraction(charged)
        replay.distribute(pd.Timestamp(day), by_day.get(day, []))
        for row in by_day.get(day, []):
            replay.follow(row)
    book, cash = replay.book, replay.cash
    return {one: float(cash[one] + book.value_if_redeemed(one)) for one in cash}


class _Replay:
    """The same flows in a book by lot: who holds how much, and what was paid out."""

    def __init__(self, book: Book, clients: dict[str, Any]) -> None:
        self.book, self.clients = book, clients
        self.assets = Fraction(0)
        self.cash: dict[str, Decimal] = {}
        self.held: dict[str, float] = {}  # units by the fund's own method, to know the fraction

    def buy(self, investor: str, money: Decimal, units: float) -> None:
        """Let an investor buy for the same money."""
        self.book.subscribe(investor, money)
        self.assets += Fraction(money)
        self.cash.setdefault(investor, Decimal(0))
        self.held[investor] = self.held.get(investor, 0.0) + units

    def distribute(self, day: pd.Timestamp, events: list[dict[Any, Any]]) -> None:
        """Pay the dividend of a day: the same part of the unit value."""
        for plan in self.clients.get("distributions", ()):
            paid = [row for row in events if row["event"] in ("distribution", "reinvested")]
            if pd.Timestamp(plan["date"]) != day or not paid:
                continue
            dividend = Fraction(exact(plan["yuan_per_unit"]))
            part = dividend / (Fraction(exact(paid[0]["unit_value"])) + dividend)
            each = round_half_up(part * Fraction(self.book.unit_value()), 6)
            for one in self.book.distribute(each):
                self.assets -= Fraction(one.cash + one.fee)
                if one.investor in plan["reinvesting"]:
                    self.buy(one.investor, one.cash, 0.0)
                else:
                    self.cash[one.investor] += one.cash

    def follow(self, row: dict[Any, Any]) -> None:
        """Do what an investor did."""
        investor, fee = row["investor"], exact(row["entry_or_exit_fee_yuan"])
        if row["event"] in ("performance_fee", "reinvested") and investor in self.held:
            self.held[investor] += row["units"]
        elif row["event"] == "subscription":
            self.buy(investor, exact(row["cash_yuan"]) - fee, row["units"])
        elif row["event"] == "redemption":
            part = Fraction(min(1.0, -row["units"] / self.held[investor]))
            units = round_half_up(Fraction(self.book.holding(investor)) * part, 2)
            payout = self.book.redeem(investor, min(units, self.book.holding(investor)))
            self.held[investor] += row["units"]
            self.cash[investor] += payout.cash - fee
            self.assets -= Fraction(payout.cash + payout.fee)
