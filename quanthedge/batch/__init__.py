"""Many runs: sweeps over parameters, where they run, the store that keeps them, their judgement."""

from quanthedge.batch.judgement import judge, parameter_name
from quanthedge.batch.plan import Plan
from quanthedge.batch.store import Store
from quanthedge.batch.sweeping import Progress, Sweep, SweepInterrupted, run_plan
from quanthedge.batch.walk_forward import (
    WalkForward,
    check_walk,
    keep_walk_forward,
    walk_forward_of,
    walked_again,
)

__all__ = [
    "Plan",
    "Progress",
    "Store",
    "Sweep",
    "SweepInterrupted",
    "WalkForward",
    "check_walk",
    "judge",
    "keep_walk_forward",
    "parameter_name",
    "run_plan",
    "walk_forward_of",
    "walked_again",
]
