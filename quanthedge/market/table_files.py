"""Open Parquet, Feather and NumPy files within the budget: what they claim is asked for first."""

import struct
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from quanthedge.errors import DataError
from quanthedge.storage import Budget, claim

__all__ = ["TableFile"]

Array = np.ndarray[Any, Any]
_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "INT64": 8, "INT96": 12, "FLOAT": 4, "DOUBLE": 8}
_MOST_COLUMNS = 100_000


class TableFile:
    """A file of a table, or of numbers, that is read within the budget.

    Parameters
    ----------
    path
        The file; each method says which kind it reads.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)

    def opened(self, read_dictionary: list[str] | None = None) -> pq.ParquetFile:
        """Open a Parquet file whose footer claims no more than the budget allows.

        Columns of texts in `read_dictionary` are read as dictionaries, so that a text that repeats
        is in memory once.

        Raises
        ------
        DataError
            Its claims are beyond the budget. Damage raises what pyarrow raises.
        """
        path = self._path
        _refuse_pipes(path)
        file = pq.ParquetFile(path, read_dictionary=read_dictionary)
        try:
            footer = file.metadata
            claim(path, bytes=_claimed(footer), rows=footer.num_rows)
        except BaseException:
            file.close()
            raise
        return file

    def parquet(self) -> pa.Table:
        """Return a Parquet file's table; texts are plain. Raises as `opened` does."""
        path = self._path
        with self.opened() as file:
            claimed = _claimed(file.metadata)
            texts = [field.name for field in file.schema_arrow if _is_text(field.type)]
        if not texts:
            with pq.ParquetFile(path) as file:
                return file.read()
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            table = self.sound(file.read())
        claim(path, bytes=claimed + sum(_text_bytes(path, name, table[name]) for name in texts))
        for name in texts:
            if pa.types.is_dictionary(table[name].type):
                place = table.column_names.index(name)
                plain = table[name].cast(table[name].type.value_type)
                table = table.set_column(place, name, plain)
        return table

    def feather(self) -> pa.Table:
        """Return a Feather (Arrow) file's table; its buffers say first what they unpack to.

        Raises
        ------
        DataError
            It is no Feather file of version 2, or claims more than the budget allows.
        """
        path = self._path
        claim(path)
        with pa.OSFile(str(path)) as file:
            mark = file.read(8)
            if mark[:6] != b"ARROW1":
                raise DataError(f"{path}: no Feather file of version 2; save it again with pyarrow")
            total = rows = 0
            while (message := _next_message(file)) is not None:
                size, length = message
                total += size
                rows += length
            claim(path, bytes=total, rows=rows)
        with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as reader:
            return self.sound(reader.read_all())

    def numbers(self) -> Array:
        """Return the array of a NumPy file of plain numbers that holds exactly what it claims.

        Raises
        ------
        DataError
            It is no such file, or claims another number of values than its bytes are.
        """
        path = self._path
        _refuse_pipes(path)
        try:
            return _plain_numbers(path)
        except FileNotFoundError as problem:
            raise DataError(f"{path}: no such file") from problem
        except (OSError, ValueError, EOFError, OverflowError, SyntaxError, RecursionError,
                TypeError, TokenError, MemoryError) as problem:  # fmt: skip
            reason = (str(problem).splitlines() or [type(problem).__name__])[0][:120]
            raise DataError(f"{path}: unreadable as a NumPy file ({reason})") from problem

    def sound(self, table: pa.Table) -> pa.Table:
        """Return a table read of the file; DataError where its texts have bytes that are none.

        pyarrow takes a text's bytes as they come and fails only where one is looked at.
        """
        for name, column in zip(table.column_names, table.columns, strict=True):
            coded = pa.types.is_dictionary(column.type)
            kind = column.type.value_type if coded else column.type
            if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
                continue
            for chunk in column.chunks:
                try:
                    (chunk.dictionary if coded else chunk).validate(full=True)
                except pa.ArrowInvalid as problem:
                    raise DataError(
                        f"{self._path}: column '{name}' has a text that is no UTF-8; the file is "
                        "damaged"
                    ) from problem
        return table


def _refuse_pipes(path: Path) -> None:
    """Refuse what is there and no plain file: opening a pipe would wait for ever."""
    if path.exists() and not path.is_file():
        raise DataError(f"{path}: is no plain file")


def _claimed(footer: pq.FileMetaData) -> int:
    """Return the larger of what the pages and what the values of a file take unpacked.

    Read off schema and row groups: asked for a column's own metadata, pyarrow ends the process
    where a damaged footer has none.
    """
    kinds = (footer.schema.column(place).physical_type for place in range(footer.num_columns))
    width = sum(_WIDTHS.get(kind, 4) for kind in kinds)
    total = 0
    for group in range(footer.num_row_groups):
        about = footer.row_group(group)
        total += max(about.total_byte_size, width * about.num_rows, 0)
    return total


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_binary(kind)
        or types.is_large_binary(kind)
    )


def _text_bytes(path: Path | str, name: str, column: pa.ChunkedArray) -> int:
    """Return the bytes that a column's texts take when each is written out."""
    total, most = 0, Budget.now().text
    for chunk in column.chunks:
        if not pa.types.is_dictionary(chunk.type) or len(chunk) == 0:
            continue
        lengths = pc.binary_length(chunk.dictionary)
        longest = pc.max(lengths).as_py() or 0
        if longest > most:
            raise DataError(
                f"{path}: column '{name}' has a text of {longest:,} bytes; accepted: {most:,}"
            )
        total += int(pc.sum(lengths.cast(pa.int64()).take(chunk.indices)).as_py() or 0)
    return total


def _next_message(file: Any) -> tuple[int, int] | None:
    """Return unpacked bytes and rows of the next message of an Arrow stream; None at its end."""
    try:
        message = pa.ipc.read_message(file)
    except EOFError:
        return None
    if message.type not in ("record batch", "dictionary"):
        return 0, 0
    return _unpacked(message.metadata.to_pybytes(), message.body)


def _unpacked(metadata: bytes, body: pa.Buffer) -> tuple[int, int]:
    """Read a record batch's flatbuffer as far as the sizes of its buffers.

    Message { version, header_type, header, bodyLength }; RecordBatch { length, nodes, buffers,
    compression }; DictionaryBatch { id, data: RecordBatch }. A compressed buffer begins with its
    unpacked size (-1: not compressed). Source: format/Message.fbs of Apache Arrow.
    """
    try:
        table = _Table.root(metadata)
        header = table.table(2)
        if table.byte(1) == 2:  # DictionaryBatch
            header = header.table(1)
        length, compressed = header.long(0), header.has(3)
        total = 0
        for place, size in header.pairs(2):
            unpacked = size
            if compressed and size >= 8:
                unpacked = int(struct.unpack_from("<q", body, place)[0])
                unpacked = size - 8 if unpacked == -1 else unpacked
            if unpacked < 0:
                raise ValueError("a buffer of negative size")
            total += unpacked
    except (struct.error, IndexError) as problem:
        raise ValueError("damaged record batch") from problem
    return total, length


class _Table:
    """A table in a flatbuffer."""

    def __init__(self, data: bytes, place: int) -> None:
        self._data, self._place = data, place
        self._names = place - struct.unpack_from("<i", data, place)[0]

    @classmethod
    def root(cls, data: bytes) -> "_Table":
        return cls(data, struct.unpack_from("<I", data, 0)[0])

    def _field(self, number: int) -> int:
        length = struct.unpack_from("<H", self._data, self._names)[0] if self._names >= 0 else 0
        if 4 + 2 * number >= length:
            return 0
        return int(struct.unpack_from("<H", self._data, self._names + 4 + 2 * number)[0])

    def has(self, number: int) -> bool:
        return self._field(number) != 0

    def byte(self, number: int) -> int:
        place = self._field(number)
        return self._data[self._place + place] if place else 0

    def long(self, number: int) -> int:
        place = self._field(number)
        return int(struct.unpack_from("<q", self._data, self._place + place)[0]) if place else 0

    def _follow(self, number: int) -> int:
        place = self._place + self._field(number)
        return place + int(struct.unpack_from("<I", self._data, place)[0])

    def table(self, number: int) -> "_Table":
        return _Table(self._data, self._follow(number))

    def pairs(self, number: int) -> list[tuple[int, int]]:
        """Return a vector of structs of two int64."""
        if not self.has(number):
            return []
        place = self._follow(number)
        count = struct.unpack_from("<I", self._data, place)[0]
        if place + 4 + 16 * count > len(self._data):
            raise IndexError(count)
        numbers = struct.unpack_from(f"<{2 * count}q", self._data, place + 4)
        return list(zip(numbers[::2], numbers[1::2], strict=True))


def _plain_numbers(path: Path) -> Array:
    with path.open("rb") as file:
        shape, dtype = _npy_head(file)
        size = path.stat().st_size - file.tell()
        count = 1
        for length in shape:
            count *= length
        if dtype.hasobject or count * dtype.itemsize != size:
            raise DataError(
                f"{path}: claims {count:,} values of {dtype}; its {size:,} bytes hold "
                f"{size // max(dtype.itemsize, 1):,} (cut off or damaged)"
            )
        claim(path, bytes=size, rows=shape[0] if shape else 1)
        return np.fromfile(file, dtype, count).reshape(shape)


def _npy_head(file: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise ValueError(f"version {version}")
    shape, _order, dtype = read(file)
    return shape, dtype
