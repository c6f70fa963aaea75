"""Errors of beta and correlation where days hang together and noise grows with the market.

The plain errors of :class:`quanthedge.performance.relation.Pair` suppose independent days of even
noise. Here the slope has the error of Newey and West (1987) from residuals blown up by their
leverage (MacKinnon and White, 1985, HC3) and the critical value of Kiefer and Vogelsang (2005) for
its bandwidth; the correlation has a studentised stationary bootstrap. ``benchmarks/intervals.py``
measures how often either covers the truth.
"""

from functools import lru_cache
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.performance.resampling import bounded, draw
from quanthedge.risk import one_thread
from quanthedge.typing import Floats

__all__ = ["NeweyWest", "drawn_correlation", "robust_slopes"]

_HIGHEST = 1.0 - 1e-12


class NeweyWest(NamedTuple):
    """How n observations in a row are weighed and judged.

    >>> NeweyWest(250).lags, round(NeweyWest(250).critical_value, 3)
    (4, 2.029)
    """

    n: int

    @property
    def lags(self) -> int:
        """Lags of the Bartlett kernel: ``floor(4 (n / 100) ** (2 / 9))``."""
        return int(np.floor(4.0 * (self.n / 100.0) ** (2.0 / 9.0)))

    @property
    def critical_value(self) -> float:
        """By how many errors the 95% interval reaches to either side.

        Student's t of n - 2 degrees of freedom times ``(1.96 + 2.9694 b + 0.416 b^2 - 0.5324 b^3) /
        1.96`` with b = (lags + 1) / n (Kiefer and Vogelsang, 2005).
        """
        from scipy.special import stdtrit

        b = (self.lags + 1.0) / self.n
        wider = (1.96 + 2.9694 * b + 0.416 * b**2 - 0.5324 * b**3) / 1.96
        return float(stdtrit(self.n - 2, 0.975)) * wider


def drawn_correlation(
    x: Floats, y: Floats, paths: int, seed: int
) -> tuple[float, float, float, float]:
    """Return the correlation of pairs, its error, and the ends of its interval, by bootstrap.

    Parameters
    ----------
    x, y : float64 [n]
        In order of time, each of mean 0 and deviation 1.
    paths, seed : int
        Of the stationary bootstrap.

    Notes
    -----
    See :meth:`quanthedge.performance.relation.Pair.correlation_bootstrap`.
    """
    n, products = len(x), _products(x, y)
    centre, error = (float(found[0]) for found in _fisher(np.full((1, n), 1.0 / n), products))
    drawn, errors = _of_moments(_drawn_moments(n, paths, seed, products), n)
    away = np.abs(drawn - centre) / np.maximum(errors, 1e-12)
    half = float(np.quantile(away, 0.95)) * error
    r = float(np.tanh(centre))
    low, high = float(np.tanh(centre - half)), float(np.tanh(centre + half))
    return r, error * (1.0 - r * r), low, high


def _drawn_moments(n: int, paths: int, seed: int, products: Floats) -> Floats:
    """Return the raw moments of drawn paths, [paths, 25]."""
    pieces, shares = _times_drawn(n, paths, seed), products / n
    room = np.empty(pieces[0].shape)  # one for all: new ones would each be cleared first
    found = []
    with one_thread():
        for times in pieces:
            some = room[: len(times)]
            np.copyto(some, times)
            found.append(some @ shares)
    return np.concatenate(found)


@lru_cache(maxsize=6)  # a report asks again and again for the same days: 2 bytes a day and path
def _times_drawn(n: int, paths: int, seed: int) -> tuple[NDArray[np.uint16], ...]:
    """Return how often each of n days comes in each drawn path, [paths, n] in pieces."""
    block, random = float(np.cbrt(n)), np.random.default_rng(seed)
    pieces = []
    for count in bounded(paths, n):
        some = draw(n, n, count, block, random) + n * np.arange(count)[:, None]
        times = np.bincount(some.ravel(), minlength=count * n).reshape(count, n)
        pieces.append(times.astype(np.uint16))
    return tuple(pieces)


def robust_slopes(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return slope and robust error of each row, [rows] each, from [rows, n]."""
    n = x.shape[1]
    dx, dy = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    squares = (dx * dx).sum(axis=1)
    slope = (dx * dy).sum(axis=1) / squares
    leverage = 1.0 / n + dx * dx / squares[:, None]
    scores = dx * (dy - slope[:, None] * dx) / np.maximum(1.0 - leverage, 1e-9)
    lags = NeweyWest(n).lags
    total = (scores * scores).sum(axis=1)
    for lag in range(1, lags + 1):
        product = (scores[:, lag:] * scores[:, :-lag]).sum(axis=1)
        total = total + 2.0 * (1.0 - lag / (lags + 1.0)) * product
    return slope, np.sqrt(np.maximum(total, 0.0)) / squares


def _products(x: Floats, y: Floats) -> Floats:
    """Return ``x^a y^b`` for a and b from 0 to 4, [n, 25]."""
    own, other = (_powers(values) for values in (x, y))
    return np.asarray((own[:, :, None] * other[:, None, :]).reshape(-1, 25))


def _powers(values: Floats) -> Floats:
    """Return values to the powers from 0 to 4, [n, 5]."""
    found = np.ones((len(values), 5))
    for power in range(1, 5):
        np.multiply(found[:, power - 1], values, out=found[:, power])
    return found


def _fisher(weights: Floats, products: Floats) -> tuple[Floats, Floats]:
    """Return atanh of the correlation of weighted pairs and its error, [rows] each.

    ``weights`` are [rows, n] and add up to 1; `products` come from :func:`_products`.
    """
    return _of_moments(weights @ products, products.shape[0])


def _of_moments(moments: Floats, n: int) -> tuple[Floats, Floats]:
    """Return what :func:`_fisher` does, from the means of the products of n pairs, [rows, 25]."""
    raw = moments.reshape(-1, 5, 5)
    off_x, off_y = ([(-mean) ** k for k in range(5)] for mean in (raw[:, 1, 0], raw[:, 0, 1]))

    def central(a: int, b: int) -> Floats:
        """Mean of (x - its mean)^a (y - its mean)^b."""
        total = np.zeros(len(raw))
        for i in range(a + 1):
            for j in range(b + 1):
                moved = off_x[a - i] * off_y[b - j]
                total += comb(a, i) * comb(b, j) * moved * raw[:, i, j]
        return total

    sx, sy = (np.sqrt(np.maximum(central(*ab), 1e-24)) for ab in ((2, 0), (0, 2)))
    r = np.clip(central(1, 1) / (sx * sy), -_HIGHEST, _HIGHEST)
    even = central(4, 0) / sx**4 + central(0, 4) / sy**4 + 2.0 * central(2, 2) / (sx * sy) ** 2
    odd = central(3, 1) / (sx**3 * sy) + central(1, 3) / (sx * sy**3)
    spread = central(2, 2) / (sx * sy) ** 2 + r * r / 4.0 * even - r * odd
    return np.arctanh(r), np.sqrt(np.maximum(spread, 0.0) / n) / (1.0 - r * r)
