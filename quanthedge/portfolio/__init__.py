"""From scores to a book: selection and the rebalancing calendar."""

from quanthedge.portfolio.circumstances import Book, Circumstances
from quanthedge.portfolio.industry_balanced import IndustryBalancedSelector
from quanthedge.portfolio.optimised import OptimisedSelector
from quanthedge.portfolio.schedule import Every, Periodic, Schedule
from quanthedge.portfolio.selection import Selector, TopSelector
from quanthedge.portfolio.targets import Targets
from quanthedge.portfolio.weights import TableWeights

__all__ = [
    "Book",
    "Circumstances",
    "Every",
    "IndustryBalancedSelector",
    "OptimisedSelector",
    "Periodic",
    "Schedule",
    "Selector",
    "TableWeights",
    "Targets",
    "TopSelector",
]
