"""The rule book's price limits against what really closed: by board, status and year.

    python -m benchmarks.limits_on_bars MARKET [--write docs/limits_on_bars.md]

For every bar the limit prices of its day, and whether the close stands at one of them or beyond.
A limit that is right has closes at it and none beyond; one that is too wide has hardly any at it,
one that is too narrow has many beyond.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.market import Market
from quanthedge.market.checks.price_limits import BarLimits, LimitBook
from quanthedge.rules import TICK
from quanthedge.rules.boards import Board
from quanthedge.rules.stock_limits import LimitClass

Array = np.ndarray[Any, Any]
STATUSES = (
    "ordinary", "ST", "before the reform (S)", "particular transfer (PT)", "listing days",
    "relisting (N, or no longer S)", "delisting, first day", "delisting, later days",
)  # fmt: skip
KEPT = 256  # stocks looked at in one go


def judged_bars(market: Market) -> pd.DataFrame:
    """Return every bar's code, date, board, status, limit prices, close and days without a bar."""
    calendar = market.calendar
    first_day = int(np.searchsorted(calendar, market.dates[0]))
    listed = market._store.stocks["list_date"].to_numpy().astype("datetime64[D]")
    book = LimitBook.on(calendar, market.codes, listed, market.stock_names())
    traded = market.panel("traded")
    parts = []
    for begin in range(0, traded.shape[1], KEPT):
        stock, row = np.nonzero(traded[:, begin : begin + KEPT].T)
        stock += begin
        flags = {name: market.panel(name)[row, stock] for name in ("is_st", "is_delisting")}
        limits = book.of_rows(stock, row + first_day, flags)
        pre_close = market.panel("pre_close")[row, stock]
        high, low = limits.prices(pre_close)
        gap = np.diff(row, prepend=row[:1] - 1) - 1
        parts.append(
            pd.DataFrame(
                {
                    "stock": stock,
                    "row": row,
                    "status": _status(limits, flags["is_delisting"]),
                    "high": high,
                    "low": low,
                    "pre_close": pre_close,
                    "close": market.panel("close")[row, stock],
                    "suspended": np.where(limits.first, 0, gap),
                    "first": limits.first,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _status(limits: BarLimits, delisting: Array) -> Array:
    """Return the place in ``STATUSES`` of each bar."""
    status = (limits.place % 2 == 1).astype(np.int8)
    status[limits.place == LimitClass.UNREFORMED] = 2
    status[limits.place == LimitClass.PARTICULAR] = 3
    begins = delisting & ~np.append(False, delisting[:-1] & ~limits.first[1:])
    later = (delisting & ~begins) | (limits.place == LimitClass.BEGUN_BEFORE)
    status[later] = 7
    status[begins] = 6
    status[limits.relisting] = 5
    status[limits.listing] = 4
    return status


def summary(bars: pd.DataFrame, market: Market) -> pd.DataFrame:
    """Return closes, those at their limits and those beyond, by board, status and year."""
    board = np.array([Board.of(str(code)).places[1] for code in market.codes])
    close, high, low = (bars[name].to_numpy() for name in ("close", "high", "low"))
    table = pd.DataFrame(
        {
            "board": board[bars["stock"]],
            "status": bars["status"],
            "year": market.dates.astype("datetime64[Y]").astype(int)[bars["row"]] + 1970,
            "closes": 1,
            "no limit": np.isinf(high) & np.isinf(low),
            "not known": np.isnan(high),
            "at limit up": np.abs(close - high) < TICK / 2,
            "at limit down": np.abs(close - low) < TICK / 2,
            "beyond": beyond(bars),
        }
    )
    return table.groupby(["board", "status", "year"], as_index=False).sum()


def beyond(bars: pd.DataFrame) -> Array:
    """Return which closes are beyond their limit prices."""
    close, high, low = (bars[name].to_numpy() for name in ("close", "high", "low"))
    return np.asarray((close > high + TICK / 2) | (close < low - TICK / 2))


def page(market: Market) -> str:
    """Return the page."""
    bars = judged_bars(market)
    table = summary(bars, market)
    outside = bars[beyond(bars)]
    total, at = len(bars), int(table[["at limit up", "at limit down"]].to_numpy().sum())
    lines = [
        "# The price limits of the rule book on real bars",
        "",
        "Made by `python -m benchmarks.limits_on_bars MARKET --write docs/limits_on_bars.md`;"
        " change the program, not this page.",
        "",
        f"{len(market.codes):,} stocks, {market.dates[0]} to {market.dates[-1]}: {total:,} closes,"
        f" of which {at:,} stand exactly at a limit price of their day and {len(outside)} beyond."
        " A limit that is right has closes at it and none beyond it.",
        "",
        "| board | status | year | closes | at limit up | at limit down | beyond | no limit |"
        " not known |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in table.to_dict("records"):
        share = [row[name] / row["closes"] for name in ("at limit up", "at limit down")]
        lines.append(
            f"| {Board.NAMES[row['board']]} | {STATUSES[row['status']]} | {row['year']} |"
            f" {row['closes']:,} | {share[0]:.2%} | {share[1]:.2%} | {row['beyond']} |"
            f" {row['no limit'] or ''} | {row['not known'] or ''} |"
        )
    lines += [
        "",
        "## Every close beyond",
        "",
        "| stock | day | status | previous close | limits | close | days without a bar before |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in outside.to_dict("records"):
        gap = "first bar" if one["first"] else f"{one['suspended']}"
        lines.append(
            f"| {market.codes[one['stock']]} | {market.dates[one['row']]} |"
            f" {STATUSES[one['status']]} | {one['pre_close']:.2f} |"
            f" {one['low']:.2f} to {one['high']:.2f} | {one['close']:.2f} | {gap} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the page or write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("market", type=Path, help="folder of an imported market")
    parser.add_argument("--write", type=Path, help="the page to write; printed by default")
    chosen = parser.parse_args()
    text = page(Market.open(chosen.market))
    if chosen.write:
        chosen.write.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
