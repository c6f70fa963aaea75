"""The basis of every contract by day: raw, fair, dividend-adjusted, annualised, and its rank.

The future is marked at its settlement price, the average of the last hour; the index at its close.
A part of the daily basis is that difference of hours.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import DataError
from quanthedge.hedge.contracts.chain import ContractChain, contract_chain
from quanthedge.hedge.research.dividends import dividend_calendar
from quanthedge.market import Market
from quanthedge.rules import CALENDAR_DAYS_A_YEAR, index_of
from quanthedge.typing import Floats

__all__ = ["basis_table", "chain_places"]

LEAST_DAYS = 5  # calendar days to delivery below which nothing is annualised
_RANK_DAYS = 250  # trading days of a percentile
_LEAST_RANKED = 60
POSITIONS = ("front", "next", "quarter", "second quarter")


def basis_table(market: Market, product: str) -> pd.DataFrame:
    """Return the basis of every contract on every day.

    Parameters
    ----------
    market : Market
        With the product's bars and its index.
    product : {"IF", "IH", "IC", "IM"}

    Returns
    -------
    DataFrame
        One row a day and contract: date, contract, position (front, next, quarter, second quarter),
        days_left (calendar days to delivery), price (settlement, points), index (close, points),
        basis (points), basis_fraction, dividends (expected until delivery, points), financing
        (points), fair_basis = financing - dividends, excess = basis - fair_basis, annualised =
        basis / index x 365 / days_left, annualised_adjusted = (basis + dividends) / index x 365 /
        days_left, percentile of annualised_adjusted among the 250 trading days of the same position
        up to the day (NaN before 60).

    Raises
    ------
    DataError
        When the market lacks the product, its index or the cash rate.

    Notes
    -----
    Fair value ``F = S (1 + r d / 365) - D`` with the overnight rate r of the day. Annualised
    figures are NaN with fewer than 5 days left, where a point of basis is tens of percent a year.
    Row t uses what was public at the close of day t.

    """
    chain = contract_chain(market, product)
    code = index_of(product)
    index = market.index_close(code)
    rates = market.cash_rate()
    calendar = dividend_calendar(market, code)
    day, contract = np.nonzero(
        chain.present & np.isfinite(chain.mark) & np.isfinite(index)[:, None]
    )
    if day.size == 0:
        raise DataError(f"basis of {product}: no day has both a settlement price and {code}")
    left = (chain.last_trading_day[contract] - chain.dates[day]).astype(np.int64)
    level, price = index[day], chain.mark[day, contract]
    expected = np.array(
        [
            calendar.expected(int(t), chain.dates[t], chain.last_trading_day[m])
            for t, m in zip(day, contract, strict=True)
        ]
    )
    basis = price - level
    years = np.where(left >= LEAST_DAYS, left, np.nan) / CALENDAR_DAYS_A_YEAR
    frame = pd.DataFrame(
        {
            "date": chain.dates[day].astype("datetime64[ms]"),
            "contract": pd.array(np.asarray(chain.contracts)[contract], dtype="str"),
            "position": _positions(chain, day, contract),
            "days_left": left,
            "price": price,
            "index": level,
            "basis": basis,
            "basis_fraction": basis / level,
            "dividends": expected * level,
            "financing": level * rates[day] * left / CALENDAR_DAYS_A_YEAR,
        }
    )
    frame["fair_basis"] = frame["financing"] - frame["dividends"]
    frame["excess"] = frame["basis"] - frame["fair_basis"]
    frame["annualised"] = frame["basis_fraction"] / years
    frame["annualised_adjusted"] = (frame["basis"] + frame["dividends"]) / frame["index"] / years
    frame["percentile"] = _percentiles(frame)
    return frame


def _positions(
    chain: ContractChain, day: NDArray[np.intp], contract: NDArray[np.intp]
) -> "pd.Categorical[str]":
    """Return each row's place in the chain of its day, by month, as a word."""
    place = chain_places(chain, day, contract)
    return pd.Categorical.from_codes(place, categories=pd.Index(POSITIONS))


def chain_places(
    chain: ContractChain, day: NDArray[np.intp], contract: NDArray[np.intp]
) -> NDArray[np.int64]:
    """Return the number in POSITIONS of contracts on days, as arrays that go together."""
    months = np.array(
        [f"20{name[-4:-2]}-{name[-2:]}" for name in chain.contracts], dtype="datetime64[M]"
    ).astype(np.int64)
    fronts = np.array([-1 if (m := chain.front(t)) is None else m for t in range(chain.dates.size)])
    front = months[fronts[day]]
    ahead = months[contract] - front
    # quarter months beyond the next month: the first is within three months of it
    place = np.where(ahead <= 1, ahead, np.where(ahead <= 4, 2, 3))
    return place.astype(np.int64)


def _percentiles(frame: pd.DataFrame) -> Floats:
    """Return the rank of each day's adjusted basis among those of its position so far."""
    result = np.full(len(frame), np.nan)
    for _, part in frame.groupby("position", observed=True):
        ranked = (
            part["annualised_adjusted"]
            .rolling(_RANK_DAYS, min_periods=_LEAST_RANKED)
            .rank(pct=True)
        )
        result[part.index] = ranked.to_numpy()
    return result
