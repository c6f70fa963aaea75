"""The ledger's record made again of a run's tables, for a run that goes on.

Tables name days, stocks and contracts; the record has their places in the axes of the inputs.
Every number that the tables of a longer run are made of is kept to the bit.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.ledger import layout
from quanthedge.ledger.engine import NO_SLEEVES, LedgerRecord
from quanthedge.ledger.inputs import LedgerInputs
from quanthedge.ledger.kept import Names
from quanthedge.ledger.lines import line_names
from quanthedge.ledger.sleeve_table import SAME_COLUMNS
from quanthedge.ledger.state import FundState, LedgerState
from quanthedge.typing import Floats, Ints

__all__ = ["record_from_tables"]


def record_from_tables(
    tables: Mapping[str, pd.DataFrame],
    state: LedgerState | FundState,
    inputs: LedgerInputs,
    names: Names,
) -> LedgerRecord:
    """Return the ledger's record of the days that a run's tables hold.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ledger, trades, refusals, positions, contracts, restated, sleeves of a run.
    state : LedgerState or FundState
        After the last of these days.
    inputs : LedgerInputs
        Of these days and more. Holdings of days that it does not record are left out: a run records
        them on its last day, too.
    names : Names

    Notes
    -----
    Tables of holdings are those of the account, so that their rows are given to the first sleeve;
    what each has traded, been refused and come to is its own.
    """
    place = _Axes(names)
    table = tables["ledger"]
    done = len(table) - 1
    rows = np.zeros((names.dates.size - 1, len(layout.COLUMNS)))
    for k, name in enumerate(layout.COLUMNS):
        column = table[name].iloc[1:]
        if name == "contract":
            rows[:done, k] = place.of_contracts(column, missing=-1)
        else:
            rows[:done, k] = column.to_numpy(dtype=np.float64)
    positions = tables["positions"]
    positions = positions[inputs.record_day[place.of_days(positions["date"])]]
    contracts = tables["contracts"]
    contracts = contracts[contracts["lots"] != 0]
    return LedgerRecord(
        rows,
        _trades(tables["trades"], place),
        _refusals(tables["refusals"], place),
        np.column_stack([
            place.of_days(positions["date"]), place.of_codes(positions["code"]),
            positions["shares"], _first_sleeve(positions),
        ]).astype(np.float64),
        np.column_stack([
            place.of_days(contracts["date"]), place.of_contracts(contracts["contract"]),
            contracts["lots"], _first_sleeve(contracts),
        ]).astype(np.float64),
        _restated(tables["restated"], place, inputs),
        done,
        None,
        state,
        _of_sleeves(tables["sleeves"], names),
    )  # fmt: skip


class _Axes:
    """The days, stocks and contracts of a run's tables as places in the axes of inputs."""

    def __init__(self, names: Names) -> None:
        self._days = names.dates[1:].astype("datetime64[D]")
        self._codes = pd.Index(np.asarray(names.codes, dtype=object))
        self._contracts = pd.Index(np.asarray(names.contracts, dtype=object))
        self._sleeves = pd.Index(np.asarray(names.sleeves, dtype=object))

    def of_days(self, dates: pd.Series) -> Ints:
        found = np.searchsorted(self._days, dates.to_numpy().astype("datetime64[D]"))
        return np.asarray(found, dtype=np.int64)

    def of_codes(self, codes: pd.Series) -> Ints:
        found = self._codes.get_indexer(pd.Index(codes.to_numpy(dtype=object)))
        if (found < 0).any():
            raise DataError(f"run: no stock {codes.iloc[int((found < 0).argmax())]} in the market")
        return np.asarray(found, dtype=np.int64)

    def of_contracts(self, names: pd.Series, missing: int | None = None) -> Ints:
        texts = names.to_numpy(dtype=object)
        found = self._contracts.get_indexer(pd.Index(texts))
        unknown = (found < 0) & (texts != "" if missing is not None else True)
        if unknown.any():
            raise DataError(f"run: no contract {texts[int(unknown.argmax())]} in the market")
        return np.asarray(found, dtype=np.int64)

    def of_sleeves(self, table: pd.DataFrame) -> Ints:
        """Return the sleeve of each trade or refusal; the first where there is no other."""
        if "sleeve" not in table:
            return np.zeros(len(table), dtype=np.int64)
        found = self._sleeves.get_indexer(pd.Index(table["sleeve"].to_numpy(dtype=object)))
        return np.asarray(found, dtype=np.int64)

    def of_either(self, names: pd.Series) -> tuple[Ints, Ints]:
        """Return kind and place: a stock, a contract, or no contract at all ("")."""
        texts = pd.Index(names.to_numpy(dtype=object))
        stock, future = self._codes.get_indexer(texts), self._contracts.get_indexer(texts)
        unknown = (stock < 0) & (future < 0) & (texts != "")
        if unknown.any():
            raise DataError(f"run: no {texts[int(unknown.argmax())]} in the market")
        kind = np.where(stock >= 0, layout.STOCK, layout.FUTURE)
        return kind.astype(np.int64), np.where(stock >= 0, stock, future).astype(np.int64)


def _signs(table: pd.DataFrame) -> Ints:
    return np.where(table["side"].to_numpy(dtype=object) == "buy", layout.BUY, layout.SELL)


def _reasons(table: pd.DataFrame, known: tuple[str, ...]) -> Ints:
    return np.array([known.index(one) for one in table["reason"].astype(str)], dtype=np.int64)


def _first_sleeve(table: pd.DataFrame) -> Floats:
    """Return the place of the first sleeve for each row of holdings."""
    return np.zeros(len(table))


def _of_sleeves(table: pd.DataFrame, names: Names) -> Floats:
    """Return the rows of the sleeves, [T, S, columns]; all that trades cost as one of its lines."""
    if not names.sleeves:
        return NO_SLEEVES
    count, columns = len(names.sleeves), len(layout.COLUMNS)
    found = np.zeros(((names.dates.size - 1) * count, columns))
    for name in SAME_COLUMNS:
        found[: len(table), layout.column(name)] = table[name].to_numpy(dtype=np.float64)
    for name, kept in (("stock_cash", "cash"), ("equity", "earned"), ("lots", "lots"),
                       (line_names("cost", by_trade=True)[0], "costs")):  # fmt: skip
        found[: len(table), layout.column(name)] = table[kept].to_numpy(dtype=np.float64)
    return found.reshape(-1, count, columns)


def _trades(table: pd.DataFrame, place: _Axes) -> Floats:
    kind, index = place.of_either(table["code"])
    columns = {
        "day": place.of_days(table["date"]),
        "kind": kind,
        "index": index,
        "quantity": _signs(table) * table["quantity"].to_numpy(),
        "price": table["price"],
        "amount": table["amount"],
        **{name: table[name] for name in line_names("cost", by_trade=True)},
        "reason": _reasons(table, layout.TRADE_REASONS),
        "sleeve": place.of_sleeves(table),
    }
    return np.column_stack([columns[name] for name in layout.TRADE_COLUMNS]).astype(np.float64)


def _refusals(table: pd.DataFrame, place: _Axes) -> Floats:
    kind, index = place.of_either(table["code"])
    return np.column_stack([
        place.of_days(table["date"]), kind, index, _signs(table), table["wanted"], table["done"],
        _reasons(table, layout.REFUSAL_REASONS), place.of_sleeves(table),
    ]).astype(np.float64)  # fmt: skip


def _restated(table: pd.DataFrame, place: _Axes, inputs: LedgerInputs) -> Floats:
    day, stock = place.of_days(table["date"]), place.of_codes(table["code"])
    ratio = inputs.valuation.ratio[day + 1, stock] if len(table) else np.empty(0)
    return np.column_stack([
        day, stock, table["shares"], ratio, _first_sleeve(table),
    ]).astype(np.float64)  # fmt: skip
