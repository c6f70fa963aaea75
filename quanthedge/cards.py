"""Cards: what an object is, its few figures, and what to call next; as text and for a notebook.

One builder for all of them, so that they read alike: a title, a line or two of facts, a small table
of figures, and calls that lead on. Texts stand in both languages; a card is short by construction.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from quanthedge.typing import Language
from quanthedge.words import Bilingual, default_language

__all__ = ["Card", "Carded", "Cell"]

Cell = str | Bilingual  # what is no word (a number, a code, a call) is the same in both languages

_WIDTH = 80  # columns of a terminal
_MOST_ROWS = 10
_MOST_FACTS = 4
_MOST_STEPS = 4
_LONGEST_TITLE = 78  # columns that a text may take, as of a name that a user gave
_LONGEST_FACT = 230
_LONGEST_CELL = 52
_SHORTEST_NAME = 16  # to which the name of a row is cut where its figures need the place
_LONGEST_STEP = 140
_AND_MORE: Bilingual = {"en": "and {n} more", "zh": "另有 {n} 项"}
_NEXT: Bilingual = {"en": "Next", "zh": "接下来"}
_NUMBER = re.compile(r"[-+−]?[\d.,]+\s*[%‰]?")  # a cell that is set to the right
_WORDS = re.compile(
    r"\s+|[⺀-鿿＀-￯][、。，；：！？）》”]*|[^\s⺀-鿿＀-￯]+"
)  # that a line breaks between


@dataclass(frozen=True)
class Card:
    """A short answer to "what is this, and what now?".

    Attributes
    ----------
    title : text in both languages
        What it is, and its name.
    facts : sequence of texts in both languages
        Sentences on what it is of: span, size, warnings.
    figures : sequence of rows
        Each a tuple of a name and one value or more, as printed.
    next_steps : sequence of pairs
        A call and what it gives.
    heads : sequence of cells
        Over the values of the figures, where they have more than one.

    Examples
    --------
    >>> card = Card(
    ...     {"en": "Book", "zh": "组合"},
    ...     [{"en": "200 stocks on 31 December 2014.", "zh": "2014年12月31日持有200只股票。"}],
    ...     [({"en": "Invested", "zh": "仓位"}, "97.2%"), ("Beta", "0.03")],
    ...     [("book.weights", {"en": "weight of each stock", "zh": "个股权重"})],
    ... )
    >>> print(card.text("en"))
    Book
      200 stocks on 31 December 2014.
    <BLANKLINE>
      Invested  97.2%
      Beta       0.03
    <BLANKLINE>
      Next
        book.weights  weight of each stock
    """

    title: Bilingual
    facts: Sequence[Bilingual]
    figures: Sequence[tuple[Cell, ...]]
    next_steps: Sequence[tuple[str, Bilingual]]
    heads: Sequence[Cell] = ()

    def text(self, language: Language | None = None) -> str:
        """Return the card for a terminal: at most 80 columns wide, about 25 lines.

        Parameters
        ----------
        language : "zh" or "en", optional
            By default that of the environment.
        """
        code = language or default_language()
        lines = [_in(self.title, code, _LONGEST_TITLE)]
        for fact in self.facts[:_MOST_FACTS]:
            lines += [f"  {line}" for line in _wrapped(_in(fact, code, _LONGEST_FACT), _WIDTH - 2)]
        table = _aligned(self._rows(code), _WIDTH - 2)
        lines += self._after([f"  {line}" for line in table])
        asked = self.next_steps[:_MOST_STEPS]
        steps = [(call, _in(what, code, _LONGEST_STEP)) for call, what in asked]
        told = [f"    {line}" for line in _told_steps(steps, _WIDTH - 4)]
        lines += self._after([f"  {_NEXT[code]}", *told] if told else [])
        return "\n".join(line.rstrip() for line in lines)

    def html(self, language: Language | None = None) -> str:
        """Return the card for a notebook: one element with its own styles, for light and dark."""
        code = language or default_language()
        tongue = {"en": "en", "zh": "zh-CN"}[code]
        parts = [f'<div lang="{tongue}" tabindex="0" style="{_STYLE["card"]}">']
        parts.append(f'<div style="{_STYLE["title"]}">{escape(_in(self.title, code))}</div>')
        parts += [
            f'<div style="{_STYLE["fact"]}">{escape(_in(fact, code))}</div>'
            for fact in self.facts[:_MOST_FACTS]
        ]
        parts += _html_rows(self._rows(code), headed=bool(self.heads))
        steps = self.next_steps[:_MOST_STEPS]
        if steps:
            parts.append(f'<div style="{_STYLE["next"]}">{_NEXT[code]}</div>')
        parts += [
            f'<div style="{_STYLE["step"]}"><code>{escape(call)}</code> '
            f"{escape(_in(what, code))}</div>"
            for call, what in steps
        ]
        return "".join([*parts, "</div>"])

    def _rows(self, code: Language) -> list[list[str]]:
        """Return the table of figures as texts, its heads first; what is left out is counted."""
        shown = [[_in(cell, code, _LONGEST_CELL) for cell in row] for row in self.figures]
        if len(shown) > _MOST_ROWS:
            more = len(shown) - _MOST_ROWS
            shown = [*shown[:_MOST_ROWS], [_AND_MORE[code].format(n=f"{more:,}")]]
        return [["", *(_in(head, code) for head in self.heads)], *shown] if self.heads else shown

    @staticmethod
    def _after(lines: list[str]) -> list[str]:
        return ["", *lines] if lines else []


class Carded:
    """What shows itself as a card, printed and in a notebook; heirs give :meth:`card`."""

    def card(self) -> Card:
        """Return what this is, its few figures, and what to call next."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.card().text()

    def __str__(self) -> str:
        return self.card().text()

    def _repr_html_(self) -> str:
        return self.card().html()


_STYLE = {  # colours are those of the page, so that a card is read in light and dark
    "card": "border:1px solid rgba(128,128,128,.45);border-radius:6px;padding:.6em .9em;"
    "max-width:46em;line-height:1.45;overflow-x:auto",
    "title": "font-weight:600;font-size:1.05em",
    "fact": "margin:.15em 0",
    "table": "border-collapse:collapse;margin:.5em 0;font-variant-numeric:tabular-nums;"
    "font-size:inherit",
    "head": "font-weight:400;text-align:right;padding:.1em 0 .1em 1.4em;border:0;"
    "border-bottom:1px solid rgba(128,128,128,.45);background:transparent",
    "name": "font-weight:400;text-align:left;padding:.1em 0;border:0;background:transparent",
    "number": "text-align:right;padding:.1em 0 .1em 1.4em;border:0;background:transparent;"
    "white-space:nowrap",
    "word": "text-align:left;padding:.1em 0 .1em 1.4em;border:0;background:transparent",
    "next": "margin-top:.5em;font-weight:600",
    "step": "margin:.1em 0",
}


def _html_rows(rows: list[list[str]], *, headed: bool) -> list[str]:
    if not rows:
        return []
    right = _right_columns(rows, headed=headed)
    parts = [f'<table style="{_STYLE["table"]}">']
    for place, row in enumerate(rows):
        first, *rest = row
        if headed and place == 0:
            cells = [f'<td style="{_STYLE["name"]}"></td>']
            cells += [
                f'<th scope="col" style="{_STYLE["head"]}">{escape(one)}</th>' for one in rest
            ]
        else:
            cells = [f'<th scope="row" style="{_STYLE["name"]}">{escape(first)}</th>']
            cells += [
                f'<td style="{_STYLE["number" if right[k] else "word"]}">{escape(one)}</td>'
                for k, one in enumerate(rest, start=1)
            ]
        parts.append(f'<tr style="background:transparent">{"".join(cells)}</tr>')
    return [*parts, "</table>"]


def _in(text: Cell, code: Language, longest: int = 0) -> str:
    """Return a text in a language on one line, and no longer than asked."""
    line = " ".join((text if isinstance(text, str) else text[code]).split())
    return _cut(line, longest) if longest else line


def _cut(line: str, width: int) -> str:
    """Return a line that takes no more than so many columns."""
    from rich.cells import set_cell_size

    return line if _cells(line) <= width else f"{set_cell_size(line, width - 1).rstrip()}…"


def _cells(text: str) -> int:
    """Return how many columns a text takes, two a Chinese character."""
    from rich.cells import cell_len

    return cell_len(text)


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - _cells(text))
    return space + text if right else text + space


def _right_columns(rows: list[list[str]], *, headed: bool) -> list[bool]:
    """Return of each column whether it is set to the right: all that it has are numbers."""
    inside = rows[1:] if headed else rows
    columns = max(map(len, rows))
    cells = [[row[k] for row in inside if k < len(row) and row[k]] for k in range(columns)]
    return [k > 0 and all(_NUMBER.match(one) for one in column) for k, column in enumerate(cells)]


def _aligned(rows: list[list[str]], width: int) -> list[str]:
    """Return rows of cells as lines whose columns stand below one another.

    Where they are wider than a line, the names in front are cut, not the figures.
    """
    if not rows:
        return []
    right = _right_columns(rows, headed=not rows[0][0])
    tabled = [row for row in rows if len(row) > 1]
    widths = [
        max((_cells(row[k]) for row in tabled if k < len(row)), default=0)
        for k in range(len(right))
    ]
    if widths:
        over = sum(widths) + 2 * (len(widths) - 1) - width
        widths[0] = max(widths[0] - over, _SHORTEST_NAME) if over > 0 else widths[0]
        rows = [[_cut(row[0], widths[0]), *row[1:]] if len(row) > 1 else row for row in rows]
    lines = [
        "  ".join(_padded(one, widths[k], right=right[k]) for k, one in enumerate(row))
        for row in rows
    ]
    return [_cut(line.rstrip(), width) for line in lines]


def _told_steps(steps: list[tuple[str, str]], width: int) -> list[str]:
    """Return calls with what they give beside them, or below where a line is too long."""
    longest = max((_cells(call) for call, _ in steps), default=0)
    lines = []
    for call, what in steps:
        line = f"{_padded(call, longest, right=False)}  {what}"
        lines += [line] if _cells(line) <= width else [call, *_indented(what, width)]
    return lines


def _indented(text: str, width: int) -> list[str]:
    return [f"  {line}" for line in _wrapped(text, width - 2)]


def _wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of a width; between Chinese characters a line may break anywhere."""
    lines, line = [], ""
    for word in _WORDS.findall(text):
        if _cells(line + word.rstrip()) > width and line.strip():
            lines.append(line.rstrip())
            line = ""
        line += word if line else word.lstrip()
    return [*lines, line] if line else lines
