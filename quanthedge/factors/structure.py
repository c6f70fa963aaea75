"""Market structure: how large a company is."""

from typing import Literal

import numpy as np

from quanthedge.factors.base import Factor, Rows, as_rows, market_value
from quanthedge.market import Market
from quanthedge.typing import Floats

__all__ = ["Size"]


class Size(Factor):
    """Logarithm of the total market value.

    Notes
    -----
    Formula: ln(close x total_shares), yuan.
    Undefined: no price or share count yet.
    Suspension: the last close stands.
    Look-ahead: day t uses the close and the share count of t.
    """

    kind: Literal["size"] = "size"

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return ln(last close x total shares), [R, N]."""
        return np.asarray(np.log(market_value(market, as_rows(market, rows))))
