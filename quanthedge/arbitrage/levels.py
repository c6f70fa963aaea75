"""Scores at which a spread is entered, left and given up: the usual ones, which fit together."""

__all__ = ["refused_levels", "spread_levels"]

_USUAL: dict[str, tuple[float, float, float]] = {  # entry, exit, stop
    "z": (2.0, 0.5, 4.0),
    "band": (2.0, 0.5, 4.0),
    "carry": (0.03, 0.005, 0.10),
}


def spread_levels(
    rule: str, entry: float | None, out: float | None, stop: float | None
) -> tuple[float, float, float]:
    """Return entry, exit and stop of a calendar spread: those given, else the rule's usual ones.

    >>> spread_levels("carry", 0.05, None, None)
    (0.05, 0.005, 0.1)
    """
    usual = _USUAL.get(rule, _USUAL["z"])
    given = (entry, out, stop)
    first, second, third = (
        theirs if own is None else own for own, theirs in zip(given, usual, strict=True)
    )
    return first, second, third


def refused_levels(entry: float, out: float, stop: float) -> str:
    """Return what is wrong with entry, exit and stop; "" where they fit together.

    >>> refused_levels(2.0, 0.5, 4.0)
    ''
    >>> refused_levels(2.0, 3.0, 4.0)
    'exit 3, entry 2, stop 4: accepted: 0 <= exit < entry < stop'
    """
    if 0.0 <= out < entry < stop:
        return ""
    return f"exit {out:g}, entry {entry:g}, stop {stop:g}: accepted: 0 <= exit < entry < stop"
