"""Whether the kernels of a run are compiled already; what is done and said if not.

Where no compiled code came with the package that fits, the first run on a machine compiles for
about a minute; whoever waits should know why, once. The ledger, half of it all, is compiled beside
the rest.
"""

import logging
from collections.abc import Callable

from quanthedge.ledger import compile_ahead

__all__ = ["saying_so"]

_FIRST = "compiling, once on this machine: about a minute"
_told = False


def saying_so(say: Callable[[str], None]) -> Callable[[str], None]:
    """Return a teller of stages that adds why the first run takes long; also logs it once.

    The log goes to stderr where nothing else is configured, so that a run without a terminal says
    it too.
    """
    if not compile_ahead():
        return say
    global _told  # noqa: PLW0603 -- once a process
    if not _told:
        _told = True
        logging.getLogger("quanthedge").warning(_FIRST)
    return lambda text: say(f"{text} ({_FIRST})")
