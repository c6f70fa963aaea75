"""A statement says what the register says, and returns are those of the investor's own money."""

import math
from datetime import date

import pandas as pd
import pytest

from quanthedge.backtesting.run import backtest
from quanthedge.errors import DataError
from quanthedge.fund import Clients, Tier
from quanthedge.fund.clients import Distribution, Flow, Leavers
from quanthedge.performance import levels
from quanthedge.performance.fairness import fairness
from quanthedge.performance.statement import investor_statement, money_weighted_return
from quanthedge.strategy import Strategy
from tests.sample import END, START, sample_market, sample_result, small_strategy


def run(method: str, *flows: Flow, rate: float = 0.25):
    strategy = small_strategy(f"fund.performance_fee_rate={rate}")
    clients = Clients(method=method, flows=flows)
    return backtest(strategy.model_copy(update={"clients": clients}), sample_market(), START, END)


def flow(day: str, investor: str, **order: float) -> Flow:
    return Flow(date=date.fromisoformat(day), investor=investor, **order)


JOINS = (flow("2014-11-10", "B", subscribe_yuan=2e7), flow("2015-02-10", "B", redeem_fraction=0.4))


def test_without_fees_an_investor_earns_what_the_fund_earns() -> None:
    result = run("lot_units", *JOINS, rate=0.0)
    found = investor_statement(result, "founder")
    fund = levels(result.ledger)["net"].iloc[-1] - 1.0
    assert found.time_weighted == pytest.approx(fund, abs=2e-4)
    assert found.money_weighted == pytest.approx(
        (1 + fund) ** (365 / (result.ledger.index[-1] - result.ledger.index[1]).days) - 1, abs=1e-3
    )
    assert found.value_today == pytest.approx(found.lots["value"].sum())
    assert found.accrued_fee == pytest.approx(0.0, abs=0.01)


def test_the_money_adds_up() -> None:
    result = run("lot_units", *JOINS)
    found = investor_statement(result, "B")
    assert found.paid_in == 2e7
    assert found.paid_out > 7e6
    assert found.gain == pytest.approx(found.value_today + found.paid_out - found.paid_in)
    assert found.lots["value"].sum() - found.accrued_fee == pytest.approx(found.value_today)
    own = result.investors.query("investor == 'B'")
    assert found.performance_fees == pytest.approx(own["performance_fee_yuan"].sum())
    worth = sum(
        amount / (1 + found.money_weighted) ** ((day - own["date"].iloc[0]).days / 365)
        for day, amount in [
            *[(r.date, -r.cash_yuan) for r in own.itertuples() if "fee" not in r.event],
            (result.ledger.index[-1], found.value_today),
        ]
    )
    assert worth == pytest.approx(0.0, abs=1.0)


def test_a_rate_that_does_not_exist_is_not_a_number() -> None:
    day = pd.Timestamp("2015-01-05")
    assert money_weighted_return([]) != money_weighted_return([])
    assert str(money_weighted_return([(day, -1.0), (day, 2.0)])) == "nan"
    late = pd.Timestamp("2016-01-05")
    assert money_weighted_return([(day, -100.0), (late, 300.0)]) == pytest.approx(2.0)


EVERYTHING = Clients(
    founders={"founder": 0.7, "A": 0.3},
    method="lot_units",
    opening="week",
    payment_days=2,
    gate=0.2,
    lock_up_days=30,
    subscription_fee=(Tier(below=math.inf, rate=0.012),),
    redemption_fee=(Tier(below=200, rate=0.01), Tier(below=math.inf, rate=0.002)),
    redemption_fee_kept=0.6,
    leavers=Leavers(drawdown=0.02, fraction=0.3),
    flows=(
        *JOINS,
        flow("2014-12-03", "D", subscribe_yuan=3e7, share_class="C"),
        flow("2015-01-10", "B", subscribe_yuan=5e6, share_class="C"),
        flow("2015-03-10", "D", redeem_fraction=0.7, share_class="C"),
        flow("2015-04-10", "D", redeem_fraction=1.0, share_class="C"),
        flow("2015-05-10", "A", redeem_fraction=0.9),
    ),
    distributions=(Distribution(date=date(2015, 4, 30), yuan_per_unit=0.03, reinvesting=("A",)),),
)


@pytest.mark.parametrize("hurdle", [None, {"rate": 0.03}, {"rate": 0.03, "hard": False}])
def test_a_run_by_lot_is_its_own_replay(hurdle: dict[str, object] | None) -> None:
    """Exit fees that stay, two classes, dividends, gates, hurdles: rounding is all that is left."""
    plain = small_strategy().model_dump() | {"clients": EVERYTHING}
    plain["fund"] |= {"hurdle": hurdle, "service_fee_per_year": 0.008}
    result = backtest(Strategy.model_validate(plain), sample_market(), START, END)
    kinds = set(result.investors["event"])
    assert kinds >= {"redemption", "deferred", "distribution", "reinvested", "performance_fee"}
    assert result.investors.query("event == 'redemption'")["entry_or_exit_fee_yuan"].min() > 0
    # a cent for each event: the replay's unit values are those of the run
    assert fairness(result)["difference_yuan"].abs().max() <= 0.01 * len(result.investors)


def test_one_mark_for_all_favours_who_joins_below_it() -> None:
    ledger = sample_result().ledger
    unit = ledger["unit_value"]
    month_ends = unit.groupby(unit.index.to_period("M")).tail(1)
    below = (month_ends / ledger["high_water_mark"].reindex(month_ends.index)).iloc[:-2]
    assert below.min() < 0.995  # there is a month end below the mark
    day = below.idxmin()
    result = run("whole_fund", flow(f"{day:%Y-%m-%d}", "late", subscribe_yuan=5e7))
    table = fairness(result)
    assert table.loc["late", "difference_yuan"] > 1000.0
    again = run("whole_fund_and_redemption", flow(f"{day:%Y-%m-%d}", "late", subscribe_yuan=5e7))
    helped = fairness(again).loc["late", "difference_yuan"]
    assert abs(helped) < table.loc["late", "difference_yuan"]


def test_who_is_not_known_is_refused() -> None:
    with pytest.raises(DataError, match="known: founder, B"):
        investor_statement(run("lot_units", *JOINS), "X")
    with pytest.raises(DataError, match="known: none"):
        investor_statement(sample_result(), "founder")
    with pytest.raises(DataError, match="no clients"):
        fairness(sample_result())
