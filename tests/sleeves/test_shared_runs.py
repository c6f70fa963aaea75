"""Runs whose money is split over sleeves: nothing changes by default, nothing looks ahead."""

from functools import cache
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.plan import prepare
from quanthedge.backtesting.run import backtest
from quanthedge.errors import StrategyError
from quanthedge.ledger import run_ledger
from quanthedge.performance import sleeve_bridge
from quanthedge.sleeves.carry import CashAndCarry
from quanthedge.studies.lookahead import audit
from quanthedge.studies.sharing import compare_sharing
from tests.oracles import sharing as slow
from tests.sample import END, START, sample_market, small_strategy

SLEEVES = [
    {"kind": "cash_and_carry", "label": "carry", "budget": 0.3, "terms": {"entry": 0.0}},
    {"kind": "calendar_spread", "label": "calendar", "budget": 0.15, "size": 1.0},
]
KINDS = {
    "risk_parity": {"kind": "risk_parity", "window": 60, "fewest": 5},
    "carry_per_margin": {"kind": "carry_per_margin", "fewest": 5},
    "drawdown": {"kind": "drawdown", "largest": 0.03},
}


def fund(sharing=None):
    strategy = small_strategy("invested_fraction=0.45").change({"sleeves": SLEEVES})
    return strategy if sharing is None else strategy.change({"sharing": sharing})


@cache
def whole(kind):
    return prepare(fund(KINDS.get(kind)), sample_market(), START, END)


@cache
def alone(label):
    """The run of one sleeve by itself, its table of days and its equity."""
    if label == "stocks":
        run = backtest(fund().variant("stocks_alone"), sample_market(), START, END)
        return run.ledger, run.ledger.iloc[1:]
    sleeves = [one for one in SLEEVES if one["label"] == label]
    nothing = {"invested_fraction": 0.0, "factors": [], "name": "Alone", "name_zh": "单一"}
    strategy = fund().change({"sleeves": sleeves} | nothing)
    run = backtest(strategy, sample_market(), START, END)
    table = run.sleeves[run.sleeves["sleeve"] == label].set_index("date")
    return run.ledger, table


def paths(label, budget):
    """Gains and what is tied up, a fraction of the budget at the close before, by day."""
    ledger, own = alone(label)
    before = budget * ledger["equity"].shift(1).iloc[1:]
    if label == "stocks":
        lines = sleeve_costs(ledger).iloc[1:]
        gain = own["stock_pnl"] + own["dividends"] + own["futures_pnl"] - lines
    else:
        gain = own["stock_pnl"] + own["dividends"] + own["futures_pnl"] - own["costs"]
    return gain / before, (own["stock_value"] + own["margin_required"]) / before


def sleeve_costs(ledger):
    names = [
        "commission", "stamp_duty", "transfer_fee", "exchange_fee", "impact", "futures_fee",
        "dividend_tax",
    ]  # fmt: skip
    return ledger[[name for name in names if name in ledger]].sum(axis=1)


def test_fixed_is_the_run_without_the_section_to_the_bit():
    plain, fixed = whole("none"), prepare(fund({"kind": "fixed"}), sample_market(), START, END)
    for one, other in zip(plain.inputs.targets, fixed.inputs.targets, strict=True):
        np.testing.assert_array_equal(one, other)
    one, other = run_ledger(plain.inputs), run_ledger(fixed.inputs)
    np.testing.assert_array_equal(one.ledger, other.ledger)
    np.testing.assert_array_equal(one.trades, other.trades)
    assert len(fixed.sharing) == 0


@pytest.mark.parametrize("kind", [*KINDS])
def test_shares_are_those_of_each_sleeve_on_paper(kind):
    table = whole(kind).sharing
    found = table[table["reason"] != "unknown"]
    assert len(found) > 5
    budgets = {"stocks": 0.45, "carry": 0.3, "calendar": 0.15}
    for row in found.itertuples():
        gains, tied = (part[: row.date].tolist() for part in paths(row.sleeve, budgets[row.sleeve]))
        if kind == "risk_parity":
            assert row.figure == pytest.approx(slow.volatility(gains, tied, 60, 5), rel=1e-9)
        elif kind == "drawdown":
            assert row.figure == pytest.approx(slow.fall(gains), abs=1e-12)
            assert row.asked == pytest.approx(max(0.0, 1 - row.figure / 0.03), abs=1e-9)
        elif row.sleeve != "carry":
            assert row.figure == pytest.approx(slow.paid(gains, tied, 250, 5, 250), rel=1e-9)
    assert (table["share"] != 1.0).any()


@pytest.mark.parametrize("kind", [*KINDS])
def test_a_market_that_ends_after_a_review_gives_the_same_shares_and_wishes(kind):
    market, known = sample_market(), whole(kind)
    days = known.sharing["date"].unique()
    day = market.dates[market.day(days[-3]) + 1]
    cut = prepare(fund(KINDS[kind]), market.until(day), START, str(day))
    mine = known.sharing[known.sharing["date"] <= cut.sharing["date"].iloc[-1]]
    pd.testing.assert_frame_equal(cut.sharing, mine, check_exact=True)
    assert len(cut.sharing) > 9
    for s in range(3):
        ours, theirs = (one.inputs.targets.sleeve(s) for one in (cut, known))
        n = int((ours.trade_days < cut.dates.size - 1).sum())
        np.testing.assert_array_equal(ours.trade_days[:n], theirs.trade_days[:n])
        np.testing.assert_array_equal(
            ours.weights[: ours.pointer[n]], theirs.weights[: theirs.pointer[n]]
        )
        np.testing.assert_array_equal(
            ours.exposures[: ours.lot_pointer[n]], theirs.exposures[: theirs.lot_pointer[n]]
        )


def test_the_stocks_targets_are_the_plain_ones_times_the_share_of_their_day():
    plain, ours = whole("none"), whole("drawdown")
    one, other = (known.inputs.targets.sleeve(0) for known in (plain, ours))
    shares = ours.sharing[ours.sharing["sleeve"] == "stocks"].set_index("date")["share"]
    place = {int(day): k for k, day in enumerate(other.trade_days)}
    changed = 0
    for r, day in enumerate(one.trade_days[one.trade_days < plain.dates.size]):
        stood = shares[: pd.Timestamp(plain.dates[day])]
        share = stood.iloc[-1] if len(stood) else 1.0
        k = place[int(day)]
        mine = other.weights[other.pointer[k] : other.pointer[k + 1]]
        theirs = one.weights[one.pointer[r] : one.pointer[r + 1]]
        np.testing.assert_array_equal(mine, theirs * share)
        changed += share != 1.0
    assert changed >= 3


def test_every_yuan_of_a_shared_fund_is_accounted_for_and_its_folder_keeps_the_shares(tmp_path):
    run = backtest(fund(KINDS["carry_per_margin"]), sample_market(), START, END)
    daily = sleeve_bridge(run, "day")
    assert (daily["residual"].abs() / run.ledger["equity"].iloc[1:]).max() < 1e-9
    again = type(run).open(run.to_parquet(tmp_path / "run"))
    pd.testing.assert_frame_equal(again.sharing, run.sharing)
    half = run.until("2015-02-27").sharing
    assert half["date"].max() < pd.Timestamp("2015-02-27")
    assert len(half) > 0


@pytest.mark.parametrize("kind", ["carry_per_margin", "drawdown"])
def test_the_audit_finds_no_look_ahead_in_a_shared_fund(kind):
    sleeves = SLEEVES if kind == "carry_per_margin" else SLEEVES[1:]
    strategy = fund(KINDS[kind]).change({"sleeves": sleeves})
    report = audit(strategy, sample_market(), dates=1, start=START, end="2014-12-31")
    assert report.passed, report.to_text()


def test_the_audit_is_not_alarmed_by_the_last_bits_of_a_share():
    strategy = fund(KINDS["carry_per_margin"]).change({"sleeves": SLEEVES[:1]})
    report = audit(strategy, sample_market(), dates=1, start=START, end="2014-12-31")
    assert report.passed, report.to_text()  # a market told anew is the same to some bits


def test_the_audit_passes_where_it_cuts_on_the_day_of_a_review():
    """A run that ends on the day of a review has none there: nothing follows."""
    strategy = fund(KINDS["carry_per_margin"]).change({"sleeves": SLEEVES[:1]})
    short = sample_market().until("2014-11-28")
    report = audit(strategy, short, dates=1, start=START, end="2014-11-14")
    assert report.passed, report.to_text()


class Peeking(CashAndCarry):
    """Says what the index is going to earn in the next month."""

    def expected(self, market, first, last):
        close = market.index_close("000300.SH")
        later = np.minimum(np.arange(first - 1, last) + 20, len(close) - 1)
        return close[later] / close[first - 1 : last] - 1.0


def test_the_audit_finds_a_sleeve_that_expects_what_comes():
    sleeves = [Peeking(**{key: one for key, one in SLEEVES[0].items() if key != "kind"})]
    strategy = fund().change({"sleeves": sleeves, "sharing": KINDS["carry_per_margin"]})
    report = audit(
        strategy, sample_market(), dates=1, start=START, end="2014-12-31", first_only=True
    )
    assert not report.passed
    assert "sharing" in report.to_text()


class Counting(CashAndCarry):
    """Counts how often it is asked what it wants."""

    asked: ClassVar[list[int]] = []

    def wishes(self, market, first, last):
        self.asked.append(last)
        return super().wishes(market, first, last)


def test_an_own_sleeve_is_asked_once_for_the_fund_and_for_its_days_on_paper():
    sleeves = [Counting(**{key: one for key, one in SLEEVES[0].items() if key != "kind"})]
    strategy = fund().change({"sleeves": sleeves, "sharing": KINDS["risk_parity"]})
    Counting.asked.clear()
    prepare(strategy, sample_market(), START, "2014-11-28")
    assert len(Counting.asked) == 1


def test_cash_and_carry_expects_what_it_entered_for_while_it_holds():
    market = sample_market()
    sleeve = fund().sleeves[0]
    first, last = market.span(START, END)
    wishes, found = sleeve.wishes(market, first, last), sleeve.expected(market, first, last)
    held = [row for row, one in zip(wishes.rows, wishes.weights, strict=True) if one]
    assert held
    assert all(found[row - first + 1] >= 0.0 for row in held)  # its entry
    assert found.size == last - first + 1


def test_a_sleeve_that_never_finds_anything_to_do_wants_nothing():
    sleeve = fund().sleeves[0]
    market = sample_market()
    first, last = market.span(START, "2014-09-26")
    assert sleeve.wishes(market, first, last).rows.size == 0
    assert sleeve.expected(market, first, last).size == last - first + 1


def test_kinds_stand_side_by_side():
    table = compare_sharing(
        fund(KINDS["drawdown"]), sample_market(), START, END, ("fixed", "drawdown")
    )
    assert table.index.tolist() == ["fixed", "drawdown"]
    assert table["reviews"].tolist() == [0, 10]
    assert table.loc["drawdown", "changes"] > 0
    run = backtest(fund(), sample_market(), START, END)
    fixed = table.loc["fixed"]
    assert fixed["return_per_year"] == run.summary()["annual_return_net"].value
    margin = (run.ledger["margin_required"] / run.ledger["equity"]).iloc[1:]
    assert fixed["margin_largest"] == margin.max()
    assert 0 < fixed["margin_mean"] < fixed["margin_largest"]
    with pytest.raises(StrategyError, match="fixed comes twice"):
        compare_sharing(fund(), sample_market(), START, "2014-10-10", ("fixed", "fixed"))


@pytest.mark.parametrize(
    ("sharing", "told"),
    [
        ({"kind": "equal"}, "sharing"),
        ({"kind": "risk_parity", "most": 0.5}, r"sharing.*most"),
        ({"kind": "drawdown", "every": 0}, r"sharing.*every"),
        ({"kind": "drawdown", "window": 60}, "window"),
    ],
)
def test_a_wrong_section_is_one_clear_error(sharing, told):
    with pytest.raises(StrategyError, match=told) as error:
        fund(sharing)
    assert "\n" not in str(error.value)


def test_a_fund_without_sleeves_shares_nothing():
    with pytest.raises(StrategyError, match="there are none"):
        small_strategy().change({"sharing": {"kind": "drawdown"}})
    with pytest.raises(StrategyError, match="no sleeves"):
        compare_sharing(small_strategy(), sample_market(), START, END)
