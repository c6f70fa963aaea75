"""Point-in-time fundamentals to aligned arrays: 5,000 stocks x 20 years x 20 items.

    python -m benchmarks.fundamentals --stocks 5000 --years 20 --items 20

Quarterly reports published one to four months after the period, one in ten restated later. Prints
the seconds for all items as last known, and for one item as trailing twelve months.
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
    trailing("x", stock[:1], period[:1], values[:1], "latest", year=True)

    begin = time.perf_counter()
    for _ in range(options.items):
        keep = kept_rows(stock, period, "latest")
        panel = as_of(dates, options.stocks, stock[keep], known[keep], values[keep])
    every = time.perf_counter() - begin
    begin = time.perf_counter()
    figures = trailing("x", stock, period, values, "latest", year=True)
    as_of(dates, options.stocks, stock, known, figures)
    one = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{options.items} items x {len(stock):,} publications -> arrays {panel.shape}: "
        f"{every:.1f} s ({every / options.items:.2f} s an item); "
        f"one item as trailing year {one:.2f} s; peak memory {peak:.2f} GiB"
    )


if __name__ == "__main__":
    main()
