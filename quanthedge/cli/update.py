"""The command `quanthedge update`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.options import SourceLayout
from quanthedge.cli.screen import stages

__all__ = ["command"]


def command(
    source: Annotated[Path, typer.Argument(help="Folder or archive with the newer data.")],
    target: Annotated[Path, typer.Argument(help="Dataset to bring up to date.")],
    layout: SourceLayout = "auto",
    more: Annotated[
        list[str] | None,
        typer.Option("--with", help="A further source: PATH or PATH=LAYOUT (repeatable)."),
    ] = None,
    accept_changes: Annotated[
        bool, typer.Option(help="Take over rows that differ from those known before.")
    ] = False,
) -> None:
    """Add new days to a dataset; say what the source changes of the days before.

    A source that changes history is refused with what it changes, unless --accept-changes is
    given. The dataset is replaced in one step; a second update waits for the first.

    Example: quanthedge update downloads/tushare data/mine --layout tushare
    """
    from quanthedge.sources import update_market

    with stages("update") as tell:
        report = update_market(
            source, target, layout, progress=tell, more=more or (), accept_changes=accept_changes
        )
    typer.echo(report.to_text())
    typer.echo(f"Updated {target} from {source}.")
