"""The whole rule book on one day, as a table to read."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import pandas as pd

from quanthedge.errors import RuleError
from quanthedge.rules.expiry import third_friday
from quanthedge.rules.lookup import as_days
from quanthedge.rules.tables import CONFIDENCES, Row, Source, read_sources, read_table, single_keys
from quanthedge.rules.wording import place_name, row_words

__all__ = ["describe_day"]

_COLUMNS: Final = ["subject", "rule", "value", "from", "to", "confidence", "sources", "note"]
_SUBJECTS: Final = {
    "stock_trading_rules": "stock trading",
    "stock_lots_ticks": "stock lot and tick",
    "stock_price_limit": "stock price limit",
    "circuit_breaker": "circuit breaker",
    "stock_stamp_duty": "stamp duty",
    "stock_fees": "stock fee",
    "dividend_tax": "dividend tax",
    "fut_contracts": "futures contract",
    "fut_sessions": "futures hours",
    "fut_settlement": "futures settlement",
    "fut_price_limit": "futures price limit",
    "fut_margin": "futures margin",
    "fut_fees": "futures fee",
    "fut_limits": "futures limit",
    "fut_hedge_quota": "hedging quota",
    "fund_rules": "fund rule",
    "rate_deposit_benchmark": "deposit benchmark",
}
_ALIKE: Final = {
    "contract_months": "contract months",
    "last_trading_day": "last trading day",
    "settlement": "settlement at the end",
}
_BOARDS: Final = {"main_sse": "SSE", "main_szse": "SZSE", "chinext": "", "star": "", "bse": "BSE"}
_MISSING: Final = "not in the book: a run on this day is refused"


class _Line(NamedTuple):
    """One line of the table, and the rows that it comes from."""

    subject: str
    rule: str
    value: str
    rows: Sequence[Row]


def describe_day(day: object, *, folder: Path | None = None) -> pd.DataFrame:
    """Return every rule in force on a day, one line each.

    Parameters
    ----------
    day
        A date: datetime64, Timestamp, date or ISO text.
    folder
        Tables of the user's own that replace packaged ones of the same name.

    Returns
    -------
    DataFrame
        subject, rule, value (as text, with its unit), from, to (NaT = open), confidence, sources
        (what each source id stands for), note. Rules of a new listing apply to stocks listed on
        the day. What a run needs and the book lacks is said in a line with an empty confidence.

    Raises
    ------
    RuleError
        The day is before the first date in the book.

    Examples
    --------
    >>> table = describe_day("2014-09-17")
    >>> table[table["subject"] == "futures margin"][["rule", "value"]].to_numpy().tolist()
    [['IF', 'short 10%, hedging short 10%; long the same']]
    """
    asked: date = as_days([day])[0].astype(object)
    book = {name: read_table(name, folder) for name in _SUBJECTS}
    begins = min(row.first for rows in book.values() for row in rows if row.first is not None)
    if asked < begins:
        raise RuleError(f"the rule book begins on {begins}; {asked} is before; ask a later day")
    held = {name: [row for row in rows if row.covers(asked)] for name, rows in book.items()}
    products = [row.cells["product"] for row in held["fut_contracts"]]
    titles = read_sources(folder)
    lines = [
        _cells(line, titles)
        for name, rows in held.items()
        if products or not name.startswith(("fut_", "fund_"))
        for line in _lines(name, rows, products, asked, folder)
    ]
    return pd.DataFrame(lines, columns=_COLUMNS).astype(
        {"from": "datetime64[s]", "to": "datetime64[s]"}
    )


def _lines(
    name: str, rows: list[Row], products: list[str], day: date, folder: Path | None
) -> Iterator[_Line]:
    """Yield the lines of a table."""
    subject = _SUBJECTS[name]
    if name == "fut_margin":
        rows = sorted(rows, key=lambda row: products.index(row.cells["product"]))
    for row in rows:
        if row.cells.get("item") != "delivery_fee":  # told among the fees
            yield _Line(subject, *row_words(row, products), [row])
    if name == "fut_contracts":
        yield from _contracts_alike(rows, day, folder)
    if name in ("stock_fees", "stock_price_limit"):
        yield from _missing(name, rows, day, folder)


def _contracts_alike(rows: list[Row], day: date, folder: Path | None) -> Iterator[_Line]:
    """Yield what several products have in common, once, and the end of the month's contracts."""
    subject = _SUBJECTS["fut_contracts"]
    for column, rule in _ALIKE.items():
        for text in dict.fromkeys(row.cells[column] for row in rows):
            group = [row for row in rows if row.cells[column] == text]
            names = ", ".join(row.cells["product"] for row in group)
            yield _Line(
                subject, rule if len(group) == len(rows) else f"{rule}: {names}", text, group
            )
    month = f"{day:%Y-%m}"
    moved = [
        r for r in read_table("fut_expiry_moved", folder) if r.cells["contract_month"] == month
    ]
    value = str(third_friday(day.year, day.month, folder=folder))
    for row in moved:
        value += f", as the third Friday, {row.first}, is in the {row.cells['holiday']}"
    yield _Line(subject, f"contracts of {month} end on", value, moved or rows)


def _missing(name: str, rows: list[Row], day: date, folder: Path | None) -> Iterator[_Line]:
    """Yield what a run needs and no row covers: the fees of an exchange, the limits of a board."""
    keys = {key[:2] for row in rows for key in single_keys(row)}
    open_boards = {
        row.cells["board"] for row in read_table("stock_lots_ticks", folder) if row.covers(day)
    }
    for board, exchange in _BOARDS.items():
        if board not in open_boards:
            continue
        if name == "stock_price_limit" and (board, "normal") not in keys:
            yield _Line(_SUBJECTS[name], place_name(board), _MISSING, [])
        if name == "stock_fees" and exchange:
            for fee in ("transfer fee", "handling fee", "regulatory fee"):
                if (fee.replace(" ", "_"), exchange) not in keys:
                    yield _Line(_SUBJECTS[name], f"{fee}, {place_name(exchange)}", _MISSING, [])


def _cells(line: _Line, titles: dict[str, Source]) -> tuple[object, ...]:
    """Return a line's cells: the span on which all its rows hold, and the weakest confidence."""
    rows = line.rows
    ids = dict.fromkeys(part for row in rows for part in row.cells["source_ids"].split(";"))
    return (
        line.subject,
        line.rule,
        line.value,
        max((row.first for row in rows if row.first), default=None),
        min((row.last for row in rows if row.last), default=None),
        max((row.confidence for row in rows), key=CONFIDENCES.index, default=""),
        "; ".join(titles[part].text for part in ids),
        "; ".join(dict.fromkeys(row.cells["note"] for row in rows if row.cells["note"])),
    )
