"""What `run` promises: where it begins by itself, and one line when it is asked to be quiet."""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from quanthedge.backtesting.run import backtest
from quanthedge.cli.app import app
from quanthedge.errors import DataError
from tests.backtesting.test_run_without_tables import market_of, sample_tables
from tests.sample import NEUTRAL, SAMPLE, sample_market, small_strategy


def test_a_run_without_a_start_begins_after_the_look_back() -> None:
    market = sample_market()
    result = backtest(small_strategy(), market, end="2014-04-30")
    assert result.ledger.index[1] == market.dates[244]


def test_a_run_without_a_start_waits_for_the_listing_of_what_it_sells(tmp_path: Path) -> None:
    futures = sample_tables()["futures_daily"]
    days = np.array([str(day) for day in futures["date"].to_pylist()])
    late = {"futures_daily": futures.filter(pa.array(days >= "2014-12-01"))}
    market = market_of(tmp_path / "m", sample_tables() | late)
    result = backtest(small_strategy(), market, end="2015-01-30")
    assert f"{result.ledger.index[1]:%Y-%m-%d}" == "2014-12-01"
    unhedged = backtest(small_strategy("hedge.ratio=0"), market, end="2014-04-30")
    assert unhedged.ledger.index[1] == market.dates[244]


def test_a_market_that_is_too_short_says_what_it_lacks() -> None:
    with pytest.raises(DataError, match="looks back over 244 days; give --start"):
        backtest(small_strategy(), sample_market().until("2013-06-28"))


def test_quiet_is_one_line_with_what_the_run_came_to(tmp_path: Path) -> None:
    told = CliRunner().invoke(
        app,
        [
            "run", str(NEUTRAL), "--market", str(SAMPLE), "--set", "selector.n=20", "--start",
            "2014-09-17", "--end", "2014-11-28", "--quiet", "--out", str(tmp_path / "run"),
        ],
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    lines = told.stdout.strip().splitlines()
    assert len(lines) == 1
    assert re.search(
        r"return -?\d+\.\d\d%, Sharpe -?\d+\.\d\d, drawdown -?\d+\.\d\d%, correlation -?\d\.\d{3}; "
        r"\d+\.\d s; wrote ",
        lines[0],
    ), lines[0]
