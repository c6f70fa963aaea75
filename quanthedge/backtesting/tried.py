"""A run in the registry of trials: what makes it another trial than the next."""

from quanthedge.backtesting.result import Result
from quanthedge.market import Market
from quanthedge.trials import Trial, count, digest, record

__all__ = ["counted"]

# what is said of a strategy and shown beside it, and changes no figure of the fund
_WORDS = {
    "name",
    "name_zh",
    "description",
    "description_zh",
    "comparison",
    "windows",
}


def counted(result: Result, market: Market) -> int | None:
    """Write a run into the registry; return how many trials on its days are known, itself included.

    None where the registry is off, or cannot be written or read.
    """
    strategy = result.strategy
    # a model of risk explains; where the selector reads it too, it decides
    shown = _WORDS if strategy.selector.kind == "optimised" else _WORDS | {"risk"}
    what = digest([strategy.model_dump(mode="json", exclude=shown), result.own_code])
    start, end = result.market_info["start"], result.market_info["end"]
    if not record(market, start, end, [Trial("backtest", strategy.name, what)]):
        return None
    return count(market, start, end)
