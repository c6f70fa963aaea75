"""Results of statsmodels whose errors and intervals are those of the summary.

statsmodels is imported when a regression is asked for; its classes are derived from then, and
found under their names in this file by whoever unpickles one.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from quanthedge.performance import NeweyWest
from quanthedge.typing import Floats

if TYPE_CHECKING:
    from statsmodels.regression.linear_model import OLS, RegressionResultsWrapper

__all__ = ["robust_results"]


def __getattr__(name: str) -> Any:
    if name in ("RobustResults", "RobustWrapper"):
        return _classes()[name == "RobustWrapper"]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _classes() -> tuple[Any, Any]:
    """Return the class of the results, and of what gives them the coefficients' names."""
    from statsmodels.base.wrapper import populate_wrapper
    from statsmodels.regression.linear_model import OLSResults, RegressionResultsWrapper

    class RobustResults(OLSResults):  # type: ignore[misc]
        """Least squares with errors that allow for autocorrelation and leverage.

        Parameters
        ----------
        plain : OLSResults
            The fit.
        covariance : float64 [k, k]
            Of its coefficients.
        wider : float
            By what factor an interval is wider than Student's t makes it.
        """

        def __init__(self, plain: Any, covariance: Floats, wider: float) -> None:
            super().__init__(plain.model, plain.params, plain.normalized_cov_params, plain.scale)
            self.cov_params_default = covariance
            self.cov_type, self.use_t, self.wider = "HAC", True, wider
            lags = NeweyWest(int(plain.nobs)).lags
            told = f"Bartlett, {lags} lags, residuals over 1 - leverage, Kiefer-Vogelsang"
            self.cov_kwds = {"description": told, "maxlags": lags}

        def conf_int(self, alpha: float = 0.05) -> Any:
            """Return the intervals; the critical value's polynomial is that of 95%."""
            found = super().conf_int(alpha)
            centre = found.mean(axis=1, keepdims=True)
            return centre + self.wider * (found - centre)

    class RobustWrapper(RegressionResultsWrapper):  # type: ignore[misc]
        """Gives what the results know with the names of the coefficients."""

    for one in (RobustResults, RobustWrapper):
        one.__qualname__ = one.__name__
    populate_wrapper(RobustWrapper, RobustResults)
    return RobustResults, RobustWrapper


def robust_results(model: "OLS") -> "RegressionResultsWrapper":
    """Return the fit of a model with the errors of :meth:`quanthedge.performance.Pair.beta_hac`."""
    from scipy.special import stdtrit

    results, wrapper = _classes()
    plain = model.fit()._results
    n = int(plain.nobs)
    leverage = np.asarray(plain.get_influence().hat_matrix_diag)
    scores = model.exog * (plain.resid / np.maximum(1.0 - leverage, 1e-9))[:, None]
    lags = NeweyWest(n).lags
    meat = scores.T @ scores
    for lag in range(1, lags + 1):
        product = scores[lag:].T @ scores[:-lag]
        meat = meat + (1.0 - lag / (lags + 1.0)) * (product + product.T)
    bread = plain.normalized_cov_params
    wider = NeweyWest(n).critical_value / float(stdtrit(n - 2, 0.975))
    return wrapper(results(plain, bread @ meat @ bread, wider))
