"""The command `quanthedge compare`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.options import Overwrite, RunFolders
from quanthedge.cli.products import FixedRates, products
from quanthedge.cli.screen import say_written

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
    overwrite: Overwrite = False,
) -> None:
    """Set a run beside its index, the deposit, other runs, unit values and stated products.

    Example: quanthedge compare runs/mn runs/long_only --nav mine=mine.csv --fixed trust=0.08
    """
    from quanthedge.backtesting import Result
    from quanthedge.cli.shelf import Shelf
    from quanthedge.comparison import compare_funds, own_products, together

    first, *others = [Result.open(folder) for folder in runs]
    beside = [{str(folder): result} for folder, result in zip(runs[1:], others, strict=True)]
    named = products(nav, fixed, stated)
    everything = together(own_products(first), *beside, named)
    found = compare_funds(first, everything, name=str(runs[0]))
    typer.echo(repr(found))
    if out is not None:
        shelf = Shelf(overwrite=overwrite, run=runs[0])
        shelf.write(out, found.table.to_csv(), "comparison")
        say_written(shelf)
