"""Many runs without their tables: the ledger's rows of each, worked out side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quanthedge.backtesting.capital import check_capital
from quanthedge.backtesting.execute import benchmark, has_events, run_fund_of
from quanthedge.backtesting.plan import Prepared
from quanthedge.errors import QuantHedgeError
from quanthedge.ledger import LightRecord, layout
from quanthedge.typing import Days, Floats, Ints

__all__ = ["LightRun", "light_runs"]


@dataclass(frozen=True)
class LightRun:
    """A run as its ledger's rows.

    Attributes
    ----------
    dates : datetime64[D] [T + 1]
        Days that were run, with the day before.
    ledger : float64 [T, columns]
    index_close : float64 [T + 1]
        Of the benchmark.
    trades : int
        Orders done.
    refusals : int64 [reasons]
        Orders not done in full, by ``ledger.layout.REFUSAL_REASONS``.
    insolvent : bool
    """

    dates: Days
    ledger: Floats
    index_close: Floats
    trades: int
    refusals: Ints
    insolvent: bool


def light_runs(prepared: Sequence[Prepared]) -> list[LightRun | QuantHedgeError]:
    """Run what was prepared, of the same days, and return the rows or the fault of each.

    Parameters
    ----------
    prepared : sequence of Prepared
        Of one market and one span.

    Notes
    -----
    The rows are those of :func:`quanthedge.backtest`, bit for bit. A fund whose investors come and
    go, with a hurdle or a last day of business runs by itself, from event to event.
    """
    plain = [k for k, one in enumerate(prepared) if not has_events(one) and not one.reigns]
    together = LightRecord.side_by_side([prepared[k].inputs for k in plain])
    records: dict[int, LightRecord] = dict(zip(plain, together, strict=True))
    found: list[LightRun | QuantHedgeError] = []
    for k, one in enumerate(prepared):
        try:
            record = records[k] if k in records else _with_events(one)
            if record.fault is not None:
                raise record.fault
            check_capital(one, record.refused_first, record.ledger)
        except QuantHedgeError as error:
            found.append(error)
            continue
        found.append(_light_run(one, record))
    return found


def _with_events(prepared: Prepared) -> LightRecord:
    """Run a fund from event to event."""
    record = run_fund_of(prepared).record
    reasons = record.refusals[:, 6].astype(np.int64)
    counts = np.bincount(reasons, minlength=len(layout.REFUSAL_REASONS))
    return LightRecord(
        record.ledger, len(record.trades), counts, record.refusals, record.days_run,
        record.insolvent_day,
    )  # fmt: skip


def _light_run(prepared: Prepared, record: LightRecord) -> LightRun:
    days, first = record.days_run, prepared.first
    return LightRun(
        prepared.dates[: days + 1],
        record.ledger[:days],
        benchmark(prepared)[first - 1 : first + days],
        record.trades,
        record.refusals,
        record.insolvent_day is not None,
    )
