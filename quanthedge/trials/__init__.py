"""The count of what was tried on the same data, and periods that are sealed.

Examples
--------
>>> import quanthedge as qh
>>> market = qh.sample_market()
>>> found = qh.trials.count(market, "2014-01-02", "2014-12-31")
>>> found is None or found >= 0  # None where the registry is off
True
"""

from quanthedge.trials.catalogue import Catalogue
from quanthedge.trials.registry import (
    Trial,
    count,
    digest,
    known,
    overlapping,
    record,
    registry_folder,
)
from quanthedge.trials.seal import Sealed, seal

__all__ = [
    "Catalogue",
    "Sealed",
    "Trial",
    "count",
    "digest",
    "known",
    "overlapping",
    "record",
    "registry_folder",
    "seal",
]
