"""A kept result is held to all code that it can come from, however many imports away."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from quanthedge.backtesting import plan
from quanthedge.stages import code, stage_key
from tests.sample import sample_market

ROOT = Path(code.__file__).parents[1]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of a few rooms in place of ours."""
    texts = {
        "work.py": "from quanthedge.near import one\n",
        "near/__init__.py": "_LAZY = {'one': 'a', 'two': 'b'}\n",
        "near/a.py": "def one():\n    from quanthedge.far import (\n        c,\n    )\n",
        "near/b.py": "import quanthedge.behind.d\n",
        "near/facts.csv": "1,2\n",
        "far/__init__.py": "from quanthedge.far.e import E\n",
        "far/c.py": "",
        "far/e.py": "",
        "behind/__init__.py": "",
        "behind/d.py": "from quanthedge import loose\n'''\n>>> from quanthedge.aside import f\n'''",
        "loose.py": "",
        "aside/__init__.py": "",
        "aside/f.py": "",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(code, "_ROOT", tmp_path)
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    for one in (code.code_digest, code._inside, code._read):
        one.cache_clear()


def test_what_is_imported_is_found_however_it_is_written(package: Path) -> None:
    found = code.reached(["work"])
    near = {"near/__init__.py", "near/a.py", "near/b.py", "near/facts.csv"}
    assert found == {"work.py", *near, "far/c.py", "behind/d.py", "loose.py"}


@pytest.mark.parametrize("changed", ["work.py", "near/b.py", "near/facts.csv", "behind/d.py"])
def test_a_change_any_way_down_is_another_key(package: Path, changed: str) -> None:
    before = code.code_digest(("work",))
    with (package / changed).open("a") as file:
        file.write("\n")
    forget()
    assert code.code_digest(("work",)) != before


def test_a_change_of_what_is_not_reached_is_none(package: Path) -> None:
    before = code.code_digest(("work",))
    (package / "aside" / "f.py").write_text("1\n")
    forget()
    assert code.code_digest(("work",)) == before


def test_a_place_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="the package has no nowhere/at_all"):
        code.reached(["nowhere/at_all"])


@pytest.mark.parametrize("place", ["backtesting/plan", "risk/index_weights", "factors"])
def test_the_package_s_own_imports_are_all_followed(place: str) -> None:
    """Held to Python's own reading of the files."""
    found = code.reached([place])
    for file in (one for one in found if one.endswith(".py")):
        for module in _imports((ROOT / file).read_text(encoding="utf-8")):
            path = module.replace(".", "/")
            assert {f"{path}.py", f"{path}/__init__.py"} & found, (file, module)


def _imports(text: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found.update(one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = {f"{node.module}.{one.name}" for one in node.names}
            there = {one for one in modules if _is_module(one)}
            found.update(
                there if there == modules or node.module == "quanthedge" else {node.module}
            )
    inside = {one.removeprefix("quanthedge.") for one in found if one.startswith("quanthedge.")}
    return {one for one in inside if _is_module(f"quanthedge.{one}")}


def _is_module(name: str) -> bool:
    path = ROOT / name.removeprefix("quanthedge.").replace(".", "/")
    return path.with_suffix(".py").is_file() or path.is_dir()


def test_a_stage_is_held_to_the_file_of_its_work() -> None:
    """Volatility for impact is a factor's: the operators' code decides it, three imports away."""
    place = code.written_in(plan.prepare)
    assert place == "backtesting/plan"
    assert any(one.startswith("operators/") for one in code.reached([place]))
    assert code.written_in(forget) == "stages/code"


def test_keys_differ_by_code() -> None:
    keys = {stage_key("x", sample_market(), {}, code=one) for one in (["rules"], ["beta"])}
    assert len(keys) == 2
