"""Cash-and-carry: the basket of an index held against a contract that stands above it."""

from itertools import pairwise
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, ValidationInfo, field_validator

from quanthedge.hedge import (
    CarryTerms,
    carry_opportunity,
    carry_trades,
    contract_chain,
    lent_on,
)
from quanthedge.market import Market
from quanthedge.risk import index_weights
from quanthedge.rules import FuturesRules, index_of
from quanthedge.sleeves.base import FillPrice, Sleeve, Wishes, check_fill, state_changes
from quanthedge.sleeves.lending import LendingRow, lending_rows, lending_table
from quanthedge.stages import stage
from quanthedge.typing import Floats, Ints

__all__ = ["CashAndCarry"]

Account = Literal["hedging", "speculative"]
_MONTHS = {"front": 0, "next": 1, "quarter": 2, "second quarter": 3}


class CashAndCarry(Sleeve):
    """The basket bought and the contract sold while that pays enough net of all it costs.

    When to enter, roll and leave is decided by :func:`quanthedge.carry_trades`, by a position of
    one lot; the size is what the budget carries: basket, margin and reserve together are the whole
    of it. At expiry the contract is left to be delivered and the basket is sold on that day.

    With a ``lending`` table the reverse is done too, where it pays more: the basket borrowed and
    sold, the contract bought, all bought back at the end. What the budget carries is then the
    collateral beside the proceeds, margin and reserve. Without one there is no reverse side.
    """

    kind: Literal["cash_and_carry"] = "cash_and_carry"
    terms: CarryTerms = Field(
        default_factory=CarryTerms, description="When it is entered and left, and what it costs."
    )
    lending: tuple[LendingRow, ...] = Field(
        default=(),
        description="Terms on which the basket is lent, for the reverse side: a CSV or Parquet "
        "file with the columns date, fee, available, collateral, or its rows. None: no reverse.",
    )

    @field_validator("lending", mode="before")
    @classmethod
    def _read(cls, given: Any, info: ValidationInfo) -> Any:
        """Read the table of a file or a frame."""
        own = (info.context or {}).get("own")
        return lending_rows(given, None if own is None else own.folder)

    @field_validator("lending")
    @classmethod
    def _ordered(cls, rows: tuple[LendingRow, ...]) -> tuple[LendingRow, ...]:
        if any(after.date <= row.date for row, after in pairwise(rows)):
            raise ValueError("lending: accepted: dates ascending, each once")
        return rows

    @property
    def lent(self) -> pd.DataFrame | None:
        """Terms on which the basket is borrowed; None without a lending table."""
        return lending_table(self.lending) if self.lending else None

    def _trades(self, market: Market, first: int, last: int) -> pd.DataFrame:
        start, end = (str(market.dates[row]) for row in (first, last))
        return carry_trades(market, self.product, start, end, self.terms, lending=self.lent)

    def filled_at(self, price: FillPrice) -> Self:
        """Return the carry whose legs are done at this price."""
        check_fill(self, "terms.fill", self.terms.fill or price, price)
        terms = self.terms.model_copy(update={"fill": price})
        return self.model_copy(update={"terms": terms})

    def wishes(self, market: Market, first: int, last: int) -> Wishes:
        """Return basket and contract after each decision."""
        trades = self._trades(market, first, last)
        rows, held = state_changes(market, trades, ("decided", "exit_decided"), first, last)
        return Wishes(
            rows,
            tuple(
                {} if one is None else self._basket(market, int(row), trades["side"].iloc[one])
                for row, one in zip(rows, held, strict=True)
            ),
            tuple(
                self._contract(market, trades, int(row), one)
                for row, one in zip(rows, held, strict=True)
            ),
        )

    def expected(self, market: Market, first: int, last: int) -> Floats:
        """Return what its position was to pay when it was entered; without one, the best contract.

        A position that is held to delivery pays what was locked in, whatever a new one would.
        """
        rows = np.arange(first - 1, last)
        found = self._best(market, rows)
        trades = self._trades(market, first, last)
        places, held = state_changes(market, trades, ("decided", "exit_decided"), first, last)
        for one, begin, stop in zip(held, places, [*places[1:], last], strict=False):
            if one is not None:
                found[begin - rows[0] : stop - rows[0]] = trades["expected"].iloc[one]
        return found

    def _best(self, market: Market, rows: Ints) -> Floats:
        """Return what the best of the months that may be entered pays a year, net; NaN: none."""
        chain = contract_chain(market, self.product)
        place = chain.present[rows].cumsum(axis=1) - 1
        entered = chain.present[rows] & np.isin(place, [_MONTHS[one] for one in self.terms.months])
        paid = carry_opportunity(market, self.product, self.terms)
        if self.lending:
            other = carry_opportunity(
                market, self.product, self.terms, side="reverse", lending=self.lent
            )
            paid = paid.where(paid >= other, other.where(other.notna(), paid))
        days = pd.DatetimeIndex(market.dates[rows])
        value = paid.reindex(index=days, columns=chain.contracts).to_numpy()
        allowed = np.where(entered & np.isfinite(value), value, -np.inf).max(axis=1)
        return np.where(np.isfinite(allowed), allowed, np.nan)

    def _part(self, market: Market, row: int, side: str) -> float:
        """Return the part of the budget that the basket takes: below 0 where it is sold short."""
        first, margin = _margins(market, self.product, self.terms.account)
        beside = float(margin[row - first]) + self.terms.reserve
        if side == "carry" or self.lent is None:
            return 1.0 / (1.0 + beside)
        lent = lent_on(self.lent, market.dates[row : row + 1])
        return -1.0 / (float(lent.collateral[0]) + beside)

    def _basket(self, market: Market, row: int, side: str) -> dict[int, float]:
        """Return the members that traded on the day; those that did not leave them their weight."""
        weights = index_weights(market, index_of(self.product)).on(np.array([row]))[0]
        weights = np.where(market.panel("traded")[row], weights, 0.0)
        weights *= self._part(market, row, side) / weights.sum()
        return {int(i): float(weights[i]) for i in np.flatnonzero(weights)}

    def _contract(
        self, market: Market, trades: pd.DataFrame, row: int, held: int | None
    ) -> dict[str, float]:
        """Return the contract against the basket; one that is delivered tomorrow is left to it."""
        day = market.dates[row]
        if held is not None:
            part = self._part(market, row, trades["side"].iloc[held])
            return {str(trades["contract"].iloc[held]): -part}
        ends = trades["exit_decided"].to_numpy().astype("datetime64[D]") == day
        if not ends.any():
            return {}
        delivered = ends & (trades["exit_reason"] == "expiry").to_numpy()
        return {str(name): np.nan for name in trades["contract"].to_numpy()[delivered]}


def _margins(market: Market, product: str, account: Account) -> tuple[int, Floats]:
    """Return the row of a product's first day, and its margin rate on each day from it on."""
    return stage(
        "carry_margins",
        market,
        {"product": product, "account": account},
        lambda: _margins_anew(market, product, account),
        on_disk=False,
    )


def _margins_anew(market: Market, product: str, account: Account) -> tuple[int, Floats]:
    first = int(contract_chain(market, product).present.any(axis=1).argmax())
    return first, FuturesRules.between(product, market.dates[first:], account=account).margin
