"""Chapters on holdings and on orders that were not done."""

import pandas as pd

from quanthedge.performance import refusals_by_reason
from quanthedge.report import specs
from quanthedge.report.blocks import Block, Cell, day_cell, number_cell
from quanthedge.report.chapters.style_names import style_names
from quanthedge.report.writer import Writer, listed
from quanthedge.valuation import suspension_spells

__all__ = ["holdings", "refusals"]

_SHOWN_HOLDINGS = 10
_SHOWN_SPELLS = 20


def holdings(writer: Writer) -> list[Block]:
    """Return the blocks of the chapter."""
    positions = writer.run.positions
    if not len(positions):
        none = writer.lines("holdings_empty", [writer.words["empty"]["holdings"]], "remark")
        return [none, *_restated(writer)]
    last = positions["date"].max()
    book = positions[positions["date"] == last].sort_values(
        ["weight", "code"], ascending=[False, True]
    )
    top = book.head(_SHOWN_HOLDINGS)
    # names of A-shares are Chinese: an English page shows codes only
    named = writer.language == "zh" and "name" in top and bool((top["name"] != "").any())
    rows = [
        [
            Cell(str(row["code"])),
            *([Cell(str(row["name"]))] if named else []),
            number_cell(row["shares"], ",.0f"),
            number_cell(row["price"], ",.2f"),
            number_cell(row["value"], ",.0f"),
            number_cell(row["weight"], ".2%"),
        ]
        for _, row in top.iterrows()
    ]
    numbers = ("shares", "price", "amount", "weight")
    keys = (
        "turnover", "bought", "sold", "trades", "names_mean", "names_lowest", "names_highest",
    )  # fmt: skip
    return [
        writer.table(
            "holdings",
            writer.head("code", *(["stock_name"] if named else []), *numbers),
            rows,
            date=last,
            share=f"{top['weight'].sum():.2%}",
            names=len(book),
        ),
        writer.table("trading", writer.head("measure", "value"), listed(writer, keys)),
        *_restated(writer),
        *_tilts(writer),
    ]


def _restated(writer: Writer) -> list[Block]:
    """Return the spells in which holdings were stated off their last close; nothing without any."""
    run = writer.run
    if not len(run.restated):
        return []
    spells = suspension_spells(run.restated, pd.DatetimeIndex(run.ledger.index))
    size = spells[["lowest_yuan", "highest_yuan"]].abs().max(axis=1)
    shown = spells.loc[size.nlargest(_SHOWN_SPELLS).index]
    still = Cell(str(writer.words["empty"]["still_stated"]), "quiet")
    rows = [
        [
            Cell(str(row["code"])),
            *(day_cell(row[day], "number") for day in ("begin", "last")),
            still if pd.isna(row["end"]) else day_cell(row["end"], "number"),
            *(number_cell(row[name], ",.0f") for name in ("days", "lowest_yuan", "highest_yuan")),
        ]
        for _, row in shown.iterrows()
    ]
    adjusted = run.ledger["revaluation"]
    place = int(adjusted.abs().to_numpy().argmax())
    head = writer.head(
        "code", "suspension_begin", "suspension_last", "suspension_end", "days",
        "adjustment_lowest", "adjustment_highest",
    )  # fmt: skip
    table = writer.table(
        "restated", head, rows, folded=True, spells=len(spells), shown=len(shown),
        largest=f"{adjusted.iloc[place]:,.0f}", day=adjusted.index[place],
    )  # fmt: skip
    return [table]


def _tilts(writer: Writer) -> list[Block]:
    """Return what the book is tilted to: styles as figure and table, industries as a table."""
    table = writer.run.tilts
    if not len(table):
        return []
    table = table.assign(active=table["book"] - table["index"])
    day = table["date"].max()
    blocks: list[Block] = []
    styles = table[table["kind"] == "style"]
    names = style_names(writer, list(styles["name"].unique()))
    unknown = [names[str(name)] for name, own in styles.groupby("name") if own["book"].isna().all()]
    known = styles[styles["date"] == styles["date"].max()].set_index("name")["active"].dropna()
    joint = "、" if writer.language == "zh" else ", "
    missing = joint.join(unknown) or writer.words["none"]
    if len(known):
        drawn = specs.tilts(known.rename(index=names), writer.language)
        blocks.append(writer.figure("style_bars", drawn, date=day))
    rows = _tilt_rows(styles, names, "+.2f", ".2f")
    head = writer.head("style", "book", "index", "active", "active_mean", "lowest", "highest")
    blocks.append(writer.table("style_tilts", head, rows, date=day, missing=missing))
    industries = table[table["kind"] == "industry"]
    if len(industries):
        texts = industries.drop_duplicates("name").set_index("name")[f"name_{writer.language}"]
        called = {str(k): str(v or writer.words["none"]) for k, v in texts.items()}
        rows = _tilt_rows(industries, called, "+.2%", ".2%", largest_first=True)
        head = writer.head("industry", "book", "index", "active", "active_mean")
        rows = [row[:5] for row in rows]
        blocks.append(writer.table("industry_tilts", head, rows, date=day, folded=True))
    return blocks


def _tilt_rows(
    table: pd.DataFrame,
    names: dict[str, str],
    signed_pattern: str,
    pattern: str,
    *,
    largest_first: bool = False,
) -> list[list[Cell]]:
    """Return book, index and difference on the last day, and mean and range of the difference."""
    last = table[table["date"] == table["date"].max()].set_index("name")
    spread = table.groupby("name", sort=False)["active"].agg(["mean", "min", "max"])
    if largest_first:  # and those that neither holds today left out
        held = last[(last["book"].fillna(0.0) != 0.0) | (last["index"].fillna(0.0) != 0.0)]
        order = held["active"].abs().sort_values(ascending=False, kind="stable").index
    else:
        order = last.index
    return [
        [
            Cell(names[str(name)]),
            number_cell(float(last.loc[name, "book"]), pattern),
            number_cell(float(last.loc[name, "index"]), pattern),
            number_cell(float(last.loc[name, "active"]), signed_pattern),
            *[number_cell(float(v), signed_pattern) for v in spread.loc[name]],
        ]
        for name in order
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
