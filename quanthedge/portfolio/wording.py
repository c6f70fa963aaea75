"""What a selector is called, in both languages (``words.toml``)."""

from quanthedge.kinds import is_own, own_name
from quanthedge.portfolio.selection import Selector
from quanthedge.portfolio.weights import TableWeights
from quanthedge.typing import Language
from quanthedge.words import texts

__all__ = ["selector_name"]


def selector_name(selector: Selector, language: Language) -> str:
    """Return what a selector is called: by its kind, or as its author calls it.

    >>> from quanthedge.portfolio.optimised import OptimisedSelector
    >>> selector_name(OptimisedSelector(risk_aversion=10), "en")
    'an optimiser against 000300.SH'
    """
    if isinstance(selector, TableWeights):
        return own_name(selector, selector.what, language)
    if is_own(selector):
        return own_name(selector, "selector", language)
    text = str(texts("quanthedge.portfolio", "words")["kinds"][selector.kind][language])
    return text.format(index=getattr(selector, "benchmark", ""))
