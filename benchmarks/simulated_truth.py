"""How neutral the hedged fund truly is, on simulated markets whose betas are known.

    python -m benchmarks.simulated_truth [--seeds 4] [--write docs/neutrality.md]

The reference strategy on markets of five years in which stocks that have fallen stop trading, as in
July 2015: their value moves on, and they trade again at it as far as the price limits let them. The
criterion, by which the default estimator was chosen before any figure of a real market was looked
at: the root mean square of the fund's true beta, ``(true betas x stocks - futures) / equity``, over
all recorded days of all markets.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.pages import markdown, write_between
from quanthedge import Market, backtest, load_strategy
from quanthedge.backtesting.result import Result
from quanthedge.market.simulation import SimulationSettings, Truth, simulate_market
from quanthedge.performance import correlation_stated_otherwise

STRATEGY = Path(__file__).parents[1] / "strategies" / "market_neutral.toml"
SPAN = ("2012-02-01", "2015-12-31")
ESTIMATORS = {
    "Kalman": "{kind='kalman'}",
    "Dimson, 120 days": "{kind='dimson'}",
    "Scholes-Williams, 120 days": "{kind='scholes_williams'}",
    "Vasicek on Huber, 120 days": "{kind='vasicek', base={kind='huber', window=120, "
    "min_observations=80}}",
    "exponential weights, half-life 40": "{kind='ewma'}",
    "least squares, 60 days": "{kind='ols'}",
    "least squares, 250 days": "{kind='ols', window=250, min_observations=160}",
}


def settings(seed: int, stocks: int, falling: bool = True) -> SimulationSettings:
    """Return a market with wild years, with or without suspensions of what has fallen."""
    return SimulationSettings(
        stocks=stocks,
        years=5,
        seed=seed,
        start="2011-01-04",  # type: ignore[arg-type]
        market_volatility_per_day=0.016,
        volatility_state_deviation=0.5,
        suspension_after_fall=0.15 if falling else 0.0,
    )


def true_net_beta(result: Result, market: Market, truth: Truth) -> np.ndarray:
    """Return the fund's true beta to the index on each recorded day."""
    betas = truth.betas(result.strategy.benchmark)
    place = {code: n for n, code in enumerate(market.codes)}
    net = []
    for date, book in result.positions.groupby("date"):
        held = [place[code] for code in book["code"]]
        exposure = float(np.nansum(book["value"].to_numpy() * betas[market.day(date), held]))
        day = result.ledger.loc[date]
        net.append((exposure - day["futures_notional"]) / day["equity"])
    return np.array(net)


def row_of(result: Result, net: np.ndarray) -> dict[str, float]:
    """Return the truth and what would be printed of one run."""
    linked = correlation_stated_otherwise(result.ledger)
    return {
        "mean": float(net.mean()),
        "square": float((net**2).mean()),
        "stated_daily": linked.loc["accrued", "daily"],
        "stated_weekly": linked.loc["accrued", "weekly"],
        "stale_daily": linked.loc["last_close", "daily"],
        "stale_weekly": linked.loc["last_close", "weekly"],
        "gross": float(result.summary().value("annual_return_gross")),
    }


def runs(seeds: int, stocks: int) -> pd.DataFrame:
    """Return a row for each market and estimator."""
    rows: list[dict[str, Any]] = []
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            simulate_market(folder, settings=settings(seed, stocks))
            market, truth = Market.open(folder), Truth.open(folder)
            silent = ~market.panel("traded") & np.isfinite(market.panel("mark"))
            share = silent.mean(axis=1)
            for name, kind in ESTIMATORS.items():
                result = backtest(load_strategy(STRATEGY, [f"beta={kind}"]), market, *SPAN)
                net = true_net_beta(result, market, truth)
                rows.append(
                    {"seed": seed, "estimator": name, "silent": share.mean(), "worst": share.max()}
                    | row_of(result, net)
                )
    return pd.DataFrame(rows)


def ranking(found: pd.DataFrame) -> pd.DataFrame:
    """Return the estimators in the order of the criterion."""
    grouped = found.groupby("estimator", sort=False)
    table = grouped[["mean", "gross"]].mean()
    table["lowest"], table["highest"] = grouped["mean"].min(), grouped["mean"].max()
    table["rms"] = np.sqrt(grouped["square"].mean())
    for name in ("stated_daily", "stated_weekly", "stale_daily", "stale_weekly"):
        table[name] = grouped[name].mean()
    return table.sort_values("rms")


def text_of(found: pd.DataFrame) -> str:
    """Return the table and what the markets were like."""
    table = ranking(found)
    rows = [
        [
            str(name),
            f"{row['rms']:.4f}",
            f"{row['mean']:+.4f} ({row['lowest']:+.4f} to {row['highest']:+.4f})",
            *(
                f"{row[one]:+.3f}"
                for one in ("stated_daily", "stated_weekly", "stale_daily", "stale_weekly")
            ),
            f"{row['gross']:.2%}",
        ]
        for name, row in table.iterrows()
    ]
    header = [
        "estimator", "true beta, root mean square", "mean (markets)", "correlation daily",
        "weekly", "at last closes daily", "weekly", "gross a year",
    ]  # fmt: skip
    markets = found.groupby("seed")[["silent", "worst"]].first()
    return (
        f"{len(markets)} markets of five years; on an average day {markets['silent'].mean():.1%} "
        f"of the stocks do not trade, on the worst {markets['worst'].max():.0%}.\n\n"
        f"{markdown(header, rows)}\n\nThe first by the criterion: **{table.index[0]}**."
    )


def main() -> None:
    """Simulate, run, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--stocks", type=int, default=400)
    parser.add_argument("--csv", type=Path, help="file for a row of each market and estimator")
    parser.add_argument("--write", type=Path, help="page that takes the table between its marks")
    args = parser.parse_args()
    found = runs(args.seeds, args.stocks)
    text = text_of(found)
    print(text)
    if args.csv:
        found.to_csv(args.csv, index=False, float_format="%.6f")
    if args.write:
        write_between(args.write, "simulated truth", text)


if __name__ == "__main__":
    main()
