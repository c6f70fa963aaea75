"""How long sweeps take as whole commands, store and table included, and beside single backtests.

    python -m benchmarks.sweep ledger --folder /somewhere/roomy [--variants 1000]
    python -m benchmarks.sweep scores --market data/real [--variants 100]

``ledger``: variants of the hedge (ratio, policy), costs, capital and fees on a simulated market of
3,000 stocks, 2,500 days with 200 names; the market is made once and kept in the folder. ``scores``:
variants of factor weights, number of names and rebalancing as well, 2010-04-19 to 2018-12-28. Each
sweep is a process of its own, its memory sampled twenty times a second: "own" is what it allocated,
without the mapped pages of the market. Two figures are printed for time: by the clock, and of
the processors, which on a machine that does other things too is the one that repeats. The ratio is
that of the clock's time to as many single backtests, of which some are run.
"""

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STRATEGY = Path(__file__).parents[1] / "strategies" / "market_neutral.toml"
SINGLE = 3  # backtests that are run one by one

LEDGER = [
    "hedge.ratio=0.5:1.4:0.1",
    "hedge.policy.every_days=1,5,10,20,60",
    "costs.commission_rate=0.0003,0.0008",
    "capital_yuan=5e7,1e8,2e8,5e8,1e9",
    "fund.performance_fee_rate=0.2,0.25",
]
SCORES = [
    "factors.0.weight=0.5,1.0,2.0",
    "factors.1.weight=0.5,1.0,2.0",
    "factors.3.weight=0.5,1.0,2.0",
    "selector.n=50:200:50",
    "rebalance.every=week,month",
    "hedge.ratio=0.9,1.0",
]


def measured(command: list[str]) -> tuple[float, float, float]:
    """Return seconds by the clock and of processors, and the peak of own memory in GiB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    process = subprocess.Popen(command)
    own = 0.0
    while process.poll() is None:
        own = max(own, _own(process.pid))
        time.sleep(0.05)
    seconds = time.perf_counter() - begun
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, spent, own


def _own(process: int) -> float:
    """Return the memory that a process and its children allocated, GiB."""
    total = 0
    for pid in [process, *_children(process)]:
        try:
            status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        except OSError:
            continue
        lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        total += int(lines.get("RssAnon", "0 kB").split(maxsplit=1)[0])
    return total / 2**20


def _children(process: int) -> list[int]:
    try:
        text = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(one) for one in text.split()]


def single_seconds(market: Path, start: str, end: str, changes: list[str]) -> float:
    """Return the seconds of a single backtest whose market is open, the median of a few."""
    import quanthedge as qh

    data, strategy = qh.Market.open(market), qh.load_strategy(STRATEGY, changes)
    found = []
    for k in range(SINGLE + 1):
        begun = time.perf_counter()
        qh.backtest(strategy.change({"hedge.ratio": 0.9 + k / 100}), data, start, end).summary()
        found.append(time.perf_counter() - begun)
    return sorted(found[1:])[SINGLE // 2]


def simulated(folder: Path) -> tuple[Path, str, str]:
    """Return a market of 3,000 stocks, made once, and the span of its last 2,500 days."""
    from quanthedge.market import Market
    from quanthedge.market.simulation import simulate_market

    target = folder / "sweep_3000"
    if not (target / "manifest.json").exists():
        simulate_market(target, stocks=3000, years=12, seed=7, start="2009-06-01")
    market = Market.open(target)
    market.build_panels()
    return target, str(market.dates[-2500]), str(market.dates[-1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["ledger", "scores"])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--market", type=Path)
    parser.add_argument("--variants", type=int)
    parser.add_argument("--jobs", type=int)
    args = parser.parse_args()
    if args.what == "ledger":
        market, start, end = simulated(args.folder)
        sets, base = LEDGER, ["selector.n=200", "universe.n=2000"]
    else:
        market, start, end = args.market, "2010-04-19", "2018-12-28"
        sets, base = SCORES, []
    variants = args.variants or (1000 if args.what == "ledger" else 100)
    with tempfile.TemporaryDirectory() as scratch:
        strategy = Path(scratch) / "strategy.json"
        strategy.write_text(_strategy(base), encoding="utf-8")
        command = [
            sys.executable, "-m", "quanthedge.cli", "sweep", str(strategy), "--market", str(market),
            "--start", start, "--end", end, "--random", str(variants), "--out",
            str(Path(scratch) / "store"),
        ]  # fmt: skip
        command += [part for one in sets for part in ("--set", one)]
        command += [] if args.jobs is None else ["--jobs", str(args.jobs)]
        seconds, spent, own = measured(command)
        size = sum(file.stat().st_size for file in Path(scratch).rglob("*") if file.is_file())
        shutil.rmtree(Path(scratch) / "store", ignore_errors=True)
    each = single_seconds(market, start, end, base)
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} processors, "
        f"Python {platform.python_version()}; load {os.getloadavg()[0]:.1f}"
    )
    print(
        f"{args.what}: {variants:,} variants in {seconds:.1f} s by the clock, {spent:.1f} s of "
        f"processors ({seconds / variants * 1000:.0f} and {spent / variants * 1000:.0f} ms each); "
        f"own memory {own:.2f} GiB; store {size / 2**20:.0f} MiB"
    )
    print(
        f"as many single backtests with their stages at hand: {each * variants:.0f} s "
        f"({each:.2f} s each), {each * variants / seconds:.0f} times as long"
    )


def _strategy(changes: list[str]) -> str:
    from quanthedge.strategy import load_strategy

    return load_strategy(STRATEGY, changes).model_dump_json(exclude={"comparison"})


if __name__ == "__main__":
    main()
