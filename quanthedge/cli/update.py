"""The command `quanthedge update`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, told
from quanthedge.cli.manner import Quiet
from quanthedge.cli.options import SourceLayout
from quanthedge.cli.screen import say, stages

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
    quiet: Quiet = False,
    language: AnyLanguage = None,
) -> None:
    """Add new days to a dataset; say what the source changes of the days before.

    A source that changes history is refused with what it changes, unless --accept-changes is
    given. The dataset is replaced in one step; a second update waits for the first.

    Example: quanthedge update downloads/tushare data/mine --layout tushare
    """
    from quanthedge.sources import update_market

    chosen = language_asked(language)
    with stages("update") as tell:
        report = update_market(
            source, target, layout, progress=tell, more=more or (), accept_changes=accept_changes
        )
    if not quiet:
        say(report.to_text(chosen), indent=4)
    typer.echo(told("import")["updated"].format(source=source, target=target))
