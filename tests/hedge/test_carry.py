"""Cash-and-carry: against its definition, causal, adding up, and clear about wrong input."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.errors import DataError, StrategyError
from quanthedge.hedge import CarryTerms, basis_desk, carry_opportunity, carry_trades
from quanthedge.hedge.research.carry.lending import lent_on
from quanthedge.hedge.research.carry.net import PARTS
from quanthedge.hedge.research.dividends import dividend_calendar, expected_dividends
from quanthedge.market import Market
from quanthedge.rules import FuturesRules
from tests.oracles.carry import Oracle
from tests.sample import sample_market

DAY = "2015-03-04"
START, END = "2015-01-05", "2015-12-31"
LENDING = pd.DataFrame({
    "date": ["2014-06-02", "2015-04-01", "2015-09-01"], "fee": [0.01, 0.0, 0.005],
    "available": [5e7, 2e7, 0.0], "collateral": [0.5, 0.3, 0.5],
})  # fmt: skip
CHEAP = {"commission_rate": 0.0001, "slippage_bp": 0.5, "financing": 0.0}
MANNERS = {  # of trading, and what is lent
    "as it is": ({"entry": -0.02, "exit": -np.inf}, None),
    "left early": ({**CHEAP, "entry": 0.01, "exit": 0.0}, None),
    "front only": ({**CHEAP, "entry": 0.0, "exit": -np.inf, "months": ("front",)}, None),
    "at the open": ({**CHEAP, "entry": 0.01, "exit": 0.0, "fill": "open", "least_days": 20,
                     "commission_includes_exchange_fees": False}, None),
    "quarters": ({**CHEAP, "entry": 0.01, "exit": -0.5, "most_suspended": 0.03,
                  "account": "speculative", "months": ("front", "quarter", "second quarter")},
                 None),
    "both sides": ({**CHEAP, "entry": 0.0, "exit": -0.02}, LENDING),
}  # fmt: skip


def of(manner: str) -> tuple[CarryTerms, pd.DataFrame | None]:
    named, lending = MANNERS[manner]
    return CarryTerms(**named), lending


@cache
def trades(manner: str) -> pd.DataFrame:
    terms, lending = of(manner)
    return carry_trades(sample_market(), "IF", START, END, terms, lending=lending)


@cache
def desk():
    return basis_desk(sample_market(), DAY)


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.slow
def test_trades_are_those_of_the_definition(manner):
    terms, lending = of(manner)
    oracle = Oracle(sample_market(), "IF", terms, lending)
    expected, found = oracle.trades(START, END), trades(manner)
    assert len(found) == len(expected) > 2
    for one, row in zip(expected, found.to_dict("records"), strict=True):
        for name in ("side", "contract", "decided", "entered", "reason"):
            assert row[name] == one[name]
        assert row["expected"] == pytest.approx(one["expected"])
        assert row["exit_reason"] == one.get("exit_reason", "")
        if one.get("exit_reason"):
            assert (row["exit_decided"], row["exited"]) == (one["exit_decided"], one["exited"])
            for name, value in oracle.gain(one).items():
                assert row[name] == pytest.approx(value, abs=1e-6), name


def test_every_reason_is_met_in_some_manner():
    met = pd.concat([trades(manner) for manner in MANNERS])
    assert set(met["exit_reason"]) == {"", "convergence", "roll", "expiry"}
    assert set(met["reason"]) == {"premium", "roll"}


def test_both_sides_are_traded_where_both_pay():
    assert set(trades("both sides")["side"]) == {"carry", "reverse"}
    # nothing can be borrowed from September on
    reverse = trades("both sides").query("side == 'reverse'")
    assert (reverse["decided"] < "2015-09-01").all()


@pytest.mark.parametrize("side", ["carry", "reverse"])
def test_a_day_of_the_panel_and_of_the_table_is_that_of_the_definition(side):
    terms = CarryTerms(commission_includes_exchange_fees=False)
    oracle = Oracle(sample_market(), "IF", terms, LENDING)
    panel = carry_opportunity(sample_market(), "IF", terms, side=side, lending=LENDING)
    table = desk().opportunities(terms=terms, lending=LENDING)
    table = table[table["side"] == side].set_index("contract")
    assert list(table.index) == oracle.listed(pd.Timestamp(DAY))
    for contract, row in table.iterrows():
        one = oracle.judged(pd.Timestamp(DAY), contract, side)
        assert row["annualised"] == pytest.approx(one["net"])
        assert panel.loc[DAY, contract] == pytest.approx(one["net"])
        for name in ("gross", *PARTS, "capital"):
            assert row[name] == pytest.approx(one[name]), name


@settings(max_examples=8, deadline=None)
@given(
    commission=st.floats(0, 0.002), slippage=st.floats(0, 30), futures=st.floats(0, 5),
    reserve=st.floats(0, 1), financing=st.floats(-0.02, 0.1), fee=st.floats(0, 0.2),
    included=st.booleans(),
)  # fmt: skip
def test_net_is_gross_less_its_parts(
    commission, slippage, futures, reserve, financing, fee, included
):
    terms = CarryTerms(commission_rate=commission, slippage_bp=slippage, reserve=reserve,
                       futures_slippage_bp=futures, financing=financing,
                       commission_includes_exchange_fees=included)  # fmt: skip
    lending = LENDING.assign(fee=fee)
    table = desk().opportunities(terms=terms, lending=lending)
    assert np.allclose(table["gross"] - table[list(PARTS)].sum(axis=1), table["net"])
    assert np.allclose(table["gross"], np.where(table["side"] == "carry", 1, -1) * 300 * (
        table["basis"] + table["dividends"]))  # fmt: skip
    assert np.allclose(table["annualised"] * table["capital"] * table["days_left"] / 365,
                       table["net"])  # fmt: skip
    kept = np.where(table["side"] == "carry", 1.0, 0.5) * 300 * table["index"]
    assert np.allclose(table["capital"], kept + table["margin"] + table["reserve"])
    assert (table[[name for name in PARTS if name != "financing"]] >= 0).all(axis=None)


@pytest.mark.parametrize("manner", MANNERS)
def test_what_trades_brought_adds_up(manner):
    done = trades(manner).dropna(subset="exited")
    assert np.allclose(done["gross"] - done[list(PARTS)].sum(axis=1), done["net"])
    assert np.allclose(done["net"] / done["capital"], done["return"])
    assert (done["decided"] < done["entered"]).all()
    assert (done["entered"] <= done["exit_decided"]).all()
    assert (done["exit_decided"] < done["exited"]).all()
    # one position at a time; a roll goes on where the last contract is left
    later = done.iloc[1:]
    before = done["exited"].iloc[:-1].to_numpy()
    rolled = (later["reason"] == "roll").to_numpy()
    assert (later["entered"].to_numpy()[rolled] == before[rolled]).all()
    assert (later["entered"].to_numpy()[~rolled] > before[~rolled]).all()
    assert (rolled == (done["exit_reason"].iloc[:-1] == "roll").to_numpy()).all()
    basket = done[["commission", "transfer_fee", "basket_slippage"]].sum(axis=1)
    passed = (done["reason"] == "roll") & (done["exit_reason"] == "roll")
    assert ((basket == 0) == passed).all()


def decided_by(frame: pd.DataFrame, day: np.datetime64) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What was entered by a day, as it was decided; and what was left by it, whole."""
    names = ["decided", "entered", "contract", "side", "reason", "expected"]
    first = frame.loc[frame["entered"] <= pd.Timestamp(day), names].reset_index(drop=True)
    done = frame[frame["exited"] <= pd.Timestamp(day)].reset_index(drop=True)
    return first, done


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """A factor that is published anew, times a constant, moves the last digit of a dividend."""
    pd.testing.assert_frame_equal(one, other, rtol=1e-13, atol=1e-9)


@pytest.mark.parametrize("row", [520, 610])
@pytest.mark.parametrize("manner", ["left early", "both sides"])
def test_a_market_that_ends_there_gives_the_same_trades(manner, row):
    market = sample_market()
    terms, lending = of(manner)
    day = market.dates[row]
    cut = carry_trades(market.until(day), "IF", START, str(day), terms, lending=lending)
    for one, whole in zip(decided_by(cut, day), decided_by(trades(manner), day), strict=True):
        same(one, whole)


@pytest.mark.parametrize("alteration", ["scrambled", "absurd", "restated", "opened"])
def test_another_future_gives_the_same_past(alteration):
    market: Market = sample_market()
    terms, lending = of("both sides")
    row = 600
    day = market.dates[row]
    other = market.altered(row, alteration, seed=3)
    with np.errstate(all="ignore"):  # nonsense divides by 0 where the index is weighed
        seen = carry_trades(other, "IF", START, str(day), terms, lending=lending)
        panel = carry_opportunity(other, "IF", terms)
    for one, whole in zip(decided_by(seen, day), decided_by(trades("both sides"), day),
                          strict=True):  # fmt: skip
        same(one, whole)
    true = carry_opportunity(market, "IF", terms).loc[:day].dropna(axis=1, how="all")
    same(panel.loc[:day, true.columns], true)


def decision_rows(manner: str) -> list[int]:
    """Days on which something was decided, a few of each kind."""
    done = trades(manner).dropna(subset="exited")
    days = [*done["decided"].iloc[:8:2], *done["exit_decided"].iloc[:8:2]]
    return sorted({sample_market().day(day) for day in days})


@pytest.mark.slow
@pytest.mark.parametrize("manner", ["left early", "both sides"])
def test_a_decision_does_not_know_the_prices_of_the_day_it_is_done_on(manner):
    market: Market = sample_market()
    terms, lending = of(manner)
    whole = trades(manner)
    rows = decision_rows(manner)
    assert len(rows) > 3
    for row in rows:
        day, after = market.dates[row], str(market.dates[row + 1])
        other = market.altered(row, "opened", seed=5)  # the next day closes at other prices
        seen = carry_trades(other, "IF", START, after, terms, lending=lending)
        for name, last in (("decided", "expected"), ("exit_decided", "exit_reason")):
            columns = [*whole.columns[: whole.columns.get_loc(last) + 1]]
            one, true = (
                frame.loc[frame[name] <= day, columns].reset_index(drop=True)
                for frame in (seen, whole)
            )
            known = columns if name == "exit_decided" else columns[:6]
            same(one[known], true[known])


def test_a_desk_tells_an_earlier_day_as_that_days_desk_did():
    later = basis_desk(sample_market(), "2015-06-30").opportunities(DAY)
    pd.testing.assert_frame_equal(later, desk().opportunities())
    assert desk().spreads(DAY).equals(desk().spreads())
    with pytest.raises(DataError, match="2015-03-05 is later than its day 2015-03-04"):
        desk().opportunities("2015-03-05")


def test_the_reverse_side_needs_stocks_to_borrow():
    bare = desk().opportunities().query("side == 'reverse'")
    assert not bare["possible"].any()
    assert set(bare["reason"]) == {"no lending table"}
    assert bare["net"].isna().all()
    # at its break-even fee nothing is left, before financing
    best = bare.iloc[-1]
    assert best["lending_breakeven"] < 0  # a premium: who sells the stocks pays it
    nothing = LENDING.assign(available=1000.0)
    small = desk().opportunities(lending=nothing).query("side == 'reverse'")
    assert set(small["reason"]) == {"nothing lent"}
    assert (small["lots"] == 0).all()
    lent = desk().opportunities(lending=LENDING).query("side == 'reverse'")
    assert lent["possible"].all()
    assert (lent["lots"] <= 5e7 // (300 * lent["index"])).all()


def test_a_break_even_fee_takes_all():
    terms = CarryTerms(financing=0.0)
    day = sample_market().dates[400]
    table = basis_desk(sample_market(), str(day)).opportunities(terms=terms)
    row = table.query("side == 'reverse'").iloc[1]
    fee = abs(row["lending_breakeven"])
    lending = LENDING.assign(date=["2013-01-01", "2013-01-02", "2013-01-03"], fee=fee,
                             available=1e9)  # fmt: skip
    again = basis_desk(sample_market(), str(day)).opportunities(terms=terms, lending=lending)
    lent = again.query("side == 'reverse'").iloc[1]
    before_fee = lent["net"] + lent["lending_fee"]
    assert np.sign(row["lending_breakeven"]) * lent["lending_fee"] == pytest.approx(before_fee)


def test_capacity_is_the_least_bound():
    terms = CarryTerms(participation=0.05, account="speculative")
    table = desk().opportunities(terms=terms).query("side == 'carry'").set_index("contract")
    bars = sample_market().futures("IF")
    bars = bars[bars["date"] <= pd.Timestamp(DAY)]
    row = sample_market().day(DAY)
    recent = bars[bars["date"] >= pd.Timestamp(sample_market().dates[row - 19])]
    limit = FuturesRules.between("IF", [DAY], account="speculative").position_limit[0]
    for contract, one in table.iterrows():
        own = recent[recent["contract"] == contract]
        assert one["lots_volume"] == np.floor(0.05 * own["volume"].mean())
        assert one["lots_open_interest"] == np.floor(0.05 * own["open_interest"].iloc[-1])
        assert one["lots_limit"] == limit
        names = ["lots_volume", "lots_open_interest", "lots_basket", "lots_limit"]
        assert one["lots"] == one[names].min()
    # at the depth, stocks of 95% of the weight stay within their share, and one more does not
    oracle = Oracle(sample_market(), "IF", terms)
    traded = sample_market().panel("traded")[row]
    weight = oracle.weights(pd.Timestamp(DAY)) * traded
    weight = weight / weight.sum()
    usual = np.nan_to_num(sample_market().panel("amount")[row - 19 : row + 1]).mean(axis=0)
    share = oracle.weights(pd.Timestamp(DAY)) * traded
    for lots, enough in ((table["lots_basket"].iloc[0], True),
                         (table["lots_basket"].iloc[0] + 1, False)):  # fmt: skip
        amount = lots * 300 * table["index"].iloc[0] * share
        inside = weight[amount <= 0.05 * usual].sum()
        assert bool(inside >= 0.95) is enough


def test_few_days_and_suspended_stocks_forbid_an_entry():
    long = desk().opportunities(terms=CarryTerms(least_days=17)).query("side == 'carry'")
    assert long["reason"].tolist() == ["few days left", "", "", ""]
    halted = desk().opportunities(terms=CarryTerms(most_suspended=0.05)).query("side == 'carry'")
    assert set(halted["reason"]) == {"suspended stocks"}
    assert halted["suspended"].iloc[0] > 0.05


def test_assumptions_are_said_in_both_languages():
    told = desk().opportunities().attrs["assumed"]
    assert set(told) == {"en", "zh"}
    assert len(told["en"]) == len(told["zh"]) == 7
    assert any("settlement price" in one for one in told["en"])
    stated = desk().opportunities(terms=CarryTerms(commission_rate=0.0003, financing=0.04))
    said = " ".join(stated.attrs["assumed"]["en"])
    assert "0.030%" in said
    assert "4.00% a year" in said
    assert len(desk().spreads().attrs["assumed"]["zh"]) == 5
    for language, word in (("en", "Cash-and-carry, best in IF1509"), ("zh", "期现套利")):
        assert word in desk().card().text(language)


def test_spreads_are_worked_out_by_hand():
    table = desk().spreads()
    assert len(table) == 6
    row = table.query("near == 'IF1504' and far == 'IF1506'").iloc[0]
    prices = desk().contracts.set_index("contract")
    near, far = prices.loc["IF1504"], prices.loc["IF1506"]
    rate = sample_market().cash_rate()[sample_market().day(DAY)]
    fair = near["index"] * rate * 63 / 365 - (far["dividends"] - near["dividends"])
    assert row["spread"] == pytest.approx(far["price"] - near["price"])
    assert row["fair"] == pytest.approx(fair)
    assert row["fair"] == pytest.approx(far["fair_basis"] - near["fair_basis"])
    assert row["trade"] == ("sell far" if row["spread"] > fair else "buy far")
    traded = 2 * 300 * (near["price"] + far["price"])
    assert row["futures_fee"] == pytest.approx(traded * 0.000025)
    assert row["futures_slippage"] == pytest.approx(traded * 0.5e-4)
    assert row["gross"] == pytest.approx(300 * abs(row["deviation"]))
    assert row["net"] == pytest.approx(row["gross"] - row["futures_fee"] - row["futures_slippage"])
    both = 0.1 * 300 * (near["price"] + far["price"])
    assert row["margin"] == row["margin_both"] == pytest.approx(both)
    assert row["capital"] == pytest.approx(both + 0.1 * 300 * near["index"])
    assert row["annualised"] == pytest.approx(row["net"] / row["capital"] * 365 / 44)


def test_margins_of_the_two_sides_differ_where_the_rules_did():
    rules = [
 FuturesRules.between(
"IC", ["2015-07-09", "2015-09-07"], account="speculative", side=side)
             for side in ("short", "long")]  # fmt: skip
    assert [one.margin.tolist() for one in rules] == [[0.3, 0.4], [0.1, 0.4]]


def test_expected_dividends_of_all_pairs_are_those_of_each():
    market = sample_market()
    calendar = dividend_calendar(market, "000300.SH")
    ends = np.array(["2014-12-19", "2015-06-19", "2016-03-18"], dtype="datetime64[D]")
    panel = expected_dividends(calendar, market.dates, ends)
    for row in (250, 480, 600, 727):
        one = [calendar.expected(row, market.dates[row], end) for end in ends]
        assert np.allclose(panel[row], one)


def test_terms_of_lending_hold_from_their_day_on():
    days = np.array(["2014-06-01", "2014-06-02", "2015-08-31", "2015-09-01"], dtype="M8[D]")
    lent = lent_on(LENDING, days)
    assert np.isnan(lent.fee[0])
    assert lent.available[1:].tolist() == [5e7, 2e7, 0.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"drop": "fee"}, "lending: no column 'fee'; needed are date, fee, available, collateral"),
        ({"fee": [0.01, -0.1, 0.0]}, r"lending: fee of row 1 is -0.1; accepted: 0 or more"),
        ({"available": [1.0, None, 1.0]}, "lending: available of row 1 is nan; accepted"),
        ({"date": ["2015-01-02", "2015-01-01", "2015-01-03"]}, "lending: accepted: one row or"),
    ],
)
def test_a_wrong_lending_table_ends_in_one_line(change, message):
    gone = change.get("drop")
    table = LENDING.drop(columns=gone) if gone else LENDING.assign(**change)
    with pytest.raises(DataError, match=message) as error:
        carry_opportunity(sample_market(), "IF", side="reverse", lending=table)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"entry": 0.01, "exit": 0.02}, "exit 0.02: accepted: at or below the entry 0.01"),
        ({"months": ("front", "third")}, "months"),
        ({"fill": "vwap"}, "fill"),
        ({"treshold": 1}, "treshold"),
        ({"participation": 0}, "participation"),
    ],
)
def test_wrong_terms_end_in_one_line(named, message):
    with pytest.raises(StrategyError, match=message) as error:
        CarryTerms(**named)
    assert "\n" not in str(error.value)


def test_a_span_without_the_product_is_refused():
    with pytest.raises(DataError, match="IC has no two days between"):
        carry_trades(sample_market(), "IC", "2013-02-01", "2013-03-01")
    with pytest.raises(DataError, match="no futures 'IM'"):
        carry_trades(sample_market(), "IM", START, END)


def test_an_open_trade_is_shown_without_an_end():
    whole = trades("left early")
    last = whole.iloc[2]
    day = str(last["entered"].date())
    terms, _ = of("left early")
    cut = carry_trades(sample_market(), "IF", START, day, terms)
    row = cut.iloc[-1]
    assert (row["contract"], row["exit_reason"]) == (last["contract"], "")
    assert pd.isna(row["exited"])
    assert np.isnan(row["net"])
    assert row["capital"] == last["capital"]
