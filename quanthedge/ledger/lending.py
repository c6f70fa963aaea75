"""On what terms sleeves borrow stocks, by day: who has none sells nothing short."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from quanthedge.errors import LedgerError
from quanthedge.typing import Bools, Floats

__all__ = ["NO_LENDING", "LendingBook", "Terms", "lending_book"]


Terms = tuple[Floats, Floats, Floats]  # of a sleeve: fee, available, collateral, [T + 1] each


class LendingBook(NamedTuple):
    """Terms of S sleeves; [0] and [0, 0] where nobody borrows, NaN where nothing is lent yet."""

    given: Bools  # [S] whether the sleeve may sell borrowed stocks
    fee: Floats  # [S, T + 1] a year, fraction of the value lent
    available: Floats  # [S, T + 1] yuan that may be borrowed in all on the day
    collateral: Floats  # [S, T + 1] kept beside the proceeds, fraction of the value lent


NO_LENDING = LendingBook(np.zeros(0, np.bool_), *(np.zeros((0, 0)) for _ in range(3)))


def lending_book(sleeves: Sequence[Terms | None]) -> LendingBook:
    """Return the terms of a fund's sleeves, of the same days; ``None`` borrows nothing.

    Parameters
    ----------
    sleeves : sequence of (fee, available, collateral) or None
        float64 [T + 1] each, the day before the span in front; as :class:`LendingBook` has them.

    Raises
    ------
    LedgerError
        A single sleeve borrows, a fee or a collateral is below 0, or days differ.
    """
    terms = [one for one in sleeves if one is not None]
    if not terms:
        return NO_LENDING
    if len(sleeves) < 2:
        raise LedgerError("ledger inputs: lending of a single sleeve; accepted: one of several")
    days = {len(part) for one in terms for part in one}
    if len(days) > 1:
        raise LedgerError(f"ledger inputs: lending of {sorted(days)} days; accepted: of one length")
    if any((part < 0).any() for one in terms for part in one):
        raise LedgerError("ledger inputs: lending terms below 0; accepted: 0 or more")
    nothing = np.full(days.pop(), np.nan)
    rows = [(nothing, nothing, nothing) if one is None else one for one in sleeves]
    return LendingBook(
        np.array([one is not None for one in sleeves]),
        *(np.stack(part) for part in zip(*rows, strict=True)),
    )
