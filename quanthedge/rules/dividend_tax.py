"""Tax on cash dividends of A shares, by investor, day and how long the share was held.

The holding period counts from the day of purchase to the day before the sale, in calendar months
and years: one month runs from a day of one month to the day before the same day of the next, and
belongs to the lower bracket with its last day. So a share bought on 8 January and sold on 8
February was held for exactly one month, and sold on 9 February for longer.

Shares issued out of profit (song gu) are a dividend of their par value, one yuan for almost every
A share; shares converted from capital reserve (zhuan zeng) are none.

References: notices 85 of 2012 (articles 1 and 8) and 101 of 2015 of the Ministry of Finance, the
State Administration of Taxation and CSRC; row by row in ``data/dividend_tax.csv``. For shares in
place of cash: State Administration of Taxation, documents 89 of 1994 (article 11: the par value of
the shares is the income) and 198 of 1997 (conversion of share premium is not income).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.errors import RuleError
from quanthedge.rules.lookup import RuleReader, as_days
from quanthedge.rules.tables import CONFIDENCES, Row
from quanthedge.typing import Days, Floats

__all__ = [
    "HOLDINGS",
    "DividendTax",
    "holding_bracket",
]

Investor = Literal["individual", "public securities fund", "private fund"]
HOLDINGS: Final = ("up to one month", "up to one year", "over one year")
_INVESTORS: Final = ("individual", "public securities fund", "private fund")
_STARTS: Final = ("0", "1 month", "1 year")
_RATES: Final = ("tax_rate_on_cash_dividend", "rate_at_payment")
_AS_INDIVIDUAL: Final = "same table as individual"


@dataclass(frozen=True)
class DividendTax:
    """Tax of one investor on every day of a run.

    Attributes
    ----------
    investor
        As asked for.
    rate
        Tax as a fraction of the cash dividend, [T, 3] by ``HOLDINGS``: up to one month, up to one
        year, over one year.
    at_payment
        The part of ``rate`` that is withheld when the dividend is paid, [T, 3]. The remainder is
        taken from the proceeds when the share is sold.
    used
        Every row that was used, as in :class:`~quanthedge.rules.StockRules`.
    """

    PAR_YUAN: ClassVar = 1.0  # par value of a share, by which a stock dividend is taxed

    investor: str
    rate: Floats
    at_payment: Floats
    used: pd.DataFrame

    @classmethod
    def between(
        cls,
        investor: Investor,
        dates: object,
        *,
        accept_confidence: str = CONFIDENCES,
        folder: Path | None = None,
    ) -> "DividendTax":
        """Return the tax on dividends paid on each day, by holding period.

        Parameters
        ----------
        investor
            ``"individual"``, ``"public securities fund"`` (taxed as an individual) or
            ``"private fund"`` (no tax withheld; also asset-management products).
        dates
            Record days of the dividends, [T], sorted: the record day decides which notice applies,
            also to what is still owed at a later sale.
        accept_confidence, folder
            As in :meth:`~quanthedge.rules.StockRules.between`.

        Raises
        ------
        RuleError
            The investor is unknown, a day is not covered, or only by a row that is not accepted.

        Examples
        --------
        >>> tax = DividendTax.between("individual", ["2013-01-04", "2015-09-08"])
        >>> tax.rate.tolist()
        [[0.2, 0.1, 0.05], [0.2, 0.1, 0.0]]
        >>> tax.at_payment[:, 0].tolist()
        [0.05, 0.0]
        """
        if investor not in _INVESTORS:
            raise RuleError(f"investor {investor!r}; accepted: {', '.join(_INVESTORS)}")
        reader = RuleReader(as_days(dates), accept_confidence, folder)
        shape = (len(reader.days), len(HOLDINGS))
        rate, at_payment = np.full(shape, np.nan), np.full(shape, np.nan)
        for place, start in enumerate(_STARTS):
            others = np.zeros(len(reader.days), np.bool_)
            own = []
            for row in reader.cover(_rows(reader, investor, start), _RATES):
                if row.cells[_RATES[0]] == _AS_INDIVIDUAL:
                    others |= reader.mask(row)
                else:
                    own.append(row)
            values = reader.series(own, _RATES, ~others)
            if others.any():
                theirs = reader.series(_rows(reader, "individual", start), _RATES, others)
                values = [np.where(others, *pair) for pair in zip(theirs, values, strict=True)]
            rate[:, place], at_payment[:, place] = values
        return cls(investor, rate, at_payment, reader.used())

    @staticmethod
    def begins(days: Days) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where the shares begin that are held a month or less when sold on each day.

        Parameters
        ----------
        days : datetime64[D] [T]
            Days of sale, sorted.

        Returns
        -------
        month, year : int64 [T]
            Position among the days: what was bought on that day or later is held for a month, a
            year or less.

        Examples
        --------
        >>> days = np.arange("2013-01-08", "2013-02-10", dtype="datetime64[D]")
        >>> [int(one[-1]) for one in DividendTax.begins(days)]  # bought on the 9th, sold on the 9th
        [1, 0]
        """
        month, year = (
            np.searchsorted(_months_later(days, months), days).astype(np.int64)
            for months in (1, 12)
        )
        return month, year


def holding_bracket(bought: object, sold: object) -> NDArray[np.int64]:
    """Return the position in ``HOLDINGS`` of shares bought and sold on the given days.

    Parameters
    ----------
    bought, sold
        Days of purchase and of sale, of one shape or one of them a single day.

    Raises
    ------
    RuleError
        A day is missing, or a sale is before its purchase.

    Notes
    -----
    A sale on the same day of the next month (or year) is the last one in the lower bracket. Where
    that month has no such day, its last day takes its place (articles 201 and 202 of the Civil
    Code); the notices do not say.

    Examples
    --------
    >>> holding_bracket("2013-01-08", ["2013-02-08", "2013-02-09", "2014-01-08", "2014-01-09"])
    array([0, 1, 1, 2])
    """
    try:
        first = np.asarray(bought, dtype="datetime64[D]")
        last = np.asarray(sold, dtype="datetime64[D]")
    except (TypeError, ValueError) as error:
        raise RuleError(f"holding: {error}; pass datetime64[D], Timestamps or ISO text") from error
    if np.isnat(first).any() or np.isnat(last).any() or (last < first).any():
        raise RuleError("holding: a day is missing, or a sale is before its purchase")
    over_month = last > _months_later(first, 1)
    over_year = last > _months_later(first, 12)
    bracket: NDArray[np.int64] = over_month.astype(np.int64) + over_year.astype(np.int64)
    return bracket


def _months_later(days: Days, months: int) -> Days:
    """Return the same day some months later, or the last of that month if it has no such day."""
    month = days.astype("datetime64[M]")
    into = days - month.astype("datetime64[D]")
    later = month + np.timedelta64(months, "M")
    end = (later + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    moved: Days = np.minimum(later.astype("datetime64[D]") + into, end)
    return moved


def _rows(reader: RuleReader, investor: str, start: str) -> list[Row]:
    """Return the rows of an investor for the holding periods from ``start`` on."""
    return reader.rows(
        "dividend_tax",
        lambda row: (
            investor in row.cells["investor"].split(";")
            and row.cells["holding_from_exclusive"] in ("", start)
        ),
    )
