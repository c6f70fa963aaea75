"""A budget of margin: no decision whose contracts would need more."""

from collections.abc import Mapping, Sequence

import numpy as np

from quanthedge.sleeves.budgets.shares import BudgetShares
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["margin_needed", "margin_shares"]


def margin_needed(contracts: Mapping[int, float], rates: Floats, *, larger_side: bool) -> float:
    """Return the margin of contracts wanted, a fraction of what they are parts of.

    >>> margin_needed({0: -1.0, 1: 0.8}, np.array([0.1, 0.15]), larger_side=False)
    0.22
    >>> margin_needed({0: -1.0, 1: 0.8}, np.array([0.1, 0.15]), larger_side=True)
    0.12
    """
    sides = {-1: 0.0, 1: 0.0}
    for c, part in contracts.items():
        if not np.isnan(part):  # left as it is
            sides[1 if part > 0.0 else -1] += abs(part) * float(rates[c])
    return max(sides.values()) if larger_side else sum(sides.values())


def margin_shares(
    budget: float,
    rows: Ints,
    contracts: Sequence[Mapping[int, float]],
    rates: Floats,
    larger: Bools,
) -> BudgetShares:
    """Return what a budget of margin leaves of decisions, at each and where rates change.

    Parameters
    ----------
    budget : float
        Of the equity.
    rows : int64 [R]
        Of the decisions, counted from the first of ``rates``, rising.
    contracts : sequence of R mappings
        Signed parts by contract.
    rates : float64 [T, C]
        Margin of each contract at each close.
    larger : bool [T]
        Whether the larger side alone is asked for.

    Notes
    -----
    A decision that wants no contract keeps the share before: there is nothing to go by.
    """
    found: list[tuple[int, float, float, float]] = []
    share = 1.0
    for k, begin in enumerate(rows):
        stop = rows[k + 1] if k + 1 < len(rows) else len(rates)
        for t in range(int(begin), int(stop)):
            unchanged = t > begin and larger[t] == larger[t - 1]
            if unchanged and (rates[t] == rates[t - 1]).all():
                continue
            needed = margin_needed(contracts[k], rates[t], larger_side=bool(larger[t]))
            if not needed > 0.0:
                continue
            asked = budget / needed
            if t == begin or min(1.0, asked) != share:
                share = min(1.0, asked)
                found.append((t, share, asked, needed))
    days, shares, asks, figures = zip(*found, strict=True) if found else ((), (), (), ())
    reasons = tuple("less" if one < 1.0 else "stated" for one in shares)
    return BudgetShares(
        np.array(days, dtype=np.int64), np.array(shares), np.array(asks), reasons, np.array(figures)
    )
