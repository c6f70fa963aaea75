"""Chapters on holdings and on orders that were not done."""

from quanthedge.performance import refusals_by_reason
from quanthedge.report.blocks import Block, Cell, number_cell
from quanthedge.report.writer import Writer, listed

__all__ = ["holdings", "refusals"]

_SHOWN_HOLDINGS = 10


def holdings(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    positions = writer.run.positions
    if not len(positions):
        return [writer.lines("holdings_empty", [writer.words["empty"]["holdings"]], "remark")]
    last = positions["date"].max()
    book = positions[positions["date"] == last].sort_values(
        ["weight", "code"], ascending=[False, True]
    )
    top = book.head(_SHOWN_HOLDINGS)
    rows = [
        [
            Cell(str(row["code"])),
            number_cell(row["shares"], ",.0f"),
            number_cell(row["price"], ",.2f"),
            number_cell(row["value"], ",.0f"),
            number_cell(row["weight"], ".2%"),
        ]
        for _, row in top.iterrows()
    ]
    keys = (
        "turnover", "bought", "sold", "trades", "names_mean", "names_lowest", "names_highest",
    )  # fmt: skip
    return [
        writer.table(
            "holdings",
            writer.head("code", "shares", "price", "amount", "weight"),
            rows,
            date=f"{last:%Y-%m-%d}",
            share=f"{top['weight'].sum():.2%}",
            names=len(book),
        ),
        writer.table("trading", writer.head("measure", "value"), listed(writer, keys)),
    ]


def refusals(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    refusals, reasons = writer.run.refusals, writer.words["reasons"]
    if not len(refusals):
        return [writer.lines("refusals_empty", [writer.words["empty"]["refusals"]], "remark")]
    rows = [
        [
            Cell(reasons[reason]["name"] if reason in reasons else str(reason)),
            number_cell(row["count"], ",.0f"),
            number_cell(row["codes"], ",.0f"),
            number_cell(row["done_share"], ".1%"),
            Cell(reasons[reason]["meaning"] if reason in reasons else "", "wide"),
        ]
        for reason, row in refusals_by_reason(refusals).iterrows()
    ]
    head = writer.head("reason", "count", "codes", "done_share", "meaning")
    return [writer.table("refusals", head, rows)]
