"""Trading hours of stocks and futures beside each other: what of a morning came first.

Sources: ``data/fut_sessions.csv`` and the topic ``session`` of ``data/stock_trading_rules.csv``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from quanthedge.errors import RuleError
from quanthedge.rules.lookup import RuleReader, as_days
from quanthedge.rules.tables import CONFIDENCES, Row
from quanthedge.typing import Floats

__all__ = ["TradingHours", "trading_hours"]

_HOUR = 60


@dataclass(frozen=True)
class TradingHours:
    """When orders of a day can be given and are filled, minutes after midnight, [T] each.

    Attributes
    ----------
    stock_auction
        The opening auction of the stocks is over: what it filled is known.
    stock_close
        The stocks' trading ends.
    futures_entry
        The last minute for orders of the futures' opening auction, of all products asked for.
    futures_close
        The futures' trading ends, the first of the products.
    used
        Every row that was used, as in :class:`~quanthedge.rules.StockRules`.
    """

    stock_auction: Floats
    stock_close: Floats
    futures_entry: Floats
    futures_close: Floats
    used: pd.DataFrame


def trading_hours(
    products: Sequence[str],
    dates: object,
    *,
    accept_confidence: str = CONFIDENCES,
    folder: Path | None = None,
) -> TradingHours:
    """Return the hours that decide which fill of a day knows of which.

    Parameters
    ----------
    products
        Of IF, IH, IC, IM.
    dates
        Days of the run, [T], sorted.
    accept_confidence, folder
        As in :meth:`~quanthedge.rules.StockRules.between`.

    Raises
    ------
    RuleError
        A day is not covered, only by a row that is not accepted, or a row's hours cannot be read.

    Examples
    --------
    >>> hours = trading_hours(["IF"], ["2015-12-31", "2016-01-04"])
    >>> (hours.futures_entry > hours.stock_auction).tolist()  # 9:14 and 9:29, beside 9:25
    [False, True]
    """
    reader = RuleReader(as_days(dates), accept_confidence, folder)
    stocks = reader.cover(
        reader.rows("stock_trading_rules", lambda row: row.cells["topic"] == "session"), ("value",)
    )
    columns = ("call_order_entry", "afternoon")
    shape = len(reader.days)
    auction, close = np.full(shape, np.nan), np.full(shape, np.nan)
    entry, end = np.full(shape, np.inf), np.full(shape, np.inf)
    for row in stocks:
        times = _times(row, "value", 6)
        auction[reader.mask(row)], close[reader.mask(row)] = times[1], times[-1]
    table = reader.rows("fut_sessions", lambda row: True)
    for product in products:
        mine = [row for row in table if product in row.cells["products"].split(";")]
        for row in reader.cover(mine, columns):
            days = reader.mask(row)
            entry[days] = np.minimum(entry[days], _times(row, "call_order_entry", 2)[-1])
            end[days] = np.minimum(end[days], _times(row, "afternoon", 2)[-1])
    return TradingHours(auction, close, entry, end, reader.used())


def _times(row: Row, column: str, count: int) -> list[int]:
    """Return the times of a cell such as 09:15-11:30 as minutes after midnight."""
    text = row.cells[column]
    spans = [part.split()[0] for part in text.split(";") if part.split()]
    found = [time for span in spans for time in span.split("-")]
    minutes = []
    for time in found:
        hour, colon, minute = time.partition(":")
        if not (colon and hour.isdigit() and minute.isdigit() and int(minute) < _HOUR):
            break
        minutes.append(_HOUR * int(hour) + int(minute))
    if len(found) != count or len(minutes) != count or minutes != sorted(minutes):
        raise RuleError(
            f"{row.table} line {row.line}: column {column} is {text!r}; accepted: {count // 2} "
            "spans such as 09:15-11:30, with ; between them and what they are after each"
        )
    return minutes
