"""Daily use: the orders of the next day, and a run that goes on by a day."""

from quanthedge.daily.order_files import SYSTEMS
from quanthedge.daily.resume import resume
from quanthedge.daily.tomorrow import orders_for

__all__ = [
    "SYSTEMS",
    "orders_for",
    "resume",
]
