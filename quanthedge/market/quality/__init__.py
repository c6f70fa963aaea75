"""The quality of a market's data: what is there, what is missing, what looks wrong."""

from quanthedge.market.quality.page import quality_page, write_quality_page
from quanthedge.market.quality.report import QualityReport, quality_report

__all__ = ["QualityReport", "quality_page", "quality_report", "write_quality_page"]
