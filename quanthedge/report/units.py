"""Units at the head of a printed table, in the place of one in each cell.

Where all numbers of a table are percentages the table says so once; where those of some columns
are, the heads of these columns do. Numbers, Excel and JSON keep what they have.
"""

from dataclasses import replace

from quanthedge.report.blocks import Cell, Table
from quanthedge.typing import Language

__all__ = ["unit_at_head"]

_BRACKETS = {"zh": "{title}（%）", "en": "{title} (%)"}


def unit_at_head(table: Table, language: Language) -> Table:
    """Return the table as it is printed.

    Examples
    --------
    >>> cell = Cell("12.34%", "number", value=0.1234, pattern=".2%")
    >>> day = Cell("5", "number", value=5, pattern=".0f")
    >>> both = Table("table-x", "X", "", ["year", "net", "days"], [[Cell("2015"), cell, day]])
    >>> printed = unit_at_head(both, "en")
    >>> printed.head, [one.text for one in printed.rows[0]]
    (['year', 'net (%)', 'days'], ['2015', '12.34', '5'])
    """
    columns = [[row[k] for row in table.rows] for k in range(len(table.head))]
    numbers = [[cell for cell in column if _is_number(cell)] for column in columns]
    shares = {k for k, own in enumerate(numbers) if k and own and all(map(_is_share, own))}
    if not shares:
        return table
    rows = [
        [_bare(cell) if k in shares else cell for k, cell in enumerate(row)] for row in table.rows
    ]
    if shares == {k for k, own in enumerate(numbers) if k and own} and not table.unit:
        return replace(table, rows=rows, unit="%")
    head = [
        _BRACKETS[language].format(title=title) if k in shares and "%" not in title else title
        for k, title in enumerate(table.head)
    ]
    return replace(table, rows=rows, head=head)


def _is_number(cell: Cell) -> bool:
    return isinstance(cell.value, int | float) or cell.bounds is not None


def _is_share(cell: Cell) -> bool:
    return cell.pattern.endswith("%")


def _bare(cell: Cell) -> Cell:
    return replace(cell, text=cell.text.replace("%", "")) if _is_share(cell) else cell
