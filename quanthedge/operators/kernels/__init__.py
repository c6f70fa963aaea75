"""Compiled operators: plain arrays in and out."""

from quanthedge.operators.kernels.sorting import sorted_places

__all__ = ["sorted_places"]
