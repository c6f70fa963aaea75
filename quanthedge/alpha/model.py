"""The section [alpha] of a strategy: a library of factors, and how they become one score.

    [alpha]
    library = ["valuation", "quality", "growth", "sentiment"]
    neutral = ["industry", "size"]
    missing = "neutral"
    [alpha.combine]
    kind = "family_equal"

What is fitted is trained on the strategy's own rebalances from the beginning of the data: a run
that starts later, or data that end earlier, change no training.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, field_validator, model_validator

from quanthedge.alpha.combiner import Combiner
from quanthedge.alpha.features import Features, neutraliser, prepare
from quanthedge.alpha.learners import Estimator, Given, as_combiner
from quanthedge.alpha.study import Study
from quanthedge.alpha.targets import known_at, targets
from quanthedge.alpha.walk import Fold, folds_for, training_table, walk, walk_folds
from quanthedge.alpha.weights import FamilyEqual
from quanthedge.errors import DataError, StrategyError
from quanthedge.factors import CATALOGUE, Factor, sharing
from quanthedge.labelling import labels
from quanthedge.market import Market
from quanthedge.plain import Plain
from quanthedge.typing import Bools, Floats, Ints, Language
from quanthedge.universe import Universe
from quanthedge.words import texts

__all__ = [
    "AlphaModel",
    "AlphaScores",
    "Calendar",
]

Missing = Literal["neutral", "exclude"]
_NOT_STOCKS = ("macro",)  # families of one number a day


class AlphaModel(Plain):
    """A library of factors and their combination."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    library: tuple[Annotated[str, Field(min_length=1)] | Factor, ...] = Field(
        default=("valuation", "quality", "growth", "sentiment", "trading"),
        min_length=1,
        description="Families, kinds of factors, or factors with their parameters.",
    )
    neutral: tuple[Literal["industry", "size"], ...] = Field(
        default=("industry", "size"),
        description="What is taken out of the ranks; an empty list: nothing.",
    )
    missing: Missing | dict[str, Missing] = Field(
        default="neutral",
        description="A stock without a factor counts as average in it, or is left out; by the "
        "kind of the factor where it differs.",
    )
    combine: Combiner = Field(default_factory=FamilyEqual)

    @field_validator("library", mode="before")
    @classmethod
    def _one_name(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("combine", mode="before")
    @classmethod
    def _as_plain(cls, value: Any) -> Any:
        """Take an estimator object of scikit-learn as its place and parameters."""
        if value is None or isinstance(value, Mapping | str | Combiner):
            found = as_combiner(value) if isinstance(value, str) else value
            if not isinstance(found, Given):
                return found
            value = found.object
        return _plain_estimator(value)

    @model_validator(mode="after")
    def _known_names(self) -> Self:
        factors = self.factors()
        kinds = {one.kind for one in factors}
        wrong = set(self.missing) - kinds if isinstance(self.missing, dict) else set()
        if wrong:
            raise ValueError(f"missing: {min(wrong)!r} is no factor of the library")
        return self

    def factors(self) -> tuple[Factor, ...]:
        """Return the factors of the library, each once, in the order of the library."""
        found: dict[str, Factor] = {}
        for entry in self.library:
            for factor in (entry,) if isinstance(entry, Factor) else _named(entry):
                found.setdefault(factor.model_dump_json(), factor)
        return tuple(found.values())

    def asked_by_name(self) -> set[str]:
        """Return the factors (as they are written) that are named one by one, not by family."""
        found = set()
        for entry in self.library:
            if isinstance(entry, Factor):
                found.add(entry.model_dump_json())
            elif entry in CATALOGUE.entries:
                found |= {one.model_dump_json() for one in _named(entry)}
        return found

    def excluded(self, factors: tuple[Factor, ...]) -> list[int]:
        """Return which factors a stock must have to get a score."""
        if isinstance(self.missing, str):
            return list(range(len(factors))) if self.missing == "exclude" else []
        return [k for k, one in enumerate(factors) if self.missing.get(one.kind) == "exclude"]

    def scores(
        self,
        market: Market,
        universe: Universe,
        where: Bools,
        rows: Ints,
        calendar: "Calendar",
        entry: Literal["open", "close", "vwap"] = "open",
    ) -> "AlphaScores":
        """Return the scores on some rows, higher is better.

        Parameters
        ----------
        market : Market
        universe : Universe
        where : bool [R, N]
            Its stocks on the rows.
        rows : int64 [R]
            Day indices of decisions, ascending.
        calendar : Schedule
            Of the strategy: trainings use its rebalances from the beginning of the data.
        entry : "open", "close" or "vwap"
            Price of the labels.

        Raises
        ------
        StrategyError
            No factor is defined on a row; a row comes before the first training (names the first
            possible day).
        DataError
            The market lacks what a factor asks for that was named by itself.

        Notes
        -----
        Nothing after the last row is looked at: the market is cut there first.
        """
        _refuse_early(self, rows, market, calendar)
        cut = market.until(market.dates[rows.max()])
        combiner = self.combine
        grid = calendar.grid(cut) if combiner.learns else np.empty(0, dtype=np.int64)
        every = np.union1d(rows, grid).astype(np.int64)
        within = _within(universe, cut, every, where, rows)
        factors, raw, left_out = _exposures(cut, self, every)
        names = _names(factors)
        features = _features(cut, self, factors, raw, every, within)
        decided = np.searchsorted(every, rows)
        _refuse_empty(features.scored[decided], where, rows, cut)
        target, label_end = _learnt(cut, self, grid, every, within, entry)
        families = tuple(factor.family for factor in factors)
        study = Study(every, features.values, target, label_end, names, families)
        folds = folds_for(combiner, study, _folds(combiner, study, grid))
        walked = walk(combiner, study, features.scored, folds)
        table = training_table(walked, study, market.dates, combiner.kind)
        inside = np.isin(table["date"].to_numpy().astype("datetime64[D]"), market.dates[rows])
        return AlphaScores(
            walked.scores[decided],
            _coverage(names, features.defined[decided], where, rows, cut),
            table[inside].reset_index(drop=True),
            left_out,
        )

    def graded(
        self, market: Market, where: Bools, rows: Ints
    ) -> tuple[tuple[Factor, ...], Features]:
        """Return the factors that are taken, and their signed ranks on some rows, higher is better.

        Parameters
        ----------
        market : Market
            Cut at the last row.
        where : bool [R, N]
            The universe on the rows.
        rows : int64 [R]
        """
        factors, values, _ = _exposures(market, self, rows)
        return tuple(factors), _features(market, self, factors, values, rows, where)

    def first_training(self, market: Market, calendar: "Calendar") -> int | None:
        """Return the row at whose close the model is trained first: the first decision it can make.

        None where nothing is fitted; the number of days where the data are too short.
        """
        if not self.combine.learns:
            return None
        grid = calendar.grid(market)
        first = self.combine.first
        return int(grid[first]) if grid.size > first else len(market.dates)

    def carried(
        self,
        market: Market,
    ) -> tuple[tuple[Factor, ...], tuple[str, ...], dict[str, str]]:
        """Return the factors that the market can carry, their names, and why not the others."""
        asked = self.asked_by_name()
        kept, left_out = [], {}
        for factor in self.factors():
            try:
                factor.checked_exposure(market, [0])
            except (DataError, StrategyError) as problem:
                if factor.model_dump_json() in asked:
                    raise
                left_out[factor.kind] = str(problem)
                continue
            kept.append(factor)
        if not kept:
            raise _none_carried(market, left_out)
        return tuple(kept), _names(kept), left_out

    def ranks_called(self, language: Language) -> str:
        """Return what is combined: ranks of the factors, and beyond what.

        >>> AlphaModel(neutral=("industry",)).ranks_called("en")
        'ranks of the factors beyond industry'
        """
        neutral = self.neutral
        key = "both" if len(set(neutral)) > 1 else next(iter(neutral), "none")
        return str(texts("quanthedge.alpha", "words")["neutral"][key][language])


class Calendar(Protocol):
    """When stocks are chosen again, as :class:`quanthedge.portfolio.Schedule` says it."""

    def grid(self, market: Market) -> Ints:
        """Return the day indices of the decisions from the beginning of the data."""
        ...


class AlphaScores(NamedTuple):
    """What an alpha model gives on some rows.

    Attributes
    ----------
    scores : float64 [R, N]
    coverage : DataFrame
        date, factor, defined, universe.
    training : DataFrame
        What each date's prediction was trained on; empty where nothing is fitted.
    left_out : dict
        Factors of a family that the market cannot carry, and why.
    """

    scores: Floats
    coverage: pd.DataFrame
    training: pd.DataFrame
    left_out: dict[str, str]


def _within(universe: Universe, market: Market, every: Ints, where: Bools, rows: Ints) -> Bools:
    """Return the universe on the rows of decisions and of trainings."""
    found = np.zeros((every.size, where.shape[1]), dtype=np.bool_)
    found[np.searchsorted(every, rows)] = where
    others = np.setdiff1d(every, rows)
    found[np.searchsorted(every, others)] = _masks(universe, market, others)
    return found


def _exposures(
    market: Market, model: AlphaModel, rows: Ints
) -> tuple[list[Factor], NDArray[np.float32], dict[str, str]]:
    """Return the factors that the market can carry, [R, N, K] of them, the others with the reason.

    As :meth:`AlphaModel.carried`, but each factor is worked out once.
    """
    asked, every = model.asked_by_name(), model.factors()
    kept: list[Factor] = []
    left_out: dict[str, str] = {}
    values = np.empty((rows.size, len(market.codes), len(every)), dtype=np.float32)
    with sharing():
        for factor in every:
            try:
                values[:, :, len(kept)] = factor.checked_exposure(market, rows)
            except (DataError, StrategyError) as problem:
                if factor.model_dump_json() in asked or not _lacking(factor, market):
                    raise
                left_out[factor.kind] = str(problem)
                continue
            kept.append(factor)
    if not kept:
        raise _none_carried(market, left_out)
    return kept, values[:, :, : len(kept)], left_out


def _lacking(factor: Factor, market: Market) -> bool:
    """Return whether a market cannot carry a factor at all, and not only on some rows."""
    try:
        factor.checked_exposure(market, [0])
    except (DataError, StrategyError):
        return True
    return False


def _none_carried(market: Market, left_out: dict[str, str]) -> StrategyError:
    return StrategyError(
        f"alpha.library: the market '{market.name}' can carry none of its factors "
        f"({next(iter(left_out.values()))})"
    )


def _features(
    market: Market,
    model: AlphaModel,
    factors: list[Factor],
    values: NDArray[np.float32],
    rows: Ints,
    within: Bools,
) -> Features:
    taken_out = neutraliser(market, rows, within, model.neutral)
    signs = np.array([factor.sign for factor in factors], dtype=np.int64)
    return prepare(values, signs, within, taken_out, model.excluded(tuple(factors)))


def _learnt(
    market: Market,
    model: AlphaModel,
    grid: Ints,
    every: Ints,
    within: Bools,
    entry: Literal["open", "close", "vwap"],
) -> tuple[Floats, Ints]:
    """Return the targets of all rows, and the last price in each; of the grid only."""
    target = np.full(within.shape, np.nan)
    label_end = np.full(every.size, -1, dtype=np.int64)
    if grid.size > 1:
        made = labels(market, grid, entry=entry, horizon="next")
        known = known_at(grid, made, model.combine.purge, model.combine.embargo)
        at = np.searchsorted(every, grid)
        taken_out = neutraliser(market, grid, within[at], model.neutral)
        found = targets(made, within[at], taken_out, known)
        target[at], label_end[at] = found.value, found.label_end
    return target, label_end


def _folds(combiner: Combiner, study: Study, grid: Ints) -> list[Fold]:
    at = np.searchsorted(study.rows, grid)
    return walk_folds(
        study.rows,
        at,
        combiner.first,
        combiner.retrain,
        combiner.purge + combiner.embargo,
        combiner.window,
    )


def _refuse_early(model: AlphaModel, rows: Ints, market: Market, calendar: Calendar) -> None:
    """Refuse a start before the first training; name the first possible one."""
    first = model.first_training(market, calendar)
    if first is None or rows.min() >= first:
        return
    combiner = model.combine
    told = f"alpha.combine {combiner.kind}: trained first after {combiner.first} rebalances"
    if first >= len(market.dates):
        raise StrategyError(
            f"{told}, and the data from {market.dates[0]} to {market.dates[-1]} have fewer; lower "
            "alpha.combine.first, or take longer data"
        )
    after = market.calendar[market.calendar > market.dates[first]]
    raise StrategyError(
        f"{told}, at the close of {market.dates[first]}; the first decision of this run is at that "
        f"of {market.dates[rows.min()]}; the first possible start is "
        f"{after[0] if after.size else 'after these data'}"
    )


def _named(name: str) -> tuple[Factor, ...]:
    """Return the factors that a family or a kind names."""
    entries = CATALOGUE.entries
    if name in entries:
        kinds = [name]
    else:
        kinds = [kind for kind, entry in entries.items() if entry["family"] == name]
    families = sorted({str(entry["family"]) for entry in entries.values()} - {*_NOT_STOCKS})
    if not kinds or name in _NOT_STOCKS:
        raise ValueError(
            f"library: {name!r} is neither a family nor a factor; families: {', '.join(families)}; "
            f"factors: {', '.join(entries)}"
        )
    classes = Factor.builtin()
    return tuple(classes[kind]() for kind in kinds)  # type: ignore[misc]


def _names(factors: list[Factor]) -> tuple[str, ...]:
    """Return the kinds, with parameters where a kind comes twice."""
    kinds = [factor.kind for factor in factors]
    found = []
    for factor, kind in zip(factors, kinds, strict=True):
        given = factor.model_dump(exclude={"kind", "name", "name_zh"})
        inside = ", ".join(f"{key}={value}" for key, value in given.items())
        found.append(f"{kind}({inside})" if kinds.count(kind) > 1 and inside else kind)
    return tuple(found)


def _masks(universe: Universe, market: Market, rows: Ints) -> Bools:
    """Return the universe on rows of which the first may lie before it has any stock."""
    try:
        return universe.mask(market, rows)[0]
    except StrategyError:
        pass
    found = np.zeros((rows.size, len(market.codes)), dtype=np.bool_)
    for r in range(rows.size):
        try:
            found[r] = universe.mask(market, rows[r : r + 1])[0]
        except StrategyError:
            continue  # nothing is learnt from an empty universe
    return found


def _refuse_empty(scored: Bools, where: Bools, rows: Ints, market: Market) -> None:
    empty = ~scored.any(axis=1) & where.any(axis=1)
    if empty.any():
        raise StrategyError(
            f"alpha: no stock of the universe has the factors that are needed on "
            f"{market.dates[rows[int(empty.argmax())]]}; start later, or take another library"
        )


def _coverage(
    names: tuple[str, ...], defined: Bools, where: Bools, rows: Ints, market: Market
) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "date": pd.DatetimeIndex(market.dates[rows]),
                "factor": name,
                "defined": defined[:, :, k].sum(axis=1),
                "universe": where.sum(axis=1),
            }
        )
        for k, name in enumerate(names)
    ]
    return pd.concat(parts, ignore_index=True)


def _plain_estimator(value: Any) -> Estimator:
    """Return an estimator object of scikit-learn as plain data.

    Raises
    ------
    StrategyError
        It is none of scikit-learn's, or has parameters that no file can hold.
    """
    as_combiner(value)  # refuses what has no predict
    kind = type(value)
    if kind.__module__.split(".")[0] != "sklearn":
        raise StrategyError(
            f"alpha.combine: {kind.__name__} is not of scikit-learn, so that a run folder could "
            "not make it again; write a class derived from quanthedge.alpha.Combiner that returns "
            "it from estimator(), in a file of your own"
        )
    given = value.get_params(deep=False)
    try:
        usual = kind().get_params(deep=False)
    except TypeError:  # it cannot be made without parameters
        usual = {}
    changed = {name: one for name, one in given.items() if not _same(one, usual.get(name))}
    for name, one in changed.items():
        if not _is_plain(one):
            raise StrategyError(
                f"alpha.combine: {kind.__name__}({name}=...) is no number, text or list; write a "
                "class derived from quanthedge.alpha.Combiner that returns it from estimator()"
            )
    return Estimator(of=f"{kind.__module__}:{kind.__name__}", parameters=changed)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_plain(one) for one in value)
    return value is None or isinstance(value, bool | int | float | str)


def _same(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except ValueError:
        return False
