"""Calendar spreads: two listed months against each other, and against rates and dividends."""

from itertools import combinations

import numpy as np
import pandas as pd

from quanthedge.hedge.research.carry.quotes import Quotes, carry_quotes
from quanthedge.hedge.research.carry.terms import CarryTerms
from quanthedge.hedge.research.carry.wording import assumed_of_spreads
from quanthedge.market import Market
from quanthedge.rules import CALENDAR_DAYS_A_YEAR

__all__ = ["spreads_on"]

_COLUMNS = ["near", "far", "days_near", "days_between", "spread", "fair", "deviation", "trade",
            "gross", "futures_fee", "futures_slippage", "net", "margin", "margin_both",
            "capital", "return", "annualised"]  # fmt: skip


def spreads_on(market: Market, product: str, row: int, terms: CarryTerms) -> pd.DataFrame:
    """Return every pair of listed months on a day; see ``BasisDesk.spreads``."""
    quotes = carry_quotes(market, product, terms, np.array([row]))
    listed = np.flatnonzero(quotes.quoted[0])
    larger = bool(quotes.rules.larger_side[0])
    rows = [
        _spread(quotes, terms, near, far, larger=larger)
        for near, far in combinations(map(int, listed), 2)
    ]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    table.attrs["assumed"] = assumed_of_spreads(terms, larger=larger)
    return table


def _spread(
    quotes: Quotes, terms: CarryTerms, near: int, far: int, *, larger: bool
) -> dict[str, object]:
    """Return a pair's row: what it gains if the deviation goes to nothing by the near delivery."""
    price, days = quotes.price[0], quotes.days[0]
    between = days[far] - days[near]
    spread = price[far] - price[near]
    fair = quotes.index[0] * quotes.rate[0] * between / CALENDAR_DAYS_A_YEAR - (
        quotes.dividends[0, far] - quotes.dividends[0, near]
    )
    deviation = spread - fair
    traded = 2.0 * (quotes.future_value[0, near] + quotes.future_value[0, far])
    fee = traded * quotes.rules.fee_rate[0] + 4.0 * quotes.rules.order_fee_yuan[0]
    slippage = traded * terms.futures_slippage_bp / 1e4
    gross = quotes.multiplier * abs(deviation)
    short, long = (far, near) if deviation > 0 else (near, far)
    sides = (
        (quotes.future_value * quotes.short_margin)[0, short],
        (quotes.future_value * quotes.long_margin)[0, long],
    )
    margin = max(sides) if larger else sum(sides)
    capital = margin + terms.reserve * quotes.basket_value[0, 0]
    net = gross - fee - slippage
    return {
        "near": quotes.chain.contracts[near], "far": quotes.chain.contracts[far],
        "days_near": days[near], "days_between": between, "spread": spread, "fair": fair,
        "deviation": deviation, "trade": "sell far" if deviation > 0 else "buy far",
        "gross": gross, "futures_fee": fee, "futures_slippage": slippage, "net": net,
        "margin": margin, "margin_both": sum(sides), "capital": capital, "return": net / capital,
        "annualised": net / capital * CALENDAR_DAYS_A_YEAR / days[near],
    }  # fmt: skip
