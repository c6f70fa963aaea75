"""One class of each sort that looks at tomorrow."""

import numpy as np

from quanthedge.beta import BetaEstimator, RollingBeta
from quanthedge.beta.ols import rolling_ols
from quanthedge.factors import Factor
from quanthedge.factors.base import as_rows
from quanthedge.hedge import HedgeRatio
from quanthedge.hedge.policies import Bands, Policy
from quanthedge.layers import Allocation
from quanthedge.portfolio import Schedule, Selector


def tomorrow(values, days):
    return values[np.minimum(days + 1, len(values) - 1)]


class Peek(Factor):
    def exposure(self, market, rows=None):
        return tomorrow(market.panel("mark"), as_rows(market, rows)) / 1.0


class PeekBeta(BetaEstimator):
    @property
    def memory(self):
        return 60

    def betas(self, returns, index):
        later = np.append(index[1:, 0], index[-1, 0])
        fitted = rolling_ols(returns, later, 60, 20)
        return RollingBeta(
            fitted.beta[:, :, None], fitted.standard_error[:, :, None], fitted.observations
        )


class PeekRatio(HedgeRatio):
    def ratios(self, history, since):
        later = np.append(history.index_return[1:, 0], history.index_return[-1, 0])
        return np.where(later[since:, None] > 0, 0.5, 1.0)


class PeekPolicy(Policy):
    def asks(self, market, rows):
        close = market.index_close("000300.SH")
        return tomorrow(close, rows) < close[rows]


class PeekBands(Policy):
    def asks(self, market, rows):
        close = market.index_close("000300.SH")
        width = np.where(tomorrow(close, rows) < close[rows], 0.001, 0.5)
        return Bands(1.0 - width, 1.0 + width)


class PeekSchedule(Schedule):
    def asks(self, market, rows):
        close = market.index_close("000300.SH")
        return tomorrow(close, rows) < close[rows]


class PeekSelector(Selector):
    def weights(self, market, scores, rows):
        later = tomorrow(market.panel("mark"), rows) / market.panel("mark")[rows]
        best = np.where(np.isfinite(scores), later, -np.inf)
        found = np.zeros(scores.shape)
        chosen = np.argsort(-best, axis=1, kind="stable")[:, :10]
        np.put_along_axis(found, chosen, 0.1, axis=1)
        return found


class PeekAllocation(Allocation):
    def exposures(self, market, rows, standing):
        close = market.index_close("000300.SH")
        return np.clip(0.5 + 10.0 * (tomorrow(close, rows) / close[rows] - 1.0), 0.0, 1.0)
