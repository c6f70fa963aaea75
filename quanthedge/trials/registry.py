"""The registry of trials: every evaluation and backtest on overlapping data counts as one.

Whoever looks at the same data often enough finds something in noise. What was tried is known only
if it is written down when it is tried; so evaluations, combinations and backtests write a line
each, and read how many there were where they say how sure they are (q, deflated Sharpe).

A trial is the data (fingerprint and name of the market), the span of days, and a digest of what was
tried; the same again counts once. Data are the same where the fingerprint is, cut at whatever day,
or the name: an update gives a dataset another fingerprint and leaves its past where it was. Nothing
is written for a market that was altered to look for look-ahead.

The lines are a table of a catalogue (:mod:`quanthedge.trials.catalogue`), one for each user, in his
folder of application state. The environment variable ``QUANTHEDGE_TRIALS`` names another folder,
that of a store of runs too, or ``off``. A registry that cannot be written or read stops nothing; it
says so once.
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

from quanthedge.errors import DataError
from quanthedge.storage import storage_errors
from quanthedge.trials.catalogue import Catalogue
from quanthedge.typing import Days

__all__ = [
    "Data",
    "Trial",
    "base",
    "count",
    "day_text",
    "digest",
    "known",
    "overlapping",
    "record",
    "registry_folder",
    "write_down",
]

Kind = Literal["evaluation", "backtest"]
_COLUMNS = ("kind", "label", "market", "fingerprint", "start", "end", "what", "p", "when")
_LISTED = ", ".join(f'"{name}"' for name in _COLUMNS)

_FOLDER = "QUANTHEDGE_TRIALS"
_PATIENCE = 10.0  # seconds for other processes to write their lines
_LOG = logging.getLogger(__name__)
_SAID: set[str] = set()  # what was said already, once a process


class Named(Protocol):
    """What tells data from other data."""

    @property
    def name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...


class Tried(Named, Protocol):
    """Data that something was tried on."""

    @property
    def is_altered(self) -> bool:
        """Whether its tables were changed to look for look-ahead."""
        ...


class Data(Tried, Protocol):
    """What the registry asks of a market."""

    dates: Days


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
    """Return the digest of plain data or of an array's numbers.

    Plain data are numbers, texts, lists and mappings, whatever the keys' order.

    >>> digest({"window": 20, "kind": "reversal"}) == digest({"kind": "reversal", "window": 20})
    True
    """
    if isinstance(plain, np.ndarray):
        return hashlib.sha256(np.ascontiguousarray(plain).view(np.uint8).data).hexdigest()
    text = json.dumps(plain, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def record(market: Tried, start: Any, end: Any, trials: Sequence[Trial]) -> bool:
    """Write down trials on the days from ``start`` to ``end``; return whether they are written.

    Parameters
    ----------
    market : Market, or what names one
    start, end : date
        First and last day of the data whose outcome was looked at.
    trials : sequence of Trial
        Those that are in the registry already are not written again.

    Notes
    -----
    One transaction for all of them; several processes may write at the same time. Off, a folder
    that may not be written, or an altered market: False.
    """
    if market.is_altered or not trials:
        return False
    return write_down(market, day_text(start), day_text(end), [one._asdict() for one in trials])


def count(market: Named, start: Any, end: Any, kind: Kind | None = None) -> int | None:
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
    market: Named, start: Any, end: Any, kind: Kind | None = None
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
    """Return everything in the registry, a row each, oldest first.

    Columns kind, label, market, fingerprint, start, end, what, p, when. Dates are texts
    (2015-07-31), ``when`` is UTC. Also the kinds "seal" and "opening" of :func:`quanthedge.seal`.
    None when it is off or cannot be read.
    """
    folder = registry_folder()
    if folder is None:
        return None
    catalogue = _catalogue(folder)
    rows: list[tuple[Any, ...]] = []
    try:
        if catalogue.exists:
            with catalogue.reading() as connection:
                rows = connection.execute(f"SELECT {_LISTED} FROM trials ORDER BY rowid").fetchall()
    except DataError as problem:
        _say(f"the registry of trials cannot be read: {problem}")
        return None
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    return table.assign(p=pd.to_numeric(table["p"]))


def write_down(market: Named, start: str, end: str, entries: Sequence[Mapping[str, Any]]) -> bool:
    """Write the entries (kind, label, what, p) that are not there yet, in one transaction."""
    folder = registry_folder()
    if folder is None:
        return False
    about = {
        "market": market.name,
        "fingerprint": base(market.fingerprint),
        "start": start,
        "end": end,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    rows = [tuple({**one, **about}[name] for name in _COLUMNS) for one in entries]
    try:
        with storage_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with _catalogue(folder).writing() as connection:
            marks = ", ".join("?" * len(_COLUMNS))
            connection.executemany(
                f"INSERT OR IGNORE INTO trials ({_LISTED}) VALUES ({marks})", rows
            )
    except DataError as problem:
        _say(
            f"the registry of trials cannot be written: {problem}: this trial is not counted; "
            f"{_FOLDER} names another folder, or off"
        )
        return False
    return True


def _catalogue(folder: Path) -> Catalogue:
    return Catalogue(folder / Catalogue.NAME, patience=_PATIENCE)


def registry_folder() -> Path | None:
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
