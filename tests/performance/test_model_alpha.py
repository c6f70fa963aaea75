"""Alpha by the risk model: parts that add up, each what the definition says, no future."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.risk_stage import fitted_risk
from quanthedge.errors import DataError
from quanthedge.factors import BookYield, Momentum, Size
from quanthedge.performance import Bridge
from quanthedge.performance.holdings import held_through
from quanthedge.performance.model_alpha import alpha_by_model, factor_alpha
from quanthedge.risk import FittedRiskModel, RiskModel
from tests.sample import sample_market, sample_result

FEW = RiskModel(styles={"size": Size(), "value": BookYield(), "momentum": Momentum()})
STYLES = ["size", "value", "momentum", "beta", "mid_size"]
PARTS = ["market", "industries", *STYLES, "specific"]


@cache
def fitted() -> FittedRiskModel:
    return fitted_risk(sample_market(), FEW)


def test_parts_add_up_to_the_alpha_of_each_day_and_month() -> None:
    result, market = sample_result(), sample_market()
    table = alpha_by_model(result, market, fitted(), "day")
    assert list(table.columns) == [*PARTS, "residual", "mismatched_holdings"]
    assert table["mismatched_holdings"].sum() == 0
    alpha = Bridge(result).yuan("day")["alpha"]
    equity = result.ledger["equity"].iloc[1:]
    assert ((table[PARTS].sum(axis=1) - alpha).abs() / equity).max() < 1e-9
    months = alpha_by_model(result, market, fitted(), "month")
    np.testing.assert_allclose(months[PARTS].sum(), table[PARTS].sum(), rtol=1e-9, atol=1e-3)
    whole = alpha_by_model(result, market, fitted())[PARTS].to_numpy().sum()
    assert whole == pytest.approx(Bridge(result).yuan().iloc[0]["alpha"], rel=1e-9)


def test_a_part_is_value_times_exposure_times_return_from_the_record_alone() -> None:
    result, market, model = sample_result(), sample_market(), fitted()
    parts = factor_alpha(result, held_through(result, market), model)
    ledger, returns = result.ledger, model.factor_returns()
    residuals = model.regressions.residuals
    checked = whole = 0
    for day, rows in result.positions.groupby("date"):
        k = ledger.index.get_loc(day) + 1
        if k == len(ledger):
            continue
        after, row = ledger.index[k], market.day(day)
        exposures = model.exposures(row).loc[rows["code"]]
        made = exposures.mul(rows["value"].to_numpy(), axis=0).sum() * returns.loc[after]
        move = ledger["index_close"].iloc[k] / ledger["index_close"].iloc[k - 1] - 1
        made["country"] -= rows["value"].sum() * ledger["book_beta"].iloc[k - 1] * move
        for name in model.factors:
            assert parts.loc[after, name] == pytest.approx(made[name], rel=1e-6, abs=1e-2)
        place = np.searchsorted(market.codes, rows["code"].to_numpy(dtype=str))
        own = residuals[row + 1, place].astype(float)
        if np.isfinite(own).all():  # none suspended: what is specific are the residuals
            expected = (rows["value"].to_numpy() * own).sum()
            # but for dividends, which are a line of their own, and shares cut to whole ones
            paid = abs(ledger["dividends"].iloc[k]) if "dividends" in ledger else 0.0
            if not paid:
                assert parts.loc[after, "specific"] == pytest.approx(expected, rel=1e-3, abs=50)
                whole += 1
        checked += 1
    assert checked > 20
    assert whole > 5


def test_the_industries_are_summed() -> None:
    result, market, model = sample_result(), sample_market(), fitted()
    by_factor = factor_alpha(result, held_through(result, market), model)
    table = alpha_by_model(result, market, model, "day")
    summed = by_factor[list(model.characteristics.industries)].sum(axis=1)
    pd.testing.assert_series_equal(table["industries"], summed, check_names=False)


def test_the_past_does_not_change_with_the_future() -> None:
    market = sample_market()
    cut = FEW.fit(market.until("2015-03-31"))
    rows = len(cut.market.dates)
    np.testing.assert_array_equal(
        cut.regressions.returns, fitted().regressions.returns[:rows], strict=True
    )


def test_another_market_is_refused() -> None:
    with pytest.raises(DataError, match="market of the run"):
        alpha_by_model(sample_result(), sample_market().until("2015-03-02"), FEW)
    other = FEW.fit(sample_market().until("2015-07-31"))
    with pytest.raises(DataError, match="is not that of the run"):
        alpha_by_model(sample_result(), sample_market(), other)
