"""What several factors of one panel are made of is worked out once.

Inside :func:`sharing` the first factor that asks for a part (market value, a beta) makes it and the
others are handed the same array, which nobody may change. Outside nothing is kept.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from quanthedge.market import Market
from quanthedge.typing import Floats, Ints

__all__ = ["shared", "sharing"]

# the market is kept beside each part: one that is gone would leave its identity to another
_parts: ContextVar[dict[Hashable, tuple[Market, Floats]] | None] = ContextVar("parts", default=None)


@contextmanager
def sharing() -> Iterator[None]:
    """Share parts among the factors that are asked inside, and forget them afterwards."""
    token = _parts.set({})
    try:
        yield
    finally:
        _parts.reset(token)


def shared(market: Market, days: Ints, what: Hashable, make: Callable[[], Floats]) -> Floats:
    """Return a part on some days, made once inside :func:`sharing`.

    Parameters
    ----------
    market : Market
    days : int64 [R]
    what : hashable
        What is made: everything that it depends on beside market and days.
    make : callable
        Gives float64 [R, N].
    """
    parts = _parts.get()
    if parts is None:
        return make()
    key = (id(market), days.tobytes(), what)
    if key not in parts:
        made = make()
        made.setflags(write=False)
        parts[key] = market, made
    return parts[key][1]
