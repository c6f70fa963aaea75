"""Both READMEs say the same: headings, commands, figures, links; and what they name is there."""

import re
import shlex
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from benchmarks import glossary
from tests.cli.inside import COMMANDS

ROOT = Path(__file__).parents[1]
ENGLISH, CHINESE = "README.md", "README.zh-CN.md"
_COMMENT = re.compile(r"(?:^|\s)#\s.*")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`[^`\n]+`")
_HEADING = re.compile(r"(#+) (.*)")
_FILES = re.compile(r"\b(?:strategies|docs|notebooks|tests)/[\w./-]+\.(?:toml|md|py|ipynb)\b")

# Figures: digits, and what is spelled out from two on ("one" and 一 are articles, too).
_SMALL = [
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORTH = {name: value for value, name in enumerate(_SMALL, 2)}
_WORTH |= {name: 10 * value for value, name in enumerate(_TENS, 2)}
_SPELLED = re.compile(
    rf"\b(?:{'|'.join(_WORTH)})(?:-(?:one|{'|'.join(_SMALL[:8])}))?\b", re.IGNORECASE
)
_NUMERAL = re.compile(r"[一二两三四五六七八九十]+(?=至|[个种条行页项处年点只](?!半))")
_DIGIT = {name: value for value, name in enumerate("一二三四五六七八九", 1)} | {"两": 2}
_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December"]  # fmt: skip
_NAMED_MONTH = re.compile(rf"\b({'|'.join(_MONTHS)}) (?=\d)")
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")


class Section(NamedTuple):
    """What stands between two headings."""

    level: int
    title: str
    code: list[str]  # lines of blocks without their comments
    spans: Counter[str]  # code within sentences
    links: Counter[str]
    figures: Counter[float]


def sections(text: str) -> list[Section]:
    """The parts of a page, from heading to heading."""
    found: list[tuple[int, str, list[str], list[str]]] = []
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
            found[-1][2].append(line)
        elif heading := None if fenced else _HEADING.fullmatch(line):
            found.append((len(heading[1]), heading[2], [], []))
        else:
            found[-1][2 if fenced or line.startswith("    ") else 3].append(line)
    return [_section(*one) for one in found]


def _section(level: int, title: str, code: list[str], lines: list[str]) -> Section:
    prose = "\n".join(lines)
    comments = "\n".join("".join(_COMMENT.findall(line)) for line in code)
    bare = [_COMMENT.sub("", line).rstrip() for line in code]
    spoken = _SPAN.sub("", _LINK.sub("]", f"{title}\n{prose}\n{comments}"))
    links = Counter(_twin(one) for one in _LINK.findall(prose))
    return Section(level, title, bare, Counter(_SPAN.findall(prose)), links, figures(spoken))


def figures(text: str) -> Counter[float]:
    """The numbers of a text, in digits or words of either language."""
    text = _NAMED_MONTH.sub(lambda found: f"{_MONTHS.index(found[1]) + 1} ", text)
    digits = [float(one.replace(",", "")) for one in _DIGITS.findall(text)]
    words = [
        sum(_WORTH.get(part, 1) for part in one.lower().split("-"))
        for one in _SPELLED.findall(text)
    ]
    numerals = [value for one in _NUMERAL.findall(text) if (value := _value(one)) > 1]
    return Counter([*digits, *words, *numerals])


def _value(numeral: str) -> int:
    tens, ten, units = numeral.partition("十")
    if not ten:
        return _DIGIT[numeral]
    return 10 * _DIGIT.get(tens, 1) + _DIGIT.get(units, 0)


def _twin(link: str) -> str:
    """The link to the English page where there is one; the READMEs' links to each other are one."""
    english = link.replace("docs/zh/", "docs/")
    if link in {ENGLISH, CHINESE}:
        return "the other README"
    return english if (ROOT / english).is_file() else link


def differences(english: str, chinese: str) -> list[str]:
    """What one page has and the other has not."""
    one, other = sections(english), sections(chinese)
    if [part.level for part in one] != [part.level for part in other]:
        return ["headings"]
    found = []
    for a, b in zip(one, other, strict=True):
        for what in ("code", "spans", "links", "figures"):
            mine, its = getattr(a, what), getattr(b, what)
            if mine != its:
                mine, its = Counter(mine), Counter(its)
                found.append(f"{a.title}: {what}: {dict(mine - its)} | {dict(its - mine)}")
    return found


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_both_readmes_have_the_same_headings_commands_figures_and_links() -> None:
    assert differences(read(ENGLISH), read(CHINESE)) == []


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("\n## 继续阅读", "\n### 继续阅读", "headings"),
        ("--month 2015-03", "--month 2015-04", "code"),
        ("`--quiet`", "`--silent`", "spans"),
        ("(docs/betas.md)", "(docs/basis.md)", "links"),
        ("24,565", "24,556", "figures"),
        ("三十四个问题", "三十三个问题", "figures"),
        ("2015 年 9 月", "2015 年 8 月", "figures"),
        ("# 十一种格式", "# 十种格式", "figures"),
    ],
)
def test_a_page_that_says_something_else_is_found(old: str, new: str, what: str) -> None:
    chinese = read(CHINESE)
    assert old in chinese
    found = differences(read(ENGLISH), chinese.replace(old, new, 1))
    assert found
    assert all(what in one for one in found)


@pytest.mark.parametrize("name", [ENGLISH, CHINESE])
def test_what_a_readme_leads_to_is_there(name: str) -> None:
    text = read(name)
    links = {one.partition("#")[0] for one in _LINK.findall(text) if "://" not in one}
    assert {ENGLISH, CHINESE} & links
    assert [
        one for one in sorted(links | set(_FILES.findall(text))) if not (ROOT / one).exists()
    ] == []


def test_the_chinese_readme_leads_to_the_chinese_page_where_there_is_one() -> None:
    links = set(_LINK.findall(read(CHINESE)))
    twins = {one: one.replace("docs/", "docs/zh/", 1) for one in links if one.startswith("docs/")}
    there = {twin for twin in twins.values() if (ROOT / twin).is_file()}
    assert there
    assert there <= links


@pytest.mark.parametrize("name", [ENGLISH, CHINESE])
def test_a_readme_does_not_say_what_the_trade_does_not_say(name: str) -> None:
    text = read(name)
    never = [phrase for term in glossary.terms().values() for phrase in term.get("never", [])]
    assert never
    assert [phrase for phrase in never if phrase in text] == []


def calls(text: str) -> list[list[str]]:
    """The calls of quanthedge in a page's blocks, as a shell splits them."""
    lines = [line for part in sections(text) for line in part.code]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        shlex.split(line)[1:] for line in joined.splitlines() if line.startswith("    quanthedge ")
    ]


def test_the_commands_and_their_options_are_those_of_the_command_line() -> None:
    found = calls(read(ENGLISH))
    assert len(found) > 20
    for call in found:
        command, words = COMMANDS, call
        while hasattr(command, "commands"):
            assert words[0] in command.commands, f"quanthedge {words[0]}"
            command, words = command.commands[words[0]], words[1:]
        known = {option for one in command.params for option in one.opts}
        given = {one for one in words if one.startswith("--")}
        assert given <= known, f"{command.name}: {sorted(given - known)}"
