"""A job: variants that one worker runs, those of one span side by side in the ledger."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Lock
from typing import NamedTuple, TypeVar

import pandas as pd

from quanthedge.backtesting import LightRun, Prepared, light_runs, prepare
from quanthedge.batch.executors import threads_here
from quanthedge.batch.figures import Rows, figures_of, series_of
from quanthedge.batch.variant import Job, Outcome, Place, Variant, failure_of
from quanthedge.errors import DataError, QuantHedgeError
from quanthedge.market import Market
from quanthedge.performance import risk_free_rate

__all__ = ["market_of", "remember_market", "run_job", "tried"]

_SIDE_BY_SIDE = 32  # ledgers that take turns: their rows and states are in memory at once
_LOG = logging.getLogger(__name__)
_LOCK = Lock()
_MARKETS: dict[tuple[str, str], Market] = {}  # at most one: fingerprint and folder
_Made = TypeVar("_Made")


class _Ready(NamedTuple):
    """A variant that is prepared, and the seconds that it took."""

    variant: Variant
    prepared: Prepared
    seconds: float


def run_job(job: Job) -> list[Outcome]:
    """Run the variants of a job and return what came of each, in their order.

    Parameters
    ----------
    job : Job

    Notes
    -----
    It never raises for a variant's fault: an invalid strategy, data that are missing, a fund's own
    code that fails, too little memory are the outcome of that variant, named with their reason. A
    market that is not there, or is another than that of the plan, is the outcome of all of them.
    """
    try:
        market = market_of(job.market)
    except QuantHedgeError as error:
        return [_failed(one, error, 0.0) for one in job.variants]
    threads = threads_here()
    rounds = -(-len(job.variants) // (threads * _SIDE_BY_SIDE))  # as many batches a thread
    most = -(-len(job.variants) // (threads * rounds))
    batches = list(_batches(job.variants, most))
    outcomes: dict[int, Outcome] = {}
    for found in _on_threads(lambda batch: list(_run_batch(batch, market)), batches, threads):
        outcomes.update((one.number, one) for one in found)
    return [outcomes[one.number] for one in job.variants]


def _on_threads(
    work: Callable[[list[Variant]], list[Outcome]], batches: list[list[Variant]], threads: int
) -> Iterator[list[Outcome]]:
    """Yield what comes of each batch; the compiled days of two run at the same time."""
    if threads <= 1 or len(batches) <= 1:
        yield from map(work, batches)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="ledgers") as pool:
        waiting = [pool.submit(work, batch) for batch in batches]
        try:
            yield from (one.result() for one in waiting)
        finally:  # interrupted: what has not begun does not begin
            for one in waiting:
                one.cancel()


def market_of(place: Place) -> Market:
    """Return the market of a place, opened once in a process.

    Raises
    ------
    DataError
        There is none, or its data are others than those of the plan.
    """
    key = (place.fingerprint, str(Path(place.folder).resolve()))
    with _LOCK:
        if key not in _MARKETS:
            _, _, cut = place.fingerprint.partition("@")
            market = Market.open(place.folder)
            market = market.until(cut) if cut else market
            if market.fingerprint != place.fingerprint:
                raise DataError(
                    f"market {place.folder}: its data are others ({market.fingerprint[:12]}) than "
                    f"those of the plan ({place.fingerprint[:12]}); plan the sweep again"
                )
            _MARKETS.clear()
            _MARKETS[key] = market
        return _MARKETS[key]


def remember_market(market: Market) -> Place:
    """Return where a market lies; jobs that run in this process take this very one."""
    place = Place(market.fingerprint, Path(market.path).resolve())
    with _LOCK:
        _MARKETS.clear()
        _MARKETS[place.fingerprint, str(place.folder)] = market
    return place


def _batches(variants: Sequence[Variant], most: int) -> Iterator[list[Variant]]:
    """Yield variants that follow each other and are asked for the same days."""
    batch: list[Variant] = []
    for one in variants:
        if batch and (len(batch) == most or (one.start, one.end) != (batch[0].start, batch[0].end)):
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def _run_batch(variants: list[Variant], market: Market) -> Iterator[Outcome]:
    """Prepare each variant, then run the ledgers of one span side by side."""
    spans: dict[tuple[int, int], list[_Ready]] = {}
    for one in variants:
        begun = time.perf_counter()
        prepared = tried(partial(prepare, one.strategy, market, one.start, one.end))
        seconds = time.perf_counter() - begun
        if isinstance(prepared, BaseException):
            yield _failed(one, prepared, seconds)
        else:
            span = (prepared.first, prepared.dates.size)
            spans.setdefault(span, []).append(_Ready(one, prepared, seconds))
    for together in spans.values():
        begun = time.perf_counter()
        runs = light_runs([one.prepared for one in together])
        each = (time.perf_counter() - begun) / len(together)
        for ready, run in zip(together, runs, strict=True):
            yield _outcome(ready, run, each)


def _outcome(ready: _Ready, run: LightRun | Exception, ledger: float) -> Outcome:
    """Return figures and series of a run; ``ledger`` is its share of the ledgers' seconds."""
    begun = time.perf_counter()
    found = run if isinstance(run, Exception) else tried(partial(_measured, ready.prepared, run))
    seconds = ready.seconds + ledger + time.perf_counter() - begun
    variant = ready.variant
    if isinstance(found, BaseException):
        return _failed(variant, found, seconds)
    return Outcome(variant.number, variant.key, *found, None, seconds)


def _measured(prepared: Prepared, run: LightRun) -> tuple[dict[str, float], pd.DataFrame]:
    strategy = prepared.strategy
    rows = Rows(
        run.dates,
        run.ledger,
        run.index_close,
        strategy.capital_yuan,
        strategy.fund.initial_unit_value,
        risk_free_rate(strategy.risk_free, pd.DatetimeIndex(run.dates[1:])),
        run.trades,
        run.refusals,
    )
    return figures_of(rows), series_of(rows)


def tried(work: Callable[[], _Made]) -> _Made | BaseException:
    """Return what was made, or what went wrong: a user's own code may raise anything.

    What is no ``Exception`` too: ``sys.exit()``, and the panics of packages that are made in Rust.
    """
    try:
        return work()
    except QuantHedgeError as error:
        return error
    except (KeyboardInterrupt, MemoryError):
        raise  # the user's; out of memory, the executor tries the job's variants one by one
    except BaseException as error:
        _LOG.debug("a variant failed", exc_info=True)
        return error


def _failed(variant: Variant, error: BaseException, seconds: float) -> Outcome:
    return Outcome(variant.number, variant.key, {}, None, failure_of(error), seconds)
