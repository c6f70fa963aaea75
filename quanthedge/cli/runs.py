"""The commands `quanthedge runs ...`: what a store of runs holds, and its upkeep."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.screen import printed, table_of
from quanthedge.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from quanthedge.batch.store import Store

__all__ = ["app"]

app = typer.Typer(
    name="runs",
    no_args_is_help=True,
    help="List, show, compare, remove and export the runs of a store, and check it.",
)

StoreFolder = Annotated[
    Path | None,
    typer.Option("--store", envvar="QUANTHEDGE_STORE", help="Folder of the store."),
]
Where = Annotated[
    str | None,
    typer.Option(help="Condition, e.g. \"sharpe > 1 and hedge.contract = 'front'\"."),
]
_COLUMNS = ("label", "start", "end", "return", "sharpe", "drawdown", "correlation", "tags")
_WIDTH = 140
_LETTERS = 8  # of a key that a table shows


def opened(folder: Path | None) -> "Store":
    """Return the store of an option.

    Raises
    ------
    DataError
        None is named, or the folder is none.
    """
    from quanthedge.batch.store import Store

    if folder is None:
        raise DataError("no store named; --store FOLDER or the environment's QUANTHEDGE_STORE")
    return Store.open(folder, make=False)


@app.command("list")
def list_(
    store: StoreFolder = None,
    where: Where = None,
    sweep: Annotated[str | None, typer.Option(help="Only runs of this sweep.")] = None,
    sort: Annotated[
        str | None, typer.Option(help="Figure or parameter to sort by; largest first.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="Figures and parameters to show, separated by commas.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show.")] = 50,
) -> None:
    """List the runs of a store that meet a condition.

    Example: quanthedge runs list --store runs/store --where "sharpe > 1 and hedge.ratio >= 0.9"
    --sort sharpe
    """
    from quanthedge.batch.store import column_of

    table = opened(store).runs(where, sweep)
    if sort is not None and len(table):
        table = table.sort_values(column_of(table, sort), ascending=False, kind="stable")
    names = _COLUMNS if columns is None else [one.strip() for one in columns.split(",")]
    shown = table.head(limit)
    rows = [
        (key[:_LETTERS], *cells)
        for key, *cells in zip(shown.index, *(_cells(shown, name) for name in names), strict=True)
    ]
    printed(table_of(("run", *names), rows, str(store)), _WIDTH)
    failed = int((table["status"] == "failed").sum())
    more = f", {limit:,} shown" if len(table) > limit else ""
    typer.echo(f"{len(table):,} runs{more}; {failed:,} failed.")


def _cells(table: "pd.DataFrame", name: str) -> list[str]:
    """Return a column as texts; one that these runs do not have is empty where it is usual."""
    from quanthedge.batch.store import SHORT, column_of

    if not len(table):
        return []
    short = SHORT.get(name, name)
    if name in _COLUMNS and short not in table.columns:
        return [""] * len(table)
    return [_text(cell) for cell in table[column_of(table, name)]]


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return "" if cell != cell else f"{cell:.4g}"  # noqa: PLR0124 -- NaN
    return "" if cell is None else str(cell)
