"""How time and memory grow with the market: panels, thirty columns, a check and a run.

    python -m benchmarks.large_market --sizes 1325x5,2650x10,5300x20 --folder /somewhere/roomy

Each market is simulated (stocks x years) once and kept in the folder. Each stage runs in a process
of its own. Memory is sampled twenty times a second: "own" is what the process allocated
(anonymous pages), "mapped" the pages of the panels' cache that happen to be in memory, which the
system takes back when it needs them.
"""

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

STAGES = {
    "panels": "build the cache of panels",
    "columns": "read every cell of 15 panels and all fundamentals as of each day",
    "check": "check the dataset",
    "run": "ten years of the market-neutral strategy",
}


def stage(name: str, folder: Path) -> None:
    """Do one stage; called in a process of its own."""
    from quanthedge.market import Market
    from quanthedge.market.checks.whole import check_dataset

    if name == "check":
        check_dataset(folder)
        return
    market = Market.open(folder)
    if name == "panels":
        market.build_panels()
    elif name == "columns":
        from quanthedge.market.panels import PANELS

        total = 0.0
        for panel in PANELS:
            total += float(market.panel(panel).sum(dtype="float64"))
        for item in market.fundamental_items():
            total += float(market.fundamental(item)[-1].sum())
            market.fundamental(item).sum()
        print(f"{len(PANELS) + len(market.fundamental_items())} columns", end=" ")
    else:
        from quanthedge.backtesting.run import backtest
        from quanthedge.strategy import load_strategy

        strategy = load_strategy(Path(__file__).parents[1] / "strategies" / "market_neutral.toml")
        last = market.dates[-1]
        backtest(strategy, market, market.dates[max(300, len(market.dates) - 2430)], last)


def measured(name: str, folder: Path) -> tuple[float, float, float]:
    """Run a stage; return seconds and the peaks of own and mapped memory, GiB."""
    command = [sys.executable, "-m", "benchmarks.large_market", "--stage", name]
    begin = time.perf_counter()
    process = subprocess.Popen([*command, "--folder", str(folder)], stdout=subprocess.DEVNULL)
    own = mapped = 0.0
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        own = max(own, _gib(lines.get("RssAnon", "0 kB")))
        mapped = max(mapped, _gib(lines.get("RssFile", "0 kB")))
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"stage {name} failed on {folder}")
    return time.perf_counter() - begin, own, mapped


def _gib(text: str) -> float:
    return int(text.split(maxsplit=1)[0]) / 2**20


def main() -> None:
    """Measure every size and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1325x5,2650x10,5300x20")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--stage", choices=STAGES)
    options = parser.parse_args()
    if options.stage:
        stage(options.stage, options.folder)
        return
    print("| stocks x days | rows, million | stage | seconds | own, GiB | mapped, GiB |")
    print("| --- | ---: | --- | ---: | ---: | ---: |")
    for size in options.sizes.split(","):
        stocks, years = map(int, size.split("x"))
        folder = options.folder / f"market_{size}"
        if not (folder / "manifest.json").exists():
            from quanthedge.market.simulation import simulate_market

            start = f"{2024 - years}-01-02"
            simulate_market(folder, stocks=stocks, years=years, seed=7, start=start)
        shutil.rmtree(folder / ".panels", ignore_errors=True)
        from quanthedge.market import Market
        from quanthedge.market.manifest import Manifest

        days = len(Market.open(folder).dates)
        rows = Manifest.read(folder).tables["stock_daily"].rows / 1e6
        for name, meaning in STAGES.items():
            seconds, own, mapped = measured(name, folder)
            print(
                f"| {stocks:,} x {days:,} | {rows:.1f} | {meaning} | {seconds:.1f} "
                f"| {own:.2f} | {mapped:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
