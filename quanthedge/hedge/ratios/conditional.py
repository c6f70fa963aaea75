"""Hedge ratios from fitted models: error correction, and dynamic conditional correlation.

Engle, R. and Granger, C., 1987, "Co-integration and error correction"; Ghosh, A., 1993, "Hedging
with stock index futures: estimation and forecasting with error correction model"; Bollerslev, T.,
1986, "Generalized autoregressive conditional heteroskedasticity"; Engle, R., 2002, "Dynamic
conditional correlation".
"""

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from quanthedge.errors import needs
from quanthedge.hedge.ratios.ratio_base import HedgeHistory, HedgeRatio
from quanthedge.typing import Floats

__all__ = ["DynamicCorrelation", "ErrorCorrection", "error_correction_ratio", "fit_garch"]

_PERCENT = 100.0  # GARCH likelihoods are well scaled for returns in per cent
_LEAST_VARIANCE = 1e-14  # of a daily return; below it a series does not move


class _Fitted(HedgeRatio):
    """A rule that fits a model on the last days, now and then."""

    window: int = Field(default=500, ge=60, description="Trading days a fit looks back.")
    refit_days: int = Field(default=21, ge=1, description="Trading days between fits.")
    min_observations: int = Field(
        default=250, ge=40, description="Days with all returns that a fit needs."
    )

    @property
    def memory(self) -> int:
        """Days that a row depends on."""
        return self.window + self.refit_days

    def _known(self, history: HedgeHistory, row: int) -> NDArray[np.int64]:
        """Rows of the window that ends on ``row`` with all returns."""
        begin = max(0, row - self.window + 1)
        known = np.isfinite(history.book[begin : row + 1])
        known &= np.isfinite(history.future[begin : row + 1, 0])
        return np.flatnonzero(known) + begin


class ErrorCorrection(_Fitted):
    """Ratio of the error-correction model of the book's and the future's cumulated values.

    ``log book = a + b log future + e`` is tested for cointegration; when it passes,
    ``d book[t] = c + g e[t-1] + h d future[t] + lags`` gives the ratio h, or b is taken.

    Examples
    --------
    >>> ErrorCorrection(coefficient="long_run").refit_days
    21
    """

    kind: Literal["error_correction"] = "error_correction"
    lags: int = Field(default=2, ge=0, le=20, description="Days of past changes in the model.")
    coefficient: Literal["short_run", "long_run"] = Field(
        default="short_run",
        description="h of the day's changes, or b of the levels, which marks taken at different "
        "hours do not disturb.",
    )
    significance: float = Field(
        default=0.05, gt=0, lt=1, description="Largest p-value taken as cointegrated."
    )

    def ratios(self, history: HedgeHistory, since: int) -> tuple[Floats, pd.DataFrame]:
        """Return them as :meth:`HedgeRatio.ratios` says."""
        ratio = np.full((history.book.size - since, 1), np.nan)
        refits = []
        for row in range(since, history.book.size, self.refit_days):
            days = self._known(history, row)
            if days.size < self.min_observations:
                continue
            fit = error_correction_ratio(history.book[days], history.future[days, 0], self.lags)
            cointegrated = fit["p_value"] <= self.significance
            if cointegrated:
                ratio[row - since : row - since + self.refit_days] = fit[self.coefficient]
            refits.append(
                {"date": pd.Timestamp(history.dates[row]), **fit, "cointegrated": cointegrated}
            )
        return ratio, pd.DataFrame(refits)


def error_correction_ratio(book: Floats, future: Floats, lags: int) -> dict[str, float]:
    """Return the Engle-Granger test and both ratios of the error-correction model.

    Parameters
    ----------
    book, future : float64 [n]
        Simple returns, all known.
    lags : int
        Past changes of both in the second step.

    Returns
    -------
    dict
        statistic and p_value of the test (augmented Dickey-Fuller on the residual, lag by AIC),
        long_run (slope of the levels), short_run (slope of the changes), correction (g).

    """
    from statsmodels.tsa.stattools import coint

    y, x = np.cumsum(np.log1p(book)), np.cumsum(np.log1p(future))
    statistic, p_value, _ = coint(y, x, trend="c", maxlag=5, autolag="aic")
    levels = np.column_stack([np.ones(x.size), x])
    long_run = np.linalg.lstsq(levels, y, rcond=None)[0]
    residual = y - levels @ long_run
    dy, dx = np.diff(y), np.diff(x)
    columns = [np.ones(dy.size - lags), residual[lags:-1], dx[lags:]]
    for lag in range(1, lags + 1):
        columns += [dy[lags - lag : -lag], dx[lags - lag : -lag]]
    changes = np.linalg.lstsq(np.column_stack(columns), dy[lags:], rcond=None)[0]
    return {
        "statistic": float(statistic),
        "p_value": float(p_value),
        "long_run": float(long_run[1]),
        "short_run": float(changes[2]),
        "correction": float(changes[1]),
    }


class DynamicCorrelation(_Fitted):
    """Ratio of the covariance and variance expected for tomorrow by DCC-GARCH(1,1).

    Each series has a GARCH(1,1) variance; the correlation of the standardised returns follows
    Engle's recursion around its average. Parameters are fitted every ``refit_days``; in between the
    recursions go on with each day's returns.

    Examples
    --------
    >>> DynamicCorrelation().window
    750
    """

    kind: Literal["dcc"] = "dcc"
    window: int = Field(default=750, ge=100, description="Trading days a fit looks back.")

    def ratios(self, history: HedgeHistory, since: int) -> tuple[Floats, pd.DataFrame]:
        """Return them as :meth:`HedgeRatio.ratios` says."""
        days = history.book.size
        ratio = np.full((days - since, 1), np.nan)
        refits = []
        for row in range(since, days, self.refit_days):
            known = self._known(history, row)
            if known.size < self.min_observations:
                continue
            pair = np.column_stack([history.book, history.future[:, 0]])
            if (pair[known].var(axis=0) < _LEAST_VARIANCE).any():
                continue
            stop = min(row + self.refit_days, days)
            fit, expected = _conditional_ratios(pair, known, stop)
            ratio[row - since : stop - since, 0] = expected
            refits.append({"date": pd.Timestamp(history.dates[row]), **fit})
        return ratio, pd.DataFrame(refits)


def _conditional_ratios(
    pair: Floats, known: NDArray[np.int64], stop: int
) -> tuple[dict[str, float], Floats]:
    """Fit on the known rows; ratios at their last and at each row after it up to ``stop``.

    A day without a return leaves the expectation as it was.
    """
    from quanthedge.hedge.kernels.ratios import correlation_path, garch_variances

    row = int(known[-1])
    later = np.arange(row + 1, stop)
    later = later[np.isfinite(pair[later]).all(axis=1)]
    used = np.concatenate([known, later])
    scaled = np.empty((used.size, 2))
    volatility = np.empty((used.size + 1, 2))
    fit: dict[str, float] = {}
    for m, name in enumerate(("book", "future")):
        model = fit_garch(pair[known, m])
        deviations = pair[used, m] - model["mean"]
        variance = garch_variances(
            deviations, model["constant"], model["arch"], model["garch"], model["start"]
        )
        volatility[:, m] = np.sqrt(variance)
        scaled[:, m] = deviations / volatility[:-1, m]
        fit[f"{name}_arch"], fit[f"{name}_garch"] = model["arch"], model["garch"]
        fit[f"{name}_converged"] = model["converged"]
    news, memory, average = _fit_correlation(scaled[: known.size])
    path = correlation_path(scaled, news, memory, average)
    expected = np.maximum(0.0, path * volatility[:, 0] / volatility[:, 1])
    fit |= {"news": news, "memory": memory, "average_correlation": average}
    # the expectation after the last used day at or before each row
    place = np.searchsorted(used, np.arange(row, stop), side="right")
    short = stop - row
    return fit, expected[place][:short]


def fit_garch(returns: Floats) -> dict[str, float]:
    """Return a GARCH(1,1) with constant mean and normal errors, fitted by maximum likelihood.

    Parameters
    ----------
    returns : float64 [n]
        All known.

    Returns
    -------
    dict
        mean, constant, arch, garch, start (variance expected for the first day), converged (1 or
        0: the optimiser gave up); the variances are those of plain returns, not of per cent.

    """
    with needs("garch"):
        from arch import arch_model

    model = arch_model(_PERCENT * returns, mean="Constant", vol="GARCH", p=1, q=1, rescale=False)
    fitted: Any = model.fit(disp="off", show_warning=False)
    values = fitted.params
    start = float(fitted.conditional_volatility[0]) ** 2
    return {
        "mean": float(values["mu"]) / _PERCENT,
        "constant": float(values["omega"]) / _PERCENT**2,
        "arch": float(values["alpha[1]"]),
        "garch": float(values["beta[1]"]),
        "start": start / _PERCENT**2,
        "converged": float(fitted.convergence_flag == 0),
    }


def _fit_correlation(scaled: Floats) -> tuple[float, float, float]:
    """News, memory and average of the correlation recursion by maximum likelihood."""
    from scipy.optimize import minimize

    from quanthedge.hedge.kernels.ratios import correlation_cost

    average = float(np.atleast_2d(np.corrcoef(scaled.T))[0, 1])
    best = minimize(
        lambda v: correlation_cost(scaled, v[0], v[1], average),
        np.array([0.03, 0.94]),
        method="Nelder-Mead",
        options={"xatol": 1e-5, "fatol": 1e-6, "maxiter": 400},
    )
    return float(best.x[0]), float(best.x[1]), average
