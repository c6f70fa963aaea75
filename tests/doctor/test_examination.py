"""The doctor says what is wrong with an installation, also where it cannot look."""

import json
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from quanthedge.compiled.shipped import Shipped
from quanthedge.doctor import examination, examine
from quanthedge.words import LANGUAGES, texts
from tests.cli.inside import inside

WORDS = texts("quanthedge.doctor", "words")


def one(name: str) -> examination.Finding:
    """Return the finding of a name."""
    return next(finding for finding in examine() if finding.name == name)


def test_a_sound_installation_is_well_and_says_so_in_both_languages() -> None:
    found = examine()
    assert [finding.name for finding in found if finding.state == "bad"] == []
    for finding in found:
        for language in LANGUAGES:
            assert finding.said[language]
            assert "{" not in finding.said[language] + finding.cure[language]
        assert bool(finding.cure["en"]) == bool(finding.cure["zh"])
        assert finding.state != "note" or finding.cure["en"]
    for language in LANGUAGES:
        done = inside("doctor", "--language", language)
        assert done.returncode == 0
        assert done.stdout.endswith(WORDS["shown"]["all_well"][language] + "\n")


def test_json_is_one_object_with_every_finding() -> None:
    done = inside("doctor", "--json")
    told = json.loads(done.stdout)
    assert told["command"] == "doctor"
    assert told["well"] is True
    assert {"name", "state", "said", "cure", "facts"} == set(told["findings"][0])
    memory = next(part for part in told["findings"] if part["name"] == "memory")
    assert memory["facts"]["cores"] >= 1


def test_a_missing_or_old_package_is_wrong_and_ends_in_1(monkeypatch: pytest.MonkeyPatch) -> None:
    real = examination.distribution

    def without(name: str) -> object:
        if name == "jinja2":
            raise PackageNotFoundError(name)
        found = real(name)
        if name == "numba":
            return type("Old", (), {"version": "0.1", "requires": found.requires})
        return found

    monkeypatch.setattr(examination, "distribution", without)
    said = one("packages")
    assert said.state == "bad"
    assert "jinja2 is missing" in said.said["en"]
    assert "numba 0.1, asked for <0.70,>=0.62" in said.said["en"]
    done = inside("doctor", "--language", "en")
    assert done.returncode == 1
    assert "cannot run" in done.stdout


def test_a_missing_extra_is_a_note_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    said = one("pdf pages")
    assert (said.state, said.cure["en"]) == ("note", "pip install 'quanthedge[pdf]'")


def test_what_cannot_be_examined_is_wrong_and_the_rest_is_examined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> None:
        raise ImportError("a library of C is missing")

    monkeypatch.setitem(examination._CHECKS, "memory", broken)
    said = one("memory")
    assert said.state == "bad"
    assert said.said["en"] == "cannot be examined: ImportError: a library of C is missing"
    assert one("disk").state in ("ok", "note")


def test_an_untried_python_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "_TRIED", ("3.9",))
    assert one("python").state == "note"
    monkeypatch.setattr(examination, "_OLDEST", (99, 0))
    assert one("python").state == "bad"


def test_the_pythons_that_were_tried_are_those_that_the_package_and_its_pages_name() -> None:
    root = Path(__file__).parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = "Programming Language :: Python :: "
    said = [one.removeprefix(named) for one in project["classifiers"] if one.startswith(named)]
    assert tuple(said) == examination._TRIED
    oldest = ".".join(map(str, examination._OLDEST))
    assert project["requires-python"] == f">={oldest}"
    for page in ("start", "zh/start"):
        text = (root / "docs" / page / "installing.md").read_text(encoding="utf-8")
        heading = next(part for part in text.split("\n## ") if "3.11" in part and "3.14" in part)
        assert [version for version in said if version not in heading] == []


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "stages"
    place.mkdir()
    (place / "result").write_bytes(b"1234567890")
    monkeypatch.setenv("QUANTHEDGE_CACHE", str(place))
    assert one("stages").facts["bytes"] == 10
    monkeypatch.setattr(examination.os, "access", lambda *_: False)
    said = one("stages")
    assert said.state == "note"
    assert said.said["en"].startswith(f"{place} cannot be written")


def test_every_finding_has_a_name_in_both_languages() -> None:
    extras = set(examination._EXTRAS_OF_WORK)
    assert {finding.name for finding in examine()} - extras <= set(WORDS["names"])
    assert set(examination._CHECKS) - {"extras"} <= set(WORDS["names"])


def told_of(monkeypatch: pytest.MonkeyPatch, found: Shipped | None) -> list[examination.Finding]:
    """Return what is said of compiled code that came with the package."""
    monkeypatch.setattr("quanthedge.compiled.what_was_shipped", lambda: found)
    return list(examination._shipped())


def test_compiled_code_that_came_with_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    (said,) = told_of(monkeypatch, Shipped("x86-64-v3", 12, {}, [], []))
    assert (said.state, said.cure["en"]) == ("ok", "")
    assert said.said["en"] == "the code of 12 kernels came compiled (for x86-64-v3) and is used"
    assert "12" in said.said["zh"]
    (said,) = told_of(monkeypatch, None)
    assert (said.state, said.said["en"][:21]) == ("ok", "none came with the pa")


def test_compiled_code_that_is_not_used_is_a_note_for_each_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    misfits = {
        "numba": ("0.68.1", "0.67.0"),
        "NUMBA_OPT": ("3", "0"),
        "cpu": ("x86-64-v3", "avx2, fma"),
    }
    found = told_of(monkeypatch, Shipped("x86-64-v3", 12, misfits, ["a.kernel"], ["abc"]))
    for language in LANGUAGES:
        version, settings, cpu, changed, damaged = [one.said[language] for one in found]
        assert "numba 0.68.1" in version
        assert "0.67.0" in version
        assert "NUMBA_OPT 3" in settings
        assert "avx2, fma" in cpu
        assert {"1", "12"} <= set(re.findall(r"\d+", changed))
        assert "1" in damaged
        assert len({version, settings, cpu, changed, damaged}) == 5
    assert {one.state for one in found} == {"note"}
    assert all(one.cure["en"] and one.cure["zh"] for one in found)
    assert "force-reinstall" in found[-1].cure["en"]
