"""Who leaves or joins while holdings do not trade: what he gets, and what last closes would do."""

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.run import backtest
from quanthedge.fund import Clients
from quanthedge.fund.clients import Flow
from quanthedge.performance.fairness import fairness
from quanthedge.performance.last_close import last_close_gains
from tests.fund.test_fund_run import METHODS
from tests.records import plain_strategy, record_of
from tests.sample import END, START, sample_market, small_strategy

CLOSE = pd.Timestamp("2015-03-31")
OWNED = ("stock_value", "stock_cash", "futures_cash", "dividends_receivable")
OWED = ("fees_payable", "loan", "redemptions_payable")


def books(suspended="index_return", revaluation=-100.0):
    """Two own 500 each of a fund of 1,000; one leaves and a third pays 110."""
    k = 1.1 if suspended == "last_close" else 1.0  # as the run states them
    events = pd.DataFrame(
        [
            ("B", "redemption", -500.0 * k, 0.0), ("D", "subscription", 110.0, 0.0),
            ("A", "deferred", 0.0, 0.0),
        ],
        columns=["investor", "event", "cash_yuan", "entry_or_exit_fee_yuan"],
    ).assign(date=CLOSE, share_class="A", performance_fee_yuan=0.0)  # fmt: skip
    days = pd.DataFrame(
        {"investor": ["A", "B"], "value_yuan": [400.0 * k, 500.0 * k],
         "accrued_fee_yuan": [100.0 * k, 0.0]}
    ).assign(date=CLOSE, share_class="A")  # fmt: skip
    ledger = pd.DataFrame({"equity": [1000.0], "revaluation": [revaluation]}, index=[CLOSE])
    if suspended == "last_close":
        ledger = pd.DataFrame({"equity": [1100.0], "revaluation": [0.0]}, index=[CLOSE])
    return record_of(
        investors=events, investor_days=days, ledger=ledger,
        strategy=plain_strategy(valuation={"suspended": suspended}),
    )  # fmt: skip


def test_a_leaver_at_stale_closes_is_paid_by_those_who_stay_and_by_who_joins():
    found = last_close_gains(books(), None)
    assert found["B"] == pytest.approx(50.0)  # paid 550 for 500
    # 560 are left for 600: A has 466.67 of his 500, D 93.33 of what he paid 110 for
    assert found["A"] == pytest.approx(-500 / 15)
    assert found["D"] == pytest.approx(-250 / 15)
    assert sum(found.values()) == pytest.approx(0.0, abs=1e-9)


def test_a_run_at_last_closes_is_judged_by_the_run_that_restates_them():
    found = last_close_gains(books("last_close"), books())
    assert found == pytest.approx(last_close_gains(books(), None))
    unknown = last_close_gains(books("last_close"), None)
    assert all(np.isnan(yuan) for yuan in unknown.values())


def test_without_an_adjustment_nobody_gains():
    assert set(last_close_gains(books(revaluation=0.0), None).values()) == {0.0}


# ---- on a market ---------------------------------------------------------------------------------

PLAIN = (
    "universe.filters=[]", "valuation.materiality=0.0", "fund.performance_fee_rate=0.0",
    "fund.management_fee_per_year=0.0", "fund.custody_fee_per_year=0.0",
)  # fmt: skip


@cache
def without_clients():
    return backtest(small_strategy(*PLAIN), sample_market(), START, END)


@cache
def stale_month_end() -> pd.Timestamp:
    """The month end on which suspended holdings matter most, but the last two."""
    stale = without_clients().ledger["revaluation"].abs()
    ends = stale.groupby(stale.index.to_period("M")).tail(1).iloc[1:-2]
    assert ends.max() > 10_000
    return ends.idxmax()


def run(method="lot_units", suspended="index_return", rate=0.0):
    day = date.fromisoformat(f"{stale_month_end():%Y-%m-%d}")
    flows = (
        Flow(date=day, investor="B", redeem_fraction=1.0),
        Flow(date=day, investor="D", subscribe_yuan=5e6),
    )
    clients = Clients(
        founders={"founder": 0.7, "B": 0.3}, method=method, flows=flows, opening="day"
    )
    strategy = small_strategy(
        *PLAIN, f"valuation.suspended={suspended}", f"fund.performance_fee_rate={rate}"
    )
    strategy = strategy.model_copy(update={"clients": clients})
    return backtest(strategy, sample_market(), START, END)


def stated_by_hand(result, day):
    """Assets of the accounts less debts, with each suspended holding at its stated value."""
    row = result.ledger.loc[day]
    owned, owes = row[list(OWNED)].sum(), row[list(OWED)].sum()
    rows = result.restated[result.restated["date"] == day]
    return owned - owes + (rows["shares"] * (rows["stated_value"] - rows["last_close"])).sum()


@pytest.mark.parametrize("method", METHODS)
def test_who_leaves_in_a_suspension_gets_what_the_method_says(method):
    result, day = run(method), stale_month_end()
    event = result.investors.query("investor == 'B' and event == 'redemption'").iloc[0]
    assert event["date"] == day
    assert result.ledger.loc[day, "revaluation"] != 0
    stated = stated_by_hand(result, day)
    units = result.ledger.loc[day, "units"]
    cent_of_a_unit = 0.5001 * 1e-4 * -event["units"]
    assert -event["cash_yuan"] == pytest.approx(
        stated * -event["units"] / units, abs=cent_of_a_unit
    )


def test_last_closes_pay_the_leaver_another_sum_and_fairness_says_how_much():
    result, stale, day = run(), run(suspended="last_close"), stale_month_end()
    table = fairness(result)
    row = result.ledger.loc[day]
    redeemed = -result.investors.query("event == 'redemption'")["cash_yuan"].iloc[0]
    expected = -row["revaluation"] / row["equity"] * redeemed
    assert table.loc["B", "last_close_yuan"] == pytest.approx(expected, rel=1e-9)
    assert table["last_close_yuan"].sum() == pytest.approx(0.0, abs=1e-4)
    paid = -stale.investors.query("event == 'redemption'")["cash_yuan"].iloc[0]
    assert paid - redeemed == pytest.approx(expected, rel=0.02)  # unit values of four decimals
    judged = fairness(stale, result)["last_close_yuan"]
    assert judged["B"] == pytest.approx(expected, rel=0.02)
    assert fairness(stale)["last_close_yuan"].isna().all()


def test_the_accounts_carry_the_stated_value_to_the_last_digit():
    result = run("series", rate=0.2)
    ledger = result.ledger
    owned = ledger[["stock_value", "stock_cash", "futures_cash", "dividends_receivable"]].sum(
        axis=1
    )
    owes = ledger[["fees_payable", "loan", "redemptions_payable"]].sum(axis=1)
    by_day = result.restated.groupby("date")["adjustment_yuan"].sum()
    restated = by_day.reindex(ledger.index, fill_value=0.0)
    assert (restated != 0).sum() > 10
    off = (owned - owes + restated - ledger["equity"]).abs()
    assert (off <= 1e-9 * ledger["equity"]).all()
    assert (ledger["revaluation"] - restated).abs().max() < 1e-6
