"""Combination of factors into one score per day and stock."""

from quanthedge.alpha.combine import FactorTerm, Transforms, scores, standardise

__all__ = ["FactorTerm", "Transforms", "scores", "standardise"]
