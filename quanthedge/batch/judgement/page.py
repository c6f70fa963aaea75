"""The page of a judgement: verdict, heat maps, parallel coordinates, tables; all in one file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quanthedge.batch.judgement.effects import bounds_text, grouped, value_text
from quanthedge.batch.judgement.figures import (
    drawn_runs,
    halves_figure,
    luck_figure,
    parallel_figures,
)
from quanthedge.batch.judgement.heat import heat_maps
from quanthedge.batch.judgement.wording import Words, told
from quanthedge.errors import StrategyError
from quanthedge.performance import expected_highest_sharpe
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.storage import write_page
from quanthedge.typing import Language
from quanthedge.words import LANGUAGES

if TYPE_CHECKING:
    from quanthedge.batch.judgement.table import Judgement

__all__ = ["MOST_ROWS", "write_judgement"]

MOST_ROWS = 300
_MOST_REASONS = 40
_MOST_PARAMETERS = 10
_FEWEST_DAYS = 60
_FAR = 2.0
_FIGURES = (
    "sharpe_net", "annual_return_net", "volatility_net", "max_drawdown_net",
    "correlation_accrued_daily", "beta_daily", "turnover", "paid_per_year_trading_costs",
)  # fmt: skip
_JUDGED = ("deflated", "best_in_half", "neighbours_mean", "neighbours_worst", "plateau")
_YEAR = float(np.sqrt(TRADING_DAYS_A_YEAR))


def write_judgement(j: "Judgement", path: str | Path, language: Language = "zh") -> Path:
    """Write the page of a judgement, whole or not at all, and return its path.

    Parameters
    ----------
    j : Judgement
    path : str or Path
    language : "zh" or "en"

    Raises
    ------
    StrategyError
        Another language.
    DataError
        A file that cannot be written.
    """
    if language not in LANGUAGES:
        raise StrategyError(f"language {language!r}; accepted: {', '.join(LANGUAGES)}")
    from quanthedge.report import font_faces, page_of

    path = Path(path)
    own, shared = "quanthedge.batch.judgement", "quanthedge.evaluation"  # the look of all our pages
    page = page_of(_content(j, Words(language)), language, "judgement.html.j2", own, shared)
    write_page(path, page.replace("<!--FACES-->", font_faces(page), 1), "judgement")
    return path


def _content(j: "Judgement", words: Words) -> dict[str, Any]:
    done = int(j.table["rank"].notna().sum())
    rows = drawn_runs(j)
    cut = ""
    if len(rows) < done:
        cut = words("figure.parallel_cut", shown=f"{len(rows):,}", whole=f"{done:,}")
    figure = words.figure(j.by)
    many = [
        name for p, name in enumerate(j.levels.names)
        if len(grouped(j.levels, p).bounds) < len(j.levels.values[p])
    ]  # fmt: skip
    parallel = None
    if j.levels.names and done > 1:
        note = words("figure.parallel_note", figure=figure, cut=cut)
        parallel = {
            "title": words("figure.parallel"),
            "note": note,
            **parallel_figures(j, words),
        }
    heat_note = words(
        "figure.heat_note", figure=figure, classes=words("figure.classes") if many else ""
    )
    column = "name_zh" if words.language == "zh" and "name_zh" in j.table else "strategy"
    names = pd.unique(j.table[column].dropna()) if column in j.table else np.array([""])
    name = str(names[0]) if len(names) == 1 and names[0] else words("page.several")
    return {
        "lang": words("page.lang"),
        "kind": words("page.kind"),
        "title": words("page.title", done=f"{len(j.table):,}", name=name),
        "skip": words("page.skip"),
        "generated": words("page.generated"),
        "belief": j.verdict.belief,
        "verdict": [one[words.language] for one in j.verdict.sentences],
        "about": _about(j, words),
        "cards": _cards(j, words),
        "figures": _figures(j, words),
        "maps": heat_maps(j, words),
        "heat": {
            "title": words("figure.heat_title"),
            "mean": words("figure.heat_mean"),
            "best": words("figure.heat_best"),
            "note": heat_note,
        },
        "parallel": parallel,
        "tables": [t for t in (_effects(j, words), _runs(j, words), _failures(j, words)) if t],
    }


def _about(j: "Judgement", words: Words) -> list[tuple[str, str]]:
    done, failed = int(j.table["rank"].notna().sum()), len(j.failures)
    names = _shown_parameters(j)
    varied = ", ".join(words.parameter(n) for n in names) or words("about.nothing")
    more = len(j.levels.names) - len(names)
    if more:  # runs of different strategies
        varied = words("about.more", names=varied, more=f"{more:,}")
    facts = [
        (words("about.runs"), words("about.runs_told", done=f"{done:,}", failed=f"{failed:,}")),
        (words("about.varied"), varied),
        (words("about.ranked"), words.figure(j.by)),
        (words("about.trials"), f"{j.trials:,}"),
    ]
    if len(j.returns):
        span = f"{j.returns.index[0]:%Y-%m-%d} – {j.returns.index[-1]:%Y-%m-%d}"
        facts.insert(0, (words("about.span"), span))
    return facts


def _shown_parameters(j: "Judgement") -> list[str]:
    """Return the parameters that are shown: all, or those that explain most of the figure."""
    names = [str(n) for n in j.levels.names]
    if len(names) <= _MOST_PARAMETERS:
        return names
    first = [str(n) for n in j.effects.index][:_MOST_PARAMETERS]
    return [n for n in names if n in first]


def _cards(j: "Judgement", words: Words) -> list[dict[str, str]]:
    best, figure = j.table.iloc[0], words.figure(j.by)
    known = j.table.loc[j.table["rank"].notna(), j.by]
    below = words("card.pbo_none", days=40)
    if j.cscv is not None:
        below = words(
            "card.pbo_below",
            choices=f"{j.cscv.logits.size:,}",
            loss=told(j.cscv.loss, "share"),
        )
    cards = [
        (
            "figure",
            words("card.figure", figure=figure),
            told(best[j.by], j.by),
            words("card.figure_below", median=told(known.median(), j.by)),
        ),
        (
            "deflated",
            words("card.deflated"),
            told(best["deflated"], "deflated"),
            words("card.deflated_below", chance=told(best["chance"], "chance")),
        ),
        (
            "pbo",
            words("card.pbo"),
            "–" if j.cscv is None else told(j.cscv.pbo, "share"),
            below,
        ),
        (
            "plateau",
            words("card.plateau"),
            told(best["plateau"], "plateau"),
            words(
                "card.plateau_below",
                mean=told(best["neighbours_mean"], j.by),
                worst=told(best["neighbours_worst"], j.by),
            ),
        ),
        (
            "trials",
            words("card.trials"),
            f"{j.trials:,}",
            words(
                "card.trials_below",
                effective=f"{j.effective:,.0f}",
                correlation=f"{j.correlation:.2f}",
            ),
        ),
        (
            "failed",
            words("card.failed"),
            f"{len(j.failures):,}",
            words("card.failed_below", whole=f"{len(j.table):,}"),
        ),
    ]
    keys = ("key", "name", "text", "below")
    return [dict(zip(keys, card, strict=True)) for card in cards]


def _figures(j: "Judgement", words: Words) -> list[dict[str, str]]:
    days, width = j.returns.shape
    made = []
    if width >= 2 and days >= _FEWEST_DAYS:
        sharpe = (j.returns.mean() / j.returns.std()).to_numpy() * _YEAR
        highest = expected_highest_sharpe(j.trials, 1.0 / (days - 1)) * _YEAR
        best = sharpe[j.returns.columns.get_loc(j.best)] if j.best in j.returns else sharpe.max()
        made.append(
            {
                "id": "luck",
                "title": words("figure.luck"),
                "svg": luck_figure(sharpe, highest, float(best), words),
                "note": words(
                    "figure.luck_note",
                    highest=told(highest, "sharpe"),
                    trials=f"{j.trials:,}",
                    days=f"{days:,}",
                ),
            }
        )
    if j.cscv is not None:
        inside, outside = j.cscv.in_sample * _YEAR, j.cscv.out_of_sample * _YEAR
        made.append(
            {
                "id": "halves",
                "title": words("figure.halves"),
                "svg": halves_figure(inside, outside, words),
                "note": words(
                    "figure.halves_note",
                    choices=f"{j.cscv.logits.size:,}",
                    blocks=j.blocks,
                    slope=told(j.cscv.slope, "sharpe"),
                ),
            }
        )
    return made


def _runs(j: "Judgement", words: Words) -> dict[str, Any]:
    done = j.table[j.table["rank"].notna()].head(MOST_ROWS)
    whole = int(j.table["rank"].notna().sum())
    parameters = _shown_parameters(j)
    figures = [n for n in dict.fromkeys((j.by, *_FIGURES)) if n in j.table]
    judged = [n for n in _JUDGED if n in j.table]
    head = [{"name": words("column.run"), "text_column": True, "sorted": ""}]
    head += [{"name": words.parameter(n), "text_column": False, "sorted": ""} for n in parameters]
    head += [
        {"name": words.figure(n), "text_column": False, "sorted": "descending" if n == j.by else ""}
        for n in (*figures, *judged)
    ]
    rows = [
        {
            "name": f"{row['rank']:.0f} · {str(key)[:8]}",
            "sort": -int(row["rank"]),
            "run": i,
            "cells": [_value(row[n]) for n in parameters]
            + [_number(row[n], n) for n in (*figures, *judged)],
        }
        for i, (key, row) in enumerate(done.iterrows())
    ]
    cut = ""
    if whole > len(done):
        cut = words("table.cut", shown=f"{len(done):,}", whole=f"{whole:,}")
    return {
        "id": "runs",
        "title": words("table.runs"),
        "sorts": True,
        "head": head,
        "rows": rows,
        "note": words(
            "table.runs_note",
            trials=f"{j.trials:,}",
            kind=words(f"table.kind_{j.neighbours.kind}"),
            cut=cut,
        ),
    }


def _value(value: Any) -> dict[str, Any]:
    number = isinstance(value, float | np.floating)
    sort = None if number and np.isnan(value) else value
    return {"text": value_text(value), "kind": "" if number else "text", "sort": sort}


def _number(value: Any, name: str) -> dict[str, Any]:
    number = float(value)
    kind = ""
    if name.startswith(("annual_return", "return_")) and number:
        kind = "gain" if number > 0 else "loss" if number < 0 else ""
    text = told(number, name)
    if name == "plateau" and abs(number) > _FAR:  # of a run that hardly leads
        text = f"{'>' if number > 0 else '<'}{told(np.copysign(_FAR, number), name)}"
    return {
        "text": text,
        "kind": kind,
        "sort": f"{number:.6g}" if np.isfinite(number) else None,
    }


def _effects(j: "Judgement", words: Words) -> dict[str, Any] | None:
    """Return the table of each parameter's values: runs, mean, best and worst of the figure."""
    if not j.levels.names:
        return None
    figure = j.table[j.by].where(j.table["rank"].notna()).reindex(j.parameters.index).to_numpy()
    rows = []
    for name in map(str, j.effects.index):
        groups = grouped(j.levels, j.levels.names.index(name))
        share = told(j.effects.loc[name, "share"], "share")
        for g, bounds in enumerate(groups.bounds):
            inside = figure[(groups.place == g) & np.isfinite(figure)]
            best, worst, mean = (
                (inside.max(), inside.min(), inside.mean()) if inside.size else (np.nan,) * 3
            )
            rows.append(
                {
                    "name": words.parameter(name) if g == 0 else "",
                    "run": None,
                    "sort": None,
                    "cells": [
                        _plain(share if g == 0 else ""),
                        _plain(bounds_text(bounds)),
                        _plain(f"{inside.size:,}"),
                        *(_plain(told(v, j.by)) for v in (mean, best, worst)),
                    ],
                }
            )
    columns = ("parameter", "share", "value", "runs", "mean", "best", "worst")
    return {
        "id": "effects",
        "title": words("table.effects"),
        "sorts": False,
        "head": _heads([words(f"column.{c}") for c in columns]),
        "rows": rows[:MOST_ROWS],
        "note": words("table.effects_note", figure=words.figure(j.by)),
    }


def _failures(j: "Judgement", words: Words) -> dict[str, Any] | None:
    failed = j.failures
    if not len(failed):
        return None
    reasons = failed["reason"].fillna("").astype("str") if "reason" in failed else None
    if reasons is None:
        return None
    counted = reasons.value_counts()
    rows = [
        {
            "name": f"{count:,}",
            "run": None,
            "sort": None,
            "cells": [
                {"text": reason or "–", "kind": "reason", "sort": None},
                {"text": _first_key(reasons, reason), "kind": "text", "sort": None},
            ],
        }
        for reason, count in counted.head(_MOST_REASONS).items()
    ]
    cut = ""
    if len(counted) > _MOST_REASONS:
        cut = words("table.cut", shown=_MOST_REASONS, whole=f"{len(counted):,}")
    return {
        "id": "failures",
        "title": words("table.failures"),
        "sorts": False,
        "head": _heads([words("column.runs"), words("column.reason"), words("table.first_run")]),
        "rows": rows,
        "note": words("table.failures_note", cut=cut),
    }


def _first_key(reasons: pd.Series, reason: object) -> str:
    return str(reasons.index[reasons == reason][0])[:8]


def _heads(names: list[str]) -> list[dict[str, Any]]:
    return [{"name": n, "text_column": False, "sorted": ""} for n in names]


def _plain(text: str) -> dict[str, Any]:
    return {"text": text, "kind": "", "sort": None}
