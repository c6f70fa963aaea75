"""What the printed correlation of the reference run is made of, and what no hedge can do about it.

    python -m benchmarks.correlation_parts MARKET [--write docs/neutrality.md]

The same run stated in other ways (performance fee on its day, suspended stocks at their last close,
futures at their close); the parts of the correlation by the lines of the bridge, which add up to
it; every estimator; the index against its own front future by year; and how often a fund whose true
correlation is 0 prints less than 0.05.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.basis_history import short_carry
from benchmarks.pages import markdown, write_between
from benchmarks.reference_window import STRATEGY, WHOLE, WINDOW
from benchmarks.simulated_truth import ESTIMATORS
from quanthedge import Market, backtest, load_strategy
from quanthedge.backtesting.result import Result
from quanthedge.hedge.research.neutrality import compound
from quanthedge.performance import (
    Pair,
    correlation_parts,
    correlation_stated_otherwise,
    levels,
)
from quanthedge.rules import TRADING_DAYS_A_YEAR

INDEX = "000300.SH"
LIMIT = 0.05
LAST_CLOSE = ["valuation.suspended=last_close"]
STATED = {
    "fee on its day, suspended stocks at last close": (True, "fee_on_its_day"),
    "fee on its day, suspended stocks by the index": (False, "fee_on_its_day"),
    "fee accrued, suspended stocks at last close": (True, "accrued"),
    "fee accrued, suspended stocks by the index: as published": (False, "accrued"),
    "before all fees, suspended stocks at last close": (True, "before_fees"),
    "before all fees, suspended stocks by the index": (False, "before_fees"),
}
AT_CLOSE = "the same, futures at their close"
PARTS = {
    "alpha": "stocks against the betas by which they are hedged: estimator and chance",
    "revaluation": "suspended stocks between last close and stated value",
    "market": "drift: whole lots, and days between two trades of the hedge",
    "basis": "basis: futures against the index, rolls",
    "trading": "fills against the close",
    "income": "dividends, interest",
    "costs": "costs of trading",
    "fees": "fees of the fund, accrued",
    "total": "together",
}
_MULTIPLIER = 300  # yuan per point of IF


def futures_at_close(result: Result, market: Market) -> pd.DataFrame:
    """Return the ledger with every contract held marked at its close, not at its settlement."""
    bars = market.futures("IF")[["date", "contract", "settle", "close"]]
    keys = {"date": "datetime64[ns]", "contract": str}
    held = result.contracts[["date", "contract", "lots"]].astype(keys).merge(
        bars.astype(keys), on=["date", "contract"], how="left", validate="one_to_one"
    )  # fmt: skip
    assert held["settle"].notna().all()
    close = held["close"].fillna(held["settle"])  # a contract that did not trade has no close
    gap = -held["lots"].abs() * _MULTIPLIER * (close - held["settle"])
    by_day = gap.groupby(held["date"]).sum().reindex(result.ledger.index, fill_value=0.0)
    return result.ledger.assign(equity=result.ledger["equity"] + by_day)


def statements(result: Result, stale: Result, market: Market) -> str:
    """Return the correlation of one strategy stated in other ways.

    Parameters
    ----------
    result, stale : Result
        As published, and run with every suspended stock at its last close.
    market : Market
    """
    found = correlation_stated_otherwise(result.ledger)
    at_last = correlation_stated_otherwise(stale.ledger)
    rows = [
        [words, *_cells((at_last if old else found).loc[name])]
        for words, (old, name) in STATED.items()
    ]
    at_close = correlation_stated_otherwise(futures_at_close(result, market))
    rows.append([AT_CLOSE, *_cells(at_close.loc["before_fees"])])
    return markdown(["stated with", "daily", "weekly"], rows)


def _cells(row: pd.Series) -> list[str]:
    return [f"{row['daily']:+.3f}", f"{row['weekly']:+.3f}"]


def parts(result: Result) -> str:
    """Return what each line adds to the correlation, and its error by chance."""
    daily, weekly = (correlation_parts(result, every) for every in ("daily", "weekly"))
    rows = [
        [
            words,
            *(f"{table.loc[name, 'correlation']:+.3f}" for table in (daily, weekly)),
            f"{daily.loc[name, 'return_']:+.2%}",
        ]
        for name, words in PARTS.items()
    ]
    chance = [f"{error:.3f}" for error in errors(result.ledger)]
    rows.append(["chance: standard error of the whole", *chance, ""])
    return markdown(["part", "daily", "weekly", "return"], rows)


def errors(ledger: pd.DataFrame) -> list[float]:
    """Return the standard errors of the accrued correlation, daily and weekly, by bootstrap."""
    level = levels(ledger)
    return [
        Pair.of(level["net"], level["index"], every).correlation_bootstrap().standard_error
        for every in ("daily", "weekly")
    ]


def estimators(market: Market) -> str:
    """Return what each estimator would have made of the reference run, over both spans."""
    rows = []
    for name, kind in ESTIMATORS.items():
        row = [name]
        for span in (WINDOW, WHOLE):
            result = backtest(load_strategy(STRATEGY, [f"beta={kind}"]), market, *span)
            found = correlation_stated_otherwise(result.ledger)
            row += [f"{result.summary().value('annual_return_gross'):.2%}"]
            row += [*_cells(found.loc["accrued"]), *_cells(found.loc["before_fees"])]
        rows.append(row)
    one = ["gross a year", "accrued daily", "weekly", "before fees daily", "weekly"]
    header = ["estimator", *(f"{span[0][:4]}-{span[1][:4]}: {text}" for span in (WINDOW, WHOLE)
                             for text in one)]  # fmt: skip
    return markdown(header, rows)


def basis_by_year(market: Market) -> pd.DataFrame:
    """Return the correlation of the index less its front future with the index, by year.

    Returns
    -------
    DataFrame
        Indexed by year: daily, weekly, and the number of weeks.
    """
    last = min(np.datetime64(WHOLE[1]), market.dates[-1])
    gap = short_carry(market, "IF", WHOLE[0], str(last))
    index = market.index_close(INDEX)
    moves = pd.Series(index[1:] / index[:-1] - 1.0, index=pd.DatetimeIndex(market.dates[1:]))
    both = pd.DataFrame({"gap": gap, "index": moves}).dropna()
    rows = {}
    for year, own in both.groupby(both.index.year):
        days = own.index.to_numpy().astype("datetime64[D]")
        weeks = compound(own.to_numpy(), days, "weekly")
        rows[int(year)] = {
            "daily": Pair(own["gap"], own["index"]).correlation().value,
            "weekly": float(np.corrcoef(weeks.T)[0, 1]),
            "weeks": len(weeks),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def chance(observations: int, limit: float = LIMIT) -> float:
    """Return how often the sample correlation of independent normal pairs is within a limit.

    Examples
    --------
    >>> round(chance(52), 2)
    0.28
    """
    from scipy import stats

    freedom = observations - 2
    t = limit * np.sqrt(freedom / (1.0 - limit**2))
    return float(1.0 - 2.0 * stats.t.sf(t, freedom))


def limits(market: Market) -> str:
    """Return what no hedge with the future can do, and what chance does."""
    found = basis_by_year(market)
    rows = [
        [str(year), f"{row['daily']:+.2f}", f"{row['weekly']:+.2f}", f"{row['weeks']:.0f}"]
        for year, row in found.iterrows()
    ]
    counts = {
        "52 weeks": 52, "46 weeks (the window)": 46,
        f"{TRADING_DAYS_A_YEAR} days": TRADING_DAYS_A_YEAR, "213 days": 213,
        "446 weeks (2010 to 2018)": 446, "2,118 days": 2118,
    }  # fmt: skip
    odds = [[words, f"{1 / np.sqrt(n - 1):.3f}", f"{chance(n):.0%}"] for words, n in counts.items()]
    return "\n\n".join(
        [
            "Correlation of the CSI 300 less its own front future (settlement, rolled) with the "
            "CSI 300:",
            markdown(["year", "daily", "weekly", "weeks"], rows),
            f"How often a fund whose true correlation is 0 prints less than {LIMIT} either way "
            "(independent normal returns; fat tails and clustered volatility make it less often):",
            markdown(["pairs", "standard error", "within 0.05"], odds),
        ]
    )


def document(market: Market) -> str:
    """Return all tables."""
    blocks = []
    for span in (WINDOW, WHOLE):
        result = backtest(load_strategy(STRATEGY), market, *span)
        stale = backtest(load_strategy(STRATEGY, LAST_CLOSE), market, *span)
        blocks += [
            f"### {span[0]} to {span[1]}",
            "The same run, stated in other ways:",
            statements(result, stale, market),
            "Parts of the published correlation; they add up to it:",
            parts(result),
        ]
    return "\n\n".join(
        [
            *blocks,
            "### What no hedge can do, and what chance does",
            limits(market),
            "### Every estimator on the reference run",
            estimators(market),
        ]
    )


def main() -> None:
    """Run, print, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", type=Path)
    parser.add_argument("--write", type=Path, help="page that takes the tables between its marks")
    args = parser.parse_args()
    text = document(Market.open(args.market))
    print(text)
    if args.write:
        write_between(args.write, "parts", text)


if __name__ == "__main__":
    main()
