"""What was known about one stock on one day, in words and as a table."""

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quanthedge.errors import DataError, RuleError
from quanthedge.rules import board_of, exchange_of, stock_rules

if TYPE_CHECKING:
    from quanthedge.market.dataset import Market

__all__ = ["Explanation", "explanation"]

Line = tuple[str, str, str]
HALF_TICK = 0.005
NEAREST = 3


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
        rows = "".join(
            "<tr>" + "".join(f"<td style='text-align:left'>{escape(v)}</td>" for v in row) + "</tr>"
            for row in self.facts.itertuples(index=False)
        )
        return f"<p><b>{escape(self.title)}</b></p><table>{rows}</table>"


def explanation(market: "Market", code: str, date: Any) -> Explanation:
    """Return what the market knew about a stock at the close of a day.

    Raises
    ------
    DataError
        The code is not in the market (near ones are named), or the day is no trading day.
    """
    row = market.day(date)
    column = _column(market, code)
    name = _name(market, code, market.dates[row])
    lines = [
        *_listing(market, code, row, column, name),
        *_day(market, row, column),
        *_limits(market, code, row, column),
        *_memberships(market, code, row, column),
        *_size(market, row, column),
        *_actions(market, code, row, column),
        *_figures(market, code, market.dates[row], column, row),
    ]
    return Explanation(f"{code} {name} on {market.dates[row]}".replace("  ", " "), lines)


def _column(market: "Market", code: str) -> int:
    place = int(np.searchsorted(market.codes, code))
    if place < len(market.codes) and market.codes[place] == code:
        return place
    near = market.codes[max(0, place - 1) : place + NEAREST - 1]
    raise DataError(
        f"no stock '{code}' in market '{market.name}'; near it are {', '.join(near)} "
        "(codes look like 600519.SH)"
    )


def _name(market: "Market", code: str, day: np.datetime64) -> str:
    names = market.until(day).stock_names()
    if names is None:
        return ""
    mine = names[names["code"] == code].sort_values("start")
    return "" if mine.empty else str(mine["name"].iloc[-1])


def _listing(market: "Market", code: str, row: int, column: int, name: str) -> list[Line]:
    first, gone = int(market.list_index()[column]), int(market.delist_index()[column])
    try:
        where = f"{exchange_of(code)}, {board_of(code)} board"
    except RuleError:
        where = "no A-share board"
    if first > row:
        listed = "not yet listed"
    elif first < 0:
        listed = "listed before the market's first day"
    else:
        listed = (
            f"since {market.dates[first]}, {row - first + 1:,} trading day{_s(row - first + 1)}"
        )
    status = [
        label
        for panel, label in (
            ("is_st", "special treatment (ST)"),
            ("is_delisting", "delisting period"),
        )
        if market.panel(panel)[row, column]
    ]
    if gone <= row:
        status = ["delisted"]
    return [
        ("listing", "name", name or "not in the data"),
        ("listing", "exchange", where),
        ("listing", "listed", listed),
        ("listing", "status", ", ".join(status) or "ordinary"),
    ]


def _day(market: "Market", row: int, column: int) -> list[Line]:
    traded = market.panel("traded")[: row + 1, column]
    mark = market.panel("mark")[row, column]
    if traded[row]:
        bar = {name: market.panel(name)[row, column] for name in ("open", "high", "low", "close")}
        prices = ", ".join(f"{name} {value:.2f}" for name, value in bar.items())
        before = market.panel("pre_close")[row, column]
        amount = market.panel("amount")[row, column]
        money = "amount not in the data" if np.isnan(amount) else f"{amount:,.0f} yuan"
        return [
            ("day", "traded", "yes"),
            ("day", "bar", f"{prices}, yuan"),
            (
                "day",
                "return",
                f"{bar['close'] / before - 1:+.2%} on the previous close {before:.2f}",
            ),
            ("day", "turnover", f"{market.panel('volume')[row, column]:,.0f} shares, {money}"),
        ]
    last = np.flatnonzero(traded)
    if not len(last):
        return [("day", "traded", "no, and never before in the data")]
    days = row - int(last[-1])
    return [
        (
            "day",
            "traded",
            f"no: suspended for {days:,} trading day{_s(days)}, last on {market.dates[last[-1]]}",
        ),
        ("day", "valued at", f"{mark:.2f} yuan, the last close"),
    ]


def _limits(market: "Market", code: str, row: int, column: int) -> list[Line]:
    """Limit prices by the rule book, and whether a buy or a sale at the open was possible."""
    first = int(market.list_index()[column])
    listed = market.dates[first] if 0 <= first <= row else np.datetime64("NaT", "D")
    try:
        rules = stock_rules([market.dates[row]], [code], np.array([listed], dtype="M8[D]"))
    except RuleError as problem:
        return [("rules", "price limit", f"not known ({problem})")]
    lots = f"{rules.lot[0]} shares, then steps of {rules.step[0]}"
    if not market.panel("traded")[row, column]:
        return [("rules", "lot", lots)]
    age = row - first + 1 if first >= 0 else 10**6
    delisting = market.panel("is_delisting")
    free = row > 0 and delisting[row, column] and not delisting[row - 1, column]
    if age <= rules.ipo_days[0]:
        up, down = float(rules.ipo_up[0]), float(rules.ipo_down[0])
    else:
        kind = int(rules.board[0]) * 2 + int(market.panel("is_st")[row, column])
        up, down = float(rules.limit_up[0, kind]), float(rules.limit_down[0, kind])
    if free or (np.isinf(up) and np.isinf(down)):
        return [("rules", "price limit", "none on this day"), ("rules", "lot", lots)]
    if np.isnan(up):
        return [("rules", "price limit", "not known to the rule book"), ("rules", "lot", lots)]
    before = market.panel("pre_close")[row, column]
    top, bottom = (np.floor(before * x * 100 + 0.5 + 1e-6) / 100 for x in (1 + up, 1 - down))
    opened, closed = market.panel("open")[row, column], market.panel("close")[row, column]
    verdicts = []
    for when, price in (("open", opened), ("close", closed)):
        if price >= top - HALF_TICK:
            verdicts.append(f"at the {when} limit up: nobody sells, no buy")
        elif price <= bottom + HALF_TICK:
            verdicts.append(f"at the {when} limit down: nobody buys, no sale")
    return [
        ("rules", "price limit", f"{bottom:.2f} to {top:.2f} (-{down:.0%}, +{up:.0%})"),
        ("rules", "at the limit", "; ".join(verdicts) or "no: could be bought and sold"),
        ("rules", "lot", lots),
    ]


def _memberships(market: "Market", code: str, row: int, column: int) -> list[Line]:
    lines = []
    try:
        number, names = market.industry()
    except DataError:
        number = None
    if number is not None:
        place = int(number[row, column])
        industry = "unknown"
        if place >= 0:
            known = names.iloc[place]
            industry = f"{known['industry']} {known['name_zh']} {known['name_en']}"
        lines.append(("belongs to", "industry", industry))
    inside = [index for index in market.member_indices() if market.members(index)[row, column]]
    lines.append(("belongs to", "indices", ", ".join(inside) or "none"))
    return lines


def _size(market: "Market", row: int, column: int) -> list[Line]:
    mark = market.panel("mark")[row, column]
    lines = []
    for name in ("total", "float"):
        shares = market.panel(f"{name}_shares")[row, column]
        value = "not in the data" if np.isnan(shares) else (
            f"{mark * shares / 1e8:,.2f} hundred million yuan ({shares:,.0f} shares)"
        )  # fmt: skip
        lines.append(("size", f"{name} value", value))
    return lines


def _actions(market: "Market", code: str, row: int, column: int) -> list[Line]:
    lines = []
    factor = market.panel("adj_factor")
    if row > 0 and factor[row, column] != factor[row - 1, column]:
        step = factor[row, column] / factor[row - 1, column]
        lines.append(("corporate action", "factor", f"steps by {step:.6f}: an ex-date"))
    table = market.corporate_actions()
    if table is not None:
        today = table[
            (table["code"] == code) & (table["ex_date"] == pd.Timestamp(market.dates[row]))
        ]
        lines += [
            ("corporate action", "per share held", _right(right)) for right in today.itertuples()
        ]
    return lines


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _right(right: Any) -> str:
    parts = []
    if right.cash_per_share:
        parts.append(f"{right.cash_per_share:g} yuan before tax")
    if right.bonus_per_share:
        parts.append(f"{right.bonus_per_share:g} new shares")
    if right.rights_per_share:
        parts.append(f"{right.rights_per_share:g} shares offered at {right.rights_price:g} yuan")
    return ", ".join(parts)


def _figures(market: "Market", code: str, day: np.datetime64, column: int, row: int) -> list[Line]:
    """Each item as known, with the report's period and its age."""
    cut = market.until(day)
    lines = []
    for item in cut.fundamental_items():
        rows = cut.fundamental_rows(item, code)
        if rows.empty:
            lines.append(("known figures", item, "never reported in the data"))
            continue
        value = market.fundamental(item)[row, column]
        mine = rows[rows["period_end"] == rows["period_end"].max()]
        mine = rows if mine.empty else mine
        last = mine.sort_values("known_date").iloc[-1]
        age = int((day - last["known_date"].to_numpy().astype("datetime64[D]")).astype(int))
        ends = "" if pd.isna(last["period_end"]) else f"period to {last['period_end']:%Y-%m-%d}, "
        text = "undefined" if np.isnan(value) else f"{value:,.6g}"
        lines.append(
            (
                "known figures",
                item,
                f"{text} ({ends}known {last['known_date']:%Y-%m-%d}, {age} days)",
            )
        )
    return lines
