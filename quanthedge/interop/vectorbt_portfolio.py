"""A vectorbt portfolio of a recorded run: its own benchmark and year, and what it cannot carry.

vectorbt (Apache 2.0 with Commons Clause) is imported when a portfolio is asked for; its class is
derived from then, and found under its name in this file by whoever unpickles one.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Floats
from quanthedge.words import Bilingual

if TYPE_CHECKING:
    from vectorbt import Portfolio

__all__ = ["portfolio_of"]


def __getattr__(name: str) -> Any:
    if name == "RunPortfolio":
        return _portfolio_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _portfolio_class() -> Any:
    """Return the class of portfolios of runs."""
    from vectorbt import Portfolio, settings
    from vectorbt.utils.config import Config

    class RunPortfolio(Portfolio):  # type: ignore[misc]
        """A portfolio whose benchmark is the run's index, in China's trading years.

        Parameters
        ----------
        *values, **named
            As :class:`vectorbt.Portfolio` takes them.
        index_level : float64 [T + 1]
            The benchmark's close over its first.
        fund : DataFrame [T + 1]
            The fund's own value_yuan and return of each day.
        left_out : list of dict
            What the portfolio does not carry, or carries otherwise; keys kind, en and zh.
        """

        def __init__(
            self,
            *values: Any,
            index_level: Floats,
            fund: pd.DataFrame,
            left_out: list[Bilingual],
            **named: Any,
        ) -> None:
            super().__init__(*values, **named)
            self.index_level, self.fund, self.left_out = index_level, fund, left_out
            # what copies, regrouped and selected ones are made of
            own = {"index_level": index_level, "fund": fund, "left_out": left_out}
            self._config: Any = Config({**self.config, **own}, **settings["configured"]["config"])

        def benchmark_value(
            self, group_by: Any = None, wrap_kwargs: Any = None, engine: Any = None
        ) -> Any:
            """Return what the opening money of each column or group had become in the index."""
            del engine
            money = np.atleast_1d(np.asarray(self.get_init_cash(group_by=group_by), dtype=float))
            value = self.index_level[:, None] * money[None, :]
            return self.wrapper.wrap(value, group_by=group_by, **(wrap_kwargs or {}))

        @property
        def difference(self) -> pd.DataFrame:
            """How far value and return of each day are off the fund's, yuan and fraction."""
            found = pd.DataFrame({"value_yuan": self.value(), "return": self.returns()})
            return found - self.fund

        @property
        def plots_defaults(self) -> Any:
            """Return vectorbt's settings of plots; all columns together are shown as a fund is."""
            found = super().plots_defaults
            if self.wrapper.grouper.is_grouped():
                return {**found, "subplots": ["value", "drawdowns", "underwater", "cum_returns"]}
            return found

        def get_returns_acc(self, *values: Any, **named: Any) -> Any:
            """Return the accessor of returns, with 243 trading days a year if none are given."""
            if named.get("year_freq") is None:
                named["year_freq"] = f"{TRADING_DAYS_A_YEAR} days"
            return super().get_returns_acc(*values, **named)

    RunPortfolio.__qualname__ = "RunPortfolio"
    return RunPortfolio


def portfolio_of(
    close: pd.DataFrame,
    orders: pd.DataFrame,
    opening_yuan: float,
    index_level: Floats,
    fund: pd.DataFrame,
    left_out: list[Bilingual],
) -> "Portfolio":
    """Return the portfolio of orders that were done.

    Parameters
    ----------
    close : DataFrame [T + 1, C]
        Prices at which positions are valued, a column an instrument.
    orders : DataFrame
        In the order in which they were done: row, column (places in ``close``), quantity (signed),
        price and fees.
    opening_yuan : float
    index_level : float64 [T + 1]
    fund : DataFrame [T + 1]
        The fund's own value_yuan and return of each day, which ``difference`` is against.
    left_out : list of dict
    """
    from vectorbt.base.array_wrapper import ArrayWrapper
    from vectorbt.portfolio.enums import OrderSide, log_dt, order_dt

    records = np.zeros(len(orders), dtype=order_dt)
    records["id"] = np.arange(len(orders))
    records["idx"], records["col"] = orders["row"], orders["column"]
    records["size"] = orders["quantity"].abs()
    records["price"], records["fees"] = orders["price"], orders["fees"]
    records["side"] = np.where(orders["quantity"] > 0, OrderSide.Buy, OrderSide.Sell)
    return _portfolio_class()(
        ArrayWrapper(close.index, close.columns, 2, freq="1D", group_by=True),
        close,
        records,
        np.empty(0, dtype=log_dt),
        np.array([opening_yuan]),
        True,
        index_level=index_level,
        fund=fund,
        left_out=left_out,
    )
