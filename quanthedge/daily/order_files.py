"""Orders as files: every column under Chinese and English headings, and in order systems' columns.

What each system takes, where that is documented and how sure it is stands in docs/daily.md and
``systems.csv``. Accounts and units are the user's own and left empty or as given.
"""

import csv
import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from quanthedge.daily.lists import of_account
from quanthedge.daily.wording import word
from quanthedge.errors import StrategyError
from quanthedge.typing import Language

if TYPE_CHECKING:
    from quanthedge.daily.tomorrow import Orders

__all__ = ["SYSTEMS", "Accounts", "order_files", "own_csv"]

_MYQUANT_EXCHANGES = {"SH": "SHSE", "SZ": "SZSE", "BJ": "BJSE"}
_HUNDSUN_MARKETS = {"SH": "1", "SZ": "2", "BJ": "r"}
_DIGITS = {
    "amount": 2, "fees": 2, "impact": 2, "participation": 4, "usual_volume": 0, "value": 2,
    "weight_before": 6, "weight_after": 6, "before": 6, "after": 6,
}  # fmt: skip
_CENT_PRICES, _POINT_PRICES = "{:.2f}", "{:.1f}"


class Accounts(NamedTuple):
    """The user's own accounts, as the order system knows them."""

    stock: str = ""
    futures: str = ""


class _System(NamedTuple):
    """How a system takes orders: its columns, encoding, and a row for each order."""

    columns: tuple[str, ...]
    encoding: str
    row: "Callable[[pd.Series, int, Orders, Accounts], list[object] | None]"


def own_csv(orders: "Orders", table: str, language: Language) -> bytes:
    """Return a table of orders as CSV with headings in a language, UTF-8 with a mark for Excel.

    ``table`` is "orders", "refused", "transfers", "book" or "totals".
    """
    frame: pd.DataFrame = getattr(orders, table)
    frame = frame.round({name: digits for name, digits in _DIGITS.items() if name in frame})
    if table == "totals":
        frame = frame.reset_index()
        frame["figure"] = [word("figure", key, language) for key in frame["figure"]]
    shown = frame.drop(columns=[f"reason_{'en' if language == 'zh' else 'zh'}"], errors="ignore")
    head = {name: _heading(name, language) for name in shown.columns}
    if "sleeve" in shown:
        names = orders.strategy.sleeve_names(language) | {"": ""}
        shown = shown.assign(sleeve=[names[one] for one in shown["sleeve"]])
    for name in ("side", "offset", "account", "from", "to"):
        if name in shown:
            part = "account" if name in ("from", "to") else name
            shown = shown.assign(**{name: [_said(part, one, language) for one in shown[name]]})
    return b"\xef\xbb\xbf" + shown.rename(columns=head).to_csv(index=False).encode("utf-8")


def _heading(name: str, language: Language) -> str:
    return word("column", "why" if name.startswith("reason_") else name, language)


def _said(part: str, key: str, language: Language) -> str:
    return word(part, key, language) if key else ""


def order_files(
    orders: "Orders", systems: Iterable[str], accounts: Accounts | None = None
) -> dict[str, bytes]:
    """Return files for order systems by name: see :meth:`Orders.files`."""
    known, account = accounts or Accounts(), of_account(orders.orders, orders.book)
    found = {}
    for name in systems:
        if name not in SYSTEMS:
            raise StrategyError(f"order system {name!r}; accepted: {', '.join(SYSTEMS)}")
        system, page = SYSTEMS[name], io.StringIO()
        rows = (
            system.row(one, number, orders, known)
            for number, (_, one) in enumerate(account.iterrows(), start=1)
        )
        writer = csv.writer(page, lineterminator="\r\n")
        writer.writerow(system.columns)
        writer.writerows(row for row in rows if row is not None)
        found[f"orders_{name}.csv"] = page.getvalue().encode(system.encoding, errors="replace")
    return found


def _number(orders: "Orders", number: int) -> str:
    """Return an order's own number: the day and its place in the list."""
    return f"{orders.day.replace('-', '')}{number:05d}"


def _price(order: pd.Series) -> str:
    form = _POINT_PRICES if order["account"] == "futures" else _CENT_PRICES
    return form.format(order["reference_price"])


def _qmt(order: pd.Series, number: int, orders: "Orders", accounts: Accounts) -> list[object]:
    """Return the arguments of passorder: a limit order at the last close."""
    if order["account"] == "stock":
        kind, code, account = {"buy": 23, "sell": 24}, order["code"], accounts.stock
        operation = kind[order["side"]]
    else:
        # open long, open short; closing prefers lots of yesterday
        opened = {"buy": 0, "sell": 3}
        closed = {"buy": 9, "sell": 7}
        operation = (opened if order["offset"] == "open" else closed)[order["side"]]
        code, account = f"{order['code']}.IF", accounts.futures
    return [
        operation, 1101, account, code, 11, _price(order), order["quantity"],
        orders.strategy.name, 1, _number(orders, number),
    ]  # fmt: skip


def _myquant(order: pd.Series, number: int, orders: "Orders", accounts: Accounts) -> list[object]:
    """Return a row of an order file of the MyQuant terminal: a limit order at the last close."""
    if order["account"] == "stock":
        digits, exchange = str(order["code"]).split(".")
        symbol, account = f"{_MYQUANT_EXCHANGES[exchange]}.{digits}", accounts.stock
        business = {"buy": 1, "sell": 2}[order["side"]]
    else:
        symbol, account = f"CFFEX.{order['code']}", accounts.futures
        business = {
            ("buy", "open"): 10, ("sell", "close"): 11, ("sell", "open"): 14, ("buy", "close"): 15,
        }[order["side"], order["offset"]]  # fmt: skip
    return [
        _number(orders, number), account, symbol, order["quantity"], 1, business, _price(order),
        order["reason"],
    ]  # fmt: skip


def _ctp(
    order: pd.Series, number: int, orders: "Orders", accounts: Accounts
) -> list[object] | None:
    """Return the fields of CThostFtdcInputOrderField: a limit order good for the day."""
    if order["account"] == "stock":
        return None
    hedging = orders.strategy.hedge.account == "hedging"
    return [
        accounts.futures, order["code"], "CFFEX", number, "2",
        {"buy": "0", "sell": "1"}[order["side"]], {"open": "0", "close": "1"}[order["offset"]],
        "3" if hedging else "1", _price(order), order["quantity"], "3", "1", 1, "1", "0", 0,
    ]  # fmt: skip


def _hundsun(
    order: pd.Series, number: int, orders: "Orders", accounts: Accounts
) -> list[object] | None:
    """Return a row of an order file of Hundsun's XHPT scan: stocks only, limit orders."""
    if order["account"] == "futures":
        return None
    digits, exchange = str(order["code"]).split(".")
    return [
        accounts.stock, "", "", "", _HUNDSUN_MARKETS[exchange], digits,
        {"buy": "1", "sell": "2"}[order["side"]], "0", _price(order), order["quantity"],
        int(_number(orders, number)),
    ]  # fmt: skip


SYSTEMS: dict[str, _System] = {
    "qmt": _System(
        (
            "opType", "orderType", "accountid", "orderCode", "prType", "price", "volume",
            "strategyName", "quickTrade", "userOrderId",
        ),
        "gbk",
        _qmt,
    ),
    "myquant": _System(
        (
            "sid", "account_id", "symbol", "volume", "order_type", "order_business(order_biz)",
            "price", "comment",
        ),
        "utf-8-sig",
        _myquant,
    ),
    "ctp": _System(
        (
            "InvestorID", "InstrumentID", "ExchangeID", "OrderRef", "OrderPriceType", "Direction",
            "CombOffsetFlag", "CombHedgeFlag", "LimitPrice", "VolumeTotalOriginal",
            "TimeCondition", "VolumeCondition", "MinVolume", "ContingentCondition",
            "ForceCloseReason", "IsAutoSuspend",
        ),
        "utf-8",
        _ctp,
    ),
    "hundsun": _System(
        (
            "CPBH", "ZCDYBH", "ZHBH", "GDDM", "JYSC", "ZQDM", "WTFX", "WTJGLX", "WTJG", "WTSL",
            "WBZDYXH",
        ),
        "gbk",
        _hundsun,
    ),
}  # fmt: skip
