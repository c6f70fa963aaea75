"""The report as an Excel workbook: a sheet a table, real numbers, formulas where simple."""

import io
import math
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quanthedge.ledger import line_names
from quanthedge.performance import Bridge, Drawdowns, daily_returns, levels, summary_of
from quanthedge.record import Record
from quanthedge.report.blocks import Cell, Document, Table
from quanthedge.report.figure_style import gain_and_loss_colours
from quanthedge.report.workbook_records import record_sheets
from quanthedge.rules import CALENDAR_DAYS_A_YEAR, TRADING_DAYS_A_YEAR
from quanthedge.typing import Language

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

__all__ = ["render_workbook"]

_MADE = pd.Timestamp("2015-01-01").to_pydatetime()  # fixed: the same run gives the same bytes
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
_LONGEST_NAME = 31
_RECORD_FORMATS = {
    "quantity": "#,##0", "shares": "#,##0", "weight": "0.00%", "unit_value": "0.0000",
    "net_level": "0.000000", "index_level": "0.000000", "week_net": "0.00%",
    "week_index": "0.00%", "drawdown": "0.00%",
}  # fmt: skip
_DAILY = (
    "unit_value", "unit_value_before_accrual", "high_water_mark", "index_close", "equity",
    "accrued_performance_fee", "accrued_fee_at_open", "stock_value", "stock_cash", "futures_cash",
    "margin_required", "lots", "futures_notional", "book_beta",
)  # fmt: skip


def render_workbook(document: Document, result: Record | None) -> bytes:
    """Return a workbook: cover, contents, one sheet a table, the record, and figures by formula.

    Without a result there are neither days nor formulas: a statement of one investor.
    """
    import xlsxwriter

    page = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(page, options)
    book.set_properties({"title": document.name, "author": "QuantHedge", "created": _MADE})
    writer = _Writer(book, document)
    writer.cover()
    sheets = writer.tables()
    if result is not None:
        sheets += writer.records(result)
        writer.days(result)
        writer.sums(result)
    writer.contents(sheets)
    book.close()
    return page.getvalue()


class _Writer:
    """A workbook being written: its formats, and sheet names already in use."""

    def __init__(self, book: "Workbook", document: Document) -> None:
        self.book, self.document = book, document
        self.words = document.words["workbook"]
        self.gain, self.loss = gain_and_loss_colours("zh" if document.language == "zh" else "en")
        self.made: dict[tuple[tuple[str, Any], ...], Format] = {}
        self.names: set[str] = set()
        self.front = self.sheet(self.words["cover"])
        self.list = self.sheet(self.words["contents"])
        self.span, self.below, self.daily = 0, 0, ""

    def format(self, **properties: Any) -> "Format":
        """Return a cell format, each kind made once."""
        key = tuple(sorted(properties.items()))
        if key not in self.made:
            basic = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "top"}
            self.made[key] = self.book.add_format(basic | properties)
        return self.made[key]

    def sheet(self, title: str) -> "Worksheet":
        """Return a new sheet whose name Excel accepts."""
        name = " ".join(title.translate(_FORBIDDEN).split())[:_LONGEST_NAME].strip()
        k = 2
        while name.casefold() in self.names:
            tail = f" {k}"
            name = name[: _LONGEST_NAME - len(tail)] + tail
            k += 1
        self.names.add(name.casefold())
        made = self.book.add_worksheet(name)
        made.set_paper(9)
        made.set_landscape()
        made.fit_to_pages(1, 0)
        made.hide_gridlines(2)
        return made

    def cover(self) -> None:
        """Write name, facts, key figures and what they say."""
        sheet, document = self.front, self.document
        sheet.set_portrait()
        sheet.fit_to_pages(1, 1)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 2, 22)
        sheet.set_row(0, 26)
        sheet.write_string(0, 0, document.name, self.format(bold=True, font_size=16))
        sheet.write_string(1, 0, document.description)
        for k, fact in enumerate(document.facts):
            sheet.write_string(2 + k, 0, fact, self.format(font_color="#66717f"))
        row = 3 + len(document.facts)
        for card in document.cards:
            sheet.write_string(row, 0, card.name)
            self.cell(sheet, row, 1, card.cell)
            sheet.write_string(row, 2, " ".join(card.below), self.format(font_color="#66717f"))
            row += 1
        for sentence in document.verdict:
            row += 1
            sheet.write_string(row, 0, sentence)
        row += 1
        for name, text in document.terms:
            row += 1
            sheet.write_string(row, 0, name)
            sheet.write_string(row, 1, text)
        self.below = row + 1

    def tables(self) -> list[tuple[str, str]]:
        """Write a sheet for each table; return their names and titles."""
        found = []
        for chapter in self.document.chapters:
            for block in chapter.blocks:
                if isinstance(block, Table):
                    found += [(self.table(block), block.title)]
        return found

    def table(self, block: Table) -> str:
        """Write one table with its title and note; return the sheet's name."""
        sheet = self.sheet(block.title)
        sheet.write_string(0, 0, block.title, self.format(bold=True, font_size=12))
        note = self.format(font_color="#66717f", font_size=9)
        sheet.write_string(1, 0, block.caption, note)
        head = self.format(bold=True, bottom=1, font_color="#66717f")
        block = self.spread(block)
        for k, title in enumerate(block.head):
            sheet.write_string(3, k, title, head)
        for r, row in enumerate(block.rows):
            for k, cell in enumerate(row):
                self.cell(sheet, 4 + r, k, cell, bold=r in block.emphasised)
        for k in range(len(block.head)):
            longest = max([_wide(block.head[k]), *(_wide(row[k].text) for row in block.rows)])
            sheet.set_column(k, k, min(70.0, longest + 3.0))
        sheet.freeze_panes(4, 1)
        return str(sheet.get_name())

    def spread(self, block: Table) -> Table:
        """Return a table whose intervals and spans stand in two columns each."""
        head: list[str] = []
        rows: list[list[Cell]] = [[] for _ in block.rows]
        for k, title in enumerate(block.head):
            column = [row[k] for row in block.rows]
            bounds = next((cell.bounds for cell in column if cell.bounds is not None), None)
            if bounds is None:
                head.append(title)
                for row, cell in zip(rows, column, strict=True):
                    row.append(cell)
                continue
            ends = ("first", "last") if isinstance(bounds[0], date) else ("low", "high")
            head += [f"{title} · {self.words[end]}" for end in ends]
            for row, cell in zip(rows, column, strict=True):
                row.extend(_ends(cell))
        return replace(block, head=head, rows=rows)

    def cell(
        self, sheet: "Worksheet", row: int, column: int, cell: Cell, *, bold: bool = False
    ) -> None:
        """Write a number as a number, a date as a date, and all else as text."""
        properties: dict[str, Any] = {"bold": True} if bold else {}
        if cell.kind in ("gain", "loss"):
            properties["font_color"] = self.gain if cell.kind == "gain" else self.loss
        if isinstance(cell.value, date):
            properties["num_format"] = "yyyy-mm-dd"
            sheet.write_datetime(row, column, cell.value, self.format(**properties))
        elif cell.value is not None:
            properties["num_format"] = _number_format(cell.pattern)
            number = _Exact(cell.value)
            sheet.write_number(row, column, number, self.format(**properties))
        else:
            if cell.kind == "wide":
                properties["text_wrap"] = True
            sheet.write_string(row, column, cell.text, self.format(**properties))

    def records(self, result: Record) -> list[tuple[str, str]]:
        """Write trades, positions, weeks and investors; return the names of their sheets."""
        tables = record_sheets(result, self.document.words)
        return [self.record(self.words[key], table) for key, table in tables.items()]

    def record(self, title: str, table: pd.DataFrame) -> tuple[str, str]:
        """Write a table of the run with a head, a filter, and a column a kind of value."""
        sheet, names = self.sheet(title), self.words["columns"] | self.document.words["lines"]
        head = self.format(bold=True, bottom=1)
        sheet.set_column(0, len(table.columns), 14)
        for k, name in enumerate(table.columns):
            sheet.write_string(0, k, str(names[name]), head)
            column = table[name]
            if pd.api.types.is_datetime64_any_dtype(column):
                day = self.format(num_format="yyyy-mm-dd")
                for r, when in enumerate(column, start=1):
                    sheet.write_datetime(r, k, when.to_pydatetime(), day)
            elif pd.api.types.is_numeric_dtype(column):
                form = self.format(num_format=_RECORD_FORMATS.get(str(name), "#,##0.00"))
                for r, value in enumerate(column.to_numpy(dtype=np.float64).tolist(), start=1):
                    if math.isfinite(value):
                        sheet.write_number(r, k, _Exact(value), form)
            else:
                for r, text in enumerate(column.astype("str"), start=1):
                    sheet.write_string(r, k, text)
        if "week_net" in table:
            self._week_formulas(sheet, table)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)
        return str(sheet.get_name()), title

    def _week_formulas(self, sheet: "Worksheet", table: pd.DataFrame) -> None:
        """Write the returns of the weeks as formulas over the levels, with the values they have."""
        column = {name: _letters(k) for k, name in enumerate(table.columns)}
        form = self.format(num_format="0.00%")
        for part in ("net", "index"):
            level, place = column[f"{part}_level"], table.columns.get_loc(f"week_{part}")
            for r, value in enumerate(table[f"week_{part}"].tolist()):
                if math.isfinite(value):
                    formula = f"={level}{r + 2}/{level}{r + 1}-1"
                    sheet.write_formula(r + 1, place, formula, form, value)

    def days(self, result: Record) -> None:
        """Write the ledger day by day, with returns and drawdown as formulas."""
        ledger = result.ledger
        sheet = self.sheet(self.words["days"])
        self.daily = sheet.get_name()
        known = not ledger["index_close"].isna().any()
        empty = pd.DataFrame(index=ledger.index, columns=list(Bridge.LINES), dtype=np.float64)
        daily = Bridge(result).yuan("day").reindex(ledger.index) if known else empty
        names = self.words["columns"] | self.document.words["lines"]
        head = ["date", *_DAILY, *Bridge.LINES]
        extra = ["net_return", "net_level", "index_return", "drawdown", "index_level"]
        for k, name in enumerate([*head, *extra]):
            sheet.write_string(0, k, str(names[name]), self.format(bold=True, bottom=1))
        sheet.set_column(0, len(head) + len(extra), 14)
        sheet.freeze_panes(1, 1)
        self.span = len(ledger)
        table = pd.concat([ledger[list(_DAILY)], daily[list(Bridge.LINES)]], axis=1)
        day = self.format(num_format="yyyy-mm-dd")
        self.column = {name: _letters(k) for k, name in enumerate([*head, *extra])}
        for r, when in enumerate(pd.DatetimeIndex(ledger.index), start=1):
            sheet.write_datetime(r, 0, when.to_pydatetime(), day)
        for k, name in enumerate(table.columns, start=1):
            self._numbers(sheet, k, name, table[name].to_numpy(dtype=np.float64))
        self._formulas(sheet, result, len(head))
        drawn = ("net", "index") if known else ("net",)
        lowest = float(levels(ledger)[list(drawn)].min().min())
        self._chart(tuple(f"{name}_level" for name in drawn), math.floor(lowest * 10.0) / 10.0)

    def _chart(self, names: tuple[str, ...], floor: float) -> None:
        """Put a chart of the days, which Excel draws itself, on the cover."""
        chart = self.book.add_chart({"type": "line"})
        last = self.span + 1
        for name, colour in zip(names, ("#17406d", "#a8a297"), strict=False):
            column = self.column[name]
            chart.add_series(
                {
                    "name": self.words["columns"][name],
                    "categories": f"='{self.daily}'!$A$2:$A${last}",
                    "values": f"='{self.daily}'!${column}$2:${column}${last}",
                    "line": {"color": colour, "width": 1.75},
                }
            )
        months = max(1, round(self.span / 20 / 10))  # about ten labels
        chart.set_x_axis(
            {
                "date_axis": True, "num_format": "yyyy-mm", "label_position": "low",
                "major_unit": months, "major_unit_type": "months",
            }
        )  # fmt: skip
        lines = {"visible": True, "line": {"color": "#e3e7ec", "width": 0.75}}
        chart.set_y_axis({"num_format": "0.00", "min": floor, "major_gridlines": lines})
        chart.set_legend({"position": "top"})
        chart.set_size({"width": 860, "height": 340})
        self.front.insert_chart(self.below + 1, 0, chart)

    def _numbers(self, sheet: "Worksheet", column: int, name: str, values: Any) -> None:
        four = name.startswith("unit_value") or name == "high_water_mark"
        pattern = "0.0000" if four else "#,##0.00"
        form = self.format(num_format=pattern)
        for r, value in enumerate(values.tolist(), start=1):
            if np.isfinite(value):
                sheet.write_number(r, column, _Exact(value), form)

    def _formulas(self, sheet: "Worksheet", result: Record, first: int) -> None:
        """Write the columns that Excel works out itself, with the values they have."""
        c = self.column
        grown_by = levels(result.ledger)
        returns, level, index_level = (
            daily_returns(result.ledger), grown_by["net"], grown_by["index"]
        )  # fmt: skip
        depth = Drawdowns(level).depth.to_numpy()
        percent, plain = self.format(num_format="0.00%"), self.format(num_format="0.000000")
        flows = "+".join(f"{c[name]}{{row}}" for name in line_names("flow"))
        worth = f"({c['equity']}{{row}}-{c['accrued_performance_fee']}{{row}})"
        at_open = f"({c['equity']}{{before}}+{flows}-{c['accrued_fee_at_open']}{{row}})"
        net = f"={worth}/{at_open}-1"
        index = f"={c['index_close']}{{row}}/{c['index_close']}{{before}}-1"
        grown = f"={c['net_level']}{{before}}*(1+{c['net_return']}{{row}})"
        risen = f"={c['index_close']}{{row}}/{c['index_close']}$2"
        highest = f"MAX({c['net_level']}$2:{c['net_level']}{{row}})"
        fall = f"=ROUND({c['net_level']}{{row}}/{highest}-1,12)"
        sheet.write_number(1, first + 1, 1.0, plain)
        if np.isfinite(index_level.iloc[0]):
            sheet.write_number(1, first + 4, 1.0, plain)
        for r in range(1, len(level)):
            row = {"row": r + 2, "before": r + 1}
            for k, (formula, value, form) in enumerate(
                (
                    (net, returns["net"].iloc[r - 1], percent),
                    (grown, level.iloc[r], plain),
                    (index, returns["index"].iloc[r - 1], percent),
                    (fall, depth[r], percent),
                    (risen, index_level.iloc[r], plain),
                )
            ):
                if np.isfinite(value):
                    sheet.write_formula(r + 1, first + k, formula.format(**row), form, float(value))

    def sums(self, result: Record) -> None:
        """Write key figures as formulas over the days, beside the report's own values."""
        sheet = self.sheet(self.words["formulas"])
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 2, 20)
        for k, name in enumerate(("measure", "formula", "report")):
            sheet.write_string(0, k, self.words[name], self.format(bold=True, bottom=1))
        row = 1
        for label, formula, value, pattern in self._checks(result):
            form = self.format(num_format=pattern)
            sheet.write_string(row, 0, label)
            sheet.write_formula(row, 1, formula, form, value)
            sheet.write_number(row, 2, _Exact(value), form)
            row += 1

    def _checks(self, result: Record) -> list[tuple[str, str, float, str]]:
        c, last, summary = self.column, self.span + 1, summary_of(result)
        language: Language = "zh" if self.document.language == "zh" else "en"

        def over(name: str) -> str:
            return f"'{self.daily}'!{c[name]}3:{c[name]}{last}"

        def at(name: str, row: int) -> str:
            return f"'{self.daily}'!{c[name]}{row}"

        ratio = f"{at('net_level', last)}/{at('net_level', 2)}"
        years = f"({at('date', last)}-{at('date', 2)})/{CALENDAR_DAYS_A_YEAR}"
        known = {
            "return_net": (f"={ratio}-1", "0.00%"),
            "annual_return_net": (f"=({ratio})^(1/({years}))-1", "0.00%"),
            "volatility_net": (
                f"=STDEV({over('net_return')})*SQRT({TRADING_DAYS_A_YEAR})",
                "0.00%",
            ),
            "max_drawdown_net": (f"=MIN({over('drawdown')},0)", "0.00%"),
            "best_day": (f"=MAX({over('net_return')})", "0.00%"),
            "worst_day": (f"=MIN({over('net_return')})", "0.00%"),
        }
        known |= {
            f"paid_{name}": (f"=-SUM({over(name)})", "#,##0")
            for name in (*line_names("fee"), "commission", "stamp_duty", "futures_fee", "impact")
        }
        found = []
        for key, (formula, pattern) in known.items():
            value = summary[key].value
            if isinstance(value, float | int):
                found.append((summary[key].label(language), formula, float(value), pattern))
        lines = self.document.words["lines"]
        worth = result.ledger["equity"] - result.ledger["accrued_performance_fee"]
        change = float(worth.iloc[-1] - worth.iloc[0])
        parts = "+".join(f"SUM({over(name)})" for name in Bridge.LINES)
        found.append((lines["equity_change"], f"={parts}", change, "#,##0.00"))
        return found

    def contents(self, sheets: list[tuple[str, str]]) -> None:
        """Write the list of sheets with links."""
        self.list.set_column(0, 0, 60)
        self.list.write_string(0, 0, self.words["contents"], self.format(bold=True, font_size=12))
        extra = [(name, name) for name in (self.daily, self.words["formulas"]) if self.daily]
        link = self.format(font_color="#17406d", underline=1)
        for k, (name, title) in enumerate([*sheets, *extra], start=1):
            self.list.write_url(k, 0, f"internal:'{name}'!A1", link, title)


class _Exact(float):
    """A number that the file holds to its last digit.

    The library writes 16 digits where some numbers need 17: -0.020250000000000004 became -0.02025,
    which prints as -2.02% by the format that makes -2.03% of the number itself.
    """

    def __format__(self, pattern: str) -> str:
        return repr(float(self)) if pattern == ".16G" else super().__format__(pattern)


def _ends(cell: Cell) -> list[Cell]:
    """Return the two ends of an interval or a span; what is said in their place stands first."""
    if cell.bounds is None:
        return [cell, Cell("")]
    return [
        Cell(end.isoformat(), value=end)
        if isinstance(end, date)
        else Cell(format(end, cell.pattern), "number", value=end, pattern=cell.pattern)
        for end in cell.bounds
    ]


def _number_format(pattern: str) -> str:
    """Return a Python number format as Excel's.

    >>> _number_format(".2%"), _number_format(",.0f"), _number_format(".3f")
    ('0.00%', '#,##0', '0.000')
    """
    digits = int(pattern.partition(".")[2][:-1] or 0) if "." in pattern else 0
    whole = "#,##0" if "," in pattern else "0"
    text = whole + ("." + "0" * digits if digits else "")
    return text + "%" if pattern.endswith("%") else text


def _letters(column: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(column))


def _wide(text: str) -> float:
    """Return the width of a text in Latin letters: a Chinese one counts twice."""
    return sum(2.0 if ord(letter) > 0x2E7F else 1.0 for letter in text)
