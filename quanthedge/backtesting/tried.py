"""A run and its variants in the registry of trials: what makes each another trial than the next."""

from typing import Any

from quanthedge.backtesting.result import Result
from quanthedge.market import Market
from quanthedge.strategy import Strategy
from quanthedge.trials import Trial, count, digest, record

__all__ = ["counted", "trial_of"]

# what is said of a strategy and shown beside it, and changes no figure of the fund
_WORDS = {
    "name",
    "name_zh",
    "description",
    "description_zh",
    "comparison",
    "windows",
    "product",
}
# Variants that hold other stocks or another hedge: a fund that somebody may choose by its figures.
# With more or less money, own or borrowed, in the same stocks ("levered") nothing is chosen.
_OTHER_FUNDS = ("long_only", "index_hedged", "ungated", "stocks_alone")


def counted(result: Result, market: Market) -> int | None:
    """Write a run and its variants into the registry; return how many trials its days have.

    The run itself and its variants are among them. None where the registry is off, or cannot be
    written or read.
    """
    strategy = result.strategy
    trials = [trial_of(strategy, strategy.name, result.own_code)]
    trials += [
        trial_of(strategy.variant(name), f"{strategy.name}: {name}", result.own_code)
        for name in result.variants
        if name in _OTHER_FUNDS
    ]
    start, end = result.market_info["start"], result.market_info["end"]
    if not record(market, start, end, trials):
        return None
    return count(market, start, end)


def trial_of(strategy: Strategy, label: str, own_code: Any) -> Trial:
    """Return a run of a strategy as a trial; ``own_code`` is the user's own, by its files."""
    # a model of risk explains; where a selector or an allocation reads it too, it decides
    decides = strategy.selector.needs_circumstances or strategy.layers.allocation.kind != "none"
    shown = _WORDS if decides else _WORDS | {"risk"}
    what = digest([strategy.model_dump(mode="json", exclude=shown), own_code])
    return Trial("backtest", label, what)
