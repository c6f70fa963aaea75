"""Alpha by industries and stocks: the example by hand, plain loops, identities, days cut off."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from quanthedge.attribution import BRINSON
from quanthedge.attribution.brinson import brinson, brinson_industries, effects_of, split
from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.performance import ShareGrowth
from tests.attribution.by_hand import CODES, DAYS, INDEX, market_by_hand, run_by_hand
from tests.oracles.brinson import brinson_of_a_day
from tests.sample import sample_market, sample_result

# docs/attribution.md, "One day by hand"
BY_HAND = pd.DataFrame(
    {
        "allocation_yuan": {"43": 11_400.0, "48": 17_100.0},
        "selection_yuan": {"43": 525_000.0, "48": -7_500.0},
    }
)


def test_the_example_of_the_page_comes_out(tmp_path) -> None:
    market, run = market_by_hand(tmp_path / "m"), run_by_hand()
    found = brinson(run, market, "day").loc[DAYS[2]]
    assert found[list(BRINSON)].tolist() == pytest.approx([28_500.0, 517_500.0, -7_600.0])
    assert run.bridge("day").loc[DAYS[2], "alpha"] == pytest.approx(538_400.0)
    assert found["residual"] == pytest.approx(0.0, abs=1e-6)
    assert found["mismatched_holdings"] == 0
    industries = brinson_industries(run, market).set_index("industry")
    pd.testing.assert_frame_equal(industries[list(BY_HAND)], BY_HAND, check_names=False)
    assert industries["book"].tolist() == pytest.approx([0.6229, 0.3771], abs=5e-3)
    assert industries["name_en"].tolist() == ["Real estate", "Banks"]


def test_an_industry_outside_the_index_is_all_selection(tmp_path) -> None:
    market = market_by_hand(tmp_path / "m")
    run = run_by_hand({"000001.SZ": 5_000_000, "600004.SH": 3_000_000}, beta=1.0)
    found = brinson_industries(run, market, "day").set_index(["date", "industry"])
    own = found.loc[(DAYS[2], "42")]
    assert own["allocation_yuan"] == 0.0
    assert own["index"] == 0.0
    # 3% of 30 million less the 0.4% of all members
    assert own["selection_yuan"] == pytest.approx(900_000.0 - 120_000.0)
    assert brinson(run, market, "day")["residual"].abs().max() < 1e-6


def test_the_index_itself_earns_nothing_beyond_what_its_weights_miss(tmp_path) -> None:
    market = market_by_hand(tmp_path / "m")
    run = run_by_hand({"000001.SZ": 400_000, "000002.SZ": 200_000, "600000.SH": 400_000}, beta=1.0)
    found = brinson(run, market, "day").loc[DAYS[2]]
    assert found["industry"] == pytest.approx(0.0, abs=1e-6)
    assert found["stock"] == pytest.approx(0.0, abs=1e-6)
    assert found["index"] == pytest.approx(1e7 * (0.004 - 0.0041))


def test_every_recorded_day_of_the_sample_is_that_of_plain_loops() -> None:
    result, market = sample_result(), sample_market()
    found = brinson_industries(result, market, "day").set_index(["date", "industry"])
    lines = brinson(result, market, "day")
    days, recorded = result.ledger.index, pd.DatetimeIndex(result.positions["date"].unique())
    after = days[days.get_indexer(recorded[recorded < days[-1]]) + 1]
    busy = after.intersection(ex_days(market))[:3]  # the index of these days has a dividend
    assert len(busy) == 3
    for day in [*after[::8], *busy]:
        expected = brinson_of_a_day(result, market, day)
        own = found.loc[day]
        for column, yuan in (
            ("allocation_yuan", expected.allocation), ("selection_yuan", expected.selection),
        ):  # fmt: skip
            assert set(own.index) == set(yuan)
            np.testing.assert_allclose(own[column], pd.Series(yuan)[own.index], atol=1.0)
        assert lines.loc[day, "index"] == pytest.approx(expected.missed, abs=1.0)


def ex_days(market: Market) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(market.corporate_actions()["ex_date"].unique()).sort_values()


def test_every_day_and_period_of_the_sample_adds_up_to_the_line_alpha() -> None:
    result, market = sample_result(), sample_market()
    daily = brinson(result, market, "day")
    scale = result.ledger["stock_value"].max()
    assert daily["residual"].abs().max() < 1e-9 * scale
    assert daily["mismatched_holdings"].sum() == 0
    for by in ("day", "month", "whole"):
        industries = brinson_industries(result, market, by)
        sums = industries.groupby("date")[["allocation_yuan", "selection_yuan"]].sum()
        lines = brinson(result, market, by).reindex(sums.index)
        np.testing.assert_allclose(sums, lines[["industry", "stock"]], atol=1e-9 * scale)
    part = brinson_industries(result, market, start="2015-02-01", end="2015-03-31")
    lines = brinson(result, market, start="2015-02-01", end="2015-03-31")
    assert part["allocation_yuan"].sum() == pytest.approx(lines["industry"].sum())
    assert part["book"].sum() == pytest.approx(1.0)
    assert part["index"].sum() == pytest.approx(1.0)


def test_a_day_uses_nothing_of_later_ones() -> None:
    result, market = sample_result(), sample_market()
    cut = result.ledger.index[120]
    early = result.changed(
        ledger=result.ledger.loc[:cut],
        trades=result.trades[result.trades["date"] <= cut],
        positions=result.positions[result.positions["date"] <= cut],
    )
    known = effects_of(early, market.until(f"{cut:%Y-%m-%d}"))
    whole = effects_of(result, market)
    for name in ("allocation", "selection", "missed", "book", "members"):
        np.testing.assert_array_equal(getattr(known, name), getattr(whole, name)[:120])


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.float64, (3, 4), elements=st.floats(0.0, 1e8)),
    arrays(np.float64, (3, 4), elements=st.floats(-1e7, 1e7)),
    arrays(np.float64, (3, 4), elements=st.sampled_from([0.0, 0.0, 1.0, 3.0])),
    arrays(np.float64, (3, 4), elements=st.floats(-0.1, 0.1)),
    arrays(np.float64, 3, elements=st.floats(-0.5, 2.0)),
    arrays(np.float64, 3, elements=st.floats(-0.1, 0.1)),
)
def test_the_parts_add_up_whatever_the_numbers(value, gain, weight, earned, beta, index) -> None:
    weight[:, 0] += 1.0  # an index has members
    weight = weight / weight.sum(axis=1, keepdims=True)
    allocation, selection, missed = split(beta, index, value, gain, weight, weight * earned)
    alpha = gain.sum(axis=1) - beta * value.sum(axis=1) * index
    total = allocation.sum(axis=1) + selection.sum(axis=1) + missed
    np.testing.assert_allclose(total, alpha, atol=1e-9 * 4e8)
    # a group's own alpha, less what the index had in it beyond all members
    whole = (weight * earned).sum(axis=1, keepdims=True)
    own = np.where(weight > 0, earned, whole)
    stocks = value.sum(axis=1, keepdims=True)
    expected = gain - beta[:, None] * (value * whole + stocks * weight * (own - whole))
    np.testing.assert_allclose(allocation + selection, expected, atol=1e-9 * 4e8)


def test_bonus_shares_and_rights_count_and_cash_does_not(tmp_path) -> None:
    # A: 1 new share for each and 0.5 yuan of cash; C: 0.5 rights at 4 yuan; on the third day
    closes = {
        "000001.SZ": [10.0, 10.0, 5.0, 5.0], "000002.SZ": [10.0, 10.0, 10.1, 10.1],
        "600000.SH": [10.0, 10.0, 8.4, 8.4], "600004.SH": [10.0, 10.0, 10.0, 10.0],
    }  # fmt: skip
    columns = ["code", "cash_per_share", "bonus_per_share", "rights_per_share", "rights_price"]
    rows = [("000001.SZ", 0.5, 1.0, 0.0, np.nan), ("600000.SH", 0.0, 0.0, 0.5, 4.0)]
    never = ("announce_date", "record_date", "pay_date", "list_date")
    actions = pd.DataFrame(rows, columns=columns).assign(
        ex_date=DAYS[2], **dict.fromkeys(never, pd.NaT)
    )
    market = market_by_hand(
        tmp_path / "m", closes, {"000001.SZ": 4.75, "600000.SH": 8.0}, corporate_actions=actions
    )
    found = ShareGrowth.of(market, slice(0, 4), np.arange(4)).price_returns()
    np.testing.assert_allclose(found[1], [0.0, 0.01, (1.5 * 8.4 - 2.0) / 10.0 - 1.0, 0.0])
    assert (found[[0, 2]] == 0.0).all()
    bare = market_by_hand(tmp_path / "n", closes, {"000001.SZ": 4.75, "600000.SH": 8.0})
    found = ShareGrowth.of(bare, slice(0, 4), np.arange(4)).price_returns()  # cash is in the factor
    np.testing.assert_allclose(found[1], [10.0 / 4.75 / 2.0 - 1.0, 0.01, 0.05, 0.0])


def test_a_day_without_known_weights_is_named(tmp_path) -> None:
    late = pd.DataFrame(
        [(INDEX, DAYS[3], CODES[0], 1.0)], columns=["index_code", "date", "code", "weight"]
    )
    market = market_by_hand(tmp_path / "m", index_weights=late)
    with pytest.raises(DataError, match=r"brinson: .* 000300\.SH .* 2014-04-02"):
        brinson(run_by_hand(), market)
