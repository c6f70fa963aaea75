"""A record in the shapes of other packages, and what of theirs agrees with it."""

from quanthedge.interop.alphalens import AlphalensShape, to_alphalens
from quanthedge.interop.pyfolio import PyfolioShape, to_pyfolio
from quanthedge.interop.quantstats import QuantstatsShape, to_quantstats
from quanthedge.interop.regressions import pro_forma_regression, regression
from quanthedge.interop.vectorbt import to_vectorbt

__all__ = [
    "AlphalensShape",
    "PyfolioShape",
    "QuantstatsShape",
    "pro_forma_regression",
    "regression",
    "to_alphalens",
    "to_pyfolio",
    "to_quantstats",
    "to_vectorbt",
]
