"""What each method said of suspended stocks, against what they did when they traded again.

    python -m benchmarks.suspensions MARKET [--csv FILE] [--write docs/valuation.md]

A suspension is one or more trading days without a bar between two bars of a stock. It counts when
its first day lies in the years asked for (2010 to 2018) and the stock closed off its price limits
again by the end of the market. *Said* is the value over the last close that a method states on the
last day without a bar, by :mod:`quanthedge.valuation`, as a return; *actual* the return from that
last close to the first close off the limits, corporate actions taken out. A suspension that begins
before the stock has left its limits belongs to the one before.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.pages import markdown, write_between
from quanthedge import Market, Strategy
from quanthedge.beta import Prepared, index_returns
from quanthedge.beta.base import fit_prepared
from quanthedge.ledger.inputs import Bars, StockBook
from quanthedge.market import LimitPanel
from quanthedge.rules import StockRules
from quanthedge.typing import Floats
from quanthedge.valuation import Stated, Valuation

INDEX = "000300.SH"
YEARS = (2010, 2018)
LENGTHS = {"1-5": (1, 5), "6-20": (6, 20), "21-60": (21, 60), "over 60": (61, 10_000)}
METHODS = {
    "last_close": "last close",
    "industry": "industry index: AMAC",
    "own": "industry index: the market's own stocks",
    "hedged": "CSI 300",
    "beta": "beta x CSI 300",
}


class WithoutIndices:
    """A market that has no table of industry indices, so that its own stocks make them."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def __getattr__(self, name: str) -> Any:
        """Return what the market has."""
        return getattr(self._market, name)

    def has(self, table: str) -> bool:
        """Return whether the market has a table other than that of the indices."""
        return table != "industry_index_daily" and self._market.has(table)


class Judged(NamedTuple):
    """Suspensions with what was said, and how many were left out."""

    table: pd.DataFrame
    begun: int  # suspensions that began in the years
    open_: int  # of them not closed off the limits by the market's end


def stock_book(market: Market) -> tuple[Bars, StockBook]:
    """Return bars and price limits of all days but the first, as a run's ledger gets them."""
    last = len(market.dates) - 1
    dates = market.dates[1:]
    row = market.list_index()
    listed = np.full(row.size, np.datetime64("NaT"), dtype="datetime64[D]")
    inside = (row >= 0) & (row <= last)
    listed[inside] = market.dates[row[inside]]
    rules = StockRules.between(dates, market.codes, listed)
    limits = LimitPanel.of(market, 1, last)
    panels = ("open", "high", "low", "close", "pre_close", "volume", "amount")
    bars = Bars(
        *(market.panel(name)[1:] for name in panels),
        mark=market.panel("mark"),
        adj_factor=market.panel("adj_factor"),
        limit_class=limits.place,
        delist=market.delist_index() - 1,
    )
    book = StockBook(
        rules.board.astype(np.int64), rules.exchange.astype(np.int64), rules.lot, rules.step,
        rules.stamp_duty_buy, rules.stamp_duty_sell, rules.transfer_rate, rules.transfer_par_rate,
        rules.transfer_min_yuan, rules.exchange_rate, limits.up, limits.down, limits.inward,
    )  # fmt: skip
    return bars, book


def betas_to(market: Market, index: Floats) -> Floats:
    """Return the betas of a strategy's default estimator, 1 where it has none, [T, N]."""
    estimator = Strategy.model_fields["beta"].get_default(call_default_factory=True)
    fitted = fit_prepared(estimator, Prepared.of(market, index, estimator.preparation))
    return np.nan_to_num(fitted.beta, nan=1.0)


def ratios(market: Market) -> dict[str, Callable[[], Floats]]:
    """Return for each method what gives its stated value over the mark, [T, N]; NaN = the mark."""
    bars, book = stock_book(market)
    index = index_returns(market, INDEX)

    def of(terms: Valuation, own: bool = False) -> Floats:
        betas = betas_to(market, index) if terms.suspended == "beta" else np.zeros((0, 0))
        source: Any = WithoutIndices(market) if own else market
        return Stated.of(terms, source, 1, bars, book, index, betas).book.ratio

    return {
        "industry": lambda: of(Valuation()),
        "own": lambda: of(Valuation(), own=True),
        "hedged": lambda: of(Valuation(index="hedged")),
        "beta": lambda: of(Valuation(suspended="beta")),
    }


def spells_of(ratio: Floats, traded: NDArray[np.bool_]) -> pd.DataFrame:
    """Return the runs of days on which stocks are stated off their mark.

    Returns
    -------
    DataFrame
        One row a run: stock, before (row of the last bar), silent (last row without a bar), days
        (without a bar), off (row of the first close off the limits; -1 = none by the end).
    """
    stated = np.isfinite(ratio).T
    edge = np.diff(np.pad(stated.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    stock, begin = np.nonzero(edge == 1)
    _, end = np.nonzero(edge == -1)
    missing = ~traded.T
    counts = np.concatenate([np.zeros((missing.shape[0], 1), int), missing.cumsum(axis=1)], axis=1)
    rows = np.where(missing, np.arange(missing.shape[1]), -1)
    latest = np.maximum.accumulate(rows, axis=1)
    return pd.DataFrame(
        {
            "stock": stock,
            "before": begin - 1,
            "silent": latest[stock, end - 1],
            "days": counts[stock, end] - counts[stock, begin],
            "off": np.where(end < traded.shape[0], end, -1),
        }
    )


def judged(market: Market, years: tuple[int, int] = YEARS) -> Judged:
    """Return every suspension that began in the years, with what was said and what came."""
    close, factor = market.panel("close"), market.panel("adj_factor")
    methods = ratios(market)
    first = methods.pop("industry")()
    spells = spells_of(first, market.panel("traded"))
    begins = market.dates[spells["before"] + 1].astype("datetime64[Y]").astype(int) + 1970
    spells = spells[(begins >= years[0]) & (begins <= years[1])].assign(
        year=begins[(begins >= years[0]) & (begins <= years[1])]
    )
    begun = len(spells)
    spells = spells[spells["off"] >= 0].reset_index(drop=True)
    stock, before, silent, off = (
        spells[name].to_numpy() for name in ("stock", "before", "silent", "off")
    )
    earned = close[off, stock] * factor[off, stock]
    table = spells.assign(
        code=np.asarray(market.codes)[stock],
        last_bar=market.dates[before],
        last_silent=market.dates[silent],
        off_limit=market.dates[off],
        industry=_industry(market, stock, silent),
        actual=earned / (close[before, stock] * factor[before, stock]) - 1.0,
        last_close=0.0,
    )
    table["industry_index"] = first[silent, stock] - 1.0
    for name, said in methods.items():
        table[name] = said()[silent, stock] - 1.0
    table["length"] = pd.cut(
        table["days"], [low - 1 for low, _ in LENGTHS.values()] + [10_000], labels=[*LENGTHS]
    )
    return Judged(table, begun, begun - len(table))


def _industry(market: Market, stock: NDArray[np.int64], row: NDArray[np.int64]) -> list[str]:
    """Return the English name of each stock's industry on a day."""
    if not market.has("industry"):
        return ["" for _ in stock]
    number, known = market.industry()
    names = [*known["name_en"].astype(str), "not classified"]
    return [names[place] for place in number[row, stock]]


def column(method: str) -> str:
    """Return the column of a method; the name of the industry has that of the AMAC method."""
    return "industry_index" if method == "industry" else method


def score(part: pd.DataFrame, method: str) -> dict[str, float]:
    """Return how good a method was over some suspensions.

    Returns
    -------
    dict
        mae and median of the absolute error, bias (mean of said less actual), gain (mean absolute
        error of the last close less that of the method), nearer (share on which it was nearer than
        the last close, of those on which it said something else), slope (least squares of actual on
        said, with an intercept); gain_error and slope_error are standard errors clustered by the
        day on which the stocks closed off their limits.
    """
    said, actual = part[column(method)].to_numpy(), part["actual"].to_numpy()
    off, stale = np.abs(said - actual), np.abs(actual)
    moved = off != stale
    days = part["off"].to_numpy()
    slope, error = _slope(said, actual, days)
    gain = stale - off
    together = np.bincount(np.unique(days, return_inverse=True)[1], gain - gain.mean())
    return {
        "mae": float(off.mean()),
        "median": float(np.median(off)),
        "bias": float((said - actual).mean()),
        "gain": float(gain.mean()),
        "gain_error": float(np.sqrt((together**2).sum())) / gain.size,
        "nearer": float((off < stale)[moved].mean()) if moved.any() else float("nan"),
        "slope": slope,
        "slope_error": error,
    }


def _slope(x: Floats, y: Floats, days: NDArray[np.int64]) -> tuple[float, float]:
    """Return the slope of y on x and its standard error clustered by day; NaN without variation."""
    x, y = x - x.mean(), y - y.mean()
    square = float(x @ x)
    if square < 1e-12:
        return float("nan"), float("nan")
    slope = float(x @ y) / square
    _, place = np.unique(days, return_inverse=True)
    together = np.bincount(place, x * (y - slope * x))
    return slope, float(np.sqrt((together**2).sum())) / square


def scores(table: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of all methods for all, by length, by year 2015 and by industry."""
    groups: dict[tuple[str, str], pd.DataFrame] = {("all", "all"): table}
    groups["all", "moves within 100%"] = table[table["actual"].abs() <= 1.0]
    groups |= {("days", name): table[table["length"] == name] for name in LENGTHS}
    late = table["year"] == 2015
    groups |= {("year", "2015"): table[late], ("year", "other years"): table[~late]}
    for name in LENGTHS:
        groups["days in 2015", name] = table[late & (table["length"] == name)]
    groups |= {("industry", str(name)): part for name, part in table.groupby("industry")}
    rows = [
        {"by": by, "group": name, "suspensions": len(part), "method": method} | score(part, method)
        for (by, name), part in groups.items()
        if len(part)
        for method in METHODS
    ]
    return pd.DataFrame(rows)


def method_table(found: pd.DataFrame, by: str, group: str) -> str:
    """Return the table of all methods over one group."""
    part = found[(found["by"] == by) & (found["group"] == group)]
    rows = [
        [
            METHODS[row["method"]],
            f"{row['mae']:.2%}",
            f"{row['median']:.2%}",
            f"{row['bias']:+.2%}",
            "" if stale else f"{row['gain']:.2%} ({row['gain_error']:.2%})",
            "" if stale else f"{row['nearer']:.1%}",
            "" if np.isnan(row["slope"]) else f"{row['slope']:.2f} ({row['slope_error']:.2f})",
        ]
        for _, row in part.iterrows()
        for stale in (row["method"] == "last_close",)
    ]
    header = ["method", "mean error", "median", "bias", "gain on the last close (error)", "nearer",
              "slope (error)"]  # fmt: skip
    return markdown(header, rows)


def wide_table(found: pd.DataFrame, bys: tuple[str, ...], label: str) -> str:
    """Return the mean absolute errors of all methods, a row for each group."""
    part = found[found["by"].isin(bys)]
    rows = []
    for (by, name), own in part.groupby(["by", "group"], sort=False):
        mae = own.set_index("method")["mae"]
        text = str(name) if by in ("industry", "year") else f"{name} {by}"
        errors = [f"{mae[method]:.2%}" for method in METHODS]
        best = own.set_index("method").loc["industry"]
        rows.append(
            [
                text,
                f"{int(own['suspensions'].iloc[0]):,}",
                *errors,
                f"{best['bias']:+.2%}",
                f"{best['nearer']:.0%}",
                f"{best['slope']:.2f}",
            ]
        )
    header = [label, "suspensions", *METHODS.values(), "AMAC: bias", "nearer", "slope"]
    return markdown(header, rows)


def text_of(found: pd.DataFrame, judgement: Judged) -> str:
    """Return all tables as text."""
    return "\n\n".join(
        [
            f"{judgement.begun:,} suspensions of at least one trading day began in the years; "
            f"{judgement.open_:,} of them had not closed off the price limits by the market's end "
            f"and are left out, which leaves {len(judgement.table):,}.",
            method_table(found, "all", "all"),
            "Without those that moved by more than 100%:",
            method_table(found, "all", "moves within 100%"),
            "Mean absolute error, and of the AMAC method bias, share nearer than the last close, "
            "and slope:",
            wide_table(found, ("days", "year", "days in 2015"), "days without a bar"),
            wide_table(found, ("industry",), "industry"),
        ]
    )


def main() -> None:
    """Judge, print, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", type=Path)
    parser.add_argument("--csv", type=Path, help="file for the scores of all groups and methods")
    parser.add_argument("--write", type=Path, help="page that takes the tables between its marks")
    args = parser.parse_args()
    judgement = judged(Market.open(args.market))
    found = scores(judgement.table)
    text = text_of(found, judgement)
    print(text)
    if args.csv:
        found.to_csv(args.csv, index=False, float_format="%.6f")
    if args.write:
        write_between(args.write, "suspensions", text)


if __name__ == "__main__":
    main()
