"""A risk model that was fitted, read: the same questions whatever the model is made of."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.risk.forecast import RiskForecast, RiskReport
from quanthedge.risk.hedge_exposure import BasisRisk, basis_risk, future_members
from quanthedge.risk.index_weights import index_weights
from quanthedge.risk.validate import PortfolioClass, bias_table, standard_classes, z_scores
from quanthedge.rules import index_of
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["FittedRisk", "Weights"]

Weights = Mapping[str, float] | pd.Series | NDArray[np.float64]


class FittedRisk(ABC):
    """What every fitted model of risk answers; rows and days say what was known at their close."""

    if TYPE_CHECKING:
        market: Market
        _basis: dict[str, BasisRisk]

    @property
    @abstractmethod
    def first_row(self) -> int:
        """The first day of a forecast."""

    @property
    def style_names(self) -> tuple[str, ...]:
        """Factors by which books are tilted in a validation."""
        return ()

    @abstractmethod
    def forecast(self, day: object, horizon: int = 1) -> RiskForecast:
        """Return exposures, their covariance and specific variances as known at a day's close."""

    def covariance(self, day: object, horizon: int = 1) -> pd.DataFrame:
        """Return the covariance of the factors that some stock has on the day."""
        found = self.forecast(day, horizon)
        on = np.abs(found.exposures).any(axis=0)
        names = [found.factors[k] for k in np.flatnonzero(on)]
        return pd.DataFrame(found.covariance[np.ix_(on, on)], index=names, columns=names)

    def exposures(self, day: object) -> pd.DataFrame:
        """Return the exposures of all listed stocks on a day, codes x factors."""
        found = self.forecast(day)
        listed = np.isfinite(found.specific)
        return pd.DataFrame(
            found.exposures[listed],
            index=pd.Index(found.codes[listed], name="code"),
            columns=list(found.factors),
        )

    def specific(self, day: object, horizon: int = 1) -> pd.Series:
        """Return the specific volatility of all listed stocks."""
        found = np.sqrt(self.forecast(day, horizon).specific)
        series = pd.Series(found, index=pd.Index(self.market.codes, name="code"))
        return series.dropna().rename("specific")

    def futures(self, product: str, day: object, horizon: int = 1) -> pd.Series:
        """Return what a future is exposed to, and ``basis``: the volatility of its basis.

        Raises
        ------
        DataError
            The members of its index are not known on the day.
        """
        row = self._row(day)
        found = self.forecast(row, horizon)
        members = self._members(product, row, found)
        exposure = pd.Series(members @ found.exposures, index=list(found.factors), name=product)
        exposure["basis"] = np.sqrt(self._basis_variance(product, row, horizon))
        return exposure

    def risk(
        self,
        weights: Weights,
        day: object,
        horizon: int = 1,
        futures: Mapping[str, float] | None = None,
    ) -> RiskReport:
        """Return the risk of a book over the next days.

        Parameters
        ----------
        weights : mapping or Series by code, or float64 [N]
            Fractions of equity.
        day : date or int
        horizon : int
            Trading days.
        futures : mapping of str to float
            Notional by product, fractions of equity, negative when sold: ``{"IF": -0.8}``.

        Raises
        ------
        DataError
            A stock is unknown or has no market value on the day.

        Notes
        -----
        A member of an index without market value gives its weight to the others.
        """
        found = self.forecast(day, horizon)
        book, row = self._array(weights, found), self._row(day)
        basis = 0.0
        for product, notional in (futures or {}).items():
            book = book + notional * self._members(product, row, found)
            basis += notional**2 * self._basis_variance(product, row, horizon)
        return found.report(book, basis)

    def validate(
        self,
        classes: Mapping[str, PortfolioClass] | None = None,
        horizon: int = 20,
        start: str | None = None,
        end: str | None = None,
        step: int | None = None,
    ) -> pd.DataFrame:
        """Return whether forecasts were right, by class of portfolios: see :mod:`.validate`.

        Parameters
        ----------
        classes : mapping, optional
            The standard ones by default.
        horizon : int
            Trading days.
        step : int, optional
            Days between forecasts, the horizon by default: then no two share a day.
        start, end : date, optional
            First forecast at the earliest (the model needs 60 days of factor returns), last day of
            returns at the latest.

        Returns
        -------
        DataFrame
            As :func:`quanthedge.risk.validate.bias_table`.
        """
        chosen = classes or standard_classes(self.style_names)
        return bias_table(z_scores(self, chosen, self.days_of(horizon, start, end, step), horizon))

    def days_of(
        self,
        horizon: int,
        start: str | None = None,
        end: str | None = None,
        step: int | None = None,
    ) -> Ints:
        """Return the rows of forecasts that do not overlap, within a span."""
        dates = self.market.dates
        first = self.first_row
        if start is not None:
            first = max(first, int(np.searchsorted(dates, np.datetime64(start, "D"))))
        last = len(dates) - 1
        if end is not None:
            last = int(np.searchsorted(dates, np.datetime64(end, "D"), side="right")) - 1
        rows: Ints = np.arange(first, last - horizon + 1, step or horizon, dtype=np.int64)
        if not rows.size:
            raise DataError(f"validate: no {horizon} days from {start} to {end}")
        return rows

    def _row(self, day: object) -> int:
        if isinstance(day, int | np.integer):
            if not 0 <= int(day) < len(self.market.dates):
                raise DataError(f"risk: row {day}; accepted: 0 to {len(self.market.dates) - 1}")
            return int(day)
        return self.market.day(day)

    def _array(self, weights: Weights, found: RiskForecast) -> Floats:
        if isinstance(weights, np.ndarray):
            book = np.asarray(weights, dtype=np.float64)
            if book.shape != found.codes.shape:
                raise DataError(
                    f"risk: weights of shape {book.shape}; accepted: {found.codes.shape}"
                )
        else:
            book = np.zeros(len(found.codes))
            for code, weight in dict(weights).items():
                book[self.market.column(str(code))] = float(weight)
        lost = np.flatnonzero((book != 0) & ~np.isfinite(found.specific))
        if lost.size:
            raise DataError(
                f"risk: {self.market.codes[lost[0]]} has no market value on {found.date} "
                f"({lost.size} such stocks); leave out what is not listed"
            )
        return book

    def _members(self, product: str, row: int, found: RiskForecast) -> Floats:
        """Return a future as stocks [N].

        A member without market value (delisted in a merger, days before it leaves the index) gives
        its weight to the others.
        """
        members = future_members(self.market, product, row)
        known = np.isfinite(found.specific)
        if not members[~known].any():
            return members
        members = np.where(known, members, 0.0)
        return np.asarray(members / members.sum())

    def hedge_known(self, product: str) -> Bools:
        """Return on which days the members of a future's index and its basis have a risk, [T]."""
        weights = index_weights(self.market, index_of(product))
        there = np.isfinite(weights.on(np.arange(len(self.market.dates)))).all(axis=1)
        return np.asarray(there & np.isfinite(self._basis_of(product).plain))

    def _basis_of(self, product: str) -> BasisRisk:
        if product not in self._basis:
            self._basis[product] = basis_risk(self.market, product)
        return self._basis[product]

    def _basis_variance(self, product: str, row: int, horizon: int) -> float:
        found = self._basis_of(product)
        value = float((found.adjusted if horizon > 1 else found.plain)[row])
        if not np.isfinite(value):
            raise DataError(
                f"risk of {product} on {self.market.dates[row]}: its basis is known for too "
                "few days"
            )
        return horizon * value
