"""Whose interest is whose: the fund's, split over its sleeves and its treasury."""

import numpy as np
import pytest

import quanthedge as qh
from tests.sleeves.busy import LABELS, SPAN, busy

RATES = (0.03, 0.01)  # of the stock account, of the futures account


@pytest.fixture(scope="module")
def run() -> qh.Result:
    rates = {"accounts.stock_cash_rate": RATES[0], "accounts.futures_cash_rate": RATES[1]}
    return qh.backtest(busy(**rates), qh.sample_market(), *SPAN)


def by_the_definition(run: qh.Result) -> list[dict[str, float]]:
    """Return each day's interest by sleeve and of the treasury, from the balances of the eve."""
    rows = run.sleeves.to_dict("records")
    eve = dict.fromkeys(LABELS, (0.0, 0.0, 0.0))
    days = run.ledger.index
    found = []
    for k, day in enumerate(days[1:], start=1):
        year = (day - days[k - 1]).days / 365.0
        balances = run.ledger.iloc[k - 1]
        margin = sum(one[2] for one in eve.values())
        of_day = {}
        for name, (stocks, coming, own) in eve.items():
            part = balances["futures_cash"] * own / margin if margin else 0.0
            of_day[name] = year * (RATES[1] * part - RATES[0] * (stocks + coming + part))
        idle = 0.0 if margin else balances["futures_cash"]
        lent = balances["stock_cash"] + sum(stocks + coming for stocks, coming, _ in eve.values())
        of_day["treasury"] = year * (
            RATES[0] * (lent + balances["futures_cash"] - idle) + RATES[1] * idle
        )
        found.append(of_day)
        today = [row for row in rows if row["date"] == day]
        eve = {
            row["sleeve"]: (row["stock_value"], row["dividends_receivable"], row["margin_required"])
            for row in today
        }
    return found


def test_each_part_is_the_definition_s_and_all_are_the_fund_s_interest(run: qh.Result) -> None:
    slow = by_the_definition(run)
    table = run.sleeves
    for name in LABELS:
        own = table.loc[table["sleeve"] == name, "interest"].to_numpy()
        np.testing.assert_allclose(own, [one[name] for one in slow], rtol=0, atol=1e-8)
        assert own.sum() < 0
    treasury = qh.sleeve_bridge(run, "day")["interest"]
    np.testing.assert_allclose(treasury, [one["treasury"] for one in slow], rtol=0, atol=1e-8)
    whole = [sum(one.values()) for one in slow]
    np.testing.assert_allclose(run.ledger["interest"].iloc[1:], whole, rtol=0, atol=1e-8)


def test_the_lines_with_interest_still_add_up_to_the_change_of_equity(run: qh.Result) -> None:
    daily = qh.sleeve_bridge(run, "day")
    assert (daily["residual"].abs() <= 1e-9 * run.ledger["equity"].iloc[1:]).all()
    figures = qh.sleeve_figures(run, "whole").set_index("sleeve")
    whole = qh.sleeve_bridge(run, "whole").iloc[0]
    for name in LABELS:
        own = figures.loc[name]
        assert whole[name] == pytest.approx(own["net_yuan"] + own["interest_yuan"], abs=1e-6)


def test_a_sleeve_that_holds_nothing_pays_nothing(run: qh.Result) -> None:
    table = run.sleeves.assign(held=lambda t: t["stock_value"] + t["margin_required"] > 0)
    before = table.groupby("sleeve")["held"].shift(1, fill_value=False)
    coming = table.groupby("sleeve")["dividends_receivable"].shift(1, fill_value=0.0)
    idle = table[~before & (coming == 0.0)]
    assert len(idle) > 3
    assert (idle["interest"] == 0.0).all()
