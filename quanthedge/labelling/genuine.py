"""Labels that are what they say: a digest of how they were made, own labels held to the market.

:func:`quanthedge.labels` writes the digest of all its numbers into what it returns. Labels that
were changed, re-ordered or moved to another market afterwards no longer agree with it. Labels that
come from elsewhere have no digest; they are held against what the market's stocks earned, by day.
"""

import hashlib
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from quanthedge.errors import StrategyError
from quanthedge.operators import rank_correlation
from quanthedge.typing import Bools, Floats

if TYPE_CHECKING:
    from quanthedge.labelling.future import Labels

__all__ = ["LEAST", "check_plausible", "check_unchanged", "digest_of"]

_FEWEST = 10  # stocks with both returns, below which a day says nothing

LEAST = 0.5  # rank correlation that a day of returns of one's own has with the market's


def digest_of(labels: "Labels") -> str:
    """Return the SHA-256 of the labels' numbers, their days, their market and their definition."""
    found = hashlib.sha256(labels.market.fingerprint.encode())
    for one in fields(labels):
        if one.name in ("market", "digest"):
            continue
        value = getattr(labels, one.name)
        found.update(f"\0{one.name}\0".encode())
        if isinstance(value, np.ndarray):
            found.update(f"{value.dtype}{value.shape}".encode())
            found.update(np.ascontiguousarray(value).view(np.uint8).data)
        else:
            found.update(repr(value).encode())
    return found.hexdigest()


def check_unchanged(labels: "Labels") -> None:
    """Refuse labels that are no longer what they were when they were made.

    Labels without a digest are not ours and pass: see :func:`check_plausible`.

    Raises
    ------
    StrategyError
        Their numbers, days, market or definition are others than those of their digest.
    """
    if labels.digest and labels.digest != digest_of(labels):
        raise StrategyError(
            "labels: changed after they were made (values, days or definition are not those of "
            "their digest); take them as qh.labels gives them, or own returns as a table by "
            "qh.labels_from(market, table)"
        )


def check_plausible(labels: "Labels", of_market: "Labels", least: float) -> None:
    """Refuse returns that are not those of their stocks on their days.

    Parameters
    ----------
    labels : Labels
        Own ones.
    of_market : Labels
        The market's own of the same days.
    least : float
        Smallest rank correlation that a day's returns may have with the market's own, be it the
        naive or the executable one; -1 asks nothing of it.

    Raises
    ------
    StrategyError
        The returns of a day are the market's own, given to other stocks; or they rank its stocks
        otherwise than what these earned.

    Notes
    -----
    Days on which fewer than 10 stocks have both returns are not asked. Residual returns, returns
    over the index and returns after cost rank stocks nearly as the plain ones do.
    """
    dates = labels.market.dates[labels.rows]
    theirs = (of_market.naive, of_market.value)
    mixed = np.any([_given_to_others(labels.value, one) for one in theirs], axis=0)
    if mixed.any():
        raise StrategyError(
            f"labels: on {int(mixed.sum())} of {len(dates)} days (first {dates[mixed.argmax()]}) "
            "they are the market's own returns, given to other stocks; a label belongs to its stock"
        )
    likeness = np.fmax(*(_likeness(labels.value, one) for one in theirs))
    strange = likeness < least  # False where a day says nothing
    if strange.any():
        first = int(strange.argmax())
        raise StrategyError(
            f"labels: on {int(strange.sum())} of {len(dates)} days they rank stocks otherwise than "
            f"{_moved(labels.value, of_market.naive, likeness)} (first {dates[first]}, rank "
            f"correlation {likeness[first]:.2f}); accepted: returns after each decision, {least:g} "
            "or more on every day"
        )


def _likeness(own: Floats, theirs: Floats) -> Floats:
    """Return the rank correlation of each day, [R]; NaN where too few stocks have both."""
    both = np.isfinite(own) & np.isfinite(theirs)
    found: Floats = rank_correlation(own, theirs, both)
    return np.where(both.sum(axis=1) >= _FEWEST, found, np.nan)


def _given_to_others(own: Floats, theirs: Floats) -> Bools:
    """Return on which days the same numbers stand in another order, bool [R]."""
    found = np.zeros(len(own), dtype=np.bool_)
    for r, (mine, other) in enumerate(zip(own, theirs, strict=True)):
        numbers, same = (np.sort(row[np.isfinite(row)]) for row in (mine, other))
        found[r] = (
            numbers.size >= _FEWEST
            and np.array_equal(numbers, same)
            and not np.array_equal(mine, other, equal_nan=True)
        )
    return found


def _moved(own: Floats, theirs: Floats, likeness: Floats) -> str:
    """Say what the labels are not, and which neighbouring decision's returns they resemble more."""
    earned = "what these earned"
    if len(own) < 3:
        return earned
    here = max(float(np.nanmean(likeness)), 0.5)
    near = {"after": _likeness(own[:-1], theirs[1:]), "before": _likeness(own[1:], theirs[:-1])}
    for where, there in near.items():
        if np.isfinite(there).any() and float(np.nanmean(there)) > here:
            return f"{earned}; they resemble the returns of the decision {where}"
    return earned
