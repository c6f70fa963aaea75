"""The commands `quanthedge runs ...`: what a store of runs holds, and its upkeep."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, spoken, told
from quanthedge.cli.manner import AsJson, Quiet, print_json
from quanthedge.cli.options import Overwrite
from quanthedge.cli.screen import padded, print_table, say, say_briefly, say_written
from quanthedge.errors import DataError, StrategyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from quanthedge.batch.store import Store

__all__ = ["Keys", "StoreFolder", "app", "opened"]

app = typer.Typer(
    name="runs",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
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
    store = Store.open(folder, make=False)
    if store.is_lost:
        typer.echo(told("runs")["lost"].format(store=store.folder), err=True)
    return store


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
    as_json: AsJson = False,
    language: AnyLanguage = None,
) -> None:
    """List the runs of a store that meet a condition.

    A condition is comparisons (= != < <= > >=, in (...), like '%...%', is null) joined by and, or,
    not and parentheses. Names are what a run is (label, market, start, status, tags ...), its
    figures (sharpe_net, or short: return, sharpe, drawdown, correlation ...) and its parameters
    (hedge.contract, selector.n).

    Example: quanthedge runs list --store runs/store --where "sharpe > 1 and hedge.ratio >= 0.9"
    --sort sharpe
    """
    language_asked(language)
    words, place = told("runs"), named or store
    table = _sorted(opened(place).runs(where, sweep), sort)
    names = _COLUMNS if columns is None else [one.strip() for one in columns.split(",")]
    shown = table.head(limit)
    failed = int((table["status"] == "failed").sum())
    if as_json:
        print_json({"command": "runs list", "store": place, "count": len(table), "failed": failed,
                    "runs": shown})  # fmt: skip
        return
    cells = [_cells(shown, name) for name in names]
    rows = [[key[:_LETTERS], *row] for key, *row in zip(shown.index, *cells, strict=True)]
    heads = [words.get(name) or _named(name) for name in names]
    print_table([words["run"], *heads], rows, str(place))
    more = words["shown"].format(count=f"{limit:,}") if len(table) > limit else ""
    typer.echo(words["counted"].format(count=f"{len(table):,}", more=more, failed=f"{failed:,}"))


@app.command()
def show(
    run: Key, store: StoreFolder = None, as_json: AsJson = False, language: AnyLanguage = None
) -> None:
    """Show a run: what it is, its figures, its parameters, where it lies.

    Example: quanthedge runs show 3fa2c1 --store runs/store
    """
    from quanthedge.batch.store import ABOUT

    language_asked(language)
    place = opened(store)
    key = place.find(run)
    row, parameters = place.about(key), place.parameters(key)
    figures = row.drop(labels=[*ABOUT, *(name for name in parameters if name in row.index)])
    about = {name: row[name] for name in ABOUT if _text(row[name])}
    paths = {"days": place.files_of(key)[0]}
    if row["whole"]:
        paths["run_folder"] = place.folder_of(key)
    if as_json:
        print_json({"command": "runs show", "run": key, **about, **paths, "figures": figures,
                    "parameters": parameters})  # fmt: skip
        return
    _print_run(key, {**about, **paths})
    words = told("runs")
    rows = [[_named(str(k)), _text(value), str(k)] for k, value in figures.items() if _text(value)]
    print_table([words["figure"], words["value"], words["key"]], rows, words["figures"])
    rows = [[_bracketed(name), _text(value)] for name, value in parameters.items()
            if value is not None]  # fmt: skip
    print_table([words["parameter"], words["value"]], rows, words["parameters"])


def _print_run(key: str, about: dict[str, Any]) -> None:
    """Print what a run is and where it lies, a line each."""
    words = told("runs")
    typer.echo(f"{words['run']} {key}")
    for name, value in about.items():
        text = words.get(str(value), _text(value)) if name in ("status", "whole") else _text(value)
        typer.echo(f"  {padded(words[name], 12)} {text}")


@app.command()
def compare(
    run: Key,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="Another run.")],
    store: StoreFolder = None,
    as_json: AsJson = False,
    language: AnyLanguage = None,
) -> None:
    """Set two runs side by side: what was asked for otherwise, and what came of it.

    Example: quanthedge runs compare 3fa2c1 90be77 --store runs/store
    """
    from quanthedge.batch.store import compare as side_by_side

    language_asked(language)
    words, place = told("runs"), opened(store)
    found = side_by_side(place, run, other)
    heads = (place.find(run)[:_LETTERS], place.find(other)[:_LETTERS])
    if as_json:
        print_json({"command": "runs compare", "runs": heads, "asked": found.asked,
                    "made": found.made, "figures": found.figures})  # fmt: skip
        return
    rows = [
        [words.get(name) or _bracketed(name), _text(one), _text(two)]
        for name, one, two in found.asked.itertuples()
    ]
    print_table([words["asked_for"], *heads], rows, words["differs"])
    for line in found.made:
        say(words["made"].format(line=line), indent=2)
    rows = [[_named(name), *map(_text, cells)] for name, *cells in found.figures.itertuples()]
    print_table([words["figure"], *heads, words["difference"]], rows, words["figures"])


@app.command()
def remove(
    runs: Keys = None,
    store: StoreFolder = None,
    where: Where = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do so for what --where finds.")] = False,
    language: AnyLanguage = None,
) -> None:
    """Take runs away, with their days and run folders; files that are not ours stay.

    Example: quanthedge runs remove 3fa2c1 --store runs/store
    """
    language_asked(language)
    words, place = told("runs"), opened(store)
    keys = _chosen(place, runs, where)
    if where is not None and not yes:
        typer.echo(words["would_go"].format(count=f"{len(keys):,}"))
        return
    stayed = place.remove(keys)
    typer.echo(words["gone"].format(count=f"{len(keys):,}"))
    for path in stayed:
        typer.echo(words["stays"].format(path=path))


@app.command()
def export(
    out: Annotated[Path, typer.Option(help="Table (.csv, .parquet), or a folder for whole runs.")],
    runs: Keys = None,
    store: StoreFolder = None,
    where: Where = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    language: AnyLanguage = None,
) -> None:
    """Bring runs out of a store.

    Without RUN a table of what --where finds, a row a run. With RUN: into a .csv or .parquet file
    the days of these runs; into a folder the run folders of those that are kept whole, which
    `quanthedge report` reads.

    Example: quanthedge runs export --out runs.parquet --where "sharpe > 1" --store runs/store
    """
    from quanthedge.batch.store import days_table, export, table_bytes
    from quanthedge.cli.shelf import Shelf

    language_asked(language)
    place = opened(store)
    if out.suffix.lower() not in (".csv", ".parquet"):
        written = list(export(place, _chosen(place, runs, where), out, overwrite=overwrite))
        for paths in [written] if quiet else [[path] for path in written]:
            say_briefly(paths)
        return
    table = place.runs(where) if not runs else days_table(place, _chosen(place, runs, None))
    shelf = Shelf(overwrite=overwrite)
    shelf.write(out, table_bytes(table, out), "table")
    say_written(shelf)  # one line, quiet or not


@app.command()
def tag(
    tag: Annotated[str, typer.Argument(help="The tag, a word or a few.")],
    runs: Keys = None,
    store: StoreFolder = None,
    where: Where = None,
    off: Annotated[bool, typer.Option("--off", help="Take the tag away.")] = False,
    language: AnyLanguage = None,
) -> None:
    """Give runs a tag, or take it away; `--where "tag = 'best'"` finds them.

    Example: quanthedge runs tag best 3fa2c1 90be77 --store runs/store
    """
    language_asked(language)
    place = opened(store)
    keys = _chosen(place, runs, where)
    (place.untag if off else place.tag)(keys, tag)
    said = told("runs")["untagged" if off else "tagged"]
    typer.echo(said.format(count=f"{len(keys):,}", tag=tag))


@app.command()
def note(
    run: Key,
    text: Annotated[str, typer.Argument(help="The note; an empty one takes it away.")],
    store: StoreFolder = None,
    language: AnyLanguage = None,
) -> None:
    """Write a note on a run, in the place of the one that it has.

    Example: quanthedge runs note 3fa2c1 "shown to the committee in March" --store runs/store
    """
    language_asked(language)
    place = opened(store)
    place.note(place.find(run), text)


@app.command()
def sweeps(
    named: Named = None,
    store: StoreFolder = None,
    as_json: AsJson = False,
    language: AnyLanguage = None,
) -> None:
    """List the sweeps of a store: how many variants, done and failed.

    Example: quanthedge runs sweeps --store runs/store
    """
    language_asked(language)
    words, place = told("runs"), named or store
    found = opened(place).sweeps()
    columns = ["id", "when", "variants", "done", "failed"]
    if as_json:
        print_json({"command": "runs sweeps", "store": place, "sweeps": found[columns]})
        return
    rows = [[*map(_text, row)] for row in found[columns].itertuples(index=False)]
    heads = [words[name] for name in ("sweep", "when", *columns[2:])]
    print_table(heads, rows, str(place))


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
    as_json: AsJson = False,
    language: AnyLanguage = None,
) -> None:
    """Look at every page of the catalogue and every file of a store; exit code 1: damage.

    Files that killed writers left are taken away; what is not ours is named and stays.

    Example: quanthedge runs check --store runs/store
    """
    language_asked(language)
    words, place = told("runs"), opened(named or store)
    found = place.check(repair=repair)
    damaged = int((found["problem"] == "damaged").sum())
    try:
        runs: int | None = len(place)
    except DataError:  # of a damaged catalogue nobody can count
        runs = None
    if as_json:
        print_json({"command": "runs check", "store": place.folder, "runs": runs,
                    "damaged": damaged, "findings": found})  # fmt: skip
    else:
        for one in found.to_dict("records"):
            problem = words.get(one["problem"], one["problem"])
            typer.echo(": ".join(filter(None, (problem, one["what"], one["done"]))))
        counted = "" if runs is None else words["checked"].format(count=f"{runs:,}")
        typer.echo(counted + words["damages"].format(count=f"{damaged:,}"))
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


def _named(name: str) -> str:
    """Return what a figure, short or whole, or a parameter is called; else its key."""
    from quanthedge.batch import parameter_name
    from quanthedge.batch.store import SHORT
    from quanthedge.performance import Measure

    key = SHORT.get(name, name)
    figure = Measure.name(key, spoken())
    return figure if figure != key else parameter_name(name, spoken())


def _bracketed(name: str) -> str:
    """Return what a parameter is called, with its key, which ``--set`` and ``--where`` ask for."""
    from quanthedge.batch import parameter_name

    named = parameter_name(name, spoken())
    if named == name:
        return name
    return f"{named}（{name}）" if spoken() == "zh" else f"{named} ({name})"


def _text(cell: Any, form: str = ".6g") -> str:
    if isinstance(cell, float):
        return "" if cell != cell else format(cell, form)  # noqa: PLR0124 -- NaN
    return "" if cell is None else str(cell)
