"""A run in the shapes of other packages: how far theirs is from ours, and how long it takes.

python -m benchmarks.interop                                        # the sample market
python -m benchmarks.interop data/real --start 2010-04-19 --end 2018-12-28 --n 100
"""

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.market import Market
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.strategy import load_strategy

ROOT = Path(__file__).parents[1]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what was made, and the processor seconds it took."""
    begun = time.process_time()
    made = work()
    return made, time.process_time() - begun


def portfolios(result: Result, market: Market) -> None:
    """Print how far vectorbt's portfolio is off the ledger."""
    result.to_vectorbt().value()  # compiled, or read from its cache
    for name, given in (("a column a stock", market), ("one column of stocks", None)):
        made, seconds = timed(lambda given=given: result.to_vectorbt(given))  # type: ignore[misc]
        off = made.difference.abs().max()
        days, columns = made.wrapper.shape
        orders = len(made.orders.records)
        print(f"vectorbt, {name}: {days} days, {columns} columns, {orders} orders, ", end="")
        print(
            f"{seconds:.2f} s; largest difference of a day {off['value_yuan']:.1e} yuan, ", end=""
        )
        print(f"of a return {off['return']:.1e}")
    net = result.to_vectorbt(market, accrued_fee=True)
    told = result.summary().value("max_drawdown_net")
    print(f"  largest drawdown {net.max_drawdown():.12f}, the summary's {told:.12f}")
    print(f"  Sharpe ratio {net.sharpe_ratio():.4f}, the summary's ", end="")
    print(f"{result.summary().value('sharpe_net'):.4f} without the opening day's return of 0")


def shapes(result: Result, market: Market) -> None:
    """Print what quantstats, pyfolio and alphalens find."""
    import alphalens
    import pyfolio
    import quantstats

    summary = result.summary()
    returns, benchmark = result.to_quantstats()
    stats = quantstats.stats
    print(f"quantstats: Sharpe ratio {stats.sharpe(returns):.6f} of 252 days, ", end="")
    print(
        f"{stats.sharpe(returns, periods=TRADING_DAYS_A_YEAR):.6f} of 243, "
        f"ours {summary.value('sharpe_net'):.6f}"
    )
    print(f"  cagr {stats.cagr(returns):.4%} by days over 252, ", end="")
    print(f"ours {summary.value('annual_return_net'):.4%} by calendar days over 365")
    print(f"  drawdown {stats.max_drawdown(returns):.12f}, ", end="")
    beta = stats.greeks(returns, benchmark, periods=TRADING_DAYS_A_YEAR)["beta"]
    print(f"beta {beta:.12f}, ours {summary.value('beta_daily'):.12f}")
    shape, seconds = timed(lambda: result.to_pyfolio(market))
    equity = result.ledger["equity"].iloc[1:].to_numpy()
    off = abs(shape.positions.sum(axis=1).to_numpy() - equity).max()
    leverage = pyfolio.timeseries.gross_lev(shape.positions).mean()
    print(
        f"pyfolio: positions {shape.positions.shape} in {seconds:.2f} s, sum off by {off:.1e}; ",
        end="",
    )
    print(f"mean gross leverage {leverage:.6f}, ours {summary.value('gross_exposure_mean'):.6f}")
    found, seconds = timed(lambda: result.to_alphalens(market))
    data = alphalens.utils.get_clean_factor_and_forward_returns(
        found.factor, found.prices, groupby=found.groups, quantiles=5, periods=(1, 5, 20),
        max_loss=0.5,
    )  # fmt: skip
    ic = alphalens.performance.factor_information_coefficient(data).mean()
    print(
        f"alphalens: {len(found.factor)} scores in {seconds:.2f} s, {len(data)} with returns; ",
        end="",
    )
    print("rank IC " + ", ".join(f"{name} {value:.4f}" for name, value in ic.items()))


def regressions(result: Result, market: Market) -> None:
    """Print how far statsmodels' results are off the summary's."""
    for freq in ("daily", "weekly", "monthly"):
        found = result.regression(freq)  # type: ignore[arg-type]
        told = result.summary()[f"beta_{freq}"]
        assert told.estimate is not None
        assert isinstance(told.value, float)
        low, high = found.conf_int().loc["beta"]
        ends = max(abs(low - told.estimate.low), abs(high - told.estimate.high))
        print(
            f"statsmodels {freq}: beta {found.params['beta']:.6f} ({low:.4f} to {high:.4f}), ",
            end="",
        )
        print(f"off the summary's by {abs(found.params['beta'] - told.value):.0e}, ", end="")
        print(f"its ends by {ends:.0e}")
    one = result.pro_forma_regression(market)
    told = result.hedge.iloc[-1]
    off = abs(one.params["beta"] - told["pro_forma_beta"])
    print(f"  pro-forma beta of the last book {one.params['beta']:.6f}, off by {off:.0e}")


def main() -> None:
    """Run the market-neutral strategy and print every comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", nargs="?", default=str(ROOT / "data" / "sample"))
    parser.add_argument("--start", default="2014-09-17")
    parser.add_argument("--end", default="2015-07-31")
    parser.add_argument("--n", default="30")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    market = Market.open(args.market)
    strategy = load_strategy(ROOT / "strategies" / "market_neutral.toml", [f"selector.n={args.n}"])
    result = backtest(strategy, market, args.start, args.end)
    portfolios(result, market)
    shapes(result, market)
    regressions(result, market)


if __name__ == "__main__":
    main()
