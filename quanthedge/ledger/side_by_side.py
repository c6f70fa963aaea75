"""Many ledgers over one read of the market: all of them a block of days, then the next block.

The rows of prices, factors and betas of a block of days stay in the processor's cache while ledger
after ledger goes over them; one ledger after the other over the whole span reads all of them from
memory each time (docs/sweeps.md has the figures). Each ledger's state is carried from block to
block, which gives the bits of a run in one go. Compiled days run without the interpreter's lock, so
that threads work at the same time.

What is kept of a run is its row for each day and how many orders were done and refused; the rows of
trades, refusals and holdings are counted and written over.
"""

import mmap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from quanthedge.errors import LedgerError
from quanthedge.ledger import layout
from quanthedge.ledger.engine import NO_SLEEVES, check_sleeves, ended
from quanthedge.ledger.inputs import LedgerInputs, read_only
from quanthedge.ledger.state import FundState, LedgerState
from quanthedge.typing import Floats, Ints

if TYPE_CHECKING:
    from quanthedge.ledger.kernels.sheet import Logs

__all__ = ["LightRecord"]

_BLOCK = 50  # trading days: rows of prices of some thousand stocks that a cache holds
_LARGE = 4 * 2**20  # bytes


@dataclass(frozen=True)
class LightRecord:
    """What is kept of a ledger that ran beside others.

    Attributes
    ----------
    ledger : float64 [T, columns]
    trades : int
        Orders done.
    refusals : int64 [reasons]
        Orders not done in full, by ``layout.REFUSAL_REASONS``.
    refused_first : float64 [k, 8]
        Rows of the orders refused on the first rebalance.
    days_run : int
    insolvent_day : int or None
    fault : LedgerError or None
        The ledger broke a promise.
    """

    ledger: Floats
    trades: int
    refusals: Ints
    refused_first: Floats
    days_run: int
    insolvent_day: int | None
    fault: LedgerError | None = None

    @staticmethod
    def side_by_side(inputs: Sequence[LedgerInputs], *, block: int = _BLOCK) -> "list[LightRecord]":
        """Run ledgers of the same days, block of days by block of days, on this thread.

        Parameters
        ----------
        inputs : sequence of LedgerInputs
            What they have in common should be the same arrays, so that it is read once.
        block : int
            Trading days that each ledger runs before the next has its turn.

        Returns
        -------
        list of LightRecord
            In the same order; the day's rows are those of :func:`quanthedge.ledger.run_ledger`, bit
            for bit.

        Raises
        ------
        LedgerError
            Inputs that no ledger runs, or of different spans. What goes wrong in one ledger stands
            in its record.
        """
        from quanthedge.ledger.kernels import day as kernels
        from quanthedge.ledger.kernels import sheet

        running = [_opened(one) for one in inputs]
        spans = {len(one.ledger) for one in running}
        if len(spans) > 1:
            raise LedgerError(f"ledgers side by side: spans of {sorted(spans)} days; accepted: one")
        room = {}
        for sleeves, stocks, contracts, products in {_sizes(one.state) for one in running}:
            work = sheet.new_work(stocks, contracts, products, sleeves)
            logs = sheet.new_logs(sleeves * stocks, sleeves * contracts)
            room[sleeves, stocks, contracts, products] = work, logs
        days = spans.pop() if spans else 0
        for begin in range(0, days, block):
            for one in running:
                work, logs = room[_sizes(one.state)]
                day, stop = begin, min(begin + block, days)
                while day < stop and not one.over:
                    day = kernels.run_days(
                        day, stop, one.inputs, one.state, work, one.ledger,
                        NO_SLEEVES, logs,
                    )  # fmt: skip
                    _count(one, logs)
                    status = one.state.scalars[layout.STATUS]
                    one.over = bool(
                        status != layout.OK and one.state.scalars[layout.STATUS_DAY] == day - 1
                    )
        return [_closed(one) for one in running]


@dataclass
class _Running:
    """A ledger under way."""

    inputs: LedgerInputs
    state: FundState
    ledger: Floats
    first: int  # day of the first rebalance
    refused_first: Floats
    refusals: Ints
    trades: int = 0
    over: bool = False


def _sizes(state: FundState) -> tuple[int, int, int, int]:
    """Return the numbers of sleeves, stocks, contracts and products."""
    return (*state.shares.shape, state.lots.shape[1], state.last_level.shape[1])


def _opened(inputs: LedgerInputs) -> _Running:
    sleeves = check_sleeves(inputs)
    days = inputs.bars.open.shape[0]
    trade_days = inputs.targets.trade_days[0]
    return _Running(
        read_only(inputs._replace(record_day=np.zeros(days, dtype=np.bool_))),
        FundState.of_one(_opening(inputs)) if sleeves == 1 else FundState.opening(inputs, sleeves),
        np.zeros((days, len(layout.COLUMNS))),
        int(trade_days[0]) if trade_days.size else -1,
        np.empty((0, 8)),
        np.zeros(len(layout.REFUSAL_REASONS), dtype=np.int64),
    )


def _opening(inputs: LedgerInputs) -> LedgerState:
    """Return the state before the first day, lots of stocks in pages that come as they are used.

    There is room for hundreds of lots of every stock, and a few of some are held: numpy asks for
    large pages, which would all be written to.
    """
    state = LedgerState.opening(inputs._replace(tax=inputs.tax._replace(lots=0)))
    shape = (inputs.bars.open.shape[1], inputs.tax.lots, 5)
    size = int(np.prod(shape)) * 8
    if size < _LARGE:
        lots = np.zeros(shape)
    else:
        lots = np.frombuffer(mmap.mmap(-1, size), dtype=np.float64).reshape(shape)
    return state._replace(carried=state.carried._replace(lots=lots))


def _count(one: _Running, logs: "Logs") -> None:
    """Count what was written and let the next write over it."""
    from quanthedge.ledger.kernels.sheet import REFUSALS, TRADES

    one.trades += int(logs.n[TRADES])
    refused = logs.refusals[: logs.n[REFUSALS]]
    if len(refused):
        reasons = refused[:, 6].astype(np.int64)
        one.refusals += np.bincount(reasons, minlength=one.refusals.size)
        mine = refused[:, 0] == one.first
        if mine.any():
            one.refused_first = np.concatenate([one.refused_first, refused[mine]])
    logs.n[:] = 0


def _closed(one: _Running) -> LightRecord:
    record = LightRecord(
        one.ledger, one.trades, one.refusals, one.refused_first, len(one.ledger), None
    )
    try:
        days_run, insolvent = ended(one.state, len(one.ledger))
    except LedgerError as error:
        return replace(record, fault=error)
    return replace(record, days_run=days_run, insolvent_day=insolvent)
