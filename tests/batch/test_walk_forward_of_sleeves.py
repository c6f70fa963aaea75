"""Variants of a fund with sleeves that take turns are one ledger, sleeve by sleeve."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.backtesting import Prepared, Ruler, complete, prepare, spliced
from quanthedge.batch.walk_forward import walk_forward
from quanthedge.errors import StrategyError
from quanthedge.strategy import Strategy
from tests.batch.test_walk_forward import TABLES, assert_every_day_adds_up
from tests.sleeves.busy import LABELS, busy

pytestmark = pytest.mark.slow
START, END = "2014-11-03", "2015-06-30"


def wider() -> Strategy:
    """The fund whose carry waits for more, and whose calendar spread is twice as large."""
    strategy = busy()
    carry, calendar = strategy.sleeves
    sleeves = [carry.model_copy(update={"budget": 0.15}), calendar.model_copy(update={"size": 4.0})]
    return strategy.change({"sleeves": sleeves})


@cache
def prepared(*, wide: bool, again: int = 0) -> Prepared:
    return prepare(wider() if wide else busy(), qh.sample_market(), START, END)


def assert_same(one: qh.Result, other: qh.Result) -> None:
    for name in (*TABLES, "sleeves"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    assert one.notes == other.notes


def test_equal_variants_that_take_turns_are_the_plain_run_bit_for_bit() -> None:
    one, other = prepared(wide=False), prepared(wide=False, again=1)
    turns = [Ruler(0, one), Ruler(31, other), Ruler(32, one), Ruler(90, other)]
    assert_same(complete(spliced(busy(), turns)), complete(one))


def test_another_variant_takes_over_each_sleeve_at_what_it_stood_at() -> None:
    begin = 35  # the carry is held, the calendar spread is not
    plain, wide = prepared(wide=False), prepared(wide=True)
    made = spliced(busy(), [Ruler(0, plain), Ruler(begin, wide)])
    result, before = complete(made), complete(plain)
    assert_every_day_adds_up(result)
    for name in ("ledger", "sleeves"):
        one, other = getattr(result, name), getattr(before, name)
        rows = begin + 1 if name == "ledger" else begin * len(LABELS)
        pd.testing.assert_frame_equal(one.iloc[:rows], other.iloc[:rows], check_exact=True)
    standing = wide.inputs.targets.sleeve(1)
    r = int(np.searchsorted(standing.trade_days, begin)) - 1
    assert r >= 0
    some = slice(int(standing.pointer[r]), int(standing.pointer[r + 1]))
    taken = made.inputs.targets.sleeve(1)
    k = int(np.flatnonzero(taken.trade_days == begin)[0])
    own = slice(int(taken.pointer[k]), int(taken.pointer[k + 1]))
    np.testing.assert_array_equal(taken.weights[own], standing.weights[some])
    day = result.ledger.index[begin + 1]
    sold = result.trades[(result.trades["date"] == day) & (result.trades["sleeve"] == "carry")]
    assert (sold["side"].astype(str) == "sell").sum() > 10  # the smaller budget, at once
    value = result.sleeves[result.sleeves["sleeve"] == "carry"].set_index("date")["stock_value"]
    assert value[day] < 0.7 * value.iloc[begin - 1]
    daily = qh.sleeve_bridge(result, "day")
    assert (daily["residual"].abs() <= 1e-9 * result.ledger["equity"].iloc[1:]).all()


def test_a_walk_forward_run_is_made_again_to_the_byte(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        walk_forward(
            busy(), qh.sample_market(), {"selector.n": [20, 30]},
            train_days=60, step_days=20, start=START, end=END,
        ).to_parquet(folder)  # fmt: skip
    files = [
        sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        for folder in folders
    ]
    assert files[0] == files[1]
    found = qh.Result.open(folders[0])
    assert set(found.trades["sleeve"]) == set(LABELS)
    for name in files[0]:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


def test_variants_of_other_sleeves_are_refused() -> None:
    strategy = busy()
    one = strategy.change({"sleeves": [strategy.sleeves[0]]})
    with pytest.raises(StrategyError, match="the labels of sleeves differs between variants"):
        spliced(
            strategy,
            [
                Ruler(0, prepared(wide=False)),
                Ruler(30, prepare(one, qh.sample_market(), START, END)),
            ],
        )
