"""The whole rule book on one day, as a table to read."""

from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pandas as pd

from quanthedge.errors import RuleError
from quanthedge.rules.lookup import as_days
from quanthedge.rules.tables import TABLES, Row, read_sources, read_table

__all__ = ["describe_day"]

_COLUMNS = ["subject", "rule", "value", "from", "to", "confidence", "sources", "note"]
_SUBJECTS = {
    "stock_stamp_duty": "stamp duty",
    "stock_fees": "stock fee",
    "stock_price_limit": "stock price limit",
    "stock_lots_ticks": "stock lot",
    "fut_contracts": "futures contract",
    "fut_margin": "futures margin",
    "fut_fees": "futures fee",
    "fut_limits": "futures limit",
    "fut_price_limit": "futures price limit",
    "rate_deposit_benchmark": "deposit benchmark",
}


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
        (what each source id stands for), note. Listing rules (status ipo) apply to stocks listed
        on the day.

    Raises
    ------
    RuleError
        The day is before the first date in the book.

    Examples
    --------
    >>> table = describe_day("2014-09-17")
    >>> table[table["rule"] == "IF all"][["subject", "value", "confidence"]].to_numpy().tolist()
    [['futures margin', 'short 10%, hedging short 10%', 'B']]
    """
    asked: date = as_days([day])[0].astype(object)
    rows = [row for name in TABLES for row in read_table(name, folder)]
    begins = min(row.first for row in rows if row.first is not None)
    if asked < begins:
        raise RuleError(f"the rule book begins on {begins}; {asked} is before; ask a later day")
    titles = read_sources(folder)
    lines = [_line(row, titles) for row in rows if row.covers(asked)]
    return pd.DataFrame(lines, columns=_COLUMNS).astype(
        {"from": "datetime64[s]", "to": "datetime64[s]"}
    )


def _line(row: Row, titles: dict[str, str]) -> tuple[object, ...]:
    sources = "; ".join(titles[source] for source in row.cells["source_ids"].split(";"))
    return (
        _SUBJECTS[row.table],
        row.key or "demand and one year",
        _value(row),
        row.first,
        row.last,
        row.confidence,
        sources,
        row.cells["note"],
    )


def _value(row: Row) -> str:
    """Return what a row says, with its units."""
    cell = row.cells
    match row.table:
        case "stock_stamp_duty":
            text = f"buyer {_percent(cell['buy_rate'])}, seller {_percent(cell['sell_rate'])}"
        case "stock_fees":
            least = f", at least {cell['min_amount_cny']} yuan" if cell["min_amount_cny"] else ""
            basis = cell["basis"].replace("_", " ")
            text = f"{_percent(cell['buy_rate'])} of the {basis}{least}"
        case "stock_price_limit":
            text = _price_limit(row)
        case "stock_lots_ticks":
            text = (
                f"buy at least {cell['min_buy_qty']} in steps of {cell['buy_step']}, "
                f"tick {cell['tick_cny']} yuan"
            )
        case "fut_contracts":
            points, tick = cell["multiplier_cny_per_point"], cell["tick_points"]
            text = f"{points} yuan a point, tick {tick}, {cell['last_trading_day']}"
        case "fut_margin":
            spec, hedge = _percent(cell["spec_short"]), _percent(cell["hedge_short"])
            text = f"short {spec}, hedging short {hedge}"
        case "fut_fees":
            rate, unit = cell["rate"], cell["unit"]
            text = f"{rate if 'CNY' in unit else _percent(rate)} {unit}".strip()
        case "fut_limits":
            text = f"{cell['lots']} ({cell['scope']}; hedges exempt: {cell['hedge_exempt']})"
        case "fut_price_limit":
            text = f"{_percent(cell['down'])} around the {cell['reference']}"
        case _:
            text = f"demand {cell['demand_pct']}%, one year {cell['one_year_pct']}%"
    return text


def _price_limit(row: Row) -> str:
    first, last = row.cells["listing_day_from"], row.cells["listing_day_to"]
    days = f"day {first}" if first == last else f"days {first} to {last or 'end'}"
    days += " of " + ("the delisting period" if "delisting" in row.cells["status"] else "listing")
    if not row.cells["up_limit"]:
        return f"no limit on {days}"
    up, down = _percent(row.cells["up_limit"]), _percent(row.cells["down_limit"])
    return f"+{up}, -{down} of the {row.cells['reference']} on {days}"


def _percent(text: str) -> str:
    """Return a fraction as percent without losing a digit; other text unchanged."""
    try:
        share = (Decimal(text) * 100).normalize()
    except InvalidOperation:
        return text
    return f"{share:f}%"
