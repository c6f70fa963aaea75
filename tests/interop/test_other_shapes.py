"""Shapes of quantstats, pyfolio and alphalens, each read by the package itself."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import DataError
from quanthedge.factors import Reversal
from tests.sample import sample_market, sample_result

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")


def value(name: str) -> float:
    found = sample_result().summary().value(name)
    assert isinstance(found, float)
    return found


def test_quantstats_finds_our_sharpe_volatility_and_drawdown() -> None:
    stats = pytest.importorskip("quantstats").stats
    returns, benchmark = sample_result().to_quantstats()
    assert stats.sharpe(returns, periods=243) == pytest.approx(value("sharpe_net"), abs=1e-12)
    assert stats.volatility(returns, periods=243) == pytest.approx(value("volatility_net"))
    assert stats.max_drawdown(returns) == pytest.approx(value("max_drawdown_net"), abs=1e-12)
    assert stats.comp(returns) == pytest.approx(value("return_net"), abs=1e-12)
    assert stats.comp(benchmark) == pytest.approx(value("return_index"), abs=1e-12)
    beta = stats.greeks(returns, benchmark, periods=243)["beta"]
    assert beta == pytest.approx(value("beta_daily"), abs=1e-12)


def test_the_cagr_of_quantstats_is_another_year_and_its_whole_table_is_made() -> None:
    qs = pytest.importorskip("quantstats")
    returns, benchmark = sample_result().to_quantstats()
    whole = 1.0 + value("return_net")
    assert qs.stats.cagr(returns) == pytest.approx(whole ** (252 / len(returns)) - 1.0)
    assert qs.stats.cagr(returns, periods=243) != pytest.approx(value("annual_return_net"))
    table = qs.reports.metrics(returns, benchmark=benchmark, display=False, mode="full")
    assert len(table) > 40


def _closed_profit(trades: pd.DataFrame) -> float:
    """Profit of all contracts that were closed, before costs, first in first out."""
    futures = trades[trades["code"].str.startswith("IF")]
    signed = futures["quantity"].where(futures["side"] == "buy", -futures["quantity"])
    total = 0.0
    for code, mine in futures.groupby("code"):
        lots = signed[mine.index]
        price = np.repeat(mine["amount"] / mine["quantity"], mine["quantity"]).to_numpy()
        side = np.repeat(np.sign(lots), lots.abs()).to_numpy()
        sold, bought = price[side < 0], price[side > 0]
        total += sold[: len(bought)].sum() - bought.sum()
        assert len(sold) >= len(bought), code
    return total


@pytest.mark.parametrize("by_stock", [True, False])
def test_pyfolio_finds_our_statistics_leverage_and_trades(by_stock: bool) -> None:
    pyfolio = pytest.importorskip("pyfolio")
    result, ledger = sample_result(), sample_result().ledger.iloc[1:]
    shape = result.to_pyfolio(sample_market() if by_stock else None)
    stats = pyfolio.timeseries.perf_stats(shape.returns, shape.benchmark)
    assert stats["Max drawdown"] == pytest.approx(value("max_drawdown_net"), abs=1e-12)
    assert stats["Cumulative returns"] == pytest.approx(value("return_net"), abs=1e-12)
    assert stats["Beta"] == pytest.approx(value("beta_daily"), abs=1e-12)
    assert stats["Sharpe ratio"] * np.sqrt(243 / 252) == pytest.approx(value("sharpe_net"))
    total = shape.positions.sum(axis=1).to_numpy()
    assert total == pytest.approx(ledger["equity"].to_numpy(), abs=0.01)
    leverage = pyfolio.timeseries.gross_lev(shape.positions).to_numpy()
    held = (ledger["stock_value"] + ledger["futures_notional"].abs()) / ledger["equity"]
    assert leverage == pytest.approx(held.to_numpy(), abs=1e-9)
    volume = pyfolio.txn.get_txn_vol(shape.transactions)["txn_volume"]
    assert volume.sum() == pytest.approx(result.trades["amount"].sum())
    futures = shape.transactions[shape.transactions["symbol"].str.startswith("IF")]
    trips = pyfolio.round_trips.extract_round_trips(futures)  # counts share by share: slow
    assert trips["pnl"].sum() == pytest.approx(_closed_profit(result.trades), abs=0.01)
    drawdowns = pyfolio.timeseries.gen_drawdown_table(shape.returns, top=3)
    assert drawdowns["Net drawdown in %"].iloc[0] == pytest.approx(
        -100.0 * value("max_drawdown_net"), abs=1e-9
    )


def test_alphalens_takes_the_scores_with_prices_that_could_be_had() -> None:
    alphalens = pytest.importorskip("alphalens")
    market, result = sample_market(), sample_result()
    factor_, prices, groups, names = result.to_alphalens(market)
    data = alphalens.utils.get_clean_factor_and_forward_returns(
        factor_, prices, groupby=groups, groupby_labels=names, quantiles=5, periods=(1, 5),
        max_loss=0.5,
    )  # fmt: skip
    assert len(data) > 0.95 * len(factor_)
    # by hand: bought at the next open, sold at the open after it, dividends and splits included
    day, code = data.index[100]
    row, stock = market.day(day.to_datetime64().astype("datetime64[D]")), market.column(code)
    paid = market.panel("open")[row + 1 : row + 3, stock]
    factor_of = market.panel("adj_factor")[row + 1 : row + 3, stock]
    earned = paid[1] * factor_of[1] / (paid[0] * factor_of[0]) - 1.0
    assert data["1D"].iloc[100] == pytest.approx(earned, abs=1e-12)
    # the thirty best of a day are those that the run wanted
    wanted = result.targets.groupby("date")["code"].agg(set)
    for date, codes in wanted.items():
        best = factor_.loc[pd.Timestamp(date)].nlargest(len(codes))
        assert set(best.index) == codes
    ic = alphalens.performance.factor_information_coefficient(data)["1D"]
    own = data.groupby("date")[["factor", "1D"]].corr("spearman")["factor"].xs("1D", level=1)
    assert ic.to_numpy() == pytest.approx(own.to_numpy())


def test_a_factor_of_its_own_stands_in_for_the_scores_and_nonsense_is_refused() -> None:
    market, result = sample_market(), sample_result()
    one = Reversal(window=20)
    shape = result.to_alphalens(market, one, price="close")
    day, code = shape.factor.index[10]
    row, stock = market.day(day.to_datetime64().astype("datetime64[D]")), market.column(code)
    assert shape.factor.iloc[10] == one.exposure(market, np.array([row]))[0, stock]
    assert shape.prices.loc[day, code] == (
        market.panel("close")[row + 1, stock] * market.panel("adj_factor")[row + 1, stock]
    )
    with pytest.raises(DataError, match="price 'vwap'; accepted: open, close"):
        result.to_alphalens(market, price="vwap")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="is not that of the run"):
        result.to_alphalens(market.until("2015-09-30"))
