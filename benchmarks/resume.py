"""A run that goes on a day at a time beside the run in one go: the same bytes, and its cost.

python -m benchmarks.resume                       # the sample market, 250 days
python -m benchmarks.resume MARKET --days 250     # a dataset of your own
python -m benchmarks.resume MARKET --days 5 --start 2010-04-19

The market is cut at each day (``market.until``), as a daily update would leave it. ``--every`` runs
that many days at once. With ``--tables`` each day makes the tables that are made when somebody
reads them, too, as a run folder holds them all.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from quanthedge.backtesting import Result, backtest
from quanthedge.daily import resume
from quanthedge.market import Market
from quanthedge.record.tables import TABLES
from quanthedge.stages.keyed import forget_stages
from quanthedge.strategy import load_strategy

SAMPLE = Path("data/sample")
NEUTRAL = Path("strategies/market_neutral.toml")


def unlike(one: Result, other: Result) -> list[str]:
    """Return the names of what two results do not have in common, to the bit."""
    found = []
    for name in TABLES:
        try:
            pd.testing.assert_frame_equal(
                getattr(one, name), getattr(other, name), check_exact=True
            )
        except AssertionError:
            found.append(name)
    if one.state != other.state:
        found.append("state")
    if one.past is None or other.past is None or not one.past.equals(other.past):
        found.append("digests of the past")
    return found


def main() -> None:
    """Go on day by day, compare, and print what it took."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("market", nargs="?", type=Path, default=SAMPLE)
    words.add_argument("--strategy", type=Path, default=NEUTRAL)
    words.add_argument("--start", default="2014-09-17")
    words.add_argument("--days", type=int, default=250)
    words.add_argument("--every", type=int, default=1)
    words.add_argument("--tables", action="store_true", help="make every table each day")
    asked = words.parse_args()
    market = Market.open(asked.market)
    changes = ["selector.n=30"] if len(market.codes) < 500 else []
    strategy = load_strategy(asked.strategy, changes)
    days = market.dates[-asked.days - 1 :]
    result = backtest(strategy, market.until(days[0]), asked.start)
    seconds = []
    for day in days[asked.every :: asked.every]:
        forget_stages()  # each day is another process
        begun = time.process_time()
        result = resume(result, market.until(day))
        for name in TABLES if asked.tables else ():
            getattr(result, name)
        seconds.append(time.process_time() - begun)
    last = str(result.ledger.index[-1].date())
    forget_stages()
    begun = time.process_time()
    whole = backtest(strategy, market.until(last), asked.start)
    for name in TABLES if asked.tables else ():
        getattr(whole, name)
    once = time.process_time() - begun
    apart = unlike(result, whole)
    print(f"market {market.name}: {len(market.codes):,} stocks; run from {asked.start} to {last}")
    print(
        f"{len(seconds)} times on, {asked.every} day(s) each: median {np.median(seconds):.2f} s, "
        f"longest {max(seconds):.2f} s of the processor; the run in one go {once:.2f} s"
    )
    print("the same to the bit" if not apart else f"NOT the same: {', '.join(apart)}")
    raise SystemExit(1 if apart else 0)


if __name__ == "__main__":
    main()
