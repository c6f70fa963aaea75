"""The stored truth is true: estimators that are right find it in the prices."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.market.simulation import SimulationSettings
from tests.market.simulation.simulated import Panels, panels

WINDOW = 120
DEADLINES = {3: "04-30", 6: "08-31", 9: "10-31", 12: "04-30"}


def _returns(market: Panels) -> np.ndarray:
    """Daily returns, NaN where not traded on the day and the day before, or newly listed."""
    returns = market.panel(market.bars["close"] / market.bars["pre_close"] - 1)
    stocks = market.market.tables["stocks"].to_pandas()
    new = stocks["list_date"].to_numpy().astype("datetime64[D]") >= market.dates[0]
    usable = np.isfinite(returns)
    usable[1:] &= usable[:-1].copy()
    usable[0] = False
    return np.where(usable & ~new, returns, np.nan)


def _betas(market: Panels, code: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Estimated, true and standard errors of betas in windows of half a year."""
    returns, truth = _returns(market), market.truth("betas", f"beta_{code[:6]}")
    close = market.index_close(code)
    index = np.append(np.nan, close[1:] / close[:-1] - 1)
    found: list[tuple[np.ndarray, ...]] = []
    for begin in range(1, len(index) - WINDOW, WINDOW):
        y, beta = returns[begin : begin + WINDOW], truth[begin : begin + WINDOW]
        known = np.isfinite(y)
        count = known.sum(axis=0)
        chosen = count > WINDOW * 0.7
        x = np.where(known, index[begin : begin + WINDOW, None], 0.0)
        x = np.where(known, x - x.sum(axis=0) / np.maximum(count, 1), 0.0)[:, chosen]
        y, beta, count = np.nan_to_num(y[:, chosen]), np.nan_to_num(beta[:, chosen]), count[chosen]
        squares = (x**2).sum(axis=0)
        estimate = (x * y).sum(axis=0) / squares
        residual = (y**2).sum(axis=0) - y.sum(axis=0) ** 2 / count - estimate**2 * squares
        true = (x**2 * beta).sum(axis=0) / squares
        found.append((estimate, true, np.sqrt(residual / (count - 2) / squares)))
    return tuple(np.concatenate(column) for column in zip(*found, strict=True))  # type: ignore[return-value]


@pytest.mark.parametrize("code", ["000300.SH", "000905.SH"])
def test_regressions_on_the_index_recover_the_true_betas(code: str) -> None:
    biases, scores, slopes = [], [], []
    for seed in range(4):
        estimate, true, error = _betas(panels(200, 3, seed), code)
        biases.append((estimate - true).mean())
        scores.append(((estimate - true) / error).std())
        slopes.append(np.polyfit(true, estimate, 1)[0])
    # Stocks share the factors' sampling error, so the seeds are the independent observations.
    for values, expected in ((biases, 0.0), (slopes, 1.0)):
        spread = np.std(values, ddof=1) / np.sqrt(len(values))
        assert abs(np.mean(values) - expected) < 3.5 * spread
        assert abs(np.mean(values) - expected) < 0.05
    assert abs(np.mean(biases)) < 0.015
    assert 0.85 < np.mean(scores) < 1.3


def test_members_betas_average_to_one() -> None:
    """With suspended members at beta 0: the index holds them at their last price."""
    market = panels()
    beta = market.truth("betas", "beta_000300")
    spells = market.market.tables["index_members"].to_pandas()
    spells = spells[(spells["index_code"] == "000300.SH") & spells["end"].isna()]
    value = pd.DataFrame(market.panel(market.bars["close"] * market.bars["float_shares"]))
    weight = value.ffill().iloc[-2].to_numpy()
    member = np.isin(market.codes, spells["code"].to_numpy().astype(str))
    weight = np.where(member, weight, 0.0)
    traded = np.isfinite(value.iloc[-1].to_numpy())
    average = (weight * beta[-1])[member & traded].sum() / weight.sum()
    assert abs(average - 1) < 1e-4


def test_true_betas_drift_and_return() -> None:
    loading = panels().truth("betas", "market_loading")
    mean = panels().market.truth["companies"].to_pandas()["beta_mean"].to_numpy()
    drift = loading - mean
    assert 0.1 < np.nanstd(drift) < 0.2
    assert np.nanmax(np.abs(np.diff(loading, axis=0))) < 0.08


def test_style_premia_are_found_in_a_long_market() -> None:
    """Cross-sectional regressions on the true exposures give back the factor returns."""
    market = panels(300, 6, 1)
    settings = SimulationSettings()
    returns = _returns(market)
    names = [name for name in settings.style_names if name != "reversal"]  # changes daily
    exposures = np.stack([market.truth("exposures", name) for name in names], axis=2)
    truth = market.market.truth["factor_returns"].to_pandas()
    industry = market.market.truth["companies"].to_pandas()["industry"]
    sectors = pd.get_dummies(industry).to_numpy(float)
    loading = market.truth("betas", "market_loading")
    found, current = [], np.full(exposures.shape[1:], np.nan)
    for row in range(1, len(market.dates)):
        given = np.isfinite(exposures[row, :, 0])
        current = np.where(given[:, None], exposures[row], current)
        design = np.column_stack([current, loading[row], sectors])
        known = np.isfinite(returns[row]) & np.isfinite(design).all(axis=1)
        known &= np.abs(returns[row]) < 0.3
        found.append(np.linalg.lstsq(design[known], returns[row, known], rcond=None)[0])
    estimated = np.array(found)[:, : len(names)]
    for place, name in enumerate(names):
        actual = truth[name].to_numpy()[1:]
        assert np.corrcoef(estimated[:, place], actual)[0, 1] > 0.3, name
        gap = (estimated[:, place] - actual).mean() * 244
        error = (estimated[:, place] - actual).std() / np.sqrt(len(actual)) * 244
        assert abs(gap) < 4 * error, name
    signs = [settings.styles[name].premium_per_year for name in names]
    tilt = (estimated * np.sign(signs)).sum(axis=1)
    assert tilt.mean() / tilt.std() * np.sqrt(len(tilt)) > 3


def test_reports_become_public_after_their_period_and_before_the_legal_date() -> None:
    frame = panels().market.tables["fundamentals"].to_pandas()
    frame = frame[frame["item"] != "dividend_ttm"]
    known, period = pd.to_datetime(frame["known_date"]), pd.to_datetime(frame["period_end"])
    assert (known > period).all()
    assert known.max() <= pd.Timestamp(panels().dates[-1])
    stocks = panels().market.tables["stocks"].to_pandas().set_index("code")
    listed = pd.to_datetime(stocks["list_date"])[frame["code"]].to_numpy()
    later = (period.dt.month == 12).astype(int) + period.dt.year
    legal = pd.to_datetime(later.astype(str) + "-" + period.dt.month.map(DEADLINES))
    assert (known <= np.maximum(legal.to_numpy(), listed)).all()


def test_trailing_earnings_are_the_last_four_quarters() -> None:
    frame = panels().market.tables["fundamentals"].to_pandas()
    frame["period_end"] = pd.to_datetime(frame["period_end"])
    wide = frame[frame["item"].isin(["net_profit_ttm", "roe_cum_pct", "book_equity"])]
    wide = wide.pivot_table(index=["code", "period_end"], columns="item", values="value")
    year_end = wide[wide.index.get_level_values("period_end").month == 12]
    cumulated = year_end["roe_cum_pct"] / 100 * year_end["book_equity"]
    assert np.allclose(cumulated, year_end["net_profit_ttm"], rtol=1e-3, atol=2e4)


def test_fundamentals_go_with_the_exposures_that_earn_the_premia() -> None:
    market = panels()
    frame = market.market.tables["fundamentals"].to_pandas()
    row = int(np.searchsorted(market.dates, np.datetime64("2015-06-01")))
    value = market.panel(market.bars["close"] * market.bars["total_shares"])
    exposures = market.market.truth["exposures"].to_pandas()
    exposures = exposures[exposures["date"] <= market.dates[row].astype(object)]
    exposures = exposures.groupby("code", observed=True).last()
    known = frame[frame["known_date"] <= market.dates[row].astype(object)]
    for item, style in (("net_profit_ttm", "earnings_yield"), ("book_equity", "book_yield")):
        last = known[known["item"] == item].groupby("code")["value"].last()
        both = pd.DataFrame({"yield": last / pd.Series(value[row], market.codes)})
        both["true"] = exposures[style]
        assert both.dropna().rank().corr().iloc[0, 1] > 0.7
