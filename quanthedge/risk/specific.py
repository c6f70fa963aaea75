"""The specific risk of a stock: its own residuals, a model where they say little, shrinkage.

1. Its own: weighted mean of squared residuals with lags (Newey-West) over traded days.
2. Structural: ln sigma on the exposures, over stocks with many residuals and no fat tails.
   ``gamma = min(1, max(0, (h - 60) / 120)) min(1, exp(1 - Z))`` with h the residuals of the last
   252 days, Z the distance of their deviation to the one by quartiles;
   ``sigma = gamma x own + (1 - gamma) x structural``.
3. Shrunk to the mean by market value of its decile of size:
   ``v = q |sigma - mean| / (deviation + q |sigma - mean|)``.
4. Multiplied by the level of the day (volatility regime).

References
----------
J. Menchero, D. J. Orr, J. Wang (2011), The Barra US equity model (USE4), methodology notes.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.typing import Floats, Ints

__all__ = ["SpecificMoments", "blended", "shrunk", "specific_of", "trust"]

WINDOW, _LEAST, _RAMP = 252, 60, 120
_TRUSTED = 0.999
_DECILES = 10


class SpecificMoments(NamedTuple):
    """Specific variances of a day, known at each close.

    Attributes
    ----------
    plain, adjusted : float32 [T, N]
        Without lags and with them; NaN before the first residual.
    counts : int64 [T, N]
        Residuals so far.
    regime : float64 [T]
        Level of all against what was forecast, squared.
    """

    plain: NDArray[np.float32]
    adjusted: NDArray[np.float32]
    counts: Ints
    regime: Floats


def specific_of(
    residuals: NDArray[np.float32],
    size: NDArray[np.float32],
    *,
    half_life: float,
    lags: int,
    regime_half_life: float,
    regime_cap: float,
) -> SpecificMoments:
    """Return the specific variances of all stocks and days.

    Parameters
    ----------
    residuals, size : float32 [T, N]
    half_life, lags, regime_half_life, regime_cap
        As in :class:`quanthedge.RiskModel`.
    """
    from quanthedge.risk.kernels.moments import specific_moments

    shape = residuals.shape
    made = SpecificMoments(
        np.empty(shape, np.float32), np.empty(shape, np.float32), np.zeros(shape, np.int64),
        np.ones(len(residuals)),
    )  # fmt: skip
    specific_moments(
        residuals, size, 0.5 ** (1.0 / half_life), lags, 0.5 ** (1.0 / regime_half_life),
        regime_cap, made.plain, made.adjusted, made.counts, made.regime,
    )  # fmt: skip
    return made


def trust(residuals: NDArray[np.float32]) -> Floats:
    """Return gamma [N]: how far a stock's own residuals [days, N] are believed."""
    from quanthedge.risk.kernels.moments import robust_spreads

    count, ratio = np.empty(residuals.shape[1]), np.empty(residuals.shape[1])
    robust_spreads(residuals, count, ratio)
    long = np.clip((count - _LEAST) / _RAMP, 0.0, 1.0)
    calm = np.minimum(1.0, np.exp(1.0 - np.nan_to_num(ratio, nan=np.inf)))
    return np.asarray(long * calm)


def blended(own: Floats, gamma: Floats, design: Floats, size: Floats) -> Floats:
    """Return volatilities [N]: own ones and what the exposures say, by how far own ones count.

    Parameters
    ----------
    own : float64 [N]
        Volatility by a stock's own residuals; NaN without any.
    gamma : float64 [N]
    design : float64 [N, K]
        Exposures of all stocks.
    size : float64 [N]
        Market value; NaN for stocks that are not listed.

    Notes
    -----
    Without ten more trusted stocks than exposures nothing is fitted: own ones stand, and the mean
    of the others' by market value fills in.
    """
    listed = np.isfinite(size)
    known = listed & np.isfinite(own) & (own > 0)
    fit = known & (gamma >= _TRUSTED)
    used = np.flatnonzero(np.abs(design[fit]).any(axis=0)) if fit.any() else np.empty(0, np.int64)
    model = np.full(len(own), np.nan)
    if fit.sum() >= len(used) + 10:
        weight = np.sqrt(size[fit])
        scaled = design[fit][:, used] * np.sqrt(weight)[:, None]
        slope = np.linalg.lstsq(scaled, np.log(own[fit]) * np.sqrt(weight), rcond=1e-10)[0]
        raw = np.exp(design[:, used] @ slope)
        model = raw * (weight @ own[fit]) / (weight @ raw[fit])
    elif known.any():
        model[:] = np.average(own[known], weights=size[known])
        gamma = np.where(known, 1.0, 0.0)
    mixed = np.where(known, gamma * np.nan_to_num(own) + (1.0 - gamma) * model, model)
    return np.where(listed, mixed, np.nan)


def shrunk(volatility: Floats, size: Floats, strength: float) -> Floats:
    """Return volatilities [N] drawn to the mean by market value of their decile of size.

    Examples
    --------
    >>> shrunk(np.array([0.01, 0.03]), np.array([1.0, 1.0]), 0.0).tolist()
    [0.01, 0.03]
    """
    made = volatility.copy()
    known = np.flatnonzero(np.isfinite(volatility) & np.isfinite(size))
    order = known[np.argsort(size[known], kind="stable")]
    for group in np.array_split(order, _DECILES):
        if len(group) == 0:
            continue
        mean = np.average(volatility[group], weights=size[group])
        off = strength * np.abs(volatility[group] - mean)
        spread = np.sqrt(np.mean((volatility[group] - mean) ** 2))
        pull = np.where(off > 0, off / np.where(off > 0, spread + off, 1.0), 0.0)
        made[group] = pull * mean + (1.0 - pull) * volatility[group]
    return made
