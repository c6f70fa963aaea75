"""Betas asked for alone are those that come with their errors, of every estimator."""

import numpy as np
import pytest

from quanthedge.beta import CATALOGUE, Prepared
from quanthedge.beta.base import fit_prepared
from tests.oracles.beta import panel

KALMAN = CATALOGUE.load("Kalman")
ONES = [CATALOGUE.load(name)() for name in CATALOGUE.places if name not in ("Blume", "Vasicek")]
ONES += [KALMAN(estimated_for="stock"), KALMAN(signal_to_noise=0.1), KALMAN(intercept=False)]


@pytest.mark.parametrize("estimator", ONES, ids=str)
def test_betas_alone_are_those_that_come_with_errors(estimator) -> None:
    returns, index, _ = panel(3, 320, 6, 0.02)
    prepared = Prepared(returns, index, None, {})
    alone = estimator.betas_alone(prepared)
    np.testing.assert_array_equal(alone[:, :, 0], fit_prepared(estimator, prepared).beta)
    assert np.isfinite(alone).any()


def test_joint_betas_alone_are_those_that_come_with_errors() -> None:
    returns, index, _ = panel(4, 320, 6, 0.1)
    both = np.column_stack([index, np.roll(index, 3)])
    for estimator in (KALMAN(), KALMAN(min_observations=60)):
        prepared = Prepared(returns, both, None, {})
        alone = estimator.betas_alone(prepared)
        np.testing.assert_array_equal(alone, fit_prepared(estimator, prepared).beta)
        assert alone.shape == (320, 6, 2)
