"""A fund beside what an investor could have had instead, on the same dates and definitions."""

from quanthedge.comparison.others import FixedIncome, Stated
from quanthedge.comparison.products import own_products, product_values, together
from quanthedge.comparison.table import Comparison, Others, compare_funds
from quanthedge.comparison.unit_values import read_unit_values
from quanthedge.comparison.wording import remark, variant_name

__all__ = [
    "Comparison",
    "FixedIncome",
    "Others",
    "Stated",
    "compare_funds",
    "own_products",
    "product_values",
    "read_unit_values",
    "remark",
    "together",
    "variant_name",
]
