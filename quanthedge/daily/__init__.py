"""Daily use: the orders of the next day, and a run that goes on by a day."""

from quanthedge.daily.resume import resume

__all__ = ["resume"]
