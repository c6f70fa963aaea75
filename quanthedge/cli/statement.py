"""The command `quanthedge statement`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.options import Overwrite, RunFolder, language_of
from quanthedge.cli.screen import say_written

__all__ = ["command"]


def command(
    run: RunFolder,
    investor: Annotated[str, typer.Argument(help="Name of the investor.")],
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    formats: Annotated[
        str,
        typer.Option("--format", help="Of html, pdf, xlsx and json, or several of them."),
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder to write into; the run folder by default.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Show an investor's statement, and write it as a page, PDF, workbook or numbers.

    Lots with their marks, payments, fees with an explanation of each, his own returns, what he
    would get today, and what the method gives or takes from him beside one that charges by lot. The
    files carry his name; no two names give one file, and a letter of another run is not replaced
    but for --overwrite.

    Example: quanthedge statement runs/clients founder --language zh --format html,pdf --out letters
    """
    from quanthedge.backtesting import Result
    from quanthedge.cli.shelf import Shelf
    from quanthedge.report import build_statement, statement_text, write_statements

    chosen = language_of(language)
    kinds = list(dict.fromkeys(one.strip() for one in formats.split(",") if one.strip()))
    if out is not None and not kinds:
        kinds = ["html"]
    result = Result.open(run)
    typer.echo(statement_text(build_statement(result, investor, chosen)))
    shelf, folder = Shelf(overwrite=overwrite, run=run), run if out is None else out
    say_written(shelf, write_statements(result, investor, folder, kinds, chosen, shelf.write))
