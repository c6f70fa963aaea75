"""The index that each stock's value follows while it does not trade.

The AMAC indices (43, by section and division of the regulator's classification) are the
accountants' own. Where a market classifies its stocks otherwise, ``data/amac.csv`` names the
section or division to which an industry of that classification mostly belongs; industries that
belong to several, and days without an AMAC close, follow an index of the market's own stocks of the
industry, weighted by the value of their floating shares at the close before.
"""

import csv
import re
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.market import Market

__all__ = ["IndexReturns", "amac_codes", "index_returns_of"]

Floats = NDArray[np.float64]
_SECTION = re.compile(r"([A-BD-S])\d{0,2}\b|(C\d{2})\b")
_FAMILY = "AMAC"


class IndexReturns(NamedTuple):
    """Index returns, and which of them each stock follows.

    Attributes
    ----------
    group : int16 [S, N]
        Column of ``growth`` that a stock follows on a day.
    growth : float64 [S, G]
        Return of each index from the trading day before.
    sources : DataFrame
        One row a column: industry, index (code; "" = made of the market's own stocks), own_days
        (days on which the market's own stocks stand in).
    """

    group: NDArray[np.int16]
    growth: Floats
    sources: pd.DataFrame


@cache
def amac_codes() -> dict[str, str]:
    """Return the AMAC index of each industry by its Chinese name (Shenwan, level 1)."""
    file = resources.files("quanthedge.valuation") / "data" / "amac.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    return {row["industry_zh"]: row["index"] for row in csv.DictReader(lines)}


def index_returns_of(market: Market, stop: int) -> IndexReturns:
    """Return what each stock's industry did on the rows ``0 .. stop - 1`` of a market.

    Stocks without an industry follow all stocks of the market, which is the last column.
    """
    number, known = _industries(market, stop)
    count = len(known)
    group = np.where(number < 0, count, number).astype(np.int16)
    codes = [_index_of(market, str(name), str(zh)) for name, zh in known.to_numpy()]
    growth = np.full((stop, count + 1), np.nan)
    for k, code in enumerate(codes):
        if code:
            close = market.industry_index_close(code)[:stop]
            growth[1:, k] = close[1:] / close[:-1] - 1.0
    asked = np.isnan(growth[1:])
    growth = np.where(np.isnan(growth), _own_returns(market, group, count + 1, stop), growth)
    sources = pd.DataFrame(
        {
            "industry": [*known["industry"].astype(str), ""],
            "index": [*codes, ""],
            "own_days": asked.sum(axis=0),
        }
    )
    return IndexReturns(group, growth, sources)


def _industries(market: Market, stop: int) -> tuple[NDArray[np.int16], pd.DataFrame]:
    """Return each stock's industry, int16 [S, N], -1 where the market does not say; names."""
    if not market.has("industry"):
        none = pd.DataFrame({"industry": [], "name_zh": []})
        return np.full((stop, len(market.codes)), -1, dtype=np.int16), none
    number, known = market.industry()
    return number[:stop], known[["industry", "name_zh"]]


def _index_of(market: Market, industry: str, name_zh: str) -> str:
    """Return the AMAC index of an industry that this market has, or ""."""
    if not market.has("industry_index_daily"):
        return ""
    indices = market.industry_indices()
    of_amac = indices[indices["family"] == _FAMILY]
    found = amac_codes().get(name_zh.partition("(")[0], "")
    letter = _SECTION.match(industry)
    if letter:  # the regulator's own classification
        begins = of_amac["name"].str.startswith(f"{letter[1] or letter[2]} ")
        found = str(of_amac.loc[begins, "code"].iloc[0]) if begins.any() else ""
    return found if found in set(of_amac["code"]) else ""


def _own_returns(market: Market, group: NDArray[np.int16], count: int, stop: int) -> Floats:
    """Return the returns of ``count`` indices of the market's own stocks, [S, G]; the last is all.

    A stock counts on a day on which it traded like on the day before. Where none of an industry
    did, all stocks stand in; 0 where no stock traded.
    """
    value, gained = np.zeros((stop, count)), np.zeros((stop, count))
    traded, returns = market.panel("traded"), market.panel("simple_return")
    mark, shares = market.panel("mark"), market.panel("float_shares")
    for r in range(1, stop):
        at = np.flatnonzero(traded[r] & traded[r - 1])
        cap, gain = mark[r - 1, at] * shares[r - 1, at], returns[r, at]
        weighs = (cap > 0.0) & np.isfinite(gain)
        places, cap, gain = group[r, at[weighs]], cap[weighs], cap[weighs] * gain[weighs]
        value[r], gained[r] = np.bincount(places, cap, count), np.bincount(places, gain, count)
        value[r, -1], gained[r, -1] = cap.sum(), gain.sum()
    found = np.divide(gained, value, out=np.full_like(value, np.nan), where=value > 0.0)
    whole = np.nan_to_num(found[:, -1:])
    return np.where(np.isnan(found), whole, found)
