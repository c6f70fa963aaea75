"""The money of one fund split over its stocks and sleeves in every way, on a window and all years.

    python -m benchmarks.sharing data/real docs/sharing.md

Writes the figures of the page between its markers, whatever comes out. The fund is that of
``strategies/market_neutral.toml`` with less in stocks and three sleeves beside them; every kind has
the parameters that stand in the code, and none was tried with others.
"""

import sys
import time
from pathlib import Path

import pandas as pd

import quanthedge as qh
from benchmarks.pages import markdown, write_between

ROOT = Path(__file__).parents[1]
SPANS = (("2014-09-17", "2015-07-31"), ("2011-01-04", "2018-12-28"))
KINDS = ("fixed", "risk_parity", "carry_per_margin", "drawdown")
SLEEVES = [
    {"kind": "cash_and_carry", "label": "carry", "budget": 0.30},
    {"kind": "calendar_spread", "label": "calendar", "budget": 0.15, "size": 1.0},
    {"kind": "industry_pairs", "label": "pairs", "budget": 0.15},
]
SHOWN = {
    "return_per_year": ("return a year", ".2%"),
    "volatility": ("volatility", ".2%"),
    "sharpe": ("Sharpe", ".2f"),
    "max_drawdown": ("drawdown", ".2%"),
    "correlation": ("correlation with the index", ".2f"),
    "margin_mean": ("margin, mean, of equity", ".1%"),
    "margin_largest": ("margin, largest", ".1%"),
    "turnover": ("turnover of stocks a year", ".1f"),
    "costs_per_year": ("costs a year, of equity", ".2%"),
    "reviews": ("reviews", ".0f"),
    "changes": ("that changed a share", ".0f"),
}


def main() -> None:
    """Run and write the page's figures."""
    folder, page = sys.argv[1], Path(sys.argv[2])
    market = qh.Market.open(folder)
    parts = [f"On {len(market.codes):,} stocks, {market.dates[0]} to {market.dates[-1]}."]
    for span in SPANS:
        parts += [f"### {span[0]} to {span[1]}", *_of(market, span)]
        print(parts[-2], flush=True)
    write_between(page, "figures", "\n\n".join(parts))


def fund() -> qh.Strategy:
    """Return the fund that is split."""
    path = ROOT / "strategies" / "market_neutral.toml"
    return qh.load_strategy(path, ["invested_fraction=0.45"]).change({"sleeves": SLEEVES})


def _of(market: qh.Market, span: tuple[str, str]) -> list[str]:
    begun = time.process_time()
    table = qh.compare_sharing(fund(), market, *span, kinds=KINDS)
    print(f"{span[0]}: {time.process_time() - begun:.0f} s", file=sys.stderr)
    rows = [
        [title, *(format(float(table.loc[kind, name]), form) for kind in table.index)]
        for name, (title, form) in SHOWN.items()
    ]
    return [markdown(["net of all costs and fees", *table.index], rows), _shares(market, span)]


def _shares(market: qh.Market, span: tuple[str, str]) -> str:
    """Return the mean share of each sleeve and year, of the kinds that review."""
    found = {}
    for kind in KINDS[1:]:
        run = qh.backtest(fund().change({"sharing": {"kind": kind}}), market, *span)
        shares = run.sharing.assign(year=pd.DatetimeIndex(run.sharing["date"]).year)
        found[kind] = shares.pivot_table("share", "year", "sleeve", observed=True)
    years = found[KINDS[1]].index
    rows = [
        [str(year), label, *(f"{found[kind].loc[year, label]:.2f}" for kind in KINDS[1:])]
        for year in years
        for label in ("stocks", "carry", "calendar", "pairs")
    ]
    return "Mean share of the stated budget:\n\n" + markdown(["year", "sleeve", *KINDS[1:]], rows)


if __name__ == "__main__":
    main()
