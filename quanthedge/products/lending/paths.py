"""Price paths for loans: geometric Brownian motion, with jumps, and blocks of a real history."""

import numpy as np

from quanthedge.errors import DataError
from quanthedge.rules import CALENDAR_DAYS_A_YEAR
from quanthedge.typing import Floats

__all__ = ["bootstrapped_paths", "brownian_paths", "hit_probability"]


def brownian_paths(
    price: float,
    volatility: float,
    steps: int,
    paths: int,
    *,
    drift: float = 0.0,
    step_days: float = 1.0,
    jumps_per_year: float = 0.0,
    jump_mean: float = 0.0,
    jump_volatility: float = 0.0,
    seed: int = 0,
) -> Floats:
    """Return paths of geometric Brownian motion, with normal jumps of the logarithm if wanted.

    Parameters
    ----------
    price, volatility, drift : float
        Start; volatility and expected growth a year.
    steps, paths : int
    step_days : float
        Calendar days of a step.
    jumps_per_year, jump_mean, jump_volatility : float
        Merton, R. C., 1976, "Option pricing when underlying stock returns are discontinuous"; the
        drift is that of the whole, jumps included.
    seed : int

    Returns
    -------
    ndarray [paths, steps + 1]
        Column 0 is the start.

    """
    rng = np.random.default_rng(seed)
    dt = step_days / CALENDAR_DAYS_A_YEAR
    mean_jump = np.exp(jump_mean + jump_volatility**2 / 2) - 1.0
    growth = (drift - volatility**2 / 2 - jumps_per_year * mean_jump) * dt
    moves = growth + volatility * np.sqrt(dt) * rng.standard_normal((paths, steps))
    if jumps_per_year > 0:
        count = rng.poisson(jumps_per_year * dt, (paths, steps))
        moves += count * jump_mean + np.sqrt(count) * jump_volatility * rng.standard_normal(
            (paths, steps)
        )
    logs = np.concatenate([np.zeros((paths, 1)), np.cumsum(moves, axis=1)], axis=1)
    return np.asarray(price * np.exp(logs))


def bootstrapped_paths(
    price: float, history: Floats, steps: int, paths: int, *, block: int = 20, seed: int = 0
) -> Floats:
    """Return paths of returns drawn in blocks from a price history.

    Parameters
    ----------
    price : float
        Start.
    history : ndarray [T]
        Prices, one a step.
    steps, paths : int
    block : int
        Steps of a block; blocks go round the end of the history (Politis, D. N. and Romano, J. P.,
        1992, "A circular block-resampling procedure for stationary data").

    Raises
    ------
    DataError
        When the history has fewer than two blocks or a price that is not positive.

    """
    history = np.asarray(history, dtype=np.float64)
    if history.size < 2 * block + 1 or not np.all(history > 0):
        raise DataError(
            f"lending: a history of {history.size} prices; accepted are at least {2 * block + 1} "
            f"positive ones for blocks of {block}"
        )
    returns = np.diff(np.log(history))
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, returns.size, (paths, -(-steps // block)))
    places = (starts[:, :, None] + np.arange(block)).reshape(paths, -1)[:, :steps] % returns.size
    logs = np.concatenate([np.zeros((paths, 1)), np.cumsum(returns[places], axis=1)], axis=1)
    return np.asarray(price * np.exp(logs))


def hit_probability(
    price: float,
    barrier: float,
    volatility: float,
    days: float,
    *,
    drift: float = 0.0,
    step_days: float = 0.0,
) -> float:
    """Return the probability that a geometric Brownian motion falls to a barrier within some days.

    Notes
    -----
    The reflection principle; looked at every ``step_days`` only, the barrier is moved away by
    ``exp(-0.5826 volatility sqrt(step))`` (Broadie, M., Glasserman, P. and Kou, S., 1997, "A
    continuity correction for discrete barrier options").

    >>> round(hit_probability(100.0, 60.0, 0.8, 365.0), 3)
    0.655
    """
    from scipy.stats import norm

    years = days / CALENDAR_DAYS_A_YEAR
    shift = np.exp(-0.5826 * volatility * np.sqrt(step_days / CALENDAR_DAYS_A_YEAR))
    log = np.log(barrier * shift / price)
    if log >= 0:
        return 1.0
    growth, spread = drift - volatility**2 / 2, volatility * np.sqrt(years)
    below = norm.cdf((log - growth * years) / spread)
    reflected = np.exp(2 * growth * log / volatility**2)
    return float(below + reflected * norm.cdf((log + growth * years) / spread))
