"""From scores to a book: selection and the rebalancing calendar."""

from quanthedge.portfolio.circumstances import Book, Circumstances
from quanthedge.portfolio.schedule import Periodic, Schedule
from quanthedge.portfolio.selection import Selector, TopSelector
from quanthedge.portfolio.targets import Targets
from quanthedge.portfolio.weights import TableWeights, weights_from

__all__ = [
    "Book",
    "Circumstances",
    "Periodic",
    "Schedule",
    "Selector",
    "TableWeights",
    "Targets",
    "TopSelector",
    "weights_from",
]
