"""What a sweep is made of: variants of a strategy, jobs of several, and what came of each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pandas as pd

from quanthedge.documents import visible
from quanthedge.strategy import Strategy

__all__ = [
    "SERIES",
    "Failure",
    "Job",
    "Outcome",
    "Place",
    "Variant",
    "failure_of",
]

_LONGEST_REASON = 500  # letters

# Columns of a variant's daily series, float64; the first row is the day before the first.
SERIES = ("unit_value", "unit_value_before_accrual", "unit_value_gross", "equity", "index_close")


class Place(NamedTuple):
    """A market by what it is and where it lies.

    Attributes
    ----------
    fingerprint : str
    folder : Path
        Of the dataset, as the worker sees it.
    """

    fingerprint: str
    folder: Path


class Variant(NamedTuple):
    """A strategy of a sweep.

    Attributes
    ----------
    number : int
        Its place in the plan.
    changes : mapping
        What it has of its own: dotted parameter -> plain value ("hedge.ratio": 0.8).
    strategy : Strategy
        With these changes.
    start, end : str or None
        First and last day of the fund.
    key : str
        What identifies the run: SHA-256 of strategy, data, days, versions and code.
    """

    number: int
    changes: Mapping[str, Any]
    strategy: Strategy
    start: str | None
    end: str | None
    key: str


class Failure(NamedTuple):
    """Why a variant has no outcome: kind of error ("StrategyError", "LostWorker") and a line."""

    kind: str
    reason: str


def failure_of(error: BaseException) -> Failure:
    """Return an error as the kind and the line that a table shows."""
    kind = type(error).__name__
    try:
        reason = " ".join(visible(str(error)).split())
    except Exception as problem:  # of a user's own error, which cannot say what it is
        return Failure(kind, f"its message raises {type(problem).__name__}")
    return Failure(kind, reason[:_LONGEST_REASON] or "no reason given")


class Outcome(NamedTuple):
    """What came of a variant.

    Attributes
    ----------
    number : int
    key : str
        Of the variant.
    figures : mapping of str to float
        By the names of :class:`quanthedge.performance.Summary`; empty after a failure.
    series : DataFrame or None
        Daily, columns :data:`SERIES`; None after a failure.
    failure : Failure or None
    seconds : float
        Its share of the job's wall time.
    """

    number: int
    key: str
    figures: Mapping[str, float]
    series: pd.DataFrame | None
    failure: Failure | None
    seconds: float


class Job(NamedTuple):
    """Variants that one worker runs one after the other or side by side: all that it needs."""

    market: Place
    variants: tuple[Variant, ...]


# Takes jobs and what runs one; yields each job with its outcomes as it ends, in any order. A job
# whose worker was lost is tried again by single variants; what is lost twice becomes a failure.
_Executor: TypeAlias = Callable[
    [Iterable[Job], Callable[[Job], list[Outcome]]], Iterator[tuple[Job, list[Outcome]]]
]
