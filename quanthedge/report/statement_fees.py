"""One sentence for each fee that an investor paid: what it was reckoned on, and how."""

from typing import Any

import pandas as pd

from quanthedge.fund import Clients
from quanthedge.performance import Statement
from quanthedge.record import Record
from quanthedge.typing import Language
from quanthedge.words import filled

__all__ = ["fee_sentences"]

_KINDS = {
    "performance_fee": "charged",
    "redemption": "at_redemption",
    "distribution": "at_dividend",
    "reinvested": "at_dividend",
    "liquidation": "at_liquidation",
}


def fee_sentences(
    run: Record, one: Statement, words: dict[str, Any], language: Language
) -> list[str]:
    """Return the fees of an investor's statement as sentences, by date.

    Under one mark for the whole fund, the fee of a fee date is taken from the unit value; his part
    of it, by units, is named too.
    """
    text, strategy = words["statement"]["fees"], run.strategy
    common = {
        "method": words["methods"][(strategy.clients or Clients()).method.kind],
        "rate": f"{strategy.fund.performance_fee_rate:.2%}",
    }
    found: list[tuple[pd.Timestamp, str]] = []
    for row in one.events.to_dict("records"):
        if row["performance_fee_yuan"] > 0:
            key = _KINDS[row["event"]]
            found.append((row["date"], filled(text[key], language, **_numbers(row), **common)))
            if row["units"] and key == "charged":
                cut = text["cut" if row["units"] < 0 else "given"]
                found[-1] = (
                    row["date"],
                    found[-1][1] + cut.format(units=f"{abs(row['units']):,.2f}"),
                )
        if row["entry_or_exit_fee_yuan"] > 0:
            key = "subscription_fee" if row["event"] == "subscription" else "redemption_fee"
            found.append((row["date"], filled(text[key], language, **_numbers(row))))
    found += [
        (row["date"], filled(text["through_value"], language, **_numbers(row), **common))
        for row in _through_the_unit_value(run, one)
    ]
    return [sentence for _, sentence in sorted(found, key=lambda pair: pair[0])]


def _through_the_unit_value(run: Record, one: Statement) -> list[dict[Any, Any]]:
    """Return the fees of the whole fund with the investor's part of them, by units."""
    fund = run.investors[run.investors["investor"] == "fund"]
    fund = fund[fund["date"].between(one.movement.first, one.movement.last)]
    people = run.investor_days[run.investor_days["investor"] == one.investor]
    held = people.set_index(["date", "share_class"])["units"]
    found = []
    for row in fund.to_dict("records"):
        key = (row["date"], row["share_class"])
        if row["performance_fee_yuan"] > 0 and key in held.index:
            part = float(held[key]) / row["units_charged"]
            own = {"part": part * row["performance_fee_yuan"], "own_units": float(held[key])}
            found.append(row | own)
    return found


def _numbers(row: dict[Any, Any]) -> dict[str, Any]:
    cash, door = abs(row["cash_yuan"]), row["entry_or_exit_fee_yuan"]
    gross = cash + door + row["performance_fee_yuan"]
    return {
        "date": row["date"],
        "class": str(row["share_class"]),
        "fee": f"{row['performance_fee_yuan']:,.2f}",
        "units": f"{row['units_charged']:,.2f}",
        "value": f"{row['value_charged']:.4f}",
        "mark": f"{row['mark']:.4f}",
        "threshold": f"{row['threshold']:.6f}",
        "door": f"{door:,.2f}",
        "cash": f"{cash:,.2f}",
        "net": f"{cash - door:,.2f}",
        "gross": f"{gross:,.2f}",
        "door_rate": f"{door / (cash - door):.2%}" if cash > door else "",
        "exit_rate": f"{door / gross:.2%}" if gross else "",
        "part": f"{row.get('part', 0.0):,.2f}",
        "own_units": f"{row.get('own_units', 0.0):,.2f}",
    }
