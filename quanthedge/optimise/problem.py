"""One rebalance as plain arrays: what may be held, what it earns, risks and costs, and its limits.

Every amount is a fraction of the stock book (its value S), weights add up to `total`. With
``u - v = w - held`` (bought and sold), ``f = B'(w - b)`` (active exposures) the problem is

    minimise   -alpha'w + (lambda / 2) (f'F f + sum s_i (w_i - b_i)^2)
               + buy_rate'u + sell_rate'v + sum impact_i (u_i + v_i)^1.5
    subject to sum w = total,  beta'w = beta_target,  lower <= w <= upper,
               0 <= u <= most_bought,  0 <= v <= most_sold,
               |sum over g of (w - b) - tilt_g| <= group_bound,  |f_s| <= style_bound_s,
               sum (u + v) <= 2 turnover

or, with `tracking_error` in the place of `risk_aversion`, without the term of risk and with
``f'F f + sum s_i (w_i - b_i)^2 <= tracking_error^2``.

References
----------
R. C. Grinold, R. N. Kahn (2000), Active Portfolio Management, chapters 14 and 16.
R. Almgren, C. Thum, E. Hauptmann, H. Li (2005), Direct estimation of equity market impact, Risk 18:
impact that grows with the power 0.6 of the amount, so cost with 1.6; 1.5 is the square root law.
"""

from dataclasses import dataclass, field, fields

import numpy as np

from quanthedge.errors import StrategyError
from quanthedge.typing import Floats, Ints

__all__ = ["Problem"]

_NONE = np.empty(0)
_ROUNDING = 1e-10  # of the largest eigenvalue: a negative one of that size is rounding


def _none() -> Floats:
    return _NONE


@dataclass(frozen=True, eq=False)
class Problem:
    """One rebalance over n stocks; fractions of the stock book, returns over one horizon.

    Attributes
    ----------
    alpha : float64 [n]
        Expected return over the horizon, beyond the benchmark's.
    exposures : float64 [n, K]
    factor_covariance : float64 [K, K]
        Of the same horizon, positive semi-definite.
    specific : float64 [n]
        Variances of the same horizon.
    benchmark, held : float64 [n]
        Weights of the benchmark (0 outside of it) and of the book before the rebalance.
    lower, upper : float64 [n]
        Bounds of the weights: the active weight asked for. They may be loosened
        (:func:`solve_relaxed`), to no less than 0 and, for a stock of `upper` 0, to no more than
        what is held: a stock that must not be bought has `most_bought` 0.
    risk_aversion, tracking_error : float, optional
        Exactly one: lambda, or the largest active risk over the horizon.
    buy_rate, sell_rate : float64 [n], optional
        Linear costs as fractions of the amount; 0 without.
    impact : float64 [n], optional
        k of ``k |w - held|^1.5``; 0 without.
    most_bought, most_sold : float64 [n], optional
        Largest trades: participation; 0 where a stock cannot be bought or sold (suspended, at a
        limit); infinite without. Never loosened.
    total : float
        Sum of the weights: the share that is invested.
    beta : float64 [n], optional
    beta_target : float, optional
        What beta'w has to be exactly: the hedge's notional over S. Both or none.
    groups : int64 [n], optional
        Number of the industry, from 0; -1 for none.
    group_bound : float or float64 [G], optional
        Largest active weight of a group beyond its tilt, one for all or each its own; none without.
    group_tilt : float64 [G], optional
        Active weights that groups are pointed at; 0 without.
    styles : int64 [S], optional
        Columns of `exposures` that are bounded.
    style_bound : float64 [S], optional
        Largest absolute active exposure to each.
    size : int, optional
        Column of `exposures` that is size: it is loosened after the industries, others before.
    turnover : float, optional
        One way: half of all that is bought and sold; none without.

    Raises
    ------
    StrategyError
        On arrays of other lengths, values that are not finite, bounds that cross, negative costs,
        variances or limits, a covariance that is not symmetric and positive semi-definite.
    """

    alpha: Floats
    exposures: Floats
    factor_covariance: Floats
    specific: Floats
    benchmark: Floats
    held: Floats
    lower: Floats
    upper: Floats
    risk_aversion: float | None = None
    tracking_error: float | None = None
    buy_rate: Floats = field(default_factory=_none)
    sell_rate: Floats = field(default_factory=_none)
    impact: Floats = field(default_factory=_none)
    most_bought: Floats = field(default_factory=_none)
    most_sold: Floats = field(default_factory=_none)
    total: float = 1.0
    beta: Floats | None = None
    beta_target: float | None = None
    groups: Ints | None = None
    group_bound: float | Floats | None = None
    group_tilt: Floats | None = None
    styles: Ints | None = None
    style_bound: Floats | None = None
    size: int | None = None
    turnover: float | None = None

    def __post_init__(self) -> None:
        """Take every part as an array of its kind, and check it."""
        n = len(np.atleast_1d(self.alpha))
        defaults = dict.fromkeys(("buy_rate", "sell_rate", "impact"), 0.0)
        defaults |= dict.fromkeys(("most_bought", "most_sold"), np.inf)
        for one in fields(self):
            value = getattr(self, one.name)
            if value is _NONE:
                value = np.full(n, defaults[one.name])
            if value is not None and one.name in _ARRAYS:
                object.__setattr__(self, one.name, _array(one.name, value, n))
        self._check_covariance()
        self._check_scalars()
        self._check_bounds()
        self._check_groups()
        self._check_styles()

    @property
    def stocks(self) -> int:
        """Return n."""
        return len(self.alpha)

    @property
    def group_limits(self) -> Floats:
        """Return the bound of each group [G]; of length 0 where groups are free."""
        if self.group_bound is None or self.group_tilt is None:
            return np.empty(0)
        return np.broadcast_to(
            np.asarray(self.group_bound, dtype=np.float64), self.group_tilt.shape
        )

    def _check_covariance(self) -> None:
        cov, columns = self.factor_covariance, self.exposures.shape[1]
        if cov.shape != (columns, columns):
            raise _error("factor_covariance", f"shape {cov.shape}", f"({columns}, {columns})")
        if not columns:
            return
        largest = float(np.abs(cov).max())
        if float(np.abs(cov - cov.T).max()) > 1e-8 * largest:
            raise _error("factor_covariance", "not symmetric", "a covariance")
        values, vectors = np.linalg.eigh((cov + cov.T) / 2)
        if values[0] < -_ROUNDING * max(values[-1], largest):
            found = f"an eigenvalue of {values[0]:.3g} (largest {values[-1]:.3g})"
            raise _error("factor_covariance", found, "a positive semi-definite matrix")
        whole = (cov + cov.T) / 2
        if values[0] < 0:  # rounding: the nearest matrix without
            whole = (vectors * np.maximum(values, 0.0)) @ vectors.T
        object.__setattr__(self, "factor_covariance", whole)

    def _check_scalars(self) -> None:
        given = [self.risk_aversion, self.tracking_error]
        if sum(one is not None for one in given) != 1:
            raise StrategyError("Problem: needs exactly one of risk_aversion and tracking_error")
        for name in ("risk_aversion", "turnover"):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value >= 0):
                raise _error(name, value, "a number >= 0")
        if self.tracking_error is not None and not 0 < self.tracking_error < np.inf:
            raise _error("tracking_error", self.tracking_error, "a number > 0")
        if not np.isfinite(self.total):
            raise _error("total", self.total, "a finite number")
        if (self.beta is None) != (self.beta_target is None):
            raise StrategyError("Problem: beta and beta_target go together: both or none")
        if self.beta_target is not None and not np.isfinite(self.beta_target):
            raise _error("beta_target", self.beta_target, "a finite number")

    def _check_bounds(self) -> None:
        for name in ("specific", "buy_rate", "sell_rate", "impact", "most_bought", "most_sold"):
            low = getattr(self, name)
            if (low < 0).any():
                first = int(np.argmax(low < 0))
                raise _error(name, f"{low[first]:.6g} at {first}", "numbers >= 0")
        crossed = self.lower > self.upper
        if crossed.any():
            first = int(np.argmax(crossed))
            found = f"{self.lower[first]:.6g} above upper {self.upper[first]:.6g} at {first}"
            raise _error("lower", f"{found} ({int(crossed.sum())} stocks)", "lower <= upper")

    def _check_groups(self) -> None:
        if self.groups is None:
            if self.group_bound is not None or self.group_tilt is not None:
                raise StrategyError("Problem: group_bound and group_tilt need groups")
            return
        least = int(self.groups.max(initial=-1)) + 1
        if self.groups.min(initial=0) < -1:
            raise _error("groups", int(self.groups.min()), "numbers of groups from 0, -1 for none")
        if self.group_tilt is None:
            object.__setattr__(self, "group_tilt", np.zeros(least))
        elif len(self.group_tilt) < least:
            raise _error("group_tilt", f"{len(self.group_tilt)} groups", f"at least {least}")
        if self.group_bound is not None and self.group_tilt is not None:
            bounds = np.asarray(self.group_bound, dtype=np.float64)
            if bounds.shape not in ((), self.group_tilt.shape):
                raise _error("group_bound", f"of shape {bounds.shape}", "a number or one a group")
            if not (np.isfinite(bounds) & (bounds >= 0)).all():
                raise _error("group_bound", self.group_bound, "numbers >= 0")

    def _check_styles(self) -> None:
        if (self.styles is None) != (self.style_bound is None):
            raise StrategyError("Problem: styles and style_bound go together: both or none")
        columns = self.exposures.shape[1]
        if self.size is not None and not 0 <= self.size < columns:
            raise _error("size", self.size, f"a column of exposures, 0 to {columns - 1}")
        if self.styles is None or self.style_bound is None:
            return
        if len(self.styles) != len(self.style_bound):
            found = f"{len(self.style_bound)} bounds of {len(self.styles)} styles"
            raise _error("style_bound", found, "a bound for each style")
        if len(set(self.styles.tolist())) < len(self.styles):
            raise _error("styles", self.styles.tolist(), "each column once")
        if ((self.styles < 0) | (self.styles >= columns)).any():
            raise _error(
                "styles", self.styles.tolist(), f"columns of exposures, 0 to {columns - 1}"
            )
        if (self.style_bound < 0).any():
            raise _error("style_bound", float(self.style_bound.min()), "numbers >= 0")


_ARRAYS = (
    "alpha", "exposures", "factor_covariance", "specific", "benchmark", "held", "lower", "upper",
    "buy_rate", "sell_rate", "impact", "most_bought", "most_sold", "beta", "groups", "group_tilt",
    "styles", "style_bound",
)  # fmt: skip
_BY_STOCK = set(_ARRAYS) - {"factor_covariance", "group_tilt", "styles", "style_bound"}
_MAY_BE_INFINITE = ("most_bought", "most_sold", "lower", "upper")


def _error(name: str, found: object, accepted: str) -> StrategyError:
    return StrategyError(f"Problem: {name} is {found}; accepted: {accepted}")


def _array(name: str, value: object, n: int) -> np.ndarray:
    """Return a part as an array of its kind, of the right shape and without holes."""
    given = np.asarray(value)
    if given.dtype.kind not in "fiu":
        raise _error(name, f"of kind {given.dtype}", "numbers")
    dimensions = 2 if name in ("exposures", "factor_covariance") else 1
    if given.ndim != dimensions or (name in _BY_STOCK and len(given) != n):
        shape = "(n, K)" if name == "exposures" else f"({n},)" if name in _BY_STOCK else "a list"
        raise _error(name, f"of shape {given.shape}", f"{shape} for {n} stocks")
    if name in ("groups", "styles"):
        if given.size and given.dtype.kind == "f":
            raise _error(name, "of fractions", "whole numbers")
        return given.astype(np.int64)
    made = np.ascontiguousarray(given, dtype=np.float64)
    bad = np.isnan(made) if name in _MAY_BE_INFINITE else ~np.isfinite(made)
    if bad.any():
        place = ", ".join(str(int(i)) for i in np.argwhere(bad)[0])
        raise _error(name, f"{made[bad][0]} at {place} ({int(bad.sum())} in all)", "finite numbers")
    return made
