"""Daily use: the orders of the next day, and a run that goes on by a day."""

__all__: list[str] = []
