"""The command `quanthedge compare`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.comparing import print_products
from quanthedge.cli.language import AnyLanguage, language_asked, told
from quanthedge.cli.manner import AsJson, Full, Quiet, manner_of, print_json
from quanthedge.cli.options import Overwrite, RunFolders
from quanthedge.cli.products import FixedRates, products
from quanthedge.cli.screen import and_wrote, say, say_written

__all__ = ["command"]


def command(
    runs: RunFolders,
    nav: Annotated[
        list[str] | None, typer.Option(help="NAME=FILE, CSV with date and value; may be repeated.")
    ] = None,
    fixed: FixedRates = None,
    stated: Annotated[
        list[str] | None,
        typer.Option(help="NAME=RETURN,CORRELATION as published; may be repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file to write the table to.")] = None,
    *,
    full: Full = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    language: AnyLanguage = None,
    overwrite: Overwrite = False,
) -> None:
    """Set a run beside its index, the deposit, other runs, unit values and stated products.

    Example: quanthedge compare runs/mn runs/long_only --nav mine=mine.csv --fixed trust=0.08
    """
    from quanthedge.backtesting import Result
    from quanthedge.cli.shelf import Shelf, check_csv
    from quanthedge.comparison import Products, compare_funds

    chosen = language_asked(language)
    manner = manner_of(full=full, as_json=as_json, quiet=quiet)
    check_csv(out)
    first, *others = [Result.open(folder) for folder in runs]
    beside = [{str(folder): result} for folder, result in zip(runs[1:], others, strict=True)]
    named = products(nav, fixed, stated)
    everything = Products(Products.own(first, "en" if manner == "json" else chosen), *beside, named)
    words = told("compare")
    plain = {} if manner == "json" else {"same_dates": words["same_dates"]}  # JSON has one language
    found = compare_funds(first, everything, name=str(runs[0]), **plain)
    count = len(found.table) - 1
    if manner == "json":
        print_json({"command": "compare", "products": found.table, "sleeves": found.sleeves,
                    "notes": found.notes})  # fmt: skip
    elif manner != "quiet":
        say(words["head"].format(count=count, name=runs[0]))
        print_products(found, full=manner == "full")
        if manner == "full":
            for note in found.notes:
                say(f"- {note[chosen]}", indent=2)
        elif found.notes:
            typer.echo(words["notes"].format(count=len(found.notes)))
    if out is not None:
        shelf = Shelf(overwrite=overwrite, run=runs[0])
        shelf.write(out, found.table.to_csv(), "comparison")
        if manner != "quiet":
            say_written(shelf, err=manner == "json")
    if manner == "quiet":
        typer.echo(words["head"].format(count=count, name=runs[0]) + and_wrote(out))
