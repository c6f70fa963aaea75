"""What a terminal shows while a command works, and the tables it prints."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from quanthedge.cli.shelf import Shelf
    from quanthedge.typing import Tell

__all__ = ["printed", "say_written", "stages", "table_of"]


_SHOWS_ANYWAY = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")  # as rich asks for them


@contextmanager
def stages(title: str) -> "Iterator[Tell]":
    """Show a live line with the stage at work and its time, where there is a terminal."""
    if not (sys.stderr.isatty() or any(map(os.environ.get, _SHOWS_ANYWAY))):
        yield lambda _text: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    with Progress(
        SpinnerColumn(),
        BarColumn(bar_width=24),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(title, total=None)
        yield lambda text: progress.update(task, description=f"{title}: {text}")


def table_of(columns: Iterable[str], rows: Iterable[Sequence[str]], title: str) -> "Table":
    """Return a table of texts, shown as they are: "EP[t]" is no mark-up."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(*map(escape, columns), title=escape(title))
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def printed(table: "Table", width: int) -> None:
    """Print a table; ``width`` in characters where the output is no terminal."""
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else width).print(table)


def say_written(shelf: "Shelf", paths: Iterable[Path] | None = None) -> None:
    """Name documents and what became of each; all of a shelf's where none are named."""
    for path in shelf.said if paths is None else paths:
        typer.echo(f"{shelf.said[path]} {path}")
