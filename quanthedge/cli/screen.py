"""What a terminal shows: progress while a command works, lines and tables within its width.

A letter of Chinese takes two columns. Nothing is coloured where the output is no terminal, or where
the environment's NO_COLOR asks for none.
"""

import os
import re
import shlex
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from quanthedge.cli.language import told
from quanthedge.progress import telling

if TYPE_CHECKING:
    from rich.table import Table

    from quanthedge.cli.shelf import Shelf
    from quanthedge.progress import Teller

__all__ = [
    "WIDTH",
    "and_wrote",
    "aside",
    "became",
    "display_width",
    "fitted",
    "padded",
    "print_table",
    "printed",
    "say",
    "say_briefly",
    "say_next",
    "say_written",
    "stages",
    "table_of",
    "typed",
    "wrapped",
]

WIDTH = 80  # columns that every terminal has
_PIECES = re.compile(r"\s+|[^\s\u2e80-\u9fff\uff00-\uffef]+|[\u2e80-\u9fff\uff00-\uffef]")
_BARE = re.compile(r"[\w@%+=:,./\\-]+" if os.name == "nt" else r"[\w@%+=:,./-]+")
_NEVER_FIRST = set("，。、；：！？）》」』”’%")
_LEAST = 8  # columns of a column that is folded


@contextmanager
def stages(title: str, steps: Mapping[str, float] | None = None) -> "Iterator[Teller]":
    """Show a live line with the stage at work and its time, where there is a terminal.

    ``steps`` says of stages which share of the whole is over when they begin.
    """
    with telling(title, steps=steps, after=_SOON) as tell:
        yield tell


_SOON = 0.4  # seconds until a command shows that it is at work


def display_width(text: str) -> int:
    """Return the columns that a text takes.

    >>> display_width("夏普 Sharpe")
    11
    """
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
    )


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Return a text with blanks up to a width, at its end or, for ``right``, before it.

    >>> padded("夏普", 6) + "|" + padded("夏普", 6, right=True)
    '夏普  |  夏普'
    """
    blanks = " " * (width - display_width(text))
    return blanks + text if right else text + blanks


def fitted(text: str, width: int = WIDTH) -> str:
    """Return a text in one line, cut with a mark where it is longer than that.

    >>> fitted("fundamentals", 6)
    'funda…'
    """
    if display_width(text) <= width:
        return text
    while display_width(text) > width - 1:
        text = text[:-1]
    return f"{text}…"


def wrapped(text: str, width: int = WIDTH, *, indent: int = 0) -> list[str]:
    """Return a text in lines of a width; further lines begin with blanks.

    Words stay whole, Chinese breaks between letters but for a mark at the start of a line.
    """
    lines: list[str] = []
    line: list[str] = []
    for piece in _PIECES.findall(text):
        if display_width("".join([*line, piece])) <= width or not "".join(line).strip():
            line.append(piece)
            continue
        carried: list[str] = []
        while piece in _NEVER_FIRST and len(line) > 1 and not carried:
            carried = [line.pop()]  # a mark takes what stands before it along
        lines.append("".join(line).rstrip())
        line = [" " * indent, *carried, *([] if piece.isspace() else [piece])]
    return [*lines, "".join(line).rstrip()]


def aside(label: str, text: str, width: int, *, lines: int = 2) -> str:
    """Return a text beside its label, at most so many lines of it.

    >>> print(aside("Risk", "low", 8))
    Risk    low
    """
    found = wrapped(text, WIDTH - width)
    if len(found) > lines:
        rest = " ".join(found[lines - 1 :])
        found = [*found[: lines - 1], fitted(rest, WIDTH - width)]
    return ("\n" + " " * width).join([padded(label, width) + found[0], *found[1:]])


def say(text: str, *, indent: int = 0, err: bool = False) -> None:
    """Print a text in lines of the least width of a terminal."""
    for part in text.split("\n"):
        for line in wrapped(part, indent=indent):
            typer.echo(line, err=err)


def table_of(columns: Iterable[str], rows: Iterable[Sequence[str]], title: str) -> "Table":
    """Return a table of texts, shown as they are: "EP[t]" is no mark-up."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title) or None, box=box.SIMPLE_HEAD,
                  pad_edge=False, title_justify="left", title_style="bold")  # fmt: skip
    for name in columns:
        table.add_column(escape(name), overflow="fold")  # Chinese has no blanks to break at
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def printed(table: "Table", *, first: bool = True) -> None:
    """Print a table in the width of the terminal; elsewhere in the least that terminals have.

    No line ends in the blanks that fill its last column; one that is not the first of several
    begins without the empty line of its frame.
    """
    shown = _console(None if sys.stdout.isatty() else WIDTH)
    with shown.capture() as taken:
        shown.print(table)
    lines = [_without_blanks(line) for line in taken.get().rstrip("\n").split("\n")]
    for line in lines if first or lines[0] else lines[1:]:
        print(line)  # in the console's own letters, which typer.echo goes past


_END = re.compile(r"(?: |\x1b\[[\d;]*m)+$")


def _without_blanks(line: str) -> str:
    r"""Return a line without blanks at its end; the codes of colours among them stay.

    >>> _without_blanks("a b  "), _without_blanks("\x1b[1ma   \x1b[0m ")
    ('a b', '\x1b[1ma\x1b[0m')
    """
    return _END.sub(lambda end: end[0].replace(" ", ""), line)


def _console(width: int | None = None) -> Any:
    """Return what prints on stdout: without any escape code where none is wanted."""
    from rich.console import Console

    plain = bool(os.environ.get("NO_COLOR"))
    return Console(
        width=width, highlight=False, color_system=None if plain else "auto", soft_wrap=False
    )


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "", *, keys: int = 1
) -> None:
    """Print a table of any width: columns that find no room follow below, beside the first ones.

    Parameters
    ----------
    columns, rows
        Texts.
    title
        Above the first part.
    keys
        Columns that stand in every part.
    """
    widths = [
        max([display_width(name), *(display_width(row[at]) for row in rows)])
        for at, name in enumerate(columns)
    ]
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    for number, chosen in enumerate(_parts(widths, keys)):
        table = Table(title=escape(title) if title and not number else None, pad_edge=False,
                      box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")  # fmt: skip
        for at in chosen:
            numbers = at >= keys and all(map(_is_figure, (row[at] for row in rows)))
            table.add_column(escape(columns[at]), justify="right" if numbers else "left",
                             overflow="fold")  # fmt: skip
        for row in rows:
            table.add_row(*(escape(row[at]) for at in chosen))
        printed(table, first=not number)


def _parts(widths: list[int], keys: int) -> list[list[int]]:
    """Return which columns stand side by side: as many as there is room for."""
    first = list(range(keys))
    taken = sum(min(widths[at], WIDTH // (keys + 1)) + 2 for at in first)
    parts: list[list[int]] = []
    room = 0
    for at in range(keys, len(widths)):
        need = widths[at] + 2
        if not parts or need > room:
            parts.append([*first])
            room = WIDTH - taken
        parts[-1].append(at)
        room -= need
    return parts or [first]


def _is_figure(text: str) -> bool:
    return not text or text[0] in "+-0123456789–"


def say_next(*commands: str) -> None:
    """Say what to call next, a command a line."""
    label = padded(told("screen")["next"], 8)
    for number, command in enumerate(commands):
        typer.echo((label if not number else " " * 8) + command)


def typed(path: object) -> str:
    """Return a path as a shell takes it, for a command that is shown to be typed.

    >>> typed("runs/first"), typed("runs/第一")
    ('runs/first', 'runs/第一')
    """
    text = str(path)
    if _BARE.fullmatch(text):
        return text
    return subprocess.list2cmdline([text]) if os.name == "nt" else shlex.quote(text)


def say_written(shelf: "Shelf", paths: Iterable[Path] | None = None, *, err: bool = False) -> None:
    """Name documents and what became of each; all of a shelf's where none are named."""
    for path in shelf.said if paths is None else paths:
        typer.echo(f"{became(shelf, path)} {path}", err=err)


def and_wrote(out: Path | None) -> str:
    """Return the end of a command's one line, which names what it wrote."""
    return "" if out is None else told("screen")["and_wrote"].format(out=out)


def say_briefly(paths: Sequence[Path]) -> None:
    """Name what was written in one line."""
    words = told("screen")
    if len(paths) == 1:
        typer.echo(f"{words['wrote']} {paths[0]}")
        return
    names = ", ".join(path.name for path in paths[:_NAMED])
    if len(paths) > _NAMED:
        names += words["others"]
    folder = os.path.commonpath([path.parent for path in paths]) if paths else ""
    typer.echo(words["wrote_files"].format(count=len(paths), folder=folder, names=names))


_NAMED = 3  # files of several that a line names


def became(shelf: "Shelf", path: Path) -> str:
    """Return what became of a document, in the language of the command."""
    return told("screen")[shelf.said.get(path, "wrote")]
