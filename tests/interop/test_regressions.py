"""Results of statsmodels have the slope, error and interval that the summary prints."""

import pickle

import numpy as np
import pytest

from quanthedge.errors import DataError
from tests.sample import sample_market, sample_result


@pytest.mark.parametrize("freq", ["daily", "weekly", "monthly"])
def test_slope_error_and_interval_are_those_of_the_summary(freq: str) -> None:
    found = sample_result().regression(freq)  # type: ignore[arg-type]
    told = sample_result().summary()[f"beta_{freq}"]
    assert told.estimate is not None
    assert found.params["beta"] == pytest.approx(told.value, abs=1e-12)
    assert found.bse["beta"] == pytest.approx(told.estimate.standard_error, abs=1e-12)
    low, high = found.conf_int().loc["beta"]
    assert (low, high) == pytest.approx((told.estimate.low, told.estimate.high), abs=1e-12)
    assert found.nobs == told.estimate.observations
    again = pickle.loads(pickle.dumps(found))
    assert again.conf_int().equals(found.conf_int())
    text = str(found.summary())
    assert "Bartlett" in text
    assert f"{high:.3f}" in text


def test_plain_errors_are_those_of_statsmodels_and_smaller_than_the_robust_intervals() -> None:
    plain, robust = (sample_result().regression(hac=hac) for hac in (False, True))
    assert plain.cov_type == "nonrobust"
    assert plain.params.equals(robust.params)
    by_hand = np.sqrt(np.diag(np.linalg.inv(plain.model.exog.T @ plain.model.exog) * plain.scale))
    assert plain.bse.to_numpy() == pytest.approx(by_hand)
    assert not np.allclose(plain.bse, robust.bse)
    gross = sample_result().regression(hac=False, basis="gross")
    assert gross.params["alpha"] > plain.params["alpha"]  # before fees


def test_a_pro_forma_regression_is_the_row_of_the_hedge_table() -> None:
    result = sample_result()
    for row in result.hedge.iloc[[0, 7, 20, -1]].itertuples():
        found = result.pro_forma_regression(sample_market(), f"{row.date:%Y-%m-%d}")
        assert found.params["beta"] == pytest.approx(row.pro_forma_beta, abs=1e-12)
        assert found.bse["beta"] == pytest.approx(row.standard_error, abs=1e-12)
        assert found.nobs == row.observations
    assert result.pro_forma_regression(sample_market()).params["beta"] == pytest.approx(
        result.hedge["pro_forma_beta"].iloc[-1]
    )


def test_what_is_asked_wrongly_is_refused() -> None:
    result = sample_result()
    with pytest.raises(DataError, match="freq 'hourly'; accepted: daily, weekly, monthly"):
        result.regression("hourly")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="basis 'both'; accepted: net, gross"):
        result.regression(basis="both")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no holdings on record on 2014-09-13"):
        result.pro_forma_regression(sample_market(), "2014-09-13")
    with pytest.raises(DataError, match="4 monthly returns"):
        result.changed(ledger=result.ledger.iloc[:60]).regression("monthly")
