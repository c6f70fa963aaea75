"""What a user writes: one class of each sort, all honest."""

from __future__ import annotations

import numpy as np
from my_windows import trailing_mean
from pydantic import Field

from quanthedge.beta import BetaEstimator, RollingBeta
from quanthedge.beta.ols import rolling_ols
from quanthedge.factors import Factor
from quanthedge.factors.base import as_rows
from quanthedge.hedge import HedgeRatio
from quanthedge.hedge.policies import Bands, Policy
from quanthedge.portfolio import Schedule, Selector
from quanthedge.universe import Universe
from quanthedge.universe.filters import Filter


class AbnormalTurnover(Factor):
    """Turnover of the last days over that of a longer window."""

    family, sign = "trading", -1
    name = "abnormal turnover"
    window: int = Field(default=5, ge=2)
    longer: int = 20

    def exposure(self, market, rows=None):
        days = as_rows(market, rows)
        turnover = np.nan_to_num(market.panel("volume") / market.panel("float_shares"))
        return trailing_mean(turnover, days, self.window) / (
            1e-9 + trailing_mean(turnover, days, self.longer)
        )


class HalfWay(BetaEstimator):
    """Half of an ordinary beta and half of 1."""

    name, name_zh = "half-way beta", "折半贝塔"
    window: int = 60

    @property
    def memory(self):
        return self.window

    def betas(self, returns, index):
        fitted = rolling_ols(returns, index[:, 0], self.window, 20)
        beta, error = 0.5 + 0.5 * fitted.beta, 0.5 * fitted.standard_error
        return RollingBeta(beta[:, :, None], error[:, :, None], fitted.observations)


class Correlated(HedgeRatio):
    """Covariance of book and future over the variance of the future."""

    window: int = 60

    @property
    def memory(self):
        return self.window

    def ratios(self, history, since):
        found = np.full((len(history.book) - since, 1), np.nan)
        for k in range(len(found)):
            span = slice(max(0, since + k - self.window + 1), since + k + 1)
            book, future = history.book[span], history.future[span, 0]
            known = np.isfinite(book) & np.isfinite(future)
            if known.sum() > 30:
                found[k] = np.cov(book[known], future[known])[0, 1] / future[known].var(ddof=1)
        return found


class AfterMoves(Policy):
    """Review after a day on which the index moved."""

    move: float = 0.01

    def asks(self, market, rows):
        close = market.index_close("000300.SH")
        before = close[np.maximum(rows - 1, 0)]
        return np.abs(close[rows] / before - 1.0) > self.move


class WiderInStorms(Policy):
    """A band around the target that is as wide as the index is nervous."""

    def asks(self, market, rows):
        close = market.index_close("000300.SH")
        moved = np.abs(close[rows] / close[np.maximum(rows - 5, 0)] - 1.0)
        half = np.clip(moved, 0.005, 0.2)
        return Bands(1.0 - half, 1.0 + half, to_edge=True)


class Middling(Selector):
    """Stocks whose score is in the middle, by equal weights."""

    n: int = 20

    def weights(self, market, scores, rows):
        found = np.zeros(scores.shape)
        for r, row in enumerate(scores):
            known = np.flatnonzero(np.isfinite(row))
            ranked = known[np.argsort(row[known], kind="stable")]
            begin = max(0, len(ranked) // 2 - self.n // 2)
            chosen = ranked[begin : begin + self.n]
            found[r, chosen] = 1.0 / len(chosen)
        return found


class AfterFalls(Schedule):
    """Stocks are chosen after days on which the index fell."""

    name, name_zh = "after falls", "跌后"
    fall: float = 0.02

    def asks(self, market, rows):
        close = market.index_close("000300.SH")
        before = close[np.maximum(rows - 1, 0)]
        return close[rows] / before - 1.0 < -self.fall


class OddCodes(Universe):
    """Stocks with an odd code that have traded."""

    def holdable(self, market, rows):
        odd = np.array([int(code[5]) % 2 == 1 for code in market.codes])
        return np.isfinite(market.panel("mark")[rows]) & odd


class NoRoundPrices(Filter):
    """Leaves out stocks that close on a whole yuan."""

    reason = "round price"

    def out(self, market, rows, asked):
        mark = market.panel("mark")[rows]
        return mark == np.round(mark)
