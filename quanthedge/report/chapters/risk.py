"""The chapter on drawdowns."""

from quanthedge.performance import (
    SUPPOSED_TRIALS,
    Drawdowns,
    Spans,
    Window,
    deflated_by_trials,
    levels,
)
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, Table, day_cell, number_cell, signed, span_cell
from quanthedge.report.writer import Writer, excess_returns, listed

__all__ = ["drawdown", "tails", "windows"]


_OUTLOOK = (
    *(("loss_probability", f"{month}_months") for month in (1, 3, 6, 12, 24, 36)),
    *(("year_range", quantile) for quantile in ("low", "median", "high")),
)


def drawdown(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    spec = specs.drawdown(writer.run.ledger, writer.language, writer.index_code)
    return [
        writer.figure("drawdown", spec),
        _largest(writer),
    ]


def _largest(writer: Writer) -> Table:
    """Return the five deepest drawdowns, net."""
    not_yet = Cell(str(writer.words["empty"]["recovery"]), "quiet")
    quiet = Cell("–", "quiet")
    rows = []
    for fall in Drawdowns(levels(writer.run.ledger)["net"]).largest():
        back, way = fall.recovery, fall.recovery_calendar_days
        calendar = quiet if way is None else number_cell(way, ".0f")
        rows.append(
            [
                number_cell(fall.depth, ".2%"),
                day_cell(fall.peak, "number"),
                day_cell(fall.trough, "number"),
                not_yet if back is None else day_cell(back, "number"),
                number_cell(fall.fall_days, ".0f"),
                number_cell(fall.fall_calendar_days, ".0f"),
                quiet if fall.recovery_days is None else number_cell(fall.recovery_days, ".0f"),
                calendar,
                number_cell(fall.under_days, ".0f"),
            ]
        )
    head = writer.head(
        "depth", "peak", "trough", "recovery", "fall_days", "fall_calendar", "recovery_days",
        "recovery_calendar", "under_days",
    )  # fmt: skip
    return writer.table("largest_drawdowns", head, rows)


def tails(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    pairs = [
        [writer.name(formula), writer.cell(f"{formula}_net"), writer.cell(f"{formula}_index")]
        for formula in ("skewness", "kurtosis")
    ]
    losses = [
        [writer.name(formula), writer.cell(f"{formula}_95"), writer.cell(f"{formula}_99")]
        for formula in (
            "value_at_risk",
            "value_at_risk_cornish_fisher",
            "expected_shortfall",
            "expected_shortfall_cornish_fisher",
        )
    ]
    capture = [[writer.name("capture"), writer.cell("capture_up"), writer.cell("capture_down")]]
    outlook = [
        [
            Cell(writer.summary[f"{formula}_{variant}"].label(writer.language)),
            writer.cell(f"{formula}_{variant}"),
            writer.cell(f"{formula}_mean_error_{variant}"),
        ]
        for formula, variant in _OUTLOOK
    ]
    facts = listed(writer, ("block_length", "probabilistic_sharpe"))
    return [
        writer.table("moments", writer.head("measure", "net", "index"), pairs),
        writer.table("tails", [*writer.head("measure"), "95%", "99%"], losses),
        writer.table("capture", writer.head("measure", "rising", "falling"), capture),
        writer.table("outlook", writer.head("measure", "mean_known", "mean_uncertain"), outlook),
        writer.table("outlook_facts", writer.head("measure", "value"), facts),
        _deflated(writer),
    ]


def _deflated(writer: Writer) -> Block:
    """Return how much of the Sharpe ratio may be the choice of the best of many trials."""
    known = writer.run.trials
    numbers = sorted({*SUPPOSED_TRIALS, *([known] if known else [])})
    table = deflated_by_trials(excess_returns(writer), tuple(numbers))
    rows = [
        [
            number_cell(float(trials), ",.0f"),
            number_cell(row["highest"], ".2f"),
            number_cell(row["probability"], ".2%"),
        ]
        for trials, row in zip(table.index, table.to_dict("records"), strict=True)
    ]
    head = writer.head("trials", "highest_sharpe", "above_zero")
    if not known:
        return writer.table("deflated", head, rows)
    marked = frozenset({numbers.index(known)})
    return writer.table(
        "deflated", head, rows, note="deflated_known", emphasised=marked, known=f"{known:,}"
    )


def windows(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    names = writer.words["windows"]
    spans = Spans(writer.run.ledger)
    own = [Window(one.name, str(one.start), str(one.end)) for one in writer.run.strategy.windows]
    rows = []
    for name, row in spans.windows([*spans.stress(), *own]).iterrows():
        title = Cell(str(names.get(name, name)))
        if not row["days"]:
            none = Cell(writer.words["empty"]["window"], "quiet")
            rows.append([title, none, *[Cell("–", "quiet") for _ in range(8)]])
            continue
        rows.append(
            [
                title,
                span_cell(row["start"], row["end"]),
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
