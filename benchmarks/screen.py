"""vectorbt's screen of a grid beside the exact ledger on the same variants: agreement and time.

    python -m benchmarks.screen                       # the sample market
    python -m benchmarks.screen data/real --start 2010-04-19 --end 2018-12-28 --n 50,100,200

Both take the same targets, worked out once before. Seconds are wall time in one process after a
first small screen compiled everything; the ledger's are with all that it is given beyond the
targets (betas, contracts, rules, limits, actions), which it works out once for all variants.
"""

import argparse
import resource
import time
from pathlib import Path

from quanthedge.batch.screen import from_vectorbt
from quanthedge.market import Market
from quanthedge.strategy import Strategy, load_strategy

ROOT = Path(__file__).parents[1]


def parts(strategy: Strategy, market: Market, start: str, end: str) -> None:
    """Print what of the difference comes from the hedge, and what from impact."""
    free = ["costs.impact_coefficient=0", "execution.participation=0"]
    cases = {
        "stocks alone, no impact": ["hedge.ratio=0", *free],
        "stocks alone": ["hedge.ratio=0"],
        "hedged, no impact": free,
        "hedged": [],
    }
    chosen = [strategy.change(dict(_pair(one) for one in changes)) for changes in cases.values()]
    table = from_vectorbt(strategy, market, chosen, start=start, end=end, keep="all").table
    print(f"{'':24}  Sharpe ratio: vectorbt  ledger before fees   volatility: vectorbt  ledger")
    for number, name in enumerate(cases):
        row = table.loc[number]
        print(
            f"{name:24}  {row['screen_sharpe']:22.2f}  {row['exact_sharpe_gross']:18.2f}"
            f"   {row['screen_volatility']:20.2%}  {row['exact_volatility_net']:6.2%}"
        )


def _pair(text: str) -> tuple[str, float]:
    key, value = text.split("=")
    return key, float(value)


def main() -> None:
    """Screen a grid, run all of it exactly, and print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", nargs="?", default=str(ROOT / "data" / "sample"))
    parser.add_argument("--start", default="2014-09-17")
    parser.add_argument("--end", default="2015-07-31")
    parser.add_argument("--n", default="20,30,40")
    parser.add_argument("--ratios", default="0.7,0.8,0.9,1.0")
    args = parser.parse_args()
    strategy = load_strategy(ROOT / "strategies" / "market_neutral.toml", ["selector.n=30"])
    market = Market.open(args.market)
    grid = {
        "selector.n": args.n,
        "hedge.ratio": args.ratios,
        "selector.buffer": "0.0,0.5",
        "rebalance.every": '"month","week"',
    }
    sample = Market.open(ROOT / "data" / "sample")
    from_vectorbt(strategy, sample, "hedge.ratio=0.9,1.0", start="2015-06-01", end="2015-07-31")
    begun = time.perf_counter()
    screen = from_vectorbt(strategy, market, grid, start=args.start, end=args.end, keep="all")
    whole = time.perf_counter() - begun
    known = screen.agreement
    print(f"{len(screen.variants)} variants, {screen.legs} stock legs, {market.name}")
    for part, seconds in screen.seconds.items():
        print(f"{part:>9}: {seconds:8.2f} s")
    print(f"{'all':>9}: {whole:8.2f} s")
    each = screen.seconds["vectorbt"] / screen.legs
    print(f"a stock leg by vectorbt {each:.2f} s; ", end="")
    print(f"a variant by the ledger {screen.seconds['ledger'] / len(screen.variants):.2f} s")
    print(
        f"rank correlation of Sharpe ratios: {known['rank_correlation_net']:.3f} after the ", end=""
    )
    print(f"fund's fees, {known['rank_correlation_gross']:.3f} before them")
    print(f"the ledger's best is number {known['best_found_at']:.0f} by vectorbt")
    table = screen.table
    ours = table["exact_sharpe_net"]
    print(f"mean Sharpe ratio: {table['screen_sharpe'].mean():.2f} by vectorbt, ", end="")
    print(f"{ours.mean():.2f} by the ledger, {table['exact_sharpe_gross'].mean():.2f} before fees")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    columns = [*grid, "screen_sharpe", "exact_sharpe_net", "screen_rank", "exact_rank"]
    print(table[columns].head(10).to_string())
    parts(
        strategy.change({"selector.n": table["selector.n"].median()}), market, args.start, args.end
    )


if __name__ == "__main__":
    main()
