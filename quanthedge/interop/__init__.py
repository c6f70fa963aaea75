"""A record in the shapes of other packages, and what of theirs agrees with it."""

from quanthedge.interop.alphalens import AlphalensShape, to_alphalens
from quanthedge.interop.regressions import pro_forma_regression
from quanthedge.interop.shapes import OtherShapes

__all__ = ["AlphalensShape", "OtherShapes", "pro_forma_regression", "to_alphalens"]
