"""Scores and target weights of a researcher's own, from frames and files.

A table of any accepted shape (:mod:`quanthedge.signals.shapes`) becomes :class:`Scores`, plain rows
of day, stock and number with a digest; :class:`ScoreTable` holds them against a market's days and
codes. :class:`GivenTable` is what a part of a strategy that is such a table has in common.
"""

from quanthedge.signals.given import GivenTable
from quanthedge.signals.report import TableReport
from quanthedge.signals.scores import Scores
from quanthedge.signals.shapes import read_scores

__all__ = [
    "GivenTable",
    "Scores",
    "TableReport",
    "read_scores",
]
