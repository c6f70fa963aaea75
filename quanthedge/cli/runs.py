"""The commands `quanthedge runs ...`: what a store of runs holds, and its upkeep."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quanthedge.cli.options import Overwrite
from quanthedge.cli.screen import printed, say_written, table_of
from quanthedge.errors import DataError, StrategyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from quanthedge.batch.store import Store

__all__ = ["Keys", "StoreFolder", "app", "opened"]

app = typer.Typer(
    name="runs",
    no_args_is_help=True,
    help=(
        "List, show, compare, remove and export the runs of a store, and check it.\n\n"
        "The store is a folder: --store FOLDER, or the environment's QUANTHEDGE_STORE. A run is "
        "named by the first letters of its key, at least 4."
    ),
)

StoreFolder = Annotated[
    Path | None,
    typer.Option("--store", envvar="QUANTHEDGE_STORE", help="Folder of the store."),
]
Named = Annotated[Path | None, typer.Argument(metavar="[STORE]", help="The same as --store.")]
Key = Annotated[str, typer.Argument(metavar="RUN", help="First letters of a run's key.")]
Keys = Annotated[list[str] | None, typer.Argument(metavar="RUN...", help="First letters of keys.")]
Where = Annotated[
    str | None,
    typer.Option(help="Condition, e.g. \"sharpe > 1 and hedge.contract = 'front'\"."),
]
_COLUMNS = ("label", "start", "end", "return", "sharpe", "drawdown", "correlation", "tags")
_FORMS = {  # of the usual figures; others are shown with six digits
    "annual_return_net": ".2%",
    "volatility_net": ".2%",
    "max_drawdown_net": ".2%",
    "sharpe_net": ".2f",
    "correlation_accrued_daily": ".3f",
    "beta_daily": ".3f",
}
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
    named: Named = None,
    store: StoreFolder = None,
    where: Where = None,
    sweep: Annotated[str | None, typer.Option(help="Only runs of this sweep.")] = None,
    sort: Annotated[
        str | None, typer.Option(help="Figure or parameter to sort by, largest first.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="Figures and parameters to show, separated by commas.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show.")] = 50,
) -> None:
    """List the runs of a store that meet a condition.

    A condition is comparisons (= != < <= > >=, in (...), like '%...%', is null) joined by and, or,
    not and parentheses. Names are what a run is (label, market, start, status, tags ...), its
    figures (sharpe_net, or short: return, sharpe, drawdown, correlation ...) and its parameters
    (hedge.contract, selector.n).

    Example: quanthedge runs list --store runs/store --where "sharpe > 1 and hedge.ratio >= 0.9"
    --sort sharpe
    """
    place = named or store
    table = _sorted(opened(place).runs(where, sweep), sort)
    names = _COLUMNS if columns is None else [one.strip() for one in columns.split(",")]
    shown = table.head(limit)
    cells = [_cells(shown, name) for name in names]
    rows = [(key[:_LETTERS], *row) for key, *row in zip(shown.index, *cells, strict=True)]
    printed(table_of(("run", *names), rows, str(place)), _WIDTH)
    failed = int((table["status"] == "failed").sum())
    more = f", {limit:,} shown" if len(table) > limit else ""
    typer.echo(f"{len(table):,} runs{more}; {failed:,} failed.")


@app.command()
def show(run: Key, store: StoreFolder = None) -> None:
    """Show a run: what it is, its figures, its parameters, where it lies.

    Example: quanthedge runs show 3fa2c1 --store runs/store
    """
    from quanthedge.batch.store import ABOUT

    place = opened(store)
    key = place.find(run)
    row = place.about(key)
    typer.echo(f"run {key}")
    for name in ABOUT:
        if _text(row[name]):
            typer.echo(f"  {name:<12} {_text(row[name])}")
    typer.echo(f"  {'days':<12} {place.files_of(key)[0]}")
    if row["whole"]:
        typer.echo(f"  {'run folder':<12} {place.folder_of(key)}")
    parameters = place.parameters(key)
    figures = row.drop(labels=[*ABOUT, *(name for name in parameters if name in row.index)])
    rows = [(str(name), _text(value)) for name, value in figures.items() if _text(value)]
    printed(table_of(("figure", "value"), rows, "Figures"), _WIDTH)
    rows = [(name, _text(value)) for name, value in parameters.items() if value is not None]
    printed(table_of(("parameter", "value"), rows, "Parameters"), _WIDTH)


@app.command()
def compare(
    run: Key,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="Another run.")],
    store: StoreFolder = None,
) -> None:
    """Set two runs side by side: what was asked for otherwise, and what came of it.

    Example: quanthedge runs compare 3fa2c1 90be77 --store runs/store
    """
    from quanthedge.batch.store import compare as side_by_side

    place = opened(store)
    found = side_by_side(place, run, other)
    heads = (place.find(run)[:_LETTERS], place.find(other)[:_LETTERS])
    rows = [(name, _text(one), _text(two)) for name, one, two in found.asked.itertuples()]
    printed(table_of(("asked for", *heads), rows, "What differs"), _WIDTH)
    for line in found.made:
        typer.echo(f"made otherwise: {line}")
    rows = [(name, *map(_text, cells)) for name, *cells in found.figures.itertuples()]
    printed(table_of(("figure", *heads, "difference"), rows, "Figures"), _WIDTH)


@app.command()
def remove(
    runs: Keys = None,
    store: StoreFolder = None,
    where: Where = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do so for what --where finds.")] = False,
) -> None:
    """Take runs away, with their days and run folders; files that are not ours stay.

    Example: quanthedge runs remove 3fa2c1 --store runs/store
    """
    place = opened(store)
    keys = _chosen(place, runs, where)
    if where is not None and not yes:
        typer.echo(f"{len(keys):,} runs meet the condition; --yes takes them away.")
        return
    stayed = place.remove(keys)
    typer.echo(f"{len(keys):,} runs were taken away.")
    for path in stayed:
        typer.echo(f"not ours, stays: {path}")


@app.command()
def export(
    out: Annotated[Path, typer.Option(help="Table (.csv, .parquet), or a folder for whole runs.")],
    runs: Keys = None,
    store: StoreFolder = None,
    where: Where = None,
    overwrite: Overwrite = False,
) -> None:
    """Bring runs out of a store.

    Without RUN a table of what --where finds, a row a run. With RUN: into a .csv or .parquet file
    the days of these runs; into a folder the run folders of those that are kept whole, which
    `quanthedge report` reads.

    Example: quanthedge runs export --out runs.parquet --where "sharpe > 1" --store runs/store
    """
    from quanthedge.batch.store import days_table, export, table_bytes
    from quanthedge.cli.shelf import Shelf

    place = opened(store)
    if out.suffix.lower() not in (".csv", ".parquet"):
        for path in export(place, _chosen(place, runs, where), out, overwrite=overwrite):
            typer.echo(f"Wrote {path}")
        return
    table = place.runs(where) if not runs else days_table(place, _chosen(place, runs, None))
    shelf = Shelf(overwrite=overwrite)
    shelf.write(out, table_bytes(table, out), "table")
    say_written(shelf)


@app.command()
def tag(
    tag: Annotated[str, typer.Argument(help="The tag, a word or a few.")],
    runs: Keys = None,
    store: StoreFolder = None,
    where: Where = None,
    off: Annotated[bool, typer.Option("--off", help="Take the tag away.")] = False,
) -> None:
    """Give runs a tag, or take it away; `--where "tag = 'best'"` finds them.

    Example: quanthedge runs tag best 3fa2c1 90be77 --store runs/store
    """
    place = opened(store)
    keys = _chosen(place, runs, where)
    (place.untag if off else place.tag)(keys, tag)
    typer.echo(f"{len(keys):,} runs {'no longer have' if off else 'have'} the tag {tag}.")


@app.command()
def note(
    run: Key,
    text: Annotated[str, typer.Argument(help="The note; an empty one takes it away.")],
    store: StoreFolder = None,
) -> None:
    """Write a note on a run, in the place of the one that it has.

    Example: quanthedge runs note 3fa2c1 "shown to the committee in March" --store runs/store
    """
    place = opened(store)
    place.note(place.find(run), text)


@app.command()
def sweeps(named: Named = None, store: StoreFolder = None) -> None:
    """List the sweeps of a store: how many variants, done and failed.

    Example: quanthedge runs sweeps --store runs/store
    """
    place = named or store
    found = opened(place).sweeps()
    columns = ["id", "when", "variants", "done", "failed"]
    rows = [tuple(map(_text, row)) for row in found[columns].itertuples(index=False)]
    printed(table_of(("sweep", "when (UTC)", *columns[2:]), rows, str(place)), _WIDTH)


@app.command()
def check(
    named: Named = None,
    store: StoreFolder = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Let damaged runs count as failed, so that a sweep runs them again."
        ),
    ] = False,
) -> None:
    """Look at every page of the catalogue and every file of a store; exit code 1: damage.

    Files that killed writers left are taken away; what is not ours is named and stays.

    Example: quanthedge runs check --store runs/store
    """
    place = opened(named or store)
    found = place.check(repair=repair)
    for one in found.to_dict("records"):
        typer.echo(f"{one['problem']}: {one['what']}" + (f": {one['done']}" if one["done"] else ""))
    damaged = int((found["problem"] == "damaged").sum())
    try:
        runs = f"{len(place):,} runs, "
    except DataError:  # of a damaged catalogue nobody can count
        runs = ""
    typer.echo(f"{runs}{damaged:,} damaged.")
    if damaged:
        raise typer.Exit(1)


def _chosen(store: "Store", runs: "Iterable[str] | None", where: str | None) -> list[str]:
    """Return the whole keys of runs that are named, or that meet a condition.

    Raises
    ------
    StrategyError
        Neither, or both.
    """
    if bool(runs) == (where is not None):
        raise StrategyError('runs: name RUN ..., or --where "CONDITION"; one of them')
    if where is not None:
        return list(store.runs(where).index)
    return list(dict.fromkeys(store.find(one) for one in runs or ()))


def _sorted(table: "pd.DataFrame", by: str | None) -> "pd.DataFrame":
    """Return runs by a figure or parameter, largest first; those without it last."""
    from quanthedge.batch.store import column_of

    if by is None or not len(table):
        return table
    column = table[column_of(table, by)]
    if column.dtype == object:  # numbers and texts together
        column = column.map(_text)
    return table.loc[column.sort_values(ascending=False, kind="stable").index]


def _cells(table: "pd.DataFrame", name: str) -> list[str]:
    """Return a column as texts; one that these runs do not have is empty where it is usual."""
    from quanthedge.batch.store import SHORT, column_of

    if not len(table):
        return []
    if name in _COLUMNS and SHORT.get(name, name) not in table.columns:
        return [""] * len(table)
    column = column_of(table, name)
    return [_text(cell, _FORMS.get(column, ".6g")) for cell in table[column]]


def _text(cell: Any, form: str = ".6g") -> str:
    if isinstance(cell, float):
        return "" if cell != cell else format(cell, form)  # noqa: PLR0124 -- NaN
    return "" if cell is None else str(cell)
