"""The command `quanthedge trials`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.options import End, Start
from quanthedge.cli.screen import printed, table_of
from quanthedge.errors import DataError

__all__ = ["command"]


def command(
    market: Annotated[
        Path | None, typer.Argument(help="Folder of a market: only trials on its data.")
    ] = None,
    start: Start = None,
    end: End = None,
) -> None:
    """List what was tried: every evaluation and backtest in the registry, and sealed periods.

    Each run and each evaluation of a factor writes a line; the same again counts once. How many
    trials overlap a run's days goes into its deflated Sharpe ratio and into the q of evaluations.
    The registry is a file of yours; the environment variable QUANTHEDGE_TRIALS names another
    folder, or "off".

    Example: quanthedge trials data/sample --start 2014-09-17 --end 2015-07-31
    """
    from quanthedge.market import Market
    from quanthedge.trials import known, overlapping

    table = known()
    if table is None:
        raise DataError(
            "the registry of trials is off or cannot be read; QUANTHEDGE_TRIALS names its folder"
        )
    if market is not None:
        data = Market.open(market)
        found = overlapping(data, start or data.dates[0], end or data.dates[-1])
        table = table.iloc[:0] if found is None else found
    else:
        first, last = start or "0001-01-01", end or "9999-12-31"
        table = table[(table["start"] <= last) & (table["end"] >= first)]
    columns = ("kind", "label", "market", "start", "end", "when")
    rows = [
        tuple(str(cell) for cell in row) for row in table[list(columns)].itertuples(index=False)
    ]
    printed(table_of((*columns[:-1], "when (UTC)"), rows, "trials"), 140)
    tried = table["kind"].isin(["evaluation", "backtest"])
    typer.echo(f"{int(tried.sum()):,} trials.")
