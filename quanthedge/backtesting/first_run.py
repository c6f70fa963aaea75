"""Whether the compiled kernels of a run lie in numba's cache already, and what to say if not.

The first run on a machine compiles for about two minutes; whoever waits should know why, once.
"""

import logging
from collections.abc import Callable

__all__ = ["saying_so"]

_FIRST = "compiling, once on this machine: about two minutes"
_told = False


def saying_so(say: Callable[[str], None]) -> Callable[[str], None]:
    """Return a teller of stages that adds why the first run takes long; also logs it once.

    The log goes to stderr where nothing else is configured, so that a run without a terminal says
    it too.
    """
    if _kernels_are_kept():
        return say
    global _told  # noqa: PLW0603 -- once a process
    if not _told:
        _told = True
        logging.getLogger("quanthedge").warning(_FIRST)
    return lambda text: say(f"{text} ({_FIRST})")


def _kernels_are_kept() -> bool:
    """Return whether the ledger's kernel is compiled, in this process or on disk."""
    from quanthedge.compiled import is_kept
    from quanthedge.ledger.kernels.day import run_days

    return is_kept(run_days)
