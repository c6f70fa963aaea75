"""Figures of a run as plotly figures: pure functions of its ledger."""

from typing import TYPE_CHECKING

import pandas as pd

from quanthedge.record import Record
from quanthedge.report import specs
from quanthedge.report.waterfall import bridge_waterfall
from quanthedge.typing import Language

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = [
    "accounts_figure",
    "basis_figure",
    "bridge_figure",
    "drawdown_figure",
    "exposure_figure",
    "fee_accrual_figure",
    "lots_figure",
    "rolling_beta_figure",
    "rolling_correlation_figure",
    "scatter_figure",
    "unit_value_figure",
    "water_mark_figure",
]


def unit_value_figure(
    ledger: pd.DataFrame, language: Language = "en", index: str = ""
) -> "go.Figure":
    """Return unit value net and before fund fees, and the index on the same start.

    Parameters
    ----------
    ledger : DataFrame
        Of a run.
    language : "en" or "zh"
    index : str
        Code of the index, for its name; "index" by default.
    """
    return _figure(specs.unit_value(ledger, language, index))


def drawdown_figure(
    ledger: pd.DataFrame, language: Language = "en", index: str = ""
) -> "go.Figure":
    """Return how far the fund (net) and the index stood below their highest values so far."""
    return _figure(specs.drawdown(ledger, language, index))


def scatter_figure(ledger: pd.DataFrame, language: Language = "en", index: str = "") -> "go.Figure":
    """Return the fund's daily net returns against those of the index, with the fitted line."""
    return _figure(specs.scatter(ledger, language, index))


def rolling_beta_figure(ledger: pd.DataFrame, language: Language = "en") -> "go.Figure":
    """Return the fund's beta: realised over 60 days, and ex ante on the days of review."""
    return _figure(specs.fund_beta(ledger, language))


def rolling_correlation_figure(ledger: pd.DataFrame, language: Language = "en") -> "go.Figure":
    """Return the fund's correlation with the index over the last 60 and 250 days."""
    return _figure(specs.rolling_link(ledger, language))


def exposure_figure(ledger: pd.DataFrame, language: Language = "en") -> "go.Figure":
    """Return hedge ratio, ex-ante beta of the stock book and net exposure, day by day."""
    return _figure(specs.exposure(ledger, language))


def lots_figure(ledger: pd.DataFrame, language: Language = "en") -> "go.Figure":
    """Return the lots sold short at each close, long ones below 0; a shade for each contract."""
    return _figure(specs.lots(ledger, language))


def accounts_figure(ledger: pd.DataFrame, language: Language = "en") -> "go.Figure":
    """Return cash of both accounts and the margin required, as shares of equity."""
    return _figure(specs.accounts(ledger, language))


def basis_figure(ledger: pd.DataFrame, multiplier: float, language: Language = "en") -> "go.Figure":
    """Return the basis of the contract held; ``multiplier`` is its yuan a point."""
    return _figure(specs.basis(ledger, multiplier, language))


def water_mark_figure(ledger: pd.DataFrame, language: Language = "en") -> "go.Figure":
    """Return unit value and high-water mark, with the days on which a fee was charged."""
    return _figure(specs.water_mark(ledger, language))


def fee_accrual_figure(ledger: pd.DataFrame, language: Language = "en") -> "go.Figure":
    """Return the performance fee that would be due if each day were a fee date, over equity."""
    return _figure(specs.fee_accrual(ledger, language))


def bridge_figure(
    result: Record,
    language: Language = "en",
    *,
    start: str | None = None,
    end: str | None = None,
    investor: bool = False,
) -> "go.Figure":
    """Return the waterfall of the profit bridge for any period.

    From the sources of profit to the change of equity in yuan, with ``investor`` to the net return
    of one yuan.
    """
    found = bridge_waterfall(result, language, start=start, end=end, investor=investor)
    return _figure(found)


def _figure(spec: specs.Spec) -> "go.Figure":
    import plotly.graph_objects as go

    return go.Figure(spec)
