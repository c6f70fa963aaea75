"""Labels that were changed after they were made are refused; own returns must be their stocks'."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from tests.sample import sample_market


@cache
def made(**options):
    return qh.labels(sample_market(), "month", **options)


@cache
def scores():
    return qh.panel(sample_market(), ["turnover"], made().rows)


def shuffled(value, seed=0):
    """Each day's returns, given to other stocks that have one."""
    rng, found = np.random.default_rng(seed), value.copy()
    for row in found:
        there = np.flatnonzero(np.isfinite(row))
        row[there] = row[rng.permutation(there)]
    return found


def by_the_future():
    """Rows in their order, returns sorted by what they will be."""
    value = made().value
    return value[np.argsort(-np.nanmean(np.where(np.isfinite(value), value, -9.0), axis=1))]


@pytest.mark.parametrize(
    "change",
    [
        lambda: {"value": shuffled(made().value)},
        lambda: {"naive": shuffled(made().naive)},
        lambda: {"value": by_the_future()},
        lambda: {"value": made().value[:, ::-1].copy()},
        lambda: {"can_buy": np.ones_like(made().can_buy)},
        lambda: {"ends_by": made().ends_by - 1},
        lambda: {"entry": "close"},
        lambda: {"cost": "15 bp a side"},
        lambda: {"market": sample_market().until("2015-06-30")},
    ],
)
def test_labels_that_were_changed_after_they_were_made_are_refused(change):
    with pytest.raises(qh.StrategyError, match="changed after they were made") as problem:
        replace(made(), **change()).check_unchanged()
    assert "\n" not in str(problem.value)


def test_an_evaluation_and_a_combination_refuse_permuted_returns():
    wrong = replace(made(), value=shuffled(made().value))
    with pytest.raises(qh.StrategyError, match="changed after they were made"):
        qh.evaluate(scores(), wrong, fewest=10)
    with pytest.raises(qh.StrategyError, match="changed after they were made"):
        qh.alpha.Combine("equal").fit_predict(scores(), wrong)


def test_one_number_written_into_the_array_is_noticed():
    mine = replace(made(), value=made().value.copy())
    mine.check_unchanged()
    mine.value[3, int(np.isfinite(mine.value[3]).argmax())] += 1e-12
    with pytest.raises(qh.StrategyError, match="changed after"):
        mine.check_unchanged()


def test_labels_put_together_by_hand_are_held_to_the_market():
    kept = made().frame()
    plain = replace(made(), digest="")
    assert len(qh.evaluate(scores(), plain, fewest=10).table()) == 1
    wrong = replace(plain, value=shuffled(plain.value))
    with pytest.raises(qh.StrategyError, match="given to other stocks; a label belongs"):
        qh.evaluate(scores(), wrong, fewest=10)
    assert kept.equals(made().frame())


def over_the_mean():
    table = made().frame()
    return table.sub(table.mean(axis=1), axis=0)


def test_own_returns_as_a_table_are_evaluated():
    own = qh.labels_from(sample_market(), over_the_mean(), "month")
    there = np.isfinite(made().value)
    np.testing.assert_array_equal(np.isfinite(own.value), there)
    np.testing.assert_array_equal(own.ends_by, made().ends_by)
    ours = qh.evaluate(scores(), made(), fewest=10).table()
    found = qh.evaluate(scores(), own, fewest=10).table()
    # ranks within a day do not know that its mean was taken out
    assert found["executable_ic"].to_numpy() == pytest.approx(ours["executable_ic"].to_numpy())
    assert found.attrs["label"].startswith("own returns ")
    assert own.definition != made().definition


def moved(by):
    table = over_the_mean()
    return pd.DataFrame(np.roll(table.to_numpy(), by, axis=0), table.index, table.columns)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (lambda: made().frame() * 0 + shuffled(made().value), "own returns, given to other stocks"),
        (lambda: over_the_mean() * 0 + shuffled(over_the_mean().to_numpy()), "rank stocks otherwi"),
        (lambda: -over_the_mean(), "rank stocks otherwise"),
        (lambda: moved(1), "resemble the returns of the decision before"),
        (lambda: moved(-1), "resemble the returns of the decision after"),
        (lambda: over_the_mean().set_axis(over_the_mean().index + pd.Timedelta(days=1)), "none of"),
        (
            lambda: over_the_mean().rename(columns={made().market.codes[0]: "999999.SH"}),
            "no stocks of market",
        ),
        (lambda: over_the_mean().astype(object), "dtype object"),
    ],
)
def test_returns_of_other_stocks_or_other_days_are_refused_in_one_line(table, told):
    with pytest.raises(qh.QuantHedgeError, match=told) as problem:
        qh.labels_from(sample_market(), table(), "month")
    assert "\n" not in str(problem.value)


def test_one_day_in_many_that_is_sorted_by_the_future_is_named():
    table = over_the_mean()
    day = table.index[20]
    there = table.loc[day].notna()
    table.loc[day, there] = shuffled(table.loc[[day], there].to_numpy(), seed=4)[0]
    with pytest.raises(qh.StrategyError, match=f"on 1 of .* days .*first {day:%Y-%m-%d}"):
        qh.labels_from(sample_market(), table, "month")
    # whoever means it says so
    assert qh.labels_from(sample_market(), table, "month", least=-1).digest
