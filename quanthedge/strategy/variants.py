"""The same strategy without its hedge, without and with a loan, and with the index for its stocks.

What each of them is, is said here once; :func:`quanthedge.backtest` runs them beside the strategy.
"""

from typing import TYPE_CHECKING

from quanthedge.alpha import FactorTerm
from quanthedge.errors import StrategyError
from quanthedge.factors import Size, Transforms
from quanthedge.hedge import DollarNeutral
from quanthedge.layers import Layers, NoAllocation
from quanthedge.portfolio import TopSelector
from quanthedge.rules import index_of
from quanthedge.sleeves.sharing import FixedShares
from quanthedge.universe import IndexUniverse

if TYPE_CHECKING:
    from quanthedge.strategy.model import Strategy

__all__ = ["EVERY_MEMBER", "VARIANTS", "variant", "variant_names"]

VARIANTS = ("long_only", "unlevered", "levered", "index_hedged", "ungated", "stocks_alone")
_LONG_ONLY = 0.95  # of equity in stocks: no margin has to be kept, 5% stays in cash
_TIMES = 1.5  # stocks of the levered variant over those of the unlevered one
_ROOM = 0.3  # of the stocks, kept for the margin of the futures: 20% and half as much above it
EVERY_MEMBER = 10_000  # more than any index has
_NO_SLEEVES = {"sleeves": [], "sharing": FixedShares()}


def _whole(layers: Layers) -> Layers:
    """Return the layers without an allocation."""
    return layers.model_copy(update={"allocation": NoAllocation()})


def variant_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the variants wanted, each once; "all" stands for every one.

    Raises
    ------
    StrategyError
        When a name is not known.

    Examples
    --------
    >>> variant_names(("levered", "long_only", "levered"))
    ('levered', 'long_only')
    """
    for name in names:
        if name not in (*VARIANTS, "all"):
            raise StrategyError(f"variant {name!r}; accepted: all, {', '.join(VARIANTS)}")
    return VARIANTS if "all" in names else tuple(dict.fromkeys(names))


def variant(strategy: "Strategy", name: str) -> "Strategy":
    """Return a variant of a strategy.

    Parameters
    ----------
    strategy : Strategy
    name : str
        ``long_only``: the same stocks with 95% of equity at all times, no futures, no margin kept,
        no loan.
        ``unlevered``: no loan; a strategy that borrows holds at most the stocks that its own money
        carries together with 30% of them for margin.
        ``levered``: one and a half times the stocks of the unlevered variant, the loan being what
        stocks and 30% of them for margin need beyond the equity.
        ``index_hedged``: all members of the index of the (first) product by their weights in it
        instead of chosen stocks, sold short in equal value: holding the index against futures at
        all times, whatever the basis. No loan.
        ``ungated``: the whole book at all times, without the allocation of ``[layers]``; the loan,
        if there is one, stays. A strategy with an allocation always runs it beside itself.
        ``stocks_alone``: the same stocks and hedge without the sleeves beside them; a strategy with
        both always runs it beside itself. None of the others but ``ungated`` holds any sleeve.

    Raises
    ------
    StrategyError
        When the name is not known.
    """
    if name == "ungated":
        return type(strategy).model_validate(dict(strategy) | {"layers": _whole(strategy.layers)})
    if name == "stocks_alone":
        return type(strategy).model_validate(dict(strategy) | _NO_SLEEVES)
    own = min(strategy.invested_fraction, round(1.0 / (1.0 + _ROOM), 4))
    unlevered = own if strategy.borrows() else strategy.invested_fraction
    changes: dict[str, object] = {"invested_fraction": unlevered, **_NO_SLEEVES}
    hedge, loan = strategy.hedge, 0.0
    if name == "long_only":
        changes["invested_fraction"] = _LONG_ONLY
        none = {"ratio": 0.0, "range": None, "risk_aversion": 0.0}
        hedge = hedge.model_copy(update=none)
        changes["layers"] = _whole(strategy.layers)
    elif name == "levered":
        stocks = round(unlevered * _TIMES, 6)
        changes["invested_fraction"] = stocks
        loan = round(max(0.0, stocks * (1.0 + _ROOM) - 1.0), 4)
    elif name == "index_hedged":
        product = hedge.products[0]
        equal = {"ratio": DollarNeutral(), "range": None, "risk_aversion": 0.0, "product": product}
        hedge = hedge.model_copy(update=equal)
        changes |= {
            "universe": IndexUniverse(index=index_of(product), filters=()),
            "factors": [FactorTerm(factor=Size())],
            "alpha": None,
            "layers": Layers(),
            "transforms": Transforms(),
            "selector": TopSelector(n=EVERY_MEMBER, weighting="index", index=index_of(product)),
        }
        if strategy.beta.index != index_of(product):
            changes["beta"] = strategy.beta.model_copy(update={"index": index_of(product)})
    elif name != "unlevered":
        raise StrategyError(f"variant {name!r}; accepted: {', '.join(VARIANTS)}")
    accounts = strategy.accounts.model_copy(update={"borrowed": loan})
    parts = dict(strategy) | changes | {"hedge": hedge, "accounts": accounts}
    return type(strategy).model_validate(parts)
