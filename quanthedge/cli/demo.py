"""The command `quanthedge demo`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.language import AnyLanguages, languages_asked
from quanthedge.cli.manner import Quiet

__all__ = ["command"]

_SPAN = ("--start", "2014-09-17", "--end", "2015-07-31")


def command(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Run folder to write.")] = Path("runs/demo"),
    quiet: Quiet = False,
    language: AnyLanguages = None,
) -> None:
    """Run the main job on the sample market and write its reports: the first thing to try.

    The words that are run are printed first, so that they can be taken and changed. The first run
    of an installation compiles for a minute or so, unless its wheel brought compiled code.

    Example: quanthedge demo --out runs/demo
    """
    # 30 of the sample's 120 stocks: the strategy picks 100 of the 800 largest of a real market
    words = ["run", "market_neutral", "--set", "selector.n=30", *_SPAN]
    languages = languages_asked(language)
    words += ["--out", str(out), "--report", ",".join(languages)]
    if quiet:
        words.append("--quiet")
    else:
        typer.echo(f"quanthedge {' '.join(words)}")
    words += ["--language", languages[0]]
    context.find_root().command(words, prog_name="quanthedge", standalone_mode=False)
