"""bt: its algos on a frame of prices; it trades at the close that decides."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers.world import CAPITAL, COMMISSION, INVESTED, World, best

PACKAGES = ("bt", "ffn", "pandas")
Job = Callable[[], dict[str, float]]


def load() -> None:
    """Import it."""
    import bt  # noqa: F401


def _frame(world: World) -> Any:
    import pandas as pd

    return pd.DataFrame(world.mark, pd.DatetimeIndex(world.dates), world.codes)


def _run(prices: Any, algos: list[Any]) -> dict[str, float]:
    """Run algos; the last value of the strategy."""
    import bt

    made = bt.Backtest(
        bt.Strategy("equal", algos), prices, initial_capital=CAPITAL, integer_positions=True,
        commissions=lambda quantity, price: COMMISSION * abs(quantity) * price,
        progress_bar=False,
    )  # fmt: skip
    made.run()
    return {"equity": float(made.strategy.values.iloc[-1])}


def book(world: World) -> Job:
    """Weights of a table on the days that it has."""
    import bt
    import pandas as pd

    prices = _frame(world)
    # the rebalance of day t stands at the close before: row t of the marks
    weights = np.zeros((len(world.trade_days), world.stocks))
    for row, names in zip(weights, world.chosen, strict=True):
        row[names] = world.weight
    table = pd.DataFrame(weights, prices.index[world.trade_days], world.codes)
    return lambda: _run(prices, [bt.algos.WeighTarget(table), bt.algos.Rebalance()])


def strategy(world: World) -> Job:
    """Choose by score on each rebalancing day, equal weights."""
    import bt

    prices = _frame(world)
    days = prices.index[world.trade_days]
    codes = np.array(world.codes)

    class Choose(bt.Algo):
        """Hold the highest scores."""

        def __call__(self, target: Any) -> bool:
            row = world.scores[days.get_loc(target.now)]
            target.temp["selected"] = codes[best(row, world.names)].tolist()
            return True

    def work() -> dict[str, float]:
        return _run(
            prices,
            [
                bt.algos.RunOnDate(*days), Choose(), bt.algos.WeighEqually(),
                bt.algos.ScaleWeights(INVESTED), bt.algos.Rebalance(),
            ],
        )  # fmt: skip

    return work


JOBS: dict[str, Callable[[World], Job]] = {"book": book, "strategy": strategy}
