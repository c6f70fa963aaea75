"""backtrader: a data feed for each stock; orders of the close fill at the next open."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers.world import CAPITAL, COMMISSION, World, best

PACKAGES = ("backtrader", "pandas")
Job = Callable[[], dict[str, float]]


def load() -> None:
    """Import it."""
    import backtrader  # noqa: F401


def _feeds(world: World) -> list[Any]:
    """Return a frame a stock; row 0 is the day before the first."""
    import pandas as pd

    index = pd.DatetimeIndex(world.dates)
    opened = np.vstack([world.mark[:1], world.mark[:-1]])
    made = []
    for i in range(world.stocks):
        first, last = opened[:, i], world.mark[:, i]
        bars = {
            "open": first, "high": np.maximum(first, last), "low": np.minimum(first, last),
            "close": last, "volume": 1e8,
        }  # fmt: skip
        made.append(pd.DataFrame(bars, index))
    return made


def _run(world: World, chosen: Callable[[int], Any]) -> Job:
    import backtrader

    frames = _feeds(world)
    places = {int(day): r for r, day in enumerate(world.trade_days)}

    class Equal(backtrader.Strategy):  # type: ignore[misc, unused-ignore]
        """Sell what is no longer wanted, then bring the rest to its weight."""

        def next(self) -> None:
            """After each close."""
            r = places.get(len(self) - 1)
            if r is None:
                return
            names = set(chosen(r).tolist())
            held = {i for i, data in enumerate(self.datas) if self.getposition(data).size}
            for i in held - names:
                self.order_target_percent(self.datas[i], 0.0)
            for i in sorted(names, key=lambda i: self.getposition(self.datas[i]).size == 0):
                self.order_target_percent(self.datas[i], world.weight)

    def work() -> dict[str, float]:
        cerebro = backtrader.Cerebro(stdstats=False)
        for frame in frames:
            cerebro.adddata(backtrader.feeds.PandasData(dataname=frame, openinterest=None))
        cerebro.addstrategy(Equal)
        cerebro.broker.setcash(CAPITAL)
        cerebro.broker.setcommission(commission=COMMISSION)
        cerebro.broker.set_checksubmit(False)
        cerebro.run()
        return {"equity": float(cerebro.broker.getvalue())}

    return work


def book(world: World) -> Job:
    """Given targets."""
    return _run(world, lambda r: world.chosen[r])


def strategy(world: World) -> Job:
    """Choose by score on each rebalancing day."""
    return _run(world, lambda r: best(world.scores[r], world.names))


JOBS: dict[str, Callable[[World], Job]] = {"book": book, "strategy": strategy}
