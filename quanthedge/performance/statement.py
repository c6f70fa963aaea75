"""What one investor has: lots, fees, his own returns, and what he would get on a day.

A statement is of the whole time since his first purchase, or of a period: then it begins with what
he had at the last close before, and ends with what he would get at the period's last close.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.performance.period import Period
from quanthedge.performance.statement_sleeves import sleeve_lines
from quanthedge.record import Record
from quanthedge.rules import CALENDAR_DAYS_A_YEAR

__all__ = [
    "Movement", "Statement", "investor_statement", "money_weighted_return",
]  # fmt: skip

_BOUGHT = ("founder", "subscription")
_REDEEMED = ("redemption", "liquidation")
_OUT = (*_REDEEMED, "distribution")
_FEWEST_DAYS = 20  # trading days below which nothing is stated a year


@dataclass(frozen=True)
class Movement:
    """How an investor's holding came from its opening to its closing value.

    Closing = opening + subscribed - redeemed - distributed + result - performance fees - fees at
    the door: an identity.

    Attributes
    ----------
    first, last : Timestamp
        First and last trading day that it covers.
    opening, closing : float
        Yuan that he would have got at the close before the first day and at that of the last, the
        orders of the day done and the accrued performance fee taken off.
    subscribed, redeemed, distributed : float
        Yuan paid in, fees at the door included; paid out on redemption, and as cash dividends,
        after all fees.
    performance_fees, door_fees : float
        Yuan charged to him by name.
    gain : float
        Yuan, after all fees: closing - opening - subscribed + redeemed + distributed.
    time_weighted : float
        Return over these days, chained between his orders; not annualised. NaN without a holding.
    """

    first: pd.Timestamp
    last: pd.Timestamp
    opening: float
    subscribed: float
    redeemed: float
    distributed: float
    performance_fees: float
    door_fees: float
    closing: float
    gain: float
    time_weighted: float

    @property
    def result(self) -> float:
        """Gain before the fees that were charged by name, yuan."""
        return self.gain + self.performance_fees + self.door_fees

    @property
    def idle(self) -> bool:
        """Whether nothing was held, paid in or paid out."""
        money = (self.opening, self.closing, self.subscribed, self.redeemed, self.distributed)
        return not any(money)


@dataclass(frozen=True)
class Statement:
    """An investor's statement, as of the last day of a run or of a period.

    Attributes
    ----------
    investor : str
    date : Timestamp
    period : Period or None
        What was asked for; None: everything since the first purchase.
    movement : Movement
        From the opening to the closing value of the period.
    paid_in, paid_out : float
        Yuan since the first purchase; what was paid in includes fees at the door, what was paid out
        is after all fees.
    performance_fees, other_fees : float
        Yuan since the first purchase: charged to him by name on fee dates, dividends and
        redemptions; at the door. Under one mark for the whole fund the fee of a fee date is in the
        unit value, not charged by name.
    accrued_fee : float
        Yuan that would be charged if he left on that day, before its orders.
    value_today : float
        Yuan that he would get on that day, the accrued fee taken off.
    gain : float
        value_today + paid_out - paid_in.
    money_weighted : float
        Internal rate of return a year of his own payments (actual/365); NaN where there is none.
    time_weighted : float
        Return since the first purchase, chained between his flows: what a yuan left alone has
        become.
    lots : DataFrame
        His lots on the run's last day; empty on an earlier one, of which no lots are recorded.
    holdings : DataFrame
        Units, published unit value, and what he would get, by class; after the day's orders.
    events : DataFrame
        Everything that happened to him in the period.
    sleeves : DataFrame
        Of a fund with sleeves: what each added to the value of a unit over the days of
        ``movement`` before performance fees (``of_fund``), and to his result (``yuan``), with
        interest and fees of the fund, by ``line``; the yuan sum to ``movement.result``.
    """

    investor: str
    date: pd.Timestamp
    period: Period | None
    movement: Movement
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
    holdings: pd.DataFrame
    events: pd.DataFrame
    sleeves: pd.DataFrame

    @staticmethod
    def investors(result: Record) -> list[str]:
        """Return who can have one: all that have ever held units, in order of joining."""
        bought = result.investors[result.investors["event"].isin(_BOUGHT)]
        return list(dict.fromkeys(bought["investor"]))


def investor_statement(
    result: Record, investor: str, period: str | Period | None = None
) -> Statement:
    """Return an investor's statement on the last day of a run with clients, or of a period.

    Parameters
    ----------
    result : Record
    investor : str
    period : str or Period, optional
        As in ``"2015"``, ``"2015H1"``, ``"2015Q1"``, ``"2015-03"``, ``"2015-01..2015-06"``. Where
        the run begins or ends inside it, the statement covers the days that there are.

    Raises
    ------
    DataError
        When the run has no clients, or none of that name, or no day of the period.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> flows = [{"date": "2014-11-03", "investor": "B", "subscribe_yuan": 5e6}]
    >>> funded = strategy.change({"clients": {"flows": flows}})
    >>> result = qh.backtest(funded, market, "2014-09-17", "2014-12-31")
    >>> statement = qh.investor_statement(result, "B")
    >>> f"{statement.value_today:,.0f}", f"{statement.paid_in:,.0f}"
    ('4,973,433', '5,000,000')
    """
    names = Statement.investors(result)
    if investor not in names:
        raise DataError(
            f"no investor {investor!r} in this run; known: {', '.join(names) or 'none'}"
            + ("" if names else " (a strategy with `clients` keeps a register)")
        )
    asked = Period.of(period) if isinstance(period, str) else period
    own = _own(result, investor)
    first, last = _span(own, asked)
    events = own.events[own.events["date"] <= last]
    inside = events[events["date"] >= first].reset_index(drop=True)
    held, gone = own.value_at(last), events["event"].eq("liquidation").any()
    bought, out = events["event"].isin(_BOUGHT), events["event"].isin(_OUT)
    paid_in = float(events.loc[bought, "cash_yuan"].sum())
    paid_out = 0.0 - float(events.loc[out, "cash_yuan"].sum())
    flows = [*_flows(events), (last, held)]
    due = own.closes.loc[own.closes["date"] == last, "accrued_fee_yuan"]
    whole = last == own.days[-1]
    lots = result.investor_lots[result.investor_lots["investor"] == investor]
    moved = _movement(own, inside, first, last)
    return Statement(
        investor=investor,
        date=last,
        period=asked,
        movement=moved,
        paid_in=paid_in,
        paid_out=paid_out,
        performance_fees=float(events["performance_fee_yuan"].sum()),
        other_fees=float(events["entry_or_exit_fee_yuan"].sum()),
        accrued_fee=0.0 if gone else float(due.sum()),
        value_today=held,
        gain=held + paid_out - paid_in,
        money_weighted=money_weighted_return(flows) if _long(result, flows) else float("nan"),
        time_weighted=_time_weighted(own.steps(None, last)),
        lots=lots.reset_index(drop=True) if whole else lots.iloc[:0],
        holdings=own.holdings_at(last),
        events=inside,
        sleeves=sleeve_lines(result, investor, first, last, moved.result),
    )


@dataclass(frozen=True)
class _Own:
    """What is recorded of one investor: events, values on dealing days, values at every close."""

    events: pd.DataFrame
    dealt: pd.DataFrame  # before_yuan and after_yuan by date
    dealt_by_class: pd.DataFrame
    closes: pd.DataFrame  # units, value_yuan and accrued_fee_yuan by date and class
    classes: pd.DataFrame  # unit_value by date and class
    days: pd.DatetimeIndex  # trading days of the run

    def value_at(self, day: pd.Timestamp) -> float:
        """Return what he would get at a close, the day's orders done."""
        if day in self.dealt.index:
            return float(self.dealt["after_yuan"].to_dict()[day])
        return float(self.closes.loc[self.closes["date"] == day, "value_yuan"].sum())

    def steps(self, first: pd.Timestamp | None, last: pd.Timestamp) -> pd.DataFrame:
        """Return values before and after the orders of each dealing day, the ends among them."""
        found = self.dealt[self.dealt.index <= last]
        ends = {}
        if first is not None:
            found = found[found.index >= first]
            ends[first] = (self.value_at(first), self.value_at(first))
        if last not in found.index:
            ends[last] = (self.value_at(last), self.value_at(last))
        more = pd.DataFrame.from_dict(ends, orient="index", columns=["before_yuan", "after_yuan"])
        return pd.concat([found[~found.index.isin(more.index)], more]).sort_index()

    def holdings_at(self, day: pd.Timestamp) -> pd.DataFrame:
        """Return his units and what he would get for them by class, after the orders of a day."""
        at = self.closes[self.closes["date"] == day].set_index("share_class")
        done = self.events[(self.events["date"] == day) & self.events["event"].isin(_ORDERS)]
        moved = done.groupby("share_class")["units"].sum()
        units = at["units"].add(moved, fill_value=0.0)
        dealt = self.dealt_by_class[self.dealt_by_class["date"] == day]
        by_class = dealt.groupby("share_class")["after_yuan"].sum()
        value = by_class if len(dealt) else at["value_yuan"]
        nav = self.classes[self.classes["date"] == day].set_index("share_class")["unit_value"]
        found = pd.DataFrame({"units": units, "unit_value": nav, "value": value})
        bought = done.groupby("share_class")["unit_value"].last()  # a class of its first day
        found["unit_value"] = found["unit_value"].fillna(bought)
        found = found[found["units"] > _NO_UNITS]
        return found.rename_axis("share_class").reset_index()


_ORDERS = ("subscription", "redemption", "reinvested", "liquidation")
_NO_UNITS = 0.005  # units below half of their last decimal are a residue of sums


def _own(result: Record, investor: str) -> _Own:
    of = {
        name: table[table["investor"] == investor].reset_index(drop=True)
        for name, table in (
            ("events", result.investors),
            ("values", result.investor_values),
            ("closes", result.investor_days),
        )
    }
    return _Own(
        events=of["events"],
        dealt=of["values"].groupby("date")[["before_yuan", "after_yuan"]].sum(),
        dealt_by_class=of["values"],
        closes=of["closes"],
        classes=result.class_values,
        days=pd.DatetimeIndex(result.ledger.index[1:]),
    )


def _span(own: _Own, period: Period | None) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and last trading day of a statement."""
    days = own.days
    if period is None:
        return pd.Timestamp(own.events["date"].iloc[0]), pd.Timestamp(days[-1])
    inside = days[(days >= pd.Timestamp(period.first)) & (days <= pd.Timestamp(period.last))]
    if not len(inside):
        raise DataError(
            f"period {period.written}: no trading day of this run, which goes from "
            f"{days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}"
        )
    return pd.Timestamp(inside[0]), pd.Timestamp(inside[-1])


def _movement(own: _Own, events: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> Movement:
    place = int(own.days.searchsorted(first))
    before = pd.Timestamp(own.days[place - 1]) if place > 0 else None
    opening = 0.0 if before is None else own.value_at(before)
    cash = {
        name: float(events.loc[events["event"].isin(kinds), "cash_yuan"].sum())
        for name, kinds in (("in", _BOUGHT), ("red", _REDEEMED), ("dist", ("distribution",)))
    }
    closing = own.value_at(last)
    steps = own.steps(before if opening > 0.0 else first, last)
    if opening == 0.0:  # what he bought on the way is the first that can grow
        steps = own.dealt[(own.dealt.index >= first) & (own.dealt.index <= last)]
        steps = pd.concat([steps, own.steps(None, last).loc[[last]]])
        steps = steps[~steps.index.duplicated()]
    held = bool((steps["after_yuan"].iloc[:-1] > 0.0).any())
    return Movement(
        first=first,
        last=last,
        opening=opening,
        subscribed=cash["in"],
        redeemed=0.0 - cash["red"],
        distributed=0.0 - cash["dist"],
        performance_fees=float(events["performance_fee_yuan"].sum()),
        door_fees=float(events["entry_or_exit_fee_yuan"].sum()),
        closing=closing,
        gain=closing - opening - sum(cash.values()),
        time_weighted=_time_weighted(steps) if held else float("nan"),
    )


def _flows(events: pd.DataFrame) -> list[tuple[pd.Timestamp, float]]:
    """Return his payments: what he paid in is below 0, what he got above."""
    moved = events[events["event"].isin([*_BOUGHT, *_OUT])]
    pairs = zip(moved["date"], moved["cash_yuan"], strict=True)
    return [(pd.Timestamp(day), -float(cash)) for day, cash in pairs]


def _long(result: Record, flows: list[tuple[pd.Timestamp, float]]) -> bool:
    """Return whether his money was in for as many days as a figure a year needs."""
    paid = [day for day, amount in flows if amount != 0.0]
    if not paid:
        return False
    first, last = min(paid), max(paid)
    days = result.ledger.index
    return int(days.searchsorted(last) - days.searchsorted(first)) >= _FEWEST_DAYS


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
    years = np.array([(day - start).days / CALENDAR_DAYS_A_YEAR for day, _ in flows])
    money = np.array([amount for _, amount in flows])

    def worth(rate: float) -> float:
        return float(np.sum(money * (1.0 + rate) ** -years))

    low, high = -0.9999, 1.0
    while worth(low) * worth(high) > 0 and high < 1e6:
        high *= 4.0
    if years.max() == 0.0 or worth(low) * worth(high) > 0:
        return float("nan")
    return float(brentq(worth, low, high, xtol=1e-12))


def _time_weighted(by_day: pd.DataFrame) -> float:
    """Chain what he would have got between events; spells without units do not count."""
    after, before = by_day["after_yuan"].shift(1), by_day["before_yuan"]
    held = after > 0.0
    growth = (before[held] / after[held]).to_numpy(dtype=np.float64)
    return float(np.prod(growth)) - 1.0
