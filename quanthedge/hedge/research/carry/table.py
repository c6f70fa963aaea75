"""The table of a day: what each listed month would pay on either side, and how much of it."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.hedge.research.basis import POSITIONS
from quanthedge.hedge.research.carry.basket import basket_depth
from quanthedge.hedge.research.carry.net import NetCarry, annual, net_carry
from quanthedge.hedge.research.carry.quotes import Quotes, carry_quotes
from quanthedge.hedge.research.carry.terms import CarryTerms, Side
from quanthedge.hedge.research.carry.wording import assumed
from quanthedge.market import Market
from quanthedge.rules import index_of
from quanthedge.typing import Floats

__all__ = ["capacity_of", "opportunities_on"]

_USUAL_DAYS = 20  # trading days of a contract's usual volume


def opportunities_on(
    market: Market,
    product: str,
    row: int,
    terms: CarryTerms,
    lending: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return both sides of every listed month on a day; see ``BasisDesk.opportunities``."""
    quotes = carry_quotes(market, product, terms, np.array([row]))
    capacity = capacity_of(market, quotes, terms)
    sides: tuple[Side, ...] = ("carry", "reverse")
    nets = [net_carry(quotes, terms, side, lending) for side in sides]
    unlent = lending is None
    parts = [_side(quotes, terms, net, capacity, unlent=unlent) for net in nets]
    table = pd.concat(parts, ignore_index=True)
    table.attrs["assumed"] = assumed(terms, lent=lending is not None)
    return table


def capacity_of(market: Market, quotes: Quotes, terms: CarryTerms) -> dict[str, Floats]:
    """Return the lots that could be done in a day by each bound, [R, M]; infinite = no bound.

    Notes
    -----
    ``participation`` of the mean volume of 20 days, of the open interest, and of what the basket's
    stocks turn over (:func:`basket_depth`); and the rule book's limits on one client's position
    and openings of a day, from which hedges are exempt within their quota.
    """
    chain, rules = quotes.chain, quotes.rules
    volume = np.stack([_usual(chain.volume, int(t)) for t in quotes.rows])
    depth = basket_depth(market, index_of(chain.product), quotes.rows, terms.participation)
    limits = np.fmin(
        np.nan_to_num(rules.position_limit, nan=np.inf),
        np.nan_to_num(rules.daily_open_limit, nan=np.inf),
    )
    shape = quotes.price.shape
    bounds = {
        "lots_volume": terms.participation * volume,
        "lots_open_interest": terms.participation * chain.open_interest[quotes.rows],
        "lots_basket": np.broadcast_to(depth[:, None] / quotes.basket_value, shape),
        "lots_limit": np.broadcast_to(limits[:, None], shape),
    }
    return {name: np.floor(bound) for name, bound in bounds.items()}


def _usual(volume: Floats, row: int) -> Floats:
    """Return the mean volume of 20 days, [M]; NaN for a contract that has no bar in them."""
    days = volume[max(row - _USUAL_DAYS + 1, 0) : row + 1]
    there = np.isfinite(days).any(axis=0)
    found = np.full(volume.shape[1], np.nan)
    found[there] = np.nanmean(days[:, there], axis=0)
    return found


def _side(
    quotes: Quotes,
    terms: CarryTerms,
    net: NetCarry,
    capacity: dict[str, Floats],
    *,
    unlent: bool,
) -> pd.DataFrame:
    """Return a side's rows, nearest contract first."""
    listed = np.flatnonzero(quotes.quoted[0])
    shape = quotes.price.shape
    reasons = _reasons(quotes, terms, net, listed, unlent=unlent)
    words: dict[str, object] = {
        "contract": pd.array(np.asarray(quotes.chain.contracts)[listed], dtype="str"),
        "position": pd.Categorical.from_codes(
            quotes.place[0, listed], categories=pd.Index(POSITIONS)
        ),
        "side": pd.array([net.side] * listed.size, dtype="str"),
    }
    numbers = {
        name: np.broadcast_to(panel, shape)[0, listed]
        for name, panel in _panels(quotes, terms, net, capacity).items()
    }
    why = {"possible": reasons == "", "reason": pd.array(reasons, dtype="str")}
    return pd.DataFrame(words | numbers | why)


def _panels(
    quotes: Quotes, terms: CarryTerms, net: NetCarry, capacity: dict[str, Floats]
) -> dict[str, Floats]:
    """Return the numbers of a side by column, to be broadcast to [R, M]."""
    margin = quotes.short_margin if net.side == "carry" else quotes.long_margin
    lots = np.minimum.reduce(list((capacity | _lent(quotes, net)).values()))
    return {
        "days_left": quotes.days,
        "price": quotes.price,
        "index": quotes.index[:, None],
        "basis": quotes.price - quotes.index[:, None],
        "dividends": quotes.dividends,
        "gross": net.gross,
        **net.parts,
        "net": net.net,
        "margin": margin * quotes.future_value,
        "reserve": terms.reserve * quotes.basket_value,
        "capital": net.capital,
        "financing_rate": quotes.rate[:, None],
        "return": net.net / net.capital,
        "annualised": annual(net.net, net, quotes),
        "lending_breakeven": _breakeven(quotes, net),
        "suspended": quotes.basket.suspended[:, None],
        **capacity,
        "lots": lots,
        "capital_at_most": lots * net.capital,
    }


def _lent(quotes: Quotes, net: NetCarry) -> dict[str, Floats]:
    """Return the lots whose basket can be borrowed, for the reverse."""
    if net.side == "carry":
        return {}
    lots = np.floor(net.available[:, None] / quotes.basket_value)
    return {"lots_lent": np.broadcast_to(lots, quotes.price.shape)}


def _breakeven(quotes: Quotes, net: NetCarry) -> Floats:
    """Return the lending fee a year that would take all, before financing; NaN for carry."""
    if net.side == "carry":
        return np.full(quotes.price.shape, np.nan)
    kept = [part for name, part in net.parts.items() if name not in ("lending_fee", "financing")]
    found: Floats = (net.gross - sum(kept)) / quotes.basket_value / quotes.years
    return found


def _reasons(
    quotes: Quotes, terms: CarryTerms, net: NetCarry, listed: NDArray[np.intp], *, unlent: bool
) -> NDArray[np.object_]:
    """Return why a side cannot be entered the next day, [listed]; empty where it can."""
    found = np.full(listed.size, "", dtype=object)
    if quotes.basket.suspended[0] > terms.most_suspended:
        found[:] = "suspended stocks"
    found[quotes.days[0, listed] < terms.least_days] = "few days left"
    if net.side == "reverse" and unlent:
        found[:] = "no lending table"
    elif not net.available[0] >= quotes.basket_value[0, 0]:
        found[:] = "nothing lent"
    return found
