"""The manifest of a dataset: what it holds and the fingerprints that prove it."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from quanthedge.documents import printable
from quanthedge.errors import DataError
from quanthedge.market.fingerprint import ContentHash, file_sha256, overall_fingerprint
from quanthedge.market.schema import SCHEMA_VERSION, TABLES, TableSchema
from quanthedge.market.table_files import TableFile
from quanthedge.storage import PlainFile, WholeFolder

__all__ = [
    "MANIFEST",
    "Manifest",
    "TableEntry",
    "is_dataset",
    "is_line",
    "listed_tables",
]

MANIFEST = "manifest.json"
FORMAT = "quanthedge-dataset"
_MOST_BYTES = 4 << 20
_MOST_COUNT = 1 << 53
_LONGEST_TEXT = 4_000
_TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # what follows reads backwards
_MOST_ASSUMED = 1_000_000  # letters of all assumptions
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class TableEntry:
    """One table in the manifest: rows, size and SHA-256 of its file, SHA-256 of its values."""

    rows: int
    bytes: int
    sha256: str
    content: str

    def is_of(self, path: Path) -> bool:
        """Whether a file's bytes are those that the entry was written of."""
        return file_sha256(path) == self.sha256


@dataclass(frozen=True)
class Manifest:
    """What a dataset's `manifest.json` says.

    `assumptions` are the gaps of the source that had to be filled by an assumption, in words.
    """

    name: str
    source: str
    fingerprint: str
    tables: Mapping[str, TableEntry]
    assumptions: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write the manifest into a dataset's folder; the same data gives the same bytes."""
        content = {
            "format": FORMAT,
            "schema_version": SCHEMA_VERSION,
            "name": self.name,
            "source": self.source,
            "fingerprint": self.fingerprint,
            **({"assumptions": list(self.assumptions)} if self.assumptions else {}),
            "tables": {name: vars(self.tables[name]) for name in sorted(self.tables)},
        }
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        (folder / MANIFEST).write_text(text, encoding="utf-8")

    @staticmethod
    def folder(path: Path) -> Path:
        """Return the real path of a folder that a manifest may lie in.

        What a killed process was exchanging is brought back first.

        Raises
        ------
        DataError
            There is no folder, or no folder can have such a name.
        """
        try:
            WholeFolder(path).recover()
            there = path.is_dir()
            real = path.resolve()
        except (OSError, ValueError, RuntimeError) as problem:  # too long, NUL, links in a circle
            raise DataError(f"{str(path)!r}: no such folder ({problem})") from problem
        if not there:
            raise DataError(
                f"{path}: no such folder; make a dataset with `quanthedge import SOURCE TARGET` "
                "or `quanthedge simulate TARGET`"
            )
        return real

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Read and check a dataset's manifest; DataError says what is wrong with it."""
        content = _read_json(folder)
        version = content.get("schema_version")
        if type(version) is not int or version != SCHEMA_VERSION:
            raise DataError(
                f"{folder}: dataset of schema version {printable(version)}, this program reads "
                f"version {SCHEMA_VERSION}; import the data again with `quanthedge import`"
            )
        manifest = cls(
            _line(folder, content, "name"),
            _line(folder, content, "source"),
            _hex(folder, content, "fingerprint"),
            _entries(folder, content.get("tables")),
            _assumptions(folder, content.get("assumptions", [])),
        )
        for name, schema in TABLES.items():
            if not schema.optional and name not in manifest.tables:
                raise DataError(f"{folder / MANIFEST}: table '{name}' is not listed; import again")
        contents = {name: entry.content for name, entry in manifest.tables.items()}
        if overall_fingerprint(contents) != manifest.fingerprint:
            raise DataError(
                f"{folder / MANIFEST}: the fingerprint is not that of the tables it lists: the "
                "manifest was changed or damaged; import the data again"
            )
        return manifest

    def verify_files(self, folder: Path) -> None:
        """Check that every table's file is there with its size."""
        for name, entry in self.tables.items():
            path = folder / f"{name}.parquet"
            if not path.is_file():
                raise DataError(f"{path}: missing, though the manifest lists it; import again")
            size = path.stat().st_size
            if size != entry.bytes:
                raise DataError(
                    f"{path}: {size} bytes where the manifest says {entry.bytes}: "
                    "the table was changed or cut off; import the data again"
                )

    def differences(self, folder: Path) -> list[str]:
        """Compute the fingerprint from the values of a folder's tables; return where it differs.

        Returns
        -------
        list of str
            A line for each table that is missing, unreadable or holds other values than the
            manifest says, and one when the fingerprint is not that of the tables. Empty: all is as
            it was written.
        """
        lines, contents = [], {}
        for name, entry in self.tables.items():
            try:
                rows, contents[name] = _content_of(folder / f"{name}.parquet", TABLES[name])
            except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError) as problem:
                reason = (str(problem).splitlines() or [type(problem).__name__])[0][:160]
                lines.append(f"{name}: unreadable ({reason})")
                continue
            if (rows, contents[name]) != (entry.rows, entry.content):
                lines.append(
                    f"{name}: its {rows:,} rows have the fingerprint {contents[name]}; the "
                    f"manifest says {entry.rows:,} rows and {entry.content}"
                )
        if len(contents) == len(self.tables):
            found = overall_fingerprint(contents)
            if found != self.fingerprint:
                lines.append(
                    f"the tables have the fingerprint {found}; the manifest says {self.fingerprint}"
                )
        return lines


def _content_of(path: Path, schema: TableSchema) -> tuple[int, str]:
    """Return a table's rows and the SHA-256 of its values."""
    with TableFile(path).opened() as file:
        schema = schema.among(file.schema_arrow.names)
        content, rows = ContentHash(schema), 0
        if not file.schema_arrow.equals(schema.arrow):
            raise ValueError("its columns are not those of the schema")
        for group in range(file.num_row_groups):
            piece = file.read_row_group(group)
            content.update(piece)
            rows += piece.num_rows
    return rows, content.hexdigest()


def is_dataset(folder: Path) -> bool:
    """Whether a folder holds a QuantHedge dataset (of any version)."""
    try:
        return _read_json(folder).get("format") == FORMAT
    except DataError:
        return False


def listed_tables(folder: Path) -> list[str]:
    """Return the tables that a dataset's manifest lists, of any version; none without one."""
    try:
        tables = _read_json(folder).get("tables")
    except DataError:
        return []
    return [name for name in tables if name in TABLES] if isinstance(tables, dict) else []


def _read_json(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    Manifest.folder(folder)
    if not path.is_file():
        raise DataError(
            f"{folder}: not a QuantHedge dataset (no {MANIFEST}); "
            "make one with `quanthedge import SOURCE TARGET`"
        )
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DataError(f"{path}: larger than {_MOST_BYTES:,} bytes, which no manifest is")
        text = path.read_text(encoding="utf-8")
        content = PlainFile.parsed(text)
    except (ValueError, OSError, RecursionError) as problem:
        raise DataError(f"{path}: unreadable ({problem}); import the data again") from problem
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DataError(f"{path}: not the manifest of a QuantHedge dataset")
    return content


# -- nothing in a file is what it should be until it was looked at


def _wrong(folder: Path, what: str, value: object, accepted: str) -> DataError:
    return DataError(
        f"{folder / MANIFEST}: {what} is {repr(value)[:80]}; accepted: {accepted}; "
        "import the data again"
    )


def _line(folder: Path, content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    if not isinstance(value, str) or not is_line(value):
        raise _wrong(folder, key, value, "one line of text")
    return value


def is_line(text: str) -> bool:
    """Whether a text is one line that a manifest may hold: no control characters, not endless."""
    return len(text) <= _LONGEST_TEXT and not any(
        unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or letter in _TURNS
        for letter in text
    )


def _hex(folder: Path, content: Mapping[str, Any], key: str, where: str = "") -> str:
    value = content.get(key)
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise _wrong(folder, where + key, value, "64 hex digits")
    return value


def _count(folder: Path, content: Mapping[str, Any], key: str, where: str) -> int:
    value = content.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MOST_COUNT:
        raise _wrong(folder, where + key, value, "a whole number from 0")
    return value


def _entries(folder: Path, tables: object) -> dict[str, TableEntry]:
    if not isinstance(tables, dict):
        raise _wrong(folder, "tables", tables, "an object of tables")
    for name, entry in tables.items():
        if name not in TABLES:
            raise _wrong(folder, "a table", name, ", ".join(TABLES))
        if not isinstance(entry, dict):
            raise _wrong(folder, f"table {name}", entry, "rows, bytes, sha256 and content")
    return {
        name: TableEntry(
            _count(folder, entry, "rows", f"{name}: "),
            _count(folder, entry, "bytes", f"{name}: "),
            _hex(folder, entry, "sha256", f"{name}: "),
            _hex(folder, entry, "content", f"{name}: "),
        )
        for name, entry in tables.items()
    }


def _pieces(text: str) -> list[str]:
    return [text[k : k + _LONGEST_TEXT] for k in range(0, len(text), _LONGEST_TEXT)]


def _assumptions(folder: Path, texts: object) -> tuple[str, ...]:
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise _wrong(folder, "assumptions", texts, "a list of texts")
    strange = [text for text in texts if not all(is_line(t) for t in _pieces(text))]
    if strange or sum(map(len, texts)) > _MOST_ASSUMED:
        found = strange[0] if strange else f"{sum(map(len, texts)):,} letters"
        accepted = f"lines of text, of {_MOST_ASSUMED:,} letters together"
        raise _wrong(folder, "assumptions", found, accepted)
    return tuple(texts)
