"""What a run held at the close of a day: stocks and contracts in one table."""

import numpy as np
import pandas as pd

from quanthedge.backtesting.holding_names import holding_names
from quanthedge.documents import asked_day
from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.performance import held_through
from quanthedge.record import Record

__all__ = ["positions_on"]

_COLUMNS = ["kind", "name", "quantity", "price", "value", "weight"]
_SHOWN = 2  # recorded days that a message names


def positions_on(run: Record, day: object, market: Market | None = None) -> pd.DataFrame:
    """Return what a run held at the close of a day, the largest stock first, then the contracts.

    Parameters
    ----------
    run : Record
    day : date
        A trading day of the run, or the day before its first.
    market : Market, optional
        That of the run, by which days between those on record are rebuilt from the trades.

    Returns
    -------
    DataFrame
        Indexed by code: kind ("stock" or "futures"), name, quantity (shares; lots, below 0 sold
        short), price (last close; settlement), value (yuan; of a short contract below 0), weight
        (value over equity).

    Raises
    ------
    DataError
        The day is none of the run, is not on record and no market is given, or the market is
        another than the run's.
    """
    date = _day_of(run, day)
    stocks = run.positions[run.positions["date"] == date]
    last, on_record = run.ledger.index[-1], stocks.size > 0 or not run.ledger["names"][date]
    if not on_record:
        if market is None or date == last:
            raise DataError(_not_on_record(run, date))
        stocks = _rebuilt(run, market, date)
    found = pd.concat([_stock_rows(stocks), _contract_rows(run, date)])
    found["weight"] = found["value"] / run.ledger["equity"][date]
    return found[_COLUMNS]


def _day_of(run: Record, day: object) -> pd.Timestamp:
    """Return a day of the run's ledger."""
    days = run.ledger.index
    outside = (
        f"positions_on: {day} is not in the run; its days are {days[0]:%Y-%m-%d} to "
        f"{days[-1]:%Y-%m-%d}"
    )
    if day is None:
        raise DataError(outside)
    try:
        date = pd.Timestamp(asked_day(day))
    except DataError as error:
        raise DataError(f"positions_on: {day!r} is no date; accepted: '2015-03-31'") from error
    if date in days:
        return date
    if not days[0] <= date <= days[-1]:
        raise DataError(outside)
    place = int(days.searchsorted(date))
    raise DataError(
        f"positions_on: {date:%Y-%m-%d} is not a trading day; the nearest are "
        f"{days[place - 1]:%Y-%m-%d} and {days[place]:%Y-%m-%d}"
    )


def _not_on_record(run: Record, date: pd.Timestamp) -> str:
    recorded = pd.DatetimeIndex(run.positions["date"].unique())
    near = sorted(recorded, key=lambda one: abs(one - date))[:_SHOWN]
    return (
        f"positions_on: {date:%Y-%m-%d} is not on record (near it are "
        f"{', '.join(f'{one:%Y-%m-%d}' for one in sorted(near))}); give the market of the run, "
        "positions_on(day, market), and it is rebuilt from the trades"
    )


def _rebuilt(run: Record, market: Market, date: pd.Timestamp) -> pd.DataFrame:
    """Return the stocks of a day that is not on record, by the trades and what shares became."""
    held = held_through(run, market)
    row = int(run.ledger.index.get_indexer(pd.Index([date]))[0])
    value = held.value[row]  # of the shares of this close, which the next day begins with
    mark = np.asarray(market.panel("mark")[held.first + row][held.columns], dtype=np.float64)
    inside = value > 0.0
    codes = np.array(held.codes)[inside]
    table = pd.DataFrame(
        {
            "date": date,
            "code": codes,
            "shares": np.rint(value[inside] / mark[inside]).astype(np.int64),
            "price": mark[inside],
            "value": value[inside],
        }
    )
    table["name"] = holding_names(table, market.stock_names())
    return table


def _stock_rows(stocks: pd.DataFrame) -> pd.DataFrame:
    rows = stocks.assign(kind="stock", quantity=stocks["shares"]).set_index("code")
    return rows.sort_values("value", ascending=False, kind="stable")


def _contract_rows(run: Record, date: pd.Timestamp) -> pd.DataFrame:
    held = run.contracts[run.contracts["date"] == date]
    return pd.DataFrame(
        {
            "kind": "futures",
            "name": "",
            "quantity": held["lots"].to_numpy(),
            "price": held["settlement_price"].to_numpy(),
            "value": -held["futures_notional"].to_numpy(),
        },
        index=pd.Index(held["contract"], name="code"),
    )
