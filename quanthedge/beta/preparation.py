"""Which days betas are estimated from: suspensions, new listings and days locked at a limit.

Three kinds of days do not show how a stock moves with its index:

- The day of *resumption* after a suspension carries the return of the whole suspension, on one
  day's index return.
- A *new listing* runs up at its limit for days or weeks.
- A stock that *closes at its price limit* has moved less than it would have, and catches up later.

What is done with them is a choice that belongs to a strategy; what was done is counted. To leave
out limit days is the worst of the choices: it takes out the days on which a stock moved most, so
betas come out too low, more so than if nothing is done. Merging a locked spell into one return and
pairing it with the index over the same days leaves no such bias.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field

from quanthedge.beta.limits import DatedMarket, closed_at_limit
from quanthedge.errors import DataError, StrategyError
from quanthedge.plain import Plain
from quanthedge.typing import Floats

__all__ = ["Preparation", "Prepared"]


class Preparation(Plain):
    """What is done with the days that mislead a beta, as strategies name it.

    Attributes
    ----------
    resumption : {"keep", "drop", "match"}
        The day after a suspension: as it is; left out; paired with the index return since the
        stock's close before.
    limit_days : {"keep", "drop", "merge"}
        Days that closed at a price limit: as they are; left out; compounded, together with the
        first day that closes off its limit, into one return that is paired with the index return
        over the same days.
    listing_days : int or "until_free"
        Bars left out after a listing; "until_free": all up to and including the first that closes
        off its limit. Goes with "merge", which would else make one return of the whole run-up.

    Examples
    --------
    >>> Preparation(resumption="drop", listing_days="until_free").limit_days
    'keep'

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    resumption: Literal["keep", "drop", "match"] = Field(
        default="keep", description="The day after a suspension: keep, drop, or match its days."
    )
    limit_days: Literal["keep", "drop", "merge"] = Field(
        default="keep", description="Days closed at a price limit: keep, drop, or merge the spell."
    )
    listing_days: Annotated[int, Field(ge=0)] | Literal["until_free"] = Field(
        default=0, description='Bars left out after a listing, or "until_free".'
    )

    @property
    def pairs_by_stock(self) -> bool:
        """Whether the index return of a day depends on the stock."""
        return self.resumption == "match" or self.limit_days == "merge"

    @property
    def _asks_for_limits(self) -> bool:
        return self.limit_days != "keep" or self.listing_days == "until_free"


@dataclass(frozen=True)
class Prepared:
    """Returns to estimate betas from; row t uses nothing later than the close of day t.

    Attributes
    ----------
    returns : ndarray [T, N]
        Simple returns of the stocks; NaN where there is no pair.
    index : ndarray [T] or [T, K]
        Simple returns of the index or indices, as given.
    own_index : ndarray [T, N] or None
        The index return that belongs to each stock's return, when that depends on the stock.
    counts : dict
        Bars by what was done with them.

    """

    returns: Floats
    index: Floats
    own_index: Floats | None
    counts: dict[str, int]

    def __str__(self) -> str:
        """One line per kind of day."""
        return "\n".join(f"{number:12,d}  {what}" for what, number in self.counts.items())

    @classmethod
    def of(
        cls, market: DatedMarket, index: Floats, preparation: Preparation | None = None
    ) -> "Prepared":
        """Return the pairs of returns from which betas are estimated.

        Parameters
        ----------
        market : Market
            Its panels simple_return, traded and, for price limits, close, pre_close, is_st and
            is_delisting are used, and its stock_names.
        index : ndarray [T] or [T, K]
            Simple returns, as by :func:`quanthedge.beta.index_returns`.
        preparation : Preparation
            By default nothing is changed.

        Raises
        ------
        DataError
            When the index does not cover the market's days.
        StrategyError
            When a choice that pairs by stock meets several indices.

        Notes
        -----
        A resumption is a bar whose stock has none on the trading day before, unless it is the
        listing day. With "match" and "merge" the pair stands on the last day of its span; a span
        over an unknown index return, or one that begins before the data, has no pair and is
        counted. A merged spell of locked days that contains a suspension spans it as well; with
        resumption "drop" it is left out. Listed before the calendar begins means not new. The price
        limits are those of the dated rule book; where it knows none, a day counts as not locked and
        is counted as such.

        Row t depends on days before the window of an estimator when a span began there: prepare the
        whole market first, then cut.
        """
        preparation = preparation or Preparation()
        index = np.ascontiguousarray(index, dtype=np.float64)
        if index.ndim not in (1, 2) or len(index) != len(market.dates):
            raise DataError(
                f"beta: index returns have shape {index.shape} and the market {len(market.dates)} "
                "days; accepted are [T] and [T, K] over the market's days"
            )
        if preparation.pairs_by_stock and index.ndim == 2 and index.shape[1] > 1:
            raise StrategyError(
                f"beta: resumption = '{preparation.resumption}', limit_days = "
                f"'{preparation.limit_days}' pair each stock with one index, found "
                f'{index.shape[1]}; choose "keep" or "drop"'
            )
        returns = np.ascontiguousarray(market.panel("simple_return"), dtype=np.float64)
        if preparation == Preparation():
            traded = int(np.count_nonzero(market.panel("traded")))
            return cls(returns, index, None, {"bars": traded})
        return _paired(market, returns, index, preparation)


def _paired(
    market: DatedMarket, returns: Floats, index: Floats, preparation: Preparation
) -> Prepared:
    from quanthedge.beta.kernels import pairing as kernels

    if preparation._asks_for_limits:
        locked, unknown = closed_at_limit(market)
    else:
        locked, unknown = np.zeros(returns.shape, dtype=bool), 0
    paired = np.empty_like(returns)
    own = np.empty(returns.shape if preparation.pairs_by_stock else (0, 0))
    counts = np.zeros(6, dtype=np.int64)
    wanted = preparation.listing_days
    first = index if index.ndim == 1 else index[:, 0]
    known = np.isfinite(first)
    kernels.pair_returns(
        returns,
        np.ascontiguousarray(market.panel("traded")),
        locked,
        market.list_index(),
        np.concatenate([[1.0], np.cumprod(np.where(known, 1.0 + first, 1.0))]),
        np.concatenate([[0], np.cumsum(~known)]),
        {"keep": kernels.KEEP, "drop": kernels.DROP, "match": kernels.OWN}[preparation.resumption],
        {"keep": kernels.KEEP, "drop": kernels.DROP, "merge": kernels.OWN}[preparation.limit_days],
        kernels.UNTIL_FREE if isinstance(wanted, str) else wanted,
        paired,
        own,
        counts,
    )
    told = _told(preparation, counts, unknown)
    return Prepared(paired, index, own if preparation.pairs_by_stock else None, told)


def _told(preparation: Preparation, counts: NDArray[np.int64], unknown: int) -> dict[str, int]:
    """Name the counts that belong to the choices made."""
    bars, listing, resumed, locked, merged, unpaired = (int(number) for number in counts)
    told = {"bars": bars}
    if preparation.listing_days != 0:
        told["bars after a listing left out"] = listing
    if preparation.resumption == "drop":
        told["resumption days left out"] = resumed
    elif preparation.resumption == "match":
        told["resumption days paired with the index over the suspension"] = resumed
    if preparation.limit_days == "drop":
        told["limit days left out"] = locked
    elif preparation.limit_days == "merge":
        told["limit days merged"] = locked
        told["spells of limit days that ended in a pair"] = merged
    if preparation.pairs_by_stock:
        told["pairs without a known index return"] = unpaired
    if preparation._asks_for_limits:
        told["bars without a known price limit, taken as free"] = unknown
    return told
