"""The compiler of the kernels: numba's, with a store of compiled code that may fail to hold.

Code that was compiled ahead may come with the package (a platform wheel); what did not come, or
does not fit this machine, numba compiles, and it is kept where a folder for it can be written.
"""

from collections.abc import Callable
from typing import Any

import numba

from . import kept, shipped, whole
from .threads import by_blocks

__all__ = ["by_blocks", "can_be_kept", "is_kept", "kinds_of", "njit", "what_was_shipped"]


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
        whole.compile_as_a_whole(dispatcher)
        if cache and not numba.config.DISABLE_JIT:
            dispatcher._cache = kept.store_for(function)
        return dispatcher

    return compiled


def is_kept(dispatcher: Any) -> bool:
    """Return whether a function is compiled, in this process or on disk for its present source."""
    if not hasattr(dispatcher, "signatures"):  # plain Python: NUMBA_DISABLE_JIT
        return True
    if dispatcher.signatures:
        return True
    store = dispatcher._cache
    return isinstance(store, kept.Kept | kept.NotKept) and store.is_there()


def kinds_of(*given: Any) -> tuple[Any, ...]:
    """Return the kinds of arguments, as a function's ``compile`` takes them."""
    return tuple(numba.typeof(one) for one in given)


def can_be_kept(dispatcher: Any) -> bool:
    """Return whether what is compiled of a function is there for the next process too."""
    return isinstance(getattr(dispatcher, "_cache", None), kept.Kept)


def what_was_shipped() -> "shipped.Shipped | None":
    """Return what code compiled ahead came with the package, and what keeps it from being used.

    None where none came: in a clone, and from the wheel for every platform.
    """
    return shipped.examined()
