"""Ownership: who controls a company."""

from typing import Literal

import numpy as np

from quanthedge.factors.base import Factor, Rows, as_rows
from quanthedge.market import Market
from quanthedge.typing import Floats

__all__ = ["StateOwned"]


class StateOwned(Factor):
    """Whether the state controls a company, the central government or a local one.

    Notes
    -----
    Formula: 1 where the controlling owner is a government or its company, 0 where it is another.
    Undefined: the owner is not known on the day.
    Suspension: plays no part.
    Look-ahead: the spell of ownership that had begun by the close of t.
    Sign: +1 by convention; research finds that returns of the two are foreseen differently, not
    that one earns more.
    """

    kind: Literal["state_owned"] = "state_owned"

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return 1.0, 0.0 or NaN, [R, N]."""
        days = as_rows(market, rows)
        dates = market.dates[days]
        found = np.full((days.size, len(market.codes)), np.nan)
        spells = market.owners()
        codes = spells["code"].to_numpy(dtype=str)
        place = np.minimum(np.searchsorted(market.codes, codes), len(market.codes) - 1)
        start = spells["start"].to_numpy().astype("datetime64[D]")
        end = spells["end"].to_numpy().astype("datetime64[D]")
        state = spells["owner"].isin(Market.STATE_OWNERS).to_numpy(np.float64)
        for k in np.flatnonzero(market.codes[place] == codes):
            inside = (dates >= start[k]) & (np.isnat(end[k]) | (dates <= end[k]))
            found[inside, place[k]] = state[k]
        return found
