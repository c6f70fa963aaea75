"""The basis of index futures through the years: a figure and a table.

python -m benchmarks.basis_history MARKET [--write docs]
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from quanthedge import Market
from quanthedge.hedge import basis_table, futures_leg
from quanthedge.rules import TRADING_DAYS_A_YEAR

PRODUCTS = ("IF", "IC", "IH")
SPANS = (
    ("2010-06-01", "2014-12-31"),
    ("2014-09-17", "2015-07-31"),
    ("2015-09-01", "2016-12-30"),
    ("2010-06-01", "2018-12-28"),
)


def figure(market: Market, path: Path) -> None:
    """Draw the adjusted annualised basis, a monthly median for each position, and write it."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    shape = {"figsize": (9, 8), "sharex": True, "constrained_layout": True}
    drawn, axes = plt.subplots(len(PRODUCTS), 1, **shape)
    for axis, product in zip(axes, PRODUCTS, strict=True):
        frame = basis_table(market, product)
        for position, part in frame.groupby("position", observed=True):
            monthly = part.set_index("date")["annualised_adjusted"].resample("ME").median()
            axis.plot(monthly.index, 100 * monthly, label=str(position), linewidth=1.2)
        axis.axhline(0.0, color="0.5", linewidth=0.8)
        axis.set_ylabel(f"{product}, % a year")
        axis.grid(alpha=0.3)
    axes[0].legend(ncols=4, loc="lower left", frameon=False)
    axes[0].set_title("Basis before expected dividends, annualised: median of each month")
    drawn.savefig(path, dpi=110)
    plt.close(drawn)


def yearly(market: Market, product: str) -> list[str]:
    """Return the lines of a product's table."""
    frame = basis_table(market, product)
    near = frame[frame["position"].isin(["front", "next"])]
    by_year = near["date"].dt.year
    raw = near.pivot_table("basis_fraction", by_year, "position", observed=True)
    adjusted = near.pivot_table("annualised_adjusted", by_year, "position", "median", observed=True)
    carry = carry_by_year(market, product)
    return [
        f"| {product} {year} | {raw.loc[year, 'front']:.2%} | {raw.loc[year, 'next']:.2%} | "
        f"{adjusted.loc[year, 'front']:.1%} | {adjusted.loc[year, 'next']:.1%} | "
        f"{carry.get(year, np.nan):+.1%} |"
        for year in raw.index
    ]


def short_carry(market: Market, product: str, start: str, end: str) -> pd.Series:
    """Return daily index return less that of the rolled front contract: what a short earns."""
    bars = market.futures(product)
    begin = max(np.datetime64(start), bars["date"].min().to_datetime64().astype("datetime64[D]"))
    first, last = market.span(str(begin), end)
    leg = futures_leg(market, product, first, last)
    carry = pd.Series(leg.index_return[:, 0] - leg.future[:, 0], index=pd.DatetimeIndex(leg.dates))
    return carry.iloc[1:]


def carry_by_year(market: Market, product: str) -> dict[int, float]:
    """Return the short's carry of each year, a year."""
    carry = short_carry(market, product, str(market.dates[1]), str(market.dates[-1]))
    return {
        int(year): float(part.mean() * TRADING_DAYS_A_YEAR)
        for year, part in carry.groupby(carry.index.year)
    }


def published(market: Market, rules: Path) -> list[str]:
    """Return the means of IF beside those of a published table, where it lies at hand."""
    table = pd.read_csv(rules)
    frame = basis_table(market, "IF")
    frame = frame[(frame["date"] < "2015-08-01") & frame["position"].isin(["front", "next"])]
    own = frame.pivot_table("basis_fraction", frame["date"].dt.year, "position", observed=True)
    return [
        f"| {row.year} | {100 * own.loc[row.year, 'front']:.2f} | {row.current_month_pct:.2f} | "
        f"{100 * own.loc[row.year, 'next']:.2f} | {row.next_month_pct:.2f} |"
        for row in table.itertuples()
    ]


def main() -> None:
    """Print the tables; write them and the figure into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", type=Path)
    parser.add_argument("--write", type=Path, help="folder of docs")
    parser.add_argument("--published", type=Path, help="CSV of yearly means to set beside")
    args = parser.parse_args()
    market = Market.open(args.market)
    lines = [
        "| | front, raw | next, raw | front, a year | next, a year | carry of a short |",
        "|---|---|---|---|---|---|",
    ]
    for product in PRODUCTS:
        lines += yearly(market, product)
    lines += ["", "| IF short, rolled | carry a year |", "|---|---|"]
    for start, end in SPANS:
        carry = short_carry(market, "IF", start, end)
        lines.append(f"| {start} to {end} | {carry.mean() * TRADING_DAYS_A_YEAR:+.1%} |")
    if args.published:
        lines += [
            "",
            "| IF | front, here % | published | next, here % | published |",
            "|---|---|---|---|---|",
            *published(market, args.published),
        ]
    text = "\n".join(lines)
    print(text)
    if args.write:
        page = args.write / "basis.md"
        content = page.read_text(encoding="utf-8")
        begin, end = "<!-- table -->", "<!-- end of table -->"
        before, after = content.split(begin)[0], content.split(end)[1]
        page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
        figure(market, args.write / "images" / "basis_history.png")


if __name__ == "__main__":
    main()
