"""Combination of factors into one score per day and stock."""

from quanthedge.alpha.combine import FactorTerm, scores

__all__ = ["FactorTerm", "scores"]
