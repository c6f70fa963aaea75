"""What a record offers other packages: itself, in the shapes that they take."""

from typing import TYPE_CHECKING, Literal

from quanthedge.door import guarded_methods
from quanthedge.market import Market
from quanthedge.record import Record

if TYPE_CHECKING:  # imported when they are asked for
    from statsmodels.regression.linear_model import RegressionResultsWrapper
    from vectorbt.portfolio.base import Portfolio

    from quanthedge.interop.pyfolio import PyfolioShape
    from quanthedge.interop.quantstats import QuantstatsShape

__all__ = ["OtherShapes"]


@guarded_methods
class OtherShapes(Record):
    """A record that other packages can read."""

    def to_vectorbt(
        self, market: Market | None = None, *, accrued_fee: bool = False
    ) -> "Portfolio":
        """Return a vectorbt portfolio of the orders: :func:`.vectorbt.to_vectorbt`.

        Its value is the ledger's equity on every day to the cent; its ``left_out`` says what it
        does not carry. With the market of the run each stock is a column.
        """
        from quanthedge.interop.vectorbt import to_vectorbt

        return to_vectorbt(self, market, accrued_fee=accrued_fee)

    def to_quantstats(self, *, before_fees: bool = False) -> "QuantstatsShape":
        """Return daily returns and the benchmark's: :func:`.quantstats.to_quantstats`."""
        from quanthedge.interop.quantstats import to_quantstats

        return to_quantstats(self, before_fees=before_fees)

    def to_pyfolio(self, market: Market | None = None) -> "PyfolioShape":
        """Return returns, positions, transactions: :func:`.pyfolio.to_pyfolio`."""
        from quanthedge.interop.pyfolio import to_pyfolio

        return to_pyfolio(self, market)

    def regression(
        self,
        freq: Literal["daily", "weekly", "monthly"] = "daily",
        *,
        hac: bool = True,
        basis: Literal["net", "gross"] = "net",
    ) -> "RegressionResultsWrapper":
        """Return statsmodels' results behind the summary's beta.

        Slope, error and 95% interval are those of the summary (``basis="net"``, ``hac=True``): see
        :func:`.regressions.regression`.
        """
        from quanthedge.interop.regressions import regression

        return regression(self, freq, hac=hac, basis=basis)
