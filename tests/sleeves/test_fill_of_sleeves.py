"""Sleeves ask whether they can trade at the price at which their fund trades contracts."""

from dataclasses import replace

import numpy as np
import pytest

import quanthedge.arbitrage.spread_trading as trading
from quanthedge.backtesting.sleeve_stage import sleeves_of
from quanthedge.errors import StrategyError
from quanthedge.sleeves.spread import CalendarSpread
from tests.sample import END, START, sample_market, small_strategy

SPREAD = {"kind": "calendar_spread", "label": "calendar", "budget": 0.2, "rule": "carry",
          "entry": 0.01, "exit": 0.002}  # fmt: skip
CARRY = {"kind": "cash_and_carry", "label": "carry", "budget": 0.3, "terms": {"entry": 0.0}}


def fund(fill, sleeve, **terms):
    changes = {"execution.fill": fill, "hedge.fill": "stocks", "sleeves": [sleeve]}
    return small_strategy("invested_fraction=0.45").change(changes | terms)


def wished(strategy):
    market = sample_market()
    (planned,) = sleeves_of(strategy, market, *market.span(START, END))
    return [str(market.dates[row]) for row in planned.wishes.rows], planned.wishes.contracts


@pytest.mark.parametrize(
    ("fill", "asked"), [("open", "open"), ("close", "close"), ("vwap", "close")]
)
def test_a_spread_asks_where_its_legs_are_filled(fill, asked):
    found = wished(fund(fill, SPREAD))
    market = sample_market()
    first, last = market.span(START, END)
    own = CalendarSpread(**{k: v for k, v in SPREAD.items() if k != "kind"} | {"fill": asked})
    assert found[1] == own.wishes(market, first, last).contracts
    assert len(found[0]) > 3


def locked_at(moment, day, monkeypatch):
    """Put every contract at its upper limit at one moment of a day."""
    legs_of = trading.legs_of

    def limited(market, product):
        legs = legs_of(market, product)
        t = int(np.searchsorted(legs.dates, day))
        prices = getattr(legs, moment).copy()
        prices[t] = 2.0 * legs.mark[t - 1]
        return replace(legs, **{moment: prices})

    monkeypatch.setattr(trading, "legs_of", limited)


@pytest.mark.parametrize("fill", ["open", "close"])
@pytest.mark.parametrize("moment", ["open", "close"])
def test_a_limit_counts_at_the_moment_of_the_fill_alone(fill, moment, monkeypatch):
    market = sample_market()
    first, last = market.span(START, END)
    sleeve = CalendarSpread(**{k: v for k, v in SPREAD.items() if k != "kind"}).filled_at(fill)
    free = sleeve.wishes(market, first, last)
    entered = next(r for r, one in enumerate(free.contracts) if one)
    locked_at(moment, market.dates[free.rows[entered] + 1], monkeypatch)
    found = sleeve.wishes(market, first, last)
    same = found.rows[entered] == free.rows[entered]
    assert same == (fill != moment)


def test_another_price_than_the_fund_s_is_refused_in_one_line():
    with pytest.raises(StrategyError, match=r"fill close, but the fund .* at the open") as error:
        fund("open", SPREAD | {"fill": "close"})
    assert "\n" not in str(error.value)
    with pytest.raises(StrategyError, match=r"terms.fill open, but the fund"):
        fund("close", CARRY | {"terms": {"fill": "open"}})
    assert fund("open", CARRY).sleeves_as_filled()[0].terms.fill == "open"
    assert fund("close", CARRY).sleeves_as_filled()[0].terms.fill == "close"


@pytest.mark.parametrize(
    "sleeve",
    [
        SPREAD | {"exit": 0.02},
        SPREAD | {"stop": 0.005},
        {"kind": "calendar_spread", "label": "calendar", "budget": 0.2, "entry": 4.0},  # stop 4
        {"kind": "industry_pairs", "label": "pairs", "budget": 0.2, "exit": 2.5},
    ],
)
def test_deviations_that_do_not_fit_together_are_refused_before_there_is_a_market(sleeve):
    with pytest.raises(StrategyError, match=r"accepted: 0 <= exit < entry < stop") as error:
        small_strategy("invested_fraction=0.45").change({"sleeves": [sleeve]})
    assert f"sleeves.0.{sleeve['kind']}: exit " in str(error.value)
