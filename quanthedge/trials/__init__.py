"""The count of what was tried on the same data, and periods that are sealed.

Examples
--------
>>> import quanthedge as qh
>>> market = qh.sample_market()
>>> found = qh.trials.count(market, "2014-01-02", "2014-12-31")
>>> found is None or found >= 0  # None where the registry is off
True
"""

from quanthedge.trials.catalogue import CATALOGUE, Catalogue
from quanthedge.trials.registry import (
    Trial,
    count,
    day_text,
    digest,
    known,
    overlapping,
    record,
    registry_folder,
    write_down,
)
from quanthedge.trials.seal import Sealed, seal

__all__ = [
    "CATALOGUE",
    "Catalogue",
    "Sealed",
    "Trial",
    "count",
    "day_text",
    "digest",
    "known",
    "overlapping",
    "record",
    "registry_folder",
    "seal",
    "write_down",
]
