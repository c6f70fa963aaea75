"""How long a backtest takes at first, and once more with another hedge: what stages keep.

    python -m benchmarks.stages MARKET [--start 2010-04-19 --end 2018-12-28]
        [--change hedge.ratio=0.9]

In a process of its own, as in a notebook: the first run opens the market's panels and fills the
stages, the second changes one key of the strategy. The first is also given without the opening of
the market (its stages forgotten, its panels mapped). Compiled code is taken from the cache.
"""

import argparse
import time
from pathlib import Path

import quanthedge as qh
from quanthedge.stages.keyed import forget_stages

STRATEGY = Path(__file__).parents[1] / "strategies" / "market_neutral.toml"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", type=Path)
    parser.add_argument("--start", default="2010-04-19")
    parser.add_argument("--end", default="2018-12-28")
    parser.add_argument("--change", default="hedge.ratio=0.9")
    args = parser.parse_args()
    market, strategy = qh.Market.open(args.market), qh.load_strategy(STRATEGY)
    changed = strategy.change(args.change)

    def seconds(one: qh.Strategy) -> float:
        begun = time.perf_counter()
        qh.backtest(one, market, args.start, args.end).summary()
        return time.perf_counter() - begun

    first, second = seconds(strategy), min(seconds(changed) for _ in range(3))
    forget_stages()
    warm = seconds(strategy)
    print(f"first {first:.2f} s, again from mapped panels {warm:.2f} s")
    print(f"{args.change}: {second:.2f} s, {second / first:.2f} and {second / warm:.2f} of these")


if __name__ == "__main__":
    main()
