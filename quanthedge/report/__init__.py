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
    from quanthedge.report.figure_style import gain_and_loss_colours as gain_and_loss_colours
    from quanthedge.report.figures import bridge_figure as bridge_figure
    from quanthedge.report.formats import EDITIONS as EDITIONS
    from quanthedge.report.formats import FORMATS as FORMATS
    from quanthedge.report.formats import write_by_ending as write_by_ending
    from quanthedge.report.formats import write_reports as write_reports
    from quanthedge.report.gallery import figure_names as figure_names
    from quanthedge.report.gallery import named_figure as named_figure
    from quanthedge.report.letters import Letters as Letters
    from quanthedge.report.letters import active_investors as active_investors
    from quanthedge.report.letters import mail_merge as mail_merge
    from quanthedge.report.letters import statement_list as statement_list
    from quanthedge.report.library import begin_library as begin_library
    from quanthedge.report.look import page_of as page_of
    from quanthedge.report.look import round_steps as round_steps
    from quanthedge.report.statement import write_statements as write_statements
    from quanthedge.report.waterfall import bridge_waterfall as bridge_waterfall
    from quanthedge.report.web_fonts import FAMILY as FAMILY
    from quanthedge.report.web_fonts import font_faces as font_faces

_LAZY = {
    "Letters": "letters",
    "EDITIONS": "formats",
    "FAMILY": "web_fonts",
    "FORMATS": "formats",
    "MEASURES": "capacity",
    "OPEN_INTEREST_LIMIT": "capacity",
    "SIZE_AND_IMPACT": "digest",
    "begin_library": "library",
    "bridge_figure": "figures",
    "bridge_waterfall": "waterfall",
    "capacity_answer": "capacity",
    "capacity_of_run": "capacity",
    "capacity_png": "capacity",
    "done_sizes": "capacity",
    "figure_names": "gallery",
    "figure_svg": "drawing",
    "font_faces": "web_fonts",
    "gain_and_loss_colours": "figure_style",
    "named_figure": "gallery",
    "page_of": "look",
    "parameters_digest": "digest",
    "png_bytes": "drawing",
    "read_capacity": "capacity",
    "round_steps": "look",
    "write_by_ending": "formats",
    "write_reports": "formats",
    "write_statements": "statement",
}

__all__ = [*_LAZY]  # noqa: PLE0604 -- names resolved lazily (PEP 562)


def __getattr__(name: str) -> Any:
    """Import a name on first use (PEP 562): drawing and page libraries are heavy."""
    if name in _LAZY:
        return getattr(import_module(f"quanthedge.report.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'quanthedge.report' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
