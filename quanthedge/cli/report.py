"""The command `quanthedge report`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.options import Overwrite, RunFolder
from quanthedge.cli.products import FixedRates, products
from quanthedge.cli.report_files import (
    FORMATS_ASKED,
    Formats,
    asked_formats,
    asked_languages,
    written,
)
from quanthedge.cli.screen import stages

__all__ = ["command"]


def command(
    folder: RunFolder,
    language: Annotated[str, typer.Option(help="zh, en, or both: en,zh.")] = "zh",
    formats: Formats = FORMATS_ASKED,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write into; the run folder by default.")
    ] = None,
    nav: Annotated[
        list[str] | None,
        typer.Option(help="NAME=FILE: unit values (CSV) set beside the fund; may be repeated."),
    ] = None,
    fixed: FixedRates = None,
    stated: Annotated[
        list[str] | None, typer.Option(help="NAME=RETURN,CORRELATION as published.")
    ] = None,
    capacity: Annotated[
        Path | None, typer.Option(help="CSV of `quanthedge capacity --out`: adds its chapter.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write the report of a run: HTML that works offline, PDF, Excel, all numbers, figures.

    In the run's own folder the report takes the place of its earlier one; a report of another run,
    or one that somebody changed, is not replaced but for --overwrite.

    Example: quanthedge report runs/mn --language zh,en --format html,pdf,xlsx,json
    """
    from quanthedge.backtesting import Result
    from quanthedge.cli.shelf import Shelf

    languages, kinds = asked_languages(language, "--language"), asked_formats(formats)
    with stages("report") as tell:
        tell("reading the run")
        result = Result.open(folder)
        if capacity is not None:
            result = result.with_capacity(capacity)
        target, shelf = folder if out is None else out, Shelf(overwrite=overwrite, run=folder)
        others = products(nav, fixed, stated)
        for line in written(result, target, languages, kinds, shelf, tell, others):
            typer.echo(line)
