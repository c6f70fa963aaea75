"""Betas of books from the past returns of what they hold."""

import numpy as np
import pytest

from quanthedge.beta import book_betas
from quanthedge.beta.book import book_beta
from quanthedge.beta.ols import rolling_ols
from quanthedge.errors import DataError
from tests.oracles import beta as oracle
from tests.oracles.beta import panel


def test_a_book_agrees_with_statsmodels():
    returns, index, _ = panel(11, 150, 20, 0.2)
    weights = np.random.default_rng(2).uniform(0, 1e6, 20)
    for row in (40, 59, 60, 149):
        ours = book_beta(returns, weights, index, row, 60, 30)
        np.testing.assert_allclose(
            ours, oracle.book_beta(returns, weights, index, row, 60), rtol=1e-8
        )


def test_without_suspensions_it_is_the_weighted_mean_of_the_stock_betas():
    returns, index, _ = panel(12, 80, 10, 0.0)
    weights = np.arange(1.0, 11.0)
    mean = rolling_ols(returns, index, 60, 60).beta[79] @ weights / weights.sum()
    assert book_beta(returns, weights, index, 79, 60, 60)[0] == pytest.approx(mean, abs=1e-12)


def test_many_books_are_the_same_as_one_after_another():
    returns, index, _ = panel(13, 120, 15)
    rng = np.random.default_rng(3)
    rows = np.array([70, 100, 119])
    dense = np.where(rng.random((3, 15)) < 0.5, rng.random((3, 15)), 0.0)
    stocks = [np.flatnonzero(row) for row in dense]
    pointer = np.concatenate([[0], np.cumsum([s.size for s in stocks])])
    weights = np.concatenate([dense[r][s] for r, s in enumerate(stocks)])
    many = book_betas(returns, index, rows, pointer, np.concatenate(stocks), weights)
    for r, row in enumerate(rows):
        one = book_beta(returns, dense[r], index, row)
        assert (many.beta[r], many.standard_error[r], many.observations[r]) == one


def test_the_future_is_not_used():
    returns, index, _ = panel(14, 120, 5)
    weights = np.ones(5)
    before = book_beta(returns, weights, index, 80)
    returns[81:] = 99.0
    index[81:] = 9.0
    assert book_beta(returns, weights, index, 80) == before


def test_an_empty_book_and_too_few_days_give_nan():
    returns, index, _ = panel(15, 50, 5)
    assert np.isnan(book_beta(returns, np.zeros(5), index, 49)[0])
    beta, error, days = book_beta(returns, np.ones(5), index, 30)
    assert np.isnan(beta)
    assert np.isnan(error)
    assert days == 31


def test_a_book_outside_the_returns_is_refused():
    returns, index, _ = panel(16, 50, 5)
    with pytest.raises(DataError, match="outside the returns of 50 days"):
        book_beta(returns, np.ones(5), index, 50)
    with pytest.raises(DataError, match="one weight per stock"):
        book_beta(returns, np.ones(6), index, 40)
    with pytest.raises(DataError, match="rising from 0 to K"):
        book_betas(returns, index, np.array([1]), np.array([0, 2]), np.array([0]), np.ones(1))
