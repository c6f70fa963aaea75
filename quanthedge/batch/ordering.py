"""The figure by which the runs of a sweep are ordered: one that runs have."""

import difflib
from collections.abc import Iterable

from quanthedge.batch.variant import Outcome
from quanthedge.errors import StrategyError

__all__ = ["FIRST", "check_by", "no_figure"]

# the figures that a reader looks at first
FIRST = (
    "annual_return_net", "volatility_net", "sharpe_net", "max_drawdown_net", "calmar_net",
    "correlation_accrued_daily", "beta_daily", "turnover", "paid_per_year_costs_and_fees",
)  # fmt: skip


def check_by(by: str, outcomes: Iterable[Outcome]) -> None:
    """Refuse a figure that runs do not have, as soon as one has ended and not after all of them."""
    for one in outcomes:
        if one.failure is None and by not in one.figures:
            raise no_figure(by, one.figures)


def no_figure(by: str, names: Iterable[str]) -> StrategyError:
    """Return what is said of a name that is no figure of a run, with those near it."""
    near = ", ".join(difflib.get_close_matches(by, list(names), 4, 0.3) or FIRST)
    return StrategyError(f"by {by!r}: no figure of a run; there are {near}")
