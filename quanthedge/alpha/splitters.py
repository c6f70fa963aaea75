"""Splits of a panel by date: walk-forward, purged folds, combinatorial purged folds.

The rows of a panel are stacked (date, code) pairs; ``groups`` is the date of each, in order of
time. All rows of a date go to the same side. Sizes are counted in rebalances, the distinct dates:

- purge: the length of a label in rebalances. The label of a date reaches that far into the dates
  after it, so training dates that near before a test are left out, and those after it as well;
- embargo: further dates that are left out.

They have scikit-learn's manners (``split``, ``get_n_splits``) and go where a ``cv`` goes. Without
groups each row of ``X`` is a date of its own.

References
----------
Lopez de Prado, M. (2018), "Advances in Financial Machine Learning", chapters 7 and 12.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from quanthedge.errors import StrategyError
from quanthedge.typing import Bools, Ints

__all__ = ["PanelCombinatorialPurged", "PanelPurgedKFold", "PanelWalkForward", "Splitter"]

_MOST_SPLITS = 100_000
_ACCEPTED = "accepted: rows in order of time, all rows of a date together"


class Splitter:
    """What the splitters have in common: dates are split, rows follow."""

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of splits.

        Parameters
        ----------
        X : array-like [n, ...], optional
        y : ignored
        groups : array-like [n], optional
            Date of each row.
        """
        return sum(1 for _ in self.of_dates(_dates_of(X, groups)[0]))

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Ints, Ints]]:
        """Yield the rows of each training set and test set.

        Parameters
        ----------
        X : array-like [n, ...]
        y : ignored
        groups : array-like [n], optional
            Date of each row: dates or numbers, in order of time.

        Yields
        ------
        train, test : int64
            Rows of ``X``, ascending.

        Raises
        ------
        StrategyError
            The dates are shuffled, a date comes back after another, or there are too few.
        """
        count, number = _dates_of(X, groups)
        for train, test in self.of_dates(count):
            yield np.flatnonzero(train[number]), np.flatnonzero(test[number])

    def of_dates(self, count: int) -> Iterator[tuple[Bools, Bools]]:
        """Yield which of ``count`` dates are trained on and which tested, bool [count] each."""
        raise NotImplementedError


@dataclass(frozen=True)
class PanelWalkForward(Splitter):
    """Training on the past, test on the dates after it, step by step.

    Parameters
    ----------
    first : int
        Dates before the first test.
    step : int
        Dates of a test, until the next training.
    window : int, optional
        Dates of each training; all of the past by default.
    purge, embargo : int
        Dates left out between training and test.

    Examples
    --------
    >>> dates = [1, 1, 2, 2, 3, 3, 4, 4]
    >>> for train, test in PanelWalkForward(first=2, step=1, purge=1).split(dates, groups=dates):
    ...     print(train, test)
    [0 1] [4 5]
    [0 1 2 3] [6 7]
    """

    first: int = 36
    step: int = 12
    window: int | None = None
    purge: int = 1
    embargo: int = 0

    def __post_init__(self) -> None:
        _at_least("PanelWalkForward", first=(self.first, 1), step=(self.step, 1))
        _at_least("PanelWalkForward", purge=(self.purge, 0), embargo=(self.embargo, 0))
        if self.window is not None:
            _at_least("PanelWalkForward", window=(self.window, 1))
        if self.purge + self.embargo >= self.first:
            raise StrategyError(
                f"PanelWalkForward: purge {self.purge} and embargo {self.embargo} leave nothing of "
                f"the first {self.first} dates; accepted: a larger first"
            )

    def of_dates(self, count: int) -> Iterator[tuple[Bools, Bools]]:
        """Yield which dates are trained on and which tested."""
        if count <= self.first:
            raise StrategyError(
                f"PanelWalkForward: {count} dates, and the first test comes after {self.first}; "
                "accepted: more dates, or a smaller first"
            )
        place = np.arange(count)
        for start in range(self.first, count, self.step):
            known = place < start - self.purge - self.embargo
            if self.window is not None:
                known &= place >= start - self.purge - self.embargo - self.window
            yield known, (place >= start) & (place < start + self.step)


@dataclass(frozen=True)
class PanelCombinatorialPurged(Splitter):
    """Every choice of some folds as the test, the others purged and trained on.

    Not causal: training holds dates after the test. For judging a procedure, not for backtests.

    Parameters
    ----------
    n_folds : int
        Consecutive folds of equal numbers of dates; the last one takes the rest.
    n_test_folds : int
        Folds of a test.
    purged_size : int
        Length of a label in dates: left out before and after each test.
    embargo_size : int
        Further dates left out after each test.

    Examples
    --------
    >>> import quanthedge as qh
    >>> splits = qh.PanelCombinatorialPurged(n_folds=4, n_test_folds=2)
    >>> splits.get_n_splits(range(40))
    6
    """

    n_folds: int = 10
    n_test_folds: int = 8
    purged_size: int = 1
    embargo_size: int = 0

    def __post_init__(self) -> None:
        name = type(self).__name__
        _at_least(name, n_folds=(self.n_folds, 2), n_test_folds=(self.n_test_folds, 1))
        _at_least(name, purged_size=(self.purged_size, 0), embargo_size=(self.embargo_size, 0))
        if self.n_test_folds >= self.n_folds:
            raise StrategyError(
                f"{name}: {self.n_test_folds} of {self.n_folds} folds are tested; accepted: fewer"
            )
        if comb(self.n_folds, self.n_test_folds) > _MOST_SPLITS:
            raise StrategyError(
                f"{name}: {comb(self.n_folds, self.n_test_folds):,} splits of {self.n_test_folds} "
                f"out of {self.n_folds} folds; accepted: up to {_MOST_SPLITS:,}"
            )

    @property
    def n_test_paths(self) -> int:
        """How many times each fold is tested: paths through all dates."""
        return comb(self.n_folds, self.n_test_folds) * self.n_test_folds // self.n_folds

    def of_dates(self, count: int) -> Iterator[tuple[Bools, Bools]]:
        """Yield which dates are trained on and which tested."""
        size = count // self.n_folds
        if self.purged_size + self.embargo_size >= size:
            raise StrategyError(
                f"{type(self).__name__}: {count} dates in {self.n_folds} folds are {size} a fold, "
                f"no more than purge {self.purged_size} and embargo {self.embargo_size} take; "
                "accepted: fewer folds or more dates"
            )
        fold = np.minimum(np.arange(count) // size, self.n_folds - 1)
        for chosen in combinations(range(self.n_folds), self.n_test_folds):
            test = np.isin(fold, chosen)
            yield ~test & ~self._left_out(test), test

    def _left_out(self, test: Bools) -> Bools:
        """Return the dates near a test: before its beginnings, after its ends."""
        near = np.zeros(test.size, dtype=np.bool_)
        turns = np.diff(test.astype(np.int8))
        for begin in np.flatnonzero(turns == 1) + 1:
            near[max(0, begin - self.purged_size) : begin] = True
        for end in np.flatnonzero(turns == -1) + 1:
            near[end : end + self.purged_size + self.embargo_size] = True
        return near


@dataclass(frozen=True)
class PanelPurgedKFold(PanelCombinatorialPurged):
    """Each of some consecutive folds once as the test, the others purged and trained on.

    Not causal, as :class:`PanelCombinatorialPurged`, whose parameters it has; one fold is tested.

    Examples
    --------
    >>> import quanthedge as qh
    >>> dates = range(8)
    >>> for train, test in qh.PanelPurgedKFold(2).split(dates):
    ...     print(train, test)
    [5 6 7] [0 1 2 3]
    [0 1 2] [4 5 6 7]
    """

    n_folds: int = 5
    n_test_folds: int = 1


def _dates_of(X: Any, groups: Any) -> tuple[int, Ints]:
    """Return the number of dates, and the number of each row's date."""
    if groups is None:
        if X is None:
            raise StrategyError("split: neither X nor groups; accepted: the rows, or their dates")
        count = X.shape[0] if hasattr(X, "shape") else len(X)
        return count, np.arange(count, dtype=np.int64)
    dates = np.asarray(groups)
    if dates.ndim != 1 or dates.size == 0 or dates.dtype.kind not in "iufMOU":
        raise StrategyError(
            f"groups: {dates.dtype} of shape {dates.shape}; accepted: a date for each row"
        )
    rows = len(dates) if X is None else X.shape[0] if hasattr(X, "shape") else len(X)
    if rows != dates.size:
        raise StrategyError(f"groups: {dates.size} dates for {rows} rows; accepted: one for each")
    if (dates != dates).any():  # noqa: PLR0124 -- not a number, not a time
        raise StrategyError("groups: a row has no date; accepted: a date for each row")
    begins = np.flatnonzero(np.append(True, dates[1:] != dates[:-1]))
    blocks = dates[begins]
    known, first = np.unique(blocks, return_index=True)
    if known.size < blocks.size:
        again = np.setdiff1d(np.arange(blocks.size), first)[0]
        raise StrategyError(
            f"groups overlap: {blocks[again]} comes back after {blocks[again - 1]}; {_ACCEPTED}"
        )
    if (blocks[1:] < blocks[:-1]).any():
        late = int((blocks[1:] < blocks[:-1]).argmax())
        raise StrategyError(
            f"groups: the dates are shuffled ({blocks[late + 1]} after {blocks[late]}); {_ACCEPTED}"
        )
    lengths = np.diff(np.append(begins, dates.size))
    return blocks.size, np.repeat(np.arange(blocks.size, dtype=np.int64), lengths)


def _at_least(name: str, **values: tuple[Any, int]) -> None:
    for key, (value, least) in values.items():
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or value < least:
            raise StrategyError(f"{name}: {key} {value!r}; accepted: whole numbers from {least} on")
