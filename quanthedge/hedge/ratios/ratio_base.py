"""What all hedge ratios have in common: the history they see, and the ratios that come out."""

from abc import abstractmethod
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from quanthedge.errors import DataError, StrategyError
from quanthedge.kinds import Kinded
from quanthedge.typing import Floats

__all__ = ["HedgeHistory", "HedgeRatio", "HedgeRatios", "no_refits"]


class HedgeHistory(NamedTuple):
    """Daily history of a book and of what it can be hedged with; row t is known at its close.

    Attributes
    ----------
    dates : datetime64[D] [T]
    book : float64 [T]
        Returns of the stocks, per yuan of stocks.
    index_return, future : float64 [T, P]
        Returns of the indices, and of the futures contracts held, rolled at real prices.
    beta : float64 [T, P]
        Betas of the book to the indices by the beta estimator.
    carry : float64 [T, P]
        Expected cost of being short, fraction of the futures value a year; below 0 it is a gain.

    """

    dates: NDArray[np.datetime64]
    book: Floats
    index_return: Floats
    future: Floats
    beta: Floats
    carry: Floats

    @property
    def products(self) -> int:
        """Number of products."""
        return int(self.future.shape[1])


class HedgeRatios(NamedTuple):
    """Short futures value per yuan of stocks, row by row.

    Attributes
    ----------
    ratio : float64 [R, P]
    fallback : bool [R]
        The rule had no ratio of its own and the beta was taken.
    refits : DataFrame
        One row for each time a model was fitted, with what came out; empty for rules without one.

    """

    ratio: Floats
    fallback: NDArray[np.bool_]
    refits: pd.DataFrame


def no_refits() -> pd.DataFrame:
    """Return the empty frame of a rule that fits no model."""
    return pd.DataFrame({"date": pd.DatetimeIndex([])})


class HedgeRatio(Kinded, noun="ratio"):
    """How much is sold short for a book, as a rule that uses the past only.

    A field of this type takes a rule of ours, or one of a user's own, as an object or by its
    ``kind``. An own rule is a class derived from this one that defines :meth:`ratios`, and
    :attr:`memory` where it looks back, with its parameters as fields.

    Examples
    --------
    >>> import quanthedge as qh
    >>> strategy = qh.load_strategy("market_neutral", ["hedge.ratio={kind='minimum_variance'}"])
    >>> isinstance(strategy.hedge.ratio, qh.HedgeRatio)
    True
    """

    needed: ClassVar[tuple[str, ...]] = ("ratios",)
    several_products: ClassVar[bool] = False  # whether it can hedge with several at once
    from_returns: ClassVar[bool] = True  # whether it looks at the book's own past returns

    scale: float = Field(
        default=1.0, ge=0, description="Part of the rule's ratio that is sold short; 1 = all."
    )

    @property
    def memory(self) -> int:
        """Days up to and including its own that a row depends on."""
        return 1

    @abstractmethod
    def ratios(self, history: HedgeHistory, since: int) -> Floats | tuple[Floats, pd.DataFrame]:
        """Return the ratio at each close from row ``since`` on.

        Parameters
        ----------
        history : HedgeHistory
            Of at least :attr:`memory` days before each row wanted, where the data go back so far.
        since : int
            First row wanted.

        Returns
        -------
        float64 [T - since, P], or a pair of it and a DataFrame
            Short futures value per yuan of stocks, before ``scale``; NaN where there is none, and
            the beta stands in. The frame has a row for each time a model was fitted. Row t may use
            the history up to row t and nothing later.
        """

    def estimate(self, history: HedgeHistory, since: int = 0) -> HedgeRatios:
        """Return the ratio at each close from row ``since`` on.

        Parameters
        ----------
        history : HedgeHistory
        since : int
            First row wanted; models are fitted on it and then every so many days.

        Returns
        -------
        HedgeRatios
            Of the rows since .. T - 1. Row t uses the history up to t. Where the rule has no ratio
            yet (too few days) or refuses one (not cointegrated), the beta stands in and
            ``fallback`` says so.

        Raises
        ------
        StrategyError
            When there are several products and the rule hedges with one.
        DataError
            When the history's arrays do not fit together.

        """
        self._check(history, since)
        with self.own_errors("ratios"):
            found = self.ratios(history, since)
        own, refits = found if isinstance(found, tuple) else (found, no_refits())
        if self.own:
            shape = (history.book.size - since, history.products)
            own = self.own_numbers("ratios", own, shape, "a row for each day, a column a product")
        fallback = np.asarray(np.isnan(own).any(axis=1), dtype=np.bool_)
        ratio = np.where(fallback[:, None], history.beta[since:], own)
        return HedgeRatios(self.scale * ratio, fallback, refits)

    def _check(self, history: HedgeHistory, since: int) -> None:
        """Raise for histories that the rule cannot use."""
        days, products = history.future.shape
        shapes = {
            "book": (history.book.shape, (days,)),
            "index_return": (history.index_return.shape, (days, products)),
            "beta": (history.beta.shape, (days, products)),
            "carry": (history.carry.shape, (days, products)),
            "dates": (history.dates.shape, (days,)),
        }
        for name, (shape, wanted) in shapes.items():
            if shape != wanted:
                raise DataError(
                    f"hedge ratio: history.{name} has shape {shape}; accepted is {wanted}, as "
                    f"future has {days} days and {products} products"
                )
        if not 0 <= since < days:
            raise DataError(f"hedge ratio: since {since}; accepted: 0 to {days - 1}")
        if products > 1 and not self.several_products:
            raise StrategyError(
                f"hedge ratio {type(self).__name__} hedges with one product, {products} are given; "
                "take beta, minimum_variance, ewma or fixed, or one product"
            )
