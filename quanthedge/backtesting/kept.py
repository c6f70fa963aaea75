"""What a run keeps so that it can go on: its ledger's state, and digests of what it was given."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.backtesting.execute import sleeve_labels
from quanthedge.backtesting.plan import Prepared, days_after
from quanthedge.ledger import LedgerRecord, Names, Past
from quanthedge.stages import stage

__all__ = ["kept_ledger", "names_of"]


def names_of(prepared: Prepared) -> Names:
    """Return what the axes of a run's ledger are called."""
    market = prepared.market
    last = prepared.first + prepared.dates.size - 2
    return Names(
        prepared.dates.astype("datetime64[D]"),
        days_after(market, last),
        market.codes,
        prepared.leg.contracts,
        list(prepared.strategy.hedge.products),
        sleeve_labels(prepared.strategy),
    )


def kept_ledger(
    prepared: Prepared, record: LedgerRecord
) -> tuple[dict[str, Any] | None, pd.DataFrame | None]:
    """Return state and past of a run as its folder keeps them.

    None for a fund that has ended, and for one that strategies rule in turn: which of them rules on
    a later day is not decided yet.
    """
    if record.insolvent_day is not None or prepared.reigns:
        return None, None
    names = names_of(prepared)
    days = record.days_run
    state = names.state_named(record.state, prepared.inputs, days - 1)
    known = _known(prepared, names) if days == names.dates.size - 1 else None
    past = Past(prepared.inputs, names).digests(days=days, known=known)
    (stocks, *_) = record.state.of_sleeves()
    own = np.concatenate([[np.nan], stocks.book_return[:days]])
    return state, past.assign(book_return=own)


def _known(prepared: Prepared, names: Names) -> dict[str, NDArray[np.uint64]]:
    """Return the digests that every strategy of the span shares, worked out once for a market."""
    market, first = prepared.market, prepared.first
    found: dict[str, NDArray[np.uint64]] = stage(
        "past_of_the_market",
        market,
        {"span": (first, len(names.dates)), "tax": prepared.strategy.costs.dividend_tax},
        Past(prepared.inputs, names).of_the_market,
        with_market=market.kept_folder is not None,
    )
    return found
