"""What a method of charging the fee gives or takes from each investor, in yuan.

The run is replayed with the same orders and the same returns before performance fees, the fee
charged by lot (units cut): the method under which nobody pays for another's gain.
"""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.fund import Clients, FundTerms, LotUnits, exact, round_half_up
from quanthedge.performance.last_close import last_close_gains
from quanthedge.performance.statement import Statement, investor_statement
from quanthedge.record import Record

__all__ = ["fairness"]

Row = dict[Any, Any]
_LEAVES = ("redemption", "distribution", "liquidation")


def fairness(result: Record, stated: Record | None = None) -> pd.DataFrame:
    """Return what each investor has beside what he would have had with a mark for each lot.

    Parameters
    ----------
    result : Result
        A run with clients.
    stated : Result, optional
        Where ``result`` states suspended holdings at their last close: a run of the same strategy
        with ``[valuation] suspended = "index_return"``, which says what they were worth.

    Returns
    -------
    DataFrame
        Indexed by investor: wealth_yuan (value today and all that was paid out), by_lot_yuan (the
        same by lot), difference_yuan (above 0: the method favours him), and last_close_yuan: what
        subscriptions and redemptions at the last closes of suspended stocks give him (above 0) or
        take from him beside the stated value; of a run that restates them, what they would have.

    Raises
    ------
    DataError
        When the run has no clients.

    Notes
    -----
    Each class of units is replayed by itself: its return of a day is its assets and the fee charged
    on it over its assets of the day before and the flows of that close. Redemptions take the same
    part of a holding, redemption fees the same part of what is redeemed, and what of them stays in
    the fund stays in the replay. A run by lot is its own replay: what is left then is rounding,
    below a yuan for each investor.
    last_close_yuan is before fees, of the yuan that were ordered, and sums to 0: what leavers are
    paid for a fall that is not booked is lost by those who stay. It is NaN where the run is at last
    closes and ``stated`` is not given; the share of net assets by which that run is restated counts
    for this one.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> flows = [{"date": "2014-11-03", "investor": "B", "subscribe_yuan": 5e6}]
    >>> funded = strategy.change({"clients": {"flows": flows}})
    >>> result = qh.backtest(funded, market, "2014-09-17", "2014-12-31")
    >>> qh.fairness(result)[["wealth_yuan", "difference_yuan"]].round(-2)
              wealth_yuan  difference_yuan
    investor
    founder   101090000.0           3100.0
    B           4973400.0         -13800.0
    """
    if not len(result.investors):
        raise DataError("fairness: the run has no clients")
    fair = _replayed(result)
    rows = {}
    for investor in Statement.investors(result):
        statement = investor_statement(result, investor)
        wealth = statement.value_today + statement.paid_out
        rows[investor] = {"wealth_yuan": wealth, "by_lot_yuan": fair[investor]}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "investor"
    table["difference_yuan"] = table["wealth_yuan"] - table["by_lot_yuan"]
    gains = last_close_gains(result, stated)
    table["last_close_yuan"] = [gains.get(str(investor), 0.0) for investor in table.index]
    return table


def _replayed(result: Record) -> dict[str, float]:
    """Return each investor's wealth had the fee been charged by lot."""
    terms = result.strategy.fund
    ledger = result.ledger
    dates = ledger.index.to_numpy().astype("datetime64[D]")
    flags = terms.crystallisation_flags(dates[1:])
    last = result.investors["date"] == ledger.index[-1]
    flags[-1] |= bool((result.investors.loc[last, "event"] == "performance_fee").any())
    grown = np.ones(flags.size)
    if terms.hurdle is not None:
        grown = terms.hurdle.path(dates, ledger["index_close"].to_numpy())
    wealth: dict[str, Decimal] = defaultdict(Decimal)
    for name in dict.fromkeys(result.investors["share_class"]):
        replay = _Replay(result, str(name), terms)
        for day, hurdle, due in zip(ledger.index[1:], grown.tolist(), flags, strict=True):
            replay.day(pd.Timestamp(day), Fraction(hurdle), due=bool(due))
        for investor, cash in replay.cash.items():
            wealth[investor] += cash + replay.register.value_if_redeemed(investor)
    return {investor: float(yuan) for investor, yuan in wealth.items()}


class _Replay:
    """One class of units in a register by lot: who holds how much, and what was paid out."""

    def __init__(self, result: Record, share_class: str, terms: FundTerms) -> None:
        self.clients = result.strategy.clients or Clients()
        self.kept = Fraction(exact(self.clients.redemption_fee_kept))
        self.register = LotUnits().open(terms)
        self.cash: dict[str, Decimal] = {}
        self.assets = Fraction(0)
        events = result.investors[result.investors["share_class"] == share_class]
        self.events = {day: part.to_dict("records") for day, part in events.groupby("date")}
        own = result.class_values["share_class"] == share_class
        table = result.class_values[own].set_index("date")
        self.run_assets: dict[Any, float] = table["assets_yuan"].to_dict()
        people = result.investor_days[result.investor_days["share_class"] == share_class]
        self.units: dict[Any, dict[Any, float]] = {
            day: dict(zip(part["investor"], part["units"], strict=True))
            for day, part in people.groupby("date")
        }
        self.before = Fraction(0)  # of the run: assets at the last close and its flows
        for founder in events[events["event"] == "founder"].to_dict("records"):
            self._buy(founder["investor"], exact(founder["cash_yuan"]))
            self.before += Fraction(exact(founder["cash_yuan"]))

    def day(self, day: pd.Timestamp, hurdle: Fraction, *, due: bool) -> None:
        """Let the class grow as it did, charge the fee on a fee date, follow the orders."""
        rows = self.events.get(day, [])
        self.register.advance(hurdle)
        if day in self.run_assets:
            fees = sum(
                (exact(r["performance_fee_yuan"]) for r in rows if r["event"] == "performance_fee"),
                Decimal(0),
            )
            now = Fraction(self.run_assets[day])
            self.assets *= (now + Fraction(fees)) / self.before
            self.before = now
        if self.assets > 0:
            self.register.revalue(self.assets)
        if due and self.register.units:
            charged = sum((charge.fee for charge in self.register.crystallise()), Decimal(0))
            self.assets -= Fraction(charged)
        self._distribute(day, rows)
        held = dict(self.units.get(day, {}))
        for row in rows:
            self._follow(row, held)
            self.before += self._flow(row)

    def _flow(self, row: Row) -> Fraction:
        """Return what an event of the run brings into its class, yuan."""
        cash, fee = exact(row["cash_yuan"]), exact(row["performance_fee_yuan"])
        door = exact(row["entry_or_exit_fee_yuan"])
        if row["event"] == "subscription":
            return Fraction(cash - door)
        if row["event"] == "reinvested":
            return -Fraction(fee)
        if row["event"] in _LEAVES:
            kept = round_half_up(Fraction(door) * self.kept, 2)
            return Fraction(cash - fee - door + kept)
        return Fraction(0)

    def _buy(self, investor: str, money: Decimal) -> None:
        self.register.subscribe(investor, money)
        self.assets += Fraction(money)
        self.cash.setdefault(investor, Decimal(0))

    def _distribute(self, day: pd.Timestamp, rows: list[Row]) -> None:
        """Pay the dividend of a day: the same part of the unit value."""
        for plan in self.clients.distributions:
            paid = [row for row in rows if row["event"] in ("distribution", "reinvested")]
            if pd.Timestamp(plan.date) != day or not paid:
                continue
            dividend = Fraction(exact(plan.yuan_per_unit))
            part = dividend / (Fraction(exact(paid[0]["unit_value"])) + dividend)
            each = round_half_up(part * Fraction(self.register.unit_value()), 6)
            for one in self.register.distribute(each):
                self.assets -= Fraction(one.cash + one.fee)
                if one.investor in plan.reinvesting and self.register.units_for(one.cash) > 0:
                    self._buy(one.investor, one.cash)
                else:
                    self.cash[one.investor] += one.cash

    def _follow(self, row: Row, held: dict[Any, float]) -> None:
        """Do what an investor did; ``held`` are his units in the run before it."""
        investor, door = row["investor"], exact(row["entry_or_exit_fee_yuan"])
        if row["event"] == "subscription":
            self._buy(investor, exact(row["cash_yuan"]) - door)
        elif row["event"] == "redemption":
            own = self.register.holding(investor)
            part = Fraction(exact(-row["units"])) / Fraction(exact(held[investor]))
            payout = self.register.redeem(
                investor, min(own, round_half_up(Fraction(own) * part, 2))
            )
            gross = payout.cash + payout.fee
            worth = exact(row["performance_fee_yuan"]) + door - exact(row["cash_yuan"])
            fee = round_half_up(Fraction(gross) * Fraction(door) / Fraction(worth), 2)
            self.cash[investor] += payout.cash - fee
            self.assets -= Fraction(gross - round_half_up(Fraction(fee) * self.kept, 2))
        if row["event"] in ("subscription", "reinvested", "redemption"):
            held[investor] = round(held.get(investor, 0.0) + row["units"], 6)
