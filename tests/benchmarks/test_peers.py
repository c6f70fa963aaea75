"""The comparison with other packages: its market, its environments, its page."""

import json
import queue
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.peers import page
from benchmarks.peers.__main__ import PAGE, RESULTS
from benchmarks.peers.cases import ENVIRONMENTS, SIZES, no_more_than
from benchmarks.peers.engines import quanthedge as ours
from benchmarks.peers.engines import vectorbt as theirs
from benchmarks.peers.environments import pins, pythons
from benchmarks.peers.measure import Asked, Row, _follow, measured
from benchmarks.peers.world import World, make_world


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    make_world(folder, 30, 90, 6)
    return World.open(folder, folder)


def row(engine, job="book", size="small", cpu=1.0, equity=100.0, **more):
    return {
        "job": job, "size": size, "engine": engine, "status": "done", "reason": "",
        "seconds": [cpu], "cpu_seconds": [cpu], "import_seconds": 0.1, "cold_seconds": 0.1,
        "prepare_seconds": 0.1, "before_mib": 100.0, "peak_mib": 120.0, "load": 0.5,
        "answer": {"equity": equity}, "versions": {engine: "1.0"}, **more,
    }  # fmt: skip


def results(*rows):
    machine = {"cpu": "A", "cores": 2, "memory_gib": 8.0, "system": "Linux", "python": "3.11.7"}
    whole = {
        "stocks": 2894, "days": 2115, "first": "2010-04-19", "last": "2018-12-28",
        "first_seconds": 9.0, "seconds": 4.5, "cpu_seconds": 4.4, "peak_mib": 700.0,
    }  # fmt: skip
    return {
        "format": 1, "mode": "full", "when": "2026-11-29", "minutes": 20.0, "machine": machine,
        "load": [0.1, 1.2], "passes": {"small": 3.4, "medium": 11.0}, "whole": whole,
        "rows": list(rows),
    }  # fmt: skip


def test_page_is_that_of_the_results_that_are_kept():
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert PAGE.read_text(encoding="utf-8") == page.text_of(kept), (
        "run `python -m benchmarks.peers --page-only`"
    )


def test_ratio_is_of_processor_time_and_medians():
    rows = [row("quanthedge", cpu_seconds=[0.1, 0.2, 9.0]), row("bt", cpu_seconds=[4.0, 1.0, 6.0])]
    assert page.ratio(rows, rows[1]) == pytest.approx(20.0)


def test_other_work_has_no_ratio():
    text = page.text_of(results(row("quanthedge", cpu=0.01), row("bt", cpu=1.0, equity=101.0)))
    assert "its answer is 1.0e-02 from ours" in text
    assert "not the same work" in text
    assert "100.0 |" not in text


def test_page_says_what_was_reached_and_what_was_not():
    rows = [row("quanthedge", cpu=0.01), row("vectorbt", cpu=1.9, peak_mib=50.0)]
    text = page.text_of(results(*rows))
    assert "| 3.4 times | reached |" in text
    assert "| 11.0 times | **not reached** |" in text
    assert "| 190 times | **not reached** |" in text
    assert "first process 9.0 s, peak 700 MiB) | reached |" in text
    assert "vectorbt on daily books, 300 x 750, 50 held: 50 MiB against 120" in text


def test_page_names_peers_that_are_near_or_did_not_finish():
    late = row("backtrader", seconds=[], cpu_seconds=[], status="not finished", reason="too long")
    text = page.text_of(results(row("quanthedge", cpu=0.1), row("bt", cpu=1.0), late))
    assert "- bt on daily books, 300 x 750, 50 held: 10.0 times" in text
    assert "- backtrader on daily books, 300 x 750, 50 held: not finished, too long" in text


def test_a_small_market_does_not_meet_the_target_of_ten_years():
    found = results(row("quanthedge"))
    found["whole"]["stocks"] = 120
    assert "not measured: a small market" in page.text_of(found)


@pytest.mark.slow
def test_ledger_and_vectorbt_end_at_the_same_equity(world):
    book = ours.book(world)()["equity"]
    assert theirs.book(world)()["equity"] == pytest.approx(book, rel=1e-5)
    assert ours.strategy(world)()["equity"] == book
    assert abs(book / 1e8 - 1.0) > 1e-3


@pytest.mark.slow
def test_sweep_of_hedges_is_the_same_in_both(world):
    found, beside = ours.hedge_sweep(world)(), theirs.sweep(world)()
    assert found["first"] == pytest.approx(beside["first"], rel=1e-5)
    assert found["last"] == pytest.approx(beside["last"], rel=1e-5)
    assert found["first"] != pytest.approx(found["last"], rel=1e-3)


def test_the_market_is_the_same_each_time(world, tmp_path):
    make_world(tmp_path, 30, 90, 6)
    again = World.open(tmp_path, tmp_path)
    assert np.array_equal(world.mark, again.mark)
    assert [c.tolist() for c in world.chosen] == [c.tolist() for c in again.chosen]
    assert all(len(set(c.tolist())) == 6 for c in world.chosen)


def test_every_environment_is_pinned():
    assert {name for names in ENVIRONMENTS.values() for name in names} == set(pins())


def test_a_python_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="accepted: NAME=PATH"):
        pythons(None, [f"qlib={tmp_path / 'nowhere'}"])


def test_a_strategy_asks_no_less_than_its_books():
    asked = no_more_than("strategy", "medium")
    assert ("book", "medium") in asked
    assert ("strategy", "small") in asked
    assert ("strategy", "large") not in asked
    assert list(SIZES)[-1] == "large"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    below = tmp_path_factory.mktemp("case")
    for name in ("small", "world"):
        make_world(below / name, 20, 60, 5)
    return below


def asked(prepare_limit=60.0):
    return Asked(2, 60.0, 60.0, prepare_limit, Path("data/sample"))


def test_a_worker_tells_its_figures(folder):
    ballast = np.ones(40_000_000)  # 305 MiB of ours are not the worker's
    found = measured(Row("betas_floor", "small", "numpy"), Path(sys.executable), folder, asked())
    assert (found.status, found.reason) == ("done", "")
    assert len(found.seconds) == len(found.cpu_seconds) == 2
    assert found.peak_mib >= found.before_mib > 1.0
    assert found.versions == {"numpy": np.__version__}
    assert found.peak_mib < ballast.nbytes / 2**20


def test_a_worker_that_fails_says_why(folder):
    found = measured(Row("betas_floor", "small", "nobody"), Path(sys.executable), folder, asked())
    assert found.status == "failed"
    assert "benchmarks.peers.engines.nobody" in found.reason


def test_a_worker_that_takes_too_long_is_stopped(folder):
    row = Row("book", "small", "vectorbt")
    found = measured(row, Path(sys.executable), folder, asked(prepare_limit=0.0))
    assert found.status == "not finished"
    assert found.reason == "what comes before the call takes more than 0 s"


class Late:
    """A clock that is past every limit."""

    def restart(self):
        """Stay late."""

    def seconds(self):
        return 1e9


def test_what_was_measured_before_a_worker_is_stopped_counts():
    lines = queue.Queue()
    for figures in ({"before_mib": 1.0}, {"seconds": 2.0, "cpu_seconds": 1.5}):
        lines.put("FIGURE " + json.dumps(figures))
    found = Row("book", "small", "bt")
    assert not _follow(found, lines, asked(), Late())
    assert (found.status, found.seconds, found.cpu_seconds) == ("done", [2.0], [1.5])


def test_a_call_that_takes_too_long_is_not_finished():
    lines = queue.Queue()
    lines.put("FIGURE " + json.dumps({"before_mib": 1.0}))
    found = Row("book", "small", "bt")
    assert not _follow(found, lines, asked(), Late())
    assert (found.status, found.reason) == ("not finished", "one call takes more than 60 s")
