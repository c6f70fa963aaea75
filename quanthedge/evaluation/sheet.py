"""What a factor's sheet shows: key figures, a verdict in words, figures and tables."""

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from quanthedge.evaluation.drawing import (
    Bars,
    Curve,
    bar_figure,
    curve_figure,
    row_figure,
)
from quanthedge.evaluation.evidence import SIZES, Evidence
from quanthedge.evaluation.tables import legs_of, part_of
from quanthedge.evaluation.wording import Words, chance, number, percent
from quanthedge.typing import Floats

if TYPE_CHECKING:
    from quanthedge.evaluation.evaluation import Evaluation

__all__ = ["cards_of", "figures_of", "tables_of", "verdict_of"]

_NOTABLE = 0.05  # q at which a factor is told from luck
_INDUSTRIES = 12


def cards_of(row: Any, e: "Evaluation", words: Words) -> list[dict[str, str]]:
    """Return the key figures of a row of the ranking."""
    half = row["half_life"]
    lasting = words("card.never") if np.isinf(half) else number(half, 0)
    cards = [
        ("long_net", percent(row["long_net"]), ""),
        (
            "ic",
            number(row["ic"]),
            words("card.with_t_q", t=number(row["t"], 1), q=chance(row["q"])),
        ),
        ("neutral", number(row["neutral_ic"]), words("card.with_t", t=number(row["neutral_t"], 1))),
        (
            "turnover",
            number(row["turnover"], 1),
            words("card.costs", cost=percent(row["turnover"] * e.cost_bp / 1e4)),
        ),
        (
            "half_life",
            words("card.none") if np.isnan(half) else lasting,
            words("card.persistence", value=number(row["autocorrelation"], 2)),
        ),
    ]
    if e.hedge is not None:
        told = words(
            "card.with_t_months", t=number(row["hedged_t"], 1), months=row["hedged_months"]
        )
        cards.insert(0, ("long_minus_hedge", percent(row["long_minus_hedge"]), told))
    return [
        {"key": key, "name": words(f"card.{key}"), "text": text, "below": below}
        for key, text, below in cards
    ]


def verdict_of(row: Any, found: Evidence, k: int, e: "Evaluation", words: Words) -> list[str]:
    """Return what the figures say, in sentences."""
    share = f"{100 / found.quantiles.shape[2]:g}%"
    told = []
    if e.hedge is None:
        told.append(words("verdict.universe", share=share, net=percent(row["long_net"])))
    else:
        told.append(
            words(
                "verdict.hedged",
                share=share,
                earned=percent(row["long_minus_hedge"]),
                t=number(row["hedged_t"], 1),
                net=percent(row["long_net"]),
            )
        )
    if np.isfinite(row["q"]):
        luck = "found" if row["q"] <= _NOTABLE and row["ic"] > 0 else "luck"
        told.append(
            words(f"verdict.{luck}", ic=number(row["ic"]), q=chance(row["q"]), tried=e.tried)
        )
    earned = row["long_net"] if e.hedge is None else row["long_minus_hedge"]
    if row["ic"] > 0 and earned < 0:
        told.append(words("verdict.parted"))
    lost = found.lost[k].sum(axis=1)
    lost = lost[np.isfinite(lost)]
    if lost.size:
        from quanthedge.labelling import REASONS

        planned = [REASONS.index("same"), REASONS.index("timing")]
        missed = np.delete(found.lost[k], planned, axis=1).sum(axis=1)
        a_year = 1e4 * e.per_year * float(missed[np.isfinite(missed)].mean())
        told.append(words("verdict.lost", bp=number(a_year, 0)))
    return told


def figures_of(e: "Evaluation", universe: str, k: int, words: Words) -> list[dict[str, str]]:
    """Return the figures of a sheet: id, title, note, svg."""
    found, name = e.universes[universe], e.factors.names[k]
    made = [
        ("curves", _curves(e, found, k)),
        ("quantiles", _quantiles(e, universe, name)),
        ("years", _years(e, found, k)),
        ("decay", _decay(e, universe, name)),
        ("hedge", _hedge(e, found, k, words) if e.hedge is not None else ""),
        ("turnover", _turnover(e, found, k)),
        ("industry", _industries(e, found, k, words)),
    ]
    notes = {"curves", "quantiles", "years", "decay", "industry", "hedge"}
    count = found.quantiles.shape[2]
    return [
        {
            "id": key,
            "title": words(f"figure.{key}"),
            "svg": svg.replace('aria-label=""', f'aria-label="{words(f"figure.{key}")}"'),
            "note": words(f"figure.{key}_note", n=count) if key in notes else "",
        }
        for key, svg in made
        if svg
    ]


def _year_ticks(e: "Evaluation", known: Floats) -> list[tuple[int, str]]:
    """Return the first decision of each year among those with a label, at most ten of them."""
    days = e.labels.market.dates
    entry = days[np.minimum(e.labels.begins, len(days) - 1)][np.flatnonzero(known)]
    years = entry.astype("datetime64[Y]").astype(int) + 1970
    first = [(int(np.flatnonzero(years == y)[0]), str(y)) for y in np.unique(years)]
    return first[:: max(1, -(-len(first) // 10))]


def _curves(e: "Evaluation", found: Evidence, k: int) -> str:
    returns = found.quantiles[k, 1] - found.market
    known = np.isfinite(returns).all(axis=0)
    paths = np.cumsum(returns[:, known], axis=1)
    count = len(paths)
    curves = []
    for q, path in enumerate(paths):
        edge = q in (0, count - 1)
        colour = "a" if q >= count / 2 else "b"
        away = abs(q - (count - 1) / 2) / max((count - 1) / 2, 1)
        curves.append(
            Curve(str(q + 1) if edge else "", colour, [0.0, *path.tolist()], 0.25 + 0.75 * away,
                  2.4 if edge else 1.2)
        )  # fmt: skip
    return curve_figure("", _year_ticks(e, known), curves, lambda v: percent(v, 0))


def _quantiles(e: "Evaluation", universe: str, name: str) -> str:
    table = part_of(e.quantiles(), universe, name)
    bars = Bars("", "a", *(table[c].tolist() for c in ("less_universe", "low", "high")))
    return bar_figure("", [str(q) for q in table.index], [bars], lambda v: percent(v, 0))


def _years(e: "Evaluation", found: Evidence, k: int) -> str:
    from scipy.special import stdtrit

    days = e.labels.market.dates
    entry = days[np.minimum(e.labels.begins, len(days) - 1)].astype("datetime64[Y]").astype(int)
    labels, mean, low, high = [], [], [], []
    for year in np.unique(entry):
        ic = found.ic[k, 0, entry == year]
        ic = ic[np.isfinite(ic)]
        if not ic.size:
            continue
        half = np.nan
        if ic.size > 2:
            half = float(stdtrit(ic.size - 1, 0.975) * ic.std(ddof=1) / np.sqrt(ic.size))
        labels.append(str(year + 1970))
        mean.append(float(ic.mean()))
        low.append(float(ic.mean() - half))
        high.append(float(ic.mean() + half))
    return bar_figure("", labels, [Bars("", "a", mean, low, high)], lambda v: number(v, 2))


def _decay(e: "Evaluation", universe: str, name: str) -> str:
    table = part_of(e.decay(), universe, name)
    labels = [f"{a}" if a == b else f"{a}–{b}" for a, b in table.index]
    bars = Bars("", "a", *(table[c].tolist() for c in ("ic", "low", "high")))
    return bar_figure("", labels, [bars], lambda v: number(v, 2))


def _hedge(e: "Evaluation", found: Evidence, k: int, words: Words) -> str:
    legs = legs_of(e, found, k)
    days = e.labels.market.dates
    year = days[np.minimum(e.labels.begins, len(days) - 1)].astype("datetime64[Y]").astype(int)
    both = np.isfinite(legs.hedged)
    labels = [str(y + 1970) for y in np.unique(year[both])]
    parts = ((legs.top - legs.cost, "leg", "a"), (e.hedge_returns * legs.beta, "future", "c"),
             (legs.hedged, "left", "b"))  # fmt: skip
    bars = [
        Bars(words(f"figure.{name}"), colour,
             [float(series[both & (year == y)].sum()) for y in np.unique(year[both])])
        for series, name, colour in parts
    ]  # fmt: skip
    return bar_figure("", labels, bars, lambda v: percent(v, 0))


def _turnover(e: "Evaluation", found: Evidence, k: int) -> str:
    changes = found.changes[k]
    known = np.isfinite(changes) & (np.arange(len(changes)) >= e.apart)
    ticks = _year_ticks(e, known)
    curve = Curve("", "a", changes[known].tolist())
    return curve_figure("", ticks, [curve], lambda v: percent(v, 0), height=230)


def _industries(e: "Evaluation", found: Evidence, k: int, words: Words) -> str:
    tilts = [float(np.nanmean(t)) if np.isfinite(t).any() else 0.0 for t in found.industry_tilt[k]]
    if not e.industries or not tilts:
        return ""
    names = [one[words.language] for one in e.industries]
    order = sorted(np.argsort(-np.abs(tilts))[:_INDUSTRIES], key=lambda j: -tilts[j])
    order = [int(j) for j in order if tilts[j] != 0.0]
    return row_figure(
        "",
        [names[j] for j in order],
        [tilts[j] for j in order],
        lambda v: percent(v, 1),
        left=190.0 if words.language == "en" else 110.0,
    )


def tables_of(e: "Evaluation", universe: str, k: int, words: Words) -> list[dict[str, Any]]:
    """Return the tables of a sheet."""
    name = e.factors.names[k]
    return [
        _by_year(part_of(e.years(), universe, name), words),
        _by_size(e, universe, name, words),
        *_by_regime(e, universe, name, words),
        _losses(e, universe, name, words),
    ]


def _cell(value: Any, how: str) -> dict[str, str]:
    if how == "percent":
        kind = "gain" if value > 0 else "loss" if value < 0 else ""
        return {"text": percent(value), "kind": kind}
    digits = {"ic": 3, "t": 1, "whole": 0, "bp": 0}[how]
    return {"text": number(float(value), digits), "kind": ""}


def _table(key: str, title: str, head: list[str], rows: list[tuple[str, list[dict[str, str]]]],
           note: str = "") -> dict[str, Any]:  # fmt: skip
    made = [{"name": name, "href": "", "cells": cells} for name, cells in rows]
    return {"id": key, "title": title, "head": head, "rows": made, "note": note}


def _by_year(years: pd.DataFrame, words: Words) -> dict[str, Any]:
    columns = {
        "months": "whole", "ic": "ic", "executable_ic": "ic", "neutral_ic": "ic",
        "long_gross": "percent", "long_net": "percent", "hedge": "percent",
        "long_minus_hedge": "percent", "turnover": "t",
    }  # fmt: skip
    head = [words("column.year"), *(words(f"column.{c}") for c in columns)]
    rows = [
        (str(year), [_cell(row[c], how) for c, how in columns.items()])
        for year, row in years.iterrows()
        if row["months"]
    ]
    return _table("by-year", words("table.years"), head, rows)


def _by_size(e: "Evaluation", universe: str, name: str, words: Words) -> dict[str, Any]:
    table = part_of(e.groups(), universe, name, "size")
    head = [words("column.group"), *(words(f"column.{c}") for c in ("executable_ic", "t"))]
    rows = [
        (words(f"state.{size}"), [_cell(table.loc[size, "ic"], "ic"),
                                  _cell(table.loc[size, "t"], "t")])
        for size in SIZES
    ]  # fmt: skip
    return _table("by-size", words("table.sizes"), head, rows)


def _by_regime(e: "Evaluation", universe: str, name: str, words: Words) -> list[dict[str, Any]]:
    if not e.states:
        return []
    table = part_of(e.regimes(), universe, name)
    columns = {"months": "whole", "ic": "ic", "t": "t", "long_net": "percent",
               "long_minus_hedge": "percent"}  # fmt: skip
    head = [words("column.regime"), *(words(f"column.{c}") for c in columns)]
    rows = [
        (words(f"state.{regime}_{state}"), [_cell(row[c], how) for c, how in columns.items()])
        for (regime, state), row in cast(Any, table.iterrows())
    ]
    return [_table("by-state", words("table.regimes"), head, rows)]


def _losses(e: "Evaluation", universe: str, name: str, words: Words) -> dict[str, Any]:
    table = part_of(e.executable(words.language), universe, name)
    head = [words(f"column.{c}") for c in ("reason", "share", "lost_bp_a_year")]
    rows = [
        (str(row["name"]), [{"text": percent(row["share"], 2), "kind": ""},
                            _cell(row["lost_bp_a_year"], "bp")])
        for _, row in table.iterrows()
    ]  # fmt: skip
    return _table("losses", words("table.losses"), head, rows)
