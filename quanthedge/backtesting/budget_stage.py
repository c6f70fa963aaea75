"""Budgets of margin and of risk: what they leave of each sleeve's decisions, by day."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from quanthedge.backtesting.hedge_leg import HedgeLeg
from quanthedge.backtesting.sharing_stage import Prepare, alone_as, on_paper
from quanthedge.backtesting.sleeve_stage import Planned
from quanthedge.errors import StrategyError
from quanthedge.market import Market
from quanthedge.portfolio import Periodic
from quanthedge.sleeves.budgets import BudgetShares, margin_shares, risk_shares
from quanthedge.sleeves.sharing import table_of_shares
from quanthedge.strategy import Strategy
from quanthedge.typing import Ints

__all__ = ["budgets_of"]


def budgets_of(
    strategy: Strategy,
    market: Market,
    span: tuple[int, int],
    sleeves: Sequence[Planned],
    leg: HedgeLeg,
    prepared: Prepare,
) -> pd.DataFrame:
    """Return the shares of the sleeves whose budget is not one of capital, by date.

    Parameters
    ----------
    strategy : Strategy
    market : Market
    span : tuple of int
        Rows of the first and the last trading day.
    sleeves : sequence of Planned
    leg : HedgeLeg
        With the contracts that the ledger may trade, and their margin.
    prepared : callable
        From a strategy to what the ledger is given for the same days: of a sleeve on paper.

    Raises
    ------
    StrategyError
        A budget of margin of a sleeve that wants stocks and never a contract.

    Notes
    -----
    Margin: by the rates valid at the close of the decision, and again at the close of a day on
    which they change. Risk: a review knows the days on paper up to its close.
    """
    rows: list[dict[str, object]] = []
    for planned in sleeves:
        if planned.sleeve.budget_of == "margin":
            found = _by_margin(planned, span[0], leg)
        elif planned.sleeve.budget_of == "risk":
            found = _by_risk(planned, strategy, market, span, prepared)
        else:
            continue
        rows += [
            {
                "date": market.dates[row],
                "sleeve": planned.sleeve.label,
                "share": float(found.share[k]),
                "asked": float(found.asked[k]),
                "reason": found.reason[k],
                "figure": float(found.figure[k]),
            }
            for k, row in enumerate(found.rows.tolist())
        ]
    return table_of_shares(sorted(rows, key=lambda row: str(row["date"])))


def _by_margin(planned: Planned, first: int, leg: HedgeLeg) -> BudgetShares:
    sleeve, wishes = planned
    place = {name: c for c, name in enumerate(leg.contracts)}
    legs: list[Mapping[int, float]] = [
        {place[name]: part for name, part in one.items() if name in place}
        for one in wishes.contracts
    ]
    if any(wishes.weights) and not any(legs):
        raise StrategyError(
            f"sleeve {sleeve.label}: budget_of margin, but it wants stocks and no contract on any "
            "day; accepted: capital or risk"
        )
    futures, days = leg.futures, slice(0, -1)
    found = margin_shares(
        sleeve.budget, wishes.rows - (first - 1), legs, futures.margin_rate[days],
        futures.larger_side[days],
    )  # fmt: skip
    return found._replace(rows=found.rows + first - 1)


def _by_risk(
    planned: Planned, strategy: Strategy, market: Market, span: tuple[int, int], prepared: Prepare
) -> BudgetShares:
    sleeve, review = planned.sleeve, planned.sleeve.budget_review
    if review is None:  # the sleeve's own check has refused it
        raise StrategyError(f"sleeve {sleeve.label}: budget_of risk needs budget_review")
    reviews: Ints = Periodic(every=review.every).decision_rows(market, *span)[1:]
    of_capital = sleeve.model_copy(
        update={"budget": review.start, "budget_of": "capital", "budget_review": None}
    )
    gains, tied = on_paper(alone_as(strategy, of_capital), market, review.start, span, prepared)
    found = risk_shares(sleeve.budget, review, reviews - (span[0] - 1), gains, tied)
    return found._replace(rows=np.asarray(reviews))
