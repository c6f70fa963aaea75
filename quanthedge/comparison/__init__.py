"""A fund beside what an investor could have had instead, on the same dates and definitions."""

from quanthedge.comparison.others import FixedIncome, Stated
from quanthedge.comparison.products import Products
from quanthedge.comparison.table import Comparison, Others, compare_funds
from quanthedge.comparison.unit_values import read_unit_values
from quanthedge.comparison.wording import remark, variant_name

__all__ = [
    "Comparison",
    "FixedIncome",
    "Others",
    "Products",
    "Stated",
    "compare_funds",
    "read_unit_values",
    "remark",
    "variant_name",
]
