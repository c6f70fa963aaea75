"""The return factors of a simulated market: common volatility state, market, industries, styles.

A stock's return before price limits is

    loading[t] * market[t] + industry[t] + sum over styles of exposure[t] * style[t] + specific[t]

where the loading on the market drifts as a mean-reverting random walk.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from quanthedge.market.simulation.calendar import DAYS_PER_YEAR
from quanthedge.market.simulation.settings import SimulationSettings

__all__ = ["FactorPaths", "draw_factor_paths", "mean_reverting", "standardised"]

Array = np.ndarray[Any, Any]
_EXPOSURE_BOUND = 3.0


@dataclass(frozen=True)
class FactorPaths:
    """Factor returns by day.

    `volatility_state` [T] multiplies all volatilities of the day; `market` [T], `industries`
    [T, G] and `styles` [T, K] are simple daily returns per unit of exposure.
    """

    volatility_state: Array
    market: Array
    industries: Array
    styles: Array


def draw_factor_paths(
    settings: SimulationSettings, days: int, industries: int, draw: np.random.Generator
) -> FactorPaths:
    """Draw the factor returns of all days."""
    deviation = settings.volatility_state_deviation
    log_state = mean_reverting(days, deviation, settings.volatility_state_half_life_days, draw)
    state = np.exp(log_state - deviation**2)
    premium = np.array([style.premium_per_year for style in settings.styles.values()])
    volatility = np.array([style.volatility_per_day for style in settings.styles.values()])
    market = draw.standard_normal(days) * settings.market_volatility_per_day * state
    sectors = draw.standard_normal((days, industries)) * settings.industry_volatility_per_day
    styles = draw.standard_normal((days, len(premium))) * volatility
    return FactorPaths(
        volatility_state=state,
        market=market + settings.market_premium_per_year / DAYS_PER_YEAR,
        industries=sectors * state[:, None],
        styles=styles * state[:, None] + premium / DAYS_PER_YEAR,
    )


def mean_reverting(
    days: int, deviation: float, half_life_days: float, draw: np.random.Generator
) -> Array:
    """Return a path of a stationary Ornstein-Uhlenbeck process around zero, [days]."""
    keep = 0.5 ** (1 / half_life_days)
    shocks = draw.standard_normal(days) * deviation
    shocks[1:] *= np.sqrt(1 - keep**2)
    path = np.empty(days)
    value = 0.0
    for day in range(days):
        value = keep * value + shocks[day]
        path[day] = value
    return path


def standardised(values: Array, among: Array) -> Array:
    """Return values as deviations from the mean of the stocks in `among`, bounded; others 0.

    Parameters
    ----------
    values
        A cross-section, [N].
    among
        Which stocks count, bool [N].
    """
    chosen = values[among]
    spread = chosen.std()
    scores = np.where(among, (values - chosen.mean()) / (spread if spread > 0 else 1.0), 0.0)
    bounded: Array = np.clip(scores, -_EXPOSURE_BOUND, _EXPOSURE_BOUND)
    return bounded
