"""The alpha by characteristics: regressions against statsmodels, parts that add up, no future."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.run import backtest
from quanthedge.errors import DataError, StrategyError
from quanthedge.factors import (
    BookYield,
    EarningsYield,
    Momentum,
    ReturnOnEquity,
    Size,
    Transforms,
    Turnover,
    Volatility,
    standardise,
)
from quanthedge.market.simulation import Truth
from quanthedge.performance import alpha_by_model, bridge
from quanthedge.risk import StyleModel, style_returns
from quanthedge.risk.characteristics import _regression
from tests.sample import END, SAMPLE, START, sample_market, sample_result, small_strategy

FEW = StyleModel(styles={"size": Size(), "value": BookYield(), "momentum": Momentum()})
PARTS = ["broad_market", "industry", "size", "value", "momentum", "specific"]


def cross_section(day: int):
    """Returns, market values, industries and exposures of a day, worked out stock by stock."""
    market = sample_market()
    before = day - 1
    codes = range(len(market.codes))
    size = np.array(
        [market.panel("mark")[before, i] * market.panel("total_shares")[before, i] for i in codes]
    )
    size[before >= market.delist_index()] = np.nan
    returns = np.array(market.panel("simple_return")[day], dtype=float)
    styles = []
    for factor in FEW.styles.values():
        raw = np.where(np.isfinite(size), factor.exposure(market, [before]), np.nan)
        graded = standardise(raw, Transforms(winsorise=0.01))[0]
        known = np.isfinite(graded) & np.isfinite(size)
        mean = np.average(graded[known], weights=size[known])
        styles.append(np.where(known, graded - mean, 0.0))
    old = before - market.list_index() + 1 >= 60
    on = np.isfinite(returns) & np.isfinite(size) & old
    industry = np.asarray(market.industry()[0][before], dtype=int)
    return on, returns, size, industry, np.column_stack(styles)


@pytest.mark.parametrize("day", ["2014-10-15", "2015-03-02", "2015-06-19"])
def test_a_day_is_the_constrained_regression_of_statsmodels(day: str) -> None:
    import statsmodels.api as sm

    market = sample_market()
    at = int(np.searchsorted(market.dates, np.datetime64(day)))
    on, returns, size, industry, styles = cross_section(at)
    numbers = np.unique(industry[on])
    dummies = (industry[on][:, None] == numbers).astype(float)
    design = np.column_stack([np.ones(on.sum()), dummies, styles[on]])
    share = dummies.T @ size[on]
    constraint = np.concatenate([[0.0], share / share.sum(), np.zeros(styles.shape[1])])
    model = sm.GLM(returns[on], design, var_weights=np.sqrt(size[on]))
    expected = model.fit_constrained((constraint[None, :], np.zeros(1))).params
    found = style_returns(market, FEW, day, day).iloc[0]
    known = market.industry()[1]["industry"].astype(str).tolist()
    names = [known[k] if k >= 0 else "unknown" for k in numbers]
    got = found[["broad_market", *names, *FEW.styles]].to_numpy()
    np.testing.assert_allclose(got, expected, atol=1e-10)
    assert found["stocks"] == on.sum()
    weight = np.sqrt(size[on])
    left = returns[on] - design @ expected
    spread = returns[on] - np.average(returns[on], weights=weight)
    expected_r2 = 1 - (weight @ left**2) / (weight @ spread**2)
    assert found["r_squared"] == pytest.approx(expected_r2)


def test_returns_made_by_the_model_are_explained_to_the_last_digit() -> None:
    draw = np.random.default_rng(5)
    stocks, groups = 90, 6
    size = np.exp(draw.normal(22, 1, stocks))
    industry = draw.integers(groups - 1, size=stocks)  # the last one has no stock
    styles = draw.normal(size=(stocks, 3))
    styles[:, 2] = 0.0  # a style that says nothing
    true = draw.normal(0, 0.01, groups)
    true[-1] = 0.0
    share = np.bincount(industry, size, minlength=groups) / size.sum()
    true[:-1] -= share @ true
    returns = 0.004 + true[industry] + styles[:, :2] @ np.array([0.002, -0.003])
    market, by_industry, by_style, explained = _regression(returns, size, industry, styles, groups)
    assert market == pytest.approx(0.004)
    np.testing.assert_allclose(by_industry, true, atol=1e-12)
    np.testing.assert_allclose(by_style, [0.002, -0.003, 0.0], atol=1e-12)
    assert explained == pytest.approx(1.0)


@pytest.mark.parametrize(
    "changes", [(), ('hedge.product=["IF","IC"]', "beta={kind='ols', window=120}")]
)
def test_parts_add_up_to_the_alpha_of_each_day(changes: tuple[str, ...]) -> None:
    start = "2015-05-04" if changes else START
    result = backtest(small_strategy(*changes), sample_market(), start, END)
    table = alpha_by_model(result, sample_market(), FEW, "day")
    assert list(table.columns) == [*PARTS, "residual", "mismatched_holdings"]
    equity = result.ledger["equity"].iloc[1:]
    assert (table["residual"].abs() / equity).max() < 1e-9
    assert table["mismatched_holdings"].sum() == 0
    months = alpha_by_model(result, sample_market(), FEW, "month")
    np.testing.assert_allclose(months[PARTS].sum(), table[PARTS].sum(), atol=1e-3)
    np.testing.assert_allclose(
        months[PARTS].sum(axis=1), bridge(result, "month")["alpha"], atol=1e-3
    )


def test_a_part_is_value_times_exposure_times_return() -> None:
    # on a day after a record, from the record alone
    result, market = sample_result(), sample_market()
    parts = alpha_by_model(result, market, FEW, "day")
    ledger = result.ledger
    returns = style_returns(market, FEW, START, END)
    known = market.industry()[1]["industry"].astype(str).tolist()
    checked = 0
    for day, rows in result.positions.groupby("date"):
        k = ledger.index.get_loc(day) + 1
        if k == len(ledger):
            continue
        after = ledger.index[k]
        at = int(np.searchsorted(market.dates, np.datetime64(after, "D")))
        _, _, _, industry, styles = cross_section(at)
        place = np.searchsorted(market.codes, rows["code"].to_numpy(dtype=str))
        value, made = rows["value"].to_numpy(), returns.loc[after]
        for name, exposure in zip(FEW.styles, styles[place].T, strict=True):
            expected = (value * exposure).sum() * made[name]
            assert parts.loc[after, name] == pytest.approx(expected, abs=1e-3)
        own = [
            made[known[number]] if number >= 0 else made["unknown"] for number in industry[place]
        ]
        assert parts.loc[after, "industry"] == pytest.approx((value * own).sum(), abs=1e-3)
        move = ledger["index_close"].iloc[k] / ledger["index_close"].iloc[k - 1] - 1
        broad = value.sum() * (made["broad_market"] - ledger["book_beta"].iloc[k - 1] * move)
        assert parts.loc[after, "broad_market"] == pytest.approx(broad, abs=1e-3)
        checked += 1
    assert checked > 20


def test_each_return_is_most_like_its_own_in_a_market_whose_truth_is_known() -> None:
    styles = {
        "size": Size(),
        "earnings_yield": EarningsYield(),
        "book_yield": BookYield(),
        "return_on_equity": ReturnOnEquity(),
        "turnover": Turnover(),
        "volatility": Volatility(),
    }
    found = style_returns(sample_market(), StyleModel(styles=styles), "2014-01-02")
    truth = Truth.open(SAMPLE).table("factor_returns").copy()
    truth.index = pd.DatetimeIndex(truth.pop("date"))
    true_market = truth.pop("market").reindex(found.index)
    truth = truth.drop(columns=["volatility_state", "reversal"]).reindex(found.index)
    truth.columns = [name.removeprefix("industry_") for name in truth.columns]
    assert found["broad_market"].corr(true_market) > 0.9
    for name in truth:
        assert truth.corrwith(found[name]).idxmax() == name


def test_the_past_does_not_change_with_the_future() -> None:
    market = sample_market()
    full = style_returns(market, FEW, START, "2015-03-31")
    cut = style_returns(market.until("2015-03-31"), FEW, START, "2015-03-31")
    pd.testing.assert_frame_equal(full, cut)


def test_what_cannot_be_explained_is_refused() -> None:
    market = sample_market()
    with pytest.raises(DataError, match="momentum: defined for no stock on"):
        style_returns(market, FEW, str(market.dates[0]), str(market.dates[5]))
    with pytest.raises(DataError, match="no day from 2030"):
        style_returns(market, FEW, "2030-01-01")
    with pytest.raises(DataError, match="market of the run"):
        alpha_by_model(sample_result(), market.until("2015-03-02"), FEW)
    with pytest.raises(StrategyError, match="another part"):
        StyleModel(styles={"specific": Size()})
    with pytest.raises(StrategyError, match="at least 1"):
        StyleModel(styles={})
