"""The report of a run: figures, pages, statements and files, in Chinese or English."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for readers of types
    from quanthedge.report.capacity import MEASURES as MEASURES
    from quanthedge.report.capacity import OPEN_INTEREST_LIMIT as OPEN_INTEREST_LIMIT
    from quanthedge.report.capacity import capacity_answer as capacity_answer
    from quanthedge.report.capacity import capacity_of_run as capacity_of_run
    from quanthedge.report.capacity import capacity_png as capacity_png
    from quanthedge.report.capacity import done_sizes as done_sizes
    from quanthedge.report.capacity import read_capacity as read_capacity
    from quanthedge.report.digest import SIZE_AND_IMPACT as SIZE_AND_IMPACT
    from quanthedge.report.digest import parameters_digest as parameters_digest
    from quanthedge.report.drawing import figure_svg as figure_svg
    from quanthedge.report.drawing import png_bytes as png_bytes
    from quanthedge.report.figures import accounts_figure as accounts_figure
    from quanthedge.report.figures import basis_figure as basis_figure
    from quanthedge.report.figures import bridge_figure as bridge_figure
    from quanthedge.report.figures import drawdown_figure as drawdown_figure
    from quanthedge.report.figures import exposure_figure as exposure_figure
    from quanthedge.report.figures import fee_accrual_figure as fee_accrual_figure
    from quanthedge.report.figures import lots_figure as lots_figure
    from quanthedge.report.figures import rolling_beta_figure as rolling_beta_figure
    from quanthedge.report.figures import rolling_correlation_figure as rolling_correlation_figure
    from quanthedge.report.figures import scatter_figure as scatter_figure
    from quanthedge.report.figures import unit_value_figure as unit_value_figure
    from quanthedge.report.figures import water_mark_figure as water_mark_figure
    from quanthedge.report.formats import FORMATS as FORMATS
    from quanthedge.report.formats import write_reports as write_reports
    from quanthedge.report.html import write_html as write_html
    from quanthedge.report.numbers import write_numbers as write_numbers
    from quanthedge.report.pdf import write_pdf as write_pdf
    from quanthedge.report.specs import gain_and_loss_colours as gain_and_loss_colours
    from quanthedge.report.statement import build_statement as build_statement
    from quanthedge.report.statement import statement_report as statement_report
    from quanthedge.report.statement import statement_text as statement_text
    from quanthedge.report.statement import write_statements as write_statements
    from quanthedge.report.waterfall import bridge_waterfall as bridge_waterfall
    from quanthedge.report.web_fonts import FAMILY as FAMILY
    from quanthedge.report.web_fonts import font_faces as font_faces
    from quanthedge.report.workbook import write_workbook as write_workbook

_LAZY = {
    "FAMILY": "web_fonts",
    "FORMATS": "formats",
    "MEASURES": "capacity",
    "OPEN_INTEREST_LIMIT": "capacity",
    "SIZE_AND_IMPACT": "digest",
    "accounts_figure": "figures",
    "basis_figure": "figures",
    "bridge_figure": "figures",
    "bridge_waterfall": "waterfall",
    "build_statement": "statement",
    "capacity_answer": "capacity",
    "capacity_of_run": "capacity",
    "capacity_png": "capacity",
    "done_sizes": "capacity",
    "drawdown_figure": "figures",
    "exposure_figure": "figures",
    "fee_accrual_figure": "figures",
    "figure_svg": "drawing",
    "font_faces": "web_fonts",
    "gain_and_loss_colours": "specs",
    "lots_figure": "figures",
    "parameters_digest": "digest",
    "png_bytes": "drawing",
    "read_capacity": "capacity",
    "rolling_beta_figure": "figures",
    "rolling_correlation_figure": "figures",
    "scatter_figure": "figures",
    "statement_report": "statement",
    "statement_text": "statement",
    "unit_value_figure": "figures",
    "water_mark_figure": "figures",
    "write_html": "html",
    "write_numbers": "numbers",
    "write_pdf": "pdf",
    "write_reports": "formats",
    "write_statements": "statement",
    "write_workbook": "workbook",
}

__all__ = [*_LAZY]  # noqa: PLE0604 -- names resolved lazily (PEP 562)


def __getattr__(name: str) -> Any:
    """Import a name on first use (PEP 562): drawing and page libraries are heavy."""
    if name in _LAZY:
        return getattr(import_module(f"quanthedge.report.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'quanthedge.report' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
