"""What a comparison of hedges found: tables, words and the figure."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.cards import Card, Carded, Cell
from quanthedge.hedge.research.neutrality import Exposure, Frequency, compound, exposure
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Floats, Language
from quanthedge.words import LANGUAGES, Bilingual, in_both, texts

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["HedgeComparison"]

_FEWEST_DAYS = 20  # below which nothing is stated a year
_FEWEST_PAIRS = 10  # below which neither beta nor correlation is
_FREQUENCIES: tuple[Frequency, ...] = ("daily", "weekly", "monthly")


@dataclass(frozen=True, repr=False)
class HedgeComparison(Carded):
    """Hedged returns of every combination, and what can be said about them.

    Attributes
    ----------
    labels : DataFrame [C]
        estimator, ratio, policy. The estimator is "any" for ratios that do not use a beta; the
        first estimator stands in for them where they have no ratio of their own.
    dates : datetime64[D] [D]
        Days of the returns.
    book, index : float64 [D]
        Returns of the unhedged book, and of the index of the first product.
    hedged : float64 [D, C]
        Book minus the futures, before costs.
    held : float64 [D, C]
        Short futures value per yuan of stocks at the close before each day, all products.
    turnover, cost, carry : float64 [D, C]
        Futures traded at the close before, its fees and slippage, and what the futures lost to
        their indices while short (above 0: a gain), per yuan of stocks.
    fallback_days : int64 [C]
        Days on which the beta stood in for the ratio.
    refits : dict of DataFrame
        By ratio: the models fitted.
    substituted_days : int
        Days on which another contract was held than asked for, or none, or on which the figures by
        which it is chosen are not known.

    """

    labels: pd.DataFrame
    dates: NDArray[np.datetime64]
    book: Floats
    index: Floats
    hedged: Floats
    held: Floats
    turnover: Floats
    cost: Floats
    carry: Floats
    fallback_days: NDArray[np.int64]
    refits: dict[str, pd.DataFrame]
    substituted_days: int = 0

    def table(self) -> pd.DataFrame:
        """Return one row a combination over the whole period.

        Returns
        -------
        DataFrame
            estimator, ratio, policy; variance_removed daily, weekly and monthly; beta and
            correlation to the index with 95% intervals at the three frequencies; mean_ratio;
            volatility, turnover, cost and carry a year; fallback_days.
        """
        table = self.labels.copy()
        for name, values in self._measures(np.ones(self.dates.size, dtype=np.bool_)).items():
            table[name] = values
        table["fallback_days"] = self.fallback_days
        return table

    def by_year(self) -> pd.DataFrame:
        """Return the same measures for every calendar year, a row a year and combination."""
        years = self.dates.astype("datetime64[Y]").astype(int) + 1970
        parts = []
        for year in np.unique(years):
            part = self.labels.copy()
            part.insert(0, "year", year)
            for name, values in self._measures(years == year).items():
                part[name] = values
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def _measures(self, days: NDArray[np.bool_]) -> dict[str, Floats]:
        """Measures of all combinations over some days, [C] each."""
        dates, hedged = self.dates[days], self.hedged[days]
        result: dict[str, Floats] = {}
        for frequency in _FREQUENCIES:
            index = compound(self.index[days][:, None], dates, frequency)[:, 0]
            if index.size < _FEWEST_PAIRS:
                continue
            series = compound(hedged, dates, frequency)
            book = compound(self.book[days][:, None], dates, frequency)[:, 0]
            result[f"variance_removed_{frequency}"] = 1.0 - series.var(axis=0) / book.var()
            found: Exposure = exposure(series, index)
            for name in Exposure._fields[1:]:
                result[f"{name}_{frequency}"] = getattr(found, name)
        result["mean_ratio"] = self.held[days].mean(axis=0)
        year = TRADING_DAYS_A_YEAR if len(hedged) >= _FEWEST_DAYS else float("nan")
        result["volatility_per_year"] = hedged.std(axis=0, ddof=1) * np.sqrt(year)
        for name in ("turnover", "cost", "carry"):
            result[f"{name}_per_year"] = getattr(self, name)[days].mean(axis=0) * year
        return result

    def card(self) -> Card:
        """Return what each combination left of the index, best first, and what to call next."""
        said, table = texts("quanthedge.hedge.research", "card"), self.table()
        span = in_both(
            said["span"], first=self.dates[0], last=self.dates[-1], days=f"{self.dates.size:,}",
            volatility=float(self.book.std(ddof=1) * np.sqrt(TRADING_DAYS_A_YEAR)),
        )  # fmt: skip
        title = in_both(said["hedges"], n=len(table))
        steps = [
            ("comparison.table()", said["table"]),
            ("comparison.by_year()", said["by_year"]),
            ("comparison.figure()", said["figure"]),
        ]
        if "beta_daily" not in table:
            return Card(title, [span], [], steps)
        ranked = table.sort_values("beta_daily", key=lambda beta: beta.abs(), kind="stable")
        differ = tuple(one for one in _PARTS if len(set(table[one])) > 1) or ("ratio",)
        rows: list[tuple[Cell, ...]] = [
            (
                {code: _name(row, code, differ) for code in LANGUAGES},
                f"{row['variance_removed_daily']:.1%}", f"{row['beta_daily']:+.3f}",
                f"{row['turnover_per_year']:.1f}", f"{row['cost_per_year']:.2%}",
            )
            for _, row in ranked.iterrows()
        ]  # fmt: skip
        nearest: Bilingual = {
            code: said["nearest"][code].format(name=_name(ranked.iloc[0], code))
            for code in LANGUAGES
        }
        facts = [span, nearest]
        heads = [said[name] for name in ("removed", "beta", "turnover", "cost")]
        return Card(title, facts, rows, steps, heads=heads)

    def text(self) -> str:
        """Return the table in words: what each combination left of the index."""
        table = self.table()
        best = table.iloc[int(table["beta_daily"].abs().to_numpy().argmin())]
        volatility = float(self.book.std(ddof=1) * np.sqrt(TRADING_DAYS_A_YEAR))
        lines = [
            f"{len(table)} hedges, {self.dates[0]} to {self.dates[-1]}, {self.dates.size} days. "
            f"Unhedged: volatility {volatility:.1%} a year.",
            f"Nearest to a daily beta of 0: {_name(best)} ({best['beta_daily']:+.3f}).",
        ]
        if self.substituted_days:
            lines.append(
                f"The contract asked for was not held, or not certain, on {self.substituted_days} "
                "days: it is not in the data, or has no price."
            )
        lines += [
            f"{_name(row)}: variance removed {row['variance_removed_daily']:.1%}; daily beta "
            f"{row['beta_daily']:+.3f} ({row['beta_low_daily']:+.3f} to "
            f"{row['beta_high_daily']:+.3f}), correlation {row['correlation_daily']:+.3f}, weekly "
            f"{row['correlation_weekly']:+.3f}; turnover {row['turnover_per_year']:.1f} times a "
            f"year, cost {row['cost_per_year']:.2%}, carry {row['carry_per_year']:+.1%} a year"
            + (f"; {row['fallback_days']} days on the beta" if row["fallback_days"] else "")
            for _, row in table.iterrows()
        ]
        return "\n".join(lines)

    def figure(self) -> "go.Figure":
        """Return the daily beta with its interval and the variance removed, by combination."""
        from quanthedge.hedge.research.comparison_figure import comparison_figure

        return comparison_figure(self.table())


_PARTS = ("estimator", "ratio", "policy")


def _name(row: "pd.Series[Any]", language: Language = "en", named: tuple[str, ...] = _PARTS) -> str:
    """Return a combination by its labels; a kind of ours in Chinese is told in words."""
    parts = {part: str(row[part]) for part in named}
    if language == "zh":
        known = texts("quanthedge.hedge.research", "card")
        for part, label in parts.items():
            kind, more, values = label.partition(" (")
            name = known[part].get(kind)
            if name is not None:
                parts[part] = name[language] + (f"（{values.removesuffix(')')}）" if more else "")
    return " / ".join(parts.values())
