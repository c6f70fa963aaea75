"""How suspended holdings are valued: the strategy's side."""

from typing import Literal

from pydantic import ConfigDict, Field

from quanthedge.plain import Plain

__all__ = ["Valuation"]


class Valuation(Plain):
    """What a stock that does not trade is stated at.

    Notes
    -----
    The index-return method (指数收益法) of the guidance on fund valuation of the China Securities
    Regulatory Commission (no. 38 of 2008, no. 13 of 2017): the last close moved by the return of
    the index of the stock's industry since, where all adjustments together could move net assets by
    0.25% or more; back to the close once the stock trades with the marks of an active market.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    suspended: Literal["index_return", "beta", "last_close"] = Field(
        default="index_return",
        description="Value of a stock that does not trade: its last close moved by the index, by "
        "its beta to the hedged index, or left as it is.",
    )
    index: Literal["industry", "hedged"] = Field(
        default="industry",
        description="Index of index_return: the AMAC index of the stock's industry, else one made "
        "of the market's own stocks of that industry; or the first index that is hedged.",
    )
    materiality: float = Field(
        default=0.0025,
        ge=0,
        lt=1,
        description="Share of net assets that all adjustments together must reach.",
    )
    from_day: int | None = Field(
        default=None,
        ge=1,
        description="Day of a suspension from which its adjustment counts whatever its size.",
    )
