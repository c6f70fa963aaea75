"""What trades of carry brought: prices of both legs, dividends, every cost, yuan a lot."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.hedge.research.carry.basket import STOCK_PARTS
from quanthedge.hedge.research.carry.lending import lent_on
from quanthedge.hedge.research.carry.net import PARTS
from quanthedge.hedge.research.carry.quotes import Quotes
from quanthedge.hedge.research.carry.terms import CarryTerms, Side
from quanthedge.hedge.research.dividends import realised_dividends
from quanthedge.market import Market
from quanthedge.rules import CALENDAR_DAYS_A_YEAR, index_of
from quanthedge.typing import Floats

__all__ = ["Fills", "Leg", "fill_prices", "realised"]


@dataclass(frozen=True)
class Leg:
    """One contract held against the basket; days are rows of the quotes, -1 = not yet."""

    side: Side
    contract: int
    decided: int
    entered: int
    reason: Literal["premium", "roll"]
    expected: float  # net a year when it was decided
    exit_decided: int = -1
    exited: int = -1
    exit_reason: Literal["", "convergence", "roll", "expiry"] = ""


class Fills(NamedTuple):
    """Prices at which orders of a day are done, points."""

    futures: Floats  # [R, M]
    basket: Floats  # [R], of the index


class _Books(NamedTuple):
    """What the gains of all legs are worked out from."""

    quotes: Quotes
    terms: CarryTerms
    fills: Fills
    paid: Floats  # [R + 1] dividends of the index until the end of a day, points
    interest: Floats  # [R + 1] financing of one yuan until a day
    lent: Floats  # [R], fee a year
    collateral: Floats  # [R]


def fill_prices(market: Market, quotes: Quotes, terms: CarryTerms) -> Fills:
    """Return the prices of futures and index at which a day's orders are done."""
    fill = terms.fill or "close"
    bars = market.index_bars(index_of(quotes.chain.product))[fill]
    index = bars.reindex(pd.DatetimeIndex(market.dates[quotes.rows])).to_numpy(np.float64)
    return Fills(getattr(quotes.chain, fill)[quotes.rows], index)


def realised(
    market: Market,
    quotes: Quotes,
    terms: CarryTerms,
    legs: list[Leg],
    fills: Fills,
    lending: pd.DataFrame | None,
) -> pd.DataFrame:
    """Return a row for each leg; the gains of one that is not left yet are NaN.

    Notes
    -----
    ``gross = k (F_in - F_out + S_out - S_in + D)``, its negative for the reverse, with the
    dividends D of ex-days after the entry's day and up to the exit's. A delivery is at the
    settlement price of the last trading day, the mean of the index over the last two hours, at
    which the basket is taken to be sold. Fees are those of the day on which they fall; a roll
    leaves the basket alone.
    """
    books = _books(market, quotes, terms, fills, lending)
    dates = quotes.chain.dates[quotes.rows].astype("datetime64[ms]")
    rows = [_told(books, leg, dates) | _gain(books, leg) for leg in legs]
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    for name in ("decided", "entered", "exit_decided", "exited"):
        frame[name] = frame[name].astype("datetime64[ms]")
    return frame.astype(dict.fromkeys(_TEXTS, "str") | dict.fromkeys(_NUMBERS, "float64"))


_TEXTS = ("contract", "side", "reason", "exit_reason")
_PRICES = ("futures_in", "index_in", "futures_out", "index_out", "dividends")
_NUMBERS = ("expected", "days", *_PRICES, "gross", *PARTS, "net", "capital", "return")
_COLUMNS = ["decided", "entered", "contract", "side", "reason", "expected", "exit_decided",
            "exited", "exit_reason", *_NUMBERS[1:]]  # fmt: skip


def _books(
    market: Market, quotes: Quotes, terms: CarryTerms, fills: Fills, lending: pd.DataFrame | None
) -> _Books:
    code = index_of(quotes.chain.product)
    rows, dates = quotes.rows, quotes.chain.dates[quotes.rows]
    before = np.concatenate([[np.nan], market.index_close(code)[:-1]])
    points = np.nan_to_num(realised_dividends(market, code) * before)[rows]
    gaps = np.diff(dates).astype(np.int64) / CALENDAR_DAYS_A_YEAR
    nothing = np.full(len(rows), np.nan)
    lent = None if lending is None else lent_on(lending, dates)
    return _Books(
        quotes,
        terms,
        fills,
        np.cumsum(points),
        np.concatenate([[0.0], np.cumsum(quotes.rate[:-1] * gaps)]),
        nothing if lent is None else lent.fee,
        nothing if lent is None else lent.collateral,
    )


def _told(books: _Books, leg: Leg, dates: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Return the words and days of a leg."""
    never = np.datetime64("NaT", "ms")
    return {
        "decided": dates[leg.decided],
        "entered": dates[leg.entered],
        "contract": books.quotes.chain.contracts[leg.contract],
        "side": leg.side,
        "reason": leg.reason,
        "expected": leg.expected,
        "exit_decided": dates[leg.exit_decided] if leg.exited >= 0 else never,
        "exited": dates[leg.exited] if leg.exited >= 0 else never,
        "exit_reason": leg.exit_reason,
    }


def _gain(books: _Books, leg: Leg) -> dict[str, float]:
    """Return prices, gross gain, parts, net gain and capital of a leg."""
    f_in, s_in = books.fills.futures[leg.entered, leg.contract], books.fills.basket[leg.entered]
    capital = _capital(books, leg, f_in, s_in)
    begun = {"futures_in": f_in, "index_in": s_in, "capital": capital}
    if leg.exited < 0:
        return begun
    f_out, s_out = _out(books, leg)
    dividends = books.paid[leg.exited] - books.paid[leg.entered]
    sign = 1.0 if leg.side == "carry" else -1.0
    gross = sign * books.quotes.multiplier * (f_in - f_out + s_out - s_in + dividends)
    parts = _parts(books, leg, (f_in, s_in), (f_out, s_out), capital)
    net = gross - sum(parts.values())
    dates = books.quotes.chain.dates[books.quotes.rows]
    days = float((dates[leg.exited] - dates[leg.entered]).astype(np.int64))
    return begun | {
        "futures_out": f_out, "index_out": s_out, "dividends": dividends, "days": days,
        "gross": gross, **parts, "net": net, "return": net / capital,
    }  # fmt: skip


def _out(books: _Books, leg: Leg) -> tuple[float, float]:
    """Return the prices of future and index at which a leg is left."""
    if leg.exit_reason == "expiry":
        delivered = float(books.quotes.chain.settle[books.quotes.rows[leg.exited], leg.contract])
        return delivered, delivered
    return (
        float(books.fills.futures[leg.exited, leg.contract]),
        float(books.fills.basket[leg.exited]),
    )


def _capital(books: _Books, leg: Leg, future: float, index: float) -> float:
    """Return what a lot ties up when it is entered, with the margin of the day before."""
    quotes, day = books.quotes, leg.decided
    margin = (quotes.short_margin if leg.side == "carry" else quotes.long_margin)[day, leg.contract]
    own = 1.0 if leg.side == "carry" else books.collateral[day]
    return float(quotes.multiplier * (index * (own + books.terms.reserve) + margin * future))


def _parts(
    books: _Books,
    leg: Leg,
    begin: tuple[float, float],
    end: tuple[float, float],
    capital: float,
) -> dict[str, float]:
    """Return what a leg paid, by the names of PARTS, yuan."""
    quotes = books.quotes
    values = [quotes.multiplier * price for price in (*begin, *end)]
    years = (
        quotes.chain.dates[quotes.rows[leg.exited]] - quotes.chain.dates[quotes.rows[leg.entered]]
    ).astype(np.int64) / CALENDAR_DAYS_A_YEAR
    fee = books.lent[leg.decided] * values[1] * years if leg.side == "reverse" else 0.0
    interest = books.interest[leg.exited] - books.interest[leg.entered]
    return (
        _on_stocks(quotes, leg, values[1], values[3])
        | _on_futures(quotes, books.terms, leg, values[0], values[2])
        | {"lending_fee": float(fee), "financing": float(capital * interest)}
    )


def _on_stocks(quotes: Quotes, leg: Leg, begin: float, end: float) -> dict[str, float]:
    """Return what the basket cost; the reverse sells first."""
    first, second = quotes.basket.bought, quotes.basket.sold
    if leg.side == "reverse":
        first, second = second, first
    opened = begin * first[:, leg.entered] * (leg.reason != "roll")
    closed = end * second[:, leg.exited] * (leg.exit_reason != "roll")
    return dict(zip(STOCK_PARTS, (opened + closed).tolist(), strict=True))


def _on_futures(
    quotes: Quotes, terms: CarryTerms, leg: Leg, begin: float, end: float
) -> dict[str, float]:
    """Return fees and slippage of the orders in the future, and the fee of a delivery."""
    rules, slippage = quotes.rules, terms.futures_slippage_bp / 1e4
    fee = rules.fee_rate[leg.entered] * begin + rules.order_fee_yuan[leg.entered]
    delivery, impact = 0.0, slippage * begin
    if leg.exit_reason == "expiry":
        delivery = rules.delivery_fee_rate[leg.exited] * end
    else:
        fee += rules.fee_rate[leg.exited] * end + rules.order_fee_yuan[leg.exited]
        impact += slippage * end
    return {
        "futures_fee": float(fee), "futures_slippage": float(impact),
        "delivery_fee": float(delivery),
    }  # fmt: skip
