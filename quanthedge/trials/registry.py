"""The registry of trials: every evaluation and backtest on overlapping data counts as one.

Whoever looks at the same data often enough finds something in noise. What was tried is known only
if it is written down when it is tried; so evaluations, combinations and backtests write a line
each, and read how many there were where they say how sure they are (q, deflated Sharpe).

A trial is the data (fingerprint and name of the market), the span of days, and a digest of what was
tried; the same again counts once. Data are the same where the fingerprint is, cut at whatever day,
or the name: an update gives a dataset another fingerprint and leaves its past where it was. Nothing
is written for a market that was altered to look for look-ahead.

The lines are in one file for each user, ``trials.jsonl`` (JSON, a line a trial), in his folder of
application state. The environment variable ``QUANTHEDGE_TRIALS`` names another folder, or ``off``.
A registry that cannot be written or read stops nothing; it says so once.
"""

import hashlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from quanthedge.typing import Days

__all__ = [
    "Data",
    "Trial",
    "base",
    "bytes_digest",
    "count",
    "day_text",
    "digest",
    "known",
    "overlapping",
    "record",
    "write_down",
]

Kind = Literal["evaluation", "backtest"]
_COLUMNS = ("kind", "label", "market", "fingerprint", "start", "end", "what", "p", "when")

_FOLDER = "QUANTHEDGE_TRIALS"
_FILE = "trials.jsonl"
_PATIENCE = 10.0  # seconds for another process to write its lines
_LOG = logging.getLogger(__name__)
_SAID: set[str] = set()  # what was said already, once a process
_READ: dict[Path, tuple[tuple[int, int], list[dict[str, Any]]]] = {}


class Data(Protocol):
    """What the registry asks of a market."""

    name: str
    fingerprint: str
    dates: Days

    @property
    def is_altered(self) -> bool:
        """Whether its tables were changed to look for look-ahead."""
        ...


class Trial(NamedTuple):
    """Something that was tried.

    Attributes
    ----------
    kind : "evaluation" or "backtest"
        A combination of factors is an evaluation of its scores.
    label : str
        What a reader of the list calls it.
    what : str
        Digest of everything that makes it another trial than the next: see :func:`digest`.
    p : float or None
        Its p-value, where one was worked out.
    """

    kind: Kind
    label: str
    what: str
    p: float | None = None


def digest(plain: Any) -> str:
    """Return the digest of plain data (numbers, texts, lists, mappings), whatever the keys' order.

    >>> digest({"window": 20, "kind": "reversal"}) == digest({"kind": "reversal", "window": 20})
    True
    """
    text = json.dumps(plain, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def bytes_digest(values: NDArray[np.generic]) -> str:
    """Return the digest of an array's numbers."""
    return hashlib.sha256(np.ascontiguousarray(values).view(np.uint8).data).hexdigest()


def record(market: Data, start: Any, end: Any, trials: Sequence[Trial]) -> bool:
    """Write down trials on the days from ``start`` to ``end``; return whether they are written.

    Parameters
    ----------
    market : Market
    start, end : date
        First and last day of the data whose outcome was looked at.
    trials : sequence of Trial
        Those that are in the registry already are not written again.

    Notes
    -----
    One lock for all of them; several processes may write at the same time. Off, a folder that may
    not be written, or an altered market: False.
    """
    if market.is_altered or not trials:
        return False
    return write_down(market, day_text(start), day_text(end), [one._asdict() for one in trials])


def count(market: Data, start: Any, end: Any, kind: Kind | None = None) -> int | None:
    """Return how many trials overlap the days from ``start`` to ``end``; None when it is off.

    Parameters
    ----------
    market : Market
    start, end : date
    kind : "evaluation" or "backtest", optional
        Of one kind only; both by default.
    """
    found = overlapping(market, start, end, kind)
    return None if found is None else len(found)


def overlapping(
    market: Data, start: Any, end: Any, kind: Kind | None = None
) -> pd.DataFrame | None:
    """Return the trials that overlap the days from ``start`` to ``end``, a row each, oldest first.

    Columns are those of :func:`known`; ``p`` is NaN where no p-value was written. None when the
    registry is off or cannot be read.
    """
    table = known()
    if table is None:
        return None
    same = (table["fingerprint"] == base(market.fingerprint)) | (table["market"] == market.name)
    touching = (table["start"] <= day_text(end)) & (table["end"] >= day_text(start))
    right = table["kind"].isin(["evaluation", "backtest"] if kind is None else [kind])
    return table[same & touching & right].reset_index(drop=True)


def known() -> pd.DataFrame | None:
    """Return everything in the registry, a row a line of it.

    Columns kind, label, market, fingerprint, start, end, what, p, when. Dates are texts
    (2015-07-31), ``when`` is UTC. Also the kinds "seal" and "opening" of :func:`quanthedge.seal`.
    None when it is off or cannot be read.
    """
    folder = _folder()
    if folder is None:
        return None
    try:
        rows = _rows(folder / _FILE)
    except OSError as problem:
        _say(f"the registry of trials {folder} cannot be read ({problem.strerror})")
        return None
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    return table.assign(p=pd.to_numeric(table["p"]))


def write_down(market: Data, start: str, end: str, entries: Sequence[Mapping[str, Any]]) -> bool:
    """Write the entries (kind, label, what, p) that are not there yet, under the lock."""
    folder = _folder()
    if folder is None:
        return False
    about = {
        "market": market.name,
        "fingerprint": base(market.fingerprint),
        "start": start,
        "end": end,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    rows = [{**one, **about} for one in entries]
    path = folder / _FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{_FILE}.lock", timeout=_PATIENCE):
            there = {_key(row) for row in _rows(path)}
            fresh = {_key(row): row for row in rows if _key(row) not in there}
            if fresh:
                lines = "".join(
                    f"{json.dumps(row, ensure_ascii=False)}\n" for row in fresh.values()
                )
                _write(path, lines.encode("utf-8"))
    except (OSError, Timeout) as problem:
        why = getattr(problem, "strerror", None) or "another process holds its lock"
        _say(
            f"the registry of trials {folder} cannot be written ({why}): this trial is not "
            f"counted; {_FOLDER} names another folder, or off"
        )
        return False
    return True


def _write(path: Path, lines: bytes) -> None:
    """Append whole lines; a line that a killed process left unfinished is ended first."""
    with path.open("a+b") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                lines = b"\n" + lines
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def _rows(path: Path) -> list[dict[str, Any]]:
    """Return the lines of the file that can be read; the others are counted and said once."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return []
    stamp = (status.st_mtime_ns, status.st_size)
    if path in _READ and _READ[path][0] == stamp:
        return _READ[path][1]
    rows, damaged = [], 0
    for line in path.read_bytes().split(b"\n"):
        row = _row(line)
        if row is not None:
            rows.append(row)
        elif line.strip():
            damaged += 1
    if damaged:
        _say(f"the registry of trials {path}: {damaged} lines are damaged and count for nothing")
    _READ[path] = (stamp, rows)
    return rows


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    texts = [name for name in _COLUMNS if name != "p"]
    if not isinstance(row, dict) or any(type(row.get(name)) is not str for name in texts):
        return None
    return row if row.get("p") is None or type(row["p"]) in (float, int) else None


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("kind", "fingerprint", "start", "end", "what"))


def _folder() -> Path | None:
    """Return where the registry is; None when it is switched off."""
    named = os.environ.get(_FOLDER, "").strip()
    if named.lower() == "off":
        return None
    if named:
        return Path(named)
    from platformdirs import user_state_path

    return user_state_path("quanthedge", appauthor=False)


def base(fingerprint: str) -> str:
    """Return the fingerprint of the data that a cut market was cut from."""
    return fingerprint.partition("@")[0]


def day_text(date: Any) -> str:
    """Return a day as the registry writes it: 2015-07-31."""
    return f"{pd.Timestamp(date):%Y-%m-%d}"


def _say(text: str) -> None:
    if text not in _SAID:
        _SAID.add(text)
        _LOG.warning("%s", text)
