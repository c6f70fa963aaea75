"""What a strategy is, in a sentence made of its parameters: it cannot say what is not run."""

from typing import Any

from quanthedge.kinds import is_own, own_name
from quanthedge.report.specs import index_name
from quanthedge.report.texts import words
from quanthedge.report.writer import own_words, value_at
from quanthedge.typing import Language

__all__ = ["described", "sells_nothing"]


def described(strategy: dict[str, Any], language: Language) -> str:
    """Return the user's own description, or one made of the strategy's parameters.

    The sentence names how many stocks of which universe are held (or by which selector of the
    user's own), by how many factors, weighted how and hedged with what; empty where the strategy
    lacks one of them.
    """
    own = own_words(strategy, "description", language)
    wanted, factors = value_at(strategy, "selector.n"), strategy.get("factors")
    selector = value_at(strategy, "selector")
    picked = is_own(selector)
    if own or not (picked or isinstance(wanted, int)) or not factors:
        return own
    text, terms = words(language)["described"], words(language)["terms"]
    universe = _universe(strategy, language)
    if picked:
        name = own_name(selector, "selector", language)
        chosen = text["chosen_by"].format(universe=universe, name=name)
    else:
        most = value_at(strategy, "universe.n")
        everything = isinstance(most, int) and wanted >= most
        told = text["all_of" if everything else "some_of"]
        chosen = told.format(n=f"{wanted:,}", universe=universe)
    weighting = str(value_at(strategy, "selector.weighting"))
    count = len(factors)
    return str(
        text["sentence_own" if picked else "sentence"].format(
            chosen=chosen,
            factors=text["one_factor" if count == 1 else "factors"].format(count=count),
            weighting=text["weightings"].get(weighting, weighting),
            hedge=_hedge(strategy, text, terms),
        )
    )


def sells_nothing(strategy: dict[str, Any]) -> bool:
    """Return whether the strategy, as plain data, never sells a contract."""
    hedge = strategy.get("hedge") or {}
    return bool(hedge.get("ratio") == 0.0 and not hedge.get("range")) and not hedge.get(
        "risk_aversion"
    )


def _universe(strategy: dict[str, Any], language: Language) -> str:
    text, terms = words(language)["described"], words(language)["terms"]
    kind, n = str(value_at(strategy, "universe.kind")), value_at(strategy, "universe.n")
    if is_own(kind):
        return own_name(strategy["universe"], "universe", language)
    index = value_at(strategy, "universe.index")
    listed = index if isinstance(index, list | tuple) else [index]
    codes = terms["listed"].join(index_name(str(one), language) for one in listed)
    size = f"{n:,}" if isinstance(n, int) else ""
    return str(text["universes"].get(kind, text["universes"]["own"]).format(n=size, index=codes))


def _hedge(strategy: dict[str, Any], text: dict[str, Any], terms: dict[str, Any]) -> str:
    if sells_nothing(strategy):
        return str(text["unhedged"])
    product, contract = (value_at(strategy, f"hedge.{one}") for one in ("product", "contract"))
    products = product if isinstance(product, list | tuple) else [product]
    named = terms["listed"].join(terms["products"].get(str(one), str(one)) for one in products)
    month = terms["contracts"].get(str(contract), str(contract))
    return str(text["hedged"].format(products=named, contract=month))
