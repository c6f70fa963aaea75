"""Chapters on the performance fee: how it was charged, what it leaves, and each investor's part."""

import pandas as pd

from quanthedge.fund import Clients, fee_table
from quanthedge.performance import fairness, investor_statement
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, day_cell, number_cell, signed
from quanthedge.report.writer import Writer

__all__ = ["fees", "investors"]

_GROSS = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30)


def fees(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    ledger, language = writer.run.ledger, writer.language
    blocks: list[Block] = [
        writer.figure("water_mark", specs.water_mark(ledger, language)),
        writer.figure("accrual", specs.fee_accrual(ledger, language)),
    ]
    rate = writer.run.strategy.fund.performance_fee_rate
    words = writer.words["fee_paths"]
    table = fee_table(_GROSS, rate=str(rate))
    rows = [
        [Cell(words[key[0]]), Cell(words[key[1]]), *[number_cell(v, ".2%") for v in values]]
        for key, values in zip(table.index, table.to_numpy().tolist(), strict=True)
    ]
    head = [*writer.head("path", "charged"), *[f"{gross:.0%}" for gross in _GROSS]]
    blocks.append(writer.table("fee_table", head, rows, rate=f"{rate:.0%}"))
    return blocks


def investors(writer: Writer) -> list[Block]:
    """Return a statement for each investor; nothing without clients."""
    run = writer.run
    events = run.investors
    if not len(events):
        text = writer.words["empty"]["investors"]
        return [writer.lines("investors_empty", [text], "remark")]
    names = list(
        dict.fromkeys(events.loc[events["event"].isin(["founder", "subscription"]), "investor"])
    )
    rows = []
    for name in names:
        one = investor_statement(run, name)
        rows.append(
            [
                Cell(writer.investor(name)),
                number_cell(one.paid_in, ",.0f"),
                number_cell(one.paid_out, ",.0f"),
                number_cell(one.value_today, ",.0f"),
                signed(one.gain, ",.0f"),
                number_cell(one.performance_fees, ",.0f"),
                number_cell(one.accrued_fee, ",.0f"),
                signed(one.money_weighted, ".2%"),
                signed(one.time_weighted, ".2%"),
            ]
        )
    head = writer.head(
        "investor", "paid_in", "paid_out", "value_today", "gain", "performance_fees", "accrued",
        "money_weighted", "time_weighted",
    )  # fmt: skip
    method = writer.words["methods"][(run.strategy.clients or Clients()).method.kind]
    blocks: list[Block] = [writer.table("statements", head, rows, method=method)]
    blocks += _classes(writer)
    lots = run.investor_lots
    lot_rows = [
        [
            Cell(writer.investor(str(row["investor"]))),
            Cell(str(row["share_class"])),
            number_cell(row["units"], ",.2f"),
            number_cell(row["cost"], ".4f"),
            number_cell(row["mark"], ".4f"),
            number_cell(row["unit_value"], ".4f"),
            number_cell(row["value"], ",.2f"),
        ]
        for row in lots.to_dict("records")
    ]
    head = writer.head("investor", "share_class", "units", "cost", "mark", "unit_value", "worth")
    blocks.append(writer.table("lots_held", head, lot_rows))
    fair_rows = [
        [
            Cell(writer.investor(str(name))),
            number_cell(row["wealth_yuan"], ",.0f"),
            number_cell(row["by_lot_yuan"], ",.0f"),
            signed(row["difference_yuan"], ",.0f"),
        ]
        for name, row in fairness(run).iterrows()
    ]
    head = writer.head("investor", "wealth", "by_lot", "difference")
    blocks.append(writer.table("fairness", head, fair_rows))
    blocks.append(_events(writer, events))
    return blocks


def _classes(writer: Writer) -> list[Block]:
    """Return unit values of the classes day by day, and where each stands at the end."""
    table = writer.run.class_values
    last = table.groupby("share_class").tail(1)
    rows = [
        [
            Cell(str(row["share_class"])),
            day_cell(row["date"]),
            number_cell(row["units"], ",.2f"),
            number_cell(row["assets_yuan"], ",.2f"),
            number_cell(row["unit_value"], ".4f"),
            number_cell(row["cumulative_unit_value"], ".4f"),
            number_cell(row["unit_value_after_fee"], ".4f"),
        ]
        for row in last.sort_values("share_class").to_dict("records")
    ]
    head = writer.head(
        "share_class",
        "date",
        "units",
        "assets",
        "unit_value",
        "cumulative_value",
        "value_after_fee",
    )
    return [
        writer.figure("class_values", specs.class_lines(table, writer.language)),
        writer.table("classes", head, rows),
    ]


def _events(writer: Writer, events: pd.DataFrame) -> Block:
    words = writer.words["fund_events"]
    rows = [
        [
            day_cell(row["date"]),
            Cell(words["fund"] if row["investor"] == "fund" else writer.investor(row["investor"])),
            Cell(words[row["event"]]),
            number_cell(row["units"], ",.2f"),
            number_cell(row["unit_value"], ".4f"),
            number_cell(row["cash_yuan"], ",.2f"),
            number_cell(row["performance_fee_yuan"], ",.2f"),
            number_cell(row["entry_or_exit_fee_yuan"], ",.2f"),
        ]
        for row in events.to_dict("records")
    ]
    head = writer.head(
        "date", "investor", "event", "units", "unit_value", "cash", "performance_fees", "door_fee"
    )
    return writer.table("fund_events", head, rows, folded=True)
