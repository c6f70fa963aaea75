"""From a strategy and a market to a result: stages with keys, ledger, fund, notes."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for readers of types
    from quanthedge.backtesting.asked_stages import stages_asked as stages_asked
    from quanthedge.backtesting.execute import run_fund_of as run_fund_of
    from quanthedge.backtesting.expectation import graded as graded
    from quanthedge.backtesting.explain import explain_holding as explain_holding
    from quanthedge.backtesting.kept import names_of as names_of
    from quanthedge.backtesting.light import LightRun as LightRun
    from quanthedge.backtesting.light import light_runs as light_runs
    from quanthedge.backtesting.plan import Prepared as Prepared
    from quanthedge.backtesting.plan import prepare as prepare
    from quanthedge.backtesting.plan import run_days as run_days
    from quanthedge.backtesting.request import asked as asked
    from quanthedge.backtesting.request import made_by as made_by
    from quanthedge.backtesting.request import versions as versions
    from quanthedge.backtesting.result import Result as Result
    from quanthedge.backtesting.run import backtest as backtest
    from quanthedge.backtesting.run import complete as complete
    from quanthedge.backtesting.run import finished as finished
    from quanthedge.backtesting.run import prepared_run as prepared_run
    from quanthedge.backtesting.selection import Selection as Selection
    from quanthedge.backtesting.selection import select as select
    from quanthedge.backtesting.selection import selected as selected
    from quanthedge.backtesting.splice import Ruler as Ruler
    from quanthedge.backtesting.splice import check_one_fund as check_one_fund
    from quanthedge.backtesting.splice import spliced as spliced
    from quanthedge.backtesting.standing import Allocated as Allocated
    from quanthedge.backtesting.standing import allocated as allocated
    from quanthedge.backtesting.tried import trial_of as trial_of

_LAZY = {
    "LightRun": "light",
    "Allocated": "standing",
    "Prepared": "plan",
    "Result": "result",
    "Ruler": "splice",
    "Selection": "selection",
    "allocated": "standing",
    "asked": "request",
    "backtest": "run",
    "check_one_fund": "splice",
    "complete": "run",
    "explain_holding": "explain",
    "finished": "run",
    "graded": "expectation",
    "light_runs": "light",
    "made_by": "request",
    "names_of": "kept",
    "prepare": "plan",
    "prepared_run": "run",
    "run_days": "plan",
    "run_fund_of": "execute",
    "select": "selection",
    "spliced": "splice",
    "selected": "selection",
    "stages_asked": "asked_stages",
    "trial_of": "tried",
    "versions": "request",
}

__all__ = [*_LAZY]  # noqa: PLE0604 -- names resolved lazily (PEP 562)


def __getattr__(name: str) -> Any:
    """Import a name on first use (PEP 562), so that the command line starts fast."""
    if name in _LAZY:
        return getattr(import_module(f"quanthedge.backtesting.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'quanthedge.backtesting' has no attribute {name!r}")
