"""The embedded sample market and strategies, for tests that need a whole run."""

from functools import cache
from pathlib import Path

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.market import Market
from quanthedge.strategy import Strategy, load_strategy

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample"
NEUTRAL = ROOT / "strategies" / "market_neutral.toml"
START, END = "2014-09-17", "2015-07-31"


@cache
def sample_market() -> Market:
    return Market.open(SAMPLE)


def small_strategy(*changes: str) -> Strategy:
    """The example strategy with a book that fits the sample's 120 stocks."""
    return load_strategy(NEUTRAL, ["selector.n=30", *changes])


@cache
def sample_result_with_variants() -> Result:
    return backtest(small_strategy(), sample_market(), START, END, variants=("all",))


@cache
def sample_result() -> Result:
    return backtest(small_strategy(), sample_market(), START, END)
