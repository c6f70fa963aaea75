"""What a factor reads of a market, found by letting it work on one day and looking on.

``python -m benchmarks.factor_library`` writes ``needs.csv`` beside this file, from which the
library says what each factor needs without a market at hand. A test compares it with what factors
read.
"""

import csv
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from quanthedge.factors.base import Factor
from quanthedge.market import Market

__all__ = ["lacks", "needs_of", "written_needs"]

_BARS = "stock_daily"
# What each method of Market reads; {} takes its first argument. Others are of the bars.
_READS = {
    "fundamental": "fundamentals {}",
    "fundamental_ttm": "fundamentals {}",
    "fundamental_quarter": "fundamentals {}",
    "statement": "statements {}",
    "statement_ttm": "statements {}",
    "statement_quarter": "statements {}",
    "statement_history": "statements {}",
    "statements": "statements announce_date",
    "analyst_estimates": "analyst_estimates",
    "owners": "owners",
    "fund_holdings": "fund_holdings",
    "index_close": "index_daily {}",
    "index_bars": "index_daily {}",
    "members": "index_members {}",
    "industry": "industry",
    "list_index": "stocks",
    "list_dates": "stocks",
    "government_yield": "government_yield_curve",
    "cash_rate": "cash_rate",
}
_FALLBACK = "_last_annual"  # read where it is there, needed by none


class _Watched:
    """A market that notes what it is asked for."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self.read: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._market, name)
        if name in ("panel", "prices"):
            self.read.add(_BARS)
        if name not in _READS:
            return found

        def noted(*arguments: Any, **options: Any) -> Any:
            first = str(arguments[0]) if arguments else ""
            self.read.add(_READS[name].format(first))
            return found(*arguments, **options)

        return noted

    def fundamental_items(self) -> list[str]:
        """Return the items without those that only stand in for others."""
        return [one for one in self._market.fundamental_items() if not one.endswith(_FALLBACK)]


def needs_of(factor: Factor, market: Market) -> tuple[str, ...]:
    """Return what a factor reads, as "table" or "table item", sorted.

    Parameters
    ----------
    factor : Factor
    market : Market
        One that carries it.
    """
    watched = _Watched(market)
    factor.checked_exposure(watched, [len(market.dates) - 1])  # type: ignore[arg-type]
    return tuple(sorted(watched.read))


@cache
def written_needs() -> dict[str, tuple[str, ...]]:
    """Return what each factor of ours needs, by kind."""
    text = files("quanthedge.factors").joinpath("needs.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["kind"]: tuple(row["needs"].split("; ")) for row in rows}


def lacks(needs: Sequence[str], market: Market) -> str:
    """Return in one line what a market lacks of them; empty where it has all.

    >>> lacks(["stock_daily", "owners"], market)                        # doctest: +SKIP
    'no table owners'
    """
    missing = []
    for need in needs:
        table, _, item = need.partition(" ")
        if table != _BARS and not market.has(table):
            missing.append(f"no table {table}")
        elif table == "fundamentals" and item not in market.fundamental_items():
            missing.append(f"no item {item} in fundamentals")
        elif table == "index_daily" and item not in market.index_codes():
            missing.append(f"no index {item} in index_daily")
        elif table == "index_members" and item not in market.member_indices():
            missing.append(f"no members of {item} in index_members")
    return "; ".join(dict.fromkeys(missing))
