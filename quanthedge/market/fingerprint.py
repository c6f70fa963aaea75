"""Fingerprints: of a file's bytes (is it intact?) and of a table's values (is it the same data?).

The second does not depend on the version of the library that wrote the Parquet file.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash

from quanthedge.market.schema import SCHEMA_VERSION, TableSchema

__all__ = ["ContentHash", "file_sha256", "file_xxh3", "overall_fingerprint"]

_PIECE = 1 << 20


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_xxh3(path: Path) -> str:
    """Return the XXH3 checksum (64 bits) of a file's bytes: finds damage, not intent."""
    found = xxhash.xxh3_64()
    with path.open("rb", buffering=0) as file:
        piece = bytearray(_PIECE)
        while read := file.readinto(piece):
            found.update(memoryview(piece)[:read])
    return found.hexdigest()


def overall_fingerprint(contents: Mapping[str, str]) -> str:
    """Return one fingerprint for tables whose content fingerprints are given."""
    text = "\n".join(f"{name} {contents[name]}" for name in sorted(contents))
    return hashlib.sha256(f"{SCHEMA_VERSION}\n{text}".encode()).hexdigest()


class ContentHash:
    """SHA-256 of a table's values, fed piece by piece; the pieces' sizes do not matter."""

    def __init__(self, schema: TableSchema) -> None:
        self._columns = [hashlib.sha256() for _ in schema.columns]
        self._schema = schema
        self._texts: list[dict[str, int]] = [{} for _ in schema.columns]

    def update(self, table: pa.Table) -> None:
        """Add the next rows of a table in the schema's types."""
        for position, column in enumerate(self._schema.columns):
            for chunk in table.column(column.name).chunks:
                if column.kind in ("text", "label"):
                    values = self._text_numbers(position, chunk)
                else:
                    values = _plain(chunk, column.kind)
                self._columns[position].update(np.ascontiguousarray(values).data)

    def _text_numbers(self, position: int, chunk: pa.Array) -> np.ndarray[Any, Any]:
        """Replace each text by the order in which it was first met; an undefined one by -1."""
        coded = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
        indices = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        words, known = coded.dictionary, self._texts[position]
        used, first = np.unique(indices, return_index=True)
        numbers = np.zeros(len(words) + 1, dtype=np.int64)
        numbers[-1] = -1
        for word in used[np.argsort(first)]:
            if word < 0:
                continue
            numbers[word] = known.setdefault(words[int(word)].as_py(), len(known))
        result: np.ndarray[Any, Any] = numbers[indices]
        return result

    def hexdigest(self) -> str:
        """Return the fingerprint of everything fed so far."""
        whole = hashlib.sha256()
        for column, part, texts in zip(
            self._schema.columns, self._columns, self._texts, strict=True
        ):
            words = "\n".join(texts)
            whole.update(f"{column.name} {column.kind} {part.hexdigest()}\n{words}\n".encode())
        return whole.hexdigest()


def _plain(chunk: pa.Array, kind: str) -> np.ndarray[Any, Any]:
    if kind == "date":
        chunk = chunk.cast(pa.int32()).fill_null(np.iinfo(np.int32).max)
    return np.asarray(chunk.to_numpy(zero_copy_only=False))
