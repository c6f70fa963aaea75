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
from quanthedge.stages import stage
from quanthedge.typing import Floats

__all__ = ["IndexReturns", "index_returns_of"]

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
        One row a column: name_en, name_zh, index (code; "" = made of the market's own stocks).
    own : bool [S, G]
        Days on which the market's own stocks stand in.
    """

    group: NDArray[np.int16]
    growth: Floats
    sources: pd.DataFrame
    own: NDArray[np.bool_]


@cache
def _amac_codes() -> dict[str, str]:
    """Return the AMAC index of each industry by its Chinese name (Shenwan, level 1)."""
    file = resources.files("quanthedge.valuation") / "data" / "amac.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    return {row["industry_zh"]: row["index"] for row in csv.DictReader(lines)}


def index_returns_of(market: Market, stop: int) -> IndexReturns:
    """Return what each stock's industry did on the rows ``0 .. stop - 1`` of a market.

    Stocks without an industry follow all stocks of the market, which is the last column.
    """
    number, known = _industries(market, stop)
    group = np.where(number < 0, len(known), number).astype(np.int16)
    growth, own, sources = stage(
        "industry_returns",
        market,
        {"stop": stop},
        lambda: _followed(market, group, known, stop),
        with_market=market.kept_folder is not None,
    )
    return IndexReturns(group, growth, sources, own)


def _followed(
    market: Market, group: NDArray[np.int16], known: pd.DataFrame, stop: int
) -> tuple[Floats, NDArray[np.bool_], pd.DataFrame]:
    """Return growth, own and sources of :class:`IndexReturns`."""
    count = len(known)
    named = known[["industry", "name_zh"]].to_numpy()
    amac, names = _amac(market)
    codes = [_index_of(names, str(name), str(zh)) for name, zh in named]
    growth = np.full((stop, count + 1), np.nan)
    for k, code in enumerate(codes):
        if code:
            close = amac[code].to_numpy()[:stop]
            growth[1:, k] = close[1:] / close[:-1] - 1.0
    own = np.isnan(growth)
    growth = np.where(own, _own_returns(market, group, count + 1, stop), growth)
    sources = pd.DataFrame(
        {
            "name_en": [*known["name_en"].astype(str), ""],
            "name_zh": [*known["name_zh"].astype(str), ""],
            "index": [*codes, ""],
        }
    )
    return growth, own, sources


def _industries(market: Market, stop: int) -> tuple[NDArray[np.int16], pd.DataFrame]:
    """Return each stock's industry, int16 [S, N], -1 where the market does not say; names."""
    if not market.has("industry"):
        none = pd.DataFrame({"industry": [], "name_zh": [], "name_en": []})
        return np.full((stop, len(market.codes)), -1, dtype=np.int16), none
    number, known = market.industry()
    return number[:stop], known


def _amac(market: Market) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the closes of the AMAC indices of this market, days x codes, and their names."""
    if not market.has("industry_index_daily"):
        return pd.DataFrame(), {}
    known = market.industry_indices()
    mine = known[known["family"] == _FAMILY]
    names = dict(zip(mine["code"], mine["name"], strict=True))
    return market.industry_index_closes(_FAMILY), names


def _index_of(names: dict[str, str], industry: str, name_zh: str) -> str:
    """Return the AMAC index of an industry among those that this market has, or ""."""
    found = _amac_codes().get(name_zh.partition("(")[0], "")
    letter = _SECTION.match(industry)
    if letter:  # the regulator's own classification
        begins = f"{letter[1] or letter[2]} "
        found = next((code for code, name in names.items() if name.startswith(begins)), "")
    return found if found in names else ""


def _own_returns(market: Market, group: NDArray[np.int16], count: int, stop: int) -> Floats:
    """Return the returns of ``count`` indices of the market's own stocks, [S, G]; the last is all.

    A stock counts on a day on which it traded like on the day before. Where none of an industry
    did, all stocks stand in; 0 where no stock traded.
    """
    from quanthedge.valuation.kernels import add_returns

    value, gained = np.zeros((stop, count)), np.zeros((stop, count))
    add_returns(
        market.panel("traded")[:stop], market.panel("simple_return")[:stop],
        market.panel("mark")[:stop], market.panel("float_shares")[:stop], group, value, gained,
    )  # fmt: skip
    found = np.divide(gained, value, out=np.full_like(value, np.nan), where=value > 0.0)
    whole = np.nan_to_num(found[:, -1:])
    return np.where(np.isnan(found), whole, found)
