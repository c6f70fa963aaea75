"""What each purchase of a pair would have earned: filled at opens, after costs, less the index.

An estimate, trade by trade: no lots, no cash, no size of an order, and the index itself in place of
a future that has a basis and a margin. The ledger counts the money.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from quanthedge.ledger import Costs
from quanthedge.market import LimitPanel, Market
from quanthedge.rules import StockCosts, limit_prices
from quanthedge.typing import Bools, Days, Floats, Ints

__all__ = ["Purchase", "estimate"]


class Purchase(NamedTuple):
    """A stock bought and sold again: columns of the market, and rows of the two decisions."""

    stock: int
    other: int
    industry: int
    decision: int
    exit_decision: int
    reason: str


class _Panels(NamedTuple):
    """Adjusted opens, where one could buy and sell, costs, marks, from row `first` on."""

    open: Floats
    mark: Floats
    buy: Bools
    sell: Bools
    buy_cost: Floats
    sell_cost: Floats
    hedge: Floats  # the index at its opens


def estimate(market: Market, purchases: list[Purchase], index: str) -> pd.DataFrame:
    """Return the purchases with their fills and returns, a row each.

    Notes
    -----
    Bought at the first open after the decision at which it traded below its upper limit, if that is
    by the exit's decision: else it is not done. Sold at the first open after the exit's decision at
    which it traded above its lower limit; else it is still held, and stated at its last close.
    """
    used = np.unique([one.stock for one in purchases]).astype(np.int64)
    if not purchases:
        return pd.DataFrame(columns=list(_COLUMNS))
    panels = _panels(market, used, index)
    rows = [_row(market, one, int(np.searchsorted(used, one.stock)), panels) for one in purchases]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    "code", "other", "industry", "decision", "exit_decision", "reason", "entry", "exit", "done",
    "waited_in", "waited_out", "gross", "cost", "index", "net",
)  # fmt: skip


def _row(market: Market, one: Purchase, n: int, panels: _Panels) -> dict[str, object]:
    entry = _next(panels.buy[:, n], one.decision + 1, one.exit_decision)
    last = len(market.dates) - 1
    out = _next(panels.sell[:, n], max(one.exit_decision, entry) + 1, last) if entry >= 0 else -1
    return {
        "code": str(market.codes[one.stock]),
        "other": str(market.codes[one.other]) if one.other >= 0 else "",
        "industry": one.industry,
        "decision": _day(market, one.decision),
        "exit_decision": _day(market, one.exit_decision),
        "reason": one.reason,
        "entry": _day(market, entry),
        "exit": _day(market, out),
        "done": entry >= 0,
        "waited_in": entry - one.decision - 1 if entry >= 0 else np.nan,
        "waited_out": out - one.exit_decision - 1 if out >= 0 else np.nan,
        **_returns(panels, n, entry, out),
    }


def _day(market: Market, row: int) -> object:
    """Return a row's day, NaT for -1."""
    days: Days = market.dates
    return pd.Timestamp(days[row]) if row >= 0 else pd.NaT


def _next(possible: Bools, first: int, last: int) -> int:
    """Return the first row from `first` to `last` on which something is possible, -1 = none."""
    found = np.flatnonzero(possible[first : last + 1])
    return first + int(found[0]) if found.size else -1


def _returns(panels: _Panels, n: int, entry: int, out: int) -> dict[str, float]:
    """Return gross return, cost, the index's return and the net one of a purchase."""
    if entry < 0:
        return dict.fromkeys(("gross", "cost", "index", "net"), np.nan)
    paid = panels.open[entry, n]
    got = panels.open[out, n] if out >= 0 else panels.mark[-1, n]
    sold = out if out >= 0 else -1
    gross = got / paid - 1.0
    cost = panels.buy_cost[entry, n] + panels.sell_cost[sold, n] * (1.0 + gross)
    index = panels.hedge[sold] / panels.hedge[entry] - 1.0
    return {"gross": gross, "cost": cost, "index": index, "net": gross - cost - index}


def _panels(market: Market, used: Ints, index: str) -> _Panels:
    """Return what fills depend on, of the stocks used, for all days."""
    raw, before = market.panel("open")[:, used], market.panel("pre_close")[:, used]
    buy, sell = _possible(market, used, raw, before)
    factor = market.panel("adj_factor")[:, used]
    listed = market.list_dates()[used]
    known = StockCosts.between(market.dates, market.codes[used], Costs(), list_dates=listed)
    with np.errstate(invalid="ignore", divide="ignore"):
        by_share = known.yuan_per_share / raw
    return _Panels(
        raw * factor, market.panel("mark")[:, used] * factor, buy, sell,
        known.buy_rate + np.nan_to_num(by_share), known.sell_rate + np.nan_to_num(by_share),
        _index_opens(market, index),
    )  # fmt: skip


def _possible(market: Market, used: Ints, price: Floats, before: Floats) -> tuple[Bools, Bools]:
    """Return whether each stock could be bought, and sold, at the open of each day."""
    limits = LimitPanel.of(market, 0, len(market.dates) - 1)
    rows, place = np.arange(len(market.dates))[:, None], limits.place[:, used]
    high, low = limit_prices(
        before, limits.up[rows, place], limits.down[rows, place], limits.inward[used]
    )
    known = np.isfinite(price) & np.asarray(market.panel("traded"), dtype=np.bool_)[:, used]
    with np.errstate(invalid="ignore"):
        return known & (price < high - 0.005), known & (price > low + 0.005)


def _index_opens(market: Market, index: str) -> Floats:
    """Return the opens of an index by day; its close stands in where one is not known."""
    bars = market.index_bars(index)["open"]
    opens = bars.reindex(pd.DatetimeIndex(market.dates)).to_numpy(dtype=np.float64)
    result: Floats = np.where(np.isfinite(opens), opens, market.index_close(index))
    result[-1] = market.index_close(index)[-1]
    return result
