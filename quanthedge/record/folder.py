"""The folder that a run is kept in: written whole, read only when nothing in it was changed.

``run.json`` holds what the run is and a SHA-256 of every other file; its own is in it too. Nothing
in the folder is read, opened or used as a name before it fits; see docs/reliability.md.
"""

import io
import os
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, get_args

import pandas as pd

from quanthedge.errors import DataError
from quanthedge.record.head import (
    FORMAT,
    OWN_FILE,
    OWN_TABLE,
    RUN_FILE,
    STATE,
    RunHead,
    VariantName,
    names_of,
    variant_file,
)
from quanthedge.record.reading import read_head, read_run, strategy_of
from quanthedge.record.request import Wanted, differences, wanted
from quanthedge.record.run import Record
from quanthedge.record.sealed import (
    LARGEST_TEXT,
    bytes_of,
    digest_of,
    dumped,
    head_bytes,
    json_of,
    own_digest,
)
from quanthedge.record.tables import TABLES
from quanthedge.storage import WholeFolder, storage_errors

__all__ = ["RunFolder"]

_SECONDS, _MILLISECONDS = "datetime64[s]", "datetime64[ms]"


@dataclass(frozen=True)
class RunFolder:
    """The folder of a run: what it is written as, read as, and holds beside.

    Attributes
    ----------
    path : Path
        Whether it is there or not.
    HEAD : str
        Name of the file that says what the run is.
    """

    HEAD: ClassVar = RUN_FILE

    path: Path

    @staticmethod
    def content(record: Record, summary: Callable[[], Mapping[str, Any]]) -> dict[str, bytes]:
        """Return the files of a run by their names in its folder, with "/"; nothing is written."""
        with ThreadPoolExecutor(1, "tables") as pool:  # one is written while the next is made
            written = {name: pool.submit(_parquet, getattr(record, name)) for name in TABLES}
            found = {f"{name}.parquet": one.result() for name, one in written.items()}
        for name, one in record.variants.items():
            found[variant_file(name)] = _parquet(one.ledger)
        found["strategy.json"] = dumped(record.strategy.model_dump(mode="json"))
        found |= {name: text.encode() for name, text in record.own_code.items()} | record.own_tables
        if record.state is not None and record.past is not None:
            found |= dict(zip(STATE, (dumped(record.state), _parquet(record.past)), strict=True))
        found["summary.json"] = dumped(summary())
        found["timeline.txt"] = f"{record.timeline['en']}\n".encode()
        head = {
            "format": FORMAT,
            "market": record.market_info,
            "versions": record.versions,
            "timeline": record.timeline,
            # in one order, so that a run that was read is written to the same bytes
            "notes": [dict(sorted(note.items())) for note in record.notes],
            "variants": {name: one.terms for name, one in record.variants.items()},
            "request": record.request,
            "trials": record.trials,
            "files": {name: digest_of(data) for name, data in found.items()},
        }
        if record.trials is None:
            del head["trials"]
        return found | {RUN_FILE: head_bytes(head)}

    def write(
        self,
        record: Record,
        summary: Callable[[], Mapping[str, Any]],
        *,
        overwrite: bool = False,
    ) -> None:
        """Write a run into the folder, whole or not at all.

        Files in the folder that are not a run's stay. Another run is replaced only when asked; one
        that is the same is left as it is.

        Parameters
        ----------
        record : Record
        summary : callable
            Gives the statistics of the run, for whoever opens the folder with other means; asked
            once the tables are made. Nothing here reads them.
        overwrite : bool

        Raises
        ------
        DataError
            The folder holds another run or something else, or cannot be written.
        """
        folder = self.path
        content = self.content(record, summary)
        whole = WholeFolder(folder)
        with whole.alone():
            if _is_there(folder) and not overwrite:
                if _same_run(folder, content):
                    return
                raise DataError(
                    f"{folder}: holds another run; overwrite it explicitly (--overwrite, "
                    "overwrite=True) or choose another folder"
                )
            with whole.replacing(_ours) as scratch:
                for name, data in content.items():
                    (scratch / name).parent.mkdir(parents=True, exist_ok=True)
                    (scratch / name).write_bytes(data)

    def read(self) -> dict[str, Any]:
        """Return the fields of the :class:`Record` that the folder holds.

        Raises
        ------
        DataError
            It is no run folder, is damaged or was changed since it was written; names the file.
        """
        return read_run(self.path)

    def head(self) -> RunHead:
        """Return what ``run.json`` holds.

        Raises
        ------
        DataError
            There is none, it is of another version, of another shape, or was changed.
        """
        return read_head(self.path)

    def holds(self, now: Wanted, *, overwrite: bool = False) -> bool:
        """Return whether the folder holds the run that is asked for, so that it need not be run.

        Raises
        ------
        DataError
            It holds another run, or something else, and may not be overwritten.
        """
        folder = self.path
        if not _is_there(folder):
            return False
        try:
            head = read_head(folder)
            plain = head.model_dump(mode="json")
            earlier = wanted(
                strategy_of(folder, head), plain["market"], plain["versions"], plain["request"]
            )
        except DataError as error:
            if overwrite:
                return False
            raise DataError(f"{error}; --overwrite replaces it") from error
        unlike = differences(earlier, now)
        if unlike and not overwrite:
            raise DataError(
                f"{folder}: holds another run ({unlike}); --overwrite replaces it, or choose "
                "another --out"
            )
        return not unlike

    def foreign_files(self) -> list[str]:
        """Return the names directly in the folder that are not the run's own."""
        names = [*names_of(get_args(VariantName)), *STATE, *_own_names(self.path)]
        own = {name.split("/")[0] for name in names}
        return sorted(path.name for path in self.path.iterdir() if path.name not in own)

    def files(self) -> list[str]:
        """Return the files of a run that the folder holds, as relative paths with "/".

        Of a folder whose ``run.json`` is damaged these are the files that every run has.
        """
        try:
            return _ours(self.path)
        except DataError:
            names = names_of(get_args(VariantName))
            return [name for name in names if os.path.lexists(self.path / name)]


# -- what is written


def _parquet(frame: pd.DataFrame) -> bytes:
    page = io.BytesIO()
    _in_milliseconds(frame).to_parquet(page, compression="zstd")
    return page.getvalue()


def _in_milliseconds(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose dates are in milliseconds, as it is read again: Parquet has no seconds.

    So a run that was read is written to the same bytes.
    """
    dates = {name: _MILLISECONDS for name, kind in frame.dtypes.items() if kind == _SECONDS}
    if isinstance(frame.index, pd.DatetimeIndex) and frame.index.dtype == _SECONDS:
        frame = frame.set_axis(frame.index.as_unit("ms"))
    return frame.astype(dates) if dates else frame


# -- what is there


def _is_there(folder: Path) -> bool:
    """Return whether a folder holds a run; refuse one that holds something else."""
    with storage_errors(folder):
        if not os.path.lexists(folder):
            return False
        if not folder.is_dir():
            raise DataError(f"{folder}: a file is in the way of the run folder")
        if os.path.lexists(folder / RUN_FILE):
            _format_of(folder)
            return True
        if any(folder.iterdir()):
            raise DataError(
                f"{folder}: not empty and not a run folder (no {RUN_FILE}); choose another --out"
            )
    return False


def _format_of(folder: Path) -> int:
    """Return the format of a run folder of this or an earlier version: our mark.

    Raises
    ------
    DataError
        ``run.json`` is not of ours, so that nothing here may be replaced.
    """
    path, why = folder / RUN_FILE, "no plain file"
    if path.is_file() and not path.is_symlink():
        why = "of another shape"
        try:
            document = json_of(folder, RUN_FILE, bytes_of(folder, RUN_FILE, LARGEST_TEXT))
        except DataError as error:
            document, why = {}, str(error)
        form, market = document.get("format"), document.get("market")
        if type(form) is int and isinstance(market, dict) and "fingerprint" in market:
            return form
    raise DataError(
        f"{path}: the run folder is damaged, or the file is not of QuantHedge ({why}); choose "
        "another folder, or move it away yourself"
    )


def _ours(folder: Path) -> list[str]:
    """Return the files of a run in a folder that has our mark."""
    if not os.path.lexists(folder / RUN_FILE):
        return []
    _format_of(folder)
    names = [*names_of(get_args(VariantName)), *STATE, *_own_names(folder)]
    return [name for name in names if os.path.lexists(folder / name)]


def _own_names(folder: Path) -> list[str]:
    """Return the files of the user's own code and tables that a run folder names."""
    document = json_of(folder, RUN_FILE, bytes_of(folder, RUN_FILE, LARGEST_TEXT))
    request = document.get("request")
    found = []
    for key, form in (("own_code", OWN_FILE), ("own_tables", OWN_TABLE)):
        named = request.get(key) if isinstance(request, dict) else None
        names = named if isinstance(named, dict | list) else ()
        found += [n for n in names if isinstance(n, str) and re.fullmatch(form[1:-1], n)]
    return found


def _same_run(folder: Path, content: Mapping[str, bytes]) -> bool:
    """Return whether a folder holds this content, made when however many trials were known."""
    there = _digests(folder)
    now = {name: digest_of(data) for name, data in content.items()}
    if there == now:
        return True
    if {**there, RUN_FILE: ""} != {**now, RUN_FILE: ""}:
        return False
    heads = [
        json_of(folder, RUN_FILE, data)
        for data in (bytes_of(folder, RUN_FILE, LARGEST_TEXT), content[RUN_FILE])
    ]
    if any(head.get("digest") != own_digest(head) for head in heads):
        return False
    earlier, later = (
        {name: value for name, value in head.items() if name not in ("trials", "digest")}
        for head in heads
    )
    return earlier == later


def _digests(folder: Path) -> dict[str, str]:
    """Return the digest of every file of a run that is there."""
    with storage_errors(folder):
        return {
            name: digest_of((folder / name).read_bytes())
            for name in _ours(folder)
            if (folder / name).is_file()
        }
