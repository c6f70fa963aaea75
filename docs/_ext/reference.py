"""Writes the pages of reference that come from the code itself, in both languages.

Keys of a strategy file, factors, rules, figures: each page is made of the models, catalogues and
tables that the package runs on, before Sphinx reads the folder. A key whose Chinese is missing in
``texts/meanings_zh.csv`` is a warning, and so an error of the build.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models import Key, choices_of, keys_of, kinds_of, paragraph
from pydantic import BaseModel
from sphinx.application import Sphinx
from sphinx.util import logging

from quanthedge.factors import Factor
from quanthedge.factors.library import factor_card, library
from quanthedge.kinds import Kinded
from quanthedge.strategy import Strategy
from quanthedge.words import texts

LANGUAGES = ("en", "zh")
FOLDERS = {"en": "reference/generated", "zh": "zh/generated"}
TELL = logging.getLogger(__name__)
HERE = Path(__file__).parents[1]
_ROLE = re.compile(r":[a-z]+:`~?([^`]+)`")


class Words:
    """The words of one language, and what of the code's English is said in it."""

    def __init__(self, language: str) -> None:
        self.language = language
        told = _toml(HERE / "texts" / "reference.toml")
        self.own = {key: one[language] for key, one in told["word"].items()}
        self.names = told["name"]
        self.missing: set[str] = set()
        self._chinese = _column(HERE / "texts" / "meanings_zh.csv", "meaning", "meaning_zh")
        for kind in library().index:
            card = factor_card(kind)
            for name, (_, english) in card["parameters"].items():
                self._chinese[english] = card["parameters_zh"][name]

    def __getitem__(self, key: str) -> str:
        return self.own[key]

    def meaning(self, english: str) -> str:
        """Return a sentence of the code in this language."""
        if self.language == "en":
            return plain(english)
        if english and english not in self._chinese:
            self.missing.add(english)
        return plain(self._chinese.get(english, english))

    def types(self, words: Iterable[str]) -> str:
        """Return the types of a key, several with an or between them."""
        return self["or"].join(self._type(word) for word in words)

    def _type(self, word: str) -> str:
        if word.startswith("list of "):
            inner = self["or"].join(self._type(one) for one in word[8:].split(" or "))
            return self["list of"].format(inner)
        return self[word]

    def kind(self, part: type[BaseModel], kind: str) -> str:
        """Return what a kind is called; empty where it has no name beside its word."""
        for package in ("beta", "factors", "layers", "sleeves.sharing"):
            entry = texts(f"quanthedge.{package}", "catalogue").get(kind)
            if entry and part.__module__.startswith(f"quanthedge.{package}."):
                return str(entry[self.language])
        return ""


def _toml(path: Path) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(path.read_text(encoding="utf-8"))


def _column(path: Path, key: str, value: str) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row[key]: row[value] for row in csv.DictReader(file)}


def plain(text: str) -> str:
    """Return text of a docstring as Markdown."""
    return _ROLE.sub(r"`\1`", text).replace("``", "`")


def cell(text: str) -> str:
    """Return text that a cell of a Markdown table can hold."""
    return " ".join(str(text).split()).replace("|", "\\|") or " "


def code(text: str) -> str:
    """Return text as code in a cell, broken where a line may end."""
    return f"`{cell(text)}`" if text else " "


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


# --- keys of a strategy file -------------------------------------------------------------------


@dataclass
class _Section:
    """A table of a strategy file: what may stand there."""

    path: str
    title: str
    parts: tuple[type[BaseModel], ...]
    meaning: str


@dataclass
class _Keys:
    """The page of keys, as it grows."""

    words: Words
    lines: list[str] = field(default_factory=list)
    anchors: dict[type[BaseModel], str] = field(default_factory=dict)

    def add(self, *lines: str) -> None:
        self.lines += [*lines, ""]

    def anchor(self, path: str) -> str:
        name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
        return f"{self.words.language}-key-{name}"


def _is_root(part: type[BaseModel]) -> bool:
    return issubclass(part, Kinded) and part._root_class is part


def _kind(part: type[BaseModel]) -> str:
    """Return the word of a part; of several, the first."""
    given = part.model_fields.get("kind")
    return choices_of(given.annotation)[0].strip('"') if given is not None else ""


def _one_or_many(parts: Sequence[type[BaseModel]]) -> dict[str, type[BaseModel]]:
    """Return the kinds that may stand at a place, by their words; none where it is one table."""
    found: dict[str, type[BaseModel]] = {}
    several = len(parts) > 1
    for part in parts:
        if _is_root(part):
            found |= kinds_of(part)
        elif _kind(part) and several:
            found[_kind(part)] = part
    return found


def _key_table(page: _Keys, keys: list[Key], path: str) -> str:
    words = page.words
    rows = []
    for key in keys:
        default = code(key.default) if key.default else f"*{words['required']}*"
        inside = _place(page, key, path)
        rows.append(
            [
                f"`{key.name}`",
                words.types(key.types),
                code(words["none"]) if key.default == "none" else default,
                cell(key.range.replace('"', "").replace("length", words["length"])) or " ",
                cell(words.meaning(key.meaning)) + inside,
            ]
        )
    head = [words[name] for name in ("key", "type", "default", "range", "meaning")]
    return table(head, rows)


def _place(page: _Keys, key: Key, path: str) -> str:
    """Return the link to where the inside of a key is told."""
    if not key.parts:
        return ""
    if any(issubclass(part, Factor) for part in key.parts):
        return f" → [{page.words['factors']}](factors.md)"
    known = next((page.anchors[part] for part in key.parts if part in page.anchors), None)
    anchor = known or page.anchor(f"{path}.{key.name}" if path else key.name)
    for part in key.parts:
        page.anchors.setdefault(part, anchor)
    return f" → [{page.words['keys of it']}](#{anchor})"


def _sections(page: _Keys, keys: list[Key], path: str) -> Iterator[_Section]:
    for key in keys:
        if key.parts and not any(issubclass(part, Factor) for part in key.parts):
            inner = f"{path}.{key.name}" if path else key.name
            if page.anchors.get(key.parts[0]) == page.anchor(inner):
                many = key.types[0].startswith("list of table")
                title = f"[[{inner}]]" if many and not path else f"[{inner}]"
                yield _Section(inner, title, key.parts, key.meaning)


def _write_section(page: _Keys, section: _Section) -> None:
    words = page.words
    anchor = page.anchor(section.path)
    page.add(f"({anchor})=", f"## `{section.title}`")
    page.add(words.meaning(section.meaning))
    kinds = _one_or_many(section.parts)
    if not kinds:
        keys = keys_of(section.parts[0])
        page.add(_key_table(page, keys, section.path))
        _below(page, keys, section.path)
        return
    rows = []
    for kind, part in kinds.items():
        name = words.kind(part, kind)
        told = words.meaning(paragraph(part))
        label = f"[`{kind}`](#{anchor}-{kind.replace('_', '-')})"
        rows.append([label, cell(f"{name}: {told}" if name else told)])
    page.add(words["kinds"])
    page.add(table([f"`{'kind'}`", words["what"]], rows))
    shared = _shared(kinds.values())
    if shared:
        page.add(words["shared"])
        page.add(_key_table(page, shared, section.path))
    inside: list[Key] = list(shared)
    for kind, part in kinds.items():
        own = [key for key in keys_of(part) if key not in shared]
        page.add(f"({anchor}-{kind.replace('_', '-')})=", f"### `{_written(part, kind)}`")
        page.add(words.meaning(paragraph(part)))
        page.add(_key_table(page, own, section.path) if own else words["no keys"])
        inside += own
    _below(page, inside, section.path)


def _written(part: type[BaseModel], kind: str) -> str:
    """Return the line of a file that says a kind; of several, all of them."""
    words = choices_of(part.model_fields["kind"].annotation)
    return " / ".join(f"kind = {word}" for word in words) if len(words) > 1 else f'kind = "{kind}"'


def _shared(parts: Iterable[type[BaseModel]]) -> list[Key]:
    """Return the keys that all kinds of a place have alike."""
    lists = [keys_of(part) for part in parts]
    return [key for key in lists[0] if all(key in one for one in lists)] if len(lists) > 1 else []


def _below(page: _Keys, keys: list[Key], path: str) -> None:
    for section in _sections(page, keys, path):
        _write_section(page, section)


def keys_page(words: Words) -> str:
    """Return the page of every key of a strategy file."""
    page = _Keys(words)
    page.add(f"# {words['keys title']}")
    page.add(words["keys intro"])
    keys = keys_of(Strategy)
    page.add(f"## {words['top']}")
    page.add(_key_table(page, keys, ""))
    _below(page, keys, "")
    return "\n".join(page.lines)


# --- factors -----------------------------------------------------------------------------------


def factors_page(words: Words) -> str:
    """Return the page of every factor: formula, parameters, where it is not defined, source."""
    families = texts("quanthedge.factors", "wording")["family"]
    lines = [f"# {words['factors title']}", "", words["factors intro"], ""]
    family = ""
    for kind, made in Factor.builtin().items():
        if kind == "signal":
            continue
        card = factor_card(kind)
        if card["family"] != family:
            family = str(card["family"])
            lines += [f"## {families[family][words.language].capitalize()}", ""]
        lines += _card(words, kind, card, made)
    return "\n".join(lines)


def _card(words: Words, kind: str, card: dict[str, Any], made: type[Factor]) -> list[str]:
    chinese = words.language == "zh"
    sign = words["high"] if card["sign"] > 0 else words["low"]
    undefined = card["undefined_zh"] if chinese else card["notes"].get("Undefined", "")
    facts = [
        (words["formula"], card["formula_zh"] if chinese else card["formula"]),
        (words["sign"], sign),
        (words["undefined"], undefined),
        (words["needs"], card["needs"]),
        (words["source"], card["source"]),
    ]
    lines = [f"### `{kind}`", "", f"**{card[words.language]}**", ""]
    lines += [f"- {label}{words['colon']}{plain(str(text))}" for label, text in facts if text]
    keys = keys_of(made)
    if keys:
        lines += ["", _key_table(_Keys(words), keys, "")]
    return [*lines, ""]


# --- rules, figures ----------------------------------------------------------------------------


def rules_page(words: Words) -> str:
    """Return the rule book: every dated row with its sources."""
    folder = HERE.parent / "quanthedge" / "rules" / "data"
    sources = _rows(folder / "sources.csv")
    lines = [f"# {words['rules title']}", "", words["rules intro"], ""]
    for path in sorted(folder.glob("*.csv")):
        if path.stem != "sources":
            rows = _rows(path)
            lines += [f"## {words.names[path.stem][words.language]}", "", f"`{path.name}`", ""]
            lines += [table(rows[0], ([cell(one) for one in row.values()] for row in rows)), ""]
    lines += [f"## {words['sources']}", ""]
    lines.append(table(sources[0], ([cell(one) for one in row.values()] for row in sources)))
    return "\n".join(lines)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def figures_page(words: Words) -> str:
    """Return the definition of every statistic of a run, as the reports print it."""
    told = texts("quanthedge.performance", "measures")["measures"]
    language = words.language
    rows = [
        [f"`{name}`", cell(one[language]), cell(one[f"formula_{language}"])]
        for name, one in told.items()
    ]
    head = [words[name] for name in ("figure", "name", "definition")]
    lines = [f"# {words['figures title']}", "", words["figures intro"], "", table(head, rows)]
    return "\n".join(lines)


PAGES: dict[str, Callable[[Words], str]] = {
    "keys": keys_page,
    "factors": factors_page,
    "rules": rules_page,
    "figures": figures_page,
}


def write_pages(app: Sphinx, _config: Any) -> None:
    """Write all pages of both languages; a page that is the same stays as it is."""
    for language in LANGUAGES:
        words = Words(language)
        folder = Path(app.srcdir) / FOLDERS[language]
        folder.mkdir(parents=True, exist_ok=True)
        for name, page in PAGES.items():
            path, text = folder / f"{name}.md", page(words) + "\n"
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
        for english in sorted(words.missing):
            TELL.warning("texts/meanings_zh.csv: no Chinese for %r", english)


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the pages to a build."""
    app.connect("config-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
