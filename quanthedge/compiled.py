"""The compiler of the kernels: numba's, with a store of compiled code that may fail to hold.

numba keeps compiled code beside the source or in the user's own folder. Where neither may be
written (an installation of root's, no home) or the disk is full it raises, and code that was
damaged on disk is run as it stands. Here the kernel is compiled for this process alone, which is
said once, and kept code carries a checksum: what is damaged is compiled again.
"""

import hashlib
import io
import logging
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
from numba import types
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.environment import Environment, _rebuild_env, lookup_environment
from numba.core.runtime import rtsys

__all__ = ["is_kept", "njit"]

_MARK = b"quanthedge sha256 "
_DIGEST = 32  # bytes
_HASHES = b"_numba_hashsecret_"  # symbols that numba defines once everything of it is loaded
_told: set[str] = set()


def njit(
    *, cache: bool = True, allocates: bool = True, **options: Any
) -> Callable[[Callable[..., Any]], Any]:
    """Return numba's ``njit`` with these options and a cache that never stops the work.

    Parameters
    ----------
    cache : bool
        Keep compiled code from one process to the next, where a folder for it can be written.
    allocates : bool
        False for a function that makes no array and returns none: it is compiled without the
        counting of references, which otherwise costs some ten nanoseconds for each array handed
        over, in a tuple too. One that does make an array is refused when it is compiled.
    **options
        Those of :func:`numba.njit`.
    """

    def compiled(function: Callable[..., Any]) -> Any:
        # said of every function, as one that does not say it takes after its first caller
        dispatcher = numba.njit(_nrt=allocates, **options)(function)
        _one_version_for_all_constants(dispatcher)
        if cache and not numba.config.DISABLE_JIT:
            try:
                dispatcher._cache = _Cache(function)
            except (RuntimeError, OSError):  # numba: "no locator available"
                _tell(
                    "compiled code cannot be kept, every start compiles again: no folder for it "
                    "can be written (NUMBA_CACHE_DIR may name one)"
                )
        return dispatcher

    return compiled


def _one_version_for_all_constants(dispatcher: Any) -> None:
    """Let calls with a constant use the version for numbers.

    numba compiles a function anew for each whole number that a compiled caller writes out, so that
    ``refuse(.., BUY, .., CASH)`` and ``refuse(.., SELL, .., LOT)`` were two functions, and all that
    calls them grew with them.
    """
    if not hasattr(dispatcher, "get_call_template"):  # plain Python: NUMBA_DISABLE_JIT
        return
    template_of = dispatcher.get_call_template

    def get_call_template(args: Any, kws: Any) -> Any:
        plain = {name: types.unliteral(kind) for name, kind in dict(kws).items()}
        return template_of(tuple(types.unliteral(kind) for kind in args), plain)

    dispatcher.get_call_template = get_call_template


def is_kept(dispatcher: Any) -> bool:
    """Return whether a function is compiled, in this process or on disk for its present source."""
    if not hasattr(dispatcher, "signatures"):  # plain Python: NUMBA_DISABLE_JIT
        return True
    if dispatcher.signatures:
        return True
    if not isinstance(dispatcher._cache, _Cache):
        return False
    try:
        return bool(dispatcher._cache._cache_file._load_index())
    except (OSError, ValueError):
        return False


class _Cache(FunctionCache):  # type: ignore[misc]  # numba has no types
    """numba's store of one function's compiled code, left alone once it fails."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = _CheckedFiles(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=self._impl.locator.get_source_stamp(),
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the kept code, None where there is none that can be read.

        numba first loads everything that it can compile, which takes a third of a second and scipy
        with it. Kept code is compiled already: it needs the runtime of arrays and no more. Whatever
        has to be compiled after all loads the rest by itself.
        """
        rtsys.initialize(target_context)
        try:
            with self._guard_against_spurious_io_errors():
                return self._load_overload(sig, target_context)
        except (OSError, ValueError) as problem:
            _tell(f"compiled code cannot be read, it is compiled again: {problem}")
            return None

    def _load_overload(self, sig: Any, target_context: Any) -> Any:
        kept = self._cache_file.load(self._index_key(sig, target_context.codegen()))
        if kept is None:
            return None
        if self._cache_file.hashes:
            target_context.refresh()
        return self._impl.rebuild(target_context, kept)

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep compiled code; leave it where that is not possible."""
        try:
            try:
                super().save_overload(sig, data)
            except ValueError:  # the damaged index that could not be read either
                self.flush()
                super().save_overload(sig, data)
        except (OSError, ValueError) as problem:
            _tell(f"compiled code cannot be kept, every start compiles again: {problem}")
            self.disable()


class _CheckedFiles(IndexDataCacheFile):  # type: ignore[misc]
    """numba's files of one function, each with a checksum at its end."""

    hashes = False  # the code that was read last asks for what numba hashes with

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[io.BytesIO]:
        with super()._open_for_write(filepath) as file:
            content = io.BytesIO()
            yield content
            written = content.getvalue()
            file.write(written + _MARK + hashlib.sha256(written).digest())

    def _load_index(self) -> Any:
        return super()._load_index() if _content(Path(self._index_path)) is not None else {}

    def _load_data(self, name: str) -> Any:
        content = _content(Path(self._data_path(name)))
        if content is None:
            raise FileNotFoundError(self._data_path(name))  # numba compiles again
        self.hashes = _HASHES in content
        return _Reader(io.BytesIO(content)).load()


class _Reader(pickle.Unpickler):
    """Reads kept code and leaves out the modules of numba that its pieces were written in."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name means; environments are ours to make."""
        if (module, name) == (_rebuild_env.__module__, _rebuild_env.__name__):
            return _environment
        return super().find_class(module, name)


def _environment(module: str, constants: list[Any], name: str) -> Any:
    """Return the constants of a compiled function and the names of its module.

    Only code that runs as Python objects asks for these names, and ours does not: for functions
    of numba's own their module, and scipy with it, is not imported.
    """
    if not module.startswith("numba.") or module in sys.modules:
        return _rebuild_env(module, constants, name)
    found = lookup_environment(name)
    if found is None:
        found = Environment({"__name__": module})
        found.consts[:] = constants
        found.env_name = name
        Environment._memo[name] = found
    return found


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


def _tell(sentence: str) -> None:
    """Say once a process why it compiles."""
    if not _told:
        logging.getLogger("quanthedge").warning(sentence)
    _told.add(sentence)
