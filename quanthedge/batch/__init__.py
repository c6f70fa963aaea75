"""Many runs: sweeps over parameters, where they run, the store that keeps them, their judgement."""

from quanthedge.batch.judgement import judge, parameter_name
from quanthedge.batch.plan import Plan
from quanthedge.batch.store import Store
from quanthedge.batch.sweeping import Progress, Sweep, SweepInterrupted
from quanthedge.batch.walk_forward import WalkForward

__all__ = [
    "Plan",
    "Progress",
    "Store",
    "Sweep",
    "SweepInterrupted",
    "WalkForward",
    "judge",
    "parameter_name",
]
