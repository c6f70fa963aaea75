"""Whether the library's factors find the premia that a simulated market pays.

    python -m benchmarks.simulated_premia [--seeds 6] [--write docs/factors.md]

Each market pays known premia for size, value, profitability, turnover, volatility, gross
profitability, capital expenditure, debt and state ownership. Cross-sectional regressions of each
day's returns on the factors of the library as published by the close before (standardised, with
industries and the true loadings on the market) give a return a day and factor; its mean a year is
held against the premium that was planted, with the standard error of the mean. Published figures
are late and rounded, so that a factor's exposure is not quite the one that is paid for.

Reversal is planted too and left out: the simulation pays for a decayed sum of excess returns, which
the library does not have.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.pages import markdown, write_between
from quanthedge import Market
from quanthedge.factors import (
    BookYield,
    CapitalExpenditure,
    EarningsYield,
    Factor,
    GrossProfitability,
    Leverage,
    ReturnOnEquity,
    Size,
    StateOwned,
    Transforms,
    Turnover,
    Volatility,
)
from quanthedge.market.simulation import SimulationSettings, Style, Truth, simulate_market
from quanthedge.market.simulation.calendar import DAYS_PER_YEAR

Floats = NDArray[np.float64]
STEP = 5  # days for which exposures are kept
FACTORS: dict[str, Factor] = {
    "size": Size(),
    "earnings_yield": EarningsYield(),
    "book_yield": BookYield(),
    "return_on_equity": ReturnOnEquity(),
    "turnover": Turnover(window=60),
    "volatility": Volatility(window=250),
    "gross_profitability": GrossProfitability(),
    "capital_expenditure": CapitalExpenditure(),
    "leverage": Leverage(),
    "state_owned": StateOwned(),
}
LOGARITHMS = ("turnover", "volatility", "capital_expenditure")  # as they are paid for
MORE = {
    "gross_profitability": Style(premium_per_year=0.04, volatility_per_day=0.0012),
    "capital_expenditure": Style(premium_per_year=-0.03, volatility_per_day=0.0012),
    "leverage": Style(premium_per_year=-0.03, volatility_per_day=0.0012),
    "state_owned": Style(premium_per_year=0.03, volatility_per_day=0.0012),
}


def settings(seed: int, stocks: int = 300, years: int = 8) -> SimulationSettings:
    """Return a market that pays for lasting traits of companies beside the usual styles."""
    usual = SimulationSettings().styles
    return SimulationSettings(
        stocks=stocks, years=years, seed=seed, start="2009-01-05",  # type: ignore[arg-type]
        styles={**usual, **MORE}, listings_per_year=0.0,
    )  # fmt: skip


def measured(market: Market, rows: NDArray[np.int64]) -> Floats:
    """Return the standardised factors on some days, [R, N, K]."""
    made = []
    for name, factor in FACTORS.items():
        values = factor.checked_exposure(market, rows)
        if name in LOGARITHMS:
            values = np.log(np.where(values > 0, values, np.nan))
        made.append(Transforms(winsorise=0.01).grades(values))
    return np.stack(made, axis=2)


def factor_returns(market: Market, truth: Truth, first: int = 260) -> Floats:
    """Return what each factor earned on each day from `first` on, [days, K]."""
    rows = np.arange(first, len(market.dates) - 1, STEP)
    known = measured(market, rows)
    returns = np.array(market.panel("simple_return"))
    returns[1:][~market.panel("traded")[:-1]] = np.nan  # not what a halt held back
    sectors = pd.get_dummies(truth.table("companies")["industry"]).to_numpy(float)
    loading = truth.market_loadings()
    found = []
    for place, row in enumerate(rows):
        for day in range(row + 1, min(row + 1 + STEP, len(market.dates))):
            design = np.column_stack([known[place], loading[day], sectors])
            use = np.isfinite(returns[day]) & np.isfinite(design).all(axis=1)
            normal = design[use].T @ design[use]
            found.append(np.linalg.lstsq(normal, design[use].T @ returns[day, use], rcond=None)[0])
    return np.array(found)[:, : len(FACTORS)]


def recovered(seed: int, stocks: int = 300, years: int = 8) -> pd.DataFrame:
    """Return by factor: premium, found (a year), error, and the gap in errors."""
    with tempfile.TemporaryDirectory() as folder:
        made = settings(seed, stocks, years)
        simulate_market(folder, settings=made)
        daily = factor_returns(Market.open(folder), Truth.open(folder))
    rows: list[dict[str, Any]] = []
    for place, name in enumerate(FACTORS):
        column = daily[:, place]
        premium = made.styles[name].premium_per_year
        mean = column.mean() * DAYS_PER_YEAR
        error = column.std(ddof=1) / np.sqrt(len(column)) * DAYS_PER_YEAR
        rows.append({"seed": seed, "factor": name, "premium": premium, "found": mean,
                     "error": error, "gap": (mean - premium) / error})  # fmt: skip
    return pd.DataFrame(rows)


def text_of(table: pd.DataFrame) -> str:
    """Return the table by factor over all markets."""
    rows = []
    for name, part in table.groupby("factor", sort=False):
        inside = int((part["gap"].abs() <= 2).sum())
        rows.append(
            [str(name), f"{part['premium'].iloc[0]:+.1%}", f"{part['found'].mean():+.1%}",
             f"{part['error'].mean():.1%}", f"{inside} of {len(part)}"]
        )  # fmt: skip
    inside = float((table["gap"].abs() <= 2).mean())
    head = ["factor", "premium a year", "found, mean", "standard error", "within two errors"]
    return (
        f"{markdown(head, rows)}\n\n{table['seed'].nunique()} markets: {inside:.0%} of the "
        f"{len(table)} premia are found within two standard errors."
    )


def main() -> None:
    """Simulate, regress, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--write", type=Path, help="page that takes the table between its marks")
    args = parser.parse_args()
    text = text_of(pd.concat([recovered(seed) for seed in range(1, args.seeds + 1)]))
    print(text)
    if args.write:
        write_between(args.write, "simulated premia", text)


if __name__ == "__main__":
    main()
