"""What was known about one stock on one day, in words and as a table."""

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quanthedge.errors import RuleError
from quanthedge.market.blocks import Axes
from quanthedge.market.checks.price_limits import BarLimits, BarRows, LimitBook
from quanthedge.market.name_marks import BOTH, UNREFORMED_MARK, mark_of
from quanthedge.market.vintages import kept_rows
from quanthedge.rules import TICK, board_of, exchange_of, stock_rules

if TYPE_CHECKING:
    from quanthedge.market.dataset import Market

__all__ = ["Explanation", "explanation"]

Line = tuple[str, str, str]
OLD = 10**6  # trading days since a listing before the calendar begins
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

    def __init__(self, title: str, lines: list[Line]) -> None:
        self.title = title
        self.facts = pd.DataFrame(lines, columns=["subject", "fact", "value"])

    def to_text(self) -> str:
        """Return the facts by subject, one a line."""
        width = int(self.facts["fact"].str.len().max())
        parts = [self.title]
        for subject, group in self.facts.groupby("subject", sort=False):
            parts.append(f"{subject}")
            parts += [f"  {row.fact:{width}}  {row.value}" for row in group.itertuples()]
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


def explanation(market: "Market", code: str, date: Any) -> Explanation:
    """Return what the market knew about a stock at the close of a day.

    Raises
    ------
    DataError
        The code is not in the market (near ones are named), or the day is no trading day.
    """
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
    return Explanation(f"{code} {name} on {known.dates[-1]}".replace("  ", " "), lines)


# Below, `market` is the one cut at the day: its last row is the day.


def _name(market: "Market", code: str) -> str:
    names = market.stock_names()
    if names is None:
        return ""
    mine = names[names["code"] == code].sort_values("start")
    return "" if mine.empty else str(mine["name"].iloc[-1])


def _listing(market: "Market", code: str, column: int, name: str) -> list[Line]:
    try:
        where = f"{exchange_of(code)}, {board_of(code)} board"
    except RuleError:
        where = "on no A-share board"
    marks = {"is_st": "special treatment (ST)", "is_delisting": "delisting period"}
    status = [mark for panel, mark in marks.items() if market.panel(panel)[-1, column]]
    status += ["before its share reform (S)"] if mark_of(name) in (UNREFORMED_MARK, BOTH) else []
    if _delisted(market, column):
        gone = market._store.stocks["delist_date"][column]
        status = [f"delisted, gone from {gone} on"]
    return [
        ("listing", "name", name or "not in the data"),
        ("listing", "exchange", where),
        ("listing", "listed", _listed(market, column)),
        ("listing", "status", ", ".join(status) or "ordinary"),
    ]


def _listed(market: "Market", column: int) -> str:
    """Since when, and for how many trading days as far as the calendar can count them."""
    age = _age(market, column)
    if age < 1:
        return "not yet"
    day = market._store.stocks["list_date"][column]
    if age >= OLD:
        return f"since {day}, before the calendar begins ({market.calendar[0]})"
    return f"since {day}, {_days(age)}"


def _age(market: "Market", column: int) -> int:
    """Trading days since listing, 1 on the first; OLD when before the calendar."""
    listed = int(market.list_index()[column])
    before = int(np.searchsorted(market.calendar, market.dates[0]))
    return OLD if listed < -before else len(market.dates) - listed


def _delisted(market: "Market", column: int) -> bool:
    return int(market.delist_index()[column]) < len(market.dates)


def _day(market: "Market", column: int) -> list[Line]:
    today = {name: market.panel(name)[-1, column] for name in ("open", "high", "low", "close")}
    if not market.panel("traded")[-1, column]:
        return _no_trade(market, column)
    before, amount = market.panel("pre_close")[-1, column], market.panel("amount")[-1, column]
    money = "amount not in the data" if np.isnan(amount) else f"{amount:,.0f} yuan"
    prices = ", ".join(f"{name} {value:.2f}" for name, value in today.items())
    change = f"{today['close'] / before - 1:+.2%} on the previous close {before:.2f}"
    return [
        ("day", "traded", "yes"),
        ("day", "bar", f"{prices}, yuan"),
        ("day", "return", change),
        ("day", "turnover", f"{market.panel('volume')[-1, column]:,.0f} shares, {money}"),
    ]


def _no_trade(market: "Market", column: int) -> list[Line]:
    last = np.flatnonzero(market.panel("traded")[:, column])
    if _age(market, column) < 1:
        return [("day", "traded", "no: not yet listed")]
    if not len(last):
        return [("day", "traded", "no, and never before in the data")]
    when = f"last traded on {market.dates[last[-1]]}"
    missed = len(market.dates) - 1 - int(last[-1])
    since = f"no: suspended since {market.dates[last[-1] + 1]} ({_days(missed)}), {when}"
    return [
        ("day", "traded", f"no: delisted, {when}" if _delisted(market, column) else since),
        ("day", "valued at", f"{market.panel('mark')[-1, column]:.2f} yuan, the last close"),
    ]


def _limits(market: "Market", code: str, column: int) -> list[Line]:
    """Limit prices by the rule book, and whether a buy or a sale was possible."""
    listed = np.array([market._store.stocks["list_date"][column].as_py()], dtype="datetime64[D]")
    if _age(market, column) < 1 or _delisted(market, column):
        return []
    try:
        rules = stock_rules([market.dates[-1]], [code], listed)
    except RuleError as problem:
        return [("rules", "price limit", f"not known ({problem})")]
    lot = ("rules", "lot", f"{rules.lot[0]} shares, then steps of {rules.step[0]}")
    if not market.panel("traded")[-1, column]:
        return [lot]
    limits = _limits_of_bars(market, column, listed)
    up, down = float(limits.up[-1]), float(limits.down[-1])
    if np.isnan(up) or np.isnan(down):
        return [("rules", "price limit", "not known to the rule book"), lot]
    if np.isinf(up) and np.isinf(down):
        return [("rules", "price limit", "none on this day"), lot]
    bars = market.panel("traded")[:, column]
    sides = limits.prices(market.panel("pre_close")[bars, column])
    high, low = (float(side[-1]) for side in sides)
    return [
        ("rules", "price limit", f"{_yuan(low)} to {_yuan(high)} ({_sized(down, up)})"),
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
    axes = Axes(market.calendar[: first + len(market.dates)], market.codes[column : column + 1])
    day = np.flatnonzero(market.panel("traded")[:, column])
    flags = {name: market.panel(name)[day, column] for name in ("is_st", "is_delisting")}
    rows = BarRows(np.zeros(day.size, dtype=np.int64), day + first, flags)
    return LimitBook(axes, listed, names).of(rows)


def _yuan(price: float) -> str:
    return "no limit" if np.isinf(price) else f"{price:.2f}"


def _sized(down: float, up: float) -> str:
    return ", ".join(
        f"{sign}{rate:.0%}" for sign, rate in (("-", down), ("+", up)) if np.isfinite(rate)
    )


def _tradable(price: float, low: float, high: float) -> str:
    if price >= high - TICK / 2:
        return f"{price:.2f}, limit up: could be sold, not bought"
    if price <= low + TICK / 2:
        return f"{price:.2f}, limit down: could be bought, not sold"
    return f"{price:.2f}, within the limits: could be bought and sold"


def _memberships(market: "Market", code: str) -> list[Line]:
    lines = []
    if _has(market, "industry"):
        held = _spells(market, "industry", code)
        words = [f"{s.industry} {s.name_zh} {s.name_en}, {_since(s)}" for s in held.itertuples()]
        lines.append(("belongs to", "industry", "; ".join(words) or "unknown"))
    if _has(market, "index_members"):
        held = _spells(market, "index_members", code)
        words = [f"{s.index_code} {_since(s)}" for s in held.itertuples()]
        lines.append(("belongs to", "indices", "; ".join(words) or "none"))
    return lines


def _spells(market: "Market", table: str, code: str) -> pd.DataFrame:
    """Return the stock's spells that hold on the day, oldest first."""
    spells = market._spells(table)
    day = pd.Timestamp(market.dates[-1])
    held = (spells["code"] == code) & (spells["end"].isna() | (spells["end"] >= day))
    return spells[held].sort_values("start")


def _since(spell: Any) -> str:
    return f"since {spell.start:%Y-%m-%d}"


def _size(market: "Market", column: int) -> list[Line]:
    mark = market.panel("mark")[-1, column]
    lines = []
    for name in ("total", "float"):
        shares = market.panel(f"{name}_shares")[-1, column]
        value = "not in the data" if np.isnan(mark * shares) else (
            f"{mark * shares / 1e9:,.3f} billion yuan ({shares:,.0f} shares)"
        )  # fmt: skip
        lines.append(("size", f"{name} value", value))
    return lines


def _actions(market: "Market", code: str, column: int) -> list[Line]:
    lines = []
    factor = market.panel("adj_factor")[-2:, column]
    if len(np.unique(factor)) > 1 and market.panel("traded")[:-1, column].any():
        step = factor[-1] / factor[0]
        lines.append(("corporate action", "factor", f"steps by {step:.6f}: an ex-date"))
    table = market.corporate_actions()
    if table is not None:
        today = table["ex_date"] == pd.Timestamp(market.dates[-1])
        mine = table[(table["code"] == code) & today]
        lines += [("corporate action", "per share held", _right(one)) for one in mine.itertuples()]
    return lines or [("corporate action", "on this day", "none")]


def _right(right: Any) -> str:
    parts = []
    if right.cash_per_share:
        parts.append(f"{right.cash_per_share:g} yuan before tax")
    if right.bonus_per_share:
        parts.append(f"{right.bonus_per_share:g} new shares")
    if right.rights_per_share:
        parts.append(f"{right.rights_per_share:g} shares offered at {right.rights_price:g} yuan")
    return ", ".join(parts)


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


def _figure(report: "pd.Series[Any]", day: pd.Timestamp) -> str:
    value = "undefined" if np.isnan(report["value"]) else f"{report['value']:,.6g}"
    age = (day - report["known_date"]).days
    known = f"known {report['known_date']:%Y-%m-%d}, {age:,} day{'' if age == 1 else 's'} old"
    if pd.isna(report["period_end"]):
        return f"{value} ({known})"
    times = f", restated {report['revision']} x" if report["revision"] else ""
    return f"{value} (period to {report['period_end']:%Y-%m-%d}, {known}{times})"


def _missing(market: "Market", column: int, without: dict[str, list[str]]) -> list[Line]:
    """Say what the market does not hold about the stock on the day."""
    absent = [name for name in _TABLES_ASKED if not _has(market, name)]
    panels = [
        name
        for name in ("mark", "total_shares", "float_shares")
        if np.isnan(market.panel(name)[-1, column])
    ]
    named = {"tables": absent, "of the bars": panels, **without}
    lines = [("missing", what, ", ".join(names)) for what, names in named.items() if names]
    lines += [("missing", "assumed by the import", text) for text in market.assumptions]
    return lines or [("missing", "nothing", "every table and figure is there")]


def _has(market: "Market", table: str) -> bool:
    return table in market._store.manifest.tables


def _days(count: int) -> str:
    return f"{count:,} trading day{'' if count == 1 else 's'}"
