"""A strategy as plain data, the products named beside it, and its variants."""

from quanthedge.strategy.model import Strategy, load_strategy
from quanthedge.strategy.particulars import COMMENTS, Logo, Particulars, read_particulars
from quanthedge.strategy.products import Product
from quanthedge.strategy.tables import with_tables
from quanthedge.strategy.variants import (
    EVERY_MEMBER,
    VARIANTS,
    borrows,
    is_itself,
    variant,
    variant_names,
)

__all__ = [
    "COMMENTS",
    "EVERY_MEMBER",
    "VARIANTS",
    "Logo",
    "Particulars",
    "Product",
    "Strategy",
    "borrows",
    "is_itself",
    "load_strategy",
    "read_particulars",
    "variant",
    "variant_names",
    "with_tables",
]
