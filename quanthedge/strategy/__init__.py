"""A strategy as plain data, the products named beside it, and its variants."""

from quanthedge.strategy.model import Strategy, load_strategy
from quanthedge.strategy.particulars import COMMENTS, Logo, Particulars, read_particulars
from quanthedge.strategy.products import Product
from quanthedge.strategy.variants import EVERY_MEMBER, VARIANTS, variant_names

__all__ = [
    "COMMENTS",
    "EVERY_MEMBER",
    "VARIANTS",
    "Logo",
    "Particulars",
    "Product",
    "Strategy",
    "load_strategy",
    "read_particulars",
    "variant_names",
]
