"""A fund beside what an investor could have had instead, on the same dates and definitions."""

from quanthedge.comparison.others import FixedIncome, Stated, read_unit_values
from quanthedge.comparison.table import Comparison, compare_funds

__all__ = [
    "Comparison",
    "FixedIncome",
    "Stated",
    "compare_funds",
    "read_unit_values",
]
