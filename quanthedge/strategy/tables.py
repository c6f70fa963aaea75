"""Tables of scores or weights that a strategy names, found before it is run."""

from quanthedge.signals import GivenTable
from quanthedge.strategy.model import Strategy

__all__ = ["with_tables"]


def with_tables(strategy: Strategy) -> Strategy:
    """Return the strategy with every table read, each named by the digest of its rows.

    Raises
    ------
    DataError
        A file is missing or holds no such table.
    """
    waiting = [part for part in GivenTable.within(strategy) if not part.digest]
    for part in waiting:
        part.scores  # noqa: B018 -- read now: what it cannot read is told here
    return strategy.change() if waiting else strategy
