"""The count of what was tried on the same data, and periods that are sealed."""

from quanthedge.trials.catalogue import CATALOGUE, Catalogue, CatalogueBusyError
from quanthedge.trials.registry import (
    Trial,
    bytes_digest,
    count,
    day_text,
    digest,
    known,
    overlapping,
    record,
    write_down,
)
from quanthedge.trials.seal import Sealed, seal

__all__ = [
    "CATALOGUE",
    "Catalogue",
    "CatalogueBusyError",
    "Sealed",
    "Trial",
    "bytes_digest",
    "count",
    "day_text",
    "digest",
    "known",
    "overlapping",
    "record",
    "seal",
    "write_down",
]
