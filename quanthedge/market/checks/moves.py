"""Suspicious moves: stock-days whose prices the rules of the exchange do not explain, by class.

A bar is held against the limit prices of its own day (see `price_limits`), and the steps of
adj_factor against what dividends and bonus issues can do. Nothing here is a judgement of
likelihood: every class is a rule that was broken, or a day on which the rules lift the limit.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from quanthedge.market.blocks import Block
from quanthedge.market.checks.findings import Level
from quanthedge.market.checks.price_limits import BarLimits, LimitPanel

__all__ = ["MOVES", "Move", "Moves", "find_moves"]

Array = np.ndarray[Any, Any]
_FACTOR_FALL = 0.97  # rights and capital reductions only; dividends and bonus shares raise it
_ROUNDING = 0.005  # the most that rounding to a tick adds to a limit at 1 yuan and more


@dataclass(frozen=True)
class Move:
    """A class of moves: what it says of its rows, what it may be, which values show it."""

    rule: str
    level: Level
    what: str
    meaning: str
    show: tuple[str, ...] = ("pre_close", "close")


MOVES: tuple[Move, ...] = (
    Move(
        "beyond the price limit after a suspension",
        "warning",
        "close beyond the day's price limit after a suspension "
        "(a relisting or a reform: a day without limit)",
        "The first day after a share reform, a restructuring or a relisting has no limit, and "
        "pre_close may not have been reduced for what holders got: the return is often not real.",
    ),
    Move(
        "beyond the price limit",
        "warning",
        "close beyond the day's price limit without a suspension "
        "(a wrong price, a wrong ST mark, or a day without limit)",
        "Either a price or the ST mark is wrong, or the exchange lifted the limit, as it did on "
        "the days on which new shares were listed.",
    ),
    Move(
        "high or low beyond the price limit",
        "warning",
        "have a high or low beyond the day's price limit, the close within",
        "No trade was possible at that price, unless the day had no limit: a wrong high or low.",
        show=("pre_close", "high", "low"),
    ),
    Move(
        "adj_factor falls",
        "warning",
        "have an adj_factor more than 3% below the day before "
        "(rights, a capital reduction or a relisting)",
        "pre_close lies above the last close: no dividend or bonus issue does that.",
        show=("pre_close", "adj_factor"),
    ),
    Move(
        "limit widened by rounding",
        "warning",
        "move further than the limit rate because a price below 1 yuan is rounded to the tick",
        "The close is a legal limit price, but the return is larger than the rate: code that "
        "clips returns at the rate is wrong here.",
    ),
    Move(
        "delisting period begins",
        "warning",
        "close beyond the board's price limit as the delisting period begins (a day without limit)",
        "The first day of a delisting period under the rules of 2020-12-31 has no limit.",
    ),
    Move(
        "relisting",
        "warning",
        "close beyond the board's price limit on a day on which the name begins with N or loses "
        "its S (listed again: a day without limit)",
        "The share was listed again after a suspension, a reform or a merger, a day without limit; "
        "pre_close may not have been reduced for what holders got: the return is often not real.",
    ),
    Move(
        "listing day beyond its limit",
        "warning",
        "close beyond the limit of a listing day (a listing by merger has none)",
        "Listings by merger have no issue price to hold the close against; else pre_close is not "
        "the issue price.",
    ),
    Move(
        "first bar beyond the price limit",
        "info",
        "close beyond the day's price limit on the stock's first bar, after its list_date "
        "(a relisting; nobody in the data held it)",
        "The stock was suspended when the data begin and came back on a day without limit.",
    ),
)
_PLACE = {move.rule: place for place, move in enumerate(MOVES)}


@dataclass(frozen=True)
class Moves:
    """What was found in a block.

    Attributes
    ----------
    row, kind
        Row and class (place in `MOVES`) of each finding, in the order of the classes.
    lowest, highest
        Limit prices of every row in yuan; NaN where not known.
    judged
        Rows whose limits are known.
    gap
        Trading days without a bar before each row, 0 on a first bar.
    step
        adj_factor against the row before, 1 on a first bar.
    """

    row: Array
    kind: Array
    lowest: Array
    highest: Array
    judged: Array
    gap: Array
    step: Array

    def of(self, place: int) -> Array:
        """Return which rows belong to one class, bool [rows]."""
        found = np.zeros(len(self.judged), dtype=bool)
        found[self.row[self.kind == place]] = True
        return found


def find_moves(block: Block, limits: BarLimits, sound: Array) -> Moves:
    """Return the suspicious moves of a block.

    Parameters
    ----------
    block
        Bars of whole stocks, sorted.
    limits
        The limits of its bars.
    sound
        Rows with a place on the axes and usable prices; others are not judged.
    """
    close, pre_close = block.numbers("close"), block.numbers("pre_close")
    ready = sound & np.isfinite(pre_close) & np.isfinite(close)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        highest, lowest = limits.prices(pre_close)
        judged = ready & ~np.isnan(highest)
        beyond = judged & LimitPanel.beyond(close, close, lowest, highest)
        low, high = block.numbers("low"), block.numbers("high")
        wide = ready & LimitPanel.beyond(low, high, lowest, highest)
        gap, step = _since_before(block, limits.first, ready)
        again = limits.relisting & _beyond_board(limits, close, pre_close)
        found = {
            "listing day beyond its limit": beyond & limits.listing,
            "delisting period begins": limits.delisting & _beyond_board(limits, close, pre_close),
            "relisting": again & ~limits.first,
            "high or low beyond the price limit": wide & ~beyond & ~limits.first,
            "limit widened by rounding": judged & ~beyond & ~limits.listing
            & (np.abs(close / pre_close - 1) > np.maximum(limits.up, limits.down) + _ROUNDING),
            "adj_factor falls": step < _FACTOR_FALL,
        }  # fmt: skip
    rest = beyond & ~limits.listing
    found["first bar beyond the price limit"] = (rest | again) & limits.first
    found["beyond the price limit after a suspension"] = rest & ~limits.first & (gap > 0)
    found["beyond the price limit"] = rest & ~limits.first & (gap == 0)
    rows = {_PLACE[rule]: np.flatnonzero(bad) for rule, bad in found.items()}
    kinds = [np.full(len(rows[place]), place, dtype=np.int8) for place in range(len(MOVES))]
    return Moves(
        row=np.concatenate([rows[place] for place in range(len(MOVES))]),
        kind=np.concatenate(kinds),
        lowest=lowest,
        highest=highest,
        judged=judged,
        gap=gap,
        step=step,
    )


def _since_before(block: Block, first: Array, ready: Array) -> tuple[Array, Array]:
    """Return the trading days missed since the row before, and the step of adj_factor."""
    gap, step = np.zeros(len(first), dtype=np.int64), np.ones(len(first))
    place = np.flatnonzero(~first & ready)
    place = place[ready[place - 1]] if len(place) else place
    factor = block.numbers("adj_factor")
    gap[place] = np.maximum(block.day[place] - block.day[place - 1] - 1, 0)
    step[place] = factor[place] / factor[place - 1]
    return gap, step


def _beyond_board(limits: BarLimits, close: Array, pre_close: Array) -> Array:
    highest, lowest = limits.board_prices(pre_close)
    return LimitPanel.beyond(close, close, lowest, highest)
