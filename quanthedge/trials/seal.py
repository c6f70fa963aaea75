"""A sealed period: research ends before it, and it is opened once.

>>> sealed = seal(market, "2017-01-03")                    # doctest: +SKIP
>>> research = sealed.research                             # doctest: +SKIP
>>> whole = sealed.open()                                  # doctest: +SKIP

What is found in a period that was looked at before is no longer out of sample. The registry of
trials remembers when the period was sealed, which trials had seen it by then, and when it was
opened; it cannot keep anybody from opening the dataset himself, but what is run there is counted.
"""

from typing import Any, Generic, Protocol, Self, TypeVar

import pandas as pd

from quanthedge.errors import DataError
from quanthedge.trials.registry import Data, base, day_text, known, overlapping, write_down

__all__ = ["Sealed", "seal"]


class _Cuttable(Data, Protocol):
    def until(self, date: Any) -> Self: ...


_Market = TypeVar("_Market", bound=_Cuttable)


class Sealed(Generic[_Market]):
    """A market whose last part is sealed.

    Attributes
    ----------
    start, end : str
        First and last sealed day.
    research : Market
        The same market as it was known before ``start``.
    """

    def __init__(self, market: _Market, start: Any) -> None:
        self._market = market
        self.start = day_text(start)
        self.end = day_text(market.dates[-1])
        self.research: _Market = market.until(pd.Timestamp(start) - pd.Timedelta(days=1))

    def __repr__(self) -> str:
        opened = self.opened
        state = f"opened {opened}" if opened else "sealed"
        return f"<Sealed {self._market.name}: {self.start} to {self.end}, {state}>"

    @property
    def sealed(self) -> str | None:
        """When the period was sealed first (UTC), or None where the registry does not say."""
        return self._when("seal")

    @property
    def opened(self) -> str | None:
        """When the period was opened first (UTC), or None while it is sealed."""
        return self._when("opening")

    @property
    def seen(self) -> int:
        """How many trials had looked at days of the period before it was opened."""
        found = overlapping(self._market, self.start, self.end)
        if found is None:
            return 0
        opened = self.opened
        return len(found if opened is None else found[found["when"] < opened])

    def open(self, *, again: bool = False) -> _Market:
        """Return the whole market, and write down that the period was opened.

        Parameters
        ----------
        again : bool
            Open a period that was opened before; the first time stays written.

        Raises
        ------
        DataError
            It was opened before (says when), or the registry cannot be written.
        """
        opened = self.opened
        if opened is not None and not again:
            raise DataError(
                f"{self._market.name} from {self.start}: opened {opened}; what is found there now "
                "is no longer out of sample; open(again=True) opens it all the same"
            )
        if opened is None:
            _note(self._market, self.start, self.end, "opening")
        return self._market

    def _when(self, kind: str) -> str | None:
        table = known()
        if table is None:
            return None
        same = table["fingerprint"] == base(self._market.fingerprint)
        same |= table["market"] == self._market.name
        reaches = table["start"] == self.start
        if kind == "opening":  # whoever opened a part of it has looked
            reaches = (table["start"] <= self.end) & (table["end"] >= self.start)
        when = table.loc[same & (table["kind"] == kind) & reaches, "when"]
        return None if when.empty else str(when.min())


def seal(market: _Market, start: Any) -> Sealed[_Market]:
    """Seal a market from a day on: research is done before it, and it is opened once.

    Parameters
    ----------
    market : Market
    start : date
        First sealed day.

    Returns
    -------
    Sealed
        ``research`` is the market before; ``open()`` gives the whole one, once; ``opened`` says
        when that was.

    Raises
    ------
    DataError
        ``start`` leaves nothing before or after it, or the registry is off or cannot be written:
        a seal that nobody remembers is none.

    Notes
    -----
    The same period sealed again stays as it was: sealed since the first time, and opened if it, or
    a part of it, was opened before.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> import tempfile
    >>> from unittest.mock import patch
    >>> with patch.dict("os.environ", QUANTHEDGE_TRIALS=tempfile.mkdtemp()):
    ...     sealed = qh.seal(market, "2015-01-05")
    >>> str(sealed.research.dates[-1])  # sealed.open() gives the rest, once
    '2014-12-31'
    """
    if isinstance(market, type) or not hasattr(market, "until"):
        raise DataError(f"seal: market is {market!r}; accepted: a Market, as Market.open gives one")
    try:
        day = pd.Timestamp(start)
    except (TypeError, ValueError) as error:
        raise DataError(f"seal from {start!r}; accepted: a date, such as 2017-01-03") from error
    if not market.dates[0] < day.to_datetime64() <= market.dates[-1]:
        raise DataError(
            f"seal from {day:%Y-%m-%d}: the market '{market.name}' covers {market.dates[0]} to "
            f"{market.dates[-1]}; choose a day after the first"
        )
    sealed = Sealed(market, day)
    _note(market, sealed.start, sealed.end, "seal")
    return sealed


def _note(market: Data, start: str, end: str, kind: str) -> None:
    entry = {"kind": kind, "label": f"{start} to {end}", "what": "", "p": None}
    if not write_down(market, start, end, [entry]):
        raise DataError(
            "seal: the registry of trials is off or cannot be written, and a seal that nobody "
            "remembers is none; set QUANTHEDGE_TRIALS to a folder"
        )
