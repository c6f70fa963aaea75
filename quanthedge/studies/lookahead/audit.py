"""`audit`: recompute with another future, and name the first cell of the past that moves."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, get_args

import numpy as np

from quanthedge.errors import StrategyError
from quanthedge.market import Alteration, Market
from quanthedge.progress import telling
from quanthedge.rules import rules_changed_after
from quanthedge.strategy import Strategy
from quanthedge.studies.lookahead.compare import Cut, Part, compare
from quanthedge.studies.lookahead.decisions import (
    Evaluated,
    chosen,
    decision_kinds,
    run_of,
    run_whole,
)
from quanthedge.studies.lookahead.outside import closely, kept_by, outside_of, watched
from quanthedge.studies.lookahead.report import AuditReport, Moved
from quanthedge.studies.lookahead.rows import (
    LARGE,
    LATEST,
    RUN_DAYS,
    blocks,
    decision_rows,
    random_rows,
    rows_of_months,
    rows_of_things,
)
from quanthedge.studies.lookahead.subjects import Subject, as_thing, name_of, subject
from quanthedge.typing import Tell

__all__ = ["audit"]

_REBASED = 1e-9  # relative slack where every past factor is multiplied by a constant
_SHOWN = 80  # letters of a value that was kept
_LOOKED_AT = 4  # random earlier days at which each recomputation is compared as well
_RANDOM, _RANDOM_LARGE = 5, 2  # random days at which every alteration is tried
WHOLE: tuple[Alteration, ...] = ("removed", "scrambled", "absurd", "restated")
_OPENED = ("opened", "priced")
# Without the future nothing can be known of it; another one shows what would not have mattered.
_DECIDED_AGAIN: tuple[Alteration, ...] = ("removed", "scrambled")
_ON_THE_DAY = ("hedge ratio", "sleeve ", "sharing ")
_DECIDED = ("targets", "exclusions", "coverage", "allocation", "expected")
Array = np.ndarray[Any, Any]
Rows = np.ndarray[Any, Any]


def audit(
    thing: Any,
    market: Market,
    *,
    dates: int | None = None,
    seed: int = 0,
    tolerance: float = 0.0,
    start: str | None = None,
    end: str | None = None,
    first_only: bool = False,
    tell: Tell | None = None,
) -> AuditReport:
    """Change the future of a market after its decision days and see whether the past stays.

    Parameters
    ----------
    thing
        A factor, a universe, an estimator (`estimate(market)`), a hedge ratio, a policy of the
        user's own, a strategy, a sequence of these, or a function of a market that returns an
        array [T] or [T, N], a frame by date, or a dict of them. A class is called without
        arguments.
    market
        The market to try it on.
    dates
        For a quick look: at most so many decisions of each kind, and so many random days. By
        default every one, so that a peek of a single day on a single decision is found; in markets
        of more than two million stock-days six of each kind, the first and the last included.
    seed
        Same seed, same random days and futures.
    tolerance
        Relative difference up to which two numbers are the same; 0 asks for the same bits. After a
        rebasing of the adjustment factors it is at least 1e-9.
    start, end
        First and last day of a strategy's run; by default as in :func:`quanthedge.backtest`.
    first_only
        Stop at the first finding; months' ends and the latest days are tried first.
    tell
        Called with a text that says what is being compared.

    Returns
    -------
    AuditReport

    Notes
    -----
    The ways in which the future is changed are those of `quanthedge.market.altered`; the rule book
    changes with it. Of a factor, universe, estimator or function every day is computed once more on
    the market as it was at that day's close. A strategy is run again from its first day to the day
    after each decision, of which only what is known at its open stays: targets, what the ledger
    is given, orders wanted and everything done until then must stay too (docs/lookahead.md). An
    error on an altered market is a finding. What is read from elsewhere (files, tables in a closure
    or a global, the network) is named: no alteration reaches it.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> report = qh.audit(qh.factors.Momentum(), market)
    >>> report.passed
    True
    """
    _check_asked(dates, seed, tolerance)
    with telling("audit") as shown:
        options = _Options(dates, seed, tolerance, start, end, tell or shown)
        return _audited(thing, market, options, first_only=first_only)


def _check_asked(dates: int | None, seed: int, tolerance: float) -> None:
    """Refuse numbers with which nothing would be compared, or everything would be the same."""
    if dates is not None and dates < 1:
        raise StrategyError(f"audit: dates is {dates}; accepted: 1 or more of each kind, or None")
    if seed < 0:
        raise StrategyError(f"audit: seed is {seed}; accepted: 0 or more")
    if not 0.0 <= tolerance < 1.0:
        raise StrategyError(f"audit: tolerance is {tolerance}; accepted: 0 to below 1")


def _audited(thing: Any, market: Market, options: "_Options", *, first_only: bool) -> AuditReport:
    """Return what was compared: see :func:`audit`."""
    things = [as_thing(one) for one in (thing if isinstance(thing, (list, tuple)) else [thing])]
    if not things:
        raise StrategyError("audit: nothing to audit; give one thing at least")
    if (options.start or options.end) and not any(isinstance(one, Strategy) for one in things):
        raise StrategyError(
            f"audit: start and end shorten the run of a strategy, and {name_of(things[0])} has "
            "none; leave them out, or shorten the market (market.until)"
        )
    total = _Tally()
    for one in things:
        before = kept_by(one)
        with watched(market.path) as seen:
            pieces = (
                _pieces_of_strategy(one, market, options)
                if isinstance(one, Strategy)
                else _pieces_of_thing(subject(one, market), market, options)
            )
            for piece in pieces:
                total.add(piece)
                if first_only and total.findings:
                    break
        found = [*outside_of(one), *seen]
        found += _kept(before, kept_by(one), found)
        total.outside += [text for text in found if text not in total.outside]
    return AuditReport(
        ", ".join(name_of(one) for one in things),
        "、".join(name_of(one, "zh") for one in things),
        tuple(str(market.dates[row]) for row in sorted(total.rows)),
        tuple(name for name in get_args(Alteration) if name in total.alterations),
        total.cells,
        tuple(sorted(total.findings, key=lambda one: (one.cut, one.date))),
        total.kinds,
        tuple(total.outside),
    )


def _kept(before: dict[str, str], after: dict[str, str], named: Sequence[str]) -> list[str]:
    """Return, in words, what a thing's own code kept of its calls for later ones."""
    return [
        f"{name}: {value[:_SHOWN]}, kept from an earlier call"
        for name, value in after.items()
        if before.get(name) != value and not any(one.startswith(f"{name}: ") for one in named)
    ]


class _Tally:
    """What was compared so far."""

    def __init__(self) -> None:
        self.rows: set[int] = set()
        self.alterations: set[str] = set()
        self.cells = 0
        self.findings: list[Moved] = []
        self.kinds: dict[str, int] = {}
        self.outside: list[str] = []

    def add(self, piece: "_Piece") -> None:
        self.rows.add(piece.row)
        self.alterations.add(piece.alteration)
        self.cells += piece.cells
        self.findings += piece.findings
        for name, count in piece.kinds.items():
            self.kinds[name] = max(count, self.kinds.get(name, 0))


class _Piece(NamedTuple):
    """One recomputation: after which row the future was changed, how, and what came of it."""

    row: int
    alteration: str
    cells: int
    findings: list[Moved]
    kinds: dict[str, int]


class _Options(NamedTuple):
    """How thoroughly a thing is tried."""

    dates: int | None
    seed: int
    tolerance: float
    start: str | None
    end: str | None
    say: Tell

    def slack(self, alteration: str) -> float:
        """Return the relative difference that counts as none."""
        return max(self.tolerance, _REBASED) if alteration == "restated" else self.tolerance

    def random(self, market: Market) -> list[int]:
        """Return the rows at which every alteration is tried."""
        few = _RANDOM_LARGE if _is_large(market) else _RANDOM
        return random_rows(market, few if self.dates is None else self.dates, self.seed)


class _Pace:
    """Says how many recomputations there are, and about how long the rest will take."""

    def __init__(self, total: int, once: float, say: Tell) -> None:
        self._total, self._once, self._say = total, once, say
        self._done, self._begun = 0, time.monotonic()

    def counted(self, pieces: Iterator[_Piece]) -> Iterator[_Piece]:
        """Hand pieces on and count them."""
        for piece in pieces:
            self._done += 1
            yield piece

    def say(self, text: str) -> None:
        """Say a text with what is left; a first estimate is that each takes as long as the run."""
        taken = time.monotonic() - self._begun
        each = taken / self._done if self._done else self._once
        left = each * (self._total - self._done)
        about = f"{left / 60:.0f} minutes" if left >= 90 else f"{left:.0f} s"
        self._say(f"{text} ({self._done} of {self._total} recomputations, about {about} left)")


def _is_large(market: Market) -> bool:
    return len(market.dates) * len(market.codes) > LARGE


def _recomputed(
    compute: Callable[[Market], Sequence[Part]],
    true: Sequence[Part],
    market: Market,
    row: int,
    alteration: Alteration,
    options: _Options,
) -> _Piece:
    """Compute on an altered market and compare; an error is told and not raised."""
    day = market.dates[row]
    opened = market.dates[row + 1] if alteration in _OPENED else None
    cut = Cut(day, alteration, opened)
    try:
        # absurd futures overflow, as they should
        with np.errstate(all="ignore"), rules_changed_after(day if opened is None else opened):
            other = compute(market.altered(row, alteration, options.seed))
    except Exception as problem:  # the true market did without
        told = f"{type(problem).__name__}: {problem}"
        finding = Moved("computation", alteration, str(day), str(day), "", "done", told)
        return _Piece(row, alteration, 0, [finding], {})
    cells, findings = compare(true, other, cut, options.slack(alteration))
    return _Piece(row, alteration, cells, findings, {})


def _pieces_of_thing(one: Subject, market: Market, options: _Options) -> Iterator[_Piece]:
    """Try a thing after every row by cutting, after some rows by every alteration."""
    rows = rows_of_things(market, options.dates, by_row=one.by_row)
    with closely():
        true = one.evaluate(market, rows)
    _refuse_empty(one, true)
    for row in rows[::-1].tolist():
        options.say(f"{one.name}, {market.dates[row]}")
        yield _tried_at(one, market, np.array([row]), true, row, "removed", options)
    random = options.random(market)
    for row in sorted({*random, *rows_of_months(market, rows, options.dates)}, reverse=True):
        options.say(f"{one.name}, {market.dates[row]}")
        looked_at = _looked_at(row, options.seed)
        wanted = true if not one.at_rows else one.evaluate(market, looked_at)
        for alteration in WHOLE if row in random else ("scrambled",):
            yield _tried_at(one, market, looked_at, wanted, row, alteration, options)


def _refuse_empty(one: Subject, true: Sequence[Part]) -> None:
    """Refuse a thing without a number: nothing of it could ever move."""
    values = [part.values for part in true if part.values.size]
    if values and all(one.dtype.kind == "f" and np.isnan(one).all() for one in values):
        raise StrategyError(
            f"audit: {one.name}: NaN on every day that was tried, so that nothing could move; "
            "check what it reads, or take a longer market"
        )


def _looked_at(row: int, seed: int) -> Rows:
    """Return some earlier rows, and the last three up to a row."""
    rng = np.random.default_rng([seed, row])
    earlier = rng.integers(min(row, max(1, row // 2)), row + 1, _LOOKED_AT)
    return np.unique([*earlier, max(0, row - 2), max(0, row - 1), row]).astype(np.int64)


def _tried_at(
    one: Subject,
    market: Market,
    rows: Rows,
    true: Sequence[Part],
    row: int,
    alteration: Alteration,
    options: _Options,
) -> _Piece:
    if one.at_rows:
        days = market.dates[rows]
        true = [_on(part, days) for part in true]
    return _recomputed(
        lambda other: one.evaluate(other, rows), true, market, row, alteration, options
    )


def _on(part: Part, days: Array) -> Part:
    keep = np.isin(part.dates, days)
    return part._replace(dates=part.dates[keep], values=part.values[keep])


def _pieces_of_strategy(strategy: Strategy, market: Market, options: _Options) -> Iterator[_Piece]:
    """Run to the day after each decision; decide again at each close; try every alteration."""
    options.say(f"{strategy.name}, the whole run")
    begun = time.monotonic()
    with closely():
        true = run_whole(strategy, market, options.start, options.end)
    once = time.monotonic() - begun
    first = true.prepared.first
    last = first + true.fund.record.days_run - 1
    rows, kinds = decision_rows(decision_kinds(true), first, last, market, options.dates)
    yield _Piece(last - 1, "priced", 0, [], kinds)
    also = _with_volumes(true, rows)
    decided = true.prepared.selection.targets.decision_rows
    again = decided[np.isin(decided, rows)]
    inside = [row for row in options.random(market) if first <= row < last] or [last - 1]
    total = len(rows) + len(also.intersection(rows.tolist()))
    total += len(_DECIDED_AGAIN) * len(again) + 2 * len(WHOLE) * len(inside)
    pace = _Pace(total, once, options.say)
    options = options._replace(say=pace.say)
    yield from pace.counted(_opened(strategy, market, true, rows, also, options))
    yield from pace.counted(_decided(strategy, market, again, decided, options))
    for row in reversed(inside):
        yield from pace.counted(_altered_runs(strategy, market, (first, row, last), options))


def _with_volumes(true: Evaluated, rows: Rows) -> set[int]:
    """Return the rows after which the volumes of the next day are changed as well.

    Volumes cap fills, on which the hedge of the day depends: elsewhere they stay, so that the hedge
    must stay too. Stocks are ordered after these rows, or fees charged; the latest are among them.
    """
    kinds, first = decision_kinds(true), true.prepared.first
    days = np.concatenate([kinds[name] for name in ("rebalance", "flow", "month's end")])
    return {*(first + days - 1).tolist(), *(first + days).tolist(), *rows[-LATEST:].tolist()}


def _opened(
    strategy: Strategy,
    market: Market,
    true: Evaluated,
    rows: Rows,
    with_volumes: set[int],
    options: _Options,
) -> Iterator[_Piece]:
    """Run to the day after each row, of which only what is known at its open stays."""
    first = true.prepared.first
    whole = strategy.clients is not None or not _is_large(market)
    for begin, cuts in reversed(blocks(rows, first, whole=whole)):
        base = true if begin == first else run_of(strategy, market, begin, max(cuts) + 1)
        # where more is decided comes first: who stops at the first finding finds it soon
        for row in sorted(cuts, key=lambda row: (row in with_volumes, row), reverse=True):
            options.say(f"{strategy.name}, {market.dates[row]}")
            run = partial(_run_parts, strategy, begin, row + 1)
            yield _recomputed(run, base.parts, market, row, "priced", options)
            if row in with_volumes:
                yield _recomputed(run, base.parts, market, row, "opened", options)


def _run_parts(strategy: Strategy, first: int, last: int, market: Market) -> list[Part]:
    return run_of(strategy, market, first, last).parts


def _decided(
    strategy: Strategy, market: Market, rows: Rows, decided: Rows, options: _Options
) -> Iterator[_Piece]:
    """Decide again at the closes of some rows on the market as it was then."""
    large = _is_large(market)
    true = [] if large else chosen(strategy, market, decided)
    for row in rows[::-1].tolist():
        # what was wanted before matters where a selector keeps it; large markets are asked once
        until = np.array([row]) if large else decided[decided <= row]
        mine = chosen(strategy, market, until) if large else true
        decide = partial(_chosen_at, strategy, until)
        for alteration in _DECIDED_AGAIN:
            yield _recomputed(decide, mine, market, row, alteration, options)


def _chosen_at(strategy: Strategy, rows: Rows, market: Market) -> list[Part]:
    return chosen(strategy, market, rows)


def _altered_runs(
    strategy: Strategy, market: Market, span: tuple[int, int, int], options: _Options
) -> Iterator[_Piece]:
    """Run to a row, and decide at its close, under every alteration."""
    first, row, last = span
    options.say(f"{strategy.name}, every other future after {market.dates[row]}")
    begin = first if strategy.clients is not None else max(first, row - RUN_DAYS)
    # a shorter run does not decide on its last day: that is asked for apart
    day = market.dates[row]
    longer = _run_parts(strategy, begin, min(row + RUN_DAYS, last), market)
    true = _without_decisions(longer, day)
    here = np.array([row])
    decided = chosen(strategy, market, here)
    decide = partial(_chosen_at, strategy, here)

    def run(other: Market) -> list[Part]:
        return _without_decisions(_run_parts(strategy, begin, row, other), day)

    for alteration in WHOLE:
        yield _recomputed(run, true, market, row, alteration, options)
        yield _recomputed(decide, decided, market, row, alteration, options)


def _without_decisions(parts: Sequence[Part], day: np.datetime64) -> list[Part]:
    """Leave out what is decided, and the ratio of a book that is decided, at the close of a day."""
    return [
        _on(part, part.dates[part.dates != day]) if part.name.startswith(_ON_THE_DAY) else part
        for part in parts
        if not part.name.startswith(_DECIDED)
    ]
