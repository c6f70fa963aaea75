"""How least-squares slopes of first-order autoregressions scatter, compiled."""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.typing import Floats

__all__ = ["simulated_slopes"]


@njit(cache=True, error_model="numpy")
def simulated_slopes(noise: Floats, slopes: Floats) -> Floats:
    """Return least-squares slopes, with a constant, of Gaussian series of known slopes, [G, R].

    Parameters
    ----------
    noise : float64 [n + 1, R]
        Standard normal numbers; the first row makes the series' stationary starts.
    slopes : float64 [G]
        Above -1, at most 1; at 1 a series starts at 0.
    """
    steps, series = noise.shape[0] - 1, noise.shape[1]
    result = np.empty((slopes.size, series))
    last, sx, sy = np.empty(series), np.empty(series), np.empty(series)
    sxx, sxy = np.empty(series), np.empty(series)
    for g in range(slopes.size):
        b = slopes[g]
        start = 1.0 / np.sqrt(1.0 - b * b) if b < 1.0 else 0.0
        for r in range(series):
            last[r] = noise[0, r] * start
            sx[r] = sy[r] = sxx[r] = sxy[r] = 0.0
        for t in range(1, steps + 1):
            for r in range(series):
                x = last[r]
                y = b * x + noise[t, r]
                sx[r] += x
                sy[r] += y
                sxx[r] += x * x
                sxy[r] += x * y
                last[r] = y
        for r in range(series):
            result[g, r] = (sxy[r] - sx[r] * sy[r] / steps) / (sxx[r] - sx[r] * sx[r] / steps)
    return result
