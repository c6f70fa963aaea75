"""The client edition: the few pages that investors of a fund get."""

from quanthedge.report.client.html import render_paper_html
from quanthedge.report.client.paper import Paper, build_paper
from quanthedge.report.client.pdf import render_paper_pdf

__all__ = ["Paper", "build_paper", "render_paper_html", "render_paper_pdf"]
