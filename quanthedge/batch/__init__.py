"""Many runs: sweeps over parameters, where they run, the store that keeps them, their judgement."""

from quanthedge.batch.store import Entry, Store
from quanthedge.batch.variant import SERIES, Failure, Job, Outcome, Place, Variant

__all__ = ["SERIES", "Entry", "Failure", "Job", "Outcome", "Place", "Store", "Variant"]
