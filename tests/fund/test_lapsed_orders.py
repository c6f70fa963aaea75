"""What an insolvent fund refuses: orders and dividends of its last day and of those after it."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import numpy as np

from quanthedge.fund import Clients
from quanthedge.fund.clients import Distribution, Flow
from quanthedge.fund.closes import lapse

DATES = np.arange("2015-06-01", "2015-06-06", dtype="datetime64[D]")


def register(units: int, value: str) -> SimpleNamespace:
    return SimpleNamespace(units=Decimal(units), unit_value=lambda: Decimal(value))


def flow(day: int, investor: str, share_class: str = "A") -> Flow:
    return Flow(
        date=date(2015, 6, day), investor=investor, share_class=share_class, subscribe_yuan=1.0
    )


def paid(*days: int) -> tuple[Distribution, ...]:
    return tuple(Distribution(date=date(2015, 6, one), yuan_per_unit=0.1) for one in days)


def refused(orders: dict[int, list[Flow]], dividends: tuple[Distribution, ...] = (), c: int = 0):
    """Return who is refused what, at which value, on the third day."""
    fund = SimpleNamespace(
        dates=DATES, clients=Clients(distributions=dividends), events=[],
        registers={"A": register(10, "0.5"), "C": register(c, "0.25")},
    )  # fmt: skip
    lapse(fund, 2, orders)
    assert all(one["date"] == DATES[2] for one in fund.events)
    assert all((one["event"], one["reason"]) == ("refused", "insolvent") for one in fund.events)
    assert all(one["units"] == one["cash_yuan"] == 0.0 for one in fund.events)
    return [(one["investor"], one["share_class"], one["unit_value"]) for one in fund.events]


def test_orders_of_the_last_day_and_later_are_refused_in_the_order_of_their_days() -> None:
    orders = {4: [flow(5, "E")], 1: [flow(2, "B")], 2: [flow(3, "C"), flow(3, "D", "C")]}
    assert refused(orders) == [("C", "A", 0.5), ("D", "C", 0.25), ("E", "A", 0.5)]


def test_dividends_of_the_last_day_and_later_are_refused_to_the_classes_that_have_units() -> None:
    assert refused({}, paid(2, 3, 5)) == [("fund", "A", 0.5)] * 2
    assert refused({}, paid(5), c=1) == [("fund", "A", 0.5), ("fund", "C", 0.25)]
    assert refused({}, paid(1, 2)) == []
