"""How much of the whole book stands: exposure g in [0, 1] of the stocks and of their hedge.

At each rebalance an allocation says g from what is known at the close; the weights of that decision
are multiplied by it, and with the stocks the contracts go, whole ones, by the ledger's own rules.
What it may ask for is a :class:`Standing`: what the hedge costs, what the stocks are expected to
earn, how the same fund without an allocation fares on paper, what the book may lose.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from quanthedge.errors import StrategyError
from quanthedge.kinds import Kinded, own_name, read_catalogue
from quanthedge.market import Market
from quanthedge.typing import Floats, Ints, Language

__all__ = ["FIGURES", "Allocation", "NoAllocation", "Standing"]

# What an allocation may ask for, as columns of the table that is kept of its decisions.
FIGURES = ("discount", "expected_alpha", "hedge_cost", "drawdown", "forecast_volatility")


@dataclass(frozen=True)
class Standing:
    """What is known of a fund at the close of each decision, worked out when it is asked for.

    Attributes
    ----------
    discount : callable
        By how much the future that is held stands below its index net of the dividends expected
        until its delivery, a fraction of the index a year, float64 [R]; below 0 at a premium.
    expected_alpha : callable
        Return a year that is expected of the stocks wanted beyond industry and size, less what
        changing them costs, float64 [R].
    hedge_cost : callable
        What the hedge of these stocks is expected to cost, a fraction of the stocks a year,
        float64 [R].
    drawdown : callable
        By how much the same fund without an allocation, run on paper from the first day, stands
        below its highest unit value so far, float64 [R], 0 or more.
    forecast_volatility : callable
        Of the stocks wanted and their hedge as fractions of equity, a year, by the risk model,
        float64 [R].
    """

    discount: Callable[[], Floats]
    expected_alpha: Callable[[], Floats]
    hedge_cost: Callable[[], Floats]
    drawdown: Callable[[], Floats]
    forecast_volatility: Callable[[], Floats]


class Allocation(Kinded, noun="allocation", catalogue="quanthedge.layers"):
    """From what is known at a rebalance to the exposure of the whole book.

    A field of this type takes an allocation of ours, or one of a user's own, as an object or by its
    ``kind`` (``none`` where none is given). An own allocation is a class derived from this one that
    defines :meth:`exposures`, with its parameters as fields; ``asks`` names the figures (of
    :data:`FIGURES`) that are to be kept in the table ``allocation`` of a run.
    """

    needed: ClassVar[tuple[str, ...]] = ("exposures",)
    default_kind: ClassVar[str] = "none"
    asks: ClassVar[tuple[str, ...]] = ()

    @property
    def level(self) -> float:
        """What its figure is held against; NaN where it has no such level."""
        return float("nan")

    def exposures(self, market: Market, rows: Ints, standing: Standing) -> Floats:
        """Return the exposure of each rebalance: what an own allocation defines.

        Parameters
        ----------
        market : Market
        rows : int64 [R]
            Day indices of the decisions, rising.
        standing : Standing
            What may be asked for.

        Returns
        -------
        float64 [R]
            From 0 (no book) to 1 (all of it); NaN where it cannot be said: then the book stands
            whole, and the run says so. Row r may use what is known at the close of day rows[r].
        """
        raise StrategyError(f"{type(self).__name__} is no allocation: it defines no exposures")

    def table(self, market: Market, rows: Ints, standing: Standing) -> pd.DataFrame:
        """Return the decisions of an allocation, a row a rebalance.

        Parameters are those of :meth:`Allocation.exposures`.

        Returns
        -------
        DataFrame
            date (of the decision), exposure, kind, reason ("whole", "reduced", "aside", "unknown":
            taken as whole), hurdle (the level that the figure is held against), and each of
            :data:`FIGURES`, NaN where the kind does not ask for it.

        Raises
        ------
        StrategyError
            An own allocation fails, asks for what there is not, or gives an exposure outside [0,
            1].
        """
        with self.own_errors("exposures"):
            found = self.exposures(market, rows, standing)
        found = self.own_numbers("exposures", found, (rows.size,), "one for each rebalance")
        unknown = np.isnan(found)
        wrong = ~unknown & ~((found >= 0.0) & (found <= 1.0))
        if wrong.any():
            r = int(wrong.argmax())
            raise StrategyError(
                f"allocation {self.kind}: exposure {found[r]:g} on {market.dates[rows[r]]}; "
                "accepted: 0 to 1"
            )
        exposure = np.where(unknown, 1.0, found)
        reason = np.select(
            [unknown, exposure == 0.0, exposure < 1.0], ["unknown", "aside", "reduced"], "whole"
        )
        table = pd.DataFrame(
            {
                "date": pd.DatetimeIndex(market.dates[rows].astype("datetime64[ms]")),
                "exposure": exposure,
                "kind": pd.array([self.kind] * rows.size, dtype="str"),
                "reason": pd.array(reason.astype(object), dtype="str"),
                "hurdle": np.full(rows.size, float(self.level)),
            }
        )
        for name in FIGURES:
            table[name] = _figure(self, name, standing, rows.size)
        return table

    def called(self, language: Language) -> str:
        """Return what the allocation is called, with its level where it has one.

        >>> from quanthedge.layers.carry import CarryGate
        >>> CarryGate().called("en")
        'a gate on the annualised discount of the future (level 10.0%)'
        """
        if self.own:
            return own_name(self, "allocation", language)
        name = read_catalogue("quanthedge.layers").name(self.kind, language)
        if math.isnan(self.level):
            return name
        level = f"{self.level:.1%}"
        return f"{name}（阈值 {level}）" if language == "zh" else f"{name} (level {level})"


class NoAllocation(Allocation):
    """The whole book at all times."""

    kind: Literal["none"] = "none"

    def exposures(self, market: Market, rows: Ints, standing: Standing) -> Floats:
        """Return 1 for each rebalance."""
        return np.ones(rows.size)


def _figure(allocation: Allocation, name: str, standing: Standing, size: int) -> Floats:
    if name not in allocation.asks:
        return np.full(size, np.nan)
    return np.asarray(getattr(standing, name)(), dtype=np.float64)
