"""Which stocks may be held: filters with counted exclusions, and universes made of them."""

from quanthedge.universe.filters import Filter
from quanthedge.universe.universe import AllUniverse, IndexUniverse, LargestUniverse, Universe

__all__ = [
    "AllUniverse",
    "Filter",
    "IndexUniverse",
    "LargestUniverse",
    "Universe",
]
