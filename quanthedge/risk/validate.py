"""Are the forecasts right: bias, Q and MRAD of classes of portfolios, by horizon and year.

With r the return of a portfolio over the days after a forecast and s the volatility forecast,
z = r / s. Over T forecasts whose days do not overlap

    bias = deviation of z          1 when forecasts are right, band 1 +- sqrt(2 / T) at 95%
    Q    = mean of z^2 - ln z^2    2.27 with normal returns and right forecasts, more otherwise
    MRAD = mean over runs of 12 forecasts of |bias of the run - 1|    0.17 with normal returns

Above 1 risk was higher than forecast. Fat tails alone raise Q and MRAD; z pulled in to +-3 shows
what a few months do.

References
----------
A. Patton (2011), Volatility forecast comparison using imperfect volatility proxies: Q.
J. Menchero, A. Morozov, A. Pasqua (2013), Predicting risk at short horizons (MSCI): bias, Q, MRAD.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.risk.forecast import RiskForecast
from quanthedge.risk.regression import FactorReturns
from quanthedge.typing import Floats, Ints

__all__ = [
    "COLUMNS",
    "Forecasting",
    "PortfolioClass",
    "bias_beside_noise",
    "bias_table",
    "factor_scores",
    "noise_bands",
    "standard_classes",
    "z_scores",
]

COLUMNS = ("portfolios", "forecasts", "bias", "bias_clipped", "low", "high", "q", "mrad", "inside")
RUN, _CLIP = 12, 3.0
_LARGE, _SOME = 800, 100


class Forecasting(Protocol):
    """A fitted model of risk."""

    @property
    def market(self) -> Market:
        """The market that it was fitted on."""
        ...

    def forecast(self, day: object, horizon: int = 1) -> RiskForecast:
        """Return the model of a day."""
        ...


class FactorForecasting(Protocol):
    """A fitted model whose factors have returns."""

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors."""
        ...

    @property
    def regressions(self) -> FactorReturns:
        """What the regressions found."""
        ...

    def factor_covariance(self, row: int, horizon: int = 1) -> Floats:
        """Return the covariance of the factors."""
        ...


PortfolioClass = Callable[["_View"], Floats]


class _View:
    """What a class of portfolios is made of at the close of a day.

    Attributes
    ----------
    market : Market
    row : int
    forecast : RiskForecast
    size : float64 [N]
        Market value; NaN where a stock does not count (not listed, no specific risk).
    order : int64
        Places of those that count, the largest first.
    rng : numpy Generator
        Of the day and of nothing else.
    """

    def __init__(self, market: Market, row: int, forecast: RiskForecast) -> None:
        self.market, self.row, self.forecast = market, row, forecast
        mark = np.asarray(market.panel("mark")[row], dtype=np.float64)
        size = mark * np.asarray(market.panel("total_shares")[row], dtype=np.float64)
        seasoned = row - market.list_index() + 1 >= 60
        there = np.isfinite(forecast.specific) & seasoned & np.asarray(market.panel("traded")[row])
        self.size = np.where((size > 0) & there, size, np.nan)
        known = np.flatnonzero(np.isfinite(self.size))
        self.order: Ints = known[np.argsort(-self.size[known], kind="stable")]
        self.rng = np.random.default_rng(row)

    def equal(self, stocks: Ints) -> Floats:
        """Return equal weights of some stocks, [1, N]."""
        made = np.zeros((1, len(self.size)))
        made[0, stocks] = 1.0 / max(len(stocks), 1)
        return made

    def by_value(self, stocks: Ints) -> Floats:
        """Return weights by market value, [1, N]."""
        made = np.zeros((1, len(self.size)))
        made[0, stocks] = self.size[stocks] / self.size[stocks].sum()
        return made


def _random(view: _View, *, active: bool) -> Floats:
    large = view.order[:_LARGE]
    made = [
        view.equal(view.rng.choice(large, min(_SOME, len(large) // 2), replace=False))
        for _ in range(10)
    ]
    whole = view.equal(large) if active else 0.0
    return np.vstack([one - whole for one in made])


def _small(view: _View) -> Floats:
    half = view.order[len(view.order) // 2 :]
    chosen = view.rng.choice(half, min(_SOME, len(half)), replace=False)
    return view.equal(chosen)


def _styled(view: _View, name: str, side: int, *, active: bool) -> Floats:
    large = view.order[:_LARGE]
    grade = view.forecast.exposures[large, view.forecast.factors.index(name)]
    chosen = large[np.argsort(-side * grade, kind="stable")[: min(_SOME, len(large) // 4)]]
    return view.equal(chosen) - (view.equal(large) if active else 0.0)


def _industries(view: _View) -> Floats:
    """Return every industry by market value, those of ten stocks and more."""
    made = []
    for place, name in enumerate(view.forecast.factors):
        if not name[:1].isdigit():
            continue
        stocks = view.order[view.forecast.exposures[view.order, place] > 0]
        if len(stocks) >= 10:
            made.append(view.by_value(stocks))
    return np.vstack(made) if made else np.empty((0, len(view.size)))


def _optimised(view: _View) -> Floats:
    """Return active books of least risk for random alphas: what an optimiser would hold.

    ``w = V^-1 (alpha - its part that is not neutral to cash)`` over the 300 largest, alpha drawn;
    scaled to a gross of 1.
    """
    large = view.order[:300]
    own = view.forecast.specific[large]
    loading = view.forecast.exposures[large]
    inner = np.linalg.pinv(np.linalg.pinv(view.forecast.covariance) + (loading.T / own) @ loading)

    def solve(right: Floats) -> Floats:
        first = right / own
        return np.asarray(first - (loading @ (inner @ (loading.T @ first))) / own)

    ones = solve(np.ones(len(large)))
    made = np.zeros((10, len(view.size)))
    for row in made:
        found = solve(view.rng.standard_normal(len(large)))
        found = found - ones * (found.sum() / ones.sum())
        row[large] = found / np.abs(found).sum()
    return made


def standard_classes(styles: tuple[str, ...]) -> dict[str, PortfolioClass]:
    """Return the classes of portfolios that a model is judged by.

    Parameters
    ----------
    styles : tuple of str
        Factors by which the 100 highest of the 800 largest are held against the 800.
    """
    found: dict[str, PortfolioClass] = {
        "all, by market value": lambda view: view.by_value(view.order),
        "all, equal": lambda view: view.equal(view.order),
        "800 largest, equal": lambda view: view.equal(view.order[:_LARGE]),
        "100 at random of the 800": lambda view: _random(view, active=False),
        "100 at random less the 800": lambda view: _random(view, active=True),
        "100 of the smaller half": _small,
        "industries": _industries,
        "optimised, 300 largest": _optimised,
    }
    if "volatility" in styles:
        found["100 least volatile"] = lambda view: _styled(view, "volatility", -1, active=False)
        found["100 most volatile"] = lambda view: _styled(view, "volatility", 1, active=False)

    def tilt(name: str) -> PortfolioClass:
        return lambda view: _styled(view, name, 1, active=True)

    return found | {f"tilt: {name}": tilt(name) for name in styles}


def factor_scores(
    fitted: FactorForecasting, names: tuple[str, ...], rows: Ints, horizon: int
) -> dict[str, Floats]:
    """Return the returns of the factors themselves over their forecasts, by factor [D, 1].

    Parameters
    ----------
    fitted : FittedRiskModel
    names : tuple of str
        Factors wanted.
    rows, horizon
        As in :func:`z_scores`.
    """
    made = {name: np.full((len(rows), 1), np.nan) for name in names}
    for d, row in enumerate(rows):
        variance = np.diag(fitted.factor_covariance(int(row), horizon))
        earned = fitted.regressions.returns[row + 1 : row + 1 + horizon].sum(axis=0)
        for name in names:
            k = fitted.factors.index(name)
            if variance[k] > 0:
                made[name][d] = earned[k] / np.sqrt(variance[k])
    return {f"factor: {name}": one for name, one in made.items()}


def z_scores(
    fitted: Forecasting,
    classes: Mapping[str, PortfolioClass],
    rows: Ints,
    horizon: int,
) -> dict[str, Floats]:
    """Return returns over forecasts, by class [D, P]; NaN where a class has fewer portfolios.

    Parameters
    ----------
    fitted : Forecasting
    classes : mapping
        By name a function of a :class:`_View` that returns weights [P, N].
    rows : int64 [D]
        Days of the forecasts; `horizon` days apart, or their returns overlap.
    horizon : int
        Trading days.

    Notes
    -----
    Portfolios are bought at the close of the forecast's day and held; a suspended stock stands
    still and moves when it trades again; who is delisted earns nothing further.
    """
    market = fitted.market
    returns = market.panel("simple_return")
    made: dict[str, list[Floats]] = {name: [] for name in classes}
    for row in rows:
        ahead = np.asarray(returns[row + 1 : row + 1 + horizon], dtype=np.float64)
        if len(ahead) < horizon:
            raise DataError(f"validate: {market.dates[row]} has fewer than {horizon} days after it")
        earned = np.prod(1.0 + np.nan_to_num(ahead), axis=0) - 1.0
        view = _View(market, int(row), fitted.forecast(int(row), horizon))
        for name, make in classes.items():
            weights = make(view)
            risk = np.array([_risk(view.forecast, one) for one in weights])
            made[name].append(weights @ earned / risk)
    return {name: _stacked(rows_of) for name, rows_of in made.items()}


def _risk(forecast: RiskForecast, weights: Floats) -> float:
    _, common, own = forecast.parts(weights)
    return float(np.sqrt(common + own))


def _stacked(rows: list[Floats]) -> Floats:
    width = max(len(one) for one in rows)
    made = np.full((len(rows), width), np.nan)
    for made_row, one in zip(made, rows, strict=True):
        made_row[: len(one)] = one
    return made


def bias_table(scores: Mapping[str, Floats]) -> pd.DataFrame:
    """Return bias, Q and MRAD by class.

    Parameters
    ----------
    scores : mapping of str to float64 [D, P]
        Of several portfolios of a class the mean of their biases is shown.

    Returns
    -------
    DataFrame
        By class: portfolios, forecasts; bias; bias_clipped (z pulled in to +-3); low and high (the
        band of one portfolio in which 95% of right forecasts with normal returns lie); q; mrad
        (of runs of 12); inside: whether the bias lies in the band.
    """
    rows = {}
    for name, z in scores.items():
        columns = [one[np.isfinite(one)] for one in z.T]
        columns = [one for one in columns if len(one) >= RUN]
        if not columns:
            continue
        count = float(np.mean([len(one) for one in columns]))
        band = np.sqrt(2.0 / count)
        bias = float(np.mean([one.std(ddof=1) for one in columns]))
        clipped = float(np.mean([np.clip(one, -_CLIP, _CLIP).std(ddof=1) for one in columns]))
        square = [one[one != 0] ** 2 for one in columns]
        q = float(np.mean([(s - np.log(s)).mean() for s in square]))
        mrad = float(np.mean([_mrad(one) for one in columns]))
        rows[name] = (len(columns), round(count), bias, clipped, 1.0 - band, 1.0 + band, q, mrad,
                      bool(abs(bias - 1.0) <= band))  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))


def noise_bands(count: int, draws: int = 2_000) -> pd.DataFrame:
    """Return what right forecasts look like when returns are normal: the noise of a short history.

    Parameters
    ----------
    count : int
        Forecasts that do not overlap.
    draws : int
        Histories simulated, always the same.

    Returns
    -------
    DataFrame
        By measure (bias, bias_clipped, q, mrad): expected, low and high, within which 95% of the
        histories lie; NaN with fewer than 12 forecasts.
    """
    names = ["bias", "bias_clipped", "q", "mrad"]
    if count < RUN:
        return pd.DataFrame(np.nan, index=names, columns=["expected", "low", "high"])
    z = np.random.default_rng(0).standard_normal((draws, count))
    runs = np.lib.stride_tricks.sliding_window_view(z, RUN, axis=1)
    made = np.array([
        z.std(axis=1, ddof=1),
        np.clip(z, -_CLIP, _CLIP).std(axis=1, ddof=1),
        (z**2 - np.log(z**2)).mean(axis=1),
        np.abs(runs.std(axis=2, ddof=1) - 1.0).mean(axis=1),
    ])  # fmt: skip
    low, high = np.quantile(made, [0.025, 0.975], axis=1)
    return pd.DataFrame(
        {"expected": made.mean(axis=1), "low": low, "high": high}, index=pd.Index(names)
    )


def _mrad(z: Floats) -> float:
    runs = np.lib.stride_tricks.sliding_window_view(z, RUN)
    return float(np.abs(runs.std(axis=1, ddof=1) - 1.0).mean())


def bias_beside_noise(z: Floats) -> pd.DataFrame:
    """Return bias, Q and MRAD of one portfolio beside those of right forecasts.

    Parameters
    ----------
    z : float64 [D]
        Returns over their forecast volatility, of spans that do not overlap.

    Returns
    -------
    DataFrame
        As :func:`noise_bands`, with forecasts (their number) and value (NaN with fewer than 12).
    """
    table = noise_bands(len(z))
    judged = bias_table({"book": z[:, None]})
    value = judged.loc["book"] if len(judged) else pd.Series(np.nan, index=judged.columns)
    table.insert(0, "value", [float(value[name]) for name in table.index])
    table.insert(0, "forecasts", len(z))
    return table
