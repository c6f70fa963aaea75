"""The cheap sides of pairs inside industries, against the index future."""

from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from quanthedge.arbitrage import pairs_targets, refused_levels
from quanthedge.hedge import contract_chain
from quanthedge.market import Market
from quanthedge.sleeves.base import Sleeve, Wishes
from quanthedge.typing import Ints
from quanthedge.universe import IndexUniverse, Universe

__all__ = ["IndustryPairs"]


class IndustryPairs(Sleeve):
    """Stocks that stand below their partner are bought, and as much of the index is sold.

    Which and when is decided by :func:`quanthedge.pairs_targets`, walked forward. The dear side
    cannot be sold short here, so the market is hedged with the nearest contract that has more than
    ``roll_days`` left, in the value of the stocks.
    """

    kind: Literal["industry_pairs"] = "industry_pairs"
    universe: Universe = Field(default_factory=IndexUniverse)
    method: Literal["distance", "cointegration", "residual"] = Field(
        default="distance", description="How spreads are chosen."
    )
    formation_days: int = Field(default=250, ge=60, description="Days that a choice is made of.")
    trading_days: int = Field(default=125, ge=1, description="Decisions that a choice stands for.")
    most: int = Field(default=20, ge=1, description="Spreads traded at once.")
    entry: float = Field(
        default=2.0, gt=0, description="Deviation at which the cheap side is bought."
    )
    exit: float = Field(default=0.0, ge=0, description="Deviation at which it is sold again.")
    roll_days: int = Field(default=4, ge=1, description="Trading days before delivery to roll.")
    invested: float = Field(
        default=0.75, gt=0, le=1, description="Part of the budget that all purchases together take."
    )

    @model_validator(mode="after")
    def _levels_fit(self) -> Self:
        refused = refused_levels(self.entry, self.exit, np.inf)  # no stop
        if refused:
            raise ValueError(refused)
        return self

    def wishes(self, market: Market, first: int, last: int) -> Wishes:
        """Return the stocks and the contract after each decision that changes one of them."""
        names = ("method", "formation_days", "trading_days", "most", "entry", "exit")
        asked: dict[str, Any] = {name: getattr(self, name) for name in names}
        asked |= {"start": str(market.dates[first - 1]), "end": str(market.dates[last - 1])}
        book = pairs_targets(market, self.universe, **asked).weights
        weights = np.zeros((last - first + 1, len(market.codes)))
        place = {code: i for i, code in enumerate(market.codes)}
        stands = book.reindex(pd.DatetimeIndex(market.dates[first - 1 : last])).ffill().fillna(0.0)
        weights[:, [place[code] for code in book.columns]] = stands.to_numpy()
        near = _near(market, self.product, np.arange(first - 1, last), self.roll_days)
        rows, stocks, contracts = [], [], []
        for k, contract in enumerate(near):
            if k and (weights[k] == weights[k - 1]).all() and contract == near[k - 1]:
                continue
            held = {
                int(i): self.invested * float(weights[k, i]) for i in np.flatnonzero(weights[k])
            }
            rows.append(first - 1 + k)
            stocks.append(held)
            contracts.append({contract: -sum(held.values())} if held and contract else {})
        return Wishes(np.array(rows, dtype=np.int64), tuple(stocks), tuple(contracts))


def _near(market: Market, product: str, rows: Ints, roll_days: int) -> list[str]:
    """Return the nearest contract with more days left than a roll takes; "" where there is none."""
    chain = contract_chain(market, product)
    ends = np.searchsorted(market.calendar, chain.last_trading_day)
    today = np.searchsorted(market.calendar, market.dates[rows])
    open_to = chain.present[rows] & (ends[None, :] - today[:, None] > roll_days)
    first = open_to.argmax(axis=1)
    return [chain.contracts[m] if open_to[k, m] else "" for k, m in enumerate(first)]
