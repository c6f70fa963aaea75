"""Forecasts, owners and lists of funds: known when they were, refused when they are wrong."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import DataError
from quanthedge.market.checks.whole import check_tables
from tests.market.small_market import to_arrow
from tests.market.test_further_tables import CODES, DAYS, market_with
from tests.sample import sample_market

YEAR = dt.date(2014, 12, 31)


def estimates(*rows):
    names = ["code", "period_end", "broker", "known_date", "net_profit"]
    frame = pd.DataFrame(rows, columns=names).assign(revenue=np.nan, earnings_per_share=np.nan)
    return to_arrow(frame, "analyst_estimates")


def owners(*rows):
    return to_arrow(pd.DataFrame(rows, columns=["code", "start", "end", "owner"]), "owners")


def told(report, level):
    return "\n".join(f"{one.table}: {one.text}" for one in report.of(level))


def test_a_forecast_is_known_from_its_day_on(tmp_path):
    table = estimates((CODES[0], YEAR, "a", DAYS[3], 5e8), (CODES[0], YEAR, "b", DAYS[8], 6e8))
    market, report = market_with(tmp_path / "m", analyst_estimates=table)
    assert not report.errors
    assert len(market.analyst_estimates()) == 2
    assert len(market.until(DAYS[7]).analyst_estimates()) == 1
    assert market.until(DAYS[2]).analyst_estimates().empty


def test_an_owner_is_known_from_the_begin_of_its_spell_and_open_until_it_ends(tmp_path):
    table = owners(
        (CODES[0], dt.date(2000, 1, 4), DAYS[9], "local"), (CODES[0], DAYS[10], None, "private")
    )
    market, _ = market_with(tmp_path / "m", owners=table)
    assert market.owners()["owner"].tolist() == ["local", "private"]
    cut = market.until(DAYS[5]).owners()
    assert cut["owner"].tolist() == ["local"]
    assert cut["end"].isna().all()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ((CODES[0], dt.date(2014, 6, 30), "a", DAYS[3], 5e8), "no 31 December"),
        ((CODES[0], dt.date(2012, 12, 31), "a", DAYS[3], 5e8), "more than a year after the year"),
        ((CODES[0], YEAR, "a", DAYS[3], 50.0), "multiply figures in 10,000 yuan by 10,000"),
    ],
)
def test_forecasts_of_a_wrong_period_or_unit_are_refused(tmp_path, row, words):
    with pytest.raises(DataError, match=words):
        market_with(tmp_path / "m", analyst_estimates=estimates(row))


def test_owners_by_other_words_and_overlapping_spells_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"accepted: central, local, private, foreign, other"):
        market_with(tmp_path / "m", owners=owners((CODES[0], DAYS[0], None, "state")))
    two = owners((CODES[0], DAYS[0], None, "local"), (CODES[0], DAYS[4], None, "private"))
    with pytest.raises(DataError, match="overlaps the spell before"):
        market_with(tmp_path / "n", owners=two)


def holdings(*rows):
    frame = pd.DataFrame(
        rows, columns=["code", "period_end", "known_date", "full_holdings", "funds_holding"]
    )
    return to_arrow(frame.assign(shares_held=1e6, value_held=1e7), "fund_holdings")


def test_the_list_before_is_asked_for_by_its_distance(tmp_path):
    june, december = dt.date(2013, 6, 30), dt.date(2013, 12, 31)
    table = holdings(
        (CODES[0], june, DAYS[2], True, 3.0), (CODES[1], june, DAYS[2], True, 4.0),
        (CODES[0], december, DAYS[6], True, 5.0),
    )  # fmt: skip
    market, _ = market_with(tmp_path / "m", fund_holdings=table)
    one, two = market.column(CODES[0]), market.column(CODES[1])
    now = market.fund_holdings("funds_holding", full=True)
    before = market.fund_holdings("funds_holding", full=True, back=1)
    assert now[[1, 2, 5, 6], one].tolist()[1:] == [3.0, 3.0, 5.0]
    assert now[[5, 6], two].tolist() == [4.0, 0.0]
    assert np.isnan(before[:6]).all()
    assert before[6, [one, two]].tolist() == [3.0, 4.0]
    with pytest.raises(DataError, match="back -1; accepted: 0 or more"):
        market.fund_holdings("funds_holding", full=True, back=-1)


def test_a_simulated_market_has_analysts_funds_and_owners_and_no_fault():
    market = sample_market()
    assert {"analyst_estimates", "fund_holdings", "owners"} <= set(market._store.manifest.tables)
    names = ("calendar", "stocks", "analyst_estimates", "fund_holdings", "owners", "statements")
    report = check_tables({name: market._store.table(name) for name in names})
    assert not [one for one in report.errors if one.table in names[2:]]
    forecasts = market.analyst_estimates()
    assert (forecasts["known_date"] <= pd.Timestamp(market.dates[-1])).all()
    assert forecasts.groupby("code")["broker"].nunique().median() >= 2
    held = market.fund_holdings("funds_holding", full=True)[-1]
    worth = (market.panel("mark") * market.panel("total_shares"))[-1]
    known = np.isfinite(worth)
    assert pd.Series(held[known]).corr(pd.Series(worth[known]), method="spearman") > 0.3


def test_forecasts_of_a_simulated_market_foresee_what_is_reported():
    market = sample_market()
    profit = market.statements()
    annual = profit[profit["period_end"] == "2014-12-31"].set_index("code")["net_profit_parent"]
    rows = market.analyst_estimates()
    rows = rows[(rows["period_end"] == "2014-12-31") & (rows["known_date"] < "2014-12-31")]
    mean = rows.groupby("code")["net_profit"].mean()
    both = pd.concat([mean, annual], axis=1, join="inner").dropna()
    assert len(both) > 30
    assert both.corr(method="spearman").iloc[0, 1] > 0.7
