"""Attribution of real runs, and what it costs: python -m benchmarks.attribution DATASET PAGE.

Runs strategies/market_neutral.toml, and strategies/gated.toml, which is the same behind a carry
gate, and writes the tables of docs/attribution.md between its two marks.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pandas as pd

from quanthedge.attribution import attribution_tables
from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.market import Market
from quanthedge.strategy import load_strategy

BEGIN, END = "<!-- made by benchmarks.attribution -->", "<!-- end -->"
STRATEGY, GATED = "strategies/market_neutral.toml", "strategies/gated.toml"
SHOWN = ("alpha", "market", "basis", "roll", "trading", "dividends", "interest", "impact", "total")


def main(folder: str, page: str) -> None:
    """Write the tables into the page and print them."""
    market = Market.open(folder)
    plain = backtest(load_strategy(STRATEGY), market)
    gated = backtest(load_strategy(GATED), market)
    parts = [
        "### market_neutral.toml: Brinson's parts by year, million yuan\n",
        _by_year(plain, "brinson"),
        "### gated.toml: layers by year, million yuan\n",
        _by_year(gated, "layer"),
        _episodes(gated),
        "### What the gate did to lines of the bridge, million yuan\n",
        _by_year(gated, "allocation"),
        "### What it costs\n",
        _costs(plain, gated, market),
    ]
    text = "\n".join(parts)
    path = Path(page)
    head, rest = path.read_text(encoding="utf-8").split(BEGIN)
    path.write_text(f"{head}{BEGIN}\n\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")
    print(text)


def _by_year(run: Result, by: Literal["brinson", "layer", "allocation"]) -> str:
    """Return a table of the parts, a row a year and one for the whole run."""
    years, whole = (run.attribution(by, period) for period in ("year", "whole"))
    names = [name for name in years.columns if name != "residual"]
    if by == "allocation":
        names = [name for name in SHOWN if name in names]
    rows = {str(pd.Timestamp(str(day)).year): row for day, row in years[names].iterrows()}
    rows["whole run"] = whole[names].iloc[0]
    lines = [f"| | {' | '.join(names)} |", f"|---|{'---:|' * len(names)}"]
    lines += [
        f"| {name} | {' | '.join(f'{value / 1e6:+.2f}' for value in row)} |"
        for name, row in rows.items()
    ]
    residual = (
        float(run.attribution(by, "day")["residual"].abs().max()) if by != "allocation" else 0
    )
    said = f"\nLargest residual of a day: {residual:.1e} yuan.\n" if by != "allocation" else ""
    return "\n".join([*lines, said])


def _episodes(run: Result) -> str:
    """Return how often the gate was shut."""
    shut = run.allocation["exposure"] == 0.0
    spells = int((shut & ~shut.shift(1, fill_value=False)).sum())
    return f"Shut on {int(shut.sum())} of {len(shut)} rebalances, in {spells} spells.\n"


def _costs(plain: Result, gated: Result, market: Market) -> str:
    """Return the CPU seconds of the tables that a run keeps, best of five, made anew."""
    cells = [_best(lambda r=run: _anew(r, market)) for run in (plain, gated)]
    return (
        "All four tables of a run, CPU seconds of one thread on a busy machine, best of five: "
        f"{cells[0]:.2f} s, {cells[1]:.2f} s with an allocation.\n"
    )


def _anew(run: Result, market: Market) -> None:
    """Make every table of attribution of a run of which nothing has been read."""
    fresh = run.changed()
    for make in attribution_tables(market).values():
        make(fresh)


def _best(work: Callable[[], object]) -> float:
    """Return the least CPU seconds of five times."""
    found = []
    for _ in range(5):
        begin = time.process_time()
        work()
        found.append(time.process_time() - begin)
    return min(found)


if __name__ == "__main__":
    main(*sys.argv[1:3])
