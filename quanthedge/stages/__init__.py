"""Results that are worked out once for each key, of a market and parts of a strategy."""

from quanthedge.stages.code import code_digest
from quanthedge.stages.folder import StageFolder
from quanthedge.stages.keyed import (
    keep_stages,
    parts_digest,
    shared_in_a_run,
    stage,
    stage_key,
    watched_stages,
)

__all__ = [
    "StageFolder",
    "code_digest",
    "keep_stages",
    "parts_digest",
    "shared_in_a_run",
    "stage",
    "stage_key",
    "watched_stages",
]
