"""What an installation is said to take: each package once, and by whom it is brought."""

from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from benchmarks.installed_size import extras_table, installation, plain_table

_MB = 2**20
_ENVIRONMENT = {"python_version": "3.11", "python_full_version": "3.11.7"}


def _package(folder: Path, name: str, megabytes: int, *about: str) -> PathDistribution:
    """Return a package with one module of some size, as pip leaves it."""
    told = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    told.mkdir(parents=True)
    (folder / f"{name}.py").write_bytes(b"#" * megabytes * _MB)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *about]
    (told / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (told / "RECORD").write_text(f"{name}.py,,\n{name}.py,,\n", encoding="utf-8")
    return PathDistribution(told)


@pytest.fixture
def packages(tmp_path: Path) -> list[PathDistribution]:
    """Ours asks for A_b and C, both for shared; the extra `more` for D[deep], which asks for E."""
    ours = ["Requires-Dist: A_b>=1", "Requires-Dist: c", "Requires-Dist: old; python_version<'3.8'"]
    ours += ["Provides-Extra: more", "Provides-Extra: all"]
    ours += ["Requires-Dist: d[deep]; extra == 'more'", "Requires-Dist: d[deep]; extra == 'all'"]
    return [
        _package(tmp_path, "quanthedge", 6, *ours),
        _package(tmp_path, "a-b", 10, "Requires-Dist: shared", "Requires-Dist: lone"),
        _package(tmp_path, "c", 20, "Requires-Dist: shared"),
        _package(tmp_path, "shared", 30),
        _package(tmp_path, "lone", 1),
        _package(tmp_path, "old", 50),
        _package(tmp_path, "d", 7, "Provides-Extra: deep", "Requires-Dist: e; extra == 'deep'"),
        _package(tmp_path, "e", 8),
    ]


def test_what_leaves_with_a_package_is_what_nothing_else_brings(packages) -> None:
    there = installation(packages, _ENVIRONMENT)
    assert there.only_by("a-b") == {"a-b", "lone"}
    assert there.only_by("c") == {"c"}
    assert there.askers("shared") == ["a-b", "c"]
    assert there.askers("c") == ["quanthedge"]


def test_an_extra_adds_what_it_asks_for_with_the_extras_that_it_asks_of_others(packages) -> None:
    there = installation(packages, _ENVIRONMENT)
    assert there.added_by("more") == {"d", "e"}
    assert list(there.extras) == ["more"]


def test_neither_a_package_that_nobody_asks_for_nor_bytecode_is_counted(packages, tmp_path) -> None:
    (tmp_path / "c.pyc").write_bytes(b"#" * 40 * _MB)  # of bytecode, as pip writes down
    with (tmp_path / "c-1.0.dist-info" / "RECORD").open("a", encoding="utf-8") as record:
        record.write("c.pyc,,\n")
    there = installation(packages, _ENVIRONMENT)
    assert "old" not in there.reached(["quanthedge"])
    assert there.megabytes(there.reached(["quanthedge"])) == pytest.approx(67, abs=0.5)


def test_the_tables_say_the_same_in_both_languages(packages) -> None:
    there = installation(packages, _ENVIRONMENT)
    for language, words in {"en": ("yes", "no", "5 packages"), "zh": ("是", "否", "5 个")}.items():
        table = plain_table(there, {"a-b"}, language)
        assert f"| a-b | 10 | 11 | quanthedge | {words[0]} |" in table
        assert f"| c | 20 | 20 | quanthedge | {words[1]} |" in table
        assert words[2] in table
        assert "| `more` | 2 | 15 | e" in extras_table(there, language)
        assert "**82**" in extras_table(there, language)


def test_an_environment_without_the_package_is_refused(packages) -> None:
    with pytest.raises(SystemExit, match="not installed"):
        installation(packages[1:], _ENVIRONMENT)
