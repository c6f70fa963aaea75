"""What an optimiser decided at the close of a day, and why each stock is held or is not."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.optimise.lots import Lots
from quanthedge.optimise.market import MarketDay, Posed
from quanthedge.optimise.optimality import stationarity
from quanthedge.optimise.problem import Problem
from quanthedge.optimise.solution import Solution
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Floats

__all__ = ["PARTS", "Decision"]

PARTS = (
    "alpha", "risk", "linear_cost", "impact", "total", "beta", "groups", "styles", "turnover",
    "lower", "upper", "most_traded", "not_traded",
)  # fmt: skip
_KINDS = {
    "date": "datetime64[s]", "status": "str", "book_yuan": "float64", "names": "int64",
    "expected_alpha": "float64", "expected_cost": "float64", "expected_impact": "float64",
    "tracking_error": "float64", "turnover": "float64", "contracts": "float64",
    "beta_left": "float64", "lot_loss_bp": "float64", "names_loss_bp": "float64",
    "blocked": "int64", "without_alpha": "int64", "residual": "float64", "relaxed": "str",
}  # fmt: skip
_BP = 1e4
_BINDS = 1e-9  # multipliers below it are the solver's rounding
_OF_STOCKS = ("lower", "upper", "most_bought", "most_sold")


@dataclass(frozen=True, eq=False)
class Decision:
    """A book decided at the close of a day; fractions of the stock book, returns over the horizon.

    Attributes
    ----------
    day : MarketDay
    posed : Posed
        The problem as it was asked, and its stocks.
    solution : Solution
        Its problem has the bounds that were given where they had to be loosened.
    lots : Lots or None
        None where there is no solution.
    book_yuan, contract_yuan : float
        The stock book, and one contract (NaN without a hedge).
    horizon : float
        Trading days.
    names_loss : float
        What the least weight and the number of stocks cost, of the objective.
    styles : tuple of str
        Names of the exposures' columns.
    industries : tuple of str
        Names of the groups.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> risk = qh.RiskModel().fit(market)
    >>> optimiser = qh.Optimiser(benchmark="000300.SH", risk_aversion=10.0)
    >>> alpha = 0.01 * risk.exposures("2014-12-31")["size"]  # expected, by code
    >>> decision = optimiser.solve(alpha, risk, "2014-12-31", held={}, nav=1e8)
    >>> isinstance(decision, qh.Decision), decision.status, f"{decision.weights.sum():.2f}"
    (True, 'solved', '1.00')
    """

    day: MarketDay
    posed: Posed
    solution: Solution
    lots: Lots | None
    book_yuan: float
    contract_yuan: float
    horizon: float
    names_loss: float
    factors: tuple[str, ...]
    industries: tuple[str, ...]

    @property
    def status(self) -> str:
        """Whether it is solved, relaxed (bounds were loosened), inaccurate or infeasible."""
        relaxed = self.solution.status == "solved" and bool(self.solution.relaxed)
        return "relaxed" if relaxed else self.solution.status

    @property
    def problem(self) -> Problem:
        """The problem that was solved."""
        return self.solution.problem

    @property
    def codes(self) -> np.ndarray:
        """Codes of the stocks that were decided on: universe, held, benchmark."""
        return np.asarray(self.day.codes[self.posed.stocks])

    @cached_property
    def weights(self) -> pd.Series:
        """Weights of the stocks that are held afterwards, by code."""
        return self._held(self.solution.weights)

    @cached_property
    def shares(self) -> pd.Series:
        """Shares to be bought, or sold when negative, in whole lots, by code."""
        trades = np.zeros(self.problem.stocks) if self.lots is None else self.lots.trades
        found = pd.Series(trades, index=pd.Index(self.codes, name="code"), name="shares")
        return found[found != 0]

    @property
    def lot_loss_bp(self) -> float:
        """What whole lots cost, basis points of the book."""
        return np.nan if self.lots is None else self.lots.loss_bp

    @property
    def expected(self) -> dict[str, float]:
        """Expected return, risk (deviation), costs and turnover one way, over the horizon."""
        terms = self.solution.terms
        active = self.solution.weights - self.problem.benchmark
        return {
            "alpha": float(self.problem.alpha @ active),
            "risk": float(np.sqrt(terms.variance)),
            "linear_cost": terms.linear_cost,
            "impact": terms.impact,
            "turnover": float((self.solution.buys + self.solution.sells).sum() / 2),
        }

    @property
    def beta(self) -> float:
        """Beta of the book in whole lots less its whole contracts, fraction of the book."""
        if self.problem.beta is None or self.lots is None or self.problem.beta_target is None:
            return float("nan")
        return float(self.problem.beta @ self.lots.weights - self.problem.beta_target)

    @property
    def contracts(self) -> float:
        """Whole contracts to be sold."""
        return self.posed.lots

    @cached_property
    def relaxed(self) -> pd.DataFrame:
        """Bounds that were loosened: name, what, asked, given, price."""
        rows = [
            (one.name, self._item(one.name, one.item), one.asked, one.given, one.price)
            for one in self.solution.relaxed
        ]
        return pd.DataFrame(rows, columns=["name", "of", "asked", "given", "price"])

    @cached_property
    def binding(self) -> pd.DataFrame:
        """Bounds that bind, with what one more unit of each would take off the objective."""
        rows: list[tuple[str, str, float]] = []
        for name, values in self.solution.multipliers.items():
            if name in ("no_purchase", "no_sale"):
                continue
            for i in np.flatnonzero(np.abs(values) > _BINDS):
                item = int(i)
                if name == "styles" and self.problem.styles is not None:
                    item = int(self.problem.styles[i])
                rows.append((name, self._item(name, item), float(values[i])))
        return pd.DataFrame(rows, columns=["bound", "of", "multiplier"])

    def explain(self, code: str) -> pd.DataFrame:
        """Return why a stock is held as it is: the terms of its balance, which add up to 0.

        Parameters
        ----------
        code : str

        Returns
        -------
        DataFrame
            By part: ``value``, what one more unit of the stock is worth in basis points over the
            horizon: its alpha, its risk in the book, what it costs to trade, and each bound that
            holds it. The last row is their sum.

        Raises
        ------
        DataError
            There is no book, or the stock could neither be bought nor is held.
        """
        place = self._place(code)
        found = stationarity(self.problem, self.solution, np.array([place]))
        values = {name: float(found[name][0]) * _BP for name in PARTS}
        table = pd.DataFrame({"value": values | {"sum": sum(values.values())}})
        return table.rename_axis("part")

    def weights_of(self, code: str) -> dict[str, float]:
        """Return a stock's weights: benchmark, held before, wanted, lowest and highest allowed."""
        i, problem = self._place(code), self.problem
        named = {
            "benchmark": problem.benchmark, "held": problem.held, "wanted": self.solution.weights,
            "lower": problem.lower, "upper": problem.upper,
        }  # fmt: skip
        return {name: float(values[i]) for name, values in named.items()}

    def row(self) -> dict[str, Any]:
        """Return the decision as a row of the table of decisions."""
        expected = self.expected
        year = np.sqrt(TRADING_DAYS_A_YEAR / self.horizon)
        return {
            "date": pd.Timestamp(self.day.date),
            "status": self.status,
            "book_yuan": self.book_yuan,
            "names": int((self.solution.weights > _BINDS).sum()),
            "expected_alpha": expected["alpha"],
            "expected_cost": expected["linear_cost"],
            "expected_impact": expected["impact"],
            "tracking_error": expected["risk"] * year,
            "turnover": expected["turnover"],
            "contracts": self.posed.lots,
            "beta_left": self.beta,
            "lot_loss_bp": self.lot_loss_bp,
            "names_loss_bp": self.names_loss * _BP,
            "blocked": self.posed.blocked,
            "without_alpha": self.posed.without_alpha,
            "residual": _order_of(self.solution.kkt_residual),
            "relaxed": self.relaxed_text(),
        }

    def relaxed_text(self) -> str:
        """Return the loosened bounds as text: "name of: asked -> given (price)"."""
        return "; ".join(
            f"{one.name} {one.of}: {one.asked:.4g} -> {one.given:.4g} ({one.price:.3g})".replace(
                " :", ":"
            )
            for one in self.relaxed.itertuples()
        )

    def _held(self, weights: Floats) -> pd.Series:
        codes = pd.Index(self.codes, name="code")
        return pd.Series(weights, index=codes, name="weight")[weights > _BINDS]

    def _item(self, name: str, item: int) -> str:
        """Return what a loosened bound is of: a stock, an industry, a style."""
        if name == "groups":
            return self.industries[item] if item < len(self.industries) else str(item)
        if name in ("styles", "size"):
            return self.factors[item]
        return str(self.codes[item]) if name in _OF_STOCKS else ""

    def _place(self, code: str) -> int:
        if not np.isfinite(self.solution.weights).all():
            raise DataError(f"decision of {self.day.date}: no book keeps its limits")
        found = np.flatnonzero(self.codes == code)
        if not found.size:
            raise DataError(
                f"{code} on {self.day.date}: neither in the universe, nor held, nor in the "
                "benchmark, so there is nothing to decide"
            )
        return int(found[0])

    @classmethod
    def table(cls, decisions: Iterable["Decision"] = ()) -> pd.DataFrame:
        """Return a row for each decision; without any, the columns alone."""
        rows = [decision.row() for decision in decisions]
        return pd.DataFrame(rows, columns=list(_KINDS)).astype(_KINDS)


def _order_of(residual: float) -> float:
    """Return the power of ten above a residual: its digits are rounding, and differ by machine."""
    if not residual > 0:
        return residual
    return float(10.0 ** np.ceil(np.log10(residual)))
