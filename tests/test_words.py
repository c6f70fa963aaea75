"""Every text of every file of words stands in both languages, with the same placeholders."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from types import SimpleNamespace
from typing import Any

import pytest

import quanthedge
from quanthedge.errors import StrategyError
from quanthedge.words import LANGUAGES, default_language, in_both, sentence, texts

PACKAGE = Path(quanthedge.__file__).parent
CHINESE = re.compile("[\u3400-\u9fff]")
# the English of help stands in the code: tests/cli/test_help.py holds both together
CHINESE_ONLY = {PACKAGE / "cli" / "help_chinese.toml"}
FILES = sorted({*PACKAGE.rglob("*.toml")} - CHINESE_ONLY)
OTHER = {"en": "zh", "zh": "en"}


def language_of(path: Path) -> str:
    """The language of a file that is all in one, by its name; empty for a file of both."""
    last = path.stem.rpartition("_")[2]
    return last if last in LANGUAGES else ""


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def pairs(path: Path) -> list[tuple[str, Any, Any]]:
    """What a file says, in English and in Chinese; what is in no language is left out."""
    language = language_of(path)
    if language:
        stem = path.stem.removesuffix(language)
        both = (dict(leaves(read(path.with_name(f"{stem}{code}.toml")))) for code in LANGUAGES)
        english, chinese = both
        return [(key, english.get(key), chinese.get(key)) for key in english | chinese]
    return list(two_languages(read(path)))


def leaves(found: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every value by its way through tables and lists."""
    if isinstance(found, dict):
        for key, value in found.items():
            yield from leaves(value, f"{at}.{key}")
    elif isinstance(found, list):
        for place, value in enumerate(found):
            yield from leaves(value, f"{at}[{place}]")
    else:
        yield at, found


# of factors: their English stands in the classes, tests/factors/test_library.py compares them
ENGLISH_IN_CODE = ("formula_zh", "undefined_zh", "parameters_zh")


def two_languages(found: Any, at: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Tables of en and zh, and keys that end in them."""
    if not isinstance(found, dict):
        return
    for key, value in found.items():
        if key in ENGLISH_IN_CODE:
            continue
        stem, _, code = key.rpartition("_")
        if key in LANGUAGES or code in LANGUAGES:
            code = key if key in LANGUAGES else code
            partner = f"{stem}_{OTHER[code]}" if stem else OTHER[code]
            english, chinese = (
                (value, found.get(partner)) if code == "en" else (found.get(partner), value)
            )
            if code == "en" or partner not in found:
                yield f"{at}.{key}", english, chinese
        else:
            yield from two_languages(value, f"{at}.{key}")


NO_WORDS = (
    "class", "family", "source",  # of a catalogue: names in the code, papers as they are
    "also", "never",  # of the glossary: other words in either language
)  # fmt: skip


def in_no_language(found: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Texts of a file of both languages that stand outside of any pair."""
    if isinstance(found, dict):
        for key, value in found.items():
            if at and key in NO_WORDS and {*LANGUAGES} <= found.keys():
                continue
            if key not in LANGUAGES and key.rpartition("_")[2] not in LANGUAGES:
                yield from in_no_language(value, f"{at}.{key}")
    elif isinstance(found, str):
        yield at, found


def placeholders(text: Any) -> set[str]:
    """What is filled in; a value that has a form a language has its name without the ending."""
    lines = text if isinstance(text, list) else [text]
    names = {name for line in lines for _, name, _, _ in Formatter().parse(str(line)) if name}
    return {re.sub(r"_(?:en|zh)$", "", re.split(r"[.\[]", name)[0]) for name in names}


def faults(path: Path) -> list[str]:
    found = []
    for at, english, chinese in pairs(path):
        if not english or not chinese:
            found.append(f"{at}: {'English' if not english else 'Chinese'} is missing")
        elif type(english) is not type(chinese):
            found.append(f"{at}: {english!r} and {chinese!r} are not of one kind")
        elif isinstance(english, list) and len(english) != len(chinese):
            found.append(f"{at}: {len(english)} lines in English, {len(chinese)} in Chinese")
        elif not isinstance(english, str | list):
            found += [f"{at}: {english} and {chinese}"] if english != chinese else []
        elif placeholders(english) != placeholders(chinese):
            missing = placeholders(english) ^ placeholders(chinese)
            found.append(f"{at}: {', '.join(sorted(missing))} stands in one language only")
        elif CHINESE.search(str(english)):
            found.append(f"{at}: the English text has Chinese signs: {english!r}")
    if not language_of(path):
        words = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,} |[\u3400-\u9fff]")
        found += [
            f"{at}: {text!r} stands in no language"
            for at, text in in_no_language(read(path))
            if words.search(text)
        ]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_text_stands_in_both_languages_with_the_same_placeholders(path: Path) -> None:
    assert pairs(path) or list(in_no_language(read(path)))
    assert faults(path) == []


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('a = { en = "days" }', ".a.en: Chinese is missing"),
        ('a = { zh = "天" }', ".a.zh: English is missing"),
        ('a = { en = "", zh = "天" }', ".a.en: English is missing"),
        ('a = { en = "{n} days", zh = "天" }', ".a.en: n stands in one language only"),
        ('a = { en = "{n:,} days", zh = "{m} 天" }', ".a.en: m, n stands in one language only"),
        ('name_en = "days"', ".name_en: Chinese is missing"),
        ('[a.b]\nc_zh = "天"', ".a.b.c_zh: English is missing"),
        ('a = { en = ["x", "y"], zh = ["一"] }', ".a.en: 2 lines in English, 1 in Chinese"),
        ('a = { en = ["x", "{y}"], zh = ["一", "二"] }', ".a.en: y stands in one language only"),
        ('a = { en = "天", zh = "天" }', ".a.en: the English text has Chinese signs: '天'"),
        ('a = "the days of a year"', ".a: 'the days of a year' stands in no language"),
        ('a = "天"', ".a: '天' stands in no language"),
    ],
)
def test_a_text_that_is_not_whole_is_found(tmp_path: Path, written: str, said: str) -> None:
    path = tmp_path / "wording.toml"
    path.write_text(written, encoding="utf-8")
    assert faults(path) == [said]


def test_two_files_of_one_language_each_are_held_against_one_another(tmp_path: Path) -> None:
    (tmp_path / "en.toml").write_text('a = "{n} days"\nb = "x"\nc = 1', encoding="utf-8")
    (tmp_path / "zh.toml").write_text('a = "天"\nc = 2', encoding="utf-8")
    assert faults(tmp_path / "en.toml") == [
        ".a: n stands in one language only", ".b: Chinese is missing", ".c: 1 and 2",
    ]  # fmt: skip


def test_no_other_file_reads_words_by_itself() -> None:
    own = [
        str(path.relative_to(PACKAGE))
        for path in sorted(PACKAGE.rglob("*.py"))
        if re.search(r"joinpath\(f?\"[^\"]*\.toml\"", path.read_text(encoding="utf-8"))
    ]
    assert own == ["words/sentences.py"]


def test_a_text_is_filled_in_both_languages_alike() -> None:
    text = {"en": "{count} days", "zh": "{count} 天"}
    assert in_both(text, count=3) == {"en": "3 days", "zh": "3 天"}
    assert list(sentence("days", text, count=3)) == ["kind", "en", "zh"]
    named = {"en": "{kind}: {text}", "zh": "{kind}：{text}"}  # placeholders of any name
    assert sentence("days", named, kind="a", text="b")["en"] == "a: b"
    assert texts("quanthedge.beta", "catalogue") is texts("quanthedge.beta", "catalogue")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_GB.UTF-8"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, "zh"),
        ({"QUANTHEDGE_LANGUAGE": "zh", "LC_ALL": "C"}, "zh"),
        ({"QUANTHEDGE_LANGUAGE": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"QUANTHEDGE_LANGUAGE": "ZH-cn"}, "zh"),
    ],
)
def test_the_language_is_the_environments(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("QUANTHEDGE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    assert default_language() == expected


@pytest.mark.parametrize("text", ["fr", "enough", "zhu"])
def test_a_language_that_there_is_none_of_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUANTHEDGE_LANGUAGE", text)
    with pytest.raises(StrategyError, match=r"QUANTHEDGE_LANGUAGE=.*accepted: zh, en"):
        default_language()


def test_on_windows_the_system_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import ctypes

    for name in ("QUANTHEDGE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "win32")
    for identifier, expected in ((0x0804, "zh"), (0x0404, "zh"), (0x0409, "en")):
        kernel = SimpleNamespace(GetUserDefaultUILanguage=lambda found=identifier: found)
        monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
        assert default_language() == expected
