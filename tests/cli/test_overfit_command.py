"""`quanthedge overfit` says of folders of runs what qh.overfit says of their returns."""

import re
from functools import cache

import pandas as pd
import pytest

import quanthedge as qh
from tests.cli.inside import inside
from tests.sample import sample_market, small_strategy

DAYS = ("2015-04-01", "2015-07-10")
SIZES = (10, 20, 30)


@cache
def runs():
    return [qh.backtest(small_strategy(f"selector.n={n}"), sample_market(), *DAYS) for n in SIZES]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    place = tmp_path_factory.mktemp("runs")
    return [run.to_parquet(place / str(n)) for n, run in zip(SIZES, runs(), strict=True)]


def returns(some):
    found = {n: run.ledger["unit_value"].pct_change() for n, run in zip(SIZES, some, strict=True)}
    return pd.DataFrame(found).iloc[1:].dropna()


def test_the_command_gives_the_figures_of_the_functions(folders):
    done = inside("overfit", *folders, "--blocks", 8, "--trials", 40)
    assert done.returncode == 0, done.stderr
    table = returns(runs())
    found = qh.overfit.cscv(table, blocks=8)
    assert f"Probability of overfitting: {found.pbo:.0%} of 70 choices" in done.stdout
    for n in SIZES:
        line = next(one for one in done.stdout.splitlines() if re.match(rf" *{n} ", one))
        assert f"{qh.overfit.deflated(table[n], 40):.0%}" in line
    assert "as the best of 40" in done.stdout


@pytest.mark.parametrize(
    ("choose", "told"),
    [
        (lambda some: some[:1], "two or more runs"),
        (lambda some: [some[0], some[0]], "each once"),
        (lambda some: [*some, "--trials", 2], "--trials 2, and 3 runs"),
        (lambda some: [*some, "--blocks", 5], "even numbers from 4 on"),
        (lambda some: [some[0], "nowhere"], "nowhere"),
    ],
)
def test_wrong_words_end_in_one_line(folders, choose, told):
    done = inside("overfit", *choose(folders))
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
