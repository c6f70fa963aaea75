"""A record of a run: its tables have a schema each, and one may wait until it is read."""

import pickle
from dataclasses import FrozenInstanceError, fields
from importlib import import_module

import pandas as pd
import pytest

from benchmarks.record_page import page
from quanthedge.backtesting.run import backtest
from quanthedge.record import Record, made_when_read
from quanthedge.record.run import Table
from quanthedge.record.tables import TABLES
from quanthedge.strategy import Strategy
from tests.records import empty_table, plain_strategy, record_of
from tests.sample import ROOT, START, sample_market, sample_result, small_strategy


def test_every_table_of_a_record_has_a_schema_and_every_schema_a_table() -> None:
    own = {one.name for one in fields(Record)}
    assert set(TABLES) <= own
    assert own - set(TABLES) == {
        "strategy", "market_info", "versions", "timeline", "request", "notes", "variants",
        "own_code", "own_tables", "state", "past", "trials",
    }  # fmt: skip
    with pytest.raises((KeyError, RuntimeError)):
        type("Other", (), {"profits": Table()})


def test_a_record_without_a_table_is_none() -> None:
    whole = {name: empty_table(name) for name in TABLES if name != "tilts"}
    with pytest.raises(TypeError, match="tilts"):
        Record(
            **whole, strategy=plain_strategy(), market_info={}, versions={}, timeline={}, request={}
        )


def test_a_record_does_not_change() -> None:
    run = record_of()
    with pytest.raises(FrozenInstanceError):
        run.ledger = empty_table("ledger")


def test_a_table_that_waits_is_made_once_of_the_record_that_is_read() -> None:
    asked: list[Record] = []

    def make(run: Record) -> pd.DataFrame:
        asked.append(run)
        return pd.DataFrame({"days": [len(run.ledger)]})

    first = record_of(tilts=made_when_read(make))
    second = first.changed(ledger=sample_result().ledger)
    assert not asked
    assert second.tilts["days"].tolist() == [len(sample_result().ledger)]
    assert second.tilts is second.tilts
    assert asked == [second]
    assert first.tilts["days"].tolist() == [0]


def test_a_record_that_is_sent_away_has_all_its_tables() -> None:
    run = record_of(tilts=made_when_read(lambda _: empty_table("tilts").assign(book=1.0)))
    back = pickle.loads(pickle.dumps(run))
    assert list(back.tilts.columns) == list(run.tilts.columns)
    assert back.strategy == run.strategy


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tables of attribution that were worked out."""
    tables = "quanthedge.performance.market_tables"
    places = dict.fromkeys(("group_table", "part_table", "tilt_table"), tables)
    made: list[str] = []
    for name, place in (places | {"book_betas": "quanthedge.backtesting.run"}).items():
        module = import_module(place)
        plain = getattr(module, name)

        def counted(*given, _name=name, _plain=plain, **more):
            made.append(_name)
            return _plain(*given, **more)

        monkeypatch.setattr(module, name, counted)
    return made


def test_statistics_bridge_and_limits_do_not_pay_for_attribution(calls, tmp_path) -> None:
    result = backtest(small_strategy(), sample_market(), START, "2014-11-28")
    result.summary()
    result.bridge()
    result.limits()
    assert "Sharpe ratio" in repr(result)
    assert not calls
    result.to_parquet(tmp_path / "run")
    result.to_parquet(tmp_path / "again")
    assert sorted(calls) == ["book_betas", "group_table", "part_table", "tilt_table"]
    assert (tmp_path / "run" / "run.json").read_bytes() == (
        tmp_path / "again" / "run.json"
    ).read_bytes()


def test_the_strategy_of_a_run_is_the_one_that_was_run_also_when_it_is_opened(tmp_path) -> None:
    strategy = small_strategy("hedge.quota_lots=900", "execution.participation=0.05")
    result = backtest(strategy, sample_market(), START, "2014-11-28")
    assert result.strategy is strategy
    opened = type(result).open(result.to_parquet(tmp_path / "run"))
    assert isinstance(opened.strategy, Strategy)
    assert opened.strategy == strategy
    assert opened.strategy.execution.participation == 0.05


def test_the_page_of_the_tables_says_what_the_reader_goes_by() -> None:
    there = (ROOT / "docs" / "record.md").read_text(encoding="utf-8")
    assert there == page(), "run python -m benchmarks.record_page docs/record.md"
