"""Risk of the hedged book: against loops from the definition, sums, what came, and no future."""

from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.risk_stage import fitted_risk, hedges_without_members, risk_tables
from quanthedge.backtesting.run import backtest
from quanthedge.errors import DataError
from quanthedge.performance import BookRisk
from quanthedge.risk import RiskModel, StatisticalRiskModel
from quanthedge.risk.hedge_exposure import basis_risk
from quanthedge.risk.validate import bias_table, noise_bands
from tests.sample import END, START, sample_market, sample_result, small_strategy


@cache
def run() -> Result:
    return backtest(small_strategy("risk={}"), sample_market(), START, END)


@cache
def kept() -> BookRisk:
    return run().risk()


def test_a_forecast_is_the_quadratic_form_of_the_whole_covariance() -> None:
    result, market = run(), sample_market()
    fitted = fitted_risk(market, RiskModel())
    members, _ = market.index_weights("000300.SH")
    basis = basis_risk(market, "IF").adjusted
    for day in kept().forecasts["date"].iloc[[0, 4, 9]]:
        row, equity = market.day(day), result.ledger.loc[day, "equity"]
        book = np.zeros(len(market.codes))
        own = result.positions[result.positions["date"] == day]
        for code, value in zip(own["code"], own["value"], strict=True):
            book[market.column(str(code))] += value / equity
        held = result.contracts[result.contracts["date"] == day]
        notional = -held["futures_notional"].sum() / equity
        assert (held["lots"] < 0).any()
        book += notional * members[row]
        found = fitted.forecast(row, 20)
        listed = np.isfinite(found.specific)
        x = found.exposures[listed]
        whole = x @ found.covariance @ x.T + np.diag(found.specific[listed])
        variance = book[listed] @ whole @ book[listed] + notional**2 * 20 * basis[row]
        told = kept().forecasts.set_index("date").loc[day, "volatility"]
        assert told == pytest.approx(np.sqrt(variance), rel=1e-6)


def test_parts_sum_to_the_variance_and_the_hedge_takes_the_market_out() -> None:
    forecasts, parts = kept().forecasts.set_index("date"), kept().parts
    summed = parts.groupby("date")["variance"].sum()
    np.testing.assert_allclose(summed, forecasts["volatility"] ** 2, rtol=1e-12)
    by_kind = parts.groupby("kind")["variance"].sum() / summed.sum()
    assert set(by_kind.index) == {"country", "industry", "style", "specific", "basis"}
    assert abs(by_kind["country"]) < 0.2
    naked = run().changed(contracts=run().contracts.iloc[:0])
    alone, its_parts = risk_tables(naked, sample_market())
    assert (alone["volatility"] > 1.5 * forecasts["volatility"].to_numpy()).all()
    its_kinds = its_parts.groupby("kind")["variance"].sum() / its_parts["variance"].sum()
    assert its_kinds["country"] > 0.6
    assert its_kinds["basis"] == 0.0


def test_what_came_is_counted_day_by_day() -> None:
    ledger = run().ledger
    days = list(ledger.index)
    for line in kept().forecasts.to_dict("records"):
        k = days.index(line["date"])
        returns = []
        for t in range(k + 1, k + 21):
            gain = sum(ledger[name].iloc[t] for name in ("stock_pnl", "dividends", "futures_pnl"))
            returns.append(gain / ledger["equity"].iloc[t - 1])
        assert line["end"] == days[k + 20]
        assert line["realised_return"] == pytest.approx(sum(returns), rel=1e-9)
        square = np.sqrt(sum(one**2 for one in returns))
        assert line["realised_volatility"] == pytest.approx(square, rel=1e-9)
        assert line["z"] == pytest.approx(sum(returns) / line["volatility"])


def test_forecasts_are_of_rebalances_and_month_ends_and_those_judged_do_not_overlap() -> None:
    slow = backtest(small_strategy("risk={}", "rebalance.every=45"), sample_market(), START, END)
    for result in (run(), slow):
        table, days = result.risk_forecasts, list(result.ledger.index)
        trades = {days[days.index(day) + 1] for day in result.targets["date"].unique()}
        ends = {
            day for day, after in pairwise(days)
            if after.month != day.month and after not in trades
        }  # fmt: skip
        wanted = [day for day in sorted(trades | ends) if day >= days[1]]
        assert list(table["date"]) == wanted
        counted = table[table["counted"] == 1]
        assert (counted["date"].to_numpy()[1:] >= counted["end"].to_numpy()[:-1]).all()
        assert 0 < len(counted) < len(table)


def test_the_future_does_not_change_a_forecast() -> None:
    cut = sample_market().until("2015-03-20")
    short = backtest(small_strategy("risk={}"), cut, START, "2015-03-20").risk_forecasts
    whole = kept().forecasts.iloc[: len(short)]
    assert len(short) > 5
    np.testing.assert_array_equal(short["volatility"], whole["volatility"])
    assert np.isnan(short["z"].iloc[-1])  # its days end after the market


def test_a_run_folder_keeps_them_and_another_horizon_asks_for_the_market(tmp_path) -> None:
    opened = Result.open(run().to_parquet(tmp_path / "run"))
    pd.testing.assert_frame_equal(opened.risk().forecasts, kept().forecasts, check_dtype=False)
    np.testing.assert_array_equal(opened.risk().parts["variance"], kept().parts["variance"])
    assert (opened.risk(sample_market(), 5).forecasts["horizon"] == 5).all()
    with pytest.raises(DataError, match="forecasts of 5 days are asked for, the run kept those of"):
        opened.risk(horizon=5)
    with pytest.raises(DataError, match="is not that of the run"):
        opened.risk(sample_market().until("2015-07-31"))
    with pytest.raises(DataError, match="horizon 0 days"):
        opened.risk(sample_market(), 0)


def test_a_run_without_a_model_keeps_none_and_works_them_out_from_the_market() -> None:
    plain = sample_result()
    assert not len(plain.risk_forecasts)
    with pytest.raises(DataError, match=r"the run kept none; give the market"):
        plain.risk()
    found = plain.risk(sample_market())
    np.testing.assert_array_equal(found.forecasts["volatility"], kept().forecasts["volatility"])


def test_where_the_model_knows_too_little_there_is_a_row_without_a_forecast() -> None:
    model = StatisticalRiskModel(kind="pca", window=500, components=5)
    strategy = small_strategy().change(risk=model)
    found, parts = risk_tables(run().changed(strategy=strategy), sample_market())
    assert len(found) == len(kept().forecasts)
    known = found["volatility"].notna()
    assert known.sum() not in (0, len(found))
    assert not known.iloc[0]
    assert found.loc[~known, "realised_return"].notna().all()
    assert set(parts["kind"]) == {"factors", "specific", "basis"}
    summed = parts.groupby("date")["variance"].sum()
    np.testing.assert_allclose(summed, found.loc[known, "volatility"] ** 2, rtol=1e-12)


def test_a_future_whose_members_are_not_known_is_said_and_refused() -> None:
    market = sample_market()
    strategy = small_strategy("risk={}", 'hedge.product="IH"')
    assert hedges_without_members(small_strategy("risk={}"), market) == []
    assert hedges_without_members(strategy, market) == ["IH"]
    assert not len(risk_tables(run().changed(strategy=strategy), market)[0])
    ih = run().contracts.assign(contract=run().contracts["contract"].str.replace("IF", "IH"))
    with pytest.raises(DataError, match=r"000016\.SH"):
        run().changed(contracts=ih).risk(market)


def test_the_band_of_noise_is_where_right_forecasts_lie() -> None:
    band = noise_bands(97)
    draws = np.random.default_rng(5).standard_normal((97, 400))
    told = bias_table({str(k): draws[:, [k]] for k in range(400)})
    for name in band.index:
        inside = told[name].between(band.loc[name, "low"], band.loc[name, "high"]).mean()
        assert 0.92 < inside < 0.98
    assert band.loc["bias", "low"] == pytest.approx(1 - np.sqrt(2 / 97), abs=0.02)
    assert noise_bands(11).isna().all(axis=None)
