"""The command `quanthedge report`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.language import AnyLanguages
from quanthedge.cli.manner import AsJson, Quiet, manner_of, print_json
from quanthedge.cli.options import Overwrite, RunFolder
from quanthedge.cli.products import FixedRates, products
from quanthedge.cli.report_files import (
    FORMATS_ASKED,
    Formats,
    asked_edition,
    asked_formats,
    edition_languages,
    report_steps,
    written,
)
from quanthedge.cli.screen import say_briefly, stages

if TYPE_CHECKING:
    from quanthedge.cli.shelf import Shelf

__all__ = ["command"]


def command(
    folder: RunFolder,
    language: AnyLanguages = None,
    formats: Formats = FORMATS_ASKED,
    *,
    edition: Annotated[
        str,
        typer.Option(
            help="full: the whole book; client: the few pages for investors; risk: the chapters "
            "on risk."
        ),
    ] = "full",
    as_of: Annotated[
        str | None,
        typer.Option(help="YYYY-MM-DD: day of the run that everything is stated as of."),
    ] = None,
    month: Annotated[
        str | None, typer.Option(help="YYYY-MM: the report of a month of the run.")
    ] = None,
    product: Annotated[
        Path | None,
        typer.Option(
            help="TOML with particulars of the fund (manager, custodian, comments), in place of "
            "those of the strategy."
        ),
    ] = None,
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
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write the report of a run: HTML that works offline, PDF, Excel, all numbers, figures.

    In the run's own folder the report takes the place of its earlier one; a report of another run,
    or one that somebody changed, is not replaced but for --overwrite.

    The client edition is two to four pages for investors, in Chinese unless --language or
    QUANTHEDGE_LANGUAGE say otherwise; its files are client_zh.html and so on, those of a month
    client_2015-03_zh.html. What --product leaves out stays as the strategy has it.

    Example: quanthedge report runs/mn --language zh,en --format html,pdf,xlsx,json

    Example: quanthedge report runs/mn --edition client --month 2015-03 --product fund.toml
    --format pdf,html
    """
    if edition != "client" and "html" in formats:
        from quanthedge.report import begin_library

        begin_library()  # on the other core, while the libraries of this one are loaded
    from quanthedge.backtesting import Result
    from quanthedge.cli.shelf import Shelf

    manner = manner_of(as_json=as_json, quiet=quiet)
    chosen, kinds = asked_edition(edition), asked_formats(formats)
    languages = edition_languages(language, chosen)
    with stages("report", report_steps(languages)) as tell:
        tell("reading the run")
        result = Result.open(folder)
        if capacity is not None:
            result = result.with_capacity(capacity)
        if product is not None:
            result = result.with_product(product)
        target, shelf = folder if out is None else out, Shelf(overwrite=overwrite, run=folder)
        others = products(nav, fixed, stated)
        for line in written(
            result, target, languages, kinds, shelf, tell, others, chosen, as_of=as_of, month=month
        ):
            if manner == "short":
                typer.echo(line)
    if manner == "json":
        print_json({"command": "report", "run": folder, "edition": chosen, "languages": languages,
                    "files": _files(shelf)})  # fmt: skip
    elif manner == "quiet":
        say_briefly(list(shelf.said))


def _files(shelf: "Shelf") -> list[dict[str, object]]:
    """Return for machines what was written: where, what became of it, bytes."""
    return [
        {"path": path, "became": became, "bytes": path.stat().st_size}
        for path, became in shelf.said.items()
    ]
