"""Units of futures' turnover and of indices' volumes, row by row: a unit that changes mid-way.

A day's turnover is volume x average price x multiplier, and the average price lies within what the
day's limits allow. A ratio beyond that is another unit, also when only some rows have it.
"""

from typing import Any

import numpy as np

from quanthedge.market.checks.findings import Collector
from quanthedge.market.checks.rows import Rows
from quanthedge.rules import IndexProduct

__all__ = ["check_index_units", "check_turnover"]

Array = np.ndarray[Any, Any]
_LOWEST, _HIGHEST = 0.6, 1.6  # no day's average price is so far from its close
_POWER_SLACK = 0.15  # in decimal powers: a day's average price against its close
_FEWEST, _FAULT_SHARE = 5, 0.2  # so many rows off at random are no single wrong cells
_STEP = 5.0  # no index's average price moves so far between two days
_CURE = "turnover must be in yuan and counted once, volume in contracts; convert the rows"


def check_turnover(rows: Rows) -> None:
    """Hold the turnover of futures_daily against volume x price x multiplier, row by row."""
    product, date = rows.texts("product"), rows.numbers("date")
    multipliers = {name: one.multiplier for name, one in IndexProduct.every().items()}
    names, number = np.unique(product, return_inverse=True)
    multiplier = np.array([multipliers.get(str(name), np.nan) for name in names])[number]
    close, settle = rows.numbers("close"), rows.numbers("settle")
    price = np.where(close > 0, close, settle)
    with np.errstate(all="ignore"):
        ratio = rows.numbers("amount") / (rows.numbers("volume") * price * multiplier)
    known = np.isfinite(ratio) & (ratio > 0)
    off = known & ((ratio < _LOWEST) | (ratio > _HIGHEST))
    for place, name in enumerate(names.tolist()):
        mine = np.flatnonzero(off & (number == place))
        if len(mine):
            _report(rows, name, mine, ratio, date, multiplier[mine[0]],
                    int((known & (number == place)).sum()))  # fmt: skip


def _report(
    rows: Rows, product: str, mine: Array, ratio: Array, date: Array, multiplier: float, all_: int
) -> None:
    """Report a product's rows, those of one unit together, in the order of time."""
    units = np.array([_unit(value, multiplier) for value in ratio[mine]], dtype=object)
    for unit in dict.fromkeys(units.tolist()):
        found = mine[units == unit]
        typical = float(f"{np.median(ratio[found]):.3g}")
        many = len(found) >= _FEWEST and len(found) > _FAULT_SHARE * all_
        level: Any = "error" if unit or many else "warning"
        meaning = f": {unit}" if unit else ""
        what = (
            f"of {product} ({date[found].min()} to {date[found].max()}, of {all_:,} known) have a "
            f"turnover {typical:,g} times volume x price x multiplier, where 1 is right{meaning}"
        )
        order = found[np.argsort(date[found], kind="stable")][: Collector.EXAMPLES]
        contract = rows.texts("contract")
        examples = [f"{contract[k]} {date[k]}, {ratio[k]:,.6g} times" for k in order]
        rows.collector.add(
            level, "futures_daily", f"turnover unit {product}", len(found), what, examples,
            cure=_CURE,
        )  # fmt: skip


def _unit(ratio: float, multiplier: float) -> str:
    """Return which other unit explains a ratio; empty when none does."""
    for right, meaning in (
        (2.0, "it is counted on both sides"),
        (1 / multiplier, "it is in points x contracts, without the multiplier"),
        (multiplier, "it has the multiplier twice, or volume is not in contracts"),
    ):
        if abs(np.log10(ratio / right)) < _POWER_SLACK / 2:
            return meaning
    power = round(float(np.log10(ratio)))
    if power and abs(np.log10(ratio) - power) < _POWER_SLACK:
        return f"another unit, 10^{power} of the right one"
    return ""


def check_index_units(rows: Rows) -> None:
    """Find the days on which the volume or the turnover of an index changes its unit.

    Their quotient is the average price of the index's shares, whatever it is; it does not move by
    a factor of five from one day to the next.
    """
    code = rows.texts("code")
    with np.errstate(all="ignore"):
        price = rows.numbers("amount") / rows.numbers("volume")
    known = np.flatnonzero(np.isfinite(price) & (price > 0))
    step = price[known[1:]] / price[known[:-1]]
    same = code[known[1:]] == code[known[:-1]]
    jump = same & ((step > _STEP) | (step < 1 / _STEP))
    bad = np.zeros(len(code), dtype=bool)
    bad[known[1:][jump]] = True
    rows.flag(
        "warning", "unit jump", bad,
        "have an average price (amount / volume) more than five times away from the day before's: "
        "volume or amount change their unit there",
        show=("volume", "amount"),
        cure="volume must be in shares, amount in yuan, on all days",
    )  # fmt: skip
