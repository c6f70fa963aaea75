"""The ledger compiled before anything is known of a run, in a process of its own.

numba compiles under one lock a process, and the ledger takes as long as all the rest that a first
run compiles: begun beside it, on a second core, it is there when it is wanted. What is compiled
goes by the kinds of the arguments, so that empty arrays do in the place of a market's.
"""

import multiprocessing
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

from quanthedge.ledger.inputs import LedgerInputs, read_only
from quanthedge.ledger.sleeves import HedgeBook, TargetBook

__all__ = ["compile_ahead", "compiled_for", "is_compiled", "wait_until_compiled"]

# axes of each field, in order: of 11 bars the last is [N]; 0 is a number, N a tuple of its own
_AXES = {
    "InputsOf": "11111N22NNNNNNNNNN",
    "Bars": "22222222221",
    "ActionBook": "1111111111",
    "TaxBook": "1111110",
    "StockBook": "1111112222221",
    "FutureBook": "12212122122222221",
    "HedgeBook": "4113432N1111111111",
    "Program": "22233",
    "TargetBook": "2222222",
    "FundNumbers": "000001100111111",
    "ValuationBook": "220",
    "Settings": "0000000000000000000",
    "LendingBook": "1222",
}
_DECIDED = {"_Targets": TargetBook, "_Hedge": HedgeBook}
_BEGIN = "from quanthedge.ledger.ahead import _compile_ledger; _compile_ledger()"
_begun: "list[subprocess.Popen[bytes]]" = []


def compile_ahead() -> bool:
    """Return whether the ledger is not compiled yet, and let a process of its own begin with it.

    Nothing is begun where what is compiled cannot be kept, where there is no second core, and in a
    worker of another process, which has neighbours.
    """
    from quanthedge.ledger.kernels.day import run_days

    if is_compiled():
        return False
    if not _begun:
        _begin(run_days)
    return True


def is_compiled() -> bool:
    """Return whether the ledger's kernel is compiled, in this process or on disk."""
    from quanthedge.compiled import is_kept
    from quanthedge.ledger.kernels.day import run_days

    return is_kept(run_days)


def _begin(run_days: Any) -> None:
    from quanthedge.compiled import can_be_kept

    alone = multiprocessing.parent_process() is None
    if not (alone and can_be_kept(run_days) and _cores() > 1):
        return
    folders = [str(Path(__file__).parents[2]), *filter(None, sys.path)]
    own = os.environ | {"PYTHONPATH": os.pathsep.join(folders)}
    nothing = subprocess.DEVNULL
    command = [sys.executable, "-c", _BEGIN]
    with suppress(OSError):  # no process to be had: compiled when it is wanted
        _begun.append(
            subprocess.Popen(command, env=own, stdin=nothing, stdout=nothing, stderr=nothing)
        )


def wait_until_compiled() -> None:
    """Wait for the process that compiles the ledger, if there is one."""
    while _begun:
        _begun.pop().wait()


def _cores() -> int:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _compile_ledger() -> None:
    """Compile the ledger's kernel and keep it."""
    from quanthedge.ledger.kernels.day import run_days

    run_days.compile(compiled_for())


def compiled_for() -> tuple[Any, ...]:
    """Return the kinds of arguments, in numba's words, that every run calls the ledger with."""
    from quanthedge.compiled import kinds_of
    from quanthedge.ledger.kernels import sheet
    from quanthedge.ledger.layout import COLUMNS
    from quanthedge.ledger.state import FundState

    inputs = read_only(_empty(LedgerInputs))
    state = FundState.opening(inputs, 1)
    work, logs = sheet.new_work(1, 1, 1), sheet.new_logs(1, 1)
    given = (0, 1, inputs, state, work, np.zeros((1, len(COLUMNS))), np.zeros((0, 0, 0)), logs)
    return kinds_of(*given)


def _empty(kind: Any) -> Any:
    """Return a named tuple of the ledger's inputs, of the least arrays and of numbers."""
    plain = get_origin(kind) or kind
    hints = get_type_hints(plain)
    axes = _AXES[plain.__name__]
    return plain(
        *(_empty_field(hints[name], count) for name, count in zip(plain._fields, axes, strict=True))
    )


def _empty_field(hint: Any, axes: str) -> Any:
    if axes == "N":
        return _empty(_DECIDED[hint.__name__] if isinstance(hint, TypeVar) else hint)
    if axes == "0":
        return hint(1)
    (number,) = get_args(get_args(hint)[1])
    return np.zeros((1,) * int(axes), number)
