"""The chapter on drawdowns."""

from quanthedge.performance import WINDOWS, Window, window_table
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, number_cell, signed
from quanthedge.report.writer import Writer, listed

__all__ = ["drawdown", "tails", "windows"]


_OUTLOOK = (
    *(f"loss_probability_{month}_months" for month in (1, 3, 6, 12, 24, 36)),
    "year_range_low", "year_range_median", "year_range_high", "block_length",
    "probabilistic_sharpe",
)  # fmt: skip


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


def tails(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    pairs = [
        [writer.name(formula), writer.cell(f"{formula}_net"), writer.cell(f"{formula}_index")]
        for formula in ("skewness", "kurtosis")
    ]
    levels = [
        [writer.name(formula), writer.cell(f"{formula}_95"), writer.cell(f"{formula}_99")]
        for formula in ("value_at_risk", "value_at_risk_cornish_fisher", "expected_shortfall")
    ]
    capture = [[writer.name("capture"), writer.cell("capture_up"), writer.cell("capture_down")]]
    return [
        writer.table("moments", writer.head("measure", "net", "index"), pairs),
        writer.table("tails", [*writer.head("measure"), "95%", "99%"], levels),
        writer.table("capture", writer.head("measure", "rising", "falling"), capture),
        writer.table("outlook", writer.head("measure", "value"), listed(writer, _OUTLOOK)),
    ]


def windows(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    names = writer.words["windows"]
    own = [Window(**one) for one in writer.run.strategy.get("windows") or []]
    rows = []
    for name, row in window_table(writer.run.ledger, [*WINDOWS, *own]).iterrows():
        title = Cell(str(names.get(name, name)))
        if not row["days"]:
            none = Cell(writer.words["empty"]["window"], "quiet")
            rows.append([title, none, *[Cell("–", "quiet") for _ in range(8)]])
            continue
        span = f"{row['start']:%Y-%m-%d} – {row['end']:%Y-%m-%d}"
        rows.append(
            [
                title,
                Cell(span),
                number_cell(row["days"], ".0f"),
                signed(row["net"], ".2%"),
                signed(row["gross"], ".2%"),
                signed(row["index"], ".2%"),
                number_cell(row["max_drawdown"], ".2%"),
                number_cell(row["worst_day"], ".2%"),
                number_cell(row["beta"], ".3f"),
                number_cell(row["hedge_ratio"], ".1%"),
            ]
        )
    head = writer.head(
        "window", "span", "days", "net", "gross", "index", "max_drawdown", "worst_day", "beta",
        "hedge_ratio",
    )  # fmt: skip
    return [writer.table("windows", head, rows)]
