"""vectorbt without its sorting: the order of calls is worked out ahead and handed over."""

from collections.abc import Callable

from benchmarks.peers.engines.vectorbt import PACKAGES, Job, load, portfolio, sequence, targets
from benchmarks.peers.world import World

__all__ = ["JOBS", "PACKAGES", "load"]


def book(world: World) -> Job:
    """Keep the books of given targets; their table and the order of calls are not timed."""
    size = targets(world, world.chosen, world.weight)
    calls = sequence(world, world.chosen)
    return lambda: {"equity": float(portfolio(world, size, calls).final_value())}


JOBS: dict[str, Callable[[World], Job]] = {"book": book}
