"""The capacity curve: the same strategy with more and more money, impact paid inside the ledger."""

import math
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, NamedTuple

import pandas as pd

from quanthedge.backtesting import complete, made_by, prepare
from quanthedge.errors import DataError, QuantHedgeError, StrategyError
from quanthedge.market import Market
from quanthedge.progress import telling
from quanthedge.report import MEASURES, OPEN_INTEREST_LIMIT, SIZE_AND_IMPACT, parameters_digest
from quanthedge.strategy import Strategy
from quanthedge.studies.capacity.card import CapacityCurve
from quanthedge.studies.capacity.measures import size_measures

__all__ = ["SIZES", "asked_of", "capacity_curve"]

SIZES = (5e7, 1e8, 2e8, 5e8, 1e9, 2e9, 5e9)
_COEFFICIENT = 1.0
_LARGEST = 1e12

Row = dict[str, Any]


class Job(NamedTuple):
    """A size of the fund to be run."""

    strategy: Strategy
    market: Market
    start: str | None
    end: str | None
    size: float


def capacity_curve(
    strategy: Strategy,
    market: Market,
    start: str | None = None,
    end: str | None = None,
    *,
    sizes: Iterable[float] = SIZES,
    coefficient: float | None = None,
    hurdle: float | None = None,
    open_interest_limit: float = OPEN_INTEREST_LIMIT,
    jobs: int = 1,
    tell: Callable[[str], None] | None = None,
) -> CapacityCurve:
    """Return what a strategy brings at several sizes of the fund.

    Each size is run twice through the ledger: with the square-root impact paid order by order, and
    without it for the difference.

    Parameters
    ----------
    strategy : Strategy
    market : Market
    start, end : date, optional
    sizes : iterable of float
        Yuan at the start.
    coefficient : float, optional
        ``impact_coefficient`` of the runs; by default the strategy's own where it is above 0,
        else 1.
    hurdle : float, optional
        Net return a year below which the answer counts a size as too large; by default half of
        what the smallest size brings.
    open_interest_limit : float
        Share of a contract's open interest above which it counts the short as too large.
    jobs : int
        Processes; the table is the same for any number. With more than one, a script must call
        this below ``if __name__ == "__main__":``.
    tell : callable, optional
        Called with a line whenever a size is done.

    Returns
    -------
    CapacityCurve
        A DataFrame that shows itself as a card. Indexed by size_yuan, ascending; the columns are
        explained in docs/capacity.md. ``reason`` says why there is no run (then the measures are
        NaN) and is empty otherwise; ``strategy``, ``market``, ``first_day``, ``last_day``,
        ``coefficient``, ``hurdle`` and ``open_interest_limit`` say what was asked, on every row.

    Raises
    ------
    StrategyError
        When a size, the coefficient, the limit or the number of processes makes no sense. A size
        whose run is refused (too small for a lot, or for a contract) keeps its row.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> curve = qh.capacity_curve(strategy, market, "2014-09-17", "2014-12-31", sizes=[1e8, 1e9])
    >>> curve[["net", "impact"]].round(4)
                     net  impact
    size_yuan
    1.000000e+08  0.0372  0.0419
    1.000000e+09 -0.0446  0.0492
    """
    if hurdle is not None and not math.isfinite(hurdle):
        raise StrategyError(f"hurdle {hurdle}: accepted: a net return a year, as in 0.08")
    wanted = _checked(sizes, coefficient, open_interest_limit, jobs)
    if coefficient is None:
        coefficient = strategy.costs.impact_coefficient or _COEFFICIENT
    costs = strategy.costs.model_copy(update={"impact_coefficient": float(coefficient)})
    plan = strategy.model_copy(update={"costs": costs})
    work = [Job(plan, market, start, end, size) for size in wanted]
    rows: dict[float, Row] = {}
    with telling("capacity", total=len(work)) as shown:
        for size, row in _done(work, jobs):
            rows[size] = row
            line = _progress(size, row, len(rows), len(work))
            shown(line, done=len(rows))
            if tell is not None:
                tell(line)
    table = pd.DataFrame.from_dict({size: rows[size] for size in wanted}, orient="index")
    about = asked_of(strategy, market, coefficient, hurdle, open_interest_limit)
    for name, value in about.items():
        table[name] = value
    table = table.reindex(columns=[*MEASURES, "reason", *_ABOUT])
    table.index.name = "size_yuan"
    return CapacityCurve(table)


_ABOUT = (
    "strategy", "parameters", "market", "fingerprint", "first_day", "last_day", "coefficient",
    "hurdle", "open_interest_limit", "made_by",
)  # fmt: skip


def asked_of(
    strategy: Strategy,
    market: Market,
    coefficient: float | None,
    hurdle: float | None,
    open_interest_limit: float,
) -> dict[str, str | float]:
    """Return what a table says on every row of what was asked; see :func:`capacity_curve`."""
    if coefficient is None:
        coefficient = strategy.costs.impact_coefficient or _COEFFICIENT
    return {
        "strategy": strategy.name,
        "parameters": parameters_digest(strategy.model_dump(mode="json"), SIZE_AND_IMPACT),
        "market": market.name,
        "fingerprint": market.fingerprint,
        "coefficient": float(coefficient),
        "hurdle": float("nan") if hurdle is None else hurdle,
        "open_interest_limit": open_interest_limit,
        "made_by": made_by(),
    }


def _checked(
    sizes: Iterable[float], coefficient: float | None, limit: float, jobs: int
) -> list[float]:
    """Return the sizes in ascending order, or raise StrategyError."""
    wanted = sorted({float(size) for size in sizes})
    if not wanted or not all(0 < size <= _LARGEST for size in wanted):
        raise StrategyError(
            f"sizes {', '.join(f'{size:,.0f}' for size in wanted) or 'none'}: accepted: one or "
            f"more, in yuan, above 0 and up to {_LARGEST:,.0f}"
        )
    if coefficient is not None and not 0 <= coefficient <= 10:
        raise StrategyError(f"coefficient {coefficient}: accepted: 0 to 10")
    if not 0 < limit <= 1:
        raise StrategyError(f"open_interest_limit {limit}: accepted: above 0 and up to 1")
    if jobs < 1:
        raise StrategyError(f"jobs {jobs}: accepted: 1 or more processes")
    return wanted


def _done(work: list[Job], jobs: int) -> Iterator[tuple[float, Row]]:
    """Yield each size's row when it is done."""
    if jobs == 1 or len(work) == 1:
        for job in work:
            yield job.size, _run_size(job)
        return
    # fresh processes: a fork would copy locks that threads of this one may hold
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(work)), mp_context=context) as pool:
        pending = {pool.submit(_run_size, job): job.size for job in work}
        for future in as_completed(pending):
            try:
                yield pending[future], future.result()
            except BrokenProcessPool as error:
                raise DataError(
                    "capacity: the system ended one of the processes (not enough memory?); try "
                    "fewer --jobs"
                ) from error


def _run_size(job: Job) -> Row:
    """Run one size with and without the impact of size; return its measures."""
    plan = job.strategy.model_copy(update={"capital_yuan": job.size})
    try:
        prepared = prepare(plan, job.market, job.start, job.end)
        result = plain = complete(prepared)
        if plan.costs.impact_coefficient > 0:
            settings = prepared.inputs.settings._replace(impact_coefficient=0.0)
            inputs = prepared.inputs._replace(settings=settings)
            plain = complete(prepared._replace(inputs=inputs))
    except QuantHedgeError as error:
        return {"reason": str(error)}
    days = result.ledger.index
    return {
        **size_measures(result, plain, job.market),
        "reason": "",
        "first_day": f"{days[1]:%Y-%m-%d}",
        "last_day": f"{days[-1]:%Y-%m-%d}",
    }


def _progress(size: float, row: Row, done: int, total: int) -> str:
    head = f"{done}/{total}  {size / 1e6:,.0f} million yuan: "
    if row["reason"]:
        return f"{head}no run ({row['reason']})"
    return (
        f"{head}net {row['net']:.2%} a year, impact {row['impact']:.2%}, "
        f"short at most {row['open_interest_share_most']:.1%} of open interest"
    )
