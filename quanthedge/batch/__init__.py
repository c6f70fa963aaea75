"""Many runs: sweeps over parameters, where they run, the store that keeps them, their judgement."""

from quanthedge.batch.grid import Grid, grid_of, told, variants_of
from quanthedge.batch.judgement import Judgement, judge, judged
from quanthedge.batch.plan import Plan, measured_seconds, planned
from quanthedge.batch.screen import Screen, from_vectorbt
from quanthedge.batch.store import Entry, Store
from quanthedge.batch.sweeping import Progress, Sweep, SweepInterrupted, run_plan, sweep
from quanthedge.batch.variant import SERIES, Failure, Job, Outcome, Place, Variant
from quanthedge.batch.walk_forward import WalkForward, walk_forward
from quanthedge.batch.work import run_job

__all__ = [
    "SERIES",
    "Entry",
    "Failure",
    "Grid",
    "Job",
    "Judgement",
    "Outcome",
    "Place",
    "Plan",
    "Progress",
    "Screen",
    "Store",
    "Sweep",
    "SweepInterrupted",
    "Variant",
    "WalkForward",
    "from_vectorbt",
    "grid_of",
    "judge",
    "judged",
    "measured_seconds",
    "planned",
    "run_job",
    "run_plan",
    "sweep",
    "told",
    "variants_of",
    "walk_forward",
]
