"""Risk from returns alone: principal components, or a sample covariance shrunk by Ledoit and Wolf.

Both answer what the model of characteristics does (:class:`quanthedge.risk.fitted.FittedRisk`), as
a factor model: components with their residuals, or the days of the window as factors beside one
variance for all.

References
----------
G. Connor, R. Korajczyk (1988), Risk and return in an equilibrium APT: components of returns.
O. Ledoit, M. Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from pydantic import ConfigDict, Field

from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.plain import Told
from quanthedge.risk.fitted import FittedRisk
from quanthedge.risk.forecast import RiskForecast
from quanthedge.risk.hedge_exposure import BasisRisk
from quanthedge.risk.threads import one_thread
from quanthedge.typing import Bools, Floats

__all__ = ["FittedStatisticalRisk", "StatisticalRiskModel"]

_LEAST_SHARE = 0.5  # of the window's days that a stock must have traded to be estimated itself


class StatisticalRiskModel(Told):
    """Risk from the returns of a window of days, all alike."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["pca", "ledoit_wolf"] = "pca"
    window: int = Field(default=252, ge=40, description="Days of returns.")
    components: int = Field(default=20, ge=1, description="Of pca.")
    largest_move: float = Field(default=0.11, gt=0, description="As in RiskModel.")

    def fit(self, market: Market) -> "FittedStatisticalRisk":
        """Return the model of a market; a day is worked out when it is asked for."""
        if len(market.dates) <= self.window:
            raise DataError(
                f"StatisticalRiskModel.fit: {len(market.dates)} days in '{market.name}'; a window "
                f"of {self.window} needs more"
            )
        return FittedStatisticalRisk(self, market)


@dataclass(frozen=True)
class FittedStatisticalRisk(FittedRisk):
    """A statistical model of every day from the end of the first window on."""

    model: StatisticalRiskModel
    market: Market
    _basis: dict[str, BasisRisk] = field(default_factory=dict, repr=False, compare=False)

    @property
    def first_row(self) -> int:
        """The last day of the first window."""
        return self.model.window

    def forecast(self, day: object, horizon: int = 1) -> RiskForecast:
        """Return the factor model of a day's window.

        Notes
        -----
        The horizon multiplies: returns of days count as independent. A stock that traded on fewer
        than half of the days has the mean exposures and specific variance of the others.
        """
        row = self._row(day)
        if row < self.first_row:
            raise DataError(
                f"risk on {self.market.dates[row]}: the window of {self.model.window} days is "
                f"full on {self.market.dates[self.first_row]}"
            )
        returns, known, listed = self._window(row)
        if known.sum() < 2:  # a covariance needs two
            raise DataError(f"risk on {self.market.dates[row]}: fewer than two stocks traded")
        make = _components if self.model.kind == "pca" else _shrunk
        with one_thread():
            loading, own = make(returns[:, known], self.model.components)
        exposures = np.zeros((len(listed), loading.shape[1]))
        specific = np.full(len(listed), np.nan)
        exposures[listed], specific[listed] = loading.mean(axis=0), own.mean()
        exposures[known], specific[known] = loading, own
        names = tuple(f"{self.model.kind} {k + 1}" for k in range(loading.shape[1]))
        covariance = horizon * np.eye(loading.shape[1])
        return RiskForecast(self.market.dates[row], horizon, self.market.codes, names, exposures,
                            covariance, horizon * specific)  # fmt: skip

    def _window(self, row: int) -> tuple[Floats, Bools, Bools]:
        """Return the window's returns [D, N] about their means, who is estimated, who is listed."""
        span = slice(row - self.model.window + 1, row + 1)
        returns = np.array(self.market.panel("simple_return")[span], dtype=np.float64)
        returns[np.abs(returns) > self.model.largest_move] = np.nan
        there = np.isfinite(returns)
        listed = (row >= self.market.list_index()) & (row < self.market.delist_index())
        listed &= np.asarray(self.market.panel("mark")[row] > 0)
        known = listed & (there.mean(axis=0) >= _LEAST_SHARE)
        mean = np.where(there, returns, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
        return np.where(there, returns - mean, 0.0), known, listed


def _components(returns: Floats, count: int) -> tuple[Floats, Floats]:
    """Return loadings [N, K] on components of variance 1, and what they leave, [N]."""
    days = len(returns)
    _, sizes, directions = np.linalg.svd(returns, full_matrices=False)
    count = min(count, len(sizes))
    loading = directions[:count].T * (sizes[:count] / np.sqrt(days - 1))
    whole = (returns**2).sum(axis=0) / (days - 1)
    return loading, np.maximum(whole - (loading**2).sum(axis=1), 0.01 * whole)


def _shrunk(returns: Floats, _: int) -> tuple[Floats, Floats]:
    """Return the shrunk sample covariance as days for factors, and the variance for all, [N]."""
    from sklearn.covariance import ledoit_wolf_shrinkage

    days, stocks = returns.shape
    pull = float(ledoit_wolf_shrinkage(returns, assume_centered=True))
    mean = float((returns**2).sum() / days / stocks)
    return returns.T * np.sqrt((1.0 - pull) / days), np.full(stocks, pull * mean)
