"""Names and numbers of a judgement as a reader reads them, in one language."""

import re
from typing import Any

import numpy as np

from quanthedge.performance import Measure
from quanthedge.typing import Language
from quanthedge.words import texts

__all__ = ["Words", "parameter_name", "told"]

_MINUS = "\u2212"
_PLACE = re.compile(r"\.(\d+)\.")
_PERCENT = (
    "annual_return", "return", "volatility", "max_drawdown", "paid_per_year", "geometric_excess",
    "win_rate", "downside_deviation", "tracking_error", "excess_drawdown", "net_exposure",
    "hedge_ratio", "gross_exposure", "margin", "free_cash",
)  # fmt: skip
_CHANCES = ("deflated", "chance", "best_in_half", "plateau", "share", "probabilistic_sharpe")
_COEFFICIENTS = ("correlation", "beta", "book_beta", "net_beta")
_WHOLE = ("rank", "neighbours", "neighbours_failed", "trades", "refusals", "paid", "bought", "sold")


class Words:
    """The sentences of the page in one language, by ``group.name``."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._texts = texts("quanthedge.batch.judgement", "words")

    def __call__(self, place: str, /, **values: Any) -> str:
        """Return a sentence, its places filled."""
        group, name = place.split(".")
        return str(self._texts[group][name][self.language]).format(**values)

    def parameter(self, name: str) -> str:
        """Return a parameter's name: ours in words, its dotted place where there is none."""
        return parameter_name(name, self.language)

    def figure(self, name: str) -> str:
        """Return the name of a figure of the summary or of the judgement."""
        own = self._texts["column"].get(name)
        return str(own[self.language]) if own else Measure.name(name, self.language)


def parameter_name(name: str, language: Language) -> str:
    """Return a parameter's name: ours in words, its dotted place where there is none.

    >>> parameter_name("selector.n", "zh"), parameter_name("fund.redemption_fee", "en")
    ('持股数', 'fund.redemption_fee')
    >>> parameter_name("factors.0.weight", "en"), parameter_name("factors.0.weight", "zh")
    ('weight of factor 1', '第 1 个因子的权重')
    """
    kind, *place = _PLACE.split(name, maxsplit=1)  # of an entry of a list: its kind has the name
    key = "_n_".join([kind, *place[1:]]).replace(".", "_")
    known = texts("quanthedge.batch.judgement", "words")["parameter"].get(key)
    if not known:
        return name
    return str(known[language]).format(n=int(place[0]) + 1 if place else 0)


def told(value: Any, name: str) -> str:
    """Return a figure as it is printed under its name.

    >>> told(0.1234, "annual_return_net"), told(-0.5, "sharpe_net"), told(float("nan"), "turnover")
    ('12.3%', '−0.50', '–')
    """
    number = float(value)
    if np.isnan(number):
        return "–"
    if np.isinf(number):
        return "∞" if number > 0 else f"{_MINUS}∞"
    return _signed(format(number, _pattern(name)))


def _pattern(name: str) -> str:
    """Return how a figure is written."""
    if name in _CHANCES:
        return ".0%"
    if name in _WHOLE or (name.startswith("paid_") and not name.startswith("paid_per_year")):
        return ",.0f"
    if name.startswith(_PERCENT):
        return ".1%"
    if name.startswith(_COEFFICIENTS):
        return ".3f"
    return ".4f" if name.startswith("unit_value") else ".2f"


def _signed(text: str) -> str:
    """Return a number with a true minus, and none before nothing."""
    return text.replace("-", _MINUS) if re.search("[1-9]", text) else text.lstrip("-")
