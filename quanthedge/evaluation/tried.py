"""How many factors were tried on these data: what the false-discovery rate is reckoned over."""

from quanthedge.errors import StrategyError

__all__ = ["count_tried"]


def count_tried(evaluated: int, tried: int | None) -> int:
    """Return the number of trials behind an evaluation.

    Parameters
    ----------
    evaluated : int
        Factors of this evaluation.
    tried : int, optional
        What the user says was tried in all; this evaluation's factors by default.

    Raises
    ------
    StrategyError
        Fewer are said to have been tried than are evaluated here.

    Notes
    -----
    This is the one place that a registry of trials on overlapping data has to be asked in.
    """
    if tried is None:
        return evaluated
    if isinstance(tried, bool) or tried < evaluated:
        raise StrategyError(
            f"tried is {tried!r}, and {evaluated} factors are evaluated; accepted: that many or "
            "more: every factor that was looked at on these data counts"
        )
    return int(tried)
