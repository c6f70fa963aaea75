"""A job on its way to another process: what it takes along, and what is done with it there.

Strategies are plain data with parts of ours; a user's own parts take their code along. A class of a
file beside the strategy travels as the text of that file and of those that it imports, one of a
module of the user's own, a notebook or a script by its value, one of an installed package by name.
"""

import io
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import cloudpickle

from quanthedge.batch.executors.market_place import at_hand
from quanthedge.batch.executors.rounds import Lost, Run, failed
from quanthedge.batch.variant import Job, Outcome, failure_of
from quanthedge.documents import printable
from quanthedge.errors import QuantHedgeError, StrategyError
from quanthedge.kinds import Kinded, OwnCode, SentCode

__all__ = ["guarded", "packed", "run_packed"]

_own_code: list[Path] = []  # where texts of own code are written in this process


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickles a user's own parts with their code."""

    def reducer_override(self, value: Any) -> Any:
        """Return how an object is made again elsewhere."""
        if isinstance(value, Kinded) and type(value)._own_files:
            return _again, (SentCode.of(value),), value.__getstate__()
        return super().reducer_override(value)


def packed(job: Job, run: Run) -> bytes:
    """Return a job, and what runs it, as bytes.

    Raises
    ------
    StrategyError
        A part of a user's own cannot be sent.
    """
    file = io.BytesIO()
    try:
        with _by_value(_own_modules(job)):
            _Pickler(file).dump((run, job))
    except QuantHedgeError:
        raise
    except Exception as problem:  # whatever the user's objects raise when they are looked at
        kinds = sorted({kind for one in job.variants for kind in OwnCode.of(one.strategy).classes})
        raise StrategyError(
            f"{', '.join(kinds) or 'a strategy'}: cannot be sent to another process "
            f"({type(problem).__name__}: {printable(str(problem)[:200])}); put own classes into a "
            "file beside the strategy, and plain values into their parameters"
        ) from problem
    return file.getvalue()


def run_packed(payload: bytes, below: Path | None = None) -> list[Outcome] | Lost:
    """Run a job that was sent.

    Parameters
    ----------
    payload : bytes
        Of :func:`packed`.
    below : Path, optional
        Folder of this worker: markets and own code that were sent are in it.

    Raises
    ------
    DataError
        The market is not at hand.
    """
    _own_code[:] = [below] if below is not None else []
    run, job = cloudpickle.loads(payload)
    folder = at_hand(job.market, below)
    return guarded(run, job._replace(market=job.market._replace(folder=folder)))


def guarded(run: Run, job: Job) -> list[Outcome] | Lost:
    """Run a job; what it raises becomes a failure of each of its variants.

    A job that asks for more memory than there is counts as lost: its variants are tried alone.
    """
    begun = time.perf_counter()
    try:
        return run(job)
    except MemoryError as problem:
        return Lost(f"out of memory ({printable(str(problem)[:200]) or 'an allocation failed'})")
    except KeyboardInterrupt:
        raise
    except BaseException as problem:  # of a user's own code, of disks and files
        return failed(job, *failure_of(problem), time.perf_counter() - begun)


def _again(sent: SentCode) -> Any:
    if not _own_code:
        _own_code.append(Path(tempfile.mkdtemp(prefix="quanthedge-own-")))
    return sent.revived(_own_code[0] / "quanthedge-own")


def _own_modules(job: Job) -> list[ModuleType]:
    """Return the modules of a user's own classes that no other machine can be expected to have."""
    found: dict[str, ModuleType] = {}
    for variant in job.variants:
        for cls in OwnCode.of(variant.strategy).classes.values():
            module = sys.modules.get(cls.__module__)
            file = getattr(module, "__file__", None)
            if module is None or cls._own_files or file is None or module.__name__ == "__main__":
                continue  # travels as text, or by value as it is
            if not {"site-packages", "dist-packages"} & set(Path(file).parts):
                found[module.__name__] = module
    return list(found.values())


@contextmanager
def _by_value(modules: list[ModuleType]) -> Iterator[None]:
    for one in modules:
        cloudpickle.register_pickle_by_value(one)
    try:
        yield
    finally:
        for one in modules:
            cloudpickle.unregister_pickle_by_value(one)
