"""What was known about one stock on one day, in words and as a table."""

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quanthedge.errors import DataError, RuleError
from quanthedge.market.checks.price_limits import BarLimits, LimitBook
from quanthedge.market.name_marks import BOTH, UNREFORMED_MARK, mark_of
from quanthedge.market.vintages import kept_rows
from quanthedge.rules import TICK, Board, StockRules
from quanthedge.typing import Language
from quanthedge.words import LANGUAGES, Bilingual, texts

if TYPE_CHECKING:
    from quanthedge.market.dataset import Market

__all__ = ["Explanation", "explanation"]

_Text = str | Bilingual  # what is data and no word is the same in both languages
Line = tuple[str, str, _Text]  # subject and fact as they are in English
_OLD = 10**6  # trading days since a listing before the calendar begins
_TABLES_ASKED = ("stock_names", "index_members", "industry", "corporate_actions", "fundamentals")


class Explanation:
    """Facts about a stock on a day; prints as text, shows as a table in a notebook.

    Attributes
    ----------
    title
        Code, name and day.
    facts
        DataFrame of subject, fact, value.
    """

    def __init__(self, title: str, lines: list[tuple[str, str, str]]) -> None:
        self.title = title
        self.facts = pd.DataFrame(lines, columns=["subject", "fact", "value"])

    def to_text(self) -> str:
        """Return the facts by subject, one a line."""
        from rich.cells import cell_len, set_cell_size

        width = max(map(cell_len, self.facts["fact"]))
        parts = [self.title]
        for subject, group in self.facts.groupby("subject", sort=False):
            parts.append(f"{subject}")
            parts += [
                f"  {set_cell_size(str(row.fact), width)}  {row.value}"
                for row in group.itertuples()
            ]
        return "\n".join(parts)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        left = "style='text-align:left'"
        head = "".join(f"<th {left}>{escape(name)}</th>" for name in ("subject", "fact", "value"))
        rows = []
        again = self.facts["subject"].eq(self.facts["subject"].shift())
        for said, row in zip(again, self.facts.itertuples(index=False), strict=True):
            cells = ("" if said else row[0], *row[1:])
            rows.append(
                f"<tr>{''.join(f'<td {left}>{escape(str(cell))}</td>' for cell in cells)}</tr>"
            )
        return (
            f"<p><b>{escape(self.title)}</b></p><table><thead>{head}</thead>"
            f"<tbody>{''.join(rows)}</tbody></table>"
        )


def explanation(market: "Market", code: str, date: Any, language: Language = "en") -> Explanation:
    """Return what the market knew about a stock at the close of a day.

    Names of tables and items, what the import assumed and faults of the rule book are told as they
    are in both languages.

    Raises
    ------
    DataError
        The code is not in the market (near ones are named), the day is no trading day, or there is
        no such language.
    """
    if language not in LANGUAGES:
        raise DataError(f"explain: language {language!r}; accepted: {', '.join(LANGUAGES)}")
    row, column = market.day(date), market.column(code)
    known = market.until(market.dates[row])
    name = _name(known, code)
    figures, without = _figures(known, code)
    lines = [
        *_listing(known, code, column, name),
        *_day(known, column),
        *_limits(known, code, column),
        *_memberships(known, code),
        *_size(known, column),
        *_actions(known, code, column),
        *figures,
        *_missing(known, column, without),
    ]
    title = _said("title" if name else "title_unnamed", code=code, name=name, date=known.dates[-1])
    return Explanation(title[language], [_line(one, language) for one in lines])


def _line(line: Line, language: Language) -> tuple[str, str, str]:
    """Return a line in a language; a fact that is an item's name stays as it is."""
    subject, fact, value = line
    words = texts("quanthedge.market", "explaining")
    called = str(words["facts"][fact][language]) if fact in words["facts"] else fact
    return str(words["subjects"][subject][language]), called, _in(value, language)


def _in(text: object, language: str) -> Any:
    """Return a text in a language; anything else as it is."""
    return text[language] if isinstance(text, dict) else text


def _said(key: str, **values: object) -> Bilingual:
    """Return a text in both languages; values may be in both themselves."""
    text = texts("quanthedge.market", "explaining")["said"][key]
    return {
        code: str(text[code]).format(**{name: _in(one, code) for name, one in values.items()})
        for code in LANGUAGES
    }


def _joined(parts: list[Bilingual], between: str = "comma") -> Bilingual:
    comma = _said(between)
    return {code: comma[code].join(part[code] for part in parts) for code in LANGUAGES}


# Below, `market` is the one cut at the day: its last row is the day.


def _name(market: "Market", code: str) -> str:
    names = market.stock_names()
    if names is None:
        return ""
    mine = names[names["code"] == code].sort_values("start")
    return "" if mine.empty else str(mine["name"].iloc[-1])


def _listing(market: "Market", code: str, column: int, name: str) -> list[Line]:
    try:
        words = texts("quanthedge.market", "explaining")
        board = Board.of(code)
        where = _said(
            "board",
            exchange=words["exchanges"][board.exchange],
            board=words["boards"][board.name],
        )
    except RuleError:
        where = _said("no_board")
    marks = ("is_st", "is_delisting")
    status = [_said(panel) for panel in marks if market.panel(panel)[-1, column]]
    status += [_said("unreformed")] if mark_of(name) in (UNREFORMED_MARK, BOTH) else []
    if _delisted(market, column):
        gone = market._store.stocks["delist_date"][column]
        status = [_said("gone", day=gone)]
    return [
        ("listing", "name", name or _said("absent")),
        ("listing", "exchange", where),
        ("listing", "listed", _listed(market, column)),
        ("listing", "status", _joined(status or [_said("ordinary")])),
    ]


def _listed(market: "Market", column: int) -> Bilingual:
    """Since when, and for how many trading days as far as the calendar can count them."""
    age = _age(market, column)
    if age < 1:
        return _said("not_yet")
    day = market._store.stocks["list_date"][column]
    if age >= _OLD:
        return _said("since_before", day=day, first=market.calendar[0])
    return _said("since_days", day=day, days=_days(age))


def _age(market: "Market", column: int) -> int:
    """Trading days since listing, 1 on the first; _OLD when before the calendar."""
    listed = int(market.list_index()[column])
    before = int(np.searchsorted(market.calendar, market.dates[0]))
    return _OLD if listed < -before else len(market.dates) - listed


def _delisted(market: "Market", column: int) -> bool:
    return int(market.delist_index()[column]) < len(market.dates)


def _day(market: "Market", column: int) -> list[Line]:
    today = {name: market.panel(name)[-1, column] for name in ("open", "high", "low", "close")}
    if not market.panel("traded")[-1, column]:
        return _no_trade(market, column)
    before, amount = market.panel("pre_close")[-1, column], market.panel("amount")[-1, column]
    money = _said("no_amount" if np.isnan(amount) else "amount", amount=amount)
    change = _said("change", change=today["close"] / before - 1, before=before)
    volume = market.panel("volume")[-1, column]
    return [
        ("day", "traded", _said("yes")),
        ("day", "bar", _said("bar", **today)),
        ("day", "return", change),
        ("day", "turnover", _said("turnover", volume=volume, money=money)),
    ]


def _no_trade(market: "Market", column: int) -> list[Line]:
    last = np.flatnonzero(market.panel("traded")[:, column])
    if _age(market, column) < 1:
        return [("day", "traded", _said("no_not_listed"))]
    if not len(last):
        return [("day", "traded", _said("no_never"))]
    when = market.dates[last[-1]]
    days = _days(len(market.dates) - 1 - int(last[-1]))
    told = (
        _said("no_delisted", last=when) if _delisted(market, column)
        else _said("no_suspended", since=market.dates[last[-1] + 1], days=days, last=when)
    )  # fmt: skip
    mark = market.panel("mark")[-1, column]
    return [("day", "traded", told), ("day", "valued at", _said("valued", mark=mark))]


def _limits(market: "Market", code: str, column: int) -> list[Line]:
    """Limit prices by the rule book, and whether a buy or a sale was possible."""
    listed = np.array([market._store.stocks["list_date"][column].as_py()], dtype="datetime64[D]")
    if _age(market, column) < 1 or _delisted(market, column):
        return []
    try:
        rules = StockRules.between([market.dates[-1]], [code], listed)
    except RuleError as problem:
        return [("rules", "price limit", _said("limit_error", problem=problem))]
    lot: Line = ("rules", "lot", _said("lot", lot=rules.lot[0], step=rules.step[0]))
    if not market.panel("traded")[-1, column]:
        return [lot]
    limits = _limits_of_bars(market, column, listed)
    up, down = float(limits.up[-1]), float(limits.down[-1])
    if np.isnan(up) or np.isnan(down):
        return [("rules", "price limit", _said("limit_unknown")), lot]
    if np.isinf(up) and np.isinf(down):
        return [("rules", "price limit", _said("limit_none")), lot]
    bars = market.panel("traded")[:, column]
    sides = limits.prices(market.panel("pre_close")[bars, column])
    high, low = (float(side[-1]) for side in sides)
    told = _said("limit", low=_yuan(low), high=_yuan(high), sizes=_sized(down, up))
    return [
        ("rules", "price limit", told),
        *(
            ("rules", f"at the {when}", _tradable(market.panel(when)[-1, column], low, high))
            for when in ("open", "close")
        ),
        lot,
    ]


def _limits_of_bars(market: "Market", column: int, listed: Any) -> BarLimits:
    """Return the limits of all bars of a stock so far; the last one is the day's."""
    names = market.stock_names()
    if names is not None:
        names = names[names["code"] == market.codes[column]]
    first = int(np.searchsorted(market.calendar, market.dates[0]))
    calendar = market.calendar[: first + len(market.dates)]
    book = LimitBook.on(calendar, market.codes[column : column + 1], listed, names)
    day = np.flatnonzero(market.panel("traded")[:, column])
    flags = {name: market.panel(name)[day, column] for name in ("is_st", "is_delisting")}
    return book.of_rows(np.zeros(day.size, dtype=np.int64), day + first, flags)


def _yuan(price: float) -> _Text:
    return _said("no_limit") if np.isinf(price) else f"{price:.2f}"


def _sized(down: float, up: float) -> str:
    return ", ".join(
        f"{sign}{rate:.0%}" for sign, rate in (("-", down), ("+", up)) if np.isfinite(rate)
    )


def _tradable(price: float, low: float, high: float) -> Bilingual:
    if price >= high - TICK / 2:
        return _said("limit_up", price=price)
    if price <= low + TICK / 2:
        return _said("limit_down", price=price)
    return _said("within", price=price)


def _memberships(market: "Market", code: str) -> list[Line]:
    lines: list[Line] = []
    if _has(market, "industry"):
        held = _spells(market, "industry", code)
        words = [
            _said("industry", code=s.industry, name_zh=s.name_zh, name_en=s.name_en, day=_start(s))
            for s in held.itertuples()
        ]
        told = _joined(words or [_said("unknown")], "semicolon")
        lines.append(("belongs to", "industry", told))
    if _has(market, "index_members"):
        held = _spells(market, "index_members", code)
        words = [_said("index", index=s.index_code, day=_start(s)) for s in held.itertuples()]
        lines.append(("belongs to", "indices", _joined(words or [_said("none")], "semicolon")))
    return lines


def _spells(market: "Market", table: str, code: str) -> pd.DataFrame:
    """Return the stock's spells that hold on the day, oldest first."""
    spells = market._spells(table)
    day = pd.Timestamp(market.dates[-1])
    held = (spells["code"] == code) & (spells["end"].isna() | (spells["end"] >= day))
    return spells[held].sort_values("start")


def _start(spell: Any) -> str:
    return f"{spell.start:%Y-%m-%d}"


def _size(market: "Market", column: int) -> list[Line]:
    mark = market.panel("mark")[-1, column]
    lines: list[Line] = []
    for name in ("total", "float"):
        shares = market.panel(f"{name}_shares")[-1, column]
        yuan = mark * shares
        sized = {"en": f"{yuan / 1e9:,.3f}", "zh": f"{yuan / 1e8:,.2f}"}
        value = _said("value", value=sized, shares=shares)
        if np.isnan(yuan):
            value = _said("absent")
        lines.append(("size", f"{name} value", value))
    return lines


def _actions(market: "Market", code: str, column: int) -> list[Line]:
    lines: list[Line] = []
    factor = market.panel("adj_factor")[-2:, column]
    if len(np.unique(factor)) > 1 and market.panel("traded")[:-1, column].any():
        step = factor[-1] / factor[0]
        lines.append(("corporate action", "factor", _said("ex_date", step=step)))
    table = market.corporate_actions()
    if table is not None:
        today = table["ex_date"] == pd.Timestamp(market.dates[-1])
        mine = table[(table["code"] == code) & today]
        lines += [("corporate action", "per share held", _right(one)) for one in mine.itertuples()]
    return lines or [("corporate action", "on this day", _said("none"))]


def _right(right: Any) -> Bilingual:
    parts = []
    if right.cash_per_share:
        parts.append(_said("cash", cash=right.cash_per_share))
    if right.bonus_per_share:
        parts.append(_said("bonus", shares=right.bonus_per_share))
    if right.rights_per_share:
        shares, price = right.rights_per_share, right.rights_price
        parts.append(_said("offered", shares=shares, price=price))
    return _joined(parts)


def _figures(market: "Market", code: str) -> tuple[list[Line], dict[str, list[str]]]:
    """Each item as known, with the report's period and its age; and those without a value."""
    lines: list[Line] = []
    without: dict[str, list[str]] = {"undefined figures": [], "never reported": []}
    for item in market.fundamental_items():
        rows = market.fundamental_rows(item, code).sort_values(["known_date", "period_end"])
        rows = rows[rows["known_date"] <= pd.Timestamp(market.dates[-1])]
        if rows.empty:
            without["never reported"].append(item)
            continue
        period = rows["period_end"].to_numpy().astype("datetime64[D]")
        last = rows[kept_rows(np.zeros(len(rows)), period, "latest")].iloc[-1]
        if np.isnan(last["value"]):
            without["undefined figures"].append(item)
        lines.append(("known figures", item, _figure(last, pd.Timestamp(market.dates[-1]))))
    return lines, without


def _figure(report: "pd.Series[Any]", day: pd.Timestamp) -> Bilingual:
    value = _said("undefined") if np.isnan(report["value"]) else f"{report['value']:,.6g}"
    age, since = (day - report["known_date"]).days, f"{report['known_date']:%Y-%m-%d}"
    known = _said("known_day" if age == 1 else "known_days", day=since, age=age)
    if pd.isna(report["period_end"]):
        return _said("figure", value=value, known=known)
    about = {"value": value, "known": known, "period": f"{report['period_end']:%Y-%m-%d}"}
    if not report["revision"]:
        return _said("figure_of", **about)
    return _said("figure_again", **about, restated=_said("restated", times=report["revision"]))


def _missing(market: "Market", column: int, without: dict[str, list[str]]) -> list[Line]:
    """Say what the market does not hold about the stock on the day."""
    absent = [name for name in _TABLES_ASKED if not _has(market, name)]
    panels = [
        name
        for name in ("mark", "total_shares", "float_shares")
        if np.isnan(market.panel(name)[-1, column])
    ]
    named = {"tables": absent, "of the bars": panels, **without}
    lines: list[Line] = [
        ("missing", what, ", ".join(names)) for what, names in named.items() if names
    ]
    lines += [("missing", "assumed by the import", text) for text in market.assumptions]
    return lines or [("missing", "nothing", _said("complete"))]


def _has(market: "Market", table: str) -> bool:
    return table in market._store.manifest.tables


def _days(count: int) -> Bilingual:
    return _said("day" if count == 1 else "days", count=count)
