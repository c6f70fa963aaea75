"""The folder that a run is kept in: written whole, read only when nothing in it was changed.

``run.json`` holds what the run is and a SHA-256 of every other file; its own is in it too. Nothing
in the folder is read, opened or used as a name before it fits; see docs/reliability.md.
"""

import hashlib
import io
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from quanthedge.documents import printable
from quanthedge.errors import DataError, StrategyError
from quanthedge.record.request import Wanted, differences, wanted
from quanthedge.record.run import Record, RunVariant
from quanthedge.record.tables import TABLES, RecordTable, check_table
from quanthedge.storage import alone, replacing, storage_errors
from quanthedge.strategy import Strategy

__all__ = [
    "RunHead",
    "earlier_run",
    "foreign_files",
    "read_head",
    "read_run",
    "run_content",
    "run_files",
    "write_run",
]

FORMAT = 8
RUN_FILE = "run.json"
TEXTS = ("strategy.json", "summary.json", "timeline.txt")

_OWN_FILE = r"^code(/[^\W\d]\w*)+\.py$"  # no way out of the folder
_OWN_TABLE = r"^signals/[0-9a-f]{16}\.parquet$"
_LARGEST_TEXT = 64 * 2**20  # bytes of a JSON file
_LARGEST_TABLE = 2 * 2**30  # bytes of a table, on disk and in memory
_MOST_ROWS = 200_000_000
_SECONDS, _MILLISECONDS = "datetime64[s]", "datetime64[ms]"

_VariantName = Literal["long_only", "unlevered", "levered", "index_hedged", "ungated"]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_OwnFile = Annotated[str, Field(pattern=_OWN_FILE)]
_OwnTable = Annotated[str, Field(pattern=_OWN_TABLE)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="allow", allow_inf_nan=False)


class _MarketInfo(_Part):
    name: str
    fingerprint: _Digest
    stocks: int = Field(ge=0)
    data_start: Day
    data_end: Day
    benchmark: str
    start: Day
    end: Day


class _Terms(_Part):
    stocks: float
    loan: float
    loan_rate: float
    hedged: bool
    index: str
    called_days: int = Field(ge=0)
    cut_days: int = Field(ge=0)
    insolvent: Literal[""] | Day


class _InTwoLanguages(_Part):
    en: str
    zh: str


class _Note(_InTwoLanguages):
    kind: str


class _Request(_Part):
    variants: list[_VariantName]
    products: _Digest
    code: _Digest
    own_code: dict[_OwnFile, _Digest] = Field(default_factory=dict)
    own_tables: list[_OwnTable] = Field(default_factory=list)
    walk_forward: _Digest | None = None


class RunHead(_Part):
    """What ``run.json`` holds."""

    format: Literal[8]
    market: _MarketInfo
    versions: dict[str, str]
    timeline: _InTwoLanguages
    notes: list[_Note]
    variants: dict[_VariantName, _Terms]
    request: _Request
    trials: int | None = Field(default=None, ge=0)
    files: dict[str, _Digest]
    digest: _Digest


def write_run(
    record: Record, summary: Mapping[str, Any], folder: Path, *, overwrite: bool = False
) -> None:
    """Write a run folder, whole or not at all.

    Files in the folder that are not a run's stay. Another run is replaced only when asked; one that
    holds the same already is left as it is.

    Parameters
    ----------
    record : Record
    summary : mapping
        Statistics of the run for whoever opens the folder with other means; nothing here reads it.
    folder : Path
    overwrite : bool

    Raises
    ------
    DataError
        The folder holds another run or something else, or cannot be written.
    """
    content = run_content(record, summary)
    with alone(folder):
        if _is_there(folder) and not overwrite:
            if _same_run(folder, content):
                return
            raise DataError(
                f"{folder}: holds another run; overwrite it explicitly (--overwrite, "
                "overwrite=True) or choose another folder"
            )
        with replacing(folder, _ours) as scratch:
            for name, data in content.items():
                (scratch / name).parent.mkdir(parents=True, exist_ok=True)
                (scratch / name).write_bytes(data)


def read_run(folder: Path) -> dict[str, Any]:
    """Return the fields of the :class:`Record` that a folder holds.

    Raises
    ------
    DataError
        The folder is no run folder, is damaged or was changed since it was written; names the file.
    """
    head = read_head(folder)
    strategy = _strategy(folder, head)
    frames = {
        name: _table(folder, f"{name}.parquet", head, table) for name, table in TABLES.items()
    }
    for name in TEXTS[1:]:
        _verified(folder, name, head)
    own = {name: _verified(folder, name, head).decode("utf-8") for name in head.request.own_code}
    given = {
        name: _verified(folder, name, head, _LARGEST_TABLE) for name in head.request.own_tables
    }
    _check_days(folder, frames["ledger"], head, "ledger.parquet")
    plain = head.model_dump(mode="json")
    variants = {
        name: RunVariant(name, _variant_ledger(folder, name, head), plain["variants"][name])
        for name in head.variants
    }
    return {
        **frames,
        "strategy": strategy,
        "market_info": plain["market"],
        "versions": plain["versions"],
        "timeline": plain["timeline"],
        "notes": plain["notes"],
        "variants": variants,
        "request": {k: v for k, v in plain["request"].items() if v is not None},
        "own_code": own,
        "trials": head.trials,
        "own_tables": given,
    }


def read_head(folder: Path) -> RunHead:
    """Return what ``run.json`` holds.

    Raises
    ------
    DataError
        There is none, it is of another version, of another shape, or was changed.
    """
    if not os.path.isfile(folder / RUN_FILE):  # False for what no path can be
        raise DataError(
            f"{folder}: not a run folder (no {RUN_FILE}); `quanthedge run --out` makes one"
        )
    document = _json(folder, RUN_FILE, _read(folder, RUN_FILE, _LARGEST_TEXT))
    form = document.get("format")
    if type(form) is int and form != FORMAT:
        raise DataError(
            f"{folder}: run format {form}, this version reads {FORMAT}; run the strategy again"
        )
    try:
        head = RunHead.model_validate(document)
    except (ValidationError, RecursionError) as error:
        raise _damaged(folder, f"{RUN_FILE}: {_first(error)}") from error
    if head.digest != _own_digest(document):
        raise _changed(folder, RUN_FILE)
    asked = head.request
    own = (*asked.own_code, *asked.own_tables)
    missing = {*_names(head.variants), *own} - {RUN_FILE, *head.files}
    if missing:
        raise _damaged(folder, f"{RUN_FILE} has no digest of {min(missing)}")
    return head


def earlier_run(folder: Path, now: Wanted, *, overwrite: bool = False) -> bool:
    """Return whether a folder holds the run that is asked for, so that it need not be run.

    Raises
    ------
    DataError
        It holds another run, or something else, and may not be overwritten.
    """
    if not _is_there(folder):
        return False
    try:
        head = read_head(folder)
        plain = head.model_dump(mode="json")
        earlier = wanted(
            _strategy(folder, head), plain["market"], plain["versions"], plain["request"]
        )
    except DataError as error:
        if overwrite:
            return False
        raise DataError(f"{error}; --overwrite replaces it") from error
    unlike = differences(earlier, now)
    if unlike and not overwrite:
        raise DataError(
            f"{folder}: holds another run ({unlike}); --overwrite replaces it, or choose another "
            "--out"
        )
    return not unlike


def foreign_files(folder: Path) -> list[str]:
    """Return the names directly in a run folder that are not the run's own."""
    names = [*_names(get_args(_VariantName)), *_own_names(folder)]
    own = {name.split("/")[0] for name in names}
    return sorted(path.name for path in folder.iterdir() if path.name not in own)


def run_files(folder: Path) -> list[str]:
    """Return the files of a run that a folder holds, as relative paths with "/".

    Of a folder whose ``run.json`` is damaged these are the files that every run has.
    """
    try:
        return _ours(folder)
    except DataError:
        return [name for name in _names(get_args(_VariantName)) if os.path.lexists(folder / name)]


# -- what is written


def run_content(record: Record, summary: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files of a run's folder by their names in it, with "/"; nothing is written."""
    found = {f"{name}.parquet": _parquet(getattr(record, name)) for name in TABLES}
    for name, one in record.variants.items():
        found[_variant_file(name)] = _parquet(one.ledger)
    found["strategy.json"] = _dumped(record.strategy.model_dump(mode="json"))
    found |= {name: text.encode() for name, text in record.own_code.items()} | record.own_tables
    found["summary.json"] = _dumped(summary)
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
        "files": {name: _digest(data) for name, data in found.items()},
    }
    if record.trials is None:
        del head["trials"]
    return found | {RUN_FILE: _head_bytes(head)}


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


def _dumped(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2)
    return f"{text}\n".encode()


def _head_bytes(head: dict[str, Any]) -> bytes:
    return _dumped(head | {"digest": _own_digest(head)})


def _own_digest(head: Mapping[str, Any]) -> str:
    """Return the digest of all of ``run.json`` but the digest itself."""
    rest = {name: value for name, value in head.items() if name != "digest"}
    return _digest(json.dumps(rest, ensure_ascii=True, sort_keys=True).encode())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _variant_file(name: str) -> str:
    return f"variants/{name}.parquet"


def _names(variants: Any) -> list[str]:
    """Return the files of a run with these variants."""
    tables = [f"{name}.parquet" for name in TABLES]
    return [RUN_FILE, *TEXTS, *tables, *map(_variant_file, variants)]


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
            document = _json(folder, RUN_FILE, _read(folder, RUN_FILE, _LARGEST_TEXT))
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
    names = [*_names(get_args(_VariantName)), *_own_names(folder)]
    return [name for name in names if os.path.lexists(folder / name)]


def _own_names(folder: Path) -> list[str]:
    """Return the files of the user's own code and tables that a run folder names."""
    document = _json(folder, RUN_FILE, _read(folder, RUN_FILE, _LARGEST_TEXT))
    request = document.get("request")
    found = []
    for key, form in (("own_code", _OWN_FILE), ("own_tables", _OWN_TABLE)):
        named = request.get(key) if isinstance(request, dict) else None
        names = named if isinstance(named, dict | list) else ()
        found += [n for n in names if isinstance(n, str) and re.fullmatch(form[1:-1], n)]
    return found


def _same_run(folder: Path, content: Mapping[str, bytes]) -> bool:
    """Return whether a folder holds this content, made when however many trials were known."""
    there = _digests(folder)
    now = {name: _digest(data) for name, data in content.items()}
    if there == now:
        return True
    if {**there, RUN_FILE: ""} != {**now, RUN_FILE: ""}:
        return False
    heads = [
        _json(folder, RUN_FILE, data)
        for data in (_read(folder, RUN_FILE, _LARGEST_TEXT), content[RUN_FILE])
    ]
    if any(head.get("digest") != _own_digest(head) for head in heads):
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
            name: _digest((folder / name).read_bytes())
            for name in _ours(folder)
            if (folder / name).is_file()
        }


# -- what is read


def _read(folder: Path, name: str, largest: int) -> bytes:
    """Return a file's bytes; one that is larger than any of ours is not read."""
    path = folder / name
    try:
        if not path.is_file():
            raise _damaged(folder, f"no file {name}")
        size = path.stat().st_size
        if size > largest:
            raise _damaged(folder, f"{name}: {size:,} bytes, accepted: up to {largest:,}")
        return path.read_bytes()
    except OSError as error:
        raise _damaged(folder, f"{name}: {error.strerror or error}") from error


def _verified(folder: Path, name: str, head: RunHead, largest: int = _LARGEST_TEXT) -> bytes:
    """Return a file's bytes when they are those that were written."""
    data = _read(folder, name, largest)
    if _digest(data) != head.files[name]:
        raise _changed(folder, name)
    return data


def _json(folder: Path, name: str, data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data.decode("utf-8"), parse_constant=_no_number)
        json.dumps(document, ensure_ascii=False).encode("utf-8")  # half a letter is no text
    except (ValueError, RecursionError) as error:
        raise _damaged(folder, f"{name}: {error}") from error
    if not isinstance(document, dict):
        raise _damaged(folder, f"{name}: a {type(document).__name__}, not a table of keys")
    return document


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _strategy(folder: Path, head: RunHead) -> Strategy:
    """Return the strategy, checked as one read from a strategy file, every default written out."""
    document = _json(folder, "strategy.json", _verified(folder, "strategy.json", head))
    try:
        strategy = Strategy.model_validate(document)
    except (ValidationError, StrategyError, RecursionError) as error:
        raise _of_another_version(folder, head, _first(error)) from error
    missing = next(iter(_unlike(strategy.model_dump(mode="json"), document)), None)
    if missing is not None:
        raise _of_another_version(folder, head, f"{missing}: not as this version writes it")
    return strategy


def _unlike(plain: Any, document: Any, place: str = "") -> Iterator[str]:
    """Yield the keys that a strategy's file lacks, or in which it has something else."""
    if isinstance(plain, dict) and isinstance(document, dict):
        for key in dict.fromkeys([*plain, *document]):
            inside = f"{place}.{key}" if place else str(key)
            if key in plain and key in document:
                yield from _unlike(plain[key], document[key], inside)
            else:
                yield inside
    elif plain != document or type(plain) is not type(document):
        yield place or "strategy"


def _table(folder: Path, name: str, head: RunHead, table: RecordTable) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = _verified(folder, name, head, _LARGEST_TABLE)
    try:
        about = pq.ParquetFile(pa.BufferReader(data)).metadata
        size = sum(about.row_group(k).total_byte_size for k in range(about.num_row_groups))
        if size > _LARGEST_TABLE or about.num_rows > _MOST_ROWS:
            raise _damaged(folder, f"{name}: {about.num_rows:,} rows, {size:,} bytes")
        frame = pd.read_parquet(io.BytesIO(data))
    except (OSError, ValueError, TypeError, KeyError, pa.ArrowException) as error:
        raise _damaged(folder, f"{name}: {error}") from error
    try:
        check_table(frame, table, name)
    except DataError as error:
        raise _damaged(folder, str(error)) from error
    return frame


def _variant_ledger(folder: Path, name: str, head: RunHead) -> pd.DataFrame:
    """Return the ledger of a variant, which is of the run's days as the run's own is."""
    file = _variant_file(name)
    ledger = _table(folder, file, head, TABLES["ledger"])
    _check_days(folder, ledger, head, file)
    return ledger


def _check_days(folder: Path, ledger: pd.DataFrame, head: RunHead, name: str) -> None:
    """Refuse a ledger of other days than the run's."""
    days = ledger.index
    if len(days) < 2 or f"{days[1]:%Y-%m-%d}" != head.market.start:
        raise _damaged(folder, f"{name} does not begin on {head.market.start}")
    if f"{days[-1]:%Y-%m-%d}" > head.market.end:
        raise _damaged(folder, f"{name} goes beyond {head.market.end}")


def _first(error: Exception) -> str:
    """Return the first fault that a check found, in a line."""
    if not isinstance(error, ValidationError):
        return str(error)
    item = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part)[:_LETTERS] for part in item["loc"])
    return f"{place}: {item['msg']}" if place else item["msg"]


_LETTERS = 40  # of a key that a message repeats


def _damaged(folder: Path, why: str) -> DataError:
    line = " ".join(why.split())
    return DataError(f"{folder}: the run folder is damaged ({line}); run it again")


def _of_another_version(folder: Path, head: RunHead, why: str) -> DataError:
    """Return the error for a strategy that is whole and that this version would not write."""
    by = head.versions.get("quanthedge", "an unknown version")
    line = " ".join(why.split())
    return DataError(
        f"{folder}: this version does not take the run's strategy (strategy.json: {line}; written "
        f"by quanthedge {printable(by)}); run the strategy again"
    )


def _changed(folder: Path, name: str) -> DataError:
    return DataError(
        f"{folder / name}: changed since it was written; its figures are not those of the run: put "
        "the file back as it was, or run the strategy again"
    )
