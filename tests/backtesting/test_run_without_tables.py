"""A run needs the tables that its strategy asks for; every other one leaves itself out."""

from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.errors import DataError
from quanthedge.market import Market, write_dataset
from quanthedge.market.schema import TABLES
from quanthedge.report.blocks import Answers
from quanthedge.report.document import build_document
from quanthedge.strategy import Strategy
from tests.sample import SAMPLE, START, sample_market, small_strategy

END = "2014-11-28"
OPTIONAL = sorted(name for name, table in TABLES.items() if table.optional)
SAID = ("industry", "index_daily", "index_members")  # whose absence a run names: one a market
TOGETHER = [[name, *[n for n in OPTIONAL if n not in SAID][k::3]] for k, name in enumerate(SAID)]


@cache
def sample_tables() -> dict[str, pa.Table]:
    return {path.stem: pq.read_table(path) for path in SAMPLE.glob("*.parquet")}


def market_of(folder: Path, tables: dict[str, pa.Table]) -> Market:
    write_dataset(folder, tables, name="part", source="sample")
    return Market.open(folder)


def plain() -> Strategy:
    """A strategy that asks for bars only: no hedge, no interest, no statements."""
    return small_strategy(
        "selector.n=20", "hedge.ratio=0", "accounts.stock_cash_rate=0.0",
        "factors=[{factor={kind='size'}, weight=1.0}]", "name='Small'", "name_zh=''",
    )  # fmt: skip


def reported(result: Result, *languages: str) -> list[str]:
    """Build the report in some languages, in both by default; return the kinds of the notes."""
    for language in languages or ("zh", "en"):
        document = build_document(result, language)
        assert document.chapters
    return [str(note["kind"]) for note in result.notes]


@pytest.mark.parametrize("names", TOGETHER, ids=" ".join)
def test_a_plain_run_needs_no_optional_table(tmp_path: Path, names: list[str]) -> None:
    tables = {key: table for key, table in sample_tables().items() if key not in names}
    result = backtest(plain(), market_of(tmp_path / "m", tables), START, END)
    kinds = reported(result)
    assert ("no_industry" in kinds) == ("industry" in names)
    assert ("no_benchmark" in kinds) == ("index_daily" in names)
    assert ("no_members" in kinds) == ("index_members" in names)


def test_every_optional_table_is_missing_once() -> None:
    assert sorted(name for names in TOGETHER for name in names) == OPTIONAL


def test_bars_alone_are_enough_and_earn_the_same(tmp_path: Path) -> None:
    kept = {key: sample_tables()[key] for key in ("calendar", "stocks", "stock_daily")}
    bare = backtest(plain(), market_of(tmp_path / "m", kept), START, END)
    assert {"no_industry", "no_benchmark", "no_members"} <= set(reported(bare))
    full = backtest(plain(), sample_market(), START, END)
    np.testing.assert_array_equal(bare.ledger["equity"], full.ledger["equity"])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("futures_daily", "no table futures_daily"),
        ("cash_rate", "no table cash_rate"),
        ("fundamentals", "no fundamental"),
        ("index_daily", "no (table index_daily|index)"),
    ],
)
def test_what_a_strategy_asks_for_is_refused_by_name(tmp_path: Path, name: str, says: str) -> None:
    tables = {key: table for key, table in sample_tables().items() if key != name}
    with pytest.raises(DataError, match=says):
        backtest(small_strategy(), market_of(tmp_path / "m", tables), START, END)


def test_a_hedged_run_needs_no_table_that_only_the_report_shows(tmp_path: Path) -> None:
    shown = ("industry", "index_members", "stock_names")
    tables = {key: table for key, table in sample_tables().items() if key not in shown}
    part = market_of(tmp_path / "m", tables)
    strategy = small_strategy("valuation.suspended='last_close'")
    found = backtest(strategy, part, START, END)
    reported(found)
    whole = backtest(strategy, sample_market(), START, END)
    np.testing.assert_array_equal(found.ledger["equity"], whole.ledger["equity"])


def test_without_industries_suspended_stocks_follow_all_stocks(tmp_path: Path) -> None:
    tables = {key: table for key, table in sample_tables().items() if key != "industry"}
    strategy = small_strategy("valuation.materiality=0.0")
    found = backtest(strategy, market_of(tmp_path / "m", tables), START, END)
    (said,) = [note["en"] for note in found.notes if note["kind"] == "stand_in"]
    assert "all stocks" in said


def test_a_missing_close_of_the_benchmark_leaves_its_chapters_out(tmp_path: Path) -> None:
    index = sample_tables()["index_daily"]
    days = np.array([str(day) for day in index["date"].to_pylist()])
    codes = np.array(index["code"].to_pylist())
    kept = (codes != "000300.SH") | (days != "2014-10-15")
    assert kept.sum() == len(index) - 1
    tables = sample_tables() | {"index_daily": index.filter(pa.array(kept))}
    market = market_of(tmp_path / "m", tables)
    for strategy, language in ((small_strategy(), "zh"), (plain(), "en")):
        result = backtest(strategy, market, START, END)
        assert "benchmark_gaps" in reported(result, language)
        assert result.alpha_groups.empty


def test_a_strategy_that_sells_nothing_says_so_and_needs_no_contract() -> None:
    result = backtest(plain(), sample_market(), START, END)
    assert not result.contracts["lots"].any()
    for text in result.timeline.values():
        assert "IF" not in text
    assert "quota" not in [note["kind"] for note in result.notes]
    document = build_document(result, "en")
    assert dict(document.terms)["Hedge"] == "none: no futures are sold"
    assert document.description.endswith("not hedged.")
    answers = " ".join(
        answer
        for chapter in document.chapters
        for block in chapter.blocks
        if isinstance(block, Answers)
        for _, answer in block.items
    )
    assert "sells no futures" in answers
    for claim in ("is short index futures", "futures are sold for it", "The hedge is reviewed"):
        assert claim not in answers
