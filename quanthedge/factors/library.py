"""The library of factors as tables: what there is, what each needs, and where it is known.

>>> library("estimates")["zh"].tolist()[:3]
['预期盈利收益率', '盈利预测上调', '预测分歧度']
"""

import csv
import inspect
import re
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.errors import StrategyError
from quanthedge.factors.base import Factor
from quanthedge.factors.needs import lacks, written_needs
from quanthedge.factors.panels import period_ends
from quanthedge.kinds import read_catalogue
from quanthedge.market import Market

__all__ = ["factor_card", "factor_coverage", "library"]

_LABEL = re.compile(r"^(\w[\w-]*): (.*)$")  # "Formula: ..." at the begin of a line of Notes


def library(family: str | None = None, market: Market | None = None) -> pd.DataFrame:
    """Return the factors of ours, one a row.

    Parameters
    ----------
    family : str, optional
        Only these: valuation, quality, growth, estimates, sentiment, trading or structure.
    market : Market, optional
        Also says which of them it carries.

    Returns
    -------
    DataFrame
        By ``kind``: en, zh, family, sign (+1 where high exposures are held to earn more), formula,
        formula_zh, source, needs (tables and items, separated by "; "), parameters (with their
        defaults). With a market also available and reason (what it lacks; empty where it lacks
        nothing). What is there may still cover few stocks or years: `factor_coverage` counts.

    Raises
    ------
    StrategyError
        There is no such family.
    """
    catalogue = read_catalogue("quanthedge.factors")
    families = list(dict.fromkeys(str(one["family"]) for one in catalogue.entries.values()))
    if family is not None and family not in families:
        raise StrategyError(f"family {family!r}; accepted: {', '.join(families)}")
    rows = [
        _row(kind, made)
        for kind, made in catalogue.classes().items()
        if family in (None, made.family)
    ]
    table = pd.DataFrame(rows).set_index("kind")
    if market is not None:
        table["reason"] = [lacks(needs.split("; "), market) for needs in table["needs"]]
        table["available"] = table["reason"] == ""
    return table


def _row(kind: str, made: type[Factor]) -> dict[str, Any]:
    entry = read_catalogue("quanthedge.factors").entries[kind]
    parameters = {
        name: field.default for name, field in made.model_fields.items() if name != "kind"
    }
    return {
        "kind": kind,
        "en": entry["en"],
        "zh": entry["zh"],
        "family": entry["family"],
        "sign": int(entry["sign"]),
        "formula": _notes_of(made).get("Formula", ""),
        "formula_zh": entry["formula_zh"],
        "source": entry["source"],
        "needs": "; ".join(written_needs().get(kind, ())),
        "parameters": ", ".join(f"{name}={value}" for name, value in parameters.items()),
    }


@cache
def _shared_words() -> dict[str, str]:
    """Return the Chinese of descriptions that parameters of several factors share."""
    written = files("quanthedge.factors").joinpath("parameters_zh.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(written.splitlines())
    return {row["description"]: row["description_zh"] for row in rows}


def _notes_of(made: type[Factor]) -> dict[str, str]:
    """Return the labelled paragraphs of a class's notes: Formula, Undefined, Look-ahead ...

    >>> from quanthedge.factors import BookYield
    >>> _notes_of(BookYield)["Formula"]
    'book_equity / (close x total_shares). Negative equity gives a negative yield.'
    """
    found: dict[str, list[str]] = {}
    label = ""
    for line in inspect.cleandoc(made.__doc__ or "").splitlines():
        begins = _LABEL.match(line)
        if begins:
            label = begins.group(1)
            found[label] = [begins.group(2)]
        elif not line.strip() or set(line) == {"-"}:
            label = ""
        elif label:
            found[label].append(line.strip())
    return {name: " ".join(lines) for name, lines in found.items()}


def factor_card(kind: str, market: Market | None = None) -> dict[str, Any]:
    """Return all that is said of one factor: the columns of `library`, and its notes.

    Returns
    -------
    dict
        The columns of `library`, with ``parameters`` as name: (default, description). Beside them
        ``notes`` (the labelled paragraphs of the class) and in Chinese ``undefined_zh`` (where it
        is not defined) and ``parameters_zh`` (name: description).

    Raises
    ------
    StrategyError
        There is no such factor.
    """
    entries = read_catalogue("quanthedge.factors").entries
    if kind not in entries:
        from difflib import get_close_matches

        near = get_close_matches(kind, entries, n=3, cutoff=0.4)
        told = f"; near it: {', '.join(near)}" if near else f"; there are {', '.join(entries)}"
        raise StrategyError(f"no factor {kind!r}{told}")
    made = Factor.builtin()[kind]
    described = {
        name: (field.default, str(field.description))
        for name, field in made.model_fields.items()
        if name != "kind"
    }
    card = _row(kind, made) | _in_chinese(kind, described)  # type: ignore[arg-type]
    card |= {"notes": _notes_of(made), "parameters": described}  # type: ignore[arg-type]
    if market is not None:
        card["reason"] = lacks(str(card["needs"]).split("; "), market)
        card["available"] = not card["reason"]
    return card


def _in_chinese(kind: str, described: dict[str, tuple[Any, str]]) -> dict[str, Any]:
    """Return what a card says in Chinese beside its formula."""
    entry, shared = read_catalogue("quanthedge.factors").entries[kind], _shared_words()
    own = entry.get("parameters_zh", {})
    return {
        "undefined_zh": entry["undefined_zh"],
        "parameters_zh": {
            name: own[name] if name in own else shared[said]
            for name, (_, said) in described.items()
        },
    }


def factor_coverage(factor: Factor, market: Market) -> pd.Series:
    """Return the share of the stocks traded for which a factor is defined, by year.

    Mean over the month ends of each year; 0 in years in which it is defined for none.
    """
    rows = period_ends(market, "month")
    known = np.isfinite(factor.checked_exposure(market, rows))
    traded = np.asarray(market.panel("traded")[rows])
    share = (known & traded).sum(axis=1) / np.maximum(traded.sum(axis=1), 1)
    years = market.dates[rows].astype("datetime64[Y]").astype(int) + 1970
    return pd.Series(share).groupby(pd.Index(years, name="year")).mean().rename("coverage")
