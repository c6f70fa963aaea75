"""Read plain data from a pickle, such as a list of instruments, without running anything in it.

A pickle is a program. Only the instructions that build lists, dictionaries, tuples, texts and
numbers are accepted; whatever would look up or call something is refused by name before a single
instruction is carried out.
"""

import io
import pickle
import pickletools
from collections.abc import Collection
from pathlib import Path
from typing import Any

from quanthedge.documents import printable
from quanthedge.errors import DataError
from quanthedge.storage import claim

__all__ = ["read_instruments", "read_pickle"]

_LARGEST = 200_000_000  # bytes
_OBJECT = 100  # bytes that an instruction can take in memory
_ASKED = 100_000  # instructions between two claims
_PLAIN = {
    "PROTO", "FRAME", "STOP", "MARK", "POP", "POP_MARK", "EMPTY_LIST", "EMPTY_DICT", "EMPTY_TUPLE",
    "LIST", "DICT", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "APPEND", "APPENDS", "SETITEM",
    "SETITEMS", "NONE", "NEWTRUE", "NEWFALSE", "INT", "BININT", "BININT1", "BININT2", "LONG",
    "LONG1", "FLOAT", "BINFLOAT", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES",
    "PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE", "GET", "BINGET", "LONG_BINGET",
}  # fmt: skip


class _Plain(pickle.Unpickler):
    """An unpickler that finds nothing: the second lock."""

    def find_class(self, module: str, name: str) -> Any:
        """Refuse every class and function."""
        raise pickle.UnpicklingError(f"{module}.{name}")


def read_instruments(path: Path) -> list[dict[str, Any]]:
    """Return the dictionaries of `instruments.pk`.

    Raises
    ------
    DataError
        The file is damaged, too large, asks for anything but plain data, or is no list of
        dictionaries.
    """
    found = read_pickle(path)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise DataError(f"{path}: holds no list of instruments; import the bundle's own file")
    return found


def read_pickle(
    path: Path, further: Collection[str] = (), unpickler: type[pickle.Unpickler] = _Plain
) -> Any:
    """Return the lists, dictionaries, texts and numbers of a pickle, and what else is accepted.

    Parameters
    ----------
    path : Path
    further : collection of str
        Instructions that are accepted beside those of plain data, by pickletools' names.
    unpickler : class
        Its ``find_class`` says which names there are; none by default.

    Raises
    ------
    DataError
        The file is damaged, too large, or has another instruction: asks for more than that.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    if path.stat().st_size > _LARGEST:
        raise DataError(f"{path}: larger than {_LARGEST // 10**6} MB; refused")
    claim(path, bytes=path.stat().st_size)
    content = path.read_bytes()
    _check_instructions(path, content, _PLAIN | set(further))
    try:
        return unpickler(io.BytesIO(content), encoding="utf-8").load()
    except Exception as problem:
        raise DataError(f"{path}: unreadable pickle ({printable(str(problem)[:200])})") from problem


def _check_instructions(path: Path, content: bytes, accepted: set[str]) -> None:
    """Walk through the instructions without carrying them out."""
    instructions = pickletools.genops(content)
    count = 0
    while True:
        try:
            instruction, argument, _ = next(instructions)
        except StopIteration:
            return
        except Exception as problem:
            raise DataError(
                f"{path}: damaged pickle ({printable(str(problem)[:200])})"
            ) from problem
        count += 1
        name = instruction.name
        if count % _ASKED == 0:
            claim(path, bytes=count * _OBJECT, rows=count)
        if name not in accepted:
            shown = f" ({printable(argument[:60])})" if isinstance(argument, str) else ""
            raise DataError(
                f"{path}: the pickle wants to {name}{shown}, which is more than plain data; refused"
            )
        # A far place in the memo would make the reader allocate up to there.
        if name in ("PUT", "BINPUT", "LONG_BINPUT") and int(str(argument)) > count:
            raise DataError(f"{path}: the pickle's memo is not in order; refused")
