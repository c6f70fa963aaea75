"""What a strategy is, in a sentence made of its parameters: it cannot say what is not run."""

from typing import Any

from quanthedge.kinds import own_name
from quanthedge.portfolio import TableWeights, TopSelector
from quanthedge.report.specs import index_name
from quanthedge.report.texts import words
from quanthedge.report.writer import own_words
from quanthedge.strategy import Strategy
from quanthedge.typing import Language
from quanthedge.universe import IndexUniverse, LargestUniverse

__all__ = ["described"]


def described(strategy: Strategy, language: Language) -> str:
    """Return the user's own description, or one made of the strategy's parameters.

    The sentence names how many stocks of which universe are held (or by which selector of the
    user's own), by how many factors, weighted how and hedged with what.
    """
    own = own_words(strategy, "description", language)
    if own:
        return own
    text, terms = words(language)["described"], words(language)["terms"]
    universe, selector = _universe(strategy, language), strategy.selector
    if isinstance(selector, TableWeights):
        name = own_name(selector, selector.what, language)
        return str(text["stated"].format(name=name, hedge=_hedge(strategy, text, terms)))
    if isinstance(selector, TopSelector):
        size = _size(strategy)
        weighting = str(selector.weighting)
        everything = size is not None and selector.n >= size
        told = text["all_of" if everything else "some_of"]
        chosen = told.format(n=f"{selector.n:,}", universe=universe)
    else:
        name, weighting = selector.called(language), ""
        chosen = text["chosen_by"].format(universe=universe, name=name)
    picked = not isinstance(selector, TopSelector)
    return str(
        text["sentence_own" if picked else "sentence"].format(
            chosen=chosen,
            factors=_factors(strategy, text, language),
            weighting=text["weightings"].get(weighting, weighting),
            hedge=_hedge(strategy, text, terms),
        )
    )


def _factors(strategy: Strategy, text: dict[str, Any], language: Language) -> str:
    """Return by how many factors stocks are chosen, and how they are combined."""
    count, alpha = len(strategy.all_factors()), strategy.alpha
    if alpha is not None:
        name = alpha.combine.called(language)
        return str(text["combined"].format(count=count, combination=name))
    return str(text["one_factor" if count == 1 else "factors"].format(count=count))


def _size(strategy: Strategy) -> int | None:
    """Return of how many stocks the universe is; None where that differs from day to day."""
    return strategy.universe.n if isinstance(strategy.universe, LargestUniverse) else None


def _universe(strategy: Strategy, language: Language) -> str:
    text, terms = words(language)["described"], words(language)["terms"]
    universe, n = strategy.universe, _size(strategy)
    if universe.own:
        return own_name(universe, "universe", language)
    index = universe.index if isinstance(universe, IndexUniverse) else ()
    listed = (index,) if isinstance(index, str) else index
    codes = terms["listed"].join(index_name(one, language) for one in listed)
    named = text["universes"].get(universe.kind, text["universes"]["own"])
    return str(named.format(n="" if n is None else f"{n:,}", index=codes))


def _hedge(strategy: Strategy, text: dict[str, Any], terms: dict[str, Any]) -> str:
    hedge = strategy.hedge
    if hedge.sells_nothing:
        return str(text["unhedged"])
    named = terms["listed"].join(terms["products"].get(one, one) for one in hedge.products)
    month = terms["contracts"].get(hedge.contract, hedge.contract)
    return str(text["hedged"].format(products=named, contract=month))
