"""What a book is decided in beside the scores: costs, betas, contracts, risk, expected returns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from quanthedge.portfolio.schedule import Schedule
from quanthedge.portfolio.targets import Targets
from quanthedge.risk import FittedRisk
from quanthedge.rules import CostTerms
from quanthedge.typing import Floats

__all__ = ["Book", "Circumstances"]


@dataclass(frozen=True)
class Circumstances:
    """What is known of a strategy's other parts when its stocks are decided.

    Everything of decision r is known at the close of its day. What costs time is worked out when
    it is asked for.

    Attributes
    ----------
    capital_yuan : float
    invested_fraction : float
        Stock book, fraction of equity.
    costs : CostTerms
    impact_coefficient : float
        Of the square-root law that the ledger charges; 0 = none.
    participation : float
        Largest part of a day's turnover that an order may be.
    schedule : Schedule
    products : tuple of str
        Futures that are sold; empty where nothing is hedged.
    hedge_ratio : float
        Part of the book's beta that is hedged; 1 where a rule of its own says it day by day.
    contract_yuan : callable
        Yuan of one contract of each product at the close of each decision, float64 [R, P].
    betas : callable
        Beta of each stock to each hedged index, float64 [R, N, P]; NaN where there is none.
    expected : callable
        Expected return beyond industry and size until the next rebalance, float64 [R, N], and by
        how much a unit of score counts, [R]; NaN without a score.
    tilts : callable
        By how much the weight of each industry shall exceed the index's, float64 [R, G].
    risk : callable
        The fitted model of risk.
    """

    capital_yuan: float
    invested_fraction: float
    costs: CostTerms
    impact_coefficient: float
    participation: float
    schedule: Schedule
    products: tuple[str, ...]
    hedge_ratio: float
    contract_yuan: Callable[[], Floats]
    betas: Callable[[], Floats]
    expected: Callable[[], tuple[Floats, Floats]]
    tilts: Callable[[], Floats]
    risk: Callable[[], FittedRisk]


class Book(NamedTuple):
    """What a selector wants, and how it came to it.

    Attributes
    ----------
    targets : Targets
    decisions : DataFrame
        A row for each decision where there is something to tell; empty where there is not.
    """

    targets: Targets
    decisions: pd.DataFrame
