"""In a simulated market the bridge finds the true alpha of the holdings, within its error."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.market.simulation.truth import Truth
from quanthedge.performance import Bridge
from quanthedge.performance.holdings import held_through
from tests.sample import SAMPLE, sample_market, small_strategy

RUNS = ((30, "2014-09-17", "2015-07-31"), (60, "2014-03-03", "2015-12-31"))


@cache
def run(names: int, start: str, end: str) -> Result:
    return backtest(small_strategy(f"selector.n={names}"), sample_market(), start, end)


def true_alpha(result: Result) -> tuple[np.ndarray, np.ndarray]:
    """Alpha of each day and beta of the book from true betas and adjusted prices, [T] each."""
    market = sample_market()
    held = held_through(result, market)
    rows = slice(held.first, held.first + len(result.ledger))
    adjusted = np.asarray(market.panel("mark")[rows]) * np.asarray(market.panel("adj_factor")[rows])
    moved = adjusted[1:] / adjusted[:-1] - 1.0
    mark = np.asarray(market.panel("mark")[rows])
    for action in market.corporate_actions().itertuples():  # cash does not move with the share
        t = market.day(action.ex_date) - held.first
        if 1 <= t < len(mark):
            n = market.column(action.code)
            worth = mark[t, n] * (1.0 + action.bonus_per_share) + action.cash_per_share
            moved[t - 1, n] = worth / mark[t - 1, n] - 1.0
    moved = moved[:, held.columns]
    betas = Truth.open(SAMPLE).betas("000300.SH")[rows][1:, held.columns]
    index = result.ledger["index_close"].pct_change().to_numpy()[1:, None]
    own = held.value * (moved - betas * index)
    stocks = held.value.sum(axis=1)
    book = np.nansum(betas * held.value, axis=1) / np.where(stocks > 0.0, stocks, np.nan)
    return np.nansum(np.where(held.value > 0.0, own, 0.0), axis=1), book


@pytest.mark.parametrize("case", RUNS)
def test_with_the_true_beta_of_the_book_alpha_is_the_true_one(case: tuple[int, str, str]) -> None:
    result = run(*case)
    expected, book = true_alpha(result)
    ledger = result.ledger.copy()
    ledger["book_beta"] = np.append(book, np.nan)
    known = result.changed(ledger=ledger)
    daily = Bridge(known).yuan("day")
    # the fraction of a share that a reinvested dividend leaves is paid in cash, a line of its own,
    # at the price before the day's move: one share of at most 100 yuan, 10% of it a stock
    np.testing.assert_allclose(daily["alpha"] + daily["dividends"], expected, atol=10.0)
    assert np.abs(daily["alpha"] + daily["dividends"] - expected).mean() < 0.1
    assert np.abs(expected).mean() > 50_000.0


@pytest.mark.parametrize("case", RUNS)
def test_with_the_estimated_beta_it_is_off_by_no_more_than_its_error(
    case: tuple[int, str, str],
) -> None:
    result = run(*case)
    expected, book = true_alpha(result)
    ledger = result.ledger
    daily = Bridge(result).yuan("day")
    found = daily["alpha"] + daily["dividends"]  # cash dividends have a line of their own
    error = float(result.hedge["standard_error"].mean())
    moved = (ledger["stock_value"].shift(1) * ledger["index_close"].pct_change()).iloc[1:]
    stated = error * float(np.sqrt((moved**2).sum()))
    assert abs(found.sum() - expected.sum()) < 2.0 * stated
    assert stated < 0.15 * expected.sum()  # so that the test can tell alpha from nothing
    away = ledger["book_beta"].shift(1).iloc[1:].to_numpy() - book
    assert 0.5 * error < np.nanstd(away) < 1.5 * error
    assert abs(np.nanmean(away)) < error
    assert float(pd.Series(expected, found.index).corr(found)) > 0.98
