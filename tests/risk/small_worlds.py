"""Worlds whose factor model is known: exposures, covariance and specific risk as drawn."""

from typing import NamedTuple

import numpy as np

from quanthedge.risk.exposures import Characteristics


class World(NamedTuple):
    of: Characteristics
    factors: np.ndarray  # [T, 1 + I + S], industries free of the country
    covariance: np.ndarray
    specific: np.ndarray  # [N], variances


class Days(NamedTuple):
    """As much of a market as a fitted model asks for."""

    dates: np.ndarray
    codes: np.ndarray
    name: str = "world"

    def day(self, date):
        return int(np.flatnonzero(self.dates == np.datetime64(date, "D"))[0])

    def column(self, code):
        return int(np.flatnonzero(self.codes == code)[0])


def world(seed=0, days=900, stocks=200, industries=6, styles=3, halted=0.03):
    """Normal returns by constant exposures; industries sum to 0 by market value as the model's."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(23, 1, stocks)
    industry = rng.permutation(np.arange(stocks) % industries)
    grades = rng.standard_normal((stocks, styles))
    grades = (grades - np.average(grades, axis=0, weights=size)) / grades.std(axis=0)
    count = 1 + industries + styles
    mix = rng.standard_normal((count, count)) * 0.25 + np.eye(count)
    scale = np.concatenate([[0.012], np.full(industries, 0.006), np.full(styles, 0.003)])
    covariance = (mix @ mix.T) * scale[:, None] * scale
    share = np.bincount(industry, size, minlength=industries) / size.sum()
    centre = np.eye(count)  # what the cap-weighted industries earn belongs to the country
    centre[0, 1 : 1 + industries] = share
    centre[1 : 1 + industries, 1 : 1 + industries] -= share
    covariance = centre @ covariance @ centre.T
    factors = rng.multivariate_normal(np.zeros(count), covariance, days, method="eigh")
    specific = rng.uniform(0.01, 0.03, stocks) ** 2
    design = np.hstack([np.ones((stocks, 1)), np.eye(industries)[industry], grades])
    returns = factors @ design.T + rng.standard_normal((days, stocks)) * np.sqrt(specific)
    returns[rng.random(returns.shape) < halted] = np.nan
    shape = days, stocks
    of = Characteristics(
        returns=returns.astype(np.float32),
        size=np.broadcast_to(size, shape).astype(np.float32),
        industry=np.broadcast_to(industry, shape).astype(np.int16),
        styles=np.broadcast_to(grades, (*shape, styles)).astype(np.float32),
        counted=np.ones(shape, dtype=bool),
        missed=np.zeros(shape, dtype=np.int16),
        style_names=tuple(f"style{k}" for k in range(styles)),
        industries=(*(str(10 + k) for k in range(industries)), "unknown"),
        odd_moves=0,
    )
    return World(of, factors, covariance, specific)


def days_of(days, stocks):
    dates = np.busday_offset("2010-01-04", np.arange(days), roll="forward").astype("datetime64[D]")
    return Days(dates, np.array([f"{600000 + n}.SH" for n in range(stocks)]))
