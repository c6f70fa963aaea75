"""Orders for reading: the summary of a terminal, and a self-contained page."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quanthedge.daily.wording import word
from quanthedge.typing import Language

if TYPE_CHECKING:
    from quanthedge.daily.tomorrow import Orders

__all__ = ["orders_page", "orders_text"]

_WIDTH = 80
_SHOWN = 12  # orders of a kind that a terminal shows
_CSS = """td.text { white-space: normal; min-width: 21em; } td.code { text-align: left; }
#orders thead th:last-child, #transfers thead th:last-child, #refused thead th:last-child,
#orders thead th:nth-child(-n + 4), #refused thead th:nth-child(-n + 3),
#transfers thead th:nth-child(-n + 2), #book thead th:nth-child(2) { text-align: left; }
"""
_SHARES = ("invested", "hedge_ratio", "net_exposure", "net_beta")


def _yuan(value: float) -> str:
    return f"{value:,.0f}"


def _figure(key: str, value: float) -> str:
    if not np.isfinite(value):
        return "-"
    if key in _SHARES:
        return f"{value:+.2%}" if key.startswith("net") else f"{value:.2%}"
    return f"{value:.3f}" if key == "beta" else _yuan(value)


def _price(value: float) -> str:
    return "-" if not np.isfinite(value) else f"{value:,.2f}"


def _part(value: float) -> str:
    return "-" if not np.isfinite(value) else f"{value:.1%}"


def _stock_amounts(orders: "Orders", side: str) -> float:
    frame = orders.orders
    return float(frame.loc[(frame["account"] == "stock") & (frame["side"] == side), "amount"].sum())


def _costs(orders: "Orders") -> tuple[float, float]:
    """Return fees and impact of all orders, and what they are of the amount, basis points."""
    frame = orders.orders
    paid, amount = float((frame["fees"] + frame["impact"]).sum()), float(frame["amount"].sum())
    return paid, paid / amount * 1e4 if amount else 0.0


# -- the terminal


def orders_text(orders: "Orders", language: Language) -> str:
    """Return a summary in lines of at most 80 columns."""
    say = _speaker(language)
    strategy = (orders.strategy.name_zh or orders.strategy.name) if language == "zh" else (
        orders.strategy.name
    )  # fmt: skip
    lines = [
        f"{strategy} · {say('page', 'kind')}",
        f"{say('page', 'decided')} {orders.date} · {say('page', 'traded')} {orders.day}",
    ]
    lines += [line for note in orders.notes for line in _item(note[language])]
    lines += ["", *_totals_lines(orders, language), ""]
    lines += _order_lines(orders, language)
    for row in orders.transfers.to_dict("records"):
        way = f"{say('account', row['from'])} -> {say('account', row['to'])}"
        lines += ["", f"{say('page', 'transfers')}: {_yuan(row['yuan'])}, {way}"]
        lines += [f"  {one}" for one in _wrapped(row[f"reason_{language}"], _WIDTH - 2)]
    if len(orders.refused):
        lines += ["", say("page", "refused")]
        for row in orders.refused.to_dict("records"):
            lines += _refused_lines(row, language)
    return "\n".join(lines)


def _speaker(language: Language) -> Callable[..., str]:
    return lambda part, key, **values: word(part, key, language, **values)


def _totals_lines(orders: "Orders", language: Language) -> list[str]:
    say = _speaker(language)
    head = ("", say("column", "before"), say("column", "after"))
    rows = [
        (say("figure", key), _figure(str(key), row["before"]), _figure(str(key), row["after"]))
        for key, row in orders.totals.to_dict("index").items()
    ]
    return [
        f"{_padded(name, 36)}{_padded(before, 20, right=True)}{_padded(after, 20, right=True)}"
        for name, before, after in (head, *rows)
    ]


def _order_lines(orders: "Orders", language: Language) -> list[str]:
    say = _speaker(language)
    if not len(orders.orders):
        return [say("page", "no_orders")]
    paid, points = _costs(orders)
    names = orders.strategy.sleeve_names(language)
    lines = [
        f"{say('page', 'number')}: {len(orders.orders)} · {say('page', 'bought')} "
        f"{_yuan(_stock_amounts(orders, 'buy'))} · {say('page', 'sold')} "
        f"{_yuan(_stock_amounts(orders, 'sell'))}",
        f"{say('page', 'costs')}: {_yuan(paid)} ({say('page', 'basis_points', value=points)})",
    ]
    for account, side in (
        ("futures", "sell"), ("futures", "buy"), ("stock", "sell"), ("stock", "buy"),
    ):  # fmt: skip
        frame = orders.orders
        some = frame[(frame["account"] == account) & (frame["side"] == side)]
        for row in some.head(_SHOWN).to_dict("records"):
            lines += _one_order(row, language, names)
        if len(some) > _SHOWN:
            lines.append(f"  {say('page', 'more', count=len(some) - _SHOWN)}")
    return lines


def _one_order(row: Mapping[Any, Any], language: Language, names: Mapping[str, str]) -> list[str]:
    """Return an order in a line of figures, and its sleeve and reason below."""
    say = _speaker(language)
    side = say("side", row["side"])
    if row["offset"]:
        side = f"{side} {say('offset', row['offset'])}"
    head = (
        f"{_padded(side, 12)}{_padded(row['code'], 11)}{_padded(row['name'], 10)}"
        f"{row['quantity']:>11,}  @ {_price(row['reference_price']):>9}  "
        f"{_yuan(row['amount']):>13}"
    )
    whose = word("page", "whose", language, name=names[row["sleeve"]]) if "sleeve" in row else ""
    why = f"{whose}{row[f'reason_{language}']}"
    return [head, *(f"    {one}" for one in _wrapped(why, _WIDTH - 4))]


def _refused_lines(row: Mapping[Any, Any], language: Language) -> list[str]:
    side = word("side", row["side"], language) if row["side"] else ""
    asked = f" {side} {row['done']:,}/{row['wanted']:,}" if row["wanted"] else ""
    named = " ".join(one for one in (row["code"], row["name"]) if one)
    text = f"{named}{asked}: {row[f'reason_{language}']}" if named else row[f"reason_{language}"]
    return _item(text)


def _item(text: str) -> list[str]:
    """Return a text as an item of a list."""
    first, *rest = _wrapped(" ".join(text.split()), _WIDTH - 4)
    return [f"- {first}", *(f"  {one}" for one in rest)]


def _wide(text: str) -> int:
    """Return the width of a text in a terminal: a Chinese letter takes two places."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


def _padded(text: str, width: int, *, right: bool = False) -> str:
    space = " " * max(0, width - _wide(text))
    return space + text if right else text + space


def _wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines; Chinese is broken anywhere, other words are kept whole."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and _wide(line) + _wide(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line or not lines else lines


def _pieces(text: str) -> list[str]:
    """Return what may not be broken: words with their space, and single Chinese letters."""
    found, piece = [], ""
    for letter in text:
        piece += letter
        if letter == " " or ord(letter) > 0x2E7F:
            found.append(piece)
            piece = ""
    return [*found, piece] if piece else found


# -- the page


def orders_page(orders: "Orders", language: Language) -> str:
    """Return a self-contained page of the orders, with the look of the other pages."""
    from quanthedge.report import font_faces, page_of

    say = _speaker(language)
    strategy = orders.strategy
    content = {
        "title": (strategy.name_zh or strategy.name) if language == "zh" else strategy.name,
        "kind": say("page", "kind"),
        "about": [
            (say("page", "decided"), orders.date),
            (say("page", "traded"), orders.day),
            (say("page", "market"), f"{orders.market_name} ({orders.fingerprint[:12]})"),
        ],
        "cards": _cards(orders, language),
        "verdict": [note[language] for note in orders.notes],
        "figures": [],
        "tables": _tables(orders, language),
        "wide": True,
        "back": None,
        "lang": say("page", "lang"),
        "generated": say("page", "generated"),
    }
    page = page_of(content, language, "page.html.j2", "quanthedge.evaluation")
    page = page.replace("</style>", f"{_CSS}</style>", 1)
    return page.replace("<!--FACES-->", font_faces("".join(sorted(set(page)))), 1)


def _cards(orders: "Orders", language: Language) -> list[dict[str, str]]:
    say = _speaker(language)
    equity = float(orders.totals["before"].to_dict()["equity"])
    paid, points = _costs(orders)
    bought, sold = _stock_amounts(orders, "buy"), _stock_amounts(orders, "sell")
    lots = orders.orders.loc[orders.orders["account"] == "futures", "quantity"].sum()
    cards = {
        "number": (f"{len(orders.orders):,}", ""),
        "bought": (_yuan(bought), say("page", "of_equity", value=bought / equity)),
        "sold": (_yuan(sold), say("page", "of_equity", value=sold / equity)),
        "lots": (f"{int(lots):,}", ""),
        "costs": (_yuan(paid), say("page", "basis_points", value=points)),
        "cannot": (f"{len(orders.refused):,}", ""),
    }
    return [
        {"key": key, "name": say("page", key), "text": text, "below": below}
        for key, (text, below) in cards.items()
    ]


def _tables(orders: "Orders", language: Language) -> list[dict[str, Any]]:
    found = [
        _table(orders, "orders", language, _ORDERS, "prices"),
        _table(orders, "transfers", language, _TRANSFERS),
        _table(orders, "refused", language, _REFUSED),
        _totals_table(orders, language),
        _table(orders, "book", language, _BOOK),
    ]
    return [one for one in found if one["rows"]]


_Column = tuple[str, Callable[[Any], str], str]
_ORDERS: tuple[_Column, ...] = (
    ("code", str, "code"), ("name", str, "code"), ("side", str, "code"), ("offset", str, "code"),
    ("quantity", lambda v: f"{v:,}", ""), ("reference_price", _price, ""), ("limit_up", _price, ""),
    ("limit_down", _price, ""), ("amount", _yuan, ""), ("fees", _yuan, ""), ("impact", _yuan, ""),
    ("participation", _part, ""), ("reason", str, "text"),
)  # fmt: skip
_TRANSFERS: tuple[_Column, ...] = (
    ("from", str, "code"), ("to", str, "code"), ("yuan", lambda v: f"{v:,.2f}", ""),
    ("reason", str, "text"),
)  # fmt: skip
_REFUSED: tuple[_Column, ...] = (
    ("code", str, "code"), ("name", str, "code"), ("side", str, "code"),
    ("wanted", lambda v: f"{v:,}" if v else "", ""),
    ("done", lambda v: f"{v:,}", ""), ("reason", str, "text"),
)  # fmt: skip
_BOOK: tuple[_Column, ...] = (
    ("code", str, "code"), ("name", str, "code"), ("before", lambda v: f"{v:,}", ""),
    ("after", lambda v: f"{v:,}", ""), ("price", _price, ""), ("value", _yuan, ""),
    ("weight_before", lambda v: f"{v:.2%}", ""), ("weight_after", lambda v: f"{v:.2%}", ""),
)  # fmt: skip
_SAID = {"side": "side", "offset": "offset", "from": "account", "to": "account"}


def _table(
    orders: "Orders", name: str, language: Language, columns: tuple[_Column, ...], note: str = ""
) -> dict[str, Any]:
    say = _speaker(language)
    frame: pd.DataFrame = getattr(orders, name)
    if "sleeve" in frame:
        columns = (*columns[:1], ("sleeve", str, "code"), *columns[1:])
        names = orders.strategy.sleeve_names(language) | {"": ""}
        frame = frame.assign(sleeve=[names[one] for one in frame["sleeve"]])

    def cell(row: Mapping[Any, Any], column: _Column) -> dict[str, str]:
        key, form, kind = column
        value = row[f"reason_{language}"] if key == "reason" else row[key]
        if key in _SAID:
            return {"text": say(_SAID[key], value) if value else "", "kind": kind}
        return {"text": form(value), "kind": kind}

    rows = [
        {"name": cell(row, columns[0])["text"], "href": "",
         "cells": [cell(row, one) for one in columns[1:]]}
        for row in frame.to_dict("records")
    ]  # fmt: skip
    head = [say("column", "why" if key == "reason" else key) for key, _, _ in columns]
    text = say("page", note) if note else ""
    return {"id": name, "title": say("page", name), "head": head, "rows": rows, "note": text}


def _totals_table(orders: "Orders", language: Language) -> dict[str, Any]:
    say = _speaker(language)
    rows = [
        {
            "name": say("figure", key),
            "href": "",
            "cells": [
                {"text": _figure(str(key), row[one]), "kind": ""} for one in ("before", "after")
            ],
        }
        for key, row in orders.totals.to_dict("index").items()
    ]
    head = [say("column", one) for one in ("figure", "before", "after")]
    return {"id": "totals", "title": say("page", "totals"), "head": head, "rows": rows, "note": ""}
