"""vectorbt: `Portfolio.from_orders` on the same targets, and a grid of columns for a sweep."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers.world import CAPITAL, COMMISSION, HEDGED, HEDGES, World, best

PACKAGES = ("vectorbt", "numba", "pandas")
Job = Callable[[], dict[str, float]]


def load() -> None:
    """Import it."""
    import vectorbt  # noqa: F401


def targets(world: World, chosen: list[Any], weight: float) -> Any:
    """Return targets as it takes them: [T, N], NaN = no order, 0 = sell what was held."""
    size = np.full((world.days, world.stocks), np.nan)
    held: Any = np.empty(0, dtype=np.int64)
    for day, names in zip(world.trade_days, chosen, strict=True):
        size[day, held] = 0.0
        size[day, names] = weight
        held = names
    return size


def sequence(world: World, chosen: list[Any]) -> Any:
    """Return an order of calls, [T, N], in which the stocks that leave come first."""
    calls = np.tile(np.arange(world.stocks), (world.days, 1))
    held: Any = np.empty(0, dtype=np.int64)
    for day, names in zip(world.trade_days, chosen, strict=True):
        leaving = np.setdiff1d(held, names)
        calls[day] = np.concatenate([leaving, np.delete(calls[day], leaving)])
        held = names
    return calls


def portfolio(world: World, size: Any, calls: Any = "auto") -> Any:
    """Run the orders: one pot of cash, sales before purchases, sized at the last close."""
    import pandas as pd
    import vectorbt

    return vectorbt.Portfolio.from_orders(
        close=pd.DataFrame(world.mark[1:]), size=size, size_type="targetpercent",
        price=world.mark[:-1], val_price=world.mark[:-1], init_cash=CAPITAL, fees=COMMISSION,
        cash_sharing=True, group_by=True, call_seq=calls, freq="1D",
    )  # fmt: skip


def book(world: World) -> Job:
    """Keep the books of given targets; making their table is not timed."""
    size = targets(world, world.chosen, world.weight)
    return lambda: {"equity": float(portfolio(world, size).final_value())}


def strategy(world: World) -> Job:
    """Choose by score, then the same."""

    def work() -> dict[str, float]:
        chosen = [best(row, world.names) for row in world.scores]
        size = targets(world, chosen, world.weight)
        return {"equity": float(portfolio(world, size).final_value())}

    return work


def sweep(world: World) -> Job:
    """Run a hundred groups of the stocks and a short future each, side by side in one table."""
    import pandas as pd
    import vectorbt

    level = 3000.0 * np.cumprod(1.0 + world.market)
    mark = np.column_stack([world.mark, level])
    stocks = targets(world, world.chosen, HEDGED / world.names)
    size = np.column_stack([stocks, np.full(world.days, np.nan)])
    fees = np.append(np.full(world.stocks, COMMISSION), 0.0)
    columns = pd.RangeIndex(len(fees) * len(HEDGES))
    groups = np.repeat(np.arange(len(HEDGES)), len(fees))

    def work() -> dict[str, float]:
        sizes = np.tile(size, len(HEDGES))
        short = np.arange(len(fees) - 1, len(columns), len(fees))
        sizes[world.trade_days[:, None], short] = -HEDGES * HEDGED
        close = pd.DataFrame(np.tile(mark[1:], len(HEDGES)), columns=columns)
        last = np.tile(mark[:-1], len(HEDGES))
        found = vectorbt.Portfolio.from_orders(
            close=close, size=sizes, size_type="targetpercent", price=last, val_price=last,
            init_cash=CAPITAL, fees=np.tile(fees, len(HEDGES))[None, :], cash_sharing=True,
            group_by=groups, call_seq="auto", freq="1D",
        ).final_value()  # fmt: skip
        return {"first": float(found.iloc[0]), "last": float(found.iloc[-1])}

    return work


JOBS: dict[str, Callable[[World], Job]] = {"book": book, "strategy": strategy, "sweep": sweep}
