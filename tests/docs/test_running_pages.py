"""Pages that run something are found, dealt out evenly, and read again when the package changes."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "_ext"))

pytest.importorskip("sphinx", reason="the extra docs is not installed")

import running  # noqa: E402

COMMAND = "```{run}\nquanthedge rules\n```\n"
CELL = "```{code-cell} python\n1 + 1\n```\n"


def lots_of(order, sizes):
    names = iter(order)
    return [[next(names) for _ in range(size)] for size in sizes]


def test_a_page_weighs_what_it_runs():
    assert running.weight("# Words alone\n\n    quanthedge rules\n") == 0
    assert running.weight(COMMAND * 2) == 2
    assert running.weight(CELL) == running.weight(CELL * 5) > 1


def test_each_lot_runs_its_share_and_chinese_pages_come_last():
    weights = {f"a{n}": 0 for n in range(10)} | {f"howto/{n}": 3 for n in range(5)}
    weights |= {f"zh/howto/{n}": 3 for n in range(5)}
    sizes = [5, 5, 5, 5]
    lots = lots_of(running.dealt(weights, sizes), sizes)
    assert sorted(name for lot in lots for name in lot) == sorted(weights)
    assert all(6 <= sum(weights[name] for name in lot) <= 9 for lot in lots)
    running_ones = [name for lot in lots for name in lot if weights[name]]
    assert running_ones == sorted(running_ones)


def test_a_lot_takes_no_more_pages_than_it_holds():
    weights = {"light": 0, "b": 1, "c": 1, "d": 9}
    order = running.dealt(weights, [2, 2])
    assert sorted(order) == sorted(weights)


def test_pages_that_ran_another_code_are_read_again(tmp_path, monkeypatch):
    (tmp_path / "words.md").write_text("# Words\n")
    (tmp_path / "guide.md").write_text(COMMAND)
    env = SimpleNamespace(
        all_docs={"words": 0, "guide": 0}, doc2path=lambda name: tmp_path / f"{name}.md"
    )
    app = SimpleNamespace(env=env)
    assert running._again(app, env, set(), set(), set()) == []
    assert running._again(app, env, set(), set(), set()) == []
    monkeypatch.setattr(running, "digest_of_code", lambda: "another")
    assert running._again(app, env, set(), set(), set()) == ["guide"]
