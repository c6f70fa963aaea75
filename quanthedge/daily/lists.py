"""The tables of a day's orders: what is traded, what cannot be, what is moved between accounts."""

from typing import Any

import numpy as np
import pandas as pd

from quanthedge.backtesting import Prepared
from quanthedge.daily.book import Book
from quanthedge.daily.holdings import Holdings
from quanthedge.daily.reasons import Reasons
from quanthedge.daily.wording import told
from quanthedge.ledger import LedgerInputs, LedgerRecord, layout, line_names

__all__ = [
    "of_account",
    "order_list",
    "refused_list",
    "traded_by_several",
    "transfer_list",
]

_EVENTS = ("delisting", "delivery", "rights")  # of themselves, not orders
_ORDERS = (
    "account", "code", "name", "side", "offset", "quantity", "reference_price", "limit_up",
    "limit_down", "amount", "fees", "impact", "usual_volume", "participation", "reason",
    "reason_en", "reason_zh",
)  # fmt: skip
_NUMBERS = (
    "reference_price", "limit_up", "limit_down", "amount", "fees", "impact", "usual_volume",
    "participation",
)  # fmt: skip
_REFUSED = ("code", "name", "side", "wanted", "done", "reason", "reason_en", "reason_zh")
_TRANSFERS = ("from", "to", "yuan", "reason_en", "reason_zh")
_CENT = 0.01


def order_list(
    prepared: Prepared, inputs: LedgerInputs, t: int, record: LedgerRecord, reasons: Reasons
) -> pd.DataFrame:
    """Return the orders of the day, sales first as they are done; contracts last."""
    rows = []
    labels, of = reasons.labels(), layout.TRADE_COLUMNS.index("sleeve")
    lots = [
        {name: one.quantity for name, one in part.futures.items()}
        for part in reasons.before.sleeves.values()
    ]
    for trade in record.trades[record.trades[:, 0] == t]:
        one = dict(zip(layout.TRADE_COLUMNS, trade.tolist(), strict=True))
        reason = layout.TRADE_REASONS[int(one["reason"])]
        if reason in _EVENTS:
            continue
        signed = int(one["quantity"])
        fees = sum(one[name] for name in line_names("cost", by_trade=True) if name != "impact")
        row: dict[str, Any] = {
            "side": "buy" if signed > 0 else "sell",
            "quantity": abs(signed),
            "reference_price": one["price"],
            "amount": one["amount"],
            "fees": fees
            + one.get("dividend_tax", 0.0)
            * ("dividend_tax" not in line_names("cost", by_trade=True)),
            "impact": one["impact"],
            "reason": reason,
        }
        place, s = int(one["index"]), int(trade[of])
        if one["kind"] == layout.STOCK:
            row |= _stock_columns(inputs, t, reasons, place, signed, reason, s)
        else:
            name = prepared.leg.contracts[place]
            row |= _future_columns(reasons, place, name, signed, reason, lots[s], s)
        rows.append(row | {"sleeve": labels[s]})
    frame = pd.DataFrame(rows, columns=_with_sleeve(_ORDERS, reasons))
    numbers = dict.fromkeys(_NUMBERS, "float64")
    return frame.astype({"quantity": "int64", **numbers})


def _with_sleeve(columns: tuple[str, ...], reasons: Reasons) -> list[str]:
    """Return columns with that of the sleeve where there are several."""
    return ["sleeve", *columns] if len(reasons.labels()) > 1 else list(columns)


def _stock_columns(
    inputs: LedgerInputs, t: int, reasons: Reasons, i: int, signed: int, reason: str, s: int
) -> dict[str, Any]:
    code = str(reasons.codes[i])
    low, high = reasons.stock_limits(i)
    usual = float(inputs.bars.volume[t, i])
    why = reasons.stock_order(code, reason, signed, s)
    return {
        "account": "stock",
        "code": code,
        "name": reasons.name(code),
        "offset": "",
        "limit_up": high,
        "limit_down": low,
        "usual_volume": usual,
        "participation": abs(signed) / usual if usual > 0 else np.nan,
        "reason_en": why["en"],
        "reason_zh": why["zh"],
    }


def _future_columns(
    reasons: Reasons, c: int, contract: str, signed: int, reason: str, lots: dict[str, int], s: int
) -> dict[str, Any]:
    """Return the columns of a contract; ``lots`` are the sleeve's before it, kept up to it."""
    low, high = reasons.future_limits(c)
    held = lots.get(contract, 0)
    lots[contract] = held + signed
    why = reasons.future_order(contract, reason, s)
    return {
        "account": "futures",
        "code": contract,
        "name": "",
        "offset": "close" if held * signed < 0 else "open",
        "limit_up": high,
        "limit_down": low,
        "usual_volume": np.nan,
        "participation": np.nan,
        "reason_en": why["en"],
        "reason_zh": why["zh"],
    }


def refused_list(
    prepared: Prepared, inputs: LedgerInputs, t: int, record: LedgerRecord, before: Book,
    held: Holdings | None, reasons: Reasons,
) -> pd.DataFrame:  # fmt: skip
    """Return what is not traded though it is wanted, what is held and cannot be, and file rows."""
    rows: list[dict[str, Any]] = []
    named, labels = set[str](), reasons.labels()
    for refusal in record.refusals[record.refusals[:, 0] == t]:
        place, side = int(refusal[2]), "buy" if refusal[3] > 0 else "sell"
        code = _code(prepared, reasons, int(refusal[1]), place)
        kind = layout.REFUSAL_REASONS[int(refusal[6])]
        why = told("refused", kind)
        row = (code, side, int(refusal[4]), int(refusal[5]), kind, why)
        rows.append(_refused(reasons, *row) | {"sleeve": labels[int(refusal[-1])]})
        named.add(code)
    for trade in record.trades[record.trades[:, 0] == t]:
        kind = layout.TRADE_REASONS[int(trade[layout.TRADE_COLUMNS.index("reason")])]
        if kind in _EVENTS:
            code, count = _code(prepared, reasons, int(trade[1]), int(trade[2])), abs(int(trade[3]))
            side = "buy" if trade[3] > 0 else "sell"
            row = (code, side, count, count, kind, told("refused", kind))
            rows.append(_refused(reasons, *row) | {"sleeve": labels[int(trade[-1])]})
    closes = inputs.bars.close[t]
    for code, one in before.stocks.items():
        i = int(np.searchsorted(reasons.codes, code))
        if code not in named and np.isnan(closes[i]) and t < inputs.bars.delist[i]:
            why = told("refused", "held_suspended")
            rows.append(_refused(reasons, code, "", one.quantity, 0, "suspended", why))
    for left in () if held is None else held.left:
        why = told("row", left.kind, place=left.place, **left.values)
        rows.append(_refused(reasons, left.code, "", 0, 0, left.kind, why))
    frame = pd.DataFrame(rows, columns=_with_sleeve(_REFUSED, reasons))
    return frame.astype({"wanted": "int64", "done": "int64"})


def _code(prepared: Prepared, reasons: Reasons, kind: int, place: int) -> str:
    if kind == layout.STOCK:
        return str(reasons.codes[place])
    return prepared.leg.contracts[place] if place >= 0 else ""


def _refused(
    reasons: Reasons, code: str, side: str, wanted: int, done: int, kind: str, why: dict[str, str]
) -> dict[str, Any]:
    return {
        "sleeve": "",  # what is held suspended and rows of files are the account's
        "code": code,
        "name": reasons.name(code),
        "side": side,
        "wanted": wanted,
        "done": done,
        "reason": kind,
        "reason_en": why["en"],
        "reason_zh": why["zh"],
    }


def transfer_list(
    inputs: LedgerInputs, t: int, before: Book, after: Book, record: LedgerRecord
) -> pd.DataFrame:
    """Return what is moved between the accounts: what the day leaves, less what it earned there."""
    row = record.ledger[t]
    trades = record.trades[(record.trades[:, 0] == t) & (record.trades[:, 1] == layout.FUTURE)]
    paid = trades[:, [layout.TRADE_COLUMNS.index(name) for name in ("futures_fee", "impact")]].sum()
    moved = after.futures_cash - before.futures_cash - float(row[layout.FUTURES_PNL_]) + paid
    rows = []
    if abs(moved) >= _CENT:
        way = ("stock", "futures") if moved > 0 else ("futures", "stock")
        levels = _levels(inputs, before, after)
        why = told("transfer", _why_moved(inputs, before, moved), **levels)
        rows.append(
            {
                "from": way[0],
                "to": way[1],
                "yuan": round(abs(moved), 2),
                "reason_en": why["en"],
                "reason_zh": why["zh"],
            }
        )
    return pd.DataFrame(rows, columns=list(_TRANSFERS))


def _why_moved(inputs: LedgerInputs, before: Book, moved: float) -> str:
    settings, required = inputs.settings, before.margin_required
    if not before.futures:
        return "opened" if moved > 0 else "no_lots"
    if before.futures_cash < settings.call_multiple * required:
        return "called"
    if before.futures_cash > settings.release_multiple * required:
        return "released"
    return "more_margin" if moved > 0 else "owed"


def _levels(inputs: LedgerInputs, before: Book, after: Book) -> dict[str, str]:
    settings = inputs.settings
    times = before.futures_cash / before.margin_required if before.margin_required else np.nan
    return {
        "cash": f"{before.futures_cash:,.0f}",
        "required": f"{before.margin_required:,.0f}",
        "times": f"{times:.2f}",
        "call": f"{settings.call_multiple:g}",
        "target": f"{settings.target_multiple:g}",
        "release": f"{settings.release_multiple:g}",
        "after": f"{after.margin_required:,.0f}",
    }


def traded_by_several(orders: pd.DataFrame) -> int:
    """Return how many stocks and contracts are traded by more than one sleeve."""
    if "sleeve" not in orders:
        return 0
    whose = orders.drop_duplicates(["code", "sleeve"])
    return int((whose["code"].value_counts() > 1).sum())


def of_account(orders: pd.DataFrame, book: pd.DataFrame) -> pd.DataFrame:
    """Return one order for each stock and contract: the net of those of all sleeves.

    Parameters
    ----------
    orders, book : DataFrame
        Of :class:`quanthedge.Orders`.

    Returns
    -------
    DataFrame
        As ``orders`` without ``sleeve``: where several sleeves trade a code one row at the place of
        the first, its reason that of the largest order; none where they cancel out. A contract
        whose lots of the account change sides has two, first to close and then to open.
    """
    if "sleeve" not in orders:
        return orders
    held = book[book["kind"] == "futures"].groupby("code")["before"].sum()
    rows: list[dict[Any, Any]] = []
    for code, part in orders.groupby("code", sort=False):
        signed = part["quantity"].where(part["side"] == "buy", -part["quantity"])
        net, main = (
            int(signed.sum()),
            _as_row(part.iloc[int(part["quantity"].to_numpy().argmax())]),
        )
        usual = main["usual_volume"]
        futures = main["account"] == "futures"
        at = int(held.get(code, 0)) if futures else 0
        closed = min(abs(net), abs(at)) if at * net < 0 else 0
        for offset, quantity in (("close", closed), ("open", abs(net) - closed)):
            if quantity:
                share = quantity / part["quantity"].sum()
                rows.append(
                    main
                    | {
                        "side": "buy" if net > 0 else "sell",
                        "offset": offset if futures else "",
                        "quantity": quantity,
                        "amount": part["amount"].sum() * share,
                        "fees": part["fees"].sum() * share,
                        "impact": part["impact"].sum() * share,
                        "participation": quantity / usual if usual > 0 else np.nan,
                    }
                )
    found = pd.DataFrame(rows, columns=list(orders.columns)).drop(columns="sleeve")
    return found.astype({"quantity": "int64", **dict.fromkeys(_NUMBERS, "float64")})


def _as_row(row: "pd.Series[Any]") -> dict[str, Any]:
    return {str(name): value for name, value in row.items()}
