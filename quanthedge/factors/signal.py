"""A factor that is a table: a researcher's own scores, made elsewhere.

>>> import pandas as pd
>>> frame = pd.DataFrame({"600519.SH": [0.4]}, index=pd.DatetimeIndex(["2014-09-17"]))
>>> signal_from(frame, name="mine").kind
'signal'
"""

from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from quanthedge.factors.base import Factor, Rows, as_rows
from quanthedge.market import Market
from quanthedge.plain import Plain
from quanthedge.signals import GivenTable
from quanthedge.typing import Floats

__all__ = ["Signal", "signal_from"]


class _Signed(Plain):
    """A sign that is a field."""

    sign: Literal[1, -1] = Field(
        default=1, description="1: high scores are held to earn more; -1: low ones."
    )


class Signal(GivenTable, _Signed, Factor):  # type: ignore[misc]  # the sign is a field here
    """Scores from a table: a number for each day and stock, made elsewhere.

    Notes
    -----
    Formula: the newest scores known at the close of the day: of the newest day of the table as a
    whole, or of each stock (``carry``).
    Undefined: no score of the stock, or one that became known more than ``max_age_days`` trading
    days ago.
    Suspension: a score stands as it is.
    Look-ahead: day t uses rows that were known by the close of t; what they were made from is for
    their author to answer for. A row is known at the close of its own day, ``lag_days`` later, or
    on the day of the column ``known``; on a day without trading, at the next close.
    """

    what: ClassVar[str] = "signal"

    kind: Literal["signal"] = "signal"

    @property
    def label(self) -> str:
        """Return what tables call it: its name, or that of its file."""
        return self.name or (Path(self.file).stem if self.file else self.kind)

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the scores in force at the closes, [R, N]."""
        return self.table(market).at(as_rows(market, rows), self.max_age_days).values


def signal_from(
    source: Any,
    market: Market | None = None,
    *,
    name: str = "",
    name_zh: str = "",
    sign: int = 1,
    column: str = "",
    known: str = "",
    lag_days: int = 0,
    closed_days: Literal["next", "previous"] = "next",
    max_age_days: int = 23,
    carry: Literal["auto", "day", "stock"] = "auto",
) -> Signal:
    """Return a table of scores as a factor, for strategies, audits, panels and evaluations.

    Parameters
    ----------
    source : DataFrame, Series, or path
        Wide (dates x codes) or long (levels or columns such as date and code, date and asset,
        datetime and instrument in either order): predictions of Qlib, factor data of alphalens, any
        Parquet, Feather or CSV file of such a table. Codes in every spelling.
    market : Market, optional
        Held against it at once: days after its end, codes that it does not have. Without it that is
        told when the signal is first used.
    name, name_zh : str
        What reports call it.
    sign : {1, -1}
        -1 where low scores are held to earn more.
    column : str
        Where the scores of a long table are, if it has several columns.
    known : str
        The column or level with the day on which each row became known; ``known`` is found.
    lag_days : int
        Or: trading days after its day, at whose close a row is known. 0: at the close of its day,
        so that it counts for orders of the next trading day.
    closed_days : {"next", "previous"}
        A row of a day without trading counts with the close of the next trading day, or, where it
        is the label of a period whose last close was the day before, of the previous one.
    max_age_days : int
        Trading days since a row became known, up to which it counts; 23 are a month.
    carry : {"auto", "day", "stock"}
        The newest day counts as a whole ("day": a stock without a score on it has none), or of each
        stock its newest row ("stock", the default where a day's rows became known on several days).

    Returns
    -------
    Signal

    Raises
    ------
    DataError
        No table of scores: another shape, no numbers, infinities, nothing but NaN, a pair of day
        and code twice, a pickle that would have to be run; or none for the market.
    StrategyError
        An option is out of range.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> import pandas as pd
    >>> days = pd.DatetimeIndex(market.dates[::20])
    >>> scores = pd.DataFrame(1.0, index=days, columns=market.codes)  # a table of yours
    >>> signal = qh.signal_from(scores, market, name="my scores")
    >>> signal.exposure(market, [100]).shape
    (1, 120)
    """
    options = {
        "name": name, "name_zh": name_zh, "sign": sign, "column": column, "known": known,
        "lag_days": lag_days, "closed_days": closed_days, "max_age_days": max_age_days,
        "carry": carry,
    }  # fmt: skip
    return Signal.made_of(source, options, market)
