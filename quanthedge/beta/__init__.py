"""Estimators of beta, with standard errors.

The classes are those of ``catalogue.toml``; each is imported when it is asked for.
"""

from typing import TYPE_CHECKING, Any

from quanthedge.beta.base import BetaEstimator, RollingBeta, index_returns
from quanthedge.beta.book import book_betas
from quanthedge.beta.preparation import Prepared
from quanthedge.beta.wording import estimator_text
from quanthedge.kinds import read_catalogue

if TYPE_CHECKING:  # for readers of types; what is there is what the catalogue names
    from quanthedge.beta.blume import Blume as Blume
    from quanthedge.beta.dimson import Dimson as Dimson
    from quanthedge.beta.downside import Downside as Downside
    from quanthedge.beta.ewma import Ewma as Ewma
    from quanthedge.beta.huber import Huber as Huber
    from quanthedge.beta.kalman import Kalman as Kalman
    from quanthedge.beta.ols import RollingOLS as RollingOLS
    from quanthedge.beta.overlapping import Overlapping as Overlapping
    from quanthedge.beta.scholes_williams import ScholesWilliams as ScholesWilliams
    from quanthedge.beta.vasicek import Vasicek as Vasicek

CATALOGUE = read_catalogue("quanthedge.beta")

__all__ = [  # noqa: PLE0604 -- names resolved lazily (PEP 562)
    "CATALOGUE",
    "BetaEstimator",
    "Prepared",
    "RollingBeta",
    "book_betas",
    "estimator_text",
    "index_returns",
    *CATALOGUE.places,
]


def __getattr__(name: str) -> Any:
    """Import a class of the catalogue on first use (PEP 562)."""
    if name in CATALOGUE.places:
        found = globals()[name] = CATALOGUE.load(name)
        return found
    raise AttributeError(f"module 'quanthedge.beta' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
