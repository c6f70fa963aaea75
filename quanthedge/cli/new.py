"""The command `quanthedge new`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.language import AnyLanguage, language_asked
from quanthedge.cli.manner import Quiet
from quanthedge.cli.screen import say_briefly, typed

__all__ = ["command"]


def command(
    folder: Annotated[Path, typer.Argument(help="Folder to write: a new or an empty one.")],
    quiet: Quiet = False,
    language: AnyLanguage = None,
) -> None:
    """Write a folder to begin in: a strategy, a factor of your own, a notebook, a test, the steps.

    It runs as it stands, on the sample market that comes with the package; the README in it says
    how, line by line.

    Example: quanthedge new my_fund --language en
    """
    from quanthedge.begin import new_folder

    chosen = language_asked(language)
    files = new_folder(folder, chosen)
    if quiet:
        say_briefly(files)
        return
    for file in files:
        say_briefly([file])
    typer.echo(f"\ncd {typed(folder)}")
    typer.echo("quanthedge run strategy.toml --start 2014-09-17 --end 2015-07-31 --out runs/first")
    typer.echo(f"quanthedge report runs/first --language {chosen}")
