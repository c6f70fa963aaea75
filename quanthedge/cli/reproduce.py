"""The command `quanthedge reproduce`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.options import MarketFolder
from quanthedge.cli.runs import StoreFolder, opened
from quanthedge.cli.screen import stages
from quanthedge.errors import StrategyError

__all__ = ["command"]


def command(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run folder, or the key of a run in a store.")
    ],
    market: MarketFolder = Path("data/sample"),
    store: StoreFolder = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the run folder of a run of a store, if the same.")
    ] = False,
) -> None:
    """Make a run again and compare it with what was kept, byte by byte; exit code 1: it differs.

    Says what changed since: the data (fingerprint), the code, versions of packages, the user's own
    code; and for each file the first cell that differs. Of a run of which a store keeps the days
    only, the days are compared.

    Example: quanthedge reproduce runs/mn --market data/sample
    """
    from quanthedge.batch.store import reproduce
    from quanthedge.market import Market

    folder = Path(run)
    is_folder = folder.is_dir()
    if keep and is_folder:
        raise StrategyError("reproduce --keep: accepted with the key of a run in a store")
    with stages("reproduce") as tell:
        tell("opening the market")
        data = Market.open(market)
        place = None if is_folder else opened(store)
        found = reproduce(run, data, store=place, keep=keep, tell=tell)
    for line in found.changed:
        typer.echo(f"changed: {line}")
    for one in found.files[~found.files["same"]].itertuples():
        typer.echo(f"differs: {one.file}: {one.difference}")
    count = len(found.files)
    differing = int((~found.files["same"]).sum())
    if found.same:
        typer.echo(f"{found.run}: the same to the byte, {count} files.")
        return
    why = "" if found.changed else "; nothing that is known to decide figures has changed"
    typer.echo(f"{found.run}: {differing} of {count} files differ{why}.")
    raise typer.Exit(1)
