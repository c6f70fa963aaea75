"""Checks of every table, alone and against the others, with a report that counts and names."""

from quanthedge.market.checks.findings import CheckReport, Collector, Finding

__all__ = ["CheckReport", "Collector", "Finding"]
