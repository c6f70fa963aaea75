"""What can be lost: shocks, worst weeks, margin calls ahead, leverage."""

from quanthedge.stress.leverage import compare_leverage, levered
from quanthedge.stress.outlook import Accounts, days_to_margin_call, margin_outlook
from quanthedge.stress.scenarios import (
    HISTORY,
    SCENARIOS,
    Scenario,
    StressReport,
    run_stress,
)

__all__ = [
    "HISTORY",
    "SCENARIOS",
    "Accounts",
    "Scenario",
    "StressReport",
    "compare_leverage",
    "days_to_margin_call",
    "levered",
    "margin_outlook",
    "run_stress",
]
