"""strategies/multi_sleeve.toml whose sleeves have something to do on the sample market."""

from quanthedge.sleeves.carry import CashAndCarry
from quanthedge.sleeves.spread import CalendarSpread
from quanthedge.strategy import Strategy, load_strategy

LABELS = ["stocks", "carry", "calendar"]
SPAN = ("2014-11-03", "2015-03-31")


def busy(**changes: object) -> Strategy:
    """Return the fund with sleeves that enter at less than they are paid for."""
    strategy = load_strategy("multi_sleeve", ["selector.n=30"])
    carry, calendar = strategy.sleeves
    assert isinstance(carry, CashAndCarry)
    assert isinstance(calendar, CalendarSpread)
    terms = carry.terms.model_copy(update={"entry": -0.01, "exit": -0.2})
    sleeves = [
        carry.model_copy(update={"terms": terms}),
        calendar.model_copy(update={"entry": 1.0}),
    ]
    return strategy.change({"sleeves": sleeves, **changes})
