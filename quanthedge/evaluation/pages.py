"""Pages of an evaluation: a sheet for each factor, the ranking of all, and the tables as CSV."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quanthedge.errors import DataError, StrategyError
from quanthedge.evaluation.drawing import Point, point_figure
from quanthedge.evaluation.sheet import cards_of, figures_of, tables_of, verdict_of
from quanthedge.evaluation.wording import (
    Words,
    about,
    chance,
    formula_of,
    number,
    percent,
    source_of,
    universe_name,
)
from quanthedge.storage import write_page
from quanthedge.typing import Language
from quanthedge.words import LANGUAGES

if TYPE_CHECKING:
    from quanthedge.evaluation.evaluation import Evaluation

__all__ = ["sheet_name", "write_all", "write_ranking", "write_sheet"]

_COLUMNS = {  # of the ranking page, and how each is told
    "family": "family", "coverage": "share", "long_minus_hedge": "percent", "hedged_t": "t",
    "long_net": "percent", "long_gross": "percent", "neutral_long": "percent", "ic": "ic",
    "icir": "two", "t": "t", "q": "chance", "neutral_ic": "ic", "neutral_t": "t",
    "executable_ic": "ic", "spread": "percent", "turnover": "t", "autocorrelation": "two",
    "half_life": "whole", "worst_year": "text", "worst": "percent", "vif": "t",
    "incremental_ic": "ic", "incremental_t": "t",
}  # fmt: skip
_HEDGED = ("long_minus_hedge", "hedged_t")


def sheet_name(factor: str, language: Language) -> str:
    """Return the file of a factor's sheet.

    >>> sheet_name("book_yield", "en"), sheet_name("my.py:Mine", "zh")
    ('book_yield_en.html', 'my.py_Mine_zh.html')
    """
    plain = re.sub(r"[^\w.-]+", "_", factor)
    return f"{plain}_{language}.html"


def write_sheet(e: "Evaluation", k: int, universe: str, path: Path, language: Language) -> Path:
    """Write a factor's sheet."""
    page = _sheet(e, k, universe, _words(language))
    write_page(path, _with_faces(page, page), "factor sheet")
    return path


def write_ranking(e: "Evaluation", path: Path, language: Language, *, links: bool = False) -> Path:
    """Write the ranking of all factors in each universe."""
    page = _ranking_page(e, _words(language), links=links)
    write_page(path, _with_faces(page, page), "factor ranking")
    return path


def write_all(
    e: "Evaluation",
    folder: Path,
    languages: Sequence[Language],
    write: Callable[[Path, str, str], None],
) -> list[Path]:
    """Write the ranking and the sheets of the first universe, and every table as CSV."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise DataError(f"{folder}: cannot be made ({problem.strerror})") from problem
    universe, made = next(iter(e.universes)), []
    for language in languages:
        words = _words(language)
        first = f"ranking_{language}.html"
        pages = {first: _ranking_page(e, words, links=True)}
        for k, name in enumerate(e.factors.names):
            pages[sheet_name(name, language)] = _sheet(e, k, universe, words, back=first)
        letters = "".join(sorted(set("".join(pages.values()))))  # one typeface for all of them
        for name, page in pages.items():
            made.append(folder / name)
            write(made[-1], _with_faces(page, letters), "page of an evaluation")
    made.append(folder / "about.json")  # what a CSV file cannot say of itself
    stated = json.dumps(e.table().attrs, ensure_ascii=False, indent=1, default=str)
    write(made[-1], stated + "\n", "description of an evaluation")
    for name, table in e.all_tables().items():
        made.append(folder / f"{name}.csv")
        write(made[-1], table.reset_index().to_csv(index=False), "table of an evaluation")
    return made


def _sheet(e: "Evaluation", k: int, universe: str, words: Words, back: str = "") -> str:
    """Return a factor's page; ``back`` is the ranking page that it leads to, if any."""
    row = e.table().loc[(universe, e.factors.names[k])]
    found = e.universes[universe]
    facts = [
        (words("about.family"), words.family(e.factors.families[k])),
        (words("about.direction"), words("about.high" if e.factors.signs[k] > 0 else "about.low")),
        *about(e, universe, words),
    ]
    if formula := formula_of(e.factors.names[k], words.language):
        facts.append((words("about.formula"), formula))
    if source := source_of(e.factors.names[k]):
        facts.append((words("about.source"), source))
    content = {
        "title": e.factors.titles[k][words.language],
        "kind": words("page.sheet"),
        "about": facts,
        "cards": cards_of(row, e, words),
        "verdict": verdict_of(row, found, k, e, words),
        "figures": figures_of(e, universe, k, words),
        "tables": tables_of(e, universe, k, words),
        "wide": False,
        "back": {"href": back, "text": words("page.back")} if back else None,
    }
    return _page(content, words)


def _ranking_page(e: "Evaluation", words: Words, *, links: bool) -> str:
    facts = about(e, next(iter(e.universes)), words)
    table = e.table()
    content = {
        "title": words("page.ranking"),
        "kind": words("page.library"),
        "about": [fact for fact in facts if fact[0] != words("about.universe")],
        "cards": [],
        "verdict": [],
        "figures": [_scatter(e, table, one, words) for one in e.universes],
        "tables": [_ranking(e, table, one, words, links=links) for one in e.universes],
        "wide": True,
        "back": None,
    }
    return _page(content, words)


def _words(language: Language) -> Words:
    if language not in LANGUAGES:
        raise StrategyError(f"language {language!r}; accepted: {', '.join(LANGUAGES)}")
    return Words(language)


def _page(content: Mapping[str, Any], words: Words) -> str:
    from quanthedge.report import page_of

    own = {"lang": words("page.lang"), "generated": words("page.generated")}
    return page_of({**content, **own}, words.language, "page.html.j2", "quanthedge.evaluation")


def _with_faces(page: str, letters: str) -> str:
    """Return a page with its typeface, cut down to some letters."""
    from quanthedge.report import font_faces

    return page.replace("<!--FACES-->", _faces(letters, font_faces), 1)


@lru_cache(maxsize=8)
def _faces(letters: str, make: Callable[[str], str]) -> str:
    return make(letters)


def _scatter(e: "Evaluation", table: pd.DataFrame, universe: str, words: Words) -> dict[str, str]:
    """Return the figure of rank IC beside what the leg earned."""
    by = "long_net" if e.hedge is None else "long_minus_hedge"
    titles = {n: t[words.language] for n, t in zip(e.factors.names, e.factors.titles, strict=True)}
    points = [
        Point(titles[str(name)], float(row["ic"]), float(row[by]),
              "a" if row["q"] <= 0.05 else "c")
        for name, row in table.loc[universe].iterrows()
    ]  # fmt: skip
    named = universe_name(universe, words.language)
    svg = point_figure(
        words("figure.scatter"), points, words("column.ic"), words(f"column.{by}"),
        (lambda v: number(v, 2), lambda v: percent(v, 0)),
    )  # fmt: skip
    return {
        "id": f"scatter-{list(e.universes).index(universe)}",
        "title": words("figure.scatter"),
        "svg": svg,
        "note": words("figure.scatter_note", universe=named),
    }


def _ranking(
    e: "Evaluation", table: pd.DataFrame, universe: str, words: Words, *, links: bool
) -> dict[str, Any]:
    columns = {c: how for c, how in _COLUMNS.items() if e.hedge is not None or c not in _HEDGED}
    titles = {n: t[words.language] for n, t in zip(e.factors.names, e.factors.titles, strict=True)}
    rows = [
        {
            "name": titles[str(name)],
            "href": sheet_name(str(name), words.language) if links else "",
            "cells": [_cell(row[c], how, words) for c, how in columns.items()],
        }
        for name, row in table.loc[universe].iterrows()
    ]
    title = words("table.ranking_plain" if e.hedge is None else "table.ranking")
    note = words("note.columns") + ("" if e.hedge is None else " " + words("note.hedge"))
    return {
        "id": f"ranking-{list(e.universes).index(universe)}",
        "title": f"{title} · {universe_name(universe, words.language)}",
        "head": [words("page.factor"), *(words(f"column.{c}") for c in columns)],
        "rows": rows,
        "note": note,
    }


def _cell(value: Any, how: str, words: Words) -> dict[str, str]:
    if how == "family":
        return {"text": words.family(str(value)), "kind": "text"}
    kind = ""
    if how == "percent" and value:
        kind = "gain" if value > 0 else "loss" if value < 0 else ""
    return {"text": _told(value, how), "kind": kind}


def _told(value: Any, how: str) -> str:
    if how == "text":
        return str(value)
    if how == "whole" and np.isinf(value):
        return ">1,200"
    told: dict[str, Callable[[float], str]] = {
        "percent": percent,
        "share": lambda share: percent(share, 0),
        "chance": chance,
        "ic": number,
        "two": lambda x: number(x, 2),
        "t": lambda x: number(x, 1),
        "whole": lambda x: number(x, 0),
    }
    return told[how](float(value))
