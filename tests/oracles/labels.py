"""Labels from the definition: one purchase at a time, with plain numbers and loops."""

import math
from decimal import Decimal

import numpy as np

from tests.oracles.ledger import decimal_of, half_up


def tradable(day, limits):
    """Whether a day's bar can be bought and sold, and at what price; None without a bar."""
    if day is None:
        return False, False, math.nan
    high, low = limits(day)
    buy = sell = not math.isnan(day["price"]) and not math.isnan(high)
    buy = buy and not day["cheapest"] > high - 0.0051
    sell = sell and not day["dearest"] < low + 0.0051
    return buy, sell, day["price"]


def ten_percent(day):
    """The limits of the main board: a tenth, a twentieth under special treatment."""
    share = Decimal("0.05") if day["is_st"] else Decimal("0.10")
    close, tick = decimal_of(day["pre_close"]), Decimal("0.01")
    high = max(half_up(close * (1 + share), 2), close + tick)
    return float(high), float(max(min(half_up(close * (1 - share), 2), close - tick), tick))


def one_label(days, t, buy_day, end, sell_day, gone, cost=0.0, recovery=1.0, limits=ten_percent):
    """Return (naive, value, reason, last row) of one stock and decision.

    ``days`` is a list of the stock's bars (dict or None), ``gone`` the first row without the stock.
    """
    seen = [k for k in range(t + 1) if days[k] is not None]
    if not seen or t >= gone:
        return math.nan, math.nan, "not_listed", min(sell_day, len(days))
    worth = lambda k: next(  # noqa: E731 -- last adjusted close by row k
        days[j]["close"] * days[j]["factor"] for j in range(k, -1, -1) if days[j] is not None
    )
    naive = worth(end) / worth(t) - 1 if end < len(days) else math.nan
    if sell_day >= len(days):
        return naive, math.nan, "after_data", len(days)
    bar = days[buy_day]
    can, _, price = tradable(bar, limits)
    if not can:
        return naive, math.nan, why_not_bought(bar, limits), sell_day
    paid = price * bar["factor"] * (1 + cost)
    for k in range(sell_day, len(days)):
        if k >= gone:
            break
        _, can, price = tradable(days[k], limits)
        if can:
            value = price * days[k]["factor"] * (1 - cost) / paid - 1
            same = "same" if math.isclose(value, naive, rel_tol=0, abs_tol=1e-12) else "timing"
            late = why_late(days[sell_day], limits)
            return naive, value, same if k == sell_day else late, k
    if gone < len(days):
        return naive, recovery * worth(gone - 1) / paid - 1, "delisted", max(sell_day, gone)
    return naive, math.nan, "not_sold", len(days)


def why_not_bought(bar, limits):
    if bar is None:
        return "suspended"
    if math.isnan(bar["price"]):
        return "no_price"
    return "limit_unknown" if math.isnan(limits(bar)[0]) else "limit_up"


def why_late(bar, limits):
    if bar is None:
        return "sold_late_suspended"
    if math.isnan(bar["price"]) or math.isnan(limits(bar)[1]):
        return "sold_late_other"
    return "sold_late_limit_down"


def bars_of(market, n, entry):
    """The bars of a stock, read from the market's panels one number at a time."""
    panels = {
        name: market.panel(name)
        for name in ("open", "high", "low", "close", "pre_close", "volume", "amount", "is_st")
    }
    factor = market.panel("adj_factor")
    days = []
    for t in range(len(market.dates)):
        one = {name: float(panel[t, n]) for name, panel in panels.items()}
        if np.isnan(one["close"]):
            days.append(None)
            continue
        price = one["amount"] / one["volume"] if entry == "vwap" else one[entry]
        wide = entry == "vwap"
        days.append(
            one
            | {
                "price": price,
                "dearest": one["high"] if wide else price,
                "cheapest": one["low"] if wide else price,
                "factor": float(factor[t, n]),
            }
        )
    return days
