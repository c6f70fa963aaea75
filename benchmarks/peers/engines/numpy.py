"""numpy: how long the bytes of a job take alone, read and written once."""

from collections.abc import Callable

import numpy as np

from benchmarks.peers.world import World

PACKAGES = ("numpy",)
Job = Callable[[], dict[str, float]]


def load() -> None:
    """Nothing more to import."""


def betas(world: World) -> Job:
    """Read the returns, write two arrays of their size."""
    returns = world.returns()

    def work() -> dict[str, float]:
        first, second = returns + 1.0, returns * 2.0
        return {"last": float(first[-1, 0] + second[-1, 0])}

    return work


def operators(world: World) -> Job:
    """Read and write an array for each operator, and sort the days for their ranks."""
    returns = world.returns()

    def work() -> dict[str, float]:
        found = [returns + float(k) for k in range(6)]
        order = np.argsort(returns, axis=1)
        return {"last": float(found[-1][-1, 0]) + float(order[-1, 0])}

    return work


JOBS: dict[str, Callable[[World], Job]] = {"betas_floor": betas, "operators_floor": operators}
