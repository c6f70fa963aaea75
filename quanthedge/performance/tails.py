"""The tails of daily returns: skewness, kurtosis, value at risk, expected shortfall, capture."""

import numpy as np
import pandas as pd

from quanthedge.typing import Floats

__all__ = [
    "capture",
    "expected_shortfall",
    "expected_shortfall_cornish_fisher",
    "kurtosis",
    "skewness",
    "value_at_risk",
    "value_at_risk_cornish_fisher",
]

_FAR = 4.0  # deviations: once in 30,000 days of a normal distribution


def _known(returns: pd.Series) -> Floats:
    values = returns.to_numpy(dtype=np.float64)
    return np.asarray(values[np.isfinite(values)])


def _moment(values: Floats, order: int) -> float:
    """Return the standardised central moment, population form; NaN without variation."""
    if values.size < 2:
        return float("nan")
    away = values - values.mean()
    spread = float(np.sqrt(np.mean(away**2)))
    if spread <= 1e-15 * max(1.0, float(np.abs(values).max())):
        return float("nan")
    return float(np.mean((away / spread) ** order))


def skewness(returns: pd.Series) -> float:
    """Return the third standardised moment of the days (population form).

    >>> round(skewness(pd.Series([0.0, 0.0, 0.03])), 4)
    0.7071
    """
    return _moment(_known(returns), 3)


def kurtosis(returns: pd.Series) -> float:
    """Return the fourth standardised moment less 3: 0 for a normal distribution."""
    return _moment(_known(returns), 4) - 3.0


def value_at_risk(returns: pd.Series, level: float = 0.95) -> float:
    """Return the daily loss that was exceeded on ``1 - level`` of the days, above 0 for a loss.

    The lower empirical quantile, straight lines between order statistics (numpy's default).
    """
    values = _known(returns)
    return float(-np.quantile(values, 1.0 - level)) if values.size else float("nan")


def expected_shortfall(returns: pd.Series, level: float = 0.95) -> float:
    """Return the mean loss of the days at or beyond the value at risk."""
    values = _known(returns)
    if not values.size:
        return float("nan")
    worst = values[values <= np.quantile(values, 1.0 - level)]
    return float(-worst.mean()) if worst.size else float("nan")


def value_at_risk_cornish_fisher(returns: pd.Series, level: float = 0.95) -> float:
    """Return the value at risk of a normal distribution put right for skewness and kurtosis.

    Notes
    -----
    Cornish, E. A. and Fisher, R. A., 1938, "Moments and cumulants in the specification of
    distributions": with z the normal quantile, S the skewness and K the excess kurtosis, ``z + (z^2
    - 1) S / 6 + (z^3 - 3z) K / 24 - (2z^3 - 5z) S^2 / 36`` standard deviations (n - 1) from the
    mean. NaN without variation, and for S and K for which this does not rise with z from -4 to 4,
    so that it is no quantile (Maillard, 2012, "A user's guide to the Cornish-Fisher expansion").
    """
    from scipy.special import ndtri

    z = float(ndtri(1.0 - level))
    return _corrected(
        returns, z, (z**2 - 1.0) / 6.0, (z**3 - 3.0 * z) / 24.0, -(2.0 * z**3 - 5.0 * z) / 36.0
    )


def expected_shortfall_cornish_fisher(returns: pd.Series, level: float = 0.95) -> float:
    """Return the mean loss beyond the Cornish-Fisher value at risk.

    Notes
    -----
    The mean of the corrected quantiles below ``1 - level``: with z the normal quantile and f the
    normal density at z, ``-f / (1 - level) x (1 + z S / 6 + (z^2 - 1) K / 24 - (2z^2 - 1) S^2 /
    36)`` standard deviations (n - 1) from the mean (Maillard, 2012). NaN where the value at risk
    is.
    """
    from scipy.special import ndtri

    z = float(ndtri(1.0 - level))
    tail = float(-np.exp(-(z**2) / 2.0) / np.sqrt(2.0 * np.pi)) / (1.0 - level)
    return _corrected(
        returns,
        tail,
        tail * z / 6.0,
        tail * (z**2 - 1.0) / 24.0,
        -tail * (2.0 * z**2 - 1.0) / 36.0,
    )


def _corrected(
    returns: pd.Series, normal: float, skewed: float, fat: float, squared: float
) -> float:
    """Return the loss at ``normal + skewed S + fat K + squared S^2`` deviations from the mean."""
    values = _known(returns)
    s, k = _moment(values, 3), _moment(values, 4) - 3.0
    if not np.isfinite(s) or not _rises(s, k):
        return float("nan")
    away = normal + skewed * s + fat * k + squared * s**2
    return float(-(values.mean() + away * values.std(ddof=1)))


def _rises(s: float, k: float) -> bool:
    """Return whether the corrected quantile rises with z as far as four deviations out."""
    a, b, c = k / 8.0 - s**2 / 6.0, s / 3.0, 1.0 - k / 8.0 + 5.0 * s**2 / 36.0
    lowest = -b / (2.0 * a) if a > 0.0 else _FAR
    points = [-_FAR, _FAR, max(-_FAR, min(_FAR, lowest))]
    return min(a * z**2 + b * z + c for z in points) > 0.0


def capture(returns: pd.Series, index: pd.Series, *, up: bool) -> float:
    """Return the mean return on days on which the index rose (or fell), over the index's own.

    >>> capture(pd.Series([0.01, -0.01]), pd.Series([0.02, -0.02]), up=True)
    0.5
    """
    both = pd.concat([returns, index], axis=1).dropna().to_numpy()
    days = both[both[:, 1] > 0] if up else both[both[:, 1] < 0]
    return float(days[:, 0].mean() / days[:, 1].mean()) if len(days) else float("nan")
