"""How neutral hedged books were on real data, and what stands in the way.

    python -m benchmarks.neutrality MARKET --write docs/neutrality.md

Three equally weighted books, every beta estimator and hedge ratio, 2010-04-16 to 2018-12-28: the
last part of the page, between its marks. The parts before it are those of
``benchmarks.correlation_parts`` and ``benchmarks.simulated_truth``.
"""

import argparse
import importlib
import inspect
import pkgutil
import time
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

import quanthedge.beta
from benchmarks.pages import markdown as table
from benchmarks.pages import write_between
from quanthedge import Market, Strategy
from quanthedge.beta import BetaEstimator, index_returns
from quanthedge.hedge.kernels.ratios import drifted_book
from quanthedge.hedge.ratios.ratios import (
    AlphaScaled,
    BetaRatio,
    DollarNeutral,
    DynamicCorrelation,
    ErrorCorrection,
    EwmaRatio,
    MinimumVariance,
)
from quanthedge.hedge.research.books import Book, index_book, random_book
from quanthedge.hedge.research.comparison import HedgeComparison, compare_hedges
from quanthedge.hedge.research.neutrality import Frequency, compound, exposure
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Floats

FIRST, LAST = "2010-04-16", "2018-12-28"
INDEX = "000300.SH"
RATIOS = {
    "beta": BetaRatio(),
    "dollar neutral": DollarNeutral(),
    "minimum variance, daily": MinimumVariance(horizon_days=1),
    "minimum variance, 5-day returns": MinimumVariance(),
    "minimum variance, 21-day returns": MinimumVariance(horizon_days=21),
    "minimum variance, lead and lag": MinimumVariance(horizon_days=1, lead_lag=1),
    "EWMA, 5-day returns": EwmaRatio(),
    "error correction": ErrorCorrection(),
    "DCC-GARCH": DynamicCorrelation(),
    "alpha scaled (aversion 10)": AlphaScaled(),
}
MARKS = {
    "settlement": "future at its settlement price",
    "close": "future at its close",
    "index": "the index itself",
}
FREQUENCIES: tuple[Frequency, ...] = ("daily", "weekly", "monthly")
DESCRIPTIONS = {
    "CSI 300": "members of the CSI 300",
    "CSI 800": "members of the CSI 300 and the CSI 500",
    "random 200": "200 stocks drawn at random (seed 1)",
}


def default_estimator() -> BetaEstimator:
    """Return the estimator of a strategy that does not name one."""
    estimator = Strategy.model_fields["beta"].get_default(call_default_factory=True)
    assert isinstance(estimator, BetaEstimator)
    return estimator


class Remembered:
    """An estimator whose betas are estimated once for all books."""

    def __init__(self, estimator: BetaEstimator) -> None:
        self.estimator = estimator
        self.memory, self.method = estimator.memory, estimator.method
        self.beta_: Floats = np.empty(0)
        self._fitted: dict[tuple[int, ...], Floats] = {}

    def model_copy(self) -> Self:
        """Return itself."""
        return self

    def fit(self, returns: Floats, index: Floats) -> Self:
        """Estimate, or remember; the books of this study all begin and end on the same days."""
        if self.method == "top_down":
            self.beta_ = self.estimator.model_copy().fit(returns, index).beta_
        else:
            if returns.shape not in self._fitted:
                fitted = self.estimator.model_copy().fit(returns, index)
                self._fitted[returns.shape] = fitted.beta_
            self.beta_ = self._fitted[returns.shape]
        return self


def estimators() -> dict[str, Remembered]:
    """Return every estimator with its defaults, and two more of least squares."""
    default = default_estimator()
    found: dict[str, BetaEstimator] = {"default": default}
    for module in pkgutil.iter_modules(quanthedge.beta.__path__):
        importlib.import_module(f"quanthedge.beta.{module.name}")
    for kind in kinds(BetaEstimator):  # type: ignore[type-abstract]
        if kind() != default:
            found[kind.__name__] = kind()
    long = quanthedge.beta.RollingOLS
    found["RollingOLS, 250 days"] = long(window=250, min_observations=60)
    found["RollingOLS, top-down"] = long(method="top_down")
    return {name: Remembered(estimator) for name, estimator in found.items()}


def kinds(base: type[BetaEstimator]) -> list[type[BetaEstimator]]:
    """Return the concrete estimators below a class, by name."""
    below = {kind for child in base.__subclasses__() for kind in (child, *kinds(child))}
    return sorted(
        (kind for kind in below if not inspect.isabstract(kind)), key=lambda kind: kind.__name__
    )


def books(market: Market) -> dict[str, Book]:
    """Return the books that are judged."""
    span = {"start": FIRST, "end": LAST}
    return {
        "CSI 300": index_book(market, INDEX, **span),
        "CSI 800": index_book(market, (INDEX, "000905.SH"), **span),
        "random 200": random_book(market, 200, 1, **span),
    }


def interval(row: pd.Series, name: str, frequency: str) -> str:
    """Return a figure with its interval."""
    low, high = row[f"{name}_low_{frequency}"], row[f"{name}_high_{frequency}"]
    return f"{row[f'{name}_{frequency}']:+.3f} ({low:+.3f}, {high:+.3f})"


def overview(comparison: HedgeComparison) -> str:
    """Return the table of every estimator and ratio on one book."""
    rows = []
    for _, row in comparison.table().iterrows():
        name = row["ratio"] if row["estimator"] == "any" else f"{row['ratio']}: {row['estimator']}"
        rows.append(
            [
                name,
                f"{row['variance_removed_daily']:.1%}",
                f"{row['variance_removed_weekly']:.1%}",
                interval(row, "beta", "daily"),
                interval(row, "correlation", "daily"),
                interval(row, "correlation", "weekly"),
                interval(row, "correlation", "monthly"),
                f"{row['mean_ratio']:.2f}",
                f"{row['turnover_per_year']:.0f}",
                f"{row['cost_per_year']:.2%}",
                f"{row['carry_per_year']:+.1%}",
                str(row["fallback_days"]) if row["fallback_days"] else "",
            ]
        )
    header = [
        "hedge", "variance removed, daily", "weekly", "daily beta", "daily correlation",
        "weekly correlation", "monthly correlation", "mean ratio", "turnover a year",
        "cost a year", "carry a year", "days on beta",
    ]  # fmt: skip
    return table(header, rows)


def instruments(
    market: Market, all_books: dict[str, Book]
) -> tuple[str, dict[tuple[str, str], HedgeComparison]]:
    """Return what the default hedge leaves with each instrument, and the comparisons."""
    rows = []
    kept: dict[tuple[str, str], HedgeComparison] = {}
    for name, book in all_books.items():
        for mark, words in MARKS.items():
            # with the index, too, from the first day on which futures had a return
            found = compare_hedges(
                market,
                book,
                estimators={"default": default_estimator()},
                ratios={"beta": BetaRatio()},
                start="2010-04-19",
                end=LAST,
                mark=mark,  # type: ignore[arg-type]
            )
            kept[name, mark] = found
            row = found.table().iloc[0]
            rows.append(
                [
                    name,
                    words,
                    *(interval(row, "beta", frequency) for frequency in FREQUENCIES),
                    *(interval(row, "correlation", frequency) for frequency in FREQUENCIES),
                ]
            )
    header = ["book", "hedged with"]
    header += [f"{f} beta" for f in FREQUENCIES] + [f"{f} correlation" for f in FREQUENCIES]
    return table(header, rows), kept


class Suspended(NamedTuple):
    """Beta of the book and of its stocks without a mark, before each day's return."""

    whole: Floats  # of all stocks held
    stale: Floats  # of those that do not trade on the day
    known: Floats  # of those that did not trade on the day before
    share: Floats  # of the book that does not trade on the day


def suspended(market: Market, book: Book, days: int) -> Suspended:
    """Return the betas of the default estimator, and how much of them belongs to no mark."""
    _, last = market.span(FIRST, LAST)
    returns = np.asarray(market.panel("simple_return"), dtype=np.float64)
    fitted = default_estimator().model_copy().fit(returns, index_returns(market, INDEX))
    betas = np.nan_to_num(fitted.beta_, nan=1.0)
    own, shares, places = drifted_book(returns, *book[1:], last)
    result = np.zeros((4, own.size))
    r = 0
    for d in range(own.size - 1):
        t = int(book.decision_rows[0]) + d
        while r + 1 < book.decision_rows.size and book.decision_rows[r + 1] <= t:
            r += 1
        held = book.stocks[book.pointer[r] : book.pointer[r + 1]]
        share = shares[places[d] : places[d + 1]]
        carried = share * betas[t, held]
        missing = np.isnan(returns[t + 1, held])
        result[:, d + 1] = [
            carried.sum(),
            carried[missing].sum(),
            carried[np.isnan(returns[t, held])].sum(),
            share[missing].sum(),
        ]
    return Suspended(*result[:, own.size - days :])


def parts_of(found: HedgeComparison, betas: Suspended) -> dict[str, Floats]:
    """Split the hedged return of each day into four parts that add up to it."""
    moves, held = found.index, found.held[:, 0]
    parts = {
        "stocks that traded, against their betas": found.book - (betas.whole - betas.stale) * moves,
        "suspended stocks: hedged, but not marked": -betas.stale * moves,
        "hedge not traded every day": (betas.whole - held) * moves,
        "index against future": found.hedged[:, 0] - found.book + held * moves,
    }
    assert np.allclose(sum(parts.values()), found.hedged[:, 0])
    return parts


def decomposition(kept: dict[tuple[str, str], HedgeComparison], betas: dict[str, Suspended]) -> str:
    """Return what each part adds to the beta and the correlation that are left."""
    rows = []
    for name in DESCRIPTIONS:
        found = kept[name, "settlement"]
        total = found.hedged[:, 0]
        index = found.index - found.index.mean()
        unit = index.std() / total.std()
        parts = {**parts_of(found, betas[name]), "together": total}
        for part, values in parts.items():
            slope = index @ values / (index @ index)
            weekly = compound(np.column_stack([values, found.index]), found.dates, "weekly")
            moves = weekly[:, 1] - weekly[:, 1].mean()
            rows.append(
                [
                    name,
                    part,
                    f"{slope:+.3f}",
                    f"{slope * unit:+.3f}",
                    f"{moves @ weekly[:, 0] / (moves @ moves):+.3f}",
                    f"{values.std() * np.sqrt(TRADING_DAYS_A_YEAR):.1%}",
                ]
            )
    header = ["book", "part", "daily beta", "daily correlation", "weekly beta", "volatility a year"]
    return table(header, rows)


def without_suspensions(
    kept: dict[tuple[str, str], HedgeComparison], betas: dict[str, Suspended]
) -> str:
    """Return the default hedge with suspended stocks marked, or not hedged."""
    rows = []
    for name in DESCRIPTIONS:
        for mark in ("settlement", "index"):
            found, own = kept[name, mark], betas[name]
            hedged = found.hedged[:, 0]
            future = (found.book - hedged) / found.held[:, 0]
            cases = {
                "as reported": hedged,
                "suspended stocks marked at beta x index": hedged + own.stale * found.index,
                "suspended stocks not hedged": hedged + own.known * future,
            }
            for case, values in cases.items():
                one = exposure(values[:, None], found.index)
                both = np.column_stack([values, found.index])
                weekly = compound(both, found.dates, "weekly")
                rows.append(
                    [
                        name,
                        MARKS[mark],
                        case,
                        f"{one.beta[0]:+.3f} ({one.beta_low[0]:+.3f}, {one.beta_high[0]:+.3f})",
                        f"{one.correlation[0]:+.3f} ({one.correlation_low[0]:+.3f}, "
                        f"{one.correlation_high[0]:+.3f})",
                        f"{np.atleast_2d(np.corrcoef(weekly.T))[0, 1]:+.3f}",
                    ]
                )
    header = [
        "book", "hedged with", "case", "daily beta", "daily correlation", "weekly correlation",
    ]  # fmt: skip
    return table(header, rows)


def draws(market: Market, count: int = 20) -> str:
    """Return how much of a random book's figures is the luck of the draw."""
    betas, correlations = [], []
    for seed in range(1, count + 1):
        found = compare_hedges(
            market,
            random_book(market, 200, seed, FIRST, LAST),
            estimators={"default": default_estimator()},
            ratios={"beta": BetaRatio()},
            end=LAST,
        )
        row = found.table().iloc[0]
        betas.append(row["beta_daily"])
        correlations.append(row["correlation_daily"])
    met = (np.abs(betas) < 0.02) & (np.abs(correlations) < 0.05)
    return (
        f"{count} draws of 200 stocks (seeds 1 to {count}): daily beta {np.mean(betas):+.3f} on "
        f"average, {np.min(betas):+.3f} to {np.max(betas):+.3f}; daily correlation "
        f"{np.mean(correlations):+.3f}, {np.min(correlations):+.3f} to "
        f"{np.max(correlations):+.3f}; {int(met.sum())} meet both limits."
    )


def reasons(kept: dict[tuple[str, str], HedgeComparison], betas: dict[str, Suspended]) -> str:
    """Return in words what keeps the default hedge from 0."""
    lines = []
    for name in DESCRIPTIONS:
        found, own = kept[name, "settlement"], betas[name]
        index = found.index - found.index.mean()
        slopes = {
            part: float(index @ values / (index @ index))
            for part, values in parts_of(found, own).items()
        }
        traded, stale, rest, gap = slopes.values()
        july = (found.dates >= np.datetime64("2015-07-06")) & (
            found.dates <= np.datetime64("2015-07-17")
        )
        lines.append(
            f"- {name}: of the daily beta of {sum(slopes.values()):+.3f}, suspended stocks make "
            f"{stale:+.3f}, the future against the index {gap:+.3f}, stocks that traded "
            f"{traded:+.3f}, the days between two trades of the hedge {rest:+.3f}. "
            f"{own.share.mean():.1%} of the book did not trade on an average day, "
            f"{own.share[july].mean():.0%} from 2015-07-06 to 2015-07-17."
        )
    return "\n".join(lines)


def marks(kept: dict[tuple[str, str], HedgeComparison]) -> str:
    """Return how future minus index goes with the index of the day and of its neighbours."""
    rows = []
    for mark in ("settlement", "close"):
        found = kept["CSI 300", mark]
        gap = -found.carry[:, 0] / found.held[:, 0]
        years = found.dates.astype("datetime64[Y]").astype(int) + 1970
        for label, days in (
            ("2010-2015, futures until 15:15", years <= 2015),
            ("2016-2018, both until 15:00", years >= 2016),
        ):
            one, index = gap[days], found.index[days]
            lags = [
                float(np.corrcoef(one[:-1], index[1:])[0, 1]),
                float(np.corrcoef(one, index)[0, 1]),
                float(np.corrcoef(one[1:], index[:-1])[0, 1]),
            ]
            volatility = f"{one.std() * np.sqrt(TRADING_DAYS_A_YEAR):.1%}"
            rows.append([MARKS[mark], label, *(f"{lag:+.3f}" for lag in lags), volatility])
    header = [
        "mark", "years", "with the index a day later", "of the same day", "a day earlier",
        "volatility a year",
    ]  # fmt: skip
    return table(header, rows)


def noise(kept: dict[tuple[str, str], HedgeComparison]) -> list[str]:
    """Return how often a hedge of exactly zero beta would have met both limits."""
    lines = []
    random = np.random.default_rng(0)
    for name in DESCRIPTIONS:
        found = kept[name, "settlement"]
        measured = exposure(found.hedged, found.index)
        error = float(measured.beta_high[0] - measured.beta[0]) / 1.96
        unit = float(measured.correlation[0] / measured.beta[0])
        drawn = random.normal(0.0, error, 100_000)
        met = ((np.abs(drawn) < 0.02) & (np.abs(drawn * unit) < 0.05)).mean()
        lines.append(
            f"- {name}: standard error {error:.3f} of the beta and {error * unit:.3f} of the "
            f"correlation; a hedge whose true beta is 0 meets both limits in {met:.0%} of such "
            "periods."
        )
    return lines


def years(kept: dict[tuple[str, str], HedgeComparison]) -> str:
    """Return the default hedge year by year."""
    rows = []
    for name in DESCRIPTIONS:
        for _, row in kept[name, "settlement"].by_year().iterrows():
            weekly = f"{row['correlation_weekly']:+.3f}"
            rows.append(
                [
                    name,
                    str(row["year"]),
                    interval(row, "beta", "daily"),
                    f"{row['correlation_daily']:+.3f}",
                    weekly,
                    f"{row['variance_removed_daily']:.1%}",
                    f"{row['carry_per_year']:+.1%}",
                ]
            )
    header = [
        "book", "year", "daily beta", "daily correlation", "weekly correlation",
        "variance removed", "carry",
    ]  # fmt: skip
    return table(header, rows)


def verdict(kept: dict[tuple[str, str], HedgeComparison]) -> str:
    """Return whether the default hedge met the limits, book by book."""
    rows = []
    for name in DESCRIPTIONS:
        row = kept[name, "settlement"].table().iloc[0]
        beta, correlation = row["beta_daily"], row["correlation_daily"]
        met = "yes" if abs(beta) < 0.02 and abs(correlation) < 0.05 else "no"
        inside = "yes" if row["beta_low_daily"] <= 0 <= row["beta_high_daily"] else "no"
        rows.append([name, f"{beta:+.4f}", f"{correlation:+.4f}", met, inside])
    header = [
        "book", "daily beta", "daily correlation", "both limits met", "0 inside the 95% interval",
    ]  # fmt: skip
    return table(header, rows)


def document(market: Market) -> str:
    """Return the whole page."""
    began = time.perf_counter()
    all_books = books(market)
    sizes = {name: np.diff(book.pointer) for name, book in all_books.items()}
    lacking = (
        f"Prices of {sizes['CSI 800'].min()} to {sizes['CSI 800'].max()} of the 800 members are in "
        "this market; the others are left out."
    )
    about = [
        f"- **{name}**: {DESCRIPTIONS[name]}, {sizes[name].min()} to {sizes[name].max()} stocks"
        for name in all_books
    ]
    by_instrument, kept = instruments(market, all_books)
    betas = {
        name: suspended(market, book, kept[name, "settlement"].dates.size)
        for name, book in all_books.items()
    }
    overviews, candidates = [], estimators()
    for name, book in all_books.items():
        found = compare_hedges(market, book, estimators=candidates, ratios=RATIOS, end=LAST)
        refits = found.refits["error correction"]
        overviews += [
            f"#### {name}",
            overview(found),
            f"Error correction: {len(refits)} fits, {int(refits['cointegrated'].sum())} of them on "
            "a book and a future that were cointegrated at 5%; otherwise the beta was taken.",
        ]
    values = default_estimator()
    parts = [
        f"Books of equal weights, set up again at each month's end and left to drift, {FIRST} to "
        f"{LAST}. Short IF, front contract rolled four trading days before its end at both "
        "contracts' own marks, ratio decided at a close and earning from the next day on, traded "
        "every five days and when the book is. Before costs; costs are listed apart (exchange and "
        "broker fee, 1 bp of slippage). Beta and correlation are those of the hedged return to the "
        "CSI 300 price index, with 95% intervals (Newey-West). The limits: |daily beta| below 0.02 "
        "and |daily correlation| below 0.05 over the whole period. Default estimator: "
        f"`{values!r}`.",
        "\n".join(about),
        lacking,
        "### Were the limits met?",
        verdict(kept),
        "Sampling alone decides a part of this:",
        "\n".join(noise(kept)),
        draws(market),
        "What keeps it from 0:",
        reasons(kept, betas),
        "Two things work on the daily figures that an estimator can offset but not remove. "
        "Suspended stocks are hedged with their beta while their last closes stand still (the move "
        "comes on the day they trade again, in one piece): these books are marked at last closes, "
        "and a table below says what is left when they are not. And what is left after hedging is "
        "so large beside the limits that chance alone misses them in the share of periods given "
        "above. What the price does at which the future is marked stands in the next table. An "
        "estimator whose daily figure lies nearer to 0 than the default's may owe that to errors "
        "of opposite sign: a ratio that is too low for the stocks that trade looks right when "
        "others are suspended. Estimators are therefore chosen on simulated truth, not by these "
        "books.",
        "### With a better instrument",
        "The same ratios, earned by the future at two marks and by the index itself, which has "
        "neither basis nor other hours. What the last line of a book leaves is not the future's "
        "doing.",
        by_instrument,
        "### What the rest consists of",
        "hedged = (stocks that traded - their betas x index) - betas of suspended stocks x index "
        "+ (beta of the book - ratio held) x index + ratio held x (index - future). Betas and "
        "correlations of the parts add up.",
        decomposition(kept, betas),
        "The same hedge if suspended stocks were marked with their beta and the index, as fund "
        "accountants mark long suspensions, and if they were not hedged while suspended (known at "
        "the close before):",
        without_suspensions(kept, betas),
        "### Marks of different hours",
        "Correlation of future minus index with the index. The settlement price is the average of "
        "the last hour: what it misses of the end of a day's move shows below 0 with the index of "
        "the same day, and comes on the next (above 0 with the index a day earlier). A close at "
        "15:15 already knows a part of the next day (above 0 with the index a day later), and "
        "gives it back then.",
        marks(kept),
        "### Year by year, default hedge",
        years(kept),
        "### Every estimator and ratio",
        *overviews,
    ]
    print(f"{time.perf_counter() - began:.0f} s")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write the page, or print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market", help="Dataset with CSI 300 and 500 members, 2010 to 2018.")
    parser.add_argument("--write", type=Path, help="File to write.")
    arguments = parser.parse_args()
    text = document(Market.open(arguments.market))
    if arguments.write:
        write_between(arguments.write, "books", text)
    else:
        print(text)


if __name__ == "__main__":
    main()
