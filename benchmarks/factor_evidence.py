"""Evaluate the whole library on a market and write what came out, whatever it is, as a page.

python -m benchmarks.factor_evidence data/real docs/factor_evidence.md
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import quanthedge as qh
from quanthedge.evaluation import Evaluation, evaluate
from quanthedge.factors import panel
from quanthedge.labelling import decision_rows, labels
from quanthedge.universe import AllUniverse, LargestUniverse

START, END = "2009-12-01", "2018-11-30"  # decisions
BLOCKS = {
    "What a hedged fund would have earned by it": {
        "family": "{}", "sign": "{:+d}", "months": "{}", "coverage": "{:.0%}",
        "long_minus_hedge": "{:.1%}", "hedged_t": "{:.1f}", "hedged_months": "{}",
        "long_net": "{:.1%}", "long_gross": "{:.1%}", "neutral_long": "{:.1%}",
        "spread": "{:.1%}", "spread_t": "{:.1f}", "worst_year": "{}", "worst": "{:.1%}",
    },
    "What it ranked": {
        "ic": "{:.3f}", "icir": "{:.2f}", "t": "{:.1f}", "p": "{:.4f}", "q": "{:.4f}",
        "neutral_ic": "{:.3f}", "neutral_t": "{:.1f}", "executable_ic": "{:.3f}",
        "incremental_ic": "{:.3f}", "incremental_t": "{:.1f}", "vif": "{:.1f}",
        "turnover": "{:.1f}", "autocorrelation": "{:.2f}", "half_life": "{:.0f}",
    },
}  # fmt: skip
ACCEPTED = ("turnover", "earnings_yield", "reversal")  # beside which the others are asked
HEAD = """# What each factor is worth

Made by `python -m benchmarks.factor_evidence MARKET docs/factor_evidence.md`; nothing in it was
chosen after looking. {count} factors of the library, {decisions} decisions from {first} to {last}
at the month's last close; label: {label};
cost {cost:g} bp a side; hedge: the front {hedge}, one yuan of it against a yuan of the leg.
Returns are a year. The order is by the long leg after cost, less the hedge: what a hedged fund
holds is the top tenth and a short future, never the bottom.

`ic`: rank correlation with the naive return (close to close); `executable_ic`: with the return that
could be earned; `t` by Newey and West with {lags} lags, `p` its fixed-b probability, `q` that of
Benjamini and Yekutieli over {tried} trials (each factor in each universe). `neutral`: what industry
and size leave of ranks. `long_gross`, `long_net`: top tenth less the universe before and after
cost; `spread`: top less bottom tenth. `incremental_ic`: what a factor adds to
{accepted}. `half_life` in trading days; `beyond`: 1,200 would not see the half of it.
[docs/evaluation.md](evaluation.md) says how each is reckoned.

Of the stocks that were never in the CSI 300 the reference market lacks about a quarter, while every
later member is there: an excess over its universe is too low by about 0.7% a year
([reference_window.md](reference_window.md)), a return less the future hardly changes, and what
ranks the stocks of "all" is tried on fewer small ones than there were.
"""
TAIL = """
## Reading it

{reading}
"""


def evaluated(market: qh.Market, every: str = "month") -> Evaluation:
    """Return the library's evidence in two universes."""
    rows = decision_rows(market, every)
    dates = market.dates[rows]
    rows = rows[(dates >= np.datetime64(START)) & (dates <= np.datetime64(END))]
    found = panel(market, "library", rows)
    universes = {"800 largest": LargestUniverse(n=800), "all stocks": AllUniverse()}
    accepted = [name for name in ACCEPTED if name in found.names]
    tried = len(found.names) * len(universes)  # the same page on every machine
    made = labels(market, rows)
    return evaluate(found, made, universe=universes, accepted=accepted, tried=tried)


def grid(frame: pd.DataFrame, formats: dict[str, str]) -> str:
    """Return a table in Markdown."""
    lines = ["| factor | " + " | ".join(formats) + " |", "|---" * (len(formats) + 1) + "|"]
    for name, row in frame.iterrows():
        cells = (_cell(row[column], how) for column, how in formats.items())
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(value: Any, how: str) -> str:
    missing = isinstance(value, float) and not np.isfinite(value)
    if missing:
        return "" if np.isnan(value) else "beyond"
    return how.format(value)


def by_year(found: Evaluation, universe: str, column: str, how: str) -> str:
    """Return one figure of every factor by year."""
    order = found.table().loc[universe].index
    table: Any = found.years()[column].loc[universe]
    wide = table.unstack("year").reindex(order)  # noqa: PD010 -- a level of the index
    wide.columns = [str(year) for year in wide.columns]
    return grid(wide, dict.fromkeys(wide.columns, how))


def reading(found: Evaluation) -> list[str]:
    """Return in sentences what the figures of the first universe come to."""
    table: Any = found.table().loc["800 largest"]
    named = table["q"] <= 0.05
    parted = named & (table["ic"] > 0) & (table["long_minus_hedge"] < 0)
    rank = float(table["ic"].rank().corr(table["long_minus_hedge"].rank()))
    strong = int((table["hedged_t"] > 2).sum())
    hedge = found.per_year * np.nanmean(found.hedge_returns)
    most = table["ic"].idxmax()
    return [
        f"- {int(named.sum())} of {len(table)} factors are told from luck by their rank "
        f"correlation on the 800 largest (q at most 0.05); {strong} of the hedged long legs have a "
        "t above 2.",
        f"- The order by rank correlation and that by the hedged leg have a rank correlation of "
        f"{rank:.2f}. The factor that ranks best, {most} (IC {table.loc[most, 'ic']:.3f}), earned "
        f"{table.loc[most, 'long_minus_hedge']:.1%} a year hedged.",
        f"- Told from luck, and a loss when held and hedged: {', '.join(table.index[parted])}."
        if parted.any()
        else "- No factor that is told from luck lost when held and hedged.",
        f"- The future itself earned {hedge:.1%} a year from entry to sale: what is held short.",
    ]


def page(found: Evaluation) -> str:
    """Return the page."""
    about = found.table().attrs
    parts = [
        HEAD.format(
            count=len(found.factors.names), decisions=about["decisions"], first=about["first"],
            last=about["last"], label=about["label"], cost=found.cost_bp, hedge=found.hedge,
            lags=found.lags, tried=found.tried, accepted=", ".join(found.accepted),
        )
    ]  # fmt: skip
    parts.append(TAIL.format(reading="\n".join(reading(found))).strip() + "\n")
    for universe in found.universes:
        parts.append(f"## {universe[0].upper()}{universe[1:]}\n")
        table: Any = found.table().loc[universe]
        for title, formats in BLOCKS.items():
            parts.append(f"### {title}\n\n{grid(table, formats)}\n")
        legs = by_year(found, universe, "long_minus_hedge", "{:.0%}")
        parts.append(f"### Long leg after cost, minus the hedge, by year\n\n{legs}\n")
        parts.append(f"### Rank IC by year\n\n{by_year(found, universe, 'ic', '{:.2f}')}\n")
    left = [note for note in found.notes if note.startswith("left out")]
    if left:
        parts.append("## Left out\n\n" + "\n".join(f"- {note[10:]}" for note in left) + "\n")
    return "\n".join(parts)


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market")
    parser.add_argument("page", type=Path)
    parser.add_argument("--pages", type=Path, help="folder for sheets and the ranking, too")
    given = parser.parse_args()
    found = evaluated(qh.Market.open(given.market))
    given.page.write_text(page(found), encoding="utf-8")
    if given.pages:
        found.write(given.pages)


if __name__ == "__main__":
    main()
