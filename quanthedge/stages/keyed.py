"""Stages of a run: pure functions whose results are kept under a key made of what went in.

A stage's result depends on the fingerprint of the market, its own part of the strategy, the span,
and the code of the package; the key is a digest of these. Asked for again under the same key,
the result is handed out again: a change of the hedge selects no stocks anew, a sweep estimates each
beta once.

Results are kept in memory (the least recently used go first when they exceed ``MEMORY`` bytes) and,
after :func:`keep_stages` or with the environment variable ``QUANTHEDGE_CACHE``, in a folder too.
What depends on a market and the rule book alone is kept beside the market's panels in any case.
Nothing is kept of a market or a rule book that was altered to look for look-ahead, nor of a user's
own classes: what they read beside the market is not known, so they are asked each time.

Whoever is handed a result shares it: arrays must not be written to.
"""

import hashlib
import json
import logging
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from threading import RLock, local
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from pydantic import BaseModel

from quanthedge.errors import DataError
from quanthedge.kinds import parts_in
from quanthedge.market import Market
from quanthedge.rules import rules_are_altered
from quanthedge.stages.code import code_digest
from quanthedge.stages.folder import DEFAULT_LIMIT, StageFolder

__all__ = [
    "MEMORY",
    "Worked",
    "forget_stages",
    "keep_stages",
    "kept_stages",
    "parts_digest",
    "shared_in_a_run",
    "stage",
    "watched_stages",
]

Result = TypeVar("Result")

MEMORY = 2 * 2**30  # bytes of results in memory
_WITH_A_MARKET = 2 * 2**30  # bytes of results beside a market's panels
_FOLDER = "QUANTHEDGE_CACHE"
_LOG = logging.getLogger(__name__)
_LOCK = RLock()
_IN_MEMORY: OrderedDict[str, tuple[Any, int]] = OrderedDict()
_AT_WORK: dict[str, Any] = {}  # a lock for each result that is being worked out
_ON_DISK: list[StageFolder] = []  # at most one
_WATCHES: list[list["Worked"]] = []
_NOW = local()  # of this thread: seconds of the stages inside the one at work, what a run shares


class Worked(NamedTuple):
    """A stage that was worked out: name, key, seconds without those of the stages inside it."""

    name: str
    key: str
    seconds: float


def stage(
    name: str,
    market: Market,
    parts: Mapping[str, Any],
    work: Callable[[], Result],
    *,
    kinds: Iterable[type] = (),
    on_disk: bool = True,
    with_market: bool = False,
) -> Result:
    """Return the result of a stage, worked out once for each key.

    Parameters
    ----------
    name : str
        Of the stage; letters and "_".
    market : Market
    parts : mapping
        All that the result depends on beside the market: parts of the strategy, the span. Plain
        data, pydantic models, dates and arrays of numbers.
    work : callable
        Works the result out: arrays, frames, plain data, and tuples, dataclasses of these.
    kinds : iterable of type
        Named tuples and dataclasses that the result is made of.
    on_disk : bool
        Whether it may be kept in a folder: not what holds more than arrays and plain data.
    with_market : bool
        Whether it is kept beside the market's panels, asked or not: what depends on the market and
        the rule book alone, so that every strategy and every process asks for the same.
    """
    key = stage_key(name, market, parts)
    if key is None:
        return _in_this_run(name, market, parts, work)
    with _LOCK:
        if key in _IN_MEMORY:
            _IN_MEMORY.move_to_end(key)
            _LOG.debug("stage %s: at hand (%s)", name, key[:12])
            return _IN_MEMORY[key][0]  # type: ignore[no-any-return]
        turn = _AT_WORK.setdefault(key, RLock())
    with turn:  # another thread that asks for the same waits for it
        with _LOCK:
            if key in _IN_MEMORY:
                return _IN_MEMORY[key][0]  # type: ignore[no-any-return]
        try:
            folder = _beside(market) if with_market else None
            if folder is None and on_disk:
                folder = _folder()
            return _found(name, key, work, kinds, folder)
        finally:
            with _LOCK:
                _AT_WORK.pop(key, None)


@contextmanager
def shared_in_a_run() -> Iterator[None]:
    """Hand out again inside what was worked out inside, of an altered market or rule book too.

    A fund's sleeves on paper ask for what the fund asked for; both see the one market and the one
    rule book. Nothing stays afterwards.
    """
    if getattr(_NOW, "shared", None) is not None:
        yield
        return
    _NOW.shared = {}
    try:
        yield
    finally:
        _NOW.shared = None


def _in_this_run(
    name: str, market: Market, parts: Mapping[str, Any], work: Callable[[], Result]
) -> Result:
    """Return a result that must not be kept, worked out once inside ``shared_in_a_run``."""
    shared = getattr(_NOW, "shared", None)
    if shared is None or any(part.own for part in parts_in(parts)):
        return work()
    place = (id(market), name, parts_digest(parts))
    if place not in shared:
        shared[place] = (market, work())  # with the market, whose id is no other's meanwhile
    return shared[place][1]  # type: ignore[no-any-return]


def _found(
    name: str,
    key: str,
    work: Callable[[], Result],
    kinds: Iterable[type],
    folder: StageFolder | None,
) -> Result:
    """Return a result from the folder, or worked out and kept."""
    by_name = {kind.__name__: kind for kind in kinds}
    if folder is not None:
        found = folder.read(name, key, by_name)
        if found is not None:
            _LOG.debug("stage %s: read from %s (%s)", name, folder.path, key[:12])
            _remember(key, found)
            return found  # type: ignore[no-any-return]
    outside, _NOW.inside = getattr(_NOW, "inside", 0.0), 0.0
    begun = time.perf_counter()
    try:
        result = work()
    finally:
        seconds = time.perf_counter() - begun
        own, _NOW.inside = seconds - _NOW.inside, outside + seconds
    _LOG.debug("stage %s: %.2f s (%s)", name, seconds, key[:12])
    with _LOCK:
        for watch in _WATCHES:
            watch.append(Worked(name, key, own))
    _remember(key, result)
    if folder is not None:
        try:
            folder.write(name, key, result)
        except DataError as problem:  # a full disk: the run goes on, and is worked out next time
            _LOG.warning("stage %s is not kept: %s", name, problem)
    return result


def stage_key(name: str, market: Market, parts: Mapping[str, Any]) -> str | None:
    """Return the digest that a result is kept under, or None where it must not be kept."""
    if market.is_altered or rules_are_altered():
        return None
    if any(part.own for part in parts_in(parts)):
        return None
    content = json.dumps(
        [name, code_digest(), market.fingerprint, _plain(parts)],
        sort_keys=True,
    )
    return hashlib.sha256(content.encode("utf-8")).hexdigest()


@contextmanager
def watched_stages() -> Iterator[list[Worked]]:
    """Yield a list to which every stage is added that is worked out inside, on all threads."""
    found: list[Worked] = []
    with _LOCK:
        _WATCHES.append(found)
    try:
        yield found
    finally:
        with _LOCK:
            _WATCHES[:] = [one for one in _WATCHES if one is not found]


def forget_stages() -> None:
    """Empty the memory of stages; a folder stays."""
    with _LOCK:
        _IN_MEMORY.clear()


def keep_stages(folder: str | Path | None, limit: int = DEFAULT_LIMIT) -> None:
    """Keep results of stages in a folder too, for other processes and other days.

    Parameters
    ----------
    folder : path or None
        Made when it is missing; several processes may share it. None: no folder from now on.
    limit : int
        Bytes; the results that were not used for the longest time go first.

    Raises
    ------
    DataError
        The folder holds something else, or cannot be written.

    Examples
    --------
    >>> import quanthedge as qh
    >>> import tempfile
    >>> qh.keep_stages(tempfile.mkdtemp())  # scores, betas and others, for the next process
    >>> qh.keep_stages(None)  # in memory only, as before
    """
    with _LOCK:
        _ON_DISK[:] = [] if folder is None else [StageFolder(Path(folder), limit)]


def kept_stages() -> pd.DataFrame:
    """Return what is in memory: a row a stage with its number of results and their bytes."""
    with _LOCK:
        sizes = [size for _, size in _IN_MEMORY.values()]
    return pd.DataFrame({"results": [len(sizes)], "bytes": [sum(sizes)]})


def _folder() -> StageFolder | None:
    with _LOCK:
        named = os.environ.get(_FOLDER)
        if not _ON_DISK and named:
            _ON_DISK[:] = [StageFolder(Path(named), DEFAULT_LIMIT)]
        return _ON_DISK[0] if _ON_DISK else None


def _beside(market: Market) -> StageFolder | None:
    """Return the folder beside a market's panels, None where nothing is kept there."""
    place = market.kept_folder
    if place is None:
        return None
    try:
        return StageFolder(place, _WITH_A_MARKET)
    except DataError as problem:  # a full disk, or files that are not ours: it is worked out
        _LOG.warning("what belongs to %s is not kept: %s", market.name, problem)
        return None


def _remember(key: str, result: Any) -> None:
    size = _bytes(result)
    with _LOCK:
        _IN_MEMORY[key] = (result, size)
        total = sum(one for _, one in _IN_MEMORY.values())
        while total > MEMORY and _IN_MEMORY:
            _, (_, freed) = _IN_MEMORY.popitem(last=False)
            total -= freed


def _bytes(value: Any) -> int:
    """Return the bytes of the arrays and frames inside a result."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, pd.DataFrame):
        return int(value.memory_usage(deep=False).sum())
    if is_dataclass(value) and not isinstance(value, type):
        return sum(_bytes(getattr(value, one.name)) for one in fields(value))
    if isinstance(value, Mapping):
        return sum(_bytes(one) for one in value.values())
    if isinstance(value, tuple | list):
        return sum(_bytes(one) for one in value)
    return 0


def _plain(value: Any) -> Any:  # noqa: PLR0911 -- a line a kind
    """Return parts of a key as plain data."""
    if isinstance(value, BaseModel):
        inner = {name: _plain(getattr(value, name)) for name in type(value).model_fields}
        return [type(value).__name__, inner]
    if isinstance(value, np.ndarray):
        whole = np.ascontiguousarray(value)
        return [str(whole.dtype), list(whole.shape), hashlib.sha256(whole.tobytes()).hexdigest()]
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        return value.item() if not isinstance(value, np.datetime64) else str(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def parts_digest(parts: Mapping[str, Any]) -> str:
    """Return a digest of parts of a key: the same, the same result on one market."""
    content = json.dumps(_plain(parts), sort_keys=True)
    return hashlib.sha256(content.encode("utf-8")).hexdigest()
