"""Point-in-time fundamentals to aligned arrays: 5,000 stocks x 20 years x 20 items.

    python -m benchmarks.fundamentals --stocks 5000 --years 20 --items 20

Quarterly reports published one to four months after the period, one in ten restated later. Prints
the seconds for all items, as last known and as trailing twelve months, and the memory.
"""

import argparse
import resource
import time

import numpy as np

from quanthedge.market.vintages import as_of, kept_rows, trailing


def publications(
    rng: np.random.Generator, stocks: int, years: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return stock, known date, period end and value of every publication of one item, sorted."""
    months = np.arange(np.datetime64("2004-03", "M"), np.datetime64("2004-03", "M") + years * 12, 3)
    ends = (months + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    stock = np.repeat(np.arange(stocks), len(ends))
    period = np.tile(ends, stocks)
    known = period + rng.integers(30, 120, len(stock))
    again = rng.random(len(stock)) < 0.1
    stock = np.concatenate([stock, stock[again]])
    known = np.concatenate([known, known[again] + 200])
    period = np.concatenate([period, period[again]])
    order = np.lexsort((period, known, stock))
    return stock[order], known[order], period[order], rng.normal(size=len(stock))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("stocks", 5000), ("years", 20), ("items", 20)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    rng = np.random.default_rng(7)
    first = np.datetime64("2004-01-05", "D")
    dates = np.busday_offset(first, np.arange(options.years * 245), roll="forward")
    rows = publications(rng, options.stocks, options.years)
    stock, known, period, values = rows
    as_of(dates[:2], 1, stock[:1], known[:1], values[:1])  # compiles
    trailing(stock[:1], period[:1], values[:1], "latest", year=True)

    def last_known() -> np.ndarray:
        keep = kept_rows(stock, period, "latest")
        return as_of(dates, options.stocks, stock[keep], known[keep], values[keep])

    def trailing_year() -> np.ndarray:
        figures = trailing(stock, period, values, "latest", year=True)
        return as_of(dates, options.stocks, stock, known, figures)

    print(f"{options.items} items x {len(stock):,} publications, {len(dates)} x {options.stocks}")
    for name, make in (("as last known", last_known), ("trailing year", trailing_year)):
        begin = time.perf_counter()
        for _ in range(options.items):
            panel = make()
        seconds = time.perf_counter() - begin
        print(f"{name}: {seconds:.1f} s ({seconds / options.items:.2f} s an item)")
    columns = sum(column.nbytes for column in (stock, known, period, values)) / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"memory: {columns:.0f} MiB of rows and {panel.nbytes / 2**20:.0f} MiB of panel an item, "
        f"peak of the process {peak:.2f} GiB"
    )


if __name__ == "__main__":
    main()
