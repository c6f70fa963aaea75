"""On markets whose premia are known, the library's factors find them."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from benchmarks.simulated_premia import FACTORS, MORE, recovered
from quanthedge.market.simulation import SimulationSettings, Style, simulate_tables


@cache
def found() -> pd.DataFrame:
    return pd.concat([recovered(seed) for seed in (1, 2)])


@pytest.mark.slow
def test_planted_premia_are_found_within_two_standard_errors_for_95_of_100() -> None:
    table = found()
    assert len(table) == 2 * len(FACTORS) == 20
    assert (table["gap"].abs() <= 2).mean() >= 0.95, table
    assert table["error"].max() < 0.03  # errors so wide that they hold everything prove nothing
    assert np.sign(table["found"]).eq(np.sign(table["premium"])).mean() >= 0.9


@pytest.mark.slow
def test_premia_that_were_not_planted_are_not_found() -> None:
    table = found()
    other = table["premium"].to_numpy()[::-1] * -1.5
    gap = np.abs(table["found"].to_numpy() - other) / table["error"].to_numpy()
    assert (gap <= 2).mean() < 0.6


def test_styles_of_lasting_traits_are_planted_and_others_refused() -> None:
    small = {"stocks": 30, "years": 1}
    plain = simulate_tables(SimulationSettings(**small))
    usual = SimulationSettings().styles
    other = simulate_tables(SimulationSettings(**small, styles={**usual, **MORE}))
    assert set(MORE) <= set(other.truth["exposures"].column_names)
    assert not plain.tables["stock_daily"]["close"].equals(other.tables["stock_daily"]["close"])
    with pytest.raises(ValidationError, match="no style 'growth'; accepted: size"):
        SimulationSettings(styles={"growth": Style(premium_per_year=0.1, volatility_per_day=0)})
