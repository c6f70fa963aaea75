"""What a short future costs beside its index until delivery, net of the dividends in between."""

from collections.abc import Sequence

import numpy as np

from quanthedge.hedge.contracts.chain import ContractChain, contract_chain
from quanthedge.hedge.research.basis import LEAST_DAYS
from quanthedge.hedge.research.dividends import dividend_calendar
from quanthedge.market import Market
from quanthedge.rules import CALENDAR_DAYS_A_YEAR, index_of
from quanthedge.typing import Floats, Ints

__all__ = ["annual_discount"]


def annual_discount(market: Market, product: str, rows: Ints, held: Sequence[str]) -> Floats:
    """Return the discount a year of the future that is held, net of expected dividends, [R].

    Parameters
    ----------
    market : Market
    product : {"IF", "IH", "IC", "IM"}
    rows : int64 [R]
        Days, each judged at its close.
    held : sequence of str [R]
        Contract that is held on each day; "" for none.

    Returns
    -------
    float64 [R]
        ``-(settlement - index + expected dividends) / index x 365 / calendar days left``: above 0
        where the future stands below its fair price without interest. NaN where no contract can be
        judged, or the dividends are not known yet.

    Notes
    -----
    Of a contract with fewer than 5 days left a point of basis is tens of percent a year: the
    nearest one with more is judged then, and where none is held. Day t uses settlement price, index
    and published dividends of day t.
    """
    chain = contract_chain(market, product)
    index = market.index_close(index_of(product))
    dividends = dividend_calendar(market, index_of(product))
    found = np.full(len(rows), np.nan)
    for r, row in enumerate(rows):
        m = _judged(chain, int(row), held[r])
        if m is None or not np.isfinite(index[row]):
            continue
        today, end = chain.dates[row], chain.last_trading_day[m]
        expected = dividends.expected(int(row), today, end) * index[row]
        years = (end - today).astype(np.int64) / CALENDAR_DAYS_A_YEAR
        found[r] = -(chain.mark[row, m] - index[row] + expected) / index[row] / years
    return found


def _judged(chain: ContractChain, row: int, held: str) -> int | None:
    """Return the contract that is held, or the nearest one with enough days left."""
    left = (chain.last_trading_day - chain.dates[row]).astype(np.int64)
    known = (left >= LEAST_DAYS) & np.isfinite(chain.mark[row]) & chain.present[row]
    own = chain.position.get(held)
    if own is not None and known[own]:
        return own
    return int(np.argmax(known)) if known.any() else None
