"""Judges index weights on a real market: python -m benchmarks.index_weights DATASET PAGE.

Writes the tables of docs/index_weights.md between its two marks.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from quanthedge.market import Market
from quanthedge.risk import index_weights
from quanthedge.risk.index_weights import IndexWeightModel, IndexWeights

BEGIN, END = "<!-- made by benchmarks.index_weights -->", "<!-- end -->"
KNOWN, OTHERS = "000300.SH", ("000905.SH", "000852.SH")
ALONE = IndexWeightModel(lists=False)
FIRST_YEAR = 2010  # of lists with a year of returns before them
FLOAT = IndexWeightModel(lists=False, least_days=100_000)


def main(folder: str, page: str) -> None:
    """Write the tables into the page and print them."""
    market = Market.open(folder)
    parts = [_distances(market), _years(market, KNOWN, "CSI 300, as if no list were known", ALONE)]
    parts.append(_years(market, KNOWN, "CSI 300, float value by bands alone", FLOAT))
    parts.append(_years(market, KNOWN, "CSI 300, lists where they are known", IndexWeightModel()))
    for code, name in zip(OTHERS, ("CSI 500", "CSI 1000"), strict=True):
        parts.append(_years(market, code, f"{name}, no list is known", ALONE))
    text = "\n".join(parts)
    path = Path(page)
    old = path.read_text(encoding="utf-8")
    head, rest = old.split(BEGIN)
    path.write_text(f"{head}{BEGIN}\n\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")
    print(text)


def _distances(market: Market) -> str:
    """Return how far estimates are from the lists, on the lists' days from 2010-12 on."""
    days = pd.DatetimeIndex(market.index_weight_lists(KNOWN)["date"].unique())
    days = days[days.isin(pd.DatetimeIndex(market.dates)) & (days.year >= FIRST_YEAR)]
    rows = np.array([market.day(day) for day in days])
    true = index_weights(market, KNOWN).on(rows)
    table = pd.DataFrame(index=days)
    for name, model in (("estimate", ALONE), ("float by bands", FLOAT)):
        found = index_weights(market, KNOWN, model).on(rows)
        off = np.abs(found - true)
        table[name] = off.sum(axis=1)
        table[f"{name}, largest"] = off.max(axis=1)
    by_year = table.groupby(days.year).mean()
    by_year.insert(0, "lists", table.groupby(days.year).size())
    lines = [
        "### Distance to the lists of the CSI 300",
        "",
        "Sum of absolute differences over the members, mean of the lists' days (0: the same, 2: "
        "nothing in common), and the largest difference of one member.",
        "",
        "| year | lists | estimate | largest | float value by bands | largest |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {year} | {int(n)} | {a:.2f} | {b:.2%} | {c:.2f} | {d:.2%} |"
        for year, n, a, b, c, d in by_year.itertuples()
    ]
    return "\n".join(lines) + "\n"


def _years(market: Market, code: str, title: str, model: IndexWeightModel) -> str:
    """Return how weights of quarters' ends tracked the index over the 60 days after, by year."""
    found: IndexWeights = index_weights(market, code, model)
    table = found.quarters[found.quarters["accepted"].notna()]
    good = table["accepted"].astype(bool)
    lines = [
        f"### {title}",
        "",
        f"{int(good.sum())} of {len(table)} quarters accepted.",
        "",
        "| year | quarters | begin with | tracking a year: median | worst | beta: lowest | highest "
        "| accepted |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for year, own in table.groupby(pd.DatetimeIndex(table.index).year):
        kinds = ", ".join(f"{n} {k}" for k, n in own["source"].value_counts().items())
        lines.append(
            f"| {year} | {len(own)} | {kinds} | {own['tracking'].median():.2%} | "
            f"{own['tracking'].max():.2%} | {own['beta'].min():.3f} | {own['beta'].max():.3f} | "
            f"{int(own['accepted'].sum())} |"
        )
    bad = table[~good]
    if len(bad):
        named = ", ".join(
            f"{day:%Y-%m-%d} (tracking {off:.2%}, beta {beta:.3f})"
            for day, off, beta in zip(
                pd.DatetimeIndex(bad.index), bad["tracking"], bad["beta"], strict=True
            )
        )
        shown = named if len(bad) <= 8 else f"{len(bad)} quarters"
        lines += ["", f"Not accepted: {shown}."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
