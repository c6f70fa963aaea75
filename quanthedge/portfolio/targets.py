"""What the stock book shall be on its rebalances."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.market import Market
from quanthedge.typing import Floats, Ints

__all__ = ["Targets", "sparse_targets"]


@dataclass(frozen=True)
class Targets:
    """Weights of the stock book on its rebalances, sparse.

    Attributes
    ----------
    decision_rows : int64 [R]
        Day index of each decision; orders are done on the next trading day.
    pointer : int64 [R + 1]
        Rebalance r wants ``stocks[pointer[r]:pointer[r + 1]]``.
    stocks : int64 [K], weights : float64 [K]
        Positions in the market's codes; fractions of equity.
    dates : datetime64[D] [R], codes : str [N]
    """

    decision_rows: Ints
    pointer: Ints
    stocks: Ints
    weights: Floats
    dates: NDArray[np.datetime64]
    codes: NDArray[np.str_] = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return the targets as rows of date (of the decision), code and weight."""
        counts = np.diff(self.pointer)
        return pd.DataFrame(
            {
                "date": pd.DatetimeIndex(np.repeat(self.dates, counts)),
                "code": pd.array(self.codes[self.stocks].astype(object), dtype="str"),
                "weight": self.weights,
            }
        )


def sparse_targets(market: Market, rows: Ints, weights: Floats) -> Targets:
    """Return targets from weights of all stocks, [R, N], 0 where none is wanted."""
    rows = np.asarray(rows, dtype=np.int64)
    stocks = [np.flatnonzero(row) for row in weights]
    return Targets(
        decision_rows=rows,
        pointer=np.cumsum([0, *(one.size for one in stocks)]).astype(np.int64),
        stocks=np.concatenate([*stocks, np.empty(0, dtype=np.int64)]),
        weights=weights[weights != 0],
        dates=market.dates[rows],
        codes=market.codes,
    )
