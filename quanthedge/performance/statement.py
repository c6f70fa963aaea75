"""What one investor has: lots, fees, his own returns, and what he would get today."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.record import Record
from quanthedge.rules import CALENDAR_DAYS_A_YEAR

__all__ = ["Statement", "investor_statement", "investors_of", "money_weighted_return"]

_BOUGHT = ("founder", "subscription")
_OUT = ("redemption", "distribution", "liquidation")
_FEWEST_DAYS = 20  # trading days below which nothing is stated a year


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


def investor_statement(result: Record, investor: str) -> Statement:
    """Return an investor's statement on the last day of a run with clients.

    Raises
    ------
    DataError
        When the run has no clients, or none of that name.
    """
    names = investors_of(result)
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
    paid_out = 0.0 - events.loc[events["event"].isin(_OUT), "cash_yuan"].sum()
    lots = result.investor_lots[result.investor_lots["investor"] == investor]
    daily = result.investor_days
    due = daily.loc[(daily["investor"] == investor) & (daily["date"] == last), "accrued_fee_yuan"]
    left = events["event"].eq("liquidation").any()
    flows = _flows(events)
    flows.append((last, today))
    return Statement(
        investor=investor,
        date=last,
        paid_in=float(paid_in),
        paid_out=float(paid_out),
        performance_fees=float(events["performance_fee_yuan"].sum()),
        other_fees=float(events["entry_or_exit_fee_yuan"].sum()),
        accrued_fee=0.0 if left else float(due.sum()),
        value_today=today,
        gain=float(today + paid_out - paid_in),
        money_weighted=money_weighted_return(flows) if _long(result, flows) else float("nan"),
        time_weighted=_time_weighted(values),
        lots=lots.reset_index(drop=True),
        events=events,
    )


def investors_of(result: Record) -> list[str]:
    """Return who has ever held units, in order of joining."""
    bought = result.investors[result.investors["event"].isin(_BOUGHT)]
    return list(dict.fromkeys(bought["investor"]))


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


def _time_weighted(values: pd.DataFrame) -> float:
    """Chain what he would have got between events; spells without units do not count."""
    by_day = values.groupby("date")[["before_yuan", "after_yuan"]].sum()
    after, before = by_day["after_yuan"].shift(1), by_day["before_yuan"]
    held = after > 0.0
    growth = (before[held] / after[held]).to_numpy(dtype=np.float64)
    return float(np.prod(growth)) - 1.0
