"""The command `quanthedge reproduce`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, told
from quanthedge.cli.manner import AsJson, print_json
from quanthedge.cli.options import SAMPLE, MarketFolder
from quanthedge.cli.runs import StoreFolder, opened
from quanthedge.cli.screen import stages
from quanthedge.errors import StrategyError

if TYPE_CHECKING:
    from quanthedge.batch.store import Reproduction

__all__ = ["command"]


def command(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run folder, or the key of a run in a store.")
    ],
    market: MarketFolder = SAMPLE,
    store: StoreFolder = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the run folder of a run of a store, if the same.")
    ] = False,
    as_json: AsJson = False,
    language: AnyLanguage = None,
) -> None:
    """Make a run again and compare it with what was kept, byte by byte; exit code 1: it differs.

    Says what changed since: the data (fingerprint), the code, versions of packages, the user's own
    code; and for each file the first cell that differs. Of a run of which a store keeps the days
    only, the days are compared.

    Example: quanthedge reproduce runs/mn --market data/sample
    """
    from quanthedge.batch import WalkForward
    from quanthedge.batch.store import reproduce
    from quanthedge.market import Market

    language_asked(language)
    folder = Path(run)
    is_folder = folder.is_dir()
    if keep and is_folder:
        raise StrategyError("reproduce --keep: accepted with the key of a run in a store")
    with stages("reproduce") as tell:
        tell("opening the market")
        data = Market.open(market)
        place = None if is_folder else opened(store)
        found = reproduce(run, data, store=place, keep=keep, tell=tell, again=WalkForward.again)
    if as_json:
        print_json({"command": "reproduce", "run": found.run, "same": found.same,
                    "changed": found.changed, "files": found.files})  # fmt: skip
    else:
        _print(found)
    if not found.same:
        raise typer.Exit(1)


def _print(found: "Reproduction") -> None:
    """Say what changed since, which files differ, and whether all came out the same."""
    words = told("reproduce")
    for line in found.changed:
        typer.echo(words["changed"].format(line=line))
    for one in found.files[~found.files["same"]].itertuples():
        typer.echo(words["differs"].format(file=one.file, difference=one.difference))
    count = len(found.files)
    differing = int((~found.files["same"]).sum())
    if found.same:
        typer.echo(words["same"].format(run=found.run, count=count))
        return
    why = "" if found.changed else words["why"]
    typer.echo(words["other"].format(run=found.run, differing=differing, count=count, why=why))
