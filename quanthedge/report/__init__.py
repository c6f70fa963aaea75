"""The report of a run: figures and a self-contained page, in Chinese and English."""

from quanthedge.report.figures import unit_value_figure
from quanthedge.report.html import write_html

__all__ = ["unit_value_figure", "write_html"]
