"""How wide the blocks of a client's paper are: two stand beside one another, or one spans the page.

Two that stand together follow one another in a chapter.
"""

__all__ = ["HALVES", "card_columns", "size_of"]

_HALF = 3.42  # inches
_FIGURES = {  # inches high
    "figure-client-value": 2.3,
    "figure-client-drawdown": 1.6,
    "figure-client-leg": 1.85,
    "figure-client-parts_figure": 1.85,
    "figure-client-exposures": 2.0,
    "figure-client-industries": 2.35,
}
_TABLES = ("risk", "neutrality", "falls", "parts", "costs", "exposure", "styles")
HALVES = frozenset({*_FIGURES, *(f"table-client-{name}" for name in _TABLES)})


def size_of(figure: str) -> tuple[float, float]:
    """Return width and height of a figure, inches."""
    return _HALF, _FIGURES[figure]


def card_columns(count: int) -> int:
    """Return how many key figures stand in a row, so that no place is left empty.

    >>> [card_columns(count) for count in (5, 6, 7, 8)]
    [5, 3, 7, 4]
    """
    return count if count <= 5 or count % 2 else count // 2
