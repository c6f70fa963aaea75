"""What the sleeves beside the stocks want, as the ledger takes it."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from quanthedge.errors import StrategyError
from quanthedge.fund import FundTerms
from quanthedge.hedge import lent_on
from quanthedge.ledger import SleeveHedge, SleeveTargets, layout
from quanthedge.market import Market
from quanthedge.sleeves import Sleeve, Wishes
from quanthedge.stages import stage
from quanthedge.strategy import Strategy
from quanthedge.typing import Days, Floats

__all__ = [
    "Asked",
    "Planned",
    "contracts_of",
    "lending_of",
    "sleeve_book",
    "sleeves_of",
    "stated_hedge",
]


class Planned(NamedTuple):
    """A sleeve and all that it will want."""

    sleeve: Sleeve
    wishes: Wishes


Asked = Sequence[tuple[Sleeve, Planned]]  # sleeves as stated, what they want on the same days


def sleeves_of(
    strategy: Strategy, market: Market, first: int, last: int, asked: Asked = ()
) -> list[Planned]:
    """Return the wishes of every sleeve of a strategy, worked out once for what decides them.

    Each is the one that decides at the price at which the strategy trades contracts. Sleeves of
    ``asked`` are not asked again: a fund's own in a run of one of them on paper.
    """

    def planned(stated: Sleeve, one: Sleeve) -> Planned:
        told = next((found for other, found in asked if other is stated), None)
        if told is not None:
            return told
        wishes = stage(
            "sleeve",
            market,
            {"span": (first, last), "sleeve": one},
            partial(one.checked_wishes, market, first, last),
            on_disk=False,
        )
        return Planned(one, wishes)

    pairs = zip(strategy.sleeves, strategy.sleeves_as_filled(), strict=True)
    return [planned(stated, one) for stated, one in pairs]


def contracts_of(sleeves: Sequence[Planned]) -> tuple[str, ...]:
    """Return every contract that a sleeve ever wants, by name."""
    names = {name for _, found in sleeves for one in found.contracts for name in one}
    return tuple(sorted(names))


def sleeve_book(
    planned: Planned, first: int, dates: Days, terms: FundTerms, contracts: Sequence[str]
) -> SleeveTargets:
    """Return a sleeve's wishes as targets: parts of its budget become parts of the equity.

    Raises
    ------
    StrategyError
        A contract is wanted that the hedge's products do not have.
    """
    sleeve, found = planned
    place = {name: c for c, name in enumerate(contracts)}
    missing = next((n for one in found.contracts for n in one if n not in place), None)
    if missing is not None:
        raise StrategyError(
            f"sleeve {sleeve.label}: contract {missing} of {sleeve.product}; accepted: products "
            "that hedge.product names, of a hedge that sells something"
        )
    days, weights, exposures = found.rows + 1 - first, found.weights, found.contracts
    closing = terms.last_business_day(dates[1:])
    if closing is not None:  # wound up: everything is wanted gone
        kept = int(np.searchsorted(days, closing, side="right"))
        after = np.arange(closing + 1, dates.size - 1)
        days = np.append(days[:kept], after)
        weights = (*weights[:kept], *({} for _ in after))
        exposures = (*exposures[:kept], *({} for _ in after))
    ordered = [sorted((place[name], part) for name, part in one.items()) for one in exposures]
    stocks = [sorted(one.items()) for one in weights]
    return SleeveTargets(
        days.astype(np.int64),
        _pointer(stocks),
        np.array([i for one in stocks for i, _ in one], dtype=np.int64),
        sleeve.of_equity * np.array([w for one in stocks for _, w in one], dtype=np.float64),
        _pointer(ordered),
        np.array([c for one in ordered for c, _ in one], dtype=np.int64),
        sleeve.of_equity * np.array([part for one in ordered for _, part in one], dtype=np.float64),
    )


def _pointer(rows: Sequence[Sequence[object]]) -> np.ndarray:
    return np.cumsum([0, *(len(one) for one in rows)]).astype(np.int64)


def lending_of(planned: Planned, dates: Days) -> tuple[Floats, Floats, Floats] | None:
    """Return fee, amount and collateral on which a sleeve borrows by day; None: it does not."""
    table = planned.sleeve.lent
    return None if table is None else lent_on(table, dates)


def stated_hedge(hedge: SleeveHedge, sleeve: Sleeve) -> SleeveHedge:
    """Return the hedge of a sleeve that states its contracts, in the market of the fund's own."""
    return hedge._replace(
        method=layout.STATED, both_sides=True, aversion=0.0, range_low=np.nan, range_high=np.nan,
        together=sleeve.together,
    )  # fmt: skip
