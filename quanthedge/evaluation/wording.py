"""How an evaluation is told: words in two languages, numbers as the trade writes them."""

from typing import TYPE_CHECKING, Any

import numpy as np

from quanthedge.factors import factor_card
from quanthedge.kinds import read_catalogue
from quanthedge.typing import Language
from quanthedge.words import texts

if TYPE_CHECKING:
    from quanthedge.evaluation.evaluation import Evaluation

__all__ = [
    "Words",
    "about",
    "chance",
    "formula_of",
    "number",
    "percent",
    "source_of",
    "universe_name",
]

_MINUS = "\u2212"


class Words:
    """The sentences of the pages in one language, by ``group.name``."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._texts = texts("quanthedge.evaluation", "words")

    def __call__(self, place: str, /, **values: Any) -> str:
        """Return a sentence, its placeholders filled."""
        group, name = place.split(".")
        return str(self._texts[group][name][self.language]).format(**values)

    def family(self, name: str) -> str:
        """Return a family's name; its own word where it is none of ours."""
        known = self._texts["family"].get(name)
        return str(known[self.language]) if known else name


def number(value: float, digits: int = 3) -> str:
    """Return a number, a dash where there is none.

    >>> number(-0.0312), number(float("nan")), number(float("inf"))
    ('−0.031', '–', '∞')
    """
    if np.isnan(value):
        return "–"
    if np.isinf(value):
        return "∞"
    text = f"{value:,.{digits}f}"
    return text.replace("-", _MINUS) if float(text.replace(",", "")) else text.lstrip("-")


def chance(value: float) -> str:
    """Return a p or q, never as nothing.

    >>> chance(0.0421), chance(0.00003)
    ('0.042', '<0.001')
    """
    return "<0.001" if value < 0.0005 else number(value)


def percent(value: float, digits: int = 1) -> str:
    """Return a fraction in percent.

    >>> percent(0.0523), percent(-0.1)
    ('5.2%', '−10.0%')
    """
    return "–" if not np.isfinite(value) else f"{number(100 * value, digits)}%"


def about(e: "Evaluation", universe: str, words: Words) -> list[tuple[str, str]]:
    """Return what an evaluation is of, as names and texts."""
    market, found = e.labels.market, e.universes[universe]
    known = np.isfinite(found.market)
    begins = e.labels.begins[known]
    days = market.dates[begins[[0, -1]]] if begins.size else ["", ""]
    hedge = words("about.no_hedge")
    if e.hedge is not None:
        beta = words("about.own_beta") if e.beta == "book" else f"{float(e.beta):g}"
        hedge = words("about.held", product=e.hedge, beta=beta)
    return [
        (words("about.market"), market.name),
        (words("about.universe"), universe_name(universe, words.language)),
        (words("about.span"), f"{days[0]} – {days[1]}"),
        (words("about.decisions"), str(int(known.sum()))),
        (words("about.label"), _label(e, words)),
        (words("about.cost"), words("about.side", bp=f"{e.cost_bp:g}")),
        (words("about.hedge"), hedge),
        (words("about.tried"), str(e.tried)),
    ]


def universe_name(name: str, language: Language) -> str:
    """Return a universe's name: that of its kind with its number, or the user's own."""
    kind, _, more = name.replace(":", " ").partition(" ")
    if kind in _UNIVERSES and (not more or more.isdigit()):
        return f"{_UNIVERSES[kind][language]} {more}".strip()
    return name


_UNIVERSES: dict[str, dict[str, str]] = {
    "all": {"en": "all stocks", "zh": "全部股票"},
    "largest": {"en": "largest", "zh": "市值最大"},
    "own": {"en": "own", "zh": "自定义"},
}


def _label(e: "Evaluation", words: Words) -> str:
    labels = e.labels
    length = (
        words("label.next")
        if labels.horizon == "next"
        else words("label.days", days=labels.horizon)
    )
    if labels.own:
        return words("label.own", length=length)
    if not labels.executable:
        return words("label.naive", length=length)
    entry = words(f"label.{labels.entry}")
    return words("label.earned", entry=entry, lag=labels.lag, length=length)


def formula_of(kind: str, language: Language) -> str:
    """Return the formula of a factor of ours; empty for another."""
    if kind not in read_catalogue("quanthedge.factors").entries:
        return ""
    written = str(factor_card(kind)["formula_zh" if language == "zh" else "formula"])
    return written.replace("`", "")  # marks of code in the page of the library


def source_of(kind: str) -> str:
    """Return the publication behind a factor of ours; empty for another."""
    entry = read_catalogue("quanthedge.factors").entries.get(kind)
    return str(entry["source"]) if entry else ""
