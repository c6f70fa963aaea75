"""The count of what was tried on the same data, and periods that are sealed."""

from quanthedge.trials.registry import (
    Trial,
    bytes_digest,
    count,
    day_text,
    digest,
    known,
    overlapping,
    record,
)
from quanthedge.trials.seal import Sealed, seal

__all__ = [
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
]
