"""Results of stages are handed out again under their key, and under no other."""

import hashlib
import json
import multiprocessing
import os
import shutil
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
import pytest

from quanthedge.alpha import FactorTerm
from quanthedge.backtesting import plan, selection
from quanthedge.backtesting.run import backtest
from quanthedge.errors import DataError
from quanthedge.factors.base import Factor, as_rows
from quanthedge.market import Market
from quanthedge.rules import rules_changed_after
from quanthedge.stages import (
    StageFolder,
    keep_stages,
    keyed,
    shared_in_a_run,
    stage,
    watched_stages,
)
from quanthedge.stages.keyed import forget_stages, kept_stages, stage_key
from quanthedge.strategy import Strategy
from tests.sample import SAMPLE, sample_market, small_strategy

START, END = "2014-09-17", "2015-03-31"


class Pair(NamedTuple):
    """A result as stages have it."""

    numbers: np.ndarray
    table: pd.DataFrame
    day: np.datetime64
    inside: dict[str, Any]


def a_pair() -> Pair:
    numbers = np.array([[0.1, np.nan, -0.0], [np.inf, 1e-300, 3.0]])
    table = pd.DataFrame({"date": pd.to_datetime(["2015-01-05"]), "name": ["中国平安"]})
    inside = {"list": [1, 2.5, "x", None, True], "tuple": (np.arange(3), -np.inf)}
    return Pair(numbers, table, np.datetime64("2015-01-05"), inside)


def same(one: Pair, other: Pair) -> None:
    np.testing.assert_array_equal(one.numbers, other.numbers)
    assert np.signbit(other.numbers[0, 2])
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.day == other.day
    assert one.inside["list"] == other.inside["list"]
    assert isinstance(other.inside["tuple"], tuple)
    np.testing.assert_array_equal(one.inside["tuple"][0], other.inside["tuple"][0])
    assert other.inside["tuple"][1] == -np.inf


@pytest.fixture(scope="module")
def market() -> Market:
    return sample_market()


@pytest.fixture(scope="module")
def strategy() -> Strategy:
    return small_strategy()


@pytest.fixture(autouse=True)
def _no_folder() -> Any:
    yield
    keep_stages(None)


def test_a_stage_is_worked_out_once_for_each_key(market: Market) -> None:
    made: list[int] = []

    def work() -> np.ndarray:
        made.append(1)
        return np.arange(3)

    first = stage("numbers", market, {"span": (1, 2)}, work)
    assert stage("numbers", market, {"span": (1, 2)}, work) is first
    assert len(made) == 1
    for name, parts in (("numbers", {"span": (1, 3)}), ("others", {"span": (1, 2)})):
        stage(name, market, parts, work)
    stage("numbers", market.until(END), {"span": (1, 2)}, work)
    assert len(made) == 4


def test_every_part_of_a_strategy_makes_a_key_of_its_own(
    market: Market, strategy: Strategy
) -> None:
    keys = set()
    changes = (
        [], ["selector.n=11"], ["beta.min_observations=41"], ["hedge.ratio=0.9"],
        ["factors.0.weight=2.0"], ["universe.n=50"], ["transforms.winsorise=0.02"],
    )  # fmt: skip
    for change in changes:
        keys.add(stage_key("whole", market, {"strategy": strategy.change(*change)}))
    assert len(keys) == len(changes)
    one = stage_key("arrays", market, {"a": np.zeros(3)})
    assert one != stage_key("arrays", market, {"a": np.zeros(3, dtype=np.int64)})
    assert one != stage_key("arrays", market, {"a": np.zeros((3, 1))})
    assert one != stage_key("arrays", market, {"a": np.array([0.0, 0.0, 1.0])})


def test_nothing_is_kept_of_what_was_altered_to_look_for_look_ahead(market: Market) -> None:
    other = market.altered(300, "scrambled")
    assert stage_key("numbers", other, {}) is None
    assert stage_key("numbers", other.until(other.dates[200]), {}) is None
    with rules_changed_after(np.datetime64("2014-10-08")):
        assert stage_key("numbers", market, {}) is None
    assert stage_key("numbers", market, {}) is not None
    before = kept_stages()["results"][0]
    stage("numbers", other, {}, lambda: np.zeros(3))
    assert kept_stages()["results"][0] == before


def test_what_was_altered_is_worked_out_once_inside_a_run_and_again_in_the_next(
    market: Market,
) -> None:
    other, worked = market.altered(300, "scrambled"), []

    def asked(one: Market, parts: dict[str, Any]) -> None:
        stage("numbers", one, parts, lambda: worked.append(parts))

    for _ in range(2):
        with shared_in_a_run():
            for parts in ({"a": 1}, {"a": 1}, {"a": 2}, {"a": Fickle()}, {"a": Fickle()}):
                asked(other, parts)
            asked(other.until(other.dates[200]), {"a": 1})
    assert len(worked) == 2 * (1 + 1 + 2 + 1)
    asked(other, {"a": 1})
    asked(other, {"a": 1})
    assert len(worked) == 12


def test_another_hedge_selects_no_stocks_and_estimates_no_betas_again(
    market: Market, strategy: Strategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: dict[str, int] = {}
    for place, name in (
        (selection, "select"), (plan.LimitPanel, "of"), (plan, "action_book"),
        (plan.Stated, "of"), (plan.StockRules, "between"),
    ):  # fmt: skip
        true, called = getattr(place, name), f"{place.__name__}.{name}"

        def counting(*args: Any, _name: str = called, _true: Any = true, **more: Any) -> Any:
            counted[_name] = counted.get(_name, 0) + 1
            return _true(*args, **more)

        monkeypatch.setattr(place, name, counting)
    backtest(strategy, market, START, END)
    once = dict(counted)
    assert set(once.values()) == {1}
    changed = strategy.change("hedge.ratio=0.8", "costs.commission_rate=0.0005")
    again = backtest(changed, market, START, END)
    assert counted == once
    forget_stages()
    fresh = backtest(changed, market, START, END)
    pd.testing.assert_frame_equal(again.ledger, fresh.ledger, check_exact=True)
    pd.testing.assert_frame_equal(again.trades, fresh.trades, check_exact=True)
    assert again.notes == fresh.notes


def test_a_run_writes_to_nothing_that_is_shared(market: Market, strategy: Strategy) -> None:
    backtest(strategy, market, START, END)
    before = {key: _digest(value) for key, (value, _) in keyed._IN_MEMORY.items()}
    assert len(before) >= 8
    backtest(strategy.change("hedge.ratio=0.7"), market, START, END, variants=("long_only",))
    backtest(strategy.change("fund.management_fee_per_year=0.01"), market, START, END)
    assert {key: _digest(keyed._IN_MEMORY[key][0]) for key in before} == before


def _digest(value: Any) -> str:
    found = hashlib.sha256()
    for array in _arrays(value):
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def _arrays(value: Any) -> list[np.ndarray]:
    if isinstance(value, np.ndarray):
        return [value]
    if hasattr(value, "__dataclass_fields__"):
        return [a for name in value.__dataclass_fields__ for a in _arrays(getattr(value, name))]
    if isinstance(value, dict):
        return [a for one in value.values() for a in _arrays(one)]
    if isinstance(value, tuple | list):
        return [a for one in value for a in _arrays(one)]
    return []


def test_memory_is_bounded_and_the_least_recently_used_goes_first(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyed, "MEMORY", 3 * 800)
    for number in range(3):
        stage("numbers", market, {"n": number}, lambda: np.zeros(100))
    stage("numbers", market, {"n": 0}, lambda: np.ones(100))
    stage("numbers", market, {"n": 3}, lambda: np.zeros(100))
    assert kept_stages()["bytes"][0] == 3 * 800
    assert stage("numbers", market, {"n": 0}, lambda: np.ones(100)).sum() == 0.0
    assert stage("numbers", market, {"n": 1}, lambda: np.ones(100)).sum() == 100.0


def test_a_folder_gives_back_what_was_put_in(tmp_path: Path) -> None:
    folder = StageFolder(tmp_path / "cache")
    key = "0" * 64
    assert folder.read("pair", key, {"Pair": Pair}) is None
    folder.write("pair", key, a_pair())
    same(a_pair(), folder.read("pair", key, {"Pair": Pair}))
    assert list(folder.contents()["stage"]) == ["pair"]
    assert folder.read("pair", key, {}) is None  # a class that nobody declared is not made


def test_a_large_array_is_mapped_and_a_flipped_bit_in_it_is_found(tmp_path: Path) -> None:
    folder, key = StageFolder(tmp_path / "cache"), "1" * 64
    large = np.arange(400_000.0).reshape(4, -1)
    folder.write("large", key, large)
    found = folder.read("large", key, {})
    np.testing.assert_array_equal(found, large)
    assert not found.flags.writeable
    (part,) = (tmp_path / "cache" / "large" / key).glob("*.npy")
    content = bytearray(part.read_bytes())
    content[-3] ^= 1
    part.unlink()  # the mapped file stays as it was for whoever holds it
    part.write_bytes(content)
    assert folder.read("large", key, {}) is None
    np.testing.assert_array_equal(found, large)


def test_a_second_process_of_a_run_reads_the_folder(
    market: Market, strategy: Strategy, tmp_path: Path
) -> None:
    keep_stages(tmp_path / "cache")
    first = backtest(strategy, market, START, END)
    forget_stages()
    used = {"selection", "betas", "contracts", "stock_rules"}
    assert set(StageFolder(tmp_path / "cache").contents()["stage"]) == used
    assert not list((tmp_path / "cache" / ".quanthedge").glob("*"))
    again = backtest(strategy, market, START, END)
    pd.testing.assert_frame_equal(first.ledger, again.ledger, check_exact=True)
    pd.testing.assert_frame_equal(first.rules, again.rules)
    pd.testing.assert_frame_equal(first.exclusions, again.exclusions)
    assert first.notes == again.notes


def test_what_a_market_decides_alone_lies_beside_its_panels(
    strategy: Strategy, tmp_path: Path
) -> None:
    market = copied_sample(tmp_path)
    first = backtest(strategy, market, START, END)
    _ = first.tilts
    kept = StageFolder(market.kept_folder)
    of_all_days = {"price_limits", "impact_volatility", "index_weights"}
    of_the_span = {
        "industry_returns", "past_of_the_market", "style_grades", "corporate_actions",
        "stated_values", "odd_closes",
    }  # fmt: skip
    assert set(kept.contents()["stage"]) == of_all_days | of_the_span
    forget_stages()
    with watched_stages() as worked:
        other = backtest(strategy.change("selector.n=20"), Market.open(market.path), START, END)
        _ = other.tilts
    assert not {one.name for one in worked} & (of_all_days | of_the_span)
    pd.testing.assert_frame_equal(
        first.past.drop(columns=["targets", "book_return"]),
        other.past.drop(columns=["targets", "book_return"]),
    )
    forget_stages()
    with watched_stages() as worked:
        again = backtest(strategy, Market.open(market.path), START, "2015-02-27")
        _ = again.tilts
    assert not {one.name for one in worked} & of_all_days
    days = len(again.ledger)
    pd.testing.assert_frame_equal(first.ledger[:days], again.ledger, check_exact=True)
    longer = list(again.tilts["date"].unique())
    same_days = first.tilts[first.tilts["date"].isin(longer[:-1])]
    pd.testing.assert_frame_equal(
        same_days, again.tilts[again.tilts["date"].isin(longer[:-1])], check_exact=True
    )


def test_nothing_is_kept_beside_a_market_that_was_cut(strategy: Strategy, tmp_path: Path) -> None:
    market = copied_sample(tmp_path)
    cut = market.until("2015-03-31")
    assert cut.kept_folder is None
    short = backtest(strategy, cut, START, "2015-03-31")
    assert not (market.kept_folder / "price_limits").exists()
    whole = backtest(strategy, market, START, "2015-03-31")
    pd.testing.assert_frame_equal(short.ledger, whole.ledger, check_exact=True)


@pytest.mark.parametrize("what", ["file", "unreadable mark"])
def test_a_market_runs_where_nothing_can_be_kept_beside_it(
    strategy: Strategy, tmp_path: Path, what: str
) -> None:
    market = copied_sample(tmp_path)
    place = market.kept_folder
    if what == "file":
        place.write_text("mine", encoding="utf-8")
    else:
        place.mkdir()
        (place / "quanthedge-stages.json").write_text("{}", encoding="utf-8")
    result = backtest(strategy, market, START, "2014-12-31")
    assert len(result.ledger)


def copied_sample(tmp_path: Path) -> Market:
    """A copy of the sample market, whose panels nobody else uses."""
    shutil.copytree(SAMPLE, tmp_path / "m", ignore=shutil.ignore_patterns(".*"))
    market = Market.open(tmp_path / "m")
    market.panel("close")
    return market


@pytest.mark.parametrize(
    "damage", ["flipped", "cut", "gone", "structure", "shape", "depth", "size"]
)
def test_what_is_damaged_is_taken_away_and_worked_out_again(tmp_path: Path, damage: str) -> None:
    folder = StageFolder(tmp_path / "cache")
    key = "a" * 64
    folder.write("pair", key, a_pair())
    place = tmp_path / "cache" / "pair" / key
    array = sorted(place.glob("*.npy"))[0]
    data = bytearray(array.read_bytes())
    if damage == "flipped":
        data[-1] ^= 1
        array.write_bytes(data)
    elif damage == "cut":
        array.write_bytes(data[:-3])
    elif damage == "gone":
        array.unlink()
    elif damage == "structure":
        (place / "result.json").write_text("{", encoding="utf-8")
    elif damage == "shape":
        (place / "result.json").write_text('{"parts": [], "value": 1}', encoding="utf-8")
    elif damage == "depth":
        deep = '{"parts": {}, "value": ' + '{"list": [' * 50_000
        (place / "result.json").write_text(deep, encoding="utf-8")
    else:
        told = json.loads((place / "result.json").read_text(encoding="utf-8"))
        told["parts"]["../../secret.npy"] = "0"
        (place / "result.json").write_text(json.dumps(told), encoding="utf-8")
    assert folder.read("pair", key, {"Pair": Pair}) is None
    assert not place.exists()


def kept_pair(tmp_path: Path) -> tuple[StageFolder, Path]:
    """A folder with one result, and where it lies."""
    folder = StageFolder(tmp_path / "cache")
    folder.write("pair", "a" * 64, a_pair())
    return folder, tmp_path / "cache" / "pair" / ("a" * 64)


def test_no_flipped_bit_of_what_says_how_a_result_is_put_together_is_read(tmp_path: Path) -> None:
    folder, place = kept_pair(tmp_path)
    sound = {file.name: file.read_bytes() for file in place.iterdir()}
    for where in range(len(sound["result.json"])):
        data = bytearray(sound["result.json"])
        data[where] ^= 1
        place.mkdir(exist_ok=True)
        for name, content in sound.items():
            (place / name).write_bytes(content)
        (place / "result.json").write_bytes(data)
        assert folder.read("pair", "a" * 64, {"Pair": Pair}) is None, data


def test_a_result_in_the_place_of_another_is_not_taken_for_it(tmp_path: Path) -> None:
    folder, place = kept_pair(tmp_path)
    shutil.copytree(place, place.with_name("b" * 64))
    shutil.copytree(place, tmp_path / "cache" / "other" / place.name)
    assert folder.read("pair", "b" * 64, {"Pair": Pair}) is None
    assert folder.read("other", "a" * 64, {"Pair": Pair}) is None
    assert folder.read("pair", "a" * 64, {"Pair": Pair}) is not None


@pytest.mark.parametrize("what", ["stage", "result", "part"])
def test_what_lies_behind_a_link_is_neither_read_nor_removed(tmp_path: Path, what: str) -> None:
    folder, place = kept_pair(tmp_path)
    linked = {"stage": place.parent, "result": place, "part": sorted(place.glob("*.npy"))[0]}[what]
    outside = tmp_path / "outside"
    linked.rename(outside)
    linked.symlink_to(outside)
    before = sorted(path.name for path in outside.rglob("*"))
    assert folder.read("pair", "a" * 64, {"Pair": Pair}) is None
    folder.trim(0)
    assert outside.exists()
    assert sorted(path.name for path in outside.rglob("*")) == before


def test_files_of_others_in_a_results_folder_stay(tmp_path: Path) -> None:
    folder, place = kept_pair(tmp_path)
    (place / "letter.txt").write_text("mine", encoding="utf-8")
    folder.trim(0)
    assert [file.name for file in place.iterdir()] == ["letter.txt"]
    assert folder.read("pair", "a" * 64, {"Pair": Pair}) is None


def test_a_folder_of_something_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(DataError, match="no cache of stages"):
        keep_stages(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]
    marked = tmp_path / "other"
    marked.mkdir()
    (marked / "quanthedge-stages.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match="another folder"):
        keep_stages(marked)


def test_the_folder_is_bounded_and_the_oldest_go_first(tmp_path: Path) -> None:
    folder = StageFolder(tmp_path / "cache", 3 * 1200)
    for number in range(5):
        folder.write("numbers", f"{number:064x}", np.full(100, float(number)))
        folder.read("numbers", f"{0:064x}", {})
    left = folder.contents()
    assert left["bytes"].sum() <= 3 * 1200
    assert f"{0:064x}" in set(left["key"])
    assert f"{4:064x}" in set(left["key"])
    assert folder.trim(0) == len(left)
    assert folder.contents().empty
    folder.write("numbers", "f" * 64, np.zeros(10_000))  # more than the limit: not kept
    assert folder.contents().empty


def test_small_results_are_bounded_in_number_and_looked_through_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    usual = StageFolder.trim

    def watched(folder: StageFolder, limit: int | None = None) -> int:
        looked.append(1)
        return usual(folder, limit)

    monkeypatch.setattr(StageFolder, "trim", watched)
    monkeypatch.setattr("quanthedge.stages.folder._MOST", 20)
    for number in range(40):  # a process that writes few bytes looks once, however often it asks
        StageFolder(tmp_path / "cache").write("numbers", f"{number:064x}", np.full(9, 1.0))
        written = tmp_path / "cache" / "numbers" / f"{number:064x}" / "result.json"
        os.utime(written, (number, number))
    assert len(looked) == 1
    folder = StageFolder(tmp_path / "cache")
    assert len(folder.contents()) == 40
    assert folder.trim() == 20
    assert set(folder.contents()["key"]) == {f"{number:064x}" for number in range(20, 40)}


def _write_often(path: str) -> None:
    folder = StageFolder(Path(path), 6 * 9000)
    for number in range(60):
        key = f"{number % 12:064x}"
        found = folder.read("numbers", key, {})
        assert found is None or (found == number % 12).all()
        folder.write("numbers", key, np.full(1000, float(number % 12)))


def test_several_processes_share_a_folder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=_write_often, args=(str(tmp_path / "cache"),)) for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    left = StageFolder(tmp_path / "cache").contents()
    assert 0 < len(left) <= 12


class Fickle(Factor):
    """An own factor that depends on something beside the market."""

    mood: ClassVar[list[int]] = [1]

    def exposure(self, market: Market, rows: Any = None) -> np.ndarray:
        close = np.asarray(market.panel("close"))[as_rows(market, rows)]
        return close * self.mood[0]


def test_own_classes_are_asked_each_time(market: Market, strategy: Strategy) -> None:
    own = strategy.model_copy(update={"factors": [FactorTerm(factor=Fickle())]})
    first = backtest(own, market, START, END).targets
    Fickle.mood[0] = -1
    assert not backtest(own, market, START, END).targets.equals(first)
    Fickle.mood[0] = 1
    pd.testing.assert_frame_equal(backtest(own, market, START, END).targets, first)


def test_a_folder_that_cannot_be_written_stops_no_run(
    market: Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    keep_stages(tmp_path / "cache")

    def full(*_: Any) -> None:
        raise DataError("no space left")

    monkeypatch.setattr(StageFolder, "write", full)
    assert stage("numbers", market, {}, lambda: np.ones(3)).sum() == 3.0
    assert "not kept: no space left" in caplog.text


def test_a_folder_that_may_only_be_read_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = StageFolder(tmp_path / "cache")
    folder.write("pair", "b" * 64, a_pair())

    def refused(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr("quanthedge.stages.folder.os.utime", refused)
    same(a_pair(), folder.read("pair", "b" * 64, {"Pair": Pair}))
    assert len(folder.contents()) == 1
