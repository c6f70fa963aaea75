"""The store of one function's compiled code: what came with the package, and what is kept here.

numba keeps compiled code beside the source or in the user's own folder. Where neither may be
written (an installation of root's, no home) or the disk is full it raises, and code that was
damaged on disk is run as it stands. Here the kernel is compiled for this process alone, which is
said once, and kept code carries a checksum: what is damaged is compiled again.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numba.core.caching import FunctionCache, IndexDataCacheFile, NullCache

from quanthedge.compiled import shipped
from quanthedge.compiled.made_of import made_of, spelt
from quanthedge.compiled.reading import rebuilt
from quanthedge.compiled.telling import tell

__all__ = ["Kept", "NotKept", "store_for"]

_MARK = b"quanthedge sha256 "
_DIGEST = 32  # bytes


def store_for(function: Callable[..., Any]) -> "Kept | NotKept":
    """Return the store of a function's compiled code."""
    try:
        return Kept(function)
    except (RuntimeError, OSError) as problem:  # numba: "no locator available"
        return NotKept(function, problem)


class Kept(FunctionCache):  # type: ignore[misc]  # numba has no types
    """numba's store of one function's compiled code, left alone once it fails."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = _CheckedFiles(function, self._impl)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the code that was shipped or kept, None where there is none that can be read."""
        found = shipped.load(self._py_func, sig, target_context)
        if found is not None:
            return found
        try:
            with self._guard_against_spurious_io_errors():
                return self._load_overload(sig, target_context)
        except (OSError, ValueError) as problem:
            tell(f"compiled code cannot be read, it is compiled again: {problem}")
            return None

    def _load_overload(self, sig: Any, target_context: Any) -> Any:
        content = self._cache_file.load(self._index_key(sig, target_context.codegen()))
        return None if content is None else rebuilt(content, target_context)

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep compiled code; leave it where that is not possible."""
        try:
            try:
                super().save_overload(sig, data)
            except ValueError:  # the damaged index that could not be read either
                self.flush()
                super().save_overload(sig, data)
        except (OSError, ValueError) as problem:
            tell(f"compiled code cannot be kept, every start compiles again: {problem}")
            self.disable()

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return (*super()._index_key(sig, codegen), spelt(sig))

    def is_there(self) -> bool:
        """Return whether code of the present source lies on disk."""
        try:
            return shipped.is_there(self._py_func) or bool(self._cache_file._load_index())
        except (OSError, ValueError):
            return False


class NotKept(NullCache):  # type: ignore[misc]
    """The store where no folder can be written: what came with the package, and no more."""

    def __init__(self, function: Callable[..., Any], problem: Exception) -> None:
        self._function, self._problem = function, problem

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the code that was shipped, None where there is none."""
        return shipped.load(self._function, sig, target_context)

    def save_overload(self, sig: Any, data: Any) -> None:
        """Say that it cannot be kept."""
        tell(
            "compiled code cannot be kept, every start compiles again: no folder for it "
            f"can be written, NUMBA_CACHE_DIR may name one ({self._problem})"
        )

    def is_there(self) -> bool:
        """Return whether code of the present source came with the package."""
        return shipped.is_there(self._function)


class _CheckedFiles(IndexDataCacheFile):  # type: ignore[misc]
    """numba's files of one function, each with a checksum at its end."""

    _source_stamp: Any

    def __init__(self, function: Callable[..., Any], impl: Any) -> None:
        super().__init__(impl.locator.get_cache_path(), impl.filename_base, None)
        self._function, self._of_numba = function, impl.locator.get_source_stamp()

    def _stamp(self) -> None:
        """Set what the files are held to; what a function calls is there once it is called."""
        if self._source_stamp is None:
            self._source_stamp = (self._of_numba, made_of(self._function))

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[io.BytesIO]:
        with super()._open_for_write(filepath) as file:
            content = io.BytesIO()
            yield content
            written = content.getvalue()
            file.write(written + _MARK + hashlib.sha256(written).digest())

    def _load_index(self) -> Any:
        self._stamp()
        return super()._load_index() if _content(Path(self._index_path)) is not None else {}

    def _load_data(self, name: str) -> Any:
        content = _content(Path(self._data_path(name)))
        if content is None:
            raise FileNotFoundError(self._data_path(name))  # numba compiles again
        return content


def _content(path: Path) -> bytes | None:
    """Return what a file with our mark holds; ValueError where the mark does not fit it."""
    try:
        whole = path.read_bytes()
    except FileNotFoundError:
        return None
    content, end = whole[: -_DIGEST - len(_MARK)], whole[-_DIGEST - len(_MARK) :]
    if not end.startswith(_MARK):
        return None
    if hashlib.sha256(content).digest() != end[len(_MARK) :]:
        raise ValueError(f"{path} is damaged")
    return content
