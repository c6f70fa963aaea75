"""From scores to a book: selection and the rebalancing calendar."""

from quanthedge.portfolio.schedule import Schedule
from quanthedge.portfolio.selection import Selector, Targets, TopSelector
from quanthedge.portfolio.weights import TableWeights, weights_from

__all__ = ["Schedule", "Selector", "TableWeights", "Targets", "TopSelector", "weights_from"]
