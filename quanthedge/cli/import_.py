"""The command `quanthedge import`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, told
from quanthedge.cli.manner import Quiet
from quanthedge.cli.options import SourceLayout
from quanthedge.cli.screen import say, stages

__all__ = ["command"]


def command(
    source: Annotated[Path, typer.Argument(help="Folder or archive (zip, tar) of the data.")],
    target: Annotated[Path, typer.Argument(help="Folder of the dataset to write.")],
    layout: SourceLayout = "auto",
    more: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            help="A further source for tables that SOURCE lacks: PATH or PATH=LAYOUT (repeatable).",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the market; by default that of SOURCE.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another dataset in TARGET.")
    ] = False,
    keep_code: Annotated[
        list[str] | None,
        typer.Option(
            help="Of a company under two codes the code to keep (repeatable); by default the one "
            "whose bars reach further."
        ),
    ] = None,
    keep_doubles: Annotated[
        bool, typer.Option("--keep-doubles", help="Keep both codes of such companies.")
    ] = False,
    quiet: Quiet = False,
    language: AnyLanguage = None,
) -> None:
    """Turn market data into a QuantHedge dataset, checked table by table.

    Errors in the data stop the import and name the table, the row and what is accepted. A dataset
    in TARGET made from the same data is recognised and left as it is; another one is refused unless
    --overwrite, and stays until the new one is complete. Other files in TARGET stay.
    docs/importing.md lists the layouts and what each of them can carry.

    Examples: quanthedge import ../shared/market data/real

    quanthedge import ~/qlib/cn_data data/mine --with ~/wtpy/storage/csv=wtpy
    """
    from quanthedge.sources import import_market

    chosen = language_asked(language)
    with stages("import") as tell:
        report = import_market(
            source,
            target,
            layout=layout,
            progress=tell,
            name=name,
            more=more or (),
            overwrite=overwrite,
            keep_code=keep_code or (),
            keep_doubles=keep_doubles,
        )
    if not quiet:
        say(report.to_text(chosen), indent=4)
    done = told("import")["there" if report.already_there else "done"]
    typer.echo(done.format(source=source, target=target))
