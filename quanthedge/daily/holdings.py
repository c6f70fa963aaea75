"""What an account really holds, from the files of trading systems: every row taken or named.

Columns are those of the common systems, in Chinese or English; see docs/daily.md.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path

from quanthedge.daily.cells import Sheet, number_in, read_sheets
from quanthedge.errors import DataError
from quanthedge.market import Code

_SIDE = "方向"  # as holdings say it, whatever the language of the message
_STOCK_ROW = "账户 股票, 可用资金"
__all__ = ["Cash", "Holdings", "Left", "StockHolding", "read_cash", "read_holdings"]

_OWN_SLEEVE = "stocks"
_ITEMS = (
    "stock_cash", "futures_equity", "futures_available", "futures_margin", "fees_payable",
    "dividends_receivable", "loan",
)  # fmt: skip


@cache
def headings(field: str) -> tuple[str, ...]:
    """Return what trading systems call a field, from ``columns.csv``.

    >>> headings("available")[0]
    '可用数量'
    """
    text = files("quanthedge.daily").joinpath("columns.csv").read_text(encoding="utf-8")
    return tuple(row["heading"] for row in csv.DictReader(StringIO(text)) if row["field"] == field)


@dataclass(frozen=True)
class Left:
    """A row that is not taken, or taken with a remark: where it stands, its code, and why.

    ``kind`` names the reason in words.toml, ``values`` fill it.
    """

    place: str
    code: str
    kind: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StockHolding:
    """Shares of a stock: all, of them frozen, and bought today (to be sold from tomorrow on)."""

    shares: int
    frozen: int = 0
    today: int = 0


@dataclass(frozen=True)
class Holdings:
    """What an account holds.

    Attributes
    ----------
    stocks : dict
        Shares by code, as 600519.SH.
    futures : dict
        Signed lots by contract, as IF2401; below 0: short.
    left : list of Left
        Rows that are not taken, or taken with a remark.
    sleeves : dict
        What the sleeves beside the strategy's stocks hold, by what the file calls them.
    """

    stocks: dict[str, StockHolding]
    futures: dict[str, int]
    left: list[Left] = field(default_factory=list)
    sleeves: "dict[str, Holdings]" = field(default_factory=dict)

    def of(self, sleeve: str) -> "Holdings":
        """Return what a sleeve holds; ``stocks`` is the book itself."""
        if sleeve == _OWN_SLEEVE:
            return self
        return self.sleeves.setdefault(sleeve, Holdings({}, {}, self.left))


@dataclass(frozen=True)
class Cash:
    """Money of both accounts, yuan.

    ``futures_equity`` holds the margin; ``fees_payable``, ``dividends_receivable`` and ``loan`` are
    what else the fund's equity is made of.
    """

    stock_cash: float
    futures_equity: float = 0.0
    futures_margin: float | None = None
    fees_payable: float = 0.0
    dividends_receivable: float = 0.0
    loan: float = 0.0


def read_holdings(paths: str | Path | Iterable[str | Path]) -> Holdings:
    """Return the holdings in one or several files (stocks and futures apart, or together).

    A column ``sleeve`` says whose a row is; without it all are of the strategy's own stocks.

    Raises
    ------
    DataError
        A file cannot be read, has no column of codes or quantities, or a quantity is no whole
        number: the book would not be the one that is held.
    """
    files = [paths] if isinstance(paths, str | Path) else list(paths)
    book = Holdings({}, {})
    for one in files:
        for sheet in read_sheets(Path(one), "holdings", headings("code")):
            if not any(name in sheet.head for name in headings("quantity")):
                accepted = ", ".join(headings("quantity")[:6])
                raise DataError(f"{sheet.place}: no column of quantities; accepted: {accepted}")
            for line, row in sheet.rows:
                _take(book, sheet, line, row)
    return book


def _take(whole: Holdings, sheet: Sheet, line: int, row: list[str]) -> None:
    """Take a row into the book of its sleeve, or name it."""
    book = whole.of((sheet.cell(row, headings("sleeve")) or "").strip() or _OWN_SLEEVE)
    place, text = f"{sheet.place}, line {line}", sheet.cell(row, headings("code")) or ""
    if text in headings("totals") or (not text and any(cell in headings("totals") for cell in row)):
        book.left.append(Left(place, "", "total"))
        return
    if not text:
        book.left.append(Left(place, "", "no_code"))
        return
    quantity = number_in(sheet.cell(row, headings("quantity")), f"{place}: quantity of {text}")
    if quantity is None or quantity != int(quantity):
        raise DataError(f"{place}: quantity {quantity} of {text[:20]}; accepted: whole numbers")
    contract = _contract(text)
    if contract:
        _take_future(book, sheet, place, row, contract, int(quantity))
        return
    code = _stock(text)
    if not code:
        value = sheet.cell(row, headings("value")) or ""
        told = {"value": value or "?", "quantity": f"{int(quantity):,}"}
        book.left.append(Left(place, text[:20], "no_stock", told))
        return
    if quantity < 0:
        raise DataError(f"{place}: {int(quantity):,} shares of {code}; accepted: 0 or more")
    _take_stock(book, sheet, place, row, code, int(quantity))


def _take_stock(
    book: Holdings, sheet: Sheet, place: str, row: list[str], code: str, shares: int
) -> None:
    frozen = int(number_in(sheet.cell(row, headings("frozen")), f"{place}: frozen of {code}") or 0)
    available = number_in(sheet.cell(row, headings("available")), f"{place}: available of {code}")
    today = 0 if available is None else max(0, shares - frozen - int(available))
    if not 0 <= frozen <= shares:
        raise DataError(f"{place}: {frozen:,} of {shares:,} shares of {code} frozen")
    if available is not None and not 0 <= available <= shares:
        raise DataError(f"{place}: {available:,.0f} of {shares:,} shares of {code} available")
    if code in book.stocks:
        before = book.stocks[code]
        shares, frozen, today = (
            before.shares + shares, before.frozen + frozen, before.today + today,
        )  # fmt: skip
        book.left.append(Left(place, code, "added", {"shares": f"{shares:,}"}))
    book.stocks[code] = StockHolding(shares, frozen, today)
    if frozen:
        book.left.append(Left(place, code, "frozen", {"shares": f"{frozen:,}"}))
    if today:
        book.left.append(Left(place, code, "bought_today", {"shares": f"{today:,}"}))


def _take_future(
    book: Holdings, sheet: Sheet, place: str, row: list[str], contract: str, lots: int
) -> None:
    text = (sheet.cell(row, headings("direction")) or "").strip().lower()
    sign = -1 if text in headings("short") else 1 if text in headings("long") else 0
    if sign == 0 and text:
        raise DataError(
            f"{place}: direction {text[:20]!r} of {contract}; accepted: 多, 空, long, short"
        )
    if sign == 0 and lots >= 0:
        raise DataError(
            f"{place}: {contract} without a direction; accepted: a column {_SIDE} or direction, or "
            "signed lots (below 0: short)"
        )
    signed = lots if sign == 0 else sign * abs(lots)
    if signed:
        if contract in book.futures:
            net = book.futures[contract] + signed
            book.left.append(Left(place, contract, "added_lots", {"lots": f"{net:+,}"}))
        book.futures[contract] = book.futures.get(contract, 0) + signed
    today = number_in(sheet.cell(row, headings("today")), f"{place}: lots of today of {contract}")
    if today:
        book.left.append(Left(place, contract, "opened_today", {"lots": f"{int(today):,}"}))


def _contract(text: str) -> str | None:
    try:
        return Code(text).contract()
    except DataError:
        return None


def _stock(text: str) -> str | None:
    """Return a stock's code; None for funds, bonds, repos and what is no code."""
    try:
        code = Code(text).stock()
    except DataError:
        return None
    return code if Code(code).is_stock else None


def read_cash(path: str | Path) -> Cash:
    """Return the money of both accounts.

    Accepted are a table with a row an account (账户, 可用资金, 期货权益 ...) and a table of items
    and amounts (项目, 金额).

    Raises
    ------
    DataError
        The file cannot be read, or does not tell what the stock account has.
    """
    found: dict[str, float] = {}
    known = tuple(
        name
        for field in ("account", "item", "futures_equity", "stock_cash")
        for name in headings(field)
    )
    for sheet in read_sheets(Path(path), "cash", known):
        for line, row in sheet.rows:
            place = f"{sheet.place}, line {line}"
            for name, value in _money(sheet, place, row).items():
                if name in found:
                    raise DataError(f"{place}: {name} is told twice")
                found[name] = value
    if "stock_cash" not in found:
        raise DataError(
            f"{path}: the money of the stock account is not told; accepted: a row of the account "
            f"({_STOCK_ROW}) or an item stock_cash"
        )
    available, margin = found.pop("futures_available", None), found.get("futures_margin")
    if "futures_equity" not in found and available is not None:
        found["futures_equity"] = available + (margin or 0.0)
    cash = Cash(**found)
    for name in ("stock_cash", "futures_equity", "loan", "fees_payable"):
        if getattr(cash, name) < 0.0:
            raise DataError(f"{path}: {name} {getattr(cash, name):,.2f}; accepted: 0 or more")
    return cash


def _money(sheet: Sheet, place: str, row: list[str]) -> dict[str, float]:
    """Return what a row says, by item."""
    item = sheet.cell(row, headings("item"))
    if item is not None:
        name = next((key for key in _ITEMS if item.strip() in headings(f"item {key}")), None)
        value = number_in(sheet.cell(row, headings("yuan")), f"{place}: {item}")
        if name is None or value is None:
            accepted = ", ".join(headings(f"item {key}")[0] for key in _ITEMS)
            raise DataError(f"{place}: item {item[:20]!r}; accepted: {accepted}, with an amount")
        return {name: value}
    account = (sheet.cell(row, headings("account")) or "").lower()
    cells = {
        "futures_equity": headings("futures_equity"),
        "futures_margin": headings("margin"),
        "futures_available": headings("stock_cash"),
    }
    if not ("期" in account or "futures" in account):
        if account and not any(word in account for word in ("股", "证券", "普通", "stock")):
            raise DataError(
                f"{place}: account {account[:20]!r}; accepted: 股票, 期货, stock, futures"
            )
        cells = {"stock_cash": headings("stock_cash")}
    read = {
        name: number_in(sheet.cell(row, names), f"{place}: {name}") for name, names in cells.items()
    }
    return {name: value for name, value in read.items() if value is not None}
