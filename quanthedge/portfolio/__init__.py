"""From scores to a book: selection and the rebalancing calendar."""

from quanthedge.portfolio.schedule import Schedule
from quanthedge.portfolio.selection import Selector, Targets, TopSelector

__all__ = ["Schedule", "Selector", "Targets", "TopSelector"]
