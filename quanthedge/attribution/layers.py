"""Alpha by layer of a strategy: how much was invested, in which industries, in which stocks.

Beside a strategy that may hold less than its whole book (``[layers.allocation]``) the same strategy
runs fully invested. On each day let L and F be a line of the bridge of the one and of the other, E
and E' their equities at the last close, and k = E / E'. Then

    allocation   L - k F        what the strategy has of the line beyond the fully invested one,
                                were that as large
    industry     k times the allocation of industries of the fully invested book
    stock        k times its selection, and what the members' weights miss of the index

For the line alpha the three add up to it. Where the book is exactly g times the fully invested one,
``L = g k F`` and the layer allocation is ``(g - 1) k F``. Without an allocation k is 1, L is F and
the layer is 0.

The industry's return inside the index is here its excess over all members plus the index's own
return, ``R_g - R + r``: so the layers need no line for what weights of members miss, which
:mod:`quanthedge.attribution.brinson` shows apart.
"""

import pandas as pd

from quanthedge.attribution.brinson import Effects, effects_of, line_table
from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.performance import Bridge
from quanthedge.record import Record

__all__ = ["LAYERS", "allocation_lines", "alpha_layers", "layer_table"]

LAYERS = ("allocation", "industry", "stock")


def alpha_layers(
    result: Record, market: Market, fully_invested: Record | None = None
) -> pd.DataFrame:
    """Return the line ``alpha`` of each day by layer, yuan.

    Parameters
    ----------
    result : Record
    market : Market
        The market of the run, with the members of its benchmark.
    fully_invested : Record, optional
        The same strategy without an allocation, on the same days; by default the run itself.

    Returns
    -------
    DataFrame
        By day: allocation, industry, stock.

    Raises
    ------
    DataError
        As :func:`quanthedge.attribution.brinson.brinson` and :func:`allocation_lines`.
    """
    whole = result if fully_invested is None else fully_invested
    return layer_table(result, whole, effects_of(whole, market))


def layer_table(result: Record, whole: Record, effects: Effects) -> pd.DataFrame:
    """Return what :func:`alpha_layers` does, of effects of the fully invested run."""
    table, scale = line_table(effects), _scale(result, whole)
    found = pd.DataFrame({"allocation": 0.0}, index=table.index)
    if whole is not result:
        found["allocation"] = _beyond(result, whole, scale)["alpha"]
    found["industry"] = scale * table["industry"]
    found["stock"] = scale * (table["stock"] + table["index"])
    return found


def allocation_lines(result: Record, fully_invested: Record) -> pd.DataFrame:
    """Return by day what the allocation did to each line of the bridge, yuan.

    Parameters
    ----------
    result, fully_invested : Record
        A strategy with an allocation, and the same one without, on the same days.

    Returns
    -------
    DataFrame
        By day: the lines of the bridge without investors' money, each less that of the fully
        invested run scaled to the same equity at the close before.

    Raises
    ------
    DataError
        When the runs have different days, or the fully invested one has no equity left.
    """
    return _beyond(result, fully_invested, _scale(result, fully_invested))


def _beyond(result: Record, whole: Record, scale: pd.Series) -> pd.DataFrame:
    """Return the lines of a run less those of another, scaled."""
    own, other = (Bridge(one).yuan("day")[list(Bridge.EARNED)] for one in (result, whole))
    return own - other.mul(scale, axis=0)


def _scale(result: Record, whole: Record) -> pd.Series:
    """Return the equity of one run over that of another at the close before each day."""
    own, other = result.ledger["equity"], whole.ledger["equity"]
    if not own.index.equals(other.index):
        raise DataError(
            f"attribution: the fully invested run ends on {other.index[-1]:%Y-%m-%d} or has other "
            f"days than the strategy ({own.index[0]:%Y-%m-%d} to {own.index[-1]:%Y-%m-%d}); what "
            "the allocation did cannot be told"
        )
    gone = other.iloc[:-1] <= 0.0
    if gone.any():
        raise DataError(
            f"attribution: the fully invested run has no equity on {gone.idxmax():%Y-%m-%d}; what "
            "the allocation did cannot be told"
        )
    return pd.Series(own / other).shift(1).iloc[1:]
