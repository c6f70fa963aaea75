"""Vasicek's betas against the formula, the truth and the future."""

import numpy as np
import pytest
from pydantic import ValidationError

from quanthedge.beta.base import RollingBeta
from quanthedge.beta.huber import Huber
from quanthedge.beta.vasicek import Vasicek
from tests.lazy import lazily
from tests.oracles.beta import panel

sklearn = lazily("sklearn.base")

BASE = Huber(window=30, min_observations=10)


def reference(beta, error, given=None):
    """Posterior means and errors of one day's betas, stock by stock."""
    pairs = [(b, s) for b, s in zip(beta, error, strict=True) if np.isfinite(b + s)]
    betas = np.array([b for b, _ in pairs])
    noise = np.mean([s**2 for _, s in pairs])
    if given is None:
        mean, spread = betas.mean(), betas.var(ddof=1)
    else:
        mean, spread = given, np.mean((betas - given) ** 2)
    prior = max(spread - noise, 0.0)
    posterior = []
    for b, s in zip(beta, error, strict=True):
        if not np.isfinite(b + s):
            posterior.append((np.nan, np.nan))
        elif prior == 0.0:
            posterior.append((mean, 0.0))
        else:
            precision = 1 / prior + 1 / s**2
            posterior.append(((mean / prior + b / s**2) / precision, precision**-0.5))
    return np.array(posterior).T


@pytest.mark.parametrize("given", [None, 1.0])
def test_every_day_agrees_with_the_formula(given):
    returns, index, _ = panel(1, 300, 40, 0.3)
    prior = "cross_section" if given is None else given
    model = Vasicek(base=BASE, prior_mean=prior, largest_error=np.inf)
    ours = model.fit(returns, index)
    base = BASE.fit(returns, index)
    judged = 0
    for t in range(300):
        known = np.isfinite(base.beta_[t]) & np.isfinite(base.standard_error_[t])
        if known.sum() < 30:
            assert np.isnan(ours.beta_[t]).all()
            continue
        judged += 1
        mean, error = reference(base.beta_[t], base.standard_error_[t], given)
        np.testing.assert_allclose(ours.beta_[t], mean, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(ours.standard_error_[t], error, rtol=1e-12, atol=1e-14)
    assert judged > 200
    np.testing.assert_array_equal(ours.observations_, base.observations_)


def test_shrunk_betas_are_nearer_to_the_truth_and_their_intervals_hold_it():
    rng = np.random.default_rng(2)
    index = rng.normal(0, 0.015, 240)
    truth = rng.normal(1.0, 0.25, 1000)
    returns = np.outer(index, truth) + rng.normal(0, 0.025, (240, 1000))
    model = Vasicek(base=Huber()).fit(returns, index)
    rows = [59, 119, 179, 239]
    wrong = np.sqrt(np.mean((Huber().fit(returns, index).beta_[rows] - truth) ** 2))
    off = model.beta_[rows] - truth
    assert np.sqrt(np.mean(off**2)) < 0.85 * wrong
    assert 0.93 <= np.mean(np.abs(off) <= 1.96 * model.standard_error_[rows]) <= 0.97


def test_betas_that_differ_by_no_more_than_their_errors_all_become_the_mean():
    betas = RollingBeta(
        np.linspace(0.9, 1.1, 40)[None], np.full((1, 40), 0.5), np.full((1, 40), 60, np.int32)
    )
    ours = Vasicek(base=BASE).adjust(betas)
    np.testing.assert_allclose(ours.beta, 1.0)
    np.testing.assert_array_equal(ours.standard_error, 0.0)


def test_a_beta_without_an_error_has_no_posterior_and_no_say_in_the_prior():
    rng = np.random.default_rng(3)
    beta, error = rng.normal(1, 0.4, (2, 50)), np.full((2, 50), 0.2)
    error[0, 7] = np.nan
    beta[0, 7] = 99.0
    count = np.full((2, 50), 60, np.int32)
    ours = Vasicek(base=BASE).adjust(RollingBeta(beta, error, count))
    assert np.isnan(ours.beta[0, 7])
    rest = np.delete(np.arange(50), 7)
    mean, _ = reference(beta[0, rest], error[0, rest])
    np.testing.assert_allclose(ours.beta[0, rest], mean)


def test_one_wild_stock_does_not_draw_all_others_to_the_mean():
    rng = np.random.default_rng(8)
    beta = rng.normal(1, 0.4, (1, 200))
    error = rng.uniform(0.15, 0.25, (1, 200))
    beta[0, 0], error[0, 0] = 9.0, 20.0
    betas = RollingBeta(beta, error, np.full((1, 200), 60, np.int32))
    ours = Vasicek(base=BASE).adjust(betas)
    rest, _ = reference(beta[0, 1:], error[0, 1:])
    np.testing.assert_allclose(ours.beta[0, 1:], rest, rtol=1e-12)
    assert abs(ours.beta[0, 0] - 1) < 0.1
    assert np.std(Vasicek(base=BASE, largest_error=np.inf).adjust(betas).beta) < 0.01


def test_several_indices_are_adjusted_one_by_one():
    returns, index, _ = panel(4, 80, 40, 0.0)
    both = np.column_stack([index, np.random.default_rng(1).normal(0, 0.01, 80)])
    ours = Vasicek(base=BASE).fit(returns, both)
    base = BASE.fit(returns, both)
    for k in range(2):
        mean, error = reference(base.beta_[-1, :, k], base.standard_error_[-1, :, k])
        np.testing.assert_allclose(ours.beta_[-1, :, k], mean, rtol=1e-12)
        np.testing.assert_allclose(ours.standard_error_[-1, :, k], error, rtol=1e-12)


@pytest.mark.parametrize("cut", [35, 127, 128, 140])
def test_cutting_the_future_moves_no_past_beta(cut):
    returns, index, _ = panel(5, 150, 40)
    model = Vasicek(base=BASE)
    whole = model.fit(returns, index).result_
    short = model.fit(returns[: cut + 1], index[: cut + 1]).result_
    for old, new in zip(short, whole, strict=True):
        np.testing.assert_array_equal(old, new[: cut + 1])
    assert model.memory == 30


def test_the_base_takes_the_index_of_its_owner_and_may_not_name_another():
    table = {"kind": "vasicek", "index": "000905.SH", "base": {"kind": "huber", "window": 90}}
    model = Vasicek.model_validate(table)
    assert model.base.index == "000905.SH"
    assert sklearn.clone(model).get_params() == model.get_params()
    with pytest.raises(ValidationError, match=r"base has index '000016\.SH'"):
        Vasicek(base=Huber(index="000016.SH"))
    with pytest.raises(ValidationError, match="top_down"):
        Vasicek(base=Huber(), method="top_down")
    with pytest.raises(ValidationError, match="does not match any of the expected tags"):
        Vasicek.model_validate({"base": {"kind": "vasicek"}})
