"""From scores to a book: universe, selection, rebalancing calendar."""

from quanthedge.portfolio.schedule import Schedule
from quanthedge.portfolio.selection import Selector, Targets
from quanthedge.portfolio.universe import IndexUniverse, LargestUniverse, Universe

__all__ = ["IndexUniverse", "LargestUniverse", "Schedule", "Selector", "Targets", "Universe"]
