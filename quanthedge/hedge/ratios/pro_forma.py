"""Hedge ratios of a changing book: each decision's weights, carried back over the past."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.errors import StrategyError
from quanthedge.hedge.contracts.leg import FuturesLeg, futures_leg
from quanthedge.hedge.ratios.ratio_base import HedgeHistory, HedgeRatio, HedgeRatios, no_refits
from quanthedge.hedge.research.books import BookTargets
from quanthedge.market import Market
from quanthedge.typing import Floats

__all__ = ["book_ratios", "pro_forma_ratios"]


def book_ratios(
    rule: HedgeRatio,
    market: Market,
    targets: BookTargets,
    products: str | Sequence[str],
    first: int,
    last: int,
    *,
    betas: Floats | None = None,
    indices: Sequence[str] | None = None,
    **contracts: Any,
) -> HedgeRatios:
    """Return the futures value wanted per yuan of stocks at each close of a run.

    Parameters
    ----------
    rule : HedgeRatio
    market : Market
    targets : Targets or Book
    products : {"IF", "IH", "IC", "IM"}, one or several
    first, last : int
        First and last day on which the fund trades; the ratios are those of the closes
        ``first - 1 .. last``.
    betas : float64 [last - first + 2, N] or [last - first + 2, N, P], optional
        Of all stocks at the same closes, for the beta rule and wherever a rule has no ratio of its
        own; without them such rows are NaN.
    indices : sequence of str, optional
        Index of each product; by default that of the contract.
    **contracts
        Of :meth:`quanthedge.hedge.ContractSchedule.of`.

    Returns
    -------
    HedgeRatios
        ``ratio`` [last - first + 2, P].

    Raises
    ------
    StrategyError
        When the targets begin after the close before ``first``.

    Notes
    -----
    From a decision's close until the next decision the weights of that decision are used, with the
    past returns that a book of these weights would have had (a stock without a return counts 0).
    Row t uses nothing later than the close of day t.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> from quanthedge.hedge import MinimumVariance
    >>> book = qh.random_book(market, n=50)
    >>> first, last = market.day("2014-12-01"), market.day("2014-12-31")
    >>> found = qh.book_ratios(MinimumVariance(), market, book, "IF", first, last)
    >>> found.ratio.shape
    (24, 1)
    """
    begin = max(0, first - 1 - rule.memory)
    leg = futures_leg(market, products, begin, last, indices=indices, **contracts)
    return pro_forma_ratios(rule, market, targets, leg, begin, first - 1, last, betas)


def pro_forma_ratios(
    rule: HedgeRatio,
    market: Market,
    targets: BookTargets,
    leg: FuturesLeg,
    begin: int,
    first_row: int,
    last: int,
    betas: Floats | None = None,
) -> HedgeRatios:
    """Return the ratios of the rows first_row .. last with a futures leg that is known already.

    Parameters
    ----------
    rule, market, targets
        As in :func:`book_ratios`.
    leg : FuturesLeg
        Its row 0 is the market's row ``begin``.
    begin, first_row, last : int
    betas : float64 [last - first_row + 1, N, P], optional
    """
    rows = np.asarray(targets.decision_rows)
    days, products = last - first_row + 1, len(leg.products)
    if rows.size == 0:  # a fund without stocks of its own: nothing to hedge
        return HedgeRatios(np.zeros((days, products)), np.zeros(days, dtype=np.bool_), no_refits())
    if rows[0] > first_row:
        raise StrategyError(
            f"hedge ratio: the book is first decided on row {rows[0]}, the ratio is wanted from "
            f"row {first_row}; start later"
        )
    ratio = np.full((days, products), np.nan)
    fallback = np.zeros(days, dtype=np.bool_)
    refits: list[pd.DataFrame] = []
    returns = market.panel("simple_return")
    stops = np.append(rows[1:], last + 1)
    for r in np.flatnonzero((stops > first_row) & (rows <= last)):
        span = slice(targets.pointer[r], targets.pointer[r + 1])
        stocks, weights = targets.stocks[span], targets.weights[span]
        start, stop = max(int(rows[r]), first_row), min(int(stops[r]), last + 1)
        if stocks.size == 0 or weights.sum() == 0:
            ratio[start - first_row : stop - first_row] = 0.0
            continue
        weights = weights / weights.sum()
        reach = max(begin, start - rule.memory + 1) if rule.from_returns else start
        reach = min(reach, start)
        history = _history(leg, begin, reach, stop)
        if rule.from_returns:
            past = np.nan_to_num(np.asarray(returns[reach:stop][:, stocks], dtype=np.float64))
            history = history._replace(book=_row_sums(past * weights))
        if betas is not None:
            own = betas[start - first_row : stop - first_row][:, stocks]
            own = own.reshape(stop - start, stocks.size, products)
            history.beta[start - reach :] = _weighted(own, weights)
        result = rule.estimate(history, start - reach)
        ratio[start - first_row : stop - first_row] = result.ratio
        fallback[start - first_row : stop - first_row] = result.fallback
        refits.append(result.refits)
    known = [frame for frame in refits if len(frame)]
    together = pd.concat(known, ignore_index=True) if known else pd.DataFrame()
    return HedgeRatios(ratio, fallback, together)


def _history(leg: FuturesLeg, begin: int, reach: int, stop: int) -> HedgeHistory:
    """History over the market's rows reach .. stop - 1, without book and betas."""
    span = slice(reach - begin, stop - begin)
    empty = np.full((stop - reach, len(leg.products)), np.nan)
    return HedgeHistory(
        leg.dates[span],
        empty[:, 0].copy(),
        np.ascontiguousarray(leg.index_return[span]),
        np.ascontiguousarray(leg.future[span]),
        empty,
        np.ascontiguousarray(leg.carry[span]),
    )


def _row_sums(values: Floats) -> Floats:
    """Sum each row by itself: in a matrix product its last bit depends on the rows after it."""
    result: Floats = np.ascontiguousarray(values).sum(axis=1)
    return result


def _weighted(betas: Floats, weights: Floats) -> Floats:
    """Weighted betas [R, P] of betas [R, n, P]; a stock without one counts 1, then 0, as held."""
    default = np.zeros(betas.shape[2])
    default[0] = 1.0
    result: Floats = np.einsum("rnp,n->rp", np.where(np.isnan(betas), default, betas), weights)
    return result
