"""statsmodels: RollingOLS, stock by stock."""

from collections.abc import Callable

from benchmarks.peers.world import WINDOW, World

PACKAGES = ("statsmodels", "numpy", "pandas")
Job = Callable[[], dict[str, float]]


def load() -> None:
    """Import what is used of it."""
    import statsmodels.api
    import statsmodels.regression.rolling  # noqa: F401


def betas(world: World) -> Job:
    """Slopes and their standard errors."""
    import numpy as np
    import statsmodels.api as sm
    from statsmodels.regression.rolling import RollingOLS

    returns, design = world.returns(), sm.add_constant(world.market[1:])

    def work() -> dict[str, float]:
        slopes, errors = np.empty(returns.shape), np.empty(returns.shape)
        for i in range(world.stocks):
            column = np.ascontiguousarray(returns[:, i])
            found = RollingOLS(
                column, design, WINDOW, min_nobs=WINDOW * 2 // 3, missing="drop"
            ).fit()
            slopes[:, i], errors[:, i] = found.params[:, 1], found.bse[:, 1]
        return {"mean": float(np.nanmean(slopes[-1])), "error": float(np.nanmean(errors[-1]))}

    return work


JOBS: dict[str, Callable[[World], Job]] = {"betas": betas}
