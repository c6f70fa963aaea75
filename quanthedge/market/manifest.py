"""The manifest of a dataset: what it holds and the fingerprints that prove it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quanthedge.errors import DataError
from quanthedge.market.schema import SCHEMA_VERSION, TABLES

__all__ = ["MANIFEST", "Manifest", "TableEntry", "is_dataset"]

MANIFEST = "manifest.json"
FORMAT = "quanthedge-dataset"


@dataclass(frozen=True)
class TableEntry:
    """One table in the manifest: rows, size and SHA-256 of its file, SHA-256 of its values."""

    rows: int
    bytes: int
    sha256: str
    content: str


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

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Read and check a dataset's manifest; DataError says what is wrong with it."""
        content = _read_json(folder)
        version = content.get("schema_version")
        if version != SCHEMA_VERSION:
            raise DataError(
                f"{folder}: dataset of schema version {version}, this program reads version "
                f"{SCHEMA_VERSION}; import the data again with `quanthedge import`"
            )
        try:
            tables = {name: TableEntry(**entry) for name, entry in content["tables"].items()}
            assumptions = tuple(map(str, content.get("assumptions", ())))
            head = content["name"], content["source"], content["fingerprint"]
            manifest = cls(*head, tables, assumptions)
        except (KeyError, TypeError, AttributeError) as problem:
            raise DataError(
                f"{folder / MANIFEST}: incomplete ({problem}); import the data again"
            ) from problem
        for name, schema in TABLES.items():
            if not schema.optional and name not in tables:
                raise DataError(f"{folder / MANIFEST}: table '{name}' is not listed; import again")
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


def is_dataset(folder: Path) -> bool:
    """Whether a folder holds a QuantHedge dataset (of any version)."""
    try:
        return _read_json(folder).get("format") == FORMAT
    except DataError:
        return False


def _read_json(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not folder.is_dir():
        raise DataError(
            f"{folder}: no such folder; make a dataset with `quanthedge import SOURCE TARGET` "
            "or `quanthedge simulate TARGET`"
        )
    if not path.is_file():
        raise DataError(
            f"{folder}: not a QuantHedge dataset (no {MANIFEST}); "
            "make one with `quanthedge import SOURCE TARGET`"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as problem:
        raise DataError(f"{path}: unreadable ({problem}); import the data again") from problem
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DataError(f"{path}: not the manifest of a QuantHedge dataset")
    return content
