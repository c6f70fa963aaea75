"""What an evaluation of factors shows of itself: the first of its ranking, and what to call."""

from typing import TYPE_CHECKING

import pandas as pd

from quanthedge.cards import Card, Cell
from quanthedge.evaluation.wording import universe_name
from quanthedge.words import LANGUAGES, Bilingual, filled, in_both, texts

if TYPE_CHECKING:
    from quanthedge.evaluation.evaluation import Evaluation
    from quanthedge.typing import Language

__all__ = ["evaluation_card"]

_SHOWN = 8
_PATTERNS = {"ic": ".3f", "t": ".2f", "long": ".2%", "turnover": ".1f"}


def evaluation_card(found: "Evaluation") -> Card:
    """Return the card of an evaluation."""
    said, table = texts("quanthedge.evaluation", "card"), found.table()
    market, rows = found.labels.market, found.labels.rows
    span: Bilingual = {
        code: filled(
            said["span"][code], code, first=market.dates[rows[0]], last=market.dates[rows[-1]],
            decisions=f"{len(rows):,}", market=market.name,
            universes=", ".join(universe_name(name, code) for name in found.universes),
        )
        for code in LANGUAGES
    }  # fmt: skip
    hedge = in_both(said["hedged" if found.hedge else "unhedged"], product=found.hedge)
    measured: Bilingual = {
        code: str(said["measured"][code]).format(hedge=hedge[code]) for code in ("en", "zh")
    }
    earned = "long_minus_hedge" if found.hedge else "long_net"
    columns = {"ic": "ic", "t": "t", "long": earned, "turnover": "turnover"}
    titles = dict(zip(found.factors.names, found.factors.titles, strict=True))
    several, shown = len(found.universes) > 1, table.head(_SHOWN)
    figures: list[tuple[Cell, ...]] = [
        (
            _called(titles[str(name)], str(name), str(universe) if several else ""),
            *(_printed(row[column], _PATTERNS[key]) for key, column in columns.items()),
        )
        for (universe, name), row in zip(
            table.index[:_SHOWN].tolist(), shown.to_dict("records"), strict=True
        )
    ]
    facts: list[Bilingual] = [span, measured]
    if len(table) > _SHOWN:
        facts.append(in_both(said["more"], n=len(table) - _SHOWN))
    steps = [
        ("evaluation.table()", said["table"]),
        ("evaluation.years()", said["years"]),
        ("evaluation.decay()", said["decay"]),
        ('evaluation.to_html("factors.html")', said["write"]),
    ]
    title = in_both(said["title"], n=len(found.factors.names))
    return Card(title, facts, figures, steps, heads=[said[key] for key in columns])


def _called(title: "dict[Language, str]", name: str, universe: str) -> Bilingual:
    """Return a factor as calls name it, in Chinese by its title first, and its universe."""
    told = {"en": f"{name} ({universe_name(universe, 'en')})" if universe else name}
    inside = [name] if title["zh"] != name else []
    inside += [universe_name(universe, "zh")] if universe else []
    told["zh"] = f"{title['zh']}（{'，'.join(inside)}）" if inside else name
    return told


def _printed(value: float, pattern: str) -> str:
    return "" if pd.isna(value) else format(value, pattern)
