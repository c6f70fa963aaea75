"""alphalens: its figures of factors, on the same scores and forward returns."""

from collections.abc import Callable

from benchmarks.peers.world import World

PACKAGES = ("alphalens-reloaded", "pandas")
Job = Callable[[], dict[str, float]]


def load() -> None:
    """Import it."""
    import alphalens  # noqa: F401


def evaluation(world: World) -> Job:
    """Return its figures score by score: rank correlation, quantiles, turnover; no charts."""
    from benchmarks.evaluation import with_alphalens
    from benchmarks.peers.engines.quanthedge import evaluated

    made, scores = evaluated(world)
    works = {name: with_alphalens(made.market, made, of) for name, of in scores.items()}
    return lambda: {name: float(work()[0].mean().iloc[0]) for name, work in works.items()}


JOBS: dict[str, Callable[[World], Job]] = {"evaluation": evaluation}
