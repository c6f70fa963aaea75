"""`audit`: recompute with another future, and name the first cell of the past that moves."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from quanthedge.errors import QuantHedgeError
from quanthedge.lookahead.compare import Part, first_moved
from quanthedge.lookahead.report import AuditReport, Moved
from quanthedge.lookahead.subjects import Evaluation, evaluation, name_of
from quanthedge.market import Market
from quanthedge.market.altered import ALTERATIONS, altered
from quanthedge.strategy import Strategy

__all__ = ["audit"]

WARM_UP = 260  # trading days before the first day that is audited, where the market has them
REBASED = 1e-9  # relative slack where every past factor is multiplied by a constant
LOOKED_AT = 4  # random earlier days at which each recomputation is compared as well
RUN_DAYS = 45  # trading days before and after the cut over which a strategy is run


def audit(
    thing: Any,
    market: Market,
    *,
    dates: int = 5,
    seed: int = 0,
    tolerance: float = 0.0,
    tell: Callable[[str], None] | None = None,
) -> AuditReport:
    """Change the future of a market after random days and see whether the past stays.

    Parameters
    ----------
    thing
        A factor, a universe, an estimator (`estimate(market)`), a strategy, a sequence of these,
        or a function of a market that returns an array [T] or [T, N], a frame by date, or a dict
        of them.
    market
        The market to try it on.
    dates
        Random days; the last but one day of the market and a day before an index changes its
        members are tried as well.
    seed
        Same seed, same days and futures.
    tolerance
        Relative difference up to which two numbers are the same; 0 asks for the same bits. After a
        rebasing of the adjustment factors it is at least 1e-9.
    tell
        Called with a text that says what is being compared.

    Returns
    -------
    AuditReport

    Notes
    -----
    The ways in which the future is changed are those of `quanthedge.market.altered`. Of a factor,
    universe or estimator the day of the cut, the two days before it and some random earlier days
    are compared; of a function every day; of a strategy the whole run of 45 days before the cut,
    fill by fill. An error on an altered market is a finding too.

    Examples
    --------
    >>> audit(Momentum(), market).passed                            # doctest: +SKIP
    True
    """
    things = thing if isinstance(thing, (list, tuple)) else [thing]
    days = _days(market, dates, seed)
    findings: list[Moved] = []
    cells = 0
    for one in things:
        evaluate = evaluation(one)
        for row in days:
            if tell is not None:
                tell(f"{name_of(one)}, {market.dates[row]}")
            more, found = _audit_day(one, evaluate, market, row, seed, tolerance)
            cells += more
            findings += found
    return AuditReport(
        ", ".join(name_of(one) for one in things),
        tuple(str(market.dates[row]) for row in days),
        tuple(ALTERATIONS),
        cells,
        tuple(findings),
    )


def _days(market: Market, dates: int, seed: int) -> list[int]:
    """Return random rows, the last but one, and one before an index changes its members."""
    last = len(market.dates) - 2
    first = min(WARM_UP, max(1, last // 2))
    rng = np.random.default_rng(seed)
    rows = set(rng.integers(first, last + 1, dates).tolist()) | {last}
    changes = _changes_of_members(market)
    inside = changes[(changes > first) & (changes <= last)]
    if len(inside):
        rows.add(int(rng.choice(inside)) - 1)
    return sorted(rows)


def _changes_of_members(market: Market) -> np.ndarray[Any, Any]:
    try:
        members = market.members("000300.SH")
    except QuantHedgeError:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero((members[1:] != members[:-1]).any(axis=1)) + 1


def _audit_day(
    thing: Any, evaluate: Evaluation, market: Market, row: int, seed: int, tolerance: float
) -> tuple[int, list[Moved]]:
    rng = np.random.default_rng([seed, row])
    earlier = rng.integers(min(row, max(1, row // 2)), row + 1, LOOKED_AT)
    rows = np.unique([*earlier, max(0, row - 2), max(0, row - 1), row]).astype(np.int64)
    first = max(1, row - RUN_DAYS)
    longer = (first, min(row + RUN_DAYS, len(market.dates) - 1))
    true = evaluate(market, rows, longer if isinstance(thing, Strategy) else (first, row))
    cells, findings = 0, []
    for alteration in ALTERATIONS:
        other, problem = _tried(
            evaluate, altered(market, row, alteration, seed), rows, (first, row)
        )
        cut = market.dates[row]
        slack = max(tolerance, REBASED) if alteration == "restated" else tolerance
        if problem:
            findings.append(
                Moved("computation", alteration, str(cut), str(cut), "", "done", problem)
            )
            continue
        by_name = {part.name: part for part in other}
        for part in true:
            compared, moved = first_moved(part, by_name[part.name], cut, alteration, slack)
            cells += compared
            if moved is not None:
                findings.append(moved)
    return cells, findings


def _tried(
    evaluate: Evaluation, market: Market, rows: Any, span: tuple[int, int]
) -> tuple[Sequence[Part], str]:
    """Compute; an error is told and not raised, since the true market did without."""
    try:
        with np.errstate(all="ignore"):  # absurd futures overflow, as they should
            return evaluate(market, rows, span), ""
    except Exception as problem:
        return [], f"{type(problem).__name__}: {problem}"
