"""An investor's statement as a document: what client service sends, in every format of the report.

It says nothing of other investors: only his own lots, payments, fees, and his line of the
comparison with a fee charged lot by lot.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from quanthedge.errors import DataError
from quanthedge.fund import Clients, method_kind
from quanthedge.performance import Statement, fairness, investor_statement, investors_of
from quanthedge.record import Record
from quanthedge.report import specs
from quanthedge.report.blocks import (
    Block,
    Card,
    Cell,
    Chapter,
    Document,
    Table,
    number_cell,
)
from quanthedge.report.document import numbered
from quanthedge.report.fund_terms import fund_terms
from quanthedge.report.html import render_html
from quanthedge.report.numbers import render_numbers
from quanthedge.report.pdf import render_pdf
from quanthedge.report.statement_fees import fee_sentences
from quanthedge.report.texts import words
from quanthedge.report.workbook import render_workbook
from quanthedge.report.writer import Writer, own_words
from quanthedge.storage import file_names, write_page
from quanthedge.typing import Language

__all__ = ["build_statement", "statement_report", "statement_text", "write_statements"]

_STATEMENT_FORMATS = ("html", "pdf", "xlsx", "json")


def statement_report(
    result: Record, investor: str, path: str | Path, language: Language = "zh"
) -> Path:
    """Write an investor's statement and return its path; .html, .pdf, .xlsx or .json chooses.

    Raises
    ------
    DataError
        When the ending or the language is another, the run has no investor of that name, or the
        file cannot be written.
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in _STATEMENT_FORMATS:
        raise DataError(
            f"{path}: statement in {path.suffix!r}; accepted: .{', .'.join(_STATEMENT_FORMATS)}"
        )
    write_page(path, _rendered(build_statement(result, investor, language), kind), "statement")
    return path


def write_statements(
    result: Record,
    investor: str,
    folder: str | Path,
    kinds: Iterable[str],
    language: Language = "zh",
    write: Callable[[Path, str | bytes, str], None] = write_page,
) -> Iterator[Path]:
    """Write a statement in several formats; yield each path when it is written.

    The files are called after the investor by :func:`quanthedge.storage.folders.file_names`: two
    investors never share one, whatever they are called. ``write`` takes a path, the content and
    what it is; by default a file that is there is replaced.
    """
    kinds = list(kinds)
    for kind in kinds:
        if kind not in _STATEMENT_FORMATS:
            raise DataError(f"statement format {kind!r}; accepted: {', '.join(_STATEMENT_FORMATS)}")
    document = build_statement(result, investor, language)
    name = file_names(investors_of(result))[investor]
    for kind in kinds:
        path = Path(folder) / f"statement_{name}_{language}.{kind}"
        write(path, _rendered(document, kind), "statement")
        yield path


def _rendered(document: Document, kind: str) -> str | bytes:
    if kind == "html":
        return render_html(document)
    if kind == "pdf":
        return render_pdf(document)
    if kind == "xlsx":
        return render_workbook(document, None)
    return render_numbers(document, None)


def build_statement(result: Record, investor: str, language: Language = "zh") -> Document:
    """Return the statement of an investor on the last day of a run.

    Raises
    ------
    DataError
        When the language is not known, or the run has no investor of that name.
    """
    if language not in ("zh", "en"):
        raise DataError(f"statement language {language!r}; accepted: zh, en")
    one = investor_statement(result, investor)
    writer = _writer(result, language)
    text = writer.words["statement"]
    days = result.ledger.index
    method = writer.words["methods"][method_kind((result.strategy.clients or Clients()).method)]
    first = one.events["date"].iloc[0]
    classes = "、" if language == "zh" else ", "
    facts = [
        text["span"].format(start=f"{first:%Y-%m-%d}", end=f"{days[-1]:%Y-%m-%d}"),
        text["classes"].format(classes=classes.join(dict.fromkeys(one.events["share_class"]))),
        text["method"].format(method=method),
    ]
    chapters = [
        Chapter("value", text["headings"]["value"], _value(writer, one)),
        Chapter("lots", text["headings"]["lots"], _lots(writer, one)),
        Chapter("payments", text["headings"]["payments"], _payments(writer, one)),
        Chapter("fees", text["headings"]["fees"], _fees(writer, one)),
    ]
    return Document(
        language=language,
        words=writer.words | {"document": text["document"]},
        name=writer.investor(investor),
        description=own_words(result.strategy, "name", language),
        facts=facts,
        terms=fund_terms(result, language),
        cards=_cards(writer, one),
        verdict=_verdict(writer, one),
        chapters=numbered(chapters, language),
    )


def statement_text(document: Document) -> str:
    """Return a statement as text for a terminal: key figures, sentences, lots."""
    lines = [f"{document.name} · {document.words['document']}", *document.facts, ""]
    width = max(_wide(card.name) for card in document.cards) + 2
    lines += [
        f"  {card.name}{' ' * (width - _wide(card.name))}{card.cell.text:>18}"
        for card in document.cards
    ]
    lines += ["", *document.verdict]
    for chapter in document.chapters:
        for block in chapter.blocks:
            if isinstance(block, Table) and block.id == "table-lots-held":
                lines += ["", *_grid(block)]
    return "\n".join(lines)


def _grid(block: Table) -> list[str]:
    rows = [block.head, *[[cell.text for cell in row] for row in block.rows]]
    widths = [max(_wide(row[k]) for row in rows) for k in range(len(block.head))]
    return [
        "  ".join(
            " " * (width - _wide(text)) + text for text, width in zip(row, widths, strict=True)
        )
        for row in rows
    ]


def _wide(text: str) -> int:
    """Return the width of a text in a terminal: a Chinese letter takes two places."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


def _writer(result: Record, language: Language) -> Writer:
    """Return a writer whose titles and notes are those of a statement."""
    writer = Writer(result, language)
    own = words(language)["statement"]
    merged: dict[str, Any] = dict(writer.words)
    for part in ("titles", "captions"):
        merged[part] = merged[part] | own[part]
    writer.words = merged
    return writer


def _cards(writer: Writer, one: Statement) -> list[Card]:
    text = writer.words["statement"]["cards"]
    cells = {
        "paid_in": number_cell(one.paid_in, ",.2f"),
        "paid_out": number_cell(one.paid_out, ",.2f"),
        "value_today": number_cell(one.value_today, ",.2f"),
        "gain": number_cell(one.gain, ",.2f"),
        "performance_fees": number_cell(one.performance_fees, ",.2f"),
        "accrued": number_cell(one.accrued_fee, ",.2f"),
        "money_weighted": number_cell(one.money_weighted, ".2%"),
        "time_weighted": number_cell(one.time_weighted, ".2%"),
    }
    return [Card(key, text[key]["name"], cell, [text[key]["below"]]) for key, cell in cells.items()]


def _verdict(writer: Writer, one: Statement) -> list[str]:
    text = writer.words["statement"]["verdict"]
    found = [
        text["summary"].format(
            date=f"{one.date:%Y-%m-%d}",
            paid_in=f"{one.paid_in:,.2f}",
            paid_out=f"{one.paid_out:,.2f}",
            value=f"{one.value_today:,.2f}",
            gain=f"{one.gain:+,.2f}",
        )
    ]
    difference = fairness(writer.run)["difference_yuan"].to_dict()[one.investor]
    kind = "equal" if abs(difference) < 1.0 else "more" if difference > 0 else "less"
    found.append(text[kind].format(difference=f"{abs(difference):,.2f}"))
    return found


def _value(writer: Writer, one: Statement) -> list[Block]:
    run = writer.run
    days = run.ledger.index[1:]
    own = run.investor_days[run.investor_days["investor"] == one.investor]
    held = days[days >= own["date"].min()]
    value = own.groupby("date")["value_yuan"].sum().reindex(held, fill_value=0.0)
    cash = one.events[one.events["event"] != "reinvested"]
    founded = cash["event"] == "founder"
    paid = cash.loc[founded, "cash_yuan"].sum() + pd.Series(0.0, index=held)
    for day, amount in zip(
        cash.loc[~founded, "date"], cash.loc[~founded, "cash_yuan"], strict=True
    ):
        paid[held > day] += amount
    return [writer.figure("investor_value", specs.investor_value(value, paid, writer.language))]


def _lots(writer: Writer, one: Statement) -> list[Block]:
    if not len(one.lots):
        return [writer.lines("no_lots", [writer.words["statement"]["no_lots"]], "remark")]
    rows = [
        [
            Cell(str(row["share_class"])),
            number_cell(row["units"], ",.2f"),
            number_cell(row["cost"], ".4f"),
            number_cell(row["mark"], ".4f"),
            number_cell(row["threshold"], ".4f"),
            number_cell(row["unit_value"], ".4f"),
            number_cell(row["value"], ",.2f"),
        ]
        for row in one.lots.to_dict("records")
    ]
    head = writer.head("share_class", "units", "cost", "mark", "threshold", "unit_value", "worth")
    return [writer.table("lots_held", head, rows)]


def _payments(writer: Writer, one: Statement) -> list[Block]:
    names = writer.words["fund_events"]
    rows = [
        [
            Cell(f"{row['date']:%Y-%m-%d}", value=row["date"].date()),
            Cell(names[row["event"]]),
            Cell(str(row["share_class"])),
            _units_moved(row),
            number_cell(row["unit_value"], ".4f"),
            number_cell(row["cash_yuan"], ",.2f"),
            number_cell(row["performance_fee_yuan"], ",.2f"),
            number_cell(row["entry_or_exit_fee_yuan"], ",.2f"),
        ]
        for row in one.events.to_dict("records")
    ]
    head = writer.head(
        "date", "event", "share_class", "units", "unit_value", "cash", "performance_fees",
        "door_fee",
    )  # fmt: skip
    return [writer.table("payments", head, rows)]


def _units_moved(row: dict[Any, Any]) -> Cell:
    """Return the change of units; units that could not leave yet are no change."""
    if row["units"] == 0:
        return number_cell(math.nan, "")
    waits = row["event"] in ("refused", "deferred")
    return number_cell(row["units"], ",.2f" if waits else "+,.2f")


def _fees(writer: Writer, one: Statement) -> list[Block]:
    text = writer.words["statement"]["fees"]
    sentences = fee_sentences(writer.run, one, writer.words)
    blocks: list[Block] = [
        writer.lines("fees_explained", sentences or [text["none"]]),
    ]
    if not math.isclose(one.accrued_fee, 0.0, abs_tol=0.005):
        line = text["accrued"].format(date=f"{one.date:%Y-%m-%d}", fee=f"{one.accrued_fee:,.2f}")
        blocks.append(writer.lines("accrued_fee", [line], "remark"))
    return blocks
