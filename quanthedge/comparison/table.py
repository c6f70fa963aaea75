"""Several products on the same dates, by the same definitions."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.cards import Card, Carded, Cell
from quanthedge.comparison.frequency import Placed, figures, place
from quanthedge.comparison.others import FixedIncome, Stated
from quanthedge.comparison.sleeves import compared_sleeves
from quanthedge.comparison.unit_values import unit_values
from quanthedge.comparison.wording import remark, variant_remark
from quanthedge.errors import DataError
from quanthedge.performance import levels, risk_free_rate
from quanthedge.record import Record, RunVariant
from quanthedge.rules import CALENDAR_DAYS_A_YEAR, deposit_rate
from quanthedge.typing import Language
from quanthedge.words import Bilingual, in_both, texts

__all__ = ["Comparison", "compare_funds"]

Other = pd.Series | FixedIncome | Stated | RunVariant | Record
Others = Mapping[str, Any]  # of Other
COLUMNS = (
    "return", "annual_return", "volatility", "sharpe", "max_drawdown", "correlation",
    "correlation_low", "correlation_high", "worst_month", "losing_months", "frequency",
    "observations",
)  # fmt: skip
_PERCENT = (
    "return", "annual_return", "volatility", "max_drawdown", "worst_month", "losing_months",
)  # fmt: skip
_LARGE_STEP = 0.2  # between two values: told to the reader


@dataclass(frozen=True, repr=False)
class Comparison(Carded):
    """Products side by side.

    Attributes
    ----------
    table : DataFrame
        Indexed by name: return, annual_return, volatility, sharpe, max_drawdown, correlation to the
        benchmark with its 95% interval, worst_month, losing_months (share), frequency of the
        returns that the statistics are made of, observations (their number). NaN where a product
        does not give it.
    levels : DataFrame
        Value of a yuan over time, one column a product that has one, [T]; for drawing, the last
        value known stands until the next.
    notes : list of dict
        What is only stated, sparse or cut, and what variants are; keys kind, en and zh.
    sleeves : DataFrame
        A line for each sleeve of each run that has any: product, sleeve, name_en, name_zh,
        contribution and financing a year, margin and capital tied up, of the fund's money, days
        held. A run without sleeves has a line without figures; no row where no run has any.
    """

    table: pd.DataFrame
    levels: pd.DataFrame
    notes: list[Bilingual]
    sleeves: pd.DataFrame

    def card(self) -> Card:
        """Return the products side by side, and what to call next."""
        said = texts("quanthedge.comparison", "card")
        rows: list[tuple[Cell, ...]] = [
            (said.get(str(name), str(name)), *(_printed(column, row[column]) for column in _SHOWN))
            for name, row in self.table.iterrows()
        ]
        steps = [
            ("comparison.table", said["table"]),
            ("comparison.levels", said["levels"]),
            ("comparison.notes", in_both(said["notes"], n=len(self.notes))),
        ]
        if len(self.sleeves):
            steps.insert(2, ("comparison.sleeves", said["sleeves"]))
        heads = [said[column] for column in _SHOWN]
        return Card(in_both(said["title"], n=len(rows)), [], rows, steps, heads=heads)

    def text(self, language: Language = "en") -> str:
        """Return the whole table, and what a reader must know of it."""
        shown = self.table.copy().astype(object)
        for name in self.table.columns:
            shown[name] = [_printed(str(name), v) for v in self.table[name].to_numpy()]
        parts = [shown.to_string()]
        if len(self.sleeves):
            parts += ["", _of_sleeves(self.sleeves, language).to_string(index=False), ""]
        return "\n".join([*parts, *(f"- {note[language]}" for note in self.notes)])


_SHOWN = ("return", "annual_return", "volatility", "max_drawdown", "correlation")


def _of_sleeves(sleeves: pd.DataFrame, language: Language) -> pd.DataFrame:
    """Return the lines of sleeves as they are printed."""
    shown = sleeves.drop(columns=["name_en", "name_zh"]).astype(object)
    shown["sleeve"] = sleeves[f"name_{language}"]
    for name in ("contribution", "financing", "margin", "capital"):
        shown[name] = ["" if pd.isna(v) else f"{v:.2%}" for v in sleeves[name]]
    shown["days"] = ["" if pd.isna(v) else f"{v:,.0f}" for v in sleeves["days"]]
    return shown


def _printed(column: str, value: Any) -> str:
    """Return a figure of the table as it is printed; empty where a product does not give it."""
    if pd.isna(value):
        return ""
    if column == "frequency":
        return str(value)
    pattern = ".2%" if column in _PERCENT else ",.0f" if column == "observations" else ".3f"
    return format(value, pattern)


def compare_funds(
    result: Record,
    others: Others | None = None,
    *,
    name: str = "fund",
    benchmark: str = "index",
    same_dates: str = "{name}, dates of {title}",
) -> Comparison:
    """Return a fund beside its benchmark, the deposit and others, on the days of the run.

    Parameters
    ----------
    result : Record
    others : mapping
        By name: a Series of unit values by date (a table of one column; dates and values as in a
        file, see :func:`read_unit_values`), a :class:`FixedIncome`, a :class:`Stated`, or the
        record of another run or a variant (net of everything).
    name, benchmark : str
        How the fund and its benchmark are called.
    same_dates : str
        How the row is called that shows the fund on the dates of a product which is weekly,
        monthly or shorter than the run.

    Raises
    ------
    DataError
        When a series has fewer than two values within the run, a date that cannot be read or a
        value that is not above 0, or a name comes twice.

    Notes
    -----
    Statistics have the frequency of the product, on dates that both have; nothing is filled
    forward. The deposit compounds the People's Bank's demand rate by calendar days over 365. The
    rate taken off in every Sharpe ratio is that of the run, ``risk_free`` of its strategy.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> result = qh.backtest(strategy, market, "2014-09-17", "2014-12-31")
    >>> found = qh.compare_funds(result, {"4% a year": qh.FixedIncome(0.04)})
    >>> found.table[["return", "max_drawdown"]].round(4)
               return  max_drawdown
    product
    fund       0.0107       -0.0133
    index      0.0018       -0.0974
    deposit    0.0010        0.0000
    4% a year  0.0115        0.0000
    """
    own = levels(result.ledger)
    days, notes = own.index, list[Bilingual]()
    rate = risk_free_rate(result.strategy.risk_free, days[1:])
    drawn: dict[str, pd.Series] = {name: own["net"], benchmark: own["index"]}
    drawn["deposit"] = _deposit(days)
    rows: dict[str, dict[str, object]] = {
        title: figures(level, own["index"], "daily", risk_free=rate, moves=title != "deposit")
        for title, level in drawn.items()
    }
    for title, other in (others or {}).items():
        if title in rows:
            raise DataError(f"comparison: the name {title!r} comes twice")
        if isinstance(other, Stated):
            rows[title] = _stated(other)
            notes.append(_stated_remark(title, other, days))
        elif isinstance(other, FixedIncome):
            drawn[title], note = _fixed(title, other, days)
            rows[title] = figures(drawn[title], own["index"], "daily", risk_free=rate, moves=False)
            notes.append(note)
        else:
            series = _values_of(title, other, notes)
            if isinstance(other, RunVariant):
                notes.append(variant_remark(other))
            placed = place(title, series, days)
            rows[title] = figures(placed.level, own["index"], placed.frequency, risk_free=rate)
            notes += _remarks(title, placed, days, rows[title]["observations"])
            if placed.frequency != "daily" or _cut(placed, days):
                twin = own["net"].loc[placed.level.index]
                beside = same_dates.format(name=name, title=title)
                rows[beside] = figures(twin, own["index"], placed.frequency, risk_free=rate)
            drawn[title] = _carried(placed.level, days)
    rows[benchmark] |= dict.fromkeys(
        ("correlation", "correlation_low", "correlation_high"), float("nan")
    )
    short = [
        title
        for title, row in rows.items()
        if "frequency" in row
        and row["frequency"] != "irregular"
        and (_missing(row["annual_return"]) or (row["frequency"] and _missing(row["volatility"])))
    ]
    if short:
        notes.append(remark("too_few", titles=", ".join(short)))
    table = pd.DataFrame.from_dict(rows, orient="index").reindex(columns=list(COLUMNS))
    table.index.name = "product"
    sleeves = compared_sleeves(name, result, others or {})
    return Comparison(table, pd.DataFrame(drawn), notes, sleeves)


def _missing(value: object) -> bool:
    return not isinstance(value, float) or math.isnan(value)


def _values_of(title: str, other: Any, notes: list[Bilingual]) -> pd.Series:
    """Return the unit values of a product, a variant or another run, by date."""
    if isinstance(other, Record | RunVariant):
        return levels(other.ledger)["net"]
    series, unknown = unit_values(title, other)
    if unknown:
        notes.append(remark("unknown_values", title=title, count=unknown))
    return series


def _grown(days: pd.Index, rates: Any, *, compound: bool) -> pd.Series:
    """Return a yuan at rates a year, by calendar days over 365."""
    span = (
        np.diff(pd.DatetimeIndex(days).to_numpy()).astype("timedelta64[D]").astype(float)
        / CALENDAR_DAYS_A_YEAR
    )
    steps = (1.0 + rates) ** span if compound else 1.0 + rates * span
    return pd.Series(np.append(1.0, np.cumprod(steps)), index=days)


def _deposit(days: pd.Index) -> pd.Series:
    return _grown(days, deposit_rate(pd.DatetimeIndex(days)[1:]), compound=False)


def _fixed(title: str, one: FixedIncome, days: pd.Index) -> tuple[pd.Series, Bilingual]:
    """Return the value of a yuan in a product with a stated yield, and what it is."""
    if not isinstance(one.rate, str):
        level = _grown(days, np.full(len(days) - 1, one.rate), compound=True)
        source = _sourced(one.source)
        return level, _with_source("fixed", source, title=title, rate=f"{one.rate:.2%}")
    passed = np.asarray((pd.DatetimeIndex(days) - days[0]).days)
    full = passed // CALENDAR_DAYS_A_YEAR
    renewed = [
        days[0] + pd.Timedelta(days=CALENDAR_DAYS_A_YEAR * int(k)) for k in range(int(full[-1]) + 1)
    ]
    rates = deposit_rate(pd.DatetimeIndex(renewed), term="one_year")
    before = np.append(1.0, np.cumprod(1.0 + rates))[full]
    level = pd.Series(
        before * (1.0 + rates[full] * (passed % CALENDAR_DAYS_A_YEAR) / CALENDAR_DAYS_A_YEAR),
        index=days,
    )
    listed = ", ".join(f"{rate:.2%}" for rate in rates)
    return level, remark("one_year_deposit", title=title, rates=listed)


def _carried(level: pd.Series, days: pd.Index) -> pd.Series:
    """Return a level for drawing: between its first and last value the last one known."""
    filled = level.reindex(days).ffill()
    filled[days > level.index[-1]] = np.nan
    return filled


def _cut(placed: Placed, days: pd.Index) -> bool:
    """Return whether a product covers less of the run than its frequency explains."""
    slack = {"daily": 0, "weekly": 7, "monthly": 31, "irregular": 31}[placed.frequency]
    early = (placed.level.index[0] - days[0]).days > slack
    return bool(early or (days[-1] - placed.level.index[-1]).days > slack)


def _remarks(title: str, placed: Placed, days: pd.Index, count: object) -> list[Bilingual]:
    """Return what a reader must know of a product's values."""
    notes = []
    if placed.frequency == "irregular":
        notes.append(remark("irregular", title=title))
    elif placed.frequency != "daily":
        notes.append(remark(placed.frequency, title=title, count=f"{count:.0f}"))
    if _cut(placed, days):
        first, last = placed.level.index[0], placed.level.index[-1]
        notes.append(remark("partial", title=title, start=first, end=last))
    if placed.off_days:
        notes.append(remark("off_days", title=title, count=placed.off_days))
    if placed.largest_step > _LARGE_STEP:
        notes.append(remark("jump", title=title, step=f"{placed.largest_step:.1%}"))
    return notes


def _sourced(source: str) -> tuple[str, str]:
    """Return a source in brackets, English and Chinese."""
    return (f" ({source})", f"（{source}）") if source else ("", "")


def _with_source(kind: str, source: tuple[str, str], **values: object) -> Bilingual:
    english = remark(kind, source=source[0], **values)
    return {**english, "zh": remark(kind, source=source[1], **values)["zh"]}


def _stated_remark(title: str, one: Stated, days: pd.Index) -> Bilingual:
    source = _sourced(one.source)
    if one.start is None or one.end is None:
        return _with_source("stated", source, title=title)
    kind = "stated_dates" if one.covers(pd.DatetimeIndex(days)) else "stated_other_dates"
    return _with_source(kind, source, title=title, start=one.start, end=one.end)


def _stated(one: Stated) -> dict[str, object]:
    given = {
        "annual_return": one.annual_return,
        "correlation": one.correlation,
        "volatility": one.volatility,
        "max_drawdown": one.max_drawdown,
    }
    return {name: value for name, value in given.items() if value is not None}
