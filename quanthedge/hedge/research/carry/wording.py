"""What the tables of carry assume, said in both languages."""

from typing import Any

from quanthedge.hedge.research.carry.terms import CarryTerms
from quanthedge.words import LANGUAGES, Bilingual, filled, in_both, texts

__all__ = ["assumed", "assumed_of_spreads"]


def assumed(terms: CarryTerms, *, lent: bool) -> dict[str, list[str]]:
    """Return the sentences on a table of carry, by language."""
    said = _words()
    last = said["lending" if lent else "no_lending"]
    return _by_language(
        in_both(said["price"]), in_both(said["basket"]), _costs(terms), _capital(terms),
        in_both(said["dividends"]), in_both(said["capacity"], participation=terms.participation),
        in_both(last),
    )  # fmt: skip


def assumed_of_spreads(terms: CarryTerms, *, larger: bool) -> dict[str, list[str]]:
    """Return the sentences on a table of calendar spreads, by language."""
    said = _words()
    margin = said["larger_side" if larger else "both_sides"]
    return _by_language(
        in_both(said["price"]), in_both(said["spread"]), in_both(said["dividends"]),
        _costs(terms), in_both(margin),
    )  # fmt: skip


def _words() -> dict[str, Any]:
    return texts("quanthedge.hedge.research.carry", "wording")


def _by_language(*sentences: Bilingual) -> dict[str, list[str]]:
    return {code: [one[code] for one in sentences] for code in LANGUAGES}


def _costs(terms: CarryTerms) -> Bilingual:
    return in_both(
        _words()["costs"],
        commission=terms.commission_rate,
        slippage=terms.slippage_bp,
        futures=terms.futures_slippage_bp,
    )


def _capital(terms: CarryTerms) -> Bilingual:
    """Return what the capital is made of and what it is charged."""
    said = _words()
    charged = (
        in_both(said["market"])
        if terms.financing == "market"
        else in_both(said["rate"], rate=terms.financing)
    )
    return {
        code: filled(
            said["capital"][code],
            code,
            account=said[terms.account][code],
            reserve=terms.reserve,
            financing=charged[code],
        )
        for code in LANGUAGES
    }
