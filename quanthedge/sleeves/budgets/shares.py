"""Kinds of budgets, and the shares that they leave of a sleeve's decisions."""

from typing import Literal, NamedTuple

from quanthedge.typing import Floats, Ints

__all__ = ["BudgetOf", "BudgetShares"]

BudgetOf = Literal["capital", "margin", "risk"]


class BudgetShares(NamedTuple):
    """A sleeve's shares after R reviews: factors on the base that its decisions are parts of."""

    rows: Ints  # [R] market's days
    share: Floats  # [R]
    asked: Floats  # [R] before caps and band
    reason: tuple[str, ...]  # of R
    figure: Floats  # [R] margin of the whole decision, or volatility a year; NaN: not known
