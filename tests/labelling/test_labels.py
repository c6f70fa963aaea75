"""Labels agree with the definition, purchase by purchase, and say why they differ."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quanthedge as qh
from quanthedge.labelling import REASONS, decision_rows, labels, reason_name
from quanthedge.ledger import Costs
from quanthedge.rules import StockCosts
from tests.labelling.markets import obstructed_market
from tests.oracles.labels import bars_of, one_label


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    return obstructed_market(tmp_path_factory.mktemp("labels") / "market", seed=3, days=90)


def check(market, made, cost=0.0, recovery=1.0):
    """Every pair by the slow reference."""
    days, gone = len(market.dates), market.delist_index()
    for n in range(len(market.codes)):
        bars = bars_of(market, n, made.entry)
        for r, t in enumerate(made.rows):
            if made.horizon == "next":
                end = made.rows[r + 1] if r + 1 < len(made.rows) else days
            else:
                end = t + made.horizon
            planned = min(end, days) + made.lag
            naive, value, reason, row = one_label(
                bars, t, t + made.lag, end, planned, gone[n], cost, recovery
            )
            where = f"{market.codes[n]} {market.dates[t]}"
            assert REASONS[made.reason[r, n]] == reason, where
            assert made.naive[r, n] == pytest.approx(naive, abs=1e-12, nan_ok=True), where
            assert made.value[r, n] == pytest.approx(value, abs=1e-12, nan_ok=True), where
            assert made.ends_by[r, n] == min(row, days), where


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    entry=st.sampled_from(["open", "close", "vwap"]),
    lag=st.integers(1, 2),
    horizon=st.sampled_from([1, 3, 10, "next"]),
    step=st.integers(1, 7),
    recovery=st.sampled_from([1.0, 0.2]),
)
def test_labels_are_those_of_the_definition_on_any_market(
    seed, entry, lag, horizon, step, recovery
):
    with tempfile.TemporaryDirectory() as folder:
        market = obstructed_market(Path(folder) / "market", seed)
        rows = np.arange(0, len(market.dates), step)
        made = labels(market, rows, entry=entry, lag=lag, horizon=horizon, recovery=recovery)
        check(market, made, recovery=recovery)


def test_every_obstacle_occurs_and_agrees_with_the_definition(market):
    made = labels(market, "day", horizon=2, cost_bp=15)
    check(market, made, cost=15e-4)
    found = {REASONS[code] for code in np.unique(made.reason)}
    assert found >= {
        "timing", "suspended", "limit_up", "sold_late_suspended", "sold_late_limit_down",
        "delisted", "after_data", "not_listed",
    }  # fmt: skip


def test_nothing_is_bought_at_the_upper_limit_or_in_suspension(market):
    made = labels(market, "day", horizon=2)
    refused = ~made.can_buy
    assert refused.any()
    assert np.isnan(made.value[refused]).all()
    inside = made.begins < len(market.dates)
    day = made.begins[inside]
    assert market.panel("traded")[day][made.can_buy[inside]].all()
    rise = market.panel("open")[day] / market.panel("pre_close")[day] - 1
    assert (rise[made.can_buy[inside]] < 0.0995).all()


def test_labels_end_when_they_say(market):
    """A label is the same on a market that ends on the day of its last price."""
    made = labels(market, "day", horizon=5)
    r = 20
    last = int(made.ends_by[r].max())
    assert last >= made.ends[r]
    cut = labels(market.until(market.dates[last]), [int(made.rows[r])], horizon=5)
    np.testing.assert_array_equal(cut.value[0], made.value[r])
    earlier = labels(market.until(market.dates[made.ends[r] - 1]), [int(made.rows[r])], horizon=5)
    assert np.isnan(earlier.value).all()


def test_the_row_after_the_next_decision_ends_a_label_and_the_last_one_has_none(market):
    made = labels(market, [10, 30, 50])
    assert made.begins.tolist() == [11, 31, 51]
    assert made.ends.tolist() == [31, 51, len(market.dates)]
    assert np.isnan(made.value[-1]).all()
    assert np.isnan(made.naive[-1]).all()


def test_naive_labels_go_from_close_to_close(market):
    made = labels(market, "day", horizon=3, executable=False)
    worth = market.panel("mark") * market.panel("adj_factor")
    there = made.rows[:-3, None] < market.delist_index()[None, :]
    expected = np.where(there, worth[3:] / worth[:-3] - 1, np.nan)
    np.testing.assert_allclose(made.value[:-3], expected)
    np.testing.assert_array_equal(made.ends[:-3], made.rows[:-3] + 3)
    assert made.definition == "close to close, 3 days"
    assert (made.reason[np.isfinite(made.value)] == 0).all()


def test_the_rule_book_charges_the_duties_of_the_day(market):
    plain = labels(market, [20], horizon=5)
    terms = Costs(slippage_bp=0.0)
    charged = labels(market, [20], horizon=5, costs=terms)
    book = StockCosts.between(market.dates, market.codes, terms)
    n = int(np.flatnonzero((plain.ends_by[0] == plain.ends[0]) & np.isfinite(plain.value[0]))[0])
    buy, sell = int(plain.begins[0]), int(plain.ends[0])
    price = market.panel("open")
    shares = book.yuan_per_share
    paid = price[buy, n] * (1 + book.buy_rate[buy, n]) + shares[buy, n]
    got = price[sell, n] * (1 - book.sell_rate[sell, n]) - shares[sell, n]
    factor = market.panel("adj_factor")
    expected = got * factor[sell, n] / (paid * factor[buy, n]) - 1
    assert charged.value[0, n] == pytest.approx(expected, abs=1e-12)
    assert charged.value[0, n] < plain.value[0, n]


def test_differences_count_every_pair_once_and_say_what_was_lost(market):
    made = labels(market, "day", horizon=2)
    table = made.differences()
    assert table["pairs"].sum() == made.value.size
    assert table["share"].sum() == pytest.approx(1.0)
    late = made.reason == REASONS.index("sold_late_limit_down")
    lost = (made.naive[late] - made.value[late]).mean() * 1e4
    assert table.loc["sold_late_limit_down", "lost_bp"] == pytest.approx(lost)
    assert np.isnan(table.loc["limit_up", "lost_bp"])  # it was never bought
    assert table.loc["limit_up", "naive_bp"] > 0
    assert made.differences(language="zh").loc["limit_up", "name"].startswith("未买入")


def test_pairs_that_differ_have_a_reason(market):
    made = labels(market, "day", horizon=4)
    both = np.isfinite(made.naive) & np.isfinite(made.value)
    differs = both & (np.abs(made.naive - made.value) > 1e-12)
    assert (made.reason[differs] != 0).all()
    one = np.isfinite(made.naive) != np.isfinite(made.value)
    assert (made.reason[one] != 0).all()


def test_every_reason_has_a_name_in_both_languages():
    for code in range(len(REASONS)):
        assert reason_name(code, "en")
        assert reason_name(code, "zh") != reason_name(code, "en")


def test_months_and_weeks_end_on_their_last_trading_day(market):
    dates = market.dates
    rows = decision_rows(market, "month")
    months = dates.astype("datetime64[M]")
    assert (months[rows + 1] > months[rows]).all()
    assert len(rows) == len(set(months)) - 1  # the last month goes on after the data
    weeks = decision_rows(market, "week")
    assert (np.diff(dates[weeks]).astype(int) >= 3).all()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"lag": 0}, "lag 0; accepted: 1 or more"),
        ({"horizon": 0}, "horizon 0; accepted"),
        ({"entry": "noon"}, "entry"),
        ({"cost_bp": -1.0}, "cost_bp -1.0; accepted"),
        ({"recovery": 2.0}, "recovery 2.0; accepted"),
        ({"rows": "year"}, "'year'; accepted: month, week, day"),
        ({"rows": [5, 5]}, "each later than the one before"),
        ({"rows": [0.5]}, "whole numbers of trading days"),
        ({"rows": [10_000]}, "rows inside the data"),
        ({"cost_bp": 1.0, "costs": Costs()}, "one of them"),
    ],
)
def test_a_wrong_parameter_is_one_line(market, wrong, told):
    with pytest.raises(qh.StrategyError, match=told) as problem:
        qh.labels(market, **wrong)
    assert "\n" not in str(problem.value)
