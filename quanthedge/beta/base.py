"""What all estimators of beta have in common: parameters, fit, and the arrays that come out."""

from abc import abstractmethod
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr

from quanthedge.beta.limits import DatedMarket
from quanthedge.beta.preparation import Preparation, Prepared
from quanthedge.errors import DataError, StrategyError
from quanthedge.kinds import Kinded
from quanthedge.typing import Floats

__all__ = [
    "BetaEstimator",
    "RollingBeta",
    "check_returns",
    "check_window",
    "fit_prepared",
    "index_returns",
    "minimum_fits",
]


class _Prices(DatedMarket, Protocol):
    """The part of a market that betas need."""

    def index_close(self, code: str, /) -> Floats: ...


class _IndexPrices(Protocol):
    def index_close(self, code: str, /) -> Floats: ...


class RollingBeta(NamedTuple):
    """Betas by day and stock; row t uses nothing later than the close of day t.

    Attributes
    ----------
    beta : ndarray [T, N] or [T, N, K]
        Slope on each of K indices; NaN where it is not defined.
    standard_error : ndarray [T, N] or [T, N, K]
        Of the slope; NaN where `beta` is.
    observations : int32 ndarray [T, N]
        Days on which all returns were known.

    """

    beta: Floats
    standard_error: Floats
    observations: NDArray[np.int32]


def check_window(window: int, min_observations: int) -> None:
    """Raise StrategyError unless 3 <= min_observations <= window."""
    if not 3 <= min_observations <= window:
        raise StrategyError(
            f"beta: window {window} with min_observations {min_observations}; "
            "accepted is 3 <= min_observations <= window; change one of them"
        )


def minimum_fits(estimator: Any) -> None:
    """Raise ValueError when an estimator's min_observations are more than its window."""
    if estimator.min_observations > estimator.window:
        raise ValueError(
            f"min_observations {estimator.min_observations} is more than window "
            f"{estimator.window}; lower min_observations or lengthen the window"
        )


def check_returns(returns: Floats, index: Floats) -> tuple[Floats, Floats]:
    """Return both as contiguous float64 arrays, or raise DataError when their days differ."""
    returns = np.ascontiguousarray(returns, dtype=np.float64)
    index = np.ascontiguousarray(index, dtype=np.float64)
    if returns.ndim != 2 or index.ndim not in (1, 2) or returns.shape[0] != index.shape[0]:
        raise DataError(
            f"beta: returns have shape {returns.shape} and index_returns {index.shape}; "
            "accepted are [T, N] and [T] or [T, K] over the same days"
        )
    return returns, index


def index_returns(market: _IndexPrices, code: str) -> Floats:
    """Return the simple close-to-close returns of an index, [T].

    The first day, days without a close and the day after one are NaN. Row t uses the closes of
    t - 1 and t.

    Examples
    --------
    >>> class Prices:
    ...     def index_close(self, code):
    ...         return np.array([2400.0, 2424.0, np.nan, 2450.0])
    >>> index_returns(Prices(), "000300.SH").round(4)
    array([ nan, 0.01,  nan,  nan])

    """
    close = np.asarray(market.index_close(code), dtype=np.float64)
    result = np.full(close.shape, np.nan)
    result[1:] = close[1:] / close[:-1] - 1.0
    return result


class BetaEstimator(Kinded, noun="estimator", catalogue="quanthedge.beta"):
    """An estimator of beta, as strategies name it; ``fit`` in the manner of scikit-learn.

    A field of this type takes an estimator of the catalogue, or one of a user's own, as an object
    or by its ``kind``. An own estimator is a class derived from this one that defines
    :attr:`memory` and :meth:`betas`, with its parameters as fields.

    Attributes
    ----------
    index : str
        Index that is hedged.
    method : {"bottom_up", "top_down"}
        Beta of the book from the betas of the stocks held now, or from the book's own past returns.
    beta_, standard_error_ : ndarray [T, N], or [T, N, K] when fitted on K indices
    observations_ : int32 ndarray [T, N]

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["beta={kind='ols', window=120}"])
    >>> isinstance(strategy.beta, qh.BetaEstimator), strategy.beta.window
    (True, 120)
    """

    needed: ClassVar[tuple[str, ...]] = ("memory", "betas")
    several_indices: ClassVar[bool] = True  # whether it can regress on several indices jointly

    index: str = Field(default="000300.SH", description="Index that is hedged.")
    method: Literal["bottom_up", "top_down"] = Field(
        default="bottom_up",
        description="Beta from the stocks held now, or from the book's own past returns.",
    )

    preparation: Preparation = Field(
        default_factory=Preparation,
        description="What is done with suspensions, new listings and days at a price limit.",
    )

    _fitted: RollingBeta | None = PrivateAttr(default=None)

    def __eq__(self, other: object) -> bool:
        """Whether kind and parameters are the same, fitted or not."""
        return type(self) is type(other) and self.get_params() == other.get_params()

    def __hash__(self) -> int:
        """Return a hash of the parameters."""
        return hash(self.model_dump_json())

    @property
    def pairs_only(self) -> bool:
        """Whether it regresses pairs of one day, so that days may be paired by stock."""
        return False

    @property
    @abstractmethod
    def memory(self) -> int | None:
        """Days up to and including its own that a row depends on; None: all days before."""

    @abstractmethod
    def betas(self, returns: Floats, index: Floats) -> RollingBeta:
        """Return the betas of every stock on every day.

        Parameters
        ----------
        returns : float64 [T, N]
            Simple returns; NaN where a stock did not trade.
        index : float64 [T, K]
            Simple returns of the indices, one or several; NaN where unknown.

        Returns
        -------
        RollingBeta
            ``beta`` and ``standard_error`` float64 [T, N, K], NaN where there is none, and
            ``observations`` [T, N]. Row t may use the rows up to t, of these the last
            :attr:`memory`, and nothing later.
        """

    def only_betas(self, returns: Floats, index: Floats) -> Floats:
        """Return :meth:`betas` without errors and observations, which cost memory of their own."""
        return self.betas(returns, index).beta

    def fit(self, returns: Floats, index_returns: Floats) -> Self:
        """Estimate the betas of every stock on every day.

        Parameters
        ----------
        returns : ndarray [T, N]
            Simple returns; NaN where a stock did not trade.
        index_returns : ndarray [T] or [T, K]
            Simple returns of one index, or of several that are regressed on jointly.

        Returns
        -------
        self
            With ``beta_``, ``standard_error_`` and ``observations_``. Row t uses days up to t.

        Raises
        ------
        DataError
            When the arrays do not cover the same days.
        StrategyError
            When the method takes one index only, and several are given.

        """
        several = np.ndim(index_returns) == 2
        returns, wide = self._checked(returns, index_returns)
        with self.own_errors("betas"):
            result = self.betas(returns, wide)
        if self.own:
            result = _held_to_contract(self, result, (*returns.shape, wide.shape[1]))
        if not several:
            result = RollingBeta(
                np.ascontiguousarray(result.beta[:, :, 0]),
                np.ascontiguousarray(result.standard_error[:, :, 0]),
                result.observations,
            )
        self._fitted = result
        return self

    def _checked(self, returns: Floats, index_returns: Floats) -> tuple[Floats, Floats]:
        """Return the returns, and those of the indices as [T, K]."""
        returns, index = check_returns(returns, index_returns)
        wide = index if index.ndim == 2 else index[:, None]
        if wide.shape[1] > 1 and not self.several_indices:
            raise StrategyError(
                f"beta {type(self).__name__}: takes one index, found {wide.shape[1]}; "
                "fit it for each index, or choose an estimator of joint betas such as ols"
            )
        return returns, wide

    @property
    def result_(self) -> RollingBeta:
        """Everything that was fitted."""
        if self._fitted is None:
            raise StrategyError(f"beta {type(self).__name__}: not fitted yet; call fit first")
        return self._fitted

    @property
    def beta_(self) -> Floats:
        """Betas, [T, N] or [T, N, K]."""
        return self.result_.beta

    @property
    def standard_error_(self) -> Floats:
        """Standard errors of the betas, in their shape."""
        return self.result_.standard_error

    @property
    def observations_(self) -> NDArray[np.int32]:
        """Days used, [T, N]."""
        return self.result_.observations

    def estimate(self, market: _Prices) -> RollingBeta:
        """Return the betas of all stocks on all days of the market, arrays [T, N]."""
        index = index_returns(market, self.index)
        return fit_prepared(self, Prepared.of(market, index, self.preparation))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def set_params(self, **changes: Any) -> Self:
        """Change parameters in place, as scikit-learn's search does; unknown ones are refused."""
        changed = type(self).model_validate({**self.get_params(), **changes})
        self.__dict__.update(changed.__dict__)
        self._fitted = None
        return self

    def betas_alone(self, prepared: Prepared) -> Floats:
        """Return the betas of prepared returns alone, [T, N, K]; errors are those of a fit."""
        if self.own or prepared.own_index is not None:
            found = fit_prepared(self, prepared).beta
            return found if found.ndim == 3 else found[:, :, None]
        returns, index = self._checked(prepared.returns, prepared.index)
        return self.model_copy().only_betas(returns, index)


def fit_prepared(estimator: BetaEstimator, prepared: Prepared) -> RollingBeta:
    """Return the betas of prepared returns.

    Raises
    ------
    StrategyError
        When each stock has its own index returns and the estimator needs the index's other days
        (Dimson, Scholes-Williams, overlapping) or other stocks (a Kalman filter of one speed for
        the market).

    Notes
    -----
    With index returns by stock, an estimator that regresses pairs of one day is fitted stock by
    stock; one that adjusts betas (Blume, Vasicek) has its base fitted so, and adjusts the result.
    """
    if prepared.own_index is None:
        return estimator.model_copy().fit(prepared.returns, prepared.index).result_
    adjust = getattr(estimator, "adjust", None)
    if adjust is not None:
        return adjust(fit_prepared(estimator.base, prepared))  # type: ignore[attr-defined, no-any-return]
    if not getattr(estimator, "pairs_only", False):
        raise StrategyError(
            f"beta {type(estimator).__name__}: needs the index on every day, and match and "
            "merge give each stock days of its own; choose resumption and limit_days 'keep' or "
            "'drop', or an estimator such as ols"
        )
    return _by_stock(estimator, prepared.returns, prepared.own_index)


def _by_stock(estimator: BetaEstimator, returns: Floats, own_index: Floats) -> RollingBeta:
    beta, error = np.empty((2, *returns.shape))
    count = np.empty(returns.shape, dtype=np.int32)
    model = estimator.model_copy()
    for s in range(returns.shape[1]):
        fitted = model.fit(returns[:, s : s + 1], own_index[:, s]).result_
        beta[:, s] = fitted.beta[:, 0]
        error[:, s] = fitted.standard_error[:, 0]
        count[:, s] = fitted.observations[:, 0]
    return RollingBeta(beta, error, count)


def _held_to_contract(estimator: BetaEstimator, found: Any, shape: tuple[int, ...]) -> RollingBeta:
    """Return an own estimator's betas when they are numbers of the right shapes, else raise."""
    if not isinstance(found, tuple) or len(found) != 3:
        raise StrategyError(
            f"estimator {estimator.kind}: betas gave a {type(found).__name__}; accepted: "
            "RollingBeta(beta, standard_error, observations)"
        )
    told = "days, stocks and indices"
    beta, error = (
        estimator.own_numbers(name, values, shape, told)
        for name, values in zip(("beta", "standard_error"), found[:2], strict=True)
    )
    count = estimator.own_numbers("observations", found[2], shape[:2], "days and stocks")
    return RollingBeta(beta, error, count.astype(np.int32))
