"""Target weights as a table: held as stated, on the days that the table says."""

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.errors import StrategyError
from quanthedge.report.strategy_words import described
from quanthedge.strategy import Strategy, load_strategy
from tests.cli.inside import inside
from tests.sample import START, sample_market, small_strategy

END = "2015-01-30"
SPAN = ("--market", "data/sample", "--start", START, "--end", END, "--quiet")


@pytest.fixture(scope="module")
def chosen():
    return qh.backtest(small_strategy(), sample_market(), START, END)


def of(selector, **more):
    return Strategy(name="stated", selector=selector, **more)


def month_ends(first="2014-09-01", last=END):
    days = pd.DatetimeIndex(sample_market().dates)
    days = days[(days >= first) & (days <= last)].to_series()
    return pd.DatetimeIndex(days.groupby(days.dt.to_period("M")).max())


def equal(dates, share=0.05, codes=10):
    names = sample_market().codes[:codes]
    return pd.DataFrame(share, index=pd.DatetimeIndex(dates), columns=names)


def test_the_targets_of_a_strategy_stated_as_weights_make_its_run_again(chosen):
    weights = chosen.targets.assign(weight=chosen.targets["weight"] / 0.75)
    same = chosen.strategy.change(
        {"selector": qh.weights_from(weights), "factors": []}, name="stated", name_zh="既定"
    )
    run = qh.backtest(same, sample_market(), START, END)
    pd.testing.assert_frame_equal(run.trades, chosen.trades)
    numbers = [one.ledger.drop(columns="contract").to_numpy() for one in (run, chosen)]
    assert np.allclose(*numbers, rtol=1e-9, atol=1e-6, equal_nan=True)
    wide = weights.set_index(["date", "code"])["weight"].unstack().fillna(0.0)  # noqa: PD010
    again = qh.backtest(
        same.change({"selector": qh.weights_from(wide)}), sample_market(), START, END
    )
    pd.testing.assert_frame_equal(again.trades, run.trades)


def test_decisions_are_made_on_the_days_of_the_table_and_on_the_eve_of_the_fund():
    table = equal([*month_ends(), pd.Timestamp("2014-12-17")]).sort_index()
    run = qh.backtest(of(qh.weights_from(table)), sample_market(), "2014-10-09", END)
    decided = run.targets["date"].drop_duplicates().dt.strftime("%Y-%m-%d").tolist()
    assert decided == ["2014-10-08", "2014-10-31", "2014-11-28", "2014-12-17", "2014-12-31"]
    assert "on the days on which the table states new weights" in run.timeline["en"]
    assert "于权重表给出新权重之日" in run.timeline["zh"]
    assert run.exclusions.empty


def test_decisions_can_follow_the_schedule_of_the_strategy():
    table = equal(month_ends())
    selector = qh.weights_from(table, rebalance="strategy")
    run = qh.backtest(
        of(selector, rebalance={"every": 10}), sample_market(), "2014-10-09", "2014-12-31"
    )
    rows = [sample_market().day(f"{day:%Y-%m-%d}") for day in run.targets["date"].unique()]
    assert set(np.diff(rows)) == {10}


def test_a_lag_moves_the_decisions_later():
    table = equal(month_ends())
    run = qh.backtest(
        of(qh.weights_from(table, lag_days=2)), sample_market(), "2014-10-13", "2014-12-31"
    )
    decided = run.targets["date"].drop_duplicates().dt.strftime("%Y-%m-%d").tolist()
    assert decided == ["2014-10-10", "2014-11-04", "2014-12-02"]


def test_what_is_missing_to_one_stays_in_cash_and_a_day_of_zeros_sells_everything():
    table = equal(month_ends(), share=0.04)
    table.loc["2014-11-28"] = 0.0
    run = qh.backtest(of(qh.weights_from(table)), sample_market(), "2014-10-09", "2014-12-31")
    share = (run.ledger["stock_value"] / run.ledger["equity"])["2014-10-10":"2014-11-28"]
    assert share.mean() == pytest.approx(0.75 * 0.4, abs=0.03)
    assert run.ledger.loc["2014-12-05":"2014-12-31", "names"].max() <= 1  # but for one suspended


def test_codes_outside_the_market_leave_their_weight_in_cash_and_are_named():
    table = equal(month_ends(), share=0.05).assign(**{"600999.SH": 0.5})
    run = qh.backtest(of(qh.weights_from(table)), sample_market(), "2014-10-09", "2014-12-31")
    told = {note["kind"]: note["en"] for note in run.notes}
    assert "1 (600999.SH)" in told["table_unknown"]
    assert run.targets.groupby("date")["weight"].sum().max() == pytest.approx(0.75 * 0.5)


def test_a_report_says_that_the_book_was_stated():
    strategy = of(qh.weights_from(equal(month_ends()), name="desk", name_zh="投研组合"))
    assert described(strategy, "en").startswith(
        "Held at the weights stated by desk (table of weights), hedged"
    )
    assert described(strategy, "zh").startswith("按投研组合（权重表）所列权重持股，以")


WRONG = {
    "below 0": (lambda t: t * -1, r"50 weights are below 0 \(first: .* 2014-09-30, -0.05\).*long"),
    "percent": (lambda t: t * 100, r"5 days sum to more than 1 \(first: 2014-09-30, 50\)"),
    "a shade above 1": (lambda t: t * 2.0001, "sum to more than 1"),
}


@pytest.mark.parametrize("what", WRONG)
def test_weights_that_no_book_can_have_are_refused_in_one_line(what):
    change, told = WRONG[what]
    with pytest.raises(StrategyError, match=told):
        qh.weights_from(change(equal(month_ends())))


def test_weights_of_32_bits_may_sum_to_a_rounding_more_than_one():
    names = sample_market().codes[:10]
    table = pd.DataFrame(np.float32(0.1), index=month_ends(), columns=names)
    assert qh.weights_from(table).scores.values.sum() > len(table)


def test_a_start_before_the_first_weights_names_the_first_day():
    selector = qh.weights_from(equal(month_ends()))
    with pytest.raises(StrategyError, match=r"none in force at the close of 2014-09-16; they beco"
                       r"me known on 2014-09-30: start on a later day"):  # fmt: skip
        qh.backtest(of(selector), sample_market(), START, END)
    run = qh.backtest(of(selector), sample_market(), None, "2014-12-31")
    assert run.market_info["start"] == "2014-10-08"


def test_factors_beside_weights_and_a_selector_without_factors_are_refused():
    selector = qh.weights_from(equal(month_ends()))
    with pytest.raises(StrategyError, match=r"states the weights itself.*\(factors=\[\]\)"):
        Strategy(name="x", selector=selector, factors=[{"factor": {"kind": "size"}}])
    with pytest.raises(StrategyError, match="factors: at least one is needed"):
        Strategy(name="x")


def test_a_file_of_weights_in_toml_is_run_and_run_again_to_the_same_bytes(tmp_path):
    equal(month_ends()).to_csv(tmp_path / "book.csv")
    (tmp_path / "mine.toml").write_text(
        'name = "a book"\n[selector]\nkind = "weights"\nfile = "book.csv"\n'
    )
    strategy = load_strategy(tmp_path / "mine.toml")
    assert strategy.selector == qh.weights_from(equal(month_ends())).model_copy(
        update={"file": "book.csv"}
    )
    span = [one if one != START else "2014-10-09" for one in SPAN]
    made = inside("run", tmp_path / "mine.toml", *span, "--out", tmp_path / "a")
    assert made.returncode == 0, made.stderr
    (tmp_path / "book.csv").unlink()
    again = inside("run", tmp_path / "a" / "strategy.json", *span, "--out", tmp_path / "b")
    assert again.returncode == 0, again.stderr
    for path in (tmp_path / "a").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()
