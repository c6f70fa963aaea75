"""Raw exposures of many factors on some days: one array, rows x stocks x factors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from quanthedge.errors import DataError, StrategyError
from quanthedge.factors.base import Factor, as_rows, factor_name
from quanthedge.factors.sharing import sharing
from quanthedge.kinds import is_own, read_catalogue
from quanthedge.market import Market
from quanthedge.plain import one_line
from quanthedge.typing import Bools, Days, Ints, Language

__all__ = ["FactorPanel", "panel", "period_ends"]

_MOST_BYTES = 4 * 2**30
_LIBRARY = "library"  # every factor of the catalogue
Asked = Factor | str | Mapping[str, Any]
Which = Asked | Sequence[Asked] | pd.DataFrame
RowsOrPeriod = Literal["month", "week", "day"] | Sequence[int] | Ints


@dataclass(frozen=True, eq=False)
class FactorPanel:
    """Raw exposures of K factors on R days, as they were known at each close.

    Attributes
    ----------
    market : Market
    rows : int64 [R]
        Day indices, ascending.
    factors : tuple of Factor [K]
    names : tuple of str [K]
        Distinct; a factor's kind, with its parameters where a kind comes twice.
    values : float32 [R, N, K]
        Raw exposures, the sign not applied; NaN where a factor is not defined. Each factor's
        [R, N] lies together in memory.
    skipped : mapping
        Factors of a family or of the library that the market cannot carry, and why.
    """

    market: Market
    rows: Ints
    factors: tuple[Factor, ...]
    names: tuple[str, ...]
    values: NDArray[np.float32]
    skipped: Mapping[str, str] = field(default_factory=dict)

    @property
    def dates(self) -> Days:
        """Return the days, [R]."""
        return np.asarray(self.market.dates[self.rows])

    @property
    def signs(self) -> Ints:
        """Return +1 or -1 of each factor, [K]."""
        return np.array([factor.sign for factor in self.factors], dtype=np.int64)

    @property
    def families(self) -> tuple[str, ...]:
        """Return the family of each factor, [K]."""
        return tuple(factor.family for factor in self.factors)

    def labels(self, language: Language) -> tuple[str, ...]:
        """Return what each factor is called, [K], with its parameters where a kind comes twice."""
        return tuple(
            factor_name(factor, language) + name[len(factor.label) :]
            for factor, name in zip(self.factors, self.names, strict=True)
        )

    def place(self, name: str) -> int:
        """Return the place of a factor; DataError with the names where there is none."""
        if name not in self.names:
            raise DataError(f"no factor '{name}' in the panel; there are {', '.join(self.names)}")
        return self.names.index(name)

    def frame(self, name: str) -> pd.DataFrame:
        """Return one factor as a table, dates x codes."""
        return pd.DataFrame(
            np.array(self.values[:, :, self.place(name)]),
            index=pd.DatetimeIndex(self.dates, name="date"),
            columns=pd.Index(self.market.codes.astype(str), name="code"),
        )

    def coverage(self, universe: Bools | None = None) -> pd.DataFrame:
        """Return for how many stocks each factor is defined.

        Parameters
        ----------
        universe : bool [R, N], optional
            Who counts; by default every stock that traded on the day.

        Returns
        -------
        DataFrame
            One row a factor: family, sign, first and last day with any number, days with any of
            all days, and the mean and the lowest share of the universe on these days; skipped
            factors with the reason.
        """
        asked = self.market.panel("traded")[self.rows] if universe is None else universe
        if np.shape(asked) != self.values.shape[:2]:
            raise DataError(
                f"universe {np.shape(asked)}; accepted: booleans {self.values.shape[:2]}"
            )
        lines = [
            self._coverage(k, np.asarray(asked, dtype=np.bool_)) for k in range(len(self.factors))
        ]
        lines += [{"factor": name, "skipped": why} for name, why in self.skipped.items()]
        return pd.DataFrame(lines).set_index("factor")

    def _coverage(self, k: int, asked: Bools) -> dict[str, Any]:
        known = np.isfinite(self.values[:, :, k]) & asked
        count, most = known.sum(axis=1), asked.sum(axis=1)
        days = np.flatnonzero(count)
        share = count[days] / most[days]
        return {
            "factor": self.names[k],
            "family": self.factors[k].family,
            "sign": self.factors[k].sign,
            "first": pd.Timestamp(self.dates[days[0]]) if days.size else pd.NaT,
            "last": pd.Timestamp(self.dates[days[-1]]) if days.size else pd.NaT,
            "days": days.size / max(len(self.rows), 1),
            "mean": share.mean() if days.size else 0.0,
            "lowest": share.min() if days.size else 0.0,
            "skipped": "",
        }


def panel(
    market: Market,
    factors: Which = _LIBRARY,
    rows: RowsOrPeriod = "month",
    *,
    start: Any = None,
    end: Any = None,
) -> FactorPanel:
    """Return the raw exposures of some factors on some days.

    Parameters
    ----------
    market : Market
    factors
        Factors as objects, as plain data (``{"kind": "turnover", "window": 60}``), by kind, by
        family (all of it), "library" (all of ours), a list that mixes these, or a table with a
        column or index ``kind``.
    rows : {"month", "week", "day"} or sequence of int
        Day indices, ascending, or the last trading day of each month or week (that of the data
        only where the exchange's calendar says that it is one).
    start, end : date, optional
        Of the days, where ``rows`` is a word; the whole market by default.

    Returns
    -------
    FactorPanel
        Factors that came with a family or the library and that the market cannot carry are in
        ``skipped``, with the reason.

    Raises
    ------
    StrategyError
        There is no such factor or one comes twice; one asked for by name is not defined anywhere
        on these days; one gives infinities or another shape.
    DataError
        Rows outside the market or not ascending, data that a named factor needs and that the
        market has not, or more than 4 GiB of exposures.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> found = qh.panel(market, ["book_yield", "reversal"], start="2014-07-01", end="2014-12-31")
    >>> found.frame("book_yield").shape
    (6, 120)
    """
    days = _days(market, rows, start, end)
    wanted = _expanded(factors)
    size = len(wanted) * days.size * len(market.codes) * 4
    if size > _MOST_BYTES:
        raise DataError(
            f"panel: {len(wanted)} factors on {days.size:,} days take {size / 2**30:.1f} GiB; "
            f"accepted: {_MOST_BYTES / 2**30:.0f}; ask for fewer days or factors"
        )
    store = np.empty((len(wanted), days.size, len(market.codes)), dtype=np.float32)
    kept: list[Factor] = []
    skipped: dict[str, str] = {}
    names = _names([factor for factor, _ in wanted])
    with sharing():
        for (factor, named), name in zip(wanted, names, strict=True):
            try:
                _fill(store[len(kept)], factor, market, days)
            except (DataError, StrategyError) as problem:
                if named:
                    raise
                skipped[name] = str(problem)
                continue
            kept.append(factor)
    values = store[: len(kept)].transpose(1, 2, 0)
    told = tuple(name for name in names if name not in skipped)
    return FactorPanel(market, days, tuple(kept), told, values, skipped)


def _fill(found: NDArray[np.float32], factor: Factor, market: Market, days: Ints) -> None:
    """Write a factor's exposures, refused where they say nothing or too much."""
    found[:] = factor.checked_exposure(market, days)
    if np.isinf(found).any():
        row, column = np.argwhere(np.isinf(found))[0]
        raise StrategyError(
            f"factor {factor.kind}: infinite (first: {market.codes[column]} on "
            f"{market.dates[days[row]]}); NaN says that it is not defined"
        )
    if days.size and np.isnan(found).all():
        raise StrategyError(
            f"factor {factor.kind}: not defined for any stock on these {days.size:,} days"
        )


def period_ends(market: Market, period: Literal["month", "week", "day"]) -> Ints:
    """Return the last trading day of each month or week, [R]; all days for "day".

    A day is an end where the exchange's next trading day lies in another period, so that the
    last day of the data is one only where the calendar goes on.
    """
    dates = market.dates
    if period == "day":
        return np.arange(len(dates), dtype=np.int64)
    calendar = market.calendar
    if period == "month":
        number = calendar.astype("datetime64[M]").astype(np.int64)
    else:  # weeks begin on Mondays; day 0 of numpy's calendar was a Thursday
        number = (calendar.astype("datetime64[D]").astype(np.int64) + 3) // 7
    ends = calendar[:-1][number[1:] != number[:-1]]
    inside = ends[(ends >= dates[0]) & (ends <= dates[-1])]
    return np.asarray(np.searchsorted(dates, inside), dtype=np.int64)


def _days(market: Market, rows: RowsOrPeriod, start: Any, end: Any) -> Ints:
    if isinstance(rows, str):
        if rows not in ("month", "week", "day"):
            raise DataError(f"rows '{rows}'; accepted: month, week, day, or day indices")
        ends = period_ends(market, rows)
        first = 0 if start is None else market.span(start, market.dates[-1])[0]
        last = len(market.dates) - 1 if end is None else market.span(market.dates[0], end)[1]
        return ends[(ends >= first) & (ends <= last)]
    if start is not None or end is not None:
        raise DataError("start and end go with rows in a word (month, week, day)")
    raw = np.asarray(rows)
    if raw.ndim != 1 or (raw.size and raw.dtype.kind not in "iu"):
        raise DataError("rows; accepted: month, week, day, or day indices as whole numbers")
    days = as_rows(market, raw.astype(np.int64))
    if (np.diff(days) <= 0).any():
        raise DataError("rows; accepted: ascending, each once")
    return days


def _expanded(factors: Which) -> list[tuple[Factor, bool]]:
    """Return each factor asked for, and whether it was asked for by itself."""
    if isinstance(factors, pd.DataFrame):
        table = factors if "kind" in factors.columns else factors.reset_index()
        if "kind" not in table.columns:
            raise StrategyError("factors: a table without a column 'kind'")
        factors = [str(kind) for kind in table["kind"]]
    single = isinstance(factors, (str, Factor, Mapping))
    asked: Iterable[Any] = [factors] if single else factors
    found = [one for part in asked for one in _one(part)]
    if not found:
        raise StrategyError("factors: none is asked for")
    return found


def _one(asked: Any) -> list[tuple[Factor, bool]]:
    if isinstance(asked, Factor):
        return [(asked, True)]
    entries = read_catalogue("quanthedge.factors").entries
    families = {str(entry["family"]) for entry in entries.values()}
    if isinstance(asked, str) and asked == _LIBRARY:
        return [(_made(kind), False) for kind in entries]
    if isinstance(asked, str) and asked in families and asked not in entries:
        return [(_made(kind), False) for kind in entries if entries[kind]["family"] == asked]
    if isinstance(asked, str) and asked not in entries and not is_own(asked):
        raise StrategyError(
            f"factor '{asked}'; accepted: {_LIBRARY}, the families {', '.join(sorted(families))}, "
            f"the kinds {', '.join(entries)}, or file:Class"
        )
    if isinstance(asked, (str, Mapping)):
        return [(_made(asked), True)]
    raise StrategyError(f"factors: a {type(asked).__name__}; accepted: a factor, its kind or data")


def _made(asked: str | Mapping[str, Any]) -> Factor:
    """Return a factor from its kind or its values."""
    document = {"kind": asked} if isinstance(asked, str) else dict(asked)
    try:
        return TypeAdapter(Factor).validate_python(document)
    except ValidationError as error:
        where = f"factor {document.get('kind', '')}"
        raise StrategyError(one_line(error, where, Factor)) from error


def _names(factors: Sequence[Factor]) -> list[str]:
    """Return distinct names: the kind, with what differs from its defaults where it is not alone.

    Raises
    ------
    StrategyError
        Two are the same in everything.
    """
    labels = [factor.label for factor in factors]
    names = [
        label if labels.count(label) == 1 else label + _differing(factor)
        for label, factor in zip(labels, factors, strict=True)
    ]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        raise StrategyError(f"factors: {', '.join(double)} is asked for twice")
    return names


def _differing(factor: Factor) -> str:
    fields = type(factor).model_fields
    told = [
        f"{name}={getattr(factor, name)}"
        for name in fields
        if name != "kind" and repr(getattr(factor, name)) != repr(fields[name].default)
    ]
    return f"({', '.join(told)})" if told else ""
