"""What a strategy shows of itself: how stocks are chosen, hedged and paid for, and what to do."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from quanthedge.beta import estimator_text
from quanthedge.cards import Card, Cell
from quanthedge.factors import factor_name
from quanthedge.hedge import HedgeRule
from quanthedge.hedge.policies import policy_text
from quanthedge.kinds import Kinded, own_name
from quanthedge.portfolio import Periodic, Schedule, Selector, TopSelector
from quanthedge.typing import Language
from quanthedge.universe import Universe
from quanthedge.words import LANGUAGES, Bilingual, in_both, texts

if TYPE_CHECKING:
    from quanthedge.strategy.model import Strategy

__all__ = ["strategy_card"]

_LONGEST = 44  # columns that the names of factors may take


def strategy_card(strategy: "Strategy") -> Card:
    """Return the card of a strategy."""
    said = texts("quanthedge.strategy", "card")
    fund = strategy.fund
    chosen: list[tuple[Cell, ...]] = [
        (said["factors"], _factors(strategy)),
        (said["selector"], _selector(strategy.selector)),
        (said["universe"], _universe(strategy.universe)),
        (said["rebalance"], _rhythm(strategy.rebalance)),
        (said["beta"], _estimator(strategy)),
    ]
    named: Bilingual = {code: _sleeves(strategy, code) for code in LANGUAGES}
    sleeves: list[tuple[Cell, ...]] = [(said["sleeves"], named)] if strategy.sleeves else []
    figures: list[tuple[Cell, ...]] = [
        *(chosen if strategy.invested_fraction > 0 else []),
        *sleeves,
        (said["hedge"], _hedge(strategy.hedge)),
        (
            said["money"],
            in_both(
                said["capital"],
                capital=f"{strategy.capital_yuan:,.0f}",
                invested=f"{strategy.invested_fraction:.0%}",
            ),
        ),
        (
            said["fees"],
            in_both(
                said["terms"],
                management=f"{fund.management_fee_per_year:.2%}",
                performance=f"{fund.performance_fee_rate:.0%}",
            ),
        ),
    ]  # fmt: skip
    steps = [
        ('strategy.change("capital_yuan=5e7")', said["change"]),
        ("qh.backtest(strategy, market)", said["backtest"]),
        ("qh.audit(strategy, market)", said["audit"]),
        ("strategy.model_dump()", said["dump"]),
    ]
    title = {
        "en": str(said["title"]["en"]).format(name=strategy.name),
        "zh": str(said["title"]["zh"]).format(name=strategy.name_zh or strategy.name),
    }
    about = {
        "en": strategy.description,
        "zh": strategy.description_zh or strategy.description,
    }
    return Card(title, [about] if strategy.description else [], figures, steps)


def _factors(strategy: "Strategy") -> Bilingual:
    """Return how many factors there are, and the names of as many as a line takes."""
    from rich.cells import cell_len

    factors = strategy.all_factors()
    if not factors:
        given: Bilingual = texts("quanthedge.strategy", "card")["given"]
        return given
    told: Bilingual = {}
    for code in LANGUAGES:
        names = list(Counter(factor_name(one, code) for one in factors))
        comma, shown = {"en": ", ", "zh": "、"}[code], list[str]()
        for name in names:
            if cell_len(comma.join([*shown, name])) > _LONGEST:
                break
            shown.append(name)
        left = {"en": " ...", "zh": "等"}[code] if len(shown) < len(names) else ""
        text = str(_words()["counted" if shown else "uncounted"][code])
        told[code] = text.format(n=len(factors), names=comma.join(shown) + left)
    return told


def _selector(selector: Selector) -> Bilingual:
    """Return what picks the stocks; the kind in brackets is what a file names."""
    if not isinstance(selector, TopSelector):
        return _with_kind(selector, {code: selector.called(code) for code in LANGUAGES})
    weighted = _words()["weighting"][selector.weighting]
    text = _words()["top"]
    said: Bilingual = {
        code: text[code].format(n=f"{selector.n:,}", how=weighted[code]) for code in LANGUAGES
    }
    return _with_kind(selector, said)


def _universe(universe: Universe) -> Bilingual:
    if universe.own:
        return _own(universe, "universe")
    index = getattr(universe, "index", ())
    listed = ", ".join((index,) if isinstance(index, str) else index)
    text = _words()["universes"][universe.kind]
    said = in_both(text, n=f"{getattr(universe, 'n', 0):,}", index=listed)
    return _with_kind(universe, said)


def _rhythm(schedule: Schedule) -> Bilingual:
    if not isinstance(schedule, Periodic):
        return _own(schedule, "schedule")
    every = schedule.every
    text = _words()["every"]["days" if isinstance(every, int) else every]
    return _with_kind(schedule, in_both(text, n=every))


def _estimator(strategy: "Strategy") -> Bilingual:
    beta, text = strategy.beta, _words()["against"]
    said = _with_kind(beta, {code: estimator_text(beta, code) for code in LANGUAGES})
    if beta.index == strategy.benchmark:
        return said
    return {code: text[code].format(name=said[code], index=beta.index) for code in LANGUAGES}


def _hedge(hedge: HedgeRule) -> Bilingual:
    if hedge.sells_nothing:
        return dict(_words()["unhedged"])
    text, products = _words()["reviewed"], " + ".join(hedge.products)
    return {
        code: text[code].format(products=products, policy=policy_text(hedge.policy, code))
        for code in LANGUAGES
    }


def _sleeves(strategy: "Strategy", language: Language) -> str:
    """Return what the sleeves are called, with the part of the money that each may take."""
    names = (
        f"{(one.label_zh if language == 'zh' else '') or one.label} {one.budget:.0%}"
        for one in strategy.sleeves
    )
    return {"en": ", ", "zh": "、"}[language].join(names)


def _words() -> dict[str, Any]:
    return texts("quanthedge.strategy", "card")


def _own(part: Kinded, noun: str) -> Bilingual:
    return {code: own_name(part, noun, code) for code in LANGUAGES}


def _with_kind(part: Kinded, said: Bilingual) -> Bilingual:
    """Return what a part is with the kind that a file names it by; own parts say theirs."""
    if part.own:
        return said
    told: Bilingual = {}
    for code in LANGUAGES:
        inside = said[code].endswith(_ENDS[code])  # a bracket already: one, not two in a row
        text = str(_words()["kind_inside" if inside else "kind"][code])
        told[code] = text.format(what=said[code].removesuffix(_ENDS[code]), kind=part.kind)
    return told


_ENDS = {"en": ")", "zh": "）"}
