"""The report of a run: figures, and one self-contained page in Chinese or English."""

from quanthedge.report.figures import (
    accounts_figure,
    basis_figure,
    bridge_figure,
    drawdown_figure,
    exposure_figure,
    fee_accrual_figure,
    lots_figure,
    rolling_beta_figure,
    rolling_correlation_figure,
    scatter_figure,
    unit_value_figure,
    water_mark_figure,
)
from quanthedge.report.html import write_html
from quanthedge.report.numbers import write_numbers
from quanthedge.report.pdf import write_pdf
from quanthedge.report.workbook import write_workbook

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
    "write_html",
    "write_numbers",
    "write_pdf",
    "write_workbook",
]
