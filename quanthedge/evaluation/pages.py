"""Pages of an evaluation: a sheet for each factor, the ranking of all, and the tables as CSV."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quanthedge.errors import DataError, StrategyError
from quanthedge.evaluation.drawing import Point, point_figure
from quanthedge.evaluation.sheet import cards_of, figures_of, tables_of, verdict_of
from quanthedge.evaluation.wording import Words, about, number, percent, source_of, universe_name
from quanthedge.storage import write_page
from quanthedge.typing import Language
from quanthedge.words import LANGUAGES

if TYPE_CHECKING:
    from quanthedge.evaluation.evaluation import Evaluation

__all__ = ["sheet_name", "write_all", "write_ranking", "write_sheet"]

_COLUMNS = {  # of the ranking page, and how each is told
    "family": "family", "coverage": "share", "long_minus_hedge": "percent", "hedged_t": "t",
    "long_net": "percent", "long_gross": "percent", "neutral_long": "percent", "ic": "ic",
    "icir": "two", "t": "t", "q": "ic", "neutral_ic": "ic", "neutral_t": "t",
    "executable_ic": "ic", "spread": "percent", "turnover": "t", "autocorrelation": "two",
    "half_life": "whole", "worst_year": "text", "worst": "percent", "vif": "t",
    "incremental_ic": "ic", "incremental_t": "t",
}  # fmt: skip
_HEDGED = ("long_minus_hedge", "hedged_t")
_DARK = {"red": "#ff8a80", "green": "#7fd6a0"}


def sheet_name(factor: str, language: Language) -> str:
    """Return the file of a factor's sheet.

    >>> sheet_name("book_yield", "en"), sheet_name("my.py:Mine", "zh")
    ('book_yield_en.html', 'my.py_Mine_zh.html')
    """
    plain = re.sub(r"[^\w.-]+", "_", factor)
    return f"{plain}_{language}.html"


def write_sheet(
    e: "Evaluation", k: int, universe: str, path: Path, language: Language, back: str = ""
) -> Path:
    """Write a factor's sheet; ``back`` is the ranking page that it leads to, if any."""
    words = _words(language)
    row = e.table().loc[(universe, e.factors.names[k])]
    found = e.universes[universe]
    facts = about(e, universe, words)
    facts[:0] = [
        (words("about.family"), words.family(e.factors.families[k])),
        (words("about.direction"), words("about.high" if e.factors.signs[k] > 0 else "about.low")),
    ]
    if source := source_of(e.factors.names[k]):
        facts.append((words("about.source"), source))
    content = {
        "title": e.factors.titles[k][language],
        "kind": words("page.sheet"),
        "about": facts,
        "cards": cards_of(row, e, words),
        "verdict": verdict_of(row, found, k, e, words),
        "figures": figures_of(e, universe, k, words),
        "tables": tables_of(e, universe, k, words),
        "wide": False,
        "back": {"href": back, "text": words("page.back")} if back else None,
    }
    write_page(path, _page(content, words), "factor sheet")
    return path


def write_ranking(e: "Evaluation", path: Path, language: Language, *, links: bool = False) -> Path:
    """Write the ranking of all factors in each universe."""
    words = _words(language)
    first = next(iter(e.universes))
    table = e.table()
    content = {
        "title": words("page.ranking"),
        "kind": words("page.ranking"),
        "about": about(e, first, words)[:1] + about(e, first, words)[2:],
        "cards": [],
        "verdict": [],
        "figures": [_scatter(e, table, one, words) for one in e.universes],
        "tables": [_ranking(e, table, one, words, links=links) for one in e.universes],
        "wide": True,
        "back": None,
    }
    write_page(path, _page(content, words), "factor ranking")
    return path


def write_all(e: "Evaluation", folder: Path, languages: Sequence[Language]) -> list[Path]:
    """Write the ranking and the sheets of the first universe, and every table as CSV."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise DataError(f"{folder}: cannot be made ({problem.strerror})") from problem
    universe, made = next(iter(e.universes)), []
    for language in languages:
        page = write_ranking(e, folder / f"ranking_{language}.html", language, links=True)
        made.append(page)
        for k, name in enumerate(e.factors.names):
            sheet = folder / sheet_name(name, language)
            made.append(write_sheet(e, k, universe, sheet, language, back=page.name))
    for name, table in e.all_tables().items():
        made.append(folder / f"{name}.csv")
        write_page(made[-1], table.reset_index().to_csv(index=False), "table")
    return made


def _words(language: Language) -> Words:
    if language not in LANGUAGES:
        raise StrategyError(f"language {language!r}; accepted: {', '.join(LANGUAGES)}")
    return Words(language)


def _page(content: Mapping[str, Any], words: Words) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from quanthedge.report import FAMILY, font_faces, gain_and_loss_colours

    environment = Environment(
        loader=PackageLoader("quanthedge.evaluation", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    gain, loss = gain_and_loss_colours(words.language)
    dark = ("red", "green") if words.language == "zh" else ("green", "red")
    page = environment.get_template("page.html.j2").render(
        **content,
        lang=words("page.lang"),
        generated=words("page.generated"),
        face=FAMILY,
        gain=gain,
        loss=loss,
        gain_dark=_DARK[dark[0]],
        loss_dark=_DARK[dark[1]],
    )
    return page.replace("<!--FACES-->", font_faces(page), 1)


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
    return {
        "id": f"ranking-{list(e.universes).index(universe)}",
        "title": f"{title} · {universe_name(universe, words.language)}",
        "head": [words("page.factor"), *(words(f"column.{c}") for c in columns)],
        "rows": rows,
        "note": words("note.columns"),
    }


def _cell(value: Any, how: str, words: Words) -> dict[str, str]:
    if how == "family":
        return {"text": words.family(str(value)), "kind": "text"}
    if how == "text":
        return {"text": str(value), "kind": ""}
    value = float(value)
    if how == "percent":
        kind = "gain" if value > 0 else "loss" if value < 0 else ""
        return {"text": percent(value), "kind": kind}
    if how == "share":
        return {"text": percent(value, 0), "kind": ""}
    if how == "whole" and np.isinf(value):
        return {"text": ">120", "kind": ""}
    return {"text": number(value, {"ic": 3, "two": 2, "t": 1, "whole": 0}[how]), "kind": ""}
