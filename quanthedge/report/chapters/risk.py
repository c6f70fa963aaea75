"""The chapter on drawdowns."""

from quanthedge.report import specs
from quanthedge.report.blocks import Block
from quanthedge.report.writer import Writer, listed

__all__ = ["drawdown"]


def drawdown(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    keys = (
        "max_drawdown_net", "drawdown_peak", "drawdown_trough", "drawdown_recovery",
        "drawdown_fall_trading", "drawdown_fall_calendar", "drawdown_way_back_trading",
        "drawdown_way_back_calendar", "longest_drawdown_trading", "longest_drawdown_calendar",
    )  # fmt: skip
    spec = specs.drawdown(writer.run.ledger, writer.language, writer.index_code)
    return [
        writer.figure("drawdown", spec),
        writer.table("drawdown_facts", writer.head("measure", "value"), listed(writer, keys)),
    ]
