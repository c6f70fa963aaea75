"""An investor's statement as a document: what client service sends, in every format of the report.

It says nothing of other investors: only his own lots, payments, fees, and his line of the
comparison with a fee charged lot by lot. Of a period it tells how the opening value became the
closing value; without one, everything since the first purchase.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from quanthedge.errors import DataError
from quanthedge.fund import Clients
from quanthedge.performance import Period, Statement, fairness, investor_statement
from quanthedge.record import Record
from quanthedge.report import specs
from quanthedge.report.accounts import Account
from quanthedge.report.blocks import Block, Card, Cell, Chapter, Document, Table, number_cell
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
from quanthedge.words import filled, notation

__all__ = [
    "build_statement",
    "grid",
    "line_names",
    "statement_report",
    "statement_text",
    "write_statements",
]

_IN_TERMINAL = (
    "table-movement",
    "table-sleeve-lines",
    "table-returns",
    "table-holdings",
    "table-lots-held",
)
_HALF_A_FEN = 0.005
_STATEMENT_FORMATS = ("html", "pdf", "xlsx", "json")


def statement_report(
    result: Record,
    investor: str,
    path: str | Path,
    language: Language = "zh",
    period: str | Period | None = None,
) -> Path:
    """Write an investor's statement and return its path; .html, .pdf, .xlsx or .json chooses.

    Parameters
    ----------
    result : Result
    investor : str
    path : str or Path
    language : "zh" or "en"
    period : str or Period, optional
        ``"2015"``, ``"2015Q1"``, ``"2015-03"``, ``"2015-01..2015-06"``; everything without one.

    Raises
    ------
    DataError
        When the ending or the language is another, the run has no investor of that name or no day
        of the period, or the file cannot be written.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> import tempfile
    >>> flows = [{"date": "2014-11-03", "investor": "B", "subscribe_yuan": 5e6}]
    >>> funded = strategy.change({"clients": {"flows": flows}})
    >>> result = qh.backtest(funded, market, "2014-09-17", "2014-12-31")
    >>> qh.statement_report(result, "B", f"{tempfile.mkdtemp()}/b.html", language="en").name
    'b.html'
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in _STATEMENT_FORMATS:
        raise DataError(
            f"{path}: statement in {path.suffix!r}; accepted: .{', .'.join(_STATEMENT_FORMATS)}"
        )
    document = build_statement(result, investor, language, period)
    write_page(path, _rendered(document, kind), "statement")
    return path


def write_statements(
    result: Record,
    investors: str | Iterable[str],
    folder: str | Path,
    kinds: Iterable[str],
    language: Language = "zh",
    write: Callable[[Path, str | bytes, str], None] = write_page,
    *,
    period: str | Period | None = None,
    accounts: Mapping[str, Account] | None = None,
) -> Iterator[Path]:
    """Write statements in several formats; yield each path when it is written.

    The files are called after the investor by :func:`quanthedge.storage.folders.file_names`: two
    investors never share one, whatever they are called. ``investors`` is one or several of them;
    ``write`` takes a path, the content and what it is; by default a file that is there is replaced.
    """
    kinds = list(kinds)
    for kind in kinds:
        if kind not in _STATEMENT_FORMATS:
            raise DataError(f"statement format {kind!r}; accepted: {', '.join(_STATEMENT_FORMATS)}")
    asked = Period.of(period) if isinstance(period, str) else period
    names = file_names(Statement.investors(result))
    of = "" if asked is None else f"_{asked.written}"
    for investor in [investors] if isinstance(investors, str) else list(investors):
        account = (accounts or {}).get(investor)
        document = build_statement(result, investor, language, asked, account)
        for kind in kinds:
            path = Path(folder) / f"statement_{names[investor]}{of}_{language}.{kind}"
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


def build_statement(
    result: Record,
    investor: str,
    language: Language = "zh",
    period: str | Period | None = None,
    account: Account | None = None,
) -> Document:
    """Return the statement of an investor on the last day of a run, or of a period.

    Raises
    ------
    DataError
        When the language is not known, the run has no investor of that name or no day of the
        period, or the investor had nothing in it.
    """
    if language not in ("zh", "en"):
        raise DataError(f"statement language {language!r}; accepted: zh, en")
    one = investor_statement(result, investor, period)
    if one.period is not None and one.movement.idle:
        raise DataError(
            f"statement: {investor!r} held nothing and dealt nothing in {one.period.written}"
        )
    writer = _writer(result, language)
    text = writer.words["statement"]
    chapters = [
        Chapter("movement", text["headings"]["movement"], _movement(writer, one)),
        Chapter("lots", text["headings"]["lots"], _held(writer, one)),
        Chapter("payments", text["headings"]["payments"], _payments(writer, one)),
        Chapter("fees", text["headings"]["fees"], _fees(writer, one)),
        Chapter("value", text["headings"]["value"], _value(writer, one)),
    ]
    return Document(
        language=language,
        words=writer.words | {"document": text["document"]},
        name=(account.name if account else "") or writer.investor(investor),
        description=own_words(result.strategy, "name", language),
        facts=_facts(writer, one, account),
        terms=fund_terms(result, language),
        cards=_cards(writer, one),
        verdict=_verdict(writer, one),
        chapters=numbered(chapters, language),
    )


def _facts(writer: Writer, one: Statement, account: Account | None) -> list[str]:
    """Return what stands below the name: the client's own data, the span, class and method."""
    text, language, run = writer.words["statement"], writer.language, writer.run
    method = writer.words["methods"][(run.strategy.clients or Clients()).method.kind]
    held = run.investors.loc[run.investors["investor"] == one.investor, "share_class"]
    days = notation.span(one.movement.first, one.movement.last, language)
    if one.period is None:
        span = text["since"].format(days=days)
    else:
        span = text["of_period"].format(days=days, period=one.period.name(language))
    own = [] if account is None else account.lines(text["account"])
    return [
        *own,
        span,
        text["classes"].format(classes=notation.listed(list(dict.fromkeys(held)), language)),
        text["method"].format(method=method),
    ]


def statement_text(document: Document) -> str:
    """Return a statement as text for a terminal: key figures, sentences and tables."""
    lines = [f"{document.name} · {document.words['document']}", *document.facts, ""]
    shown = [card for card in document.cards if not card.cell.pattern.endswith("%")]
    width = max(_wide(card.name) for card in shown) + 2
    lines += [  # returns stand in their table below, each with what it is
        f"  {card.name}{' ' * (width - _wide(card.name))}{card.cell.text:>18}" for card in shown
    ]
    lines += ["", *document.verdict]
    for chapter in document.chapters:
        for block in chapter.blocks:
            if isinstance(block, Table) and block.id in _IN_TERMINAL:
                rows = [block.head, *[[cell.text for cell in row] for row in block.rows]]
                lines += ["", *grid(rows)]
    return "\n".join(lines)


def grid(rows: list[list[str]]) -> list[str]:
    """Return the lines of a table for a terminal, all but its first column ranged to the right."""
    widths = [max(_wide(row[k]) for row in rows) for k in range(len(rows[0]))]
    found = []
    for row in rows:
        blanks = [" " * (width - _wide(text)) for text, width in zip(row, widths, strict=True)]
        ranged = [gap + text for gap, text in zip(blanks[1:], row[1:], strict=True)]
        found.append(" ".join([row[0] + blanks[0], *ranged]))
    return found


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
    text, moved = writer.words["statement"]["cards"], one.movement
    of_period = {
        "opening": number_cell(moved.opening, ",.2f"),
        "subscribed": number_cell(moved.subscribed, ",.2f"),
        "taken_out": number_cell(moved.redeemed + moved.distributed, ",.2f"),
        "closing": number_cell(moved.closing, ",.2f"),
        "gain_of_period": number_cell(moved.gain, ",.2f"),
        "return_of_period": number_cell(moved.time_weighted, ".2%"),
    }
    since = {
        "paid_in": number_cell(one.paid_in, ",.2f"),
        "paid_out": number_cell(one.paid_out, ",.2f"),
        "value_today": number_cell(one.value_today, ",.2f"),
        "gain": number_cell(one.gain, ",.2f"),
        "performance_fees": number_cell(one.performance_fees, ",.2f"),
        "accrued": number_cell(one.accrued_fee, ",.2f"),
    }
    both = {
        "time_weighted": number_cell(one.time_weighted, ".2%"),
        "money_weighted": number_cell(one.money_weighted, ".2%"),
    }
    cells = (since if one.period is None else of_period) | both
    return [Card(key, text[key]["name"], cell, [text[key]["below"]]) for key, cell in cells.items()]


def _verdict(writer: Writer, one: Statement) -> list[str]:
    text, moved = writer.words["statement"]["verdict"], one.movement
    if one.period is not None:
        key = "period" if math.isfinite(moved.time_weighted) else "period_without_return"
        figures = {
            "opening": moved.opening, "paid_in": moved.subscribed, "closing": moved.closing,
            "paid_out": moved.redeemed + moved.distributed,
        }  # fmt: skip
        said = {name: notation.number(value, ",.2f") for name, value in figures.items()}
        period, share = one.period.name(writer.language), notation.percent(moved.time_weighted)
        gain = notation.number(moved.gain, "+,.2f")
        found = [text[key].format(period=period, gain=gain, share=share, **said)]
    else:
        found = [
            filled(
                text["summary"],
                writer.language,
                date=one.date,
                paid_in=notation.number(one.paid_in, ",.2f"),
                paid_out=notation.number(one.paid_out, ",.2f"),
                value=notation.number(one.value_today, ",.2f"),
                gain=notation.number(one.gain, "+,.2f"),
            )
        ]
    if one.date == writer.run.ledger.index[-1]:
        difference = fairness(writer.run)["difference_yuan"].to_dict()[one.investor]
        kind = "equal" if abs(difference) < 1.0 else "more" if difference > 0 else "less"
        found.append(text[kind].format(difference=f"{abs(difference):,.2f}"))
    return found


def _movement(writer: Writer, one: Statement) -> list[Block]:
    """Return the way from the opening to the closing value, and the returns with what they are."""
    text, moved = writer.words["statement"], one.movement
    amounts = {
        "opening": moved.opening,
        "subscribed": moved.subscribed,
        "redeemed": -moved.redeemed,
        "distributed": -moved.distributed,
        "result": moved.result,
        "performance_fees": -moved.performance_fees,
        "door_fees": -moved.door_fees,
        "closing": moved.closing,
    }
    shown = {
        name: value
        for name, value in amounts.items()
        if name in ("opening", "result", "closing") or abs(value) >= _HALF_A_FEN
    }
    rows = [
        [Cell(text["lines"][name]), number_cell(value, ",.2f")] for name, value in shown.items()
    ]
    returns = [("time_weighted", one.time_weighted), ("money_weighted", one.money_weighted)]
    if one.period is not None:
        returns.insert(0, ("period", moved.time_weighted))
    return [
        writer.table("movement", writer.head("line", "yuan"), rows,
                     emphasised=frozenset({0, len(rows) - 1})),
        *_sleeves(writer, one),
        writer.table(
            "returns", [*writer.head("return"), text["basis"], *writer.head("value")],
            [
                [Cell(text["returns"][name]["name"]), Cell(text["returns"][name]["basis"]),
                 number_cell(value, ".2%")]
                for name, value in returns
            ],
        ),
    ]  # fmt: skip


def _sleeves(writer: Writer, one: Statement) -> list[Block]:
    """Return what each sleeve of the fund brought; none for a fund without sleeves."""
    if not len(one.sleeves):
        return []
    names = line_names(writer.run, writer.language)
    rows = []
    for line, row in zip(one.sleeves.index, one.sleeves.to_dict("records"), strict=True):
        if line == "revaluation" and abs(row["yuan"]) < _HALF_A_FEN and not row["of_fund"]:
            continue
        of_fund = math.nan if line == "performance_fee" else row["of_fund"]
        rows.append(
            [Cell(names[str(line)]), number_cell(row["yuan"], ",.2f"), number_cell(of_fund, "+.2%")]
        )
    whole = one.sleeves.sum()
    rows.append(
        [
            Cell(writer.words["statement"]["lines"]["result"]),
            number_cell(one.movement.result, ",.2f"),
            number_cell(whole["of_fund"], "+.2%"),
        ]
    )
    head = writer.head("line", "yuan", "of_fund")
    last = frozenset({len(rows) - 1})
    return [writer.table("sleeve_lines", head, rows, emphasised=last)]


def line_names(result: Record, language: Language) -> dict[str, str]:
    """Return what the lines of an investor's result are called: sleeves, interest, fees."""
    said = words(language)["statement"]["sleeve_lines"]
    return result.strategy.sleeve_names(language) | {name: str(said[name]) for name in said}


def _value(writer: Writer, one: Statement) -> list[Block]:
    run = writer.run
    days = run.ledger.index[1:]
    own = run.investor_days[run.investor_days["investor"] == one.investor]
    held = days[(days >= own["date"].min()) & (days <= one.date)]
    if not len(held):  # bought at the close of the last day: there is no value before
        return [writer.lines("no_days", [writer.words["statement"]["no_days"]], "remark")]
    value = own.groupby("date")["value_yuan"].sum().reindex(held, fill_value=0.0)
    events = run.investors[run.investors["investor"] == one.investor]
    cash = events[(events["event"] != "reinvested") & (events["date"] <= one.date)]
    founded = cash["event"] == "founder"
    paid = cash.loc[founded, "cash_yuan"].sum() + pd.Series(0.0, index=held)
    for day, amount in zip(
        cash.loc[~founded, "date"], cash.loc[~founded, "cash_yuan"], strict=True
    ):
        paid[held > day] += amount
    return [writer.figure("investor_value", specs.investor_value(value, paid, writer.language))]


def _held(writer: Writer, one: Statement) -> list[Block]:
    """Return the lots of the run's last day; on an earlier one units by class."""
    if one.date == writer.run.ledger.index[-1]:
        return _lots(writer, one)
    if not len(one.holdings):
        return [writer.lines("no_lots", [writer.words["statement"]["no_lots"]], "remark")]
    rows = [
        [
            Cell(str(row["share_class"])),
            number_cell(row["units"], ",.2f"),
            number_cell(row["unit_value"], ".4f"),
            number_cell(row["value"], ",.2f"),
        ]
        for row in one.holdings.to_dict("records")
    ]
    head = writer.head("share_class", "units", "unit_value", "worth")
    return [writer.table("holdings", head, rows)]


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
            Cell(notation.iso(row["date"]), value=row["date"].date()),
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
    sentences = fee_sentences(writer.run, one, writer.words, writer.language)
    blocks: list[Block] = [
        writer.lines("fees_explained", sentences or [text["none"]]),
    ]
    if not math.isclose(one.accrued_fee, 0.0, abs_tol=0.005):
        fee = notation.number(one.accrued_fee, ",.2f")
        line = filled(text["accrued"], writer.language, date=one.date, fee=fee)
        blocks.append(writer.lines("accrued_fee", [line], "remark"))
    return blocks
