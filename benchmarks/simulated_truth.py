"""How neutral the hedged book truly is, on simulated markets whose betas are known.

    python -m benchmarks.simulated_truth --seeds 4

For each market: the mean over the recorded days of (true beta x stocks - futures) / equity,
its spread, and the correlation of daily net returns with the index.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from quanthedge import Market, backtest, load_strategy
from quanthedge.market.simulation import Truth, simulate_market
from quanthedge.result import Result

STRATEGY = Path(__file__).parents[1] / "strategies" / "market_neutral.toml"


def true_net_beta(result: Result, market: Market, truth: Truth) -> np.ndarray:
    """Return the fund's true beta to the index on each recorded day."""
    betas = truth.betas(str(result.strategy["benchmark"]))
    place = {code: n for n, code in enumerate(market.codes)}
    net = []
    for date, book in result.positions.groupby("date"):
        held = [place[code] for code in book["code"]]
        exposure = float(np.nansum(book["value"].to_numpy() * betas[market.day(date), held]))
        day = result.ledger.loc[date]
        net.append((exposure - day["futures_notional"]) / day["equity"])
    return np.array(net)


def main() -> None:
    """Simulate, run and print one line a market."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--stocks", type=int, default=400)
    args = parser.parse_args()
    means = []
    for seed in range(1, args.seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            simulate_market(folder, stocks=args.stocks, years=5, seed=seed, start="2011-01-04")
            market = Market.open(folder)
            result = backtest(load_strategy(STRATEGY), market, "2012-02-01", "2015-12-31")
            net = true_net_beta(result, market, Truth.open(folder))
        means.append(float(net.mean()))
        correlation = result.summary().value("correlation_accrued_daily")
        print(
            f"seed {seed}: true beta of the fund {net.mean():+.4f} on average, spread "
            f"{net.std():.4f}; correlation {correlation:+.3f}"
        )
    print(f"all markets: {np.mean(means):+.4f}")


if __name__ == "__main__":
    main()
