"""How long the library of factors takes, daily and on month ends, and what pandas takes for some.

    python -m benchmarks.factors MARKET [--pandas]

Processor seconds of one process with one thread, compiled code taken from the cache, panels mapped
(the first reading builds and caches the fundamentals' panels, and is not counted). "One pass" is
the time in which numpy adds up the bytes of as many float64 panels once. With ``--pandas`` the same
exposures are made with pandas' rolling windows in the same run, and must agree.
"""

import argparse
import resource
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import quanthedge as qh
from quanthedge.factors import panel


def _cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.process_time()
    found = work()
    return time.process_time() - begun, found


def _pandas(market: qh.Market) -> dict[str, Callable[[], pd.DataFrame]]:
    """Return some factors as one would write them in pandas, on tables that are there already."""
    names = ("volume", "float_shares", "simple_return", "close", "adj_factor")
    bars = {name: market.bars(name) for name in names}

    def turnover() -> pd.DataFrame:
        return bars["volume"] / bars["float_shares"]

    def price() -> pd.DataFrame:
        return pd.DataFrame(np.log(bars["close"] * bars["adj_factor"]))

    def shares() -> pd.DataFrame:
        return (bars["volume"] / bars["adj_factor"]).where(bars["close"].notna())

    def rolling(frame: pd.DataFrame, window: int) -> Any:
        return frame.rolling(window, min_periods=-(-window // 2))

    return {
        "turnover": lambda: rolling(turnover(), 20).mean(),
        "abnormal_turnover": lambda: (
            rolling(turnover(), 20).mean() / rolling(turnover(), 250).mean()
        ),
        "turnover_variation": lambda: (
            rolling(turnover(), 20).std() / rolling(turnover(), 20).mean()
        ),
        "volatility": lambda: rolling(bars["simple_return"], 60).std(),
        "skewness": lambda: rolling(bars["simple_return"], 60).skew(),
        "price_volume": lambda: rolling(price(), 20).corr(shares()),
    }


def _beside_pandas(market: qh.Market) -> None:
    ours_in_all = theirs_in_all = 0.0
    for name, work in _pandas(market).items():
        ours, found = _cpu(partial(panel, market, name, "day"))
        theirs, table = _cpu(work)
        mine = found.frame(name).to_numpy(np.float64)
        beside = table.to_numpy()
        both = np.isfinite(mine) & np.isfinite(beside)
        apart = np.abs(mine - beside)[both] / np.maximum(np.abs(beside[both]), 1e-3)
        only = (np.isfinite(mine) != np.isfinite(beside))[250:].mean()
        print(
            f"{name:20s} ours {ours:6.2f} s  pandas {theirs:6.2f} s  ratio {theirs / ours:5.1f}   "
            f"median difference {np.median(apart):.0e}, "
            f"99.9% below {np.quantile(apart, 0.999):.0e}, defined in one only {only:.1e}"
        )
        ours_in_all += ours
        theirs_in_all += theirs
    print(f"{'together':20s} ours {ours_in_all:6.2f} s  pandas {theirs_in_all:6.2f} s  "
          f"ratio {theirs_in_all / ours_in_all:5.1f}")  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", type=Path)
    parser.add_argument("--pandas", action="store_true")
    args = parser.parse_args()
    market = qh.Market.open(args.market)
    made = panel(market, "library", "month")
    kinds = list(made.names)
    print(f"{market}: {len(kinds)} factors; not carried: {', '.join(made.skipped) or 'none'}")
    del made
    for rows in ("month", "day"):
        seconds, found = _cpu(partial(panel, market, kinds, rows))
        one_pass, _ = _cpu(lambda: [np.nansum(market.panel("close")) for _ in kinds])
        print(
            f"{rows:6s} {found.values.shape} in {seconds:5.2f} s, "
            f"{seconds / len(kinds) * 50:.2f} s for fifty; "
            f"one pass over {len(kinds)} panels {one_pass:.2f} s"
        )
        del found
    if args.pandas:
        _beside_pandas(market)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak {peak:.2f} GiB")


if __name__ == "__main__":
    main()
