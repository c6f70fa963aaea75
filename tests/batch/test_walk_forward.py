"""A walk-forward run is one ledger: nothing is lost when another variant takes over."""

import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quanthedge import Result
from quanthedge.backtesting import Prepared, Ruler, backtest, complete, prepare, spliced
from quanthedge.batch.walk_choice import FIGURES, choices
from quanthedge.batch.walk_forward import WalkForward, walk_forward
from quanthedge.errors import StrategyError
from quanthedge.ledger import LINES, net_flows
from quanthedge.strategy import load_strategy
from tests.sample import END, ROOT, START, sample_market, small_strategy

TABLES = (
    "ledger", "trades", "refusals", "positions", "contracts", "restated", "hedge", "targets",
    "exclusions", "coverage", "allocation", "rules", "class_values", "investors",
)  # fmt: skip
CLIENTS = ROOT / "strategies" / "fund_with_clients.toml"
GRID = {"hedge.ratio": [0.8, 1.0], "selector.n": [20, 30]}


@cache
def walked() -> WalkForward:
    return walk_forward(
        small_strategy(), sample_market(), GRID, train_days=60, step_days=20, start=START, end=END
    )


@cache
def prepared(*changes: str) -> Prepared:
    return prepare(small_strategy(*changes), sample_market(), START, END)


def assert_same(one: Result, other: Result) -> None:
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    assert one.notes == other.notes
    assert one.timeline == other.timeline


def assert_every_day_adds_up(result: Result) -> None:
    ledger = result.ledger
    lines = sum((line.sign * ledger[line.name] for line in LINES), pd.Series(0.0, ledger.index))
    change = (ledger["equity"] - ledger["revaluation"]).diff()  # at last closes
    assert (change - lines).iloc[1:].abs().max() < 1e-5
    assert np.isfinite(net_flows(ledger)).all()


def test_a_grid_of_one_variant_is_the_plain_run_bit_for_bit() -> None:
    walked_one = walk_forward(
        small_strategy(), sample_market(), {"hedge.ratio": [0.9]},
        train_days=60, step_days=20, start=START, end=END,
    )  # fmt: skip
    plain = backtest(
        small_strategy("hedge.ratio=0.9"), sample_market(), walked_one.market_info["start"], END
    )
    assert walked_one.strategy == plain.strategy
    assert_same(walked_one.changed(notes=walked_one.notes[1:]), plain)


def test_equal_variants_that_take_turns_are_the_plain_run_bit_for_bit() -> None:
    other = prepare(small_strategy(), sample_market(), START, END)
    rulers = [Ruler(0, prepared()), Ruler(31, other), Ruler(32, prepared()), Ruler(150, other)]
    made = spliced(small_strategy(), rulers)
    assert len(made.reigns) == 4
    assert_same(complete(made), complete(prepared()))


@pytest.mark.parametrize(
    "changes",
    [
        ("hedge.ratio=0.8",),
        ("selector.n=20",),
        ("hedge.contract='quarter'", "selector.n=20"),
        ("hedge.ratio=0.0",),
        ("execution.fill='close'",),
        ("hedge.policy={kind='calendar',every_days=20}",),
        ("costs.commission_rate=0.0001", "costs.impact_coefficient=0.0"),
        ("beta.kind='ols'", "rebalance.every='week'"),
    ],
    ids=" ".join,
)
def test_another_variant_takes_over_what_it_finds(changes: tuple[str, ...]) -> None:
    begin, end = 60, 130
    made = spliced(
        small_strategy(),
        [Ruler(0, prepared()), Ruler(begin, prepared(*changes)), Ruler(end, prepared())],
    )
    result, plain = complete(made), complete(prepared())
    assert_every_day_adds_up(result)
    pd.testing.assert_frame_equal(
        result.ledger.iloc[: begin + 1], plain.ledger.iloc[: begin + 1], check_exact=True
    )
    assert not result.ledger.iloc[begin + 1 : end].equals(plain.ledger.iloc[begin + 1 : end])
    day = result.ledger.index[begin + 1]
    first = result.trades[result.trades["date"] == day]
    if {"selector.n=20", "rebalance.every='week'"} & set(changes):  # another book: at once
        assert (first["reason"] == "rebalance").sum() > 10
        assert len(result.targets) > 0
        decided = pd.DatetimeIndex(result.targets["date"].unique())
        turn = result.ledger.index[begin]
        assert turn in decided
        known = prepared(*changes).selection.targets.to_frame()
        known = known[known["date"] == known.loc[known["date"] <= turn, "date"].max()]
        taken = result.targets[result.targets["date"] == turn]
        assert taken[["code", "weight"]].to_numpy().tolist() == (
            known[["code", "weight"]].to_numpy().tolist()
        )  # what was decided before, not what is decided later
    else:
        assert len(first) < 10  # the same targets: nothing is bought for the change's sake
    if "hedge.ratio=0.0" in changes:
        assert (result.ledger["lots"].iloc[begin + 1 : end] == 0).all()
        assert (result.ledger["lots"].iloc[[begin, -1]] != 0).all()
    result.summary()
    result.bridge()


def test_investors_terms_and_marks_carry_over() -> None:
    strategy = small_strategy("fund.crystallisation='month'")
    one = prepare(strategy, sample_market(), START, END)
    other = prepare(strategy.change("hedge.ratio=0.8"), sample_market(), START, END)
    result = complete(spliced(strategy, [Ruler(0, one), Ruler(70, other)]))
    assert_every_day_adds_up(result)
    mark = result.ledger["high_water_mark"]
    assert mark.is_monotonic_increasing
    assert mark.iloc[71] >= mark.iloc[70] > 1.0


def test_a_fund_whose_investors_come_and_go_is_ruled_in_turn() -> None:
    strategy = load_strategy(CLIENTS, ["selector.n=30"])
    span = START, "2015-06-30"
    one, same = (prepare(strategy, sample_market(), *span) for _ in range(2))
    other = prepare(strategy.change("hedge.ratio=0.5"), sample_market(), *span)
    plain = complete(one)
    assert len(plain.investors) > 2
    turns = [Ruler(0, one), Ruler(40, same), Ruler(95, one)]
    assert_same(complete(spliced(strategy, turns)), plain)
    changed = complete(spliced(strategy, [Ruler(0, one), Ruler(40, other)]))
    assert_every_day_adds_up(changed)
    assert changed.ledger.iloc[:41].equals(plain.ledger.iloc[:41])
    assert abs(changed.ledger["lots"].iloc[60]) < abs(plain.ledger["lots"].iloc[60])
    units = changed.class_values.groupby("date")["units"].sum()
    assert units.to_numpy() == pytest.approx(changed.ledger["units"].iloc[1:].to_numpy())


def test_the_ruler_of_a_period_is_the_best_of_its_window_and_of_no_later_day() -> None:
    rng = np.random.default_rng(1)
    days = pd.bdate_range("2015-01-01", periods=201)
    returns = rng.normal(0.0, 0.01, (200, 5))
    levels = pd.DataFrame(np.vstack([np.ones(5), np.cumprod(1 + returns, axis=0)]), days)
    found = choices(levels, 50, 30, FIGURES["sharpe_net"], embargo_days=5)
    assert [one.first for one in found] == [56, 86, 116, 146, 176]
    assert found[-1].last == 200
    for one in found:
        past = returns[one.first - 1 - 55 : one.first - 1 - 5]  # row t of levels is return t - 1
        assert len(past) == 50
        assert one.ruler == (past.mean(axis=0) / past.std(axis=0, ddof=1)).argmax()
        later = levels.copy()
        later.iloc[one.first - 5 :] *= rng.lognormal(size=(len(levels) - one.first + 5, 5))
        again = [c.ruler for c in choices(later, 50, 30, FIGURES["sharpe_net"], 5)]
        assert again[: found.index(one) + 1] == [c.ruler for c in found[: found.index(one) + 1]]


def test_a_variant_without_returns_in_the_window_cannot_rule() -> None:
    days = pd.bdate_range("2015-01-01", periods=101)
    returns = np.random.default_rng(2).normal(0.0, 0.01, (100, 2))
    returns[:, 0] += 0.01
    levels = pd.DataFrame(np.vstack([np.ones(2), np.cumprod(1 + returns, axis=0)]), days)
    levels.iloc[70:, 0] = np.nan  # insolvent
    found = choices(levels, 40, 20, FIGURES["annual_return_net"])
    assert [one.ruler for one in found] == [0, 0, 1]


def test_the_future_changes_nothing_of_the_ledger_before_it() -> None:
    market = sample_market()
    whole = walked()
    cut = str(whole.ledger.index[90].date())
    early = walk_forward(
        small_strategy(), market.until(cut), GRID, train_days=60, step_days=20, start=START, end=cut
    )
    assert len(early.ledger) == 91
    periods = len(early.walk_forward)
    pd.testing.assert_series_equal(
        early.walk_forward["variant"], whole.walk_forward["variant"].head(periods)
    )
    same = ["equity", "unit_value", "stock_value", "lots", "contract", "names"]
    pd.testing.assert_frame_equal(
        early.ledger[same], whole.ledger[same].head(91), check_exact=True, check_freq=False
    )


def test_the_table_and_the_note_tell_who_ruled(tmp_path: Path) -> None:
    result = walked()
    table = result.walk_forward
    assert table["start"].iloc[0] == result.market_info["start"]
    assert table["end"].iloc[-1] == END
    assert table["days"].sum() == len(result.ledger) - 1
    assert (table["window_end"] < table["start"]).all()
    assert (table["past"] >= table["past_median"]).all()
    assert result.notes[0]["kind"] == "walk_forward"
    for language in ("en", "zh"):
        assert table["variant"].iloc[0] in result.notes[0][language]
    folder = result.to_parquet(tmp_path / "run")
    opened = Result.open(folder)
    assert opened.request["walk_forward"] == result.request["walk_forward"]
    pd.testing.assert_frame_equal(opened.ledger, result.ledger)
    assert len(pd.read_csv(folder / "walk_forward.csv")) == len(table)
    assert_every_day_adds_up(result)
    assert isinstance(result.changed(trials=3), WalkForward)


def test_a_plain_run_is_another_run_than_a_walk_forward_of_its_strategy(tmp_path: Path) -> None:
    from quanthedge.record import wanted

    result = walked()
    plain = complete(prepare(result.strategy, sample_market(), result.market_info["start"], END))
    one, other = (
        wanted(r.strategy, dict(r.market_info), r.versions, dict(r.request))
        for r in (result, plain)
    )
    assert one != other
    assert one | {"walk-forward": None} == other | {"walk-forward": None}


@pytest.mark.parametrize(
    ("sets", "more", "message"),
    [
        ({"capital_yuan": [5e7, 1e8]}, {}, "capital_yuan differs between variants"),
        ({"fund.management_fee_per_year": [0.01, 0.02]}, {}, "fund differs"),
        ({"hedge.product": ["IF", "IC"]}, {}, "hedge.products differs"),
        ({"start": [START, "2014-10-08"]}, {}, "start and end may not be varied"),
        (GRID, {"train_days": 500}, "500 days to train on, and the variants have"),
        (GRID, {"train_days": 5}, "train_days 5; accepted: 20 or more"),
        (GRID, {"by": "turnover"}, "by 'turnover'; accepted: sharpe_net"),
    ],
)
def test_what_cannot_be_walked_is_refused_in_a_line(  # type: ignore[no-untyped-def]
    sets, more, message, monkeypatch
) -> None:
    options = {"train_days": 60, "step_days": 20, "start": START, "end": END} | more
    monkeypatch.setattr(sys.modules[walk_forward.__module__], "run_job", None)  # none is run before
    with pytest.raises(StrategyError, match=message) as caught:
        walk_forward(small_strategy(), sample_market(), sets, **options)
    assert "\n" not in str(caught.value)
