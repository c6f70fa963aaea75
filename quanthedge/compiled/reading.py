"""Compiled code made ready to run from the bytes that it was kept as."""

import io
import pickle
import sys
from typing import Any

from numba.core.compiler import CompileResult
from numba.core.environment import Environment, _rebuild_env, lookup_environment
from numba.core.runtime import rtsys

__all__ = ["pieces", "rebuilt"]

_HASHES = b"_numba_hashsecret_"  # symbols that numba defines once everything of it is loaded


def rebuilt(content: bytes, target_context: Any) -> Any:
    """Return numba's result of a compilation from what was kept of it.

    numba first loads everything that it can compile, which takes a third of a second and scipy
    with it. Kept code is compiled already: it needs the runtime of arrays and no more. Whatever
    has to be compiled after all loads the rest by itself.
    """
    rtsys.initialize(target_context)
    if _HASHES in content:
        target_context.refresh()
    return CompileResult._rebuild(target_context, *pieces(content))


def pieces(content: bytes) -> Any:
    """Return what numba keeps of compiled code: object code, names, constants, the signature."""
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
