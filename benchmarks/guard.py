"""Speed held by ratios: our compiled code against numpy over the same bytes, in one process.

    python -m benchmarks.guard

A slow machine slows both, so that a ratio is the same everywhere within a factor of about two.
Each pair (ours, numpy's pass) is measured in processor time of the thread, one after the other,
and the median of the pairs' ratios is held against a bound; so neither a busy machine nor a single
interruption moves it. Exit status 1 when a ratio is above its bound.

The ledger's pass: numpy gathers from each panel what the ledger has to read of it (mark, factor and
beta of each stock held, at the close of the day and before; bars of each stock traded) and adds it
up. What is asked of the ledger is 10 times that; the bound is less, so that a ledger which became
five times slower is caught.

    python -m benchmarks.guard --slow 5

runs everything of ours five times instead of once, to see that the guard bites.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.ledger import make_inputs, run_ledger_once
from quanthedge.ledger import LedgerInputs

__all__ = ["Guard", "held_and_traded", "judged", "median_ratio", "pass_of_ledger"]

PAIRS = 15
STOCKS, DAYS, NAMES, EVERY = 1500, 1500, 150, 20
Work = Callable[[], object]


@dataclass(frozen=True)
class Guard:
    """Ours, numpy's pass over the same bytes, and how many times as long ours may take.

    ``usual`` is the ratio that was measured when the bound was set.
    """

    name: str
    ours: Work
    plain: Work
    usual: float
    bound: float


def held_and_traded(inputs: LedgerInputs) -> tuple[Any, Any]:
    """Return the places in a [T, N] panel of what is held on each day, and of what is traded."""
    days, stocks = inputs.bars.open.shape
    targets = inputs.targets.sleeve(0)
    held, traded = [], []
    before = np.empty(0, dtype=np.int64)
    ends = np.append(targets.trade_days[1:], days)
    for r, (day, end) in enumerate(zip(targets.trade_days, ends, strict=True)):
        now = targets.stocks[targets.pointer[r] : targets.pointer[r + 1]]
        held.append((np.arange(day, end)[:, None] * stocks + now).ravel())
        traded.append(day * stocks + np.union1d(before, now))
        before = now
    return np.concatenate(held), np.concatenate(traded)


def pass_of_ledger(inputs: LedgerInputs) -> Work:
    """Return numpy's pass over what the ledger has to read."""
    held, traded = held_and_traded(inputs)
    bars, stocks = inputs.bars, inputs.bars.open.shape[1]
    after = held + stocks  # the row of the day's close in panels that begin a day before

    def work() -> float:
        total = 0.0
        for panel in (bars.mark.ravel(), bars.adj_factor.ravel()):
            total += panel.take(held).sum() + panel.take(after).sum()
        total += inputs.hedge.beta.ravel().take(after).sum()
        for bar in (*bars[:7], bars.limit_class):
            total += bar.ravel().take(traded).sum()
        return total

    return work


def guards() -> list[Guard]:
    """Return what is guarded."""
    import quanthedge as qh
    from quanthedge.beta.ols import rolling_ols

    inputs = make_inputs(STOCKS, DAYS, NAMES, EVERY)
    rng = np.random.default_rng(3)
    index = rng.normal(0.0, 0.01, 750)
    returns = index[:, None] + rng.normal(0.0, 0.02, (750, 1500))
    returns[rng.random(returns.shape) < 0.05] = np.nan

    def adding_up() -> float:
        return float(np.nansum(returns))

    def sorting() -> Any:
        return np.argsort(returns, axis=1)

    return [
        Guard("ledger", lambda: run_ledger_once(inputs), pass_of_ledger(inputs), 1.5, 5.0),
        Guard("rolling betas", lambda: rolling_ols(returns, index, 60, 40), adding_up, 2.2, 7.0),
        Guard(
            "rolling mean",
            lambda: qh.ops.rolling_mean(returns, 60, min_share=0.6),
            adding_up,
            1.9,
            6.0,
        ),
        Guard("rank of each day", lambda: qh.ops.rank(returns), sorting, 1.2, 4.0),
    ]


def thread_seconds(work: Work) -> float:
    """Return the processor time of a call."""
    begin = time.thread_time()
    work()
    return time.thread_time() - begin


def median_ratio(
    ours: Work, plain: Work, pairs: int, clock: Callable[[Work], float] = thread_seconds
) -> float:
    """Return the median of ours over numpy's, measured in turn after one call of each."""
    ours()
    plain()
    return float(np.median([clock(ours) / clock(plain) for _ in range(pairs)]))


def judged(ratios: dict[str, float], bounds: dict[str, float]) -> list[str]:
    """Return a line for each ratio above its bound."""
    return [
        f"{name}: {ratio:.2f} times numpy's pass, accepted: {bounds[name]:.1f}"
        for name, ratio in ratios.items()
        if not ratio <= bounds[name]
    ]


def _repeated(work: Work, times: int) -> Work:
    def more() -> None:
        for _ in range(times):
            work()

    return more


def main() -> None:
    """Measure, print, and end with 1 when something is too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--slow", type=int, default=1, help="run ours so many times, as a test")
    args = parser.parse_args()
    ratios, bounds = {}, {}
    for guard in guards():
        ours = guard.ours if args.slow == 1 else _repeated(guard.ours, args.slow)
        ratios[guard.name] = median_ratio(ours, guard.plain, args.pairs)
        bounds[guard.name] = guard.bound
        print(
            f"{guard.name:>18}: {ratios[guard.name]:6.2f} times numpy's pass "
            f"(usually {guard.usual:g}, accepted {guard.bound:g})",
            flush=True,
        )
    faults = judged(ratios, bounds)
    for fault in faults:
        print(f"too slow: {fault}", file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
