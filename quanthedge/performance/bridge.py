"""The profit bridge: from alpha to what the investor got, additive on every day.

With S the stocks and H the futures sold short at the last close (below 0: held long), b the book's
beta known then and r the index return of the day:

- alpha: price gain of the shares of the last close less ``b S r``;
- revaluation: change of what holdings that do not trade are stated above their last close; it sums
  to 0 over each suspension, at whose end alpha has the whole move;
- market: ``(b S - H) r``, what the hedge left over;
- basis: gain of the lots of the last close beyond ``-H r``, each contract at its settlement prices;
- roll: fills of roll trades against the day's settlement price (the spread between two contracts
  itself comes through the basis, as the new contract runs to its index);
- trading: fills of all other trades, stocks and futures, against the close or settlement price;
- accrual: change of the performance fee that has accrued and is not charged yet, with a negative
  sign; it sums to 0 from one fee date to the next.
"""

import weakref
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.documents import asked_day
from quanthedge.errors import DataError
from quanthedge.ledger import line_names, net_flows, signed_lines
from quanthedge.performance.returns import levels
from quanthedge.record import Record
from quanthedge.rules import IndexProduct

__all__ = ["MISMATCHES", "RESIDUAL", "SOURCES", "Bridge", "By"]

SOURCES = ("alpha", "revaluation", "market", "basis", "roll", "trading", "dividends", "interest")
RESIDUAL, MISMATCHES = "residual", "mismatched_holdings"  # columns beside the parts of the alpha
# the six parts that short papers show, each line in one of them
_PARTS = {
    "alpha": ("alpha", "dividends", "revaluation"),
    "market": ("market",),
    "basis": ("basis", "roll"),
    "interest": ("interest",),
    "costs": ("trading", *line_names("cost")),
    "fees": (*line_names("fee"), "accrual"),
}
By = Literal["day", "week", "month", "year", "whole"]


@dataclass(frozen=True, eq=False)
class Bridge:
    """Where the change of equity of a run came from, line by line.

    Attributes
    ----------
    result : Record
    EARNED : tuple of str
        The lines without investors' money, in order: sources of profit, costs, fees, accrual.
    LINES : tuple of str
        All lines: these, and the money of investors.

    Notes
    -----
    Periods are ``by`` "day", "week" (ISO), "month", "year" or "whole". The index is the benchmark
    of the run; a hedge with futures on another index leaves the difference of the two indices in
    the basis. Without stocks at the last close alpha is 0.
    """

    result: Record

    EARNED: ClassVar = (*SOURCES, *line_names("cost"), *line_names("fee"), "accrual")
    LINES: ClassVar = (*EARNED, *line_names("flow"))

    def yuan(
        self, by: By = "whole", start: str | None = None, end: str | None = None
    ) -> pd.DataFrame:
        """Return the lines of each period, yuan.

        Parameters
        ----------
        by
            The periods.
        start, end : date, optional
            First and last day of the span; the whole run by default.

        Returns
        -------
        DataFrame
            Indexed by the last day of each period; columns ``LINES`` (costs, fees, redemptions and
            distributions with a negative sign), ``equity_change`` (of the equity less the accrued
            performance fee) and ``residual``, the change less the sum of the lines, 0 to rounding.

        Raises
        ------
        DataError
            When no trading day lies in the span, or the benchmark has no close on one of its days
            on which anything was held.
        """
        _known_span(by)
        return self.by_period(_between(_daily(self.result), start, end), by)

    def returns(
        self, by: By = "whole", start: str | None = None, end: str | None = None
    ) -> pd.DataFrame:
        """Return the lines as contributions to the fund's net return of each period.

        Each day's line over the equity that earned it, times the value so far of a yuan invested at
        the start of its period: the contributions add up to the return exactly, with no linking
        residue.

        Parameters
        ----------
        by, start, end
            As in :meth:`yuan`.

        Returns
        -------
        DataFrame
            Indexed by the last day of each period; the lines without investors' money, ``return``
            and ``residual``, the return less the sum of the lines, 0 to rounding. Days without
            equity (a fund paid out) contribute nothing.
        """
        _known_span(by)
        ledger, daily = self.result.ledger, _between(_daily(self.result), start, end)
        chained = levels(ledger)["net"]
        # the fee that leavers paid was theirs: what accrues on the day starts from those who stay
        stays = ledger["accrued_fee_at_open"] - ledger["accrued_performance_fee"].shift(1)
        daily = daily.assign(accrual=daily["accrual"] + stays.reindex(daily.index))
        before = ledger["equity"].shift(1) + net_flows(ledger) - ledger["accrued_fee_at_open"]
        scale = (chained.shift(1) / before).reindex(daily.index)
        earned = daily[list(self.EARNED)]
        parts = earned.mul(scale, axis=0).where(earned != 0.0, 0.0)
        label = _label(daily, by)
        opens = chained.shift(1).reindex(daily.index).groupby(label).first()
        closes = chained.reindex(daily.index).groupby(label).last()
        table = parts.groupby(label).sum().div(opens, axis=0)
        table["return"] = closes / opens - 1.0
        table["residual"] = table["return"] - table[list(self.EARNED)].sum(axis=1)
        table.index = _last_days(daily, label)
        return table

    def alpha_in_parts(
        self,
        table: pd.DataFrame,
        mismatches: NDArray[np.int64],
        by: By,
        start: str | None,
        end: str | None,
    ) -> pd.DataFrame:
        """Return parts of each day's alpha by period, with what they leave of the line ``alpha``.

        Parameters
        ----------
        table : DataFrame
            Yuan by day and part.
        mismatches : int64 [T]
            Holdings on record that differ from what was rebuilt, see
            :class:`quanthedge.performance.Held`.
        by, start, end
            As in :meth:`yuan`.
        """
        line = self.yuan("day", start, end)["alpha"]
        inside = table.assign(**{MISMATCHES: mismatches}).loc[line.index]
        parts = inside[table.columns].sum(axis=1)
        inside.insert(len(table.columns), RESIDUAL, line - parts)
        return self.by_period(inside, by)

    @staticmethod
    def six_parts(table: pd.DataFrame) -> pd.DataFrame:
        """Return the lines of :meth:`yuan` or :meth:`returns` in six parts that add up to the same.

        Returns
        -------
        DataFrame
            Same index: alpha (with dividends and what suspended holdings are stated at), market
            (what the hedge left over), basis (with rolls), interest, costs (of trading, with the
            difference of fills to closes) and fees (charged and accrued).
        """
        found = {name: table[list(lines)].sum(axis=1) for name, lines in _PARTS.items()}
        return pd.DataFrame(found)

    @staticmethod
    def by_period(daily: pd.DataFrame, by: By) -> pd.DataFrame:
        """Return the sums of a table of days by period, indexed by the last day of each.

        Parameters
        ----------
        daily : DataFrame
            Numbers by date, in order.
        by
            The periods.

        Raises
        ------
        DataError
            When the period is another.
        """
        _known_span(by)
        if by == "day":
            return daily.set_axis(pd.DatetimeIndex(daily.index, name="date"))
        label = _label(daily, by)
        summed = daily.groupby(label).sum()
        summed.index = _last_days(daily, label)
        return summed


def _known_span(by: str) -> None:
    if by not in ("day", "week", "month", "year", "whole"):
        raise DataError(f"bridge by {by!r}; accepted: day, week, month, year, whole")


def _label(daily: pd.DataFrame, by: By) -> NDArray[np.int64]:
    """Return a number of each day's period."""
    days = pd.DatetimeIndex(daily.index)
    if by == "week":
        iso = days.isocalendar()
        return np.asarray(iso["year"].to_numpy() * 100 + iso["week"].to_numpy(), dtype=np.int64)
    found = {
        "day": np.arange(len(days)),
        "month": days.year * 100 + days.month,
        "year": days.year,
        "whole": days.year * 0,
    }[by]
    return np.asarray(found, dtype=np.int64)


def _last_days(daily: pd.DataFrame, label: NDArray[np.int64]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(daily.index.to_series().groupby(label).last(), name="date")


def _between(daily: pd.DataFrame, start: str | None, end: str | None) -> pd.DataFrame:
    """Return the days of a period, at least one."""
    try:
        first, last = (
            None if day is None else pd.Timestamp(asked_day(day)) for day in (start, end)
        )
    except DataError as error:
        raise DataError(f"bridge from {start} to {end}: a date is needed ({error})") from error
    found = daily.loc[first:last]
    if found.empty:
        days = f"{daily.index[0]:%Y-%m-%d} to {daily.index[-1]:%Y-%m-%d}"
        raise DataError(
            f"bridge from {start or 'the start'} to {end or 'the end'}: no trading day of the run; "
            f"it has {days}"
        )
    lost = found.index[found["market"].isna()]
    if len(lost):
        raise DataError(
            f"bridge: no close of the benchmark on {lost[0]:%Y-%m-%d} or the day before"
        )
    return found


class _Kept(NamedTuple):
    """The run whose days were worked out last, what they were made of, and the days."""

    run: "weakref.ref[Record]"
    tables: tuple[pd.DataFrame, ...]
    days: pd.DataFrame


_LAST: list[_Kept] = []  # one at most


def _daily(result: Record) -> pd.DataFrame:
    """Return the lines of each day; a report asks for them nine times, of the same tables."""
    tables = result.ledger, result.contracts, result.trades
    for kept in _LAST[:1]:
        pairs = zip(kept.tables, tables, strict=True)
        if kept.run() is result and all(one.equals(other) for one, other in pairs):
            return kept.days
    days = _days_anew(result)
    own = tuple(table.copy(deep=False) for table in tables)  # who writes to his writes to a copy
    _LAST[:] = [_Kept(weakref.ref(result, lambda _: _LAST.clear()), own, days)]
    return days


def _days_anew(result: Record) -> pd.DataFrame:
    ledger = result.ledger
    inside, opening = ledger.iloc[1:], ledger.shift(1).iloc[1:]
    index_return = ledger["index_close"].pct_change(fill_method=None).iloc[1:]
    stocks = (opening["book_beta"] * opening["stock_value"]).fillna(0.0)
    short = opening["futures_notional"]
    moved = (stocks * index_return).where(stocks != 0.0, 0.0)
    hedged = (short * index_return).where(short != 0.0, 0.0)
    carried, rolled = _futures(result)
    lines = {
        "alpha": inside["held_pnl"] - inside["dividends"] - moved,
        "market": moved - hedged,
        "basis": carried.reindex(inside.index, fill_value=0.0) + hedged,
        "roll": rolled.reindex(inside.index, fill_value=0.0),
        "trading": inside["stock_pnl"] + inside["dividends"] - inside["held_pnl"],
        "dividends": inside["dividends"],
        "interest": inside["interest"],
        "revaluation": inside["revaluation"] - opening["revaluation"],
        "accrual": opening["accrued_performance_fee"] - inside["accrued_performance_fee"],
        **signed_lines(inside, (*line_names("cost"), *line_names("fee"), *line_names("flow"))),
    }
    table = pd.DataFrame({name: line.to_numpy() for name, line in lines.items()}, inside.index)
    # what futures earned beyond carried lots and rolls are fills of the other futures trades
    table["trading"] += inside["futures_pnl"] - (table["basis"] - hedged) - table["roll"]
    net_assets = ledger["equity"] - ledger["accrued_performance_fee"]
    table["equity_change"] = net_assets.diff().iloc[1:]
    table["residual"] = table["equity_change"] - table[list(Bridge.LINES)].sum(axis=1)
    return table


def _futures(result: Record) -> tuple[pd.Series, pd.Series]:
    """Return by day: gain of the lots of the last close, and fills of rolls against settlement."""
    contracts = result.contracts
    days = result.ledger.index
    price, lots = (_by_contract(contracts, name, days) for name in ("settlement_price", "lots"))
    held = lots.fillna(0.0).shift(1)
    scale = _multiplier(contracts)
    lost = ((held.fillna(0.0) != 0.0) & price.isna()).any(axis=1)
    if lost.any():
        raise DataError(
            f"bridge: no settlement price on {lost.idxmax():%Y-%m-%d} of a contract held at the "
            "close before; run the strategy again"
        )
    gain = (held * price.diff()).where(held != 0.0, 0.0)
    carried = gain.mul(scale.reindex(gain.columns), axis=1).sum(axis=1)
    rolls = result.trades[result.trades["reason"] == "roll"]
    if rolls.empty:
        return carried, pd.Series(0.0, index=days)
    signed = np.where(rolls["side"] == "buy", rolls["quantity"], -rolls["quantity"])
    row = days.get_indexer(pd.Index(rolls["date"]))
    column = price.columns.get_indexer(pd.Index(rolls["code"]))
    settled = np.where((row < 0) | (column < 0), np.nan, price.to_numpy()[row, column])
    earned = (
        signed * scale.reindex(rolls["code"]).to_numpy() * (settled - rolls["price"].to_numpy())
    )
    return carried, pd.Series(earned).groupby(rolls["date"].to_numpy()).sum()


def _by_contract(contracts: pd.DataFrame, name: str, days: pd.Index) -> pd.DataFrame:
    """Return a number of each contract by day; NaN where it was not held."""
    column, names = pd.factorize(contracts["contract"], sort=True)
    row = days.get_indexer(pd.Index(contracts["date"]))
    values = np.full((len(days), len(names)), np.nan)
    values[row[row >= 0], column[row >= 0]] = contracts[name].to_numpy()[row >= 0]
    return pd.DataFrame(values, index=days, columns=names)


def _multiplier(contracts: pd.DataFrame) -> pd.Series:
    """Return yuan a point of each contract, from its value, lots and price."""
    held = contracts[contracts["lots"] != 0]
    ratio = -held["futures_notional"] / (held["lots"] * held["settlement_price"])
    found: pd.Series = ratio.groupby(held["contract"]).first().round(6)
    for name in contracts["contract"].unique():
        product = IndexProduct.of_contract(name)
        if name not in found.index and product is not None:
            found[name] = product.multiplier
    return found
