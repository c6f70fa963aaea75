"""What is evaluated: factors of any shape as one array by decision, and universes as masks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import DataError, StrategyError
from quanthedge.factors import Factor, FactorPanel, panel, signal_from
from quanthedge.labelling import Labels
from quanthedge.labelling import labels as made_labels
from quanthedge.trials import digest
from quanthedge.typing import Bools, Floats, Ints, Language
from quanthedge.universe import AllUniverse, Universe

__all__ = ["Evaluated", "Universes", "check_labels", "given_factors", "given_universes"]

Universes = Universe | NDArray[np.bool_] | Mapping[str, Universe | NDArray[np.bool_]] | None


@dataclass(frozen=True, eq=False)
class Evaluated:
    """K factors on the rows of the labels; ``values`` float32 or float64 [R, N, K], signs apart."""

    names: tuple[str, ...]
    titles: tuple[dict[Language, str], ...]
    families: tuple[str, ...]
    signs: Ints
    values: NDArray[np.floating[Any]]
    what: tuple[str, ...]  # digest of each: of its parameters, or of its numbers
    notes: tuple[str, ...] = ()


_TABLES = (pd.DataFrame, pd.Series, np.ndarray, Path)


class _Scores(Protocol):
    """A table of scores that knows which of them are in force on a row."""

    def at(self, rows: Ints) -> Any:
        """Return the scores in force, as ``values`` [R, N] of what comes back."""


def check_labels(labels: Labels) -> None:
    """Refuse labels that do not belong to their rows, or to their stocks.

    Raises
    ------
    StrategyError
        Rows are not ascending days of the market, an array has another shape, a label begins before
        its decision could be acted upon; labels that were changed after they were made, or such as
        were put together by hand and are not what the market's stocks earned.
    """
    rows, shape = np.asarray(labels.rows), (len(labels.rows), len(labels.market.codes))
    if rows.ndim != 1 or rows.size == 0 or (np.diff(rows) <= 0).any():
        raise StrategyError(
            "labels: their rows are not in the order of time; labels sorted by anything else, as "
            "by what they earned, belong to no decision: take them as qh.labels gives them"
        )
    if rows[0] < 0 or rows[-1] >= len(labels.market.dates):
        raise StrategyError(
            f"labels: rows {rows[0]} to {rows[-1]} of {len(labels.market.dates)} days; accepted: "
            "days of their own market"
        )
    for name in ("value", "naive", "can_buy", "can_sell", "reason"):
        if np.shape(getattr(labels, name)) != shape:
            raise StrategyError(
                f"labels: {name} has shape {np.shape(getattr(labels, name))}; accepted: {shape}, "
                "a row for each decision and a column for each stock of the market"
            )
    if (labels.begins < rows).any() or (labels.executable and (labels.begins <= rows).any()):
        raise StrategyError("labels: one begins before its decision is made; take qh.labels'")
    labels.check_unchanged()
    if not labels.digest:
        labels.check_plausible(_of_market(labels))


def _of_market(labels: Labels) -> Labels:
    """Return the market's own labels of the same decisions."""
    return made_labels(
        labels.market, labels.rows, entry=labels.entry, lag=labels.lag, horizon=labels.horizon
    )


def given_factors(factors: Any, labels: Labels) -> Evaluated:
    """Return what is evaluated, a row for each decision of the labels.

    Parameters
    ----------
    factors
        A FactorPanel on the rows of the labels; factors, kinds, families, "library"; a table of
        scores in any shape that :func:`quanthedge.signal_from` takes, an array [R, N], or a mapping
        of names to these; scores that know what is in force on a row.
    labels : Labels

    Raises
    ------
    StrategyError
        Another shape, a panel of other rows or of another market.
    DataError
        Objects instead of numbers, infinities, nothing but NaN.
    """
    if isinstance(factors, FactorPanel):
        made = _of_panel(factors, labels)
    elif isinstance(factors, Mapping):
        made = _of_tables(factors, labels)
    elif isinstance(factors, pd.DataFrame | pd.Series | np.ndarray | Path) or hasattr(
        factors, "at"
    ):
        name = getattr(factors, "name", None) or "signal"
        made = _of_tables({str(name): factors}, labels)
    elif isinstance(factors, Factor | str) or (isinstance(factors, Sequence) and factors):
        made = _of_panel(panel(labels.market, factors, labels.rows), labels)
    else:
        raise StrategyError(
            f"factors: {type(factors).__name__}; accepted: factors or their kinds, a FactorPanel, "
            "a table of scores, an array, or a mapping of names to these"
        )
    _check_values(made, labels)
    return made


def _of_panel(found: FactorPanel, labels: Labels) -> Evaluated:
    if not np.array_equal(found.rows, labels.rows):
        raise StrategyError(
            f"factors: a panel of {len(found.rows)} rows beside labels of {len(labels.rows)} "
            f"(first {found.rows[0]} and {labels.rows[0]}); accepted: the same rows in the same "
            "order, as panel(market, factors, labels.rows)"
        )
    if found.market.fingerprint != labels.market.fingerprint:
        raise StrategyError("factors: a panel of another market than that of the labels")
    pairs = zip(found.labels("en"), found.labels("zh"), strict=True)
    titles: list[dict[Language, str]] = [{"en": en, "zh": zh} for en, zh in pairs]
    skipped = tuple(f"left out: {name}: {why}" for name, why in found.skipped.items())
    what = tuple(
        digest(found.values[:, :, k]) if factor.own or factor.kind == "signal"
        else digest(factor.model_dump(mode="json"))
        for k, factor in enumerate(found.factors)
    )  # fmt: skip
    return Evaluated(
        found.names, tuple(titles), found.families, found.signs, found.values, what, skipped
    )


def _of_tables(tables: Mapping[str, Any], labels: Labels) -> Evaluated:
    if not tables:
        raise StrategyError("factors: none; accepted: one or more")
    columns, notes = [], []
    for name, table in tables.items():
        column, told = _one_table(str(name), table, labels)
        columns.append(column)
        notes += told
    names = tuple(str(name) for name in tables)
    titles: list[dict[Language, str]] = [{"en": name, "zh": name} for name in names]
    signs = np.ones(len(names), dtype=np.int64)
    shape = columns[0].shape
    if any(column.shape != shape for column in columns):
        raise StrategyError(f"factors: arrays of {', '.join(str(c.shape) for c in columns)}")
    values = np.stack(columns).transpose(1, 2, 0)  # each factor's own lie together
    what = tuple(digest(column) for column in columns)
    families = ("own",) * len(names)
    return Evaluated(names, tuple(titles), families, signs, values, what, tuple(notes))


def _one_table(name: str, table: Any, labels: Labels) -> tuple[Floats, list[str]]:
    """Return one factor as an array [R, N], and what became of it."""
    if isinstance(table, np.ndarray):
        return _numbers(name, table), []
    if hasattr(table, "at") and not isinstance(table, pd.DataFrame | pd.Series):
        return _numbers(name, cast(_Scores, table).at(labels.rows).values), []
    if not isinstance(table, pd.DataFrame | pd.Series | Path):
        raise StrategyError(
            f"factor {name}: {type(table).__name__}; accepted: a table of scores, its file as a "
            "Path, or an array of decisions x stocks"
        )
    signal = signal_from(table, name=name)
    told = str(signal.table(labels.market).report).splitlines()
    return signal.exposure(labels.market, labels.rows), [f"{name}: {line}" for line in told]


def _numbers(name: str, values: Any) -> Floats:
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise DataError(f"factor {name}: an array of {array.dtype}; accepted: numbers")
    return array.astype(np.float64, copy=False)


def _check_values(made: Evaluated, labels: Labels) -> None:
    shape = (len(labels.rows), len(labels.market.codes), len(made.names))
    if made.values.shape != shape:
        raise StrategyError(
            f"factors: an array of {made.values.shape[:2]}; accepted: {shape[:2]}, a row for each "
            "decision of the labels and a column for each stock of the market"
        )
    if made.values.dtype.kind != "f":
        raise DataError(f"factors: an array of {made.values.dtype}; accepted: floating point")
    for k, name in enumerate(made.names):
        column = made.values[:, :, k]
        if np.isinf(column).any():
            r, n = (int(place[0]) for place in np.nonzero(np.isinf(column)))
            raise DataError(
                f"factor {name}: {int(np.isinf(column).sum())} infinities (first "
                f"{labels.market.codes[n]} on {labels.market.dates[labels.rows[r]]}); give NaN "
                "where it is not defined"
            )
        if np.isnan(column).all():
            raise DataError(f"factor {name}: nothing but NaN on the days of the labels")


def given_universes(universe: Universes, labels: Labels) -> dict[str, Bools]:
    """Return the universes as masks [R, N] by name, without stocks that have no price."""
    market = labels.market
    named: Mapping[str, Any]
    if universe is None:
        named = {"all": AllUniverse()}
    elif isinstance(universe, Mapping):
        named = universe
    else:
        named = {_universe_name(universe): universe}
    if not named:
        raise StrategyError("universe: none; accepted: one or more")
    return {str(name): _mask(str(name), one, labels) & _priced(market, labels) for name, one in
            named.items()}  # fmt: skip


def _universe_name(universe: Any) -> str:
    if not isinstance(universe, Universe):
        return "own"
    size = getattr(universe, "n", None)
    return f"{universe.kind} {size}" if size else str(getattr(universe, "index", universe.kind))


def _mask(name: str, one: Any, labels: Labels) -> Bools:
    if isinstance(one, Universe):
        return one.mask(labels.market, labels.rows)[0]
    shape = (len(labels.rows), len(labels.market.codes))
    if not isinstance(one, np.ndarray) or one.dtype != np.bool_ or one.shape != shape:
        told = f"{one.dtype} {one.shape}" if isinstance(one, np.ndarray) else type(one).__name__
        raise StrategyError(f"universe {name}: {told}; accepted: a universe, or bool {shape}")
    return one


def _priced(market: Any, labels: Labels) -> Bools:
    gone = labels.rows[:, None] >= market.delist_index()[None, :]
    return np.asarray(np.isfinite(market.panel("mark")[labels.rows]) & ~gone)
