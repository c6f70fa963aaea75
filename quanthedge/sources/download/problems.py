"""What can go wrong with one request, and what follows from it.

A `DataError` ends the whole download (a wrong token, a full disk). The others concern less:

========== ========================================================================
TryAgain   the request may succeed later: it is repeated, with growing pauses
Failed     this request cannot succeed: it is listed as missing, the next one is made
Refused    the vendor does not give this table: no further request for it is made
========== ========================================================================
"""

__all__ = ["Failed", "Refused", "TryAgain"]


class TryAgain(Exception):
    """A request that may succeed later.

    Attributes
    ----------
    seconds
        The least pause before the next attempt.
    per_minute
        How many requests a minute the vendor says it allows for this interface, if it says so.
    """

    def __init__(self, reason: str, seconds: float = 0.0, per_minute: int | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.per_minute = per_minute


class Failed(Exception):
    """A request that cannot succeed as it is."""


class Refused(Exception):
    """A table that the vendor does not give: no permission, no quota, another form."""
