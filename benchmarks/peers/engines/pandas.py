"""pandas: rolling windows and rows of a DataFrame, as one would write them."""

from collections.abc import Callable

from benchmarks.peers.world import WINDOW, World

PACKAGES = ("pandas", "numpy")
Job = Callable[[], dict[str, float]]
LEAST = WINDOW * 2 // 3


def load() -> None:
    """Import it."""
    import pandas  # noqa: F401


def betas(world: World) -> Job:
    """Return covariance over variance on the days of each stock, without standard errors."""
    import numpy as np
    import pandas as pd

    returns = pd.DataFrame(world.returns())
    index = pd.Series(world.market[1:])

    def work() -> dict[str, float]:
        known = returns.notna()
        beside = pd.DataFrame(
            np.where(known, index.to_numpy()[:, None], np.nan), returns.index, returns.columns
        )
        covariance = returns.rolling(WINDOW, min_periods=LEAST).cov(index)
        found = covariance / beside.rolling(WINDOW, min_periods=LEAST).var()
        return {"mean": float(np.nanmean(found.to_numpy()[-1]))}

    return work


def operators(world: World) -> Job:
    """Return the operators that QuantHedge is timed on."""
    import numpy as np
    import pandas as pd

    returns = pd.DataFrame(world.returns())
    index = pd.Series(world.market[1:])

    def work() -> dict[str, float]:
        rolling = returns.rolling(WINDOW, min_periods=LEAST)
        low, high = returns.quantile(0.02, axis=1), returns.quantile(0.98, axis=1)
        count = returns.count(axis=1)
        found = {
            "mean": rolling.mean(),
            "std": rolling.std(),
            "max": rolling.max(),
            "skew": rolling.skew(),
            "corr": rolling.corr(index),
            "rank": returns.rank(axis=1).sub(0.5).div(count, axis=0) - 0.5,
            "winsorised": returns.clip(low, high, axis=0),
        }
        return {name: float(np.nanmean(np.abs(of.to_numpy()[-1]))) for name, of in found.items()}

    return work


JOBS: dict[str, Callable[[World], Job]] = {"betas": betas, "operators": operators}
