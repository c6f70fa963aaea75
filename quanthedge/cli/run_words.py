"""What `quanthedge run` says around a run: whether it is there already, what it was, what stays."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from quanthedge.cli.language import told
from quanthedge.errors import DataError

if TYPE_CHECKING:
    from quanthedge.backtesting import Result
    from quanthedge.market import Market
    from quanthedge.strategy import Strategy

__all__ = [
    "kept_run",
    "run_there",
    "say_what_stays",
    "say_where_it_comes_from",
    "stored",
    "stored_run",
]


def kept_run(
    out: Path,
    plan: "Strategy",
    data: "Market",
    span: tuple[str | None, str | None],
    variants: tuple[str, ...],
    *,
    again: bool,
    overwrite: bool,
    aside: bool,
) -> "Result | None":
    """Return the run that is asked for when the folder holds it; None when it has to be run.

    That it is there is said; ``aside``: on stderr.

    Raises
    ------
    DataError
        The folder holds another run, or something else.
    """
    from quanthedge.backtesting import Result, asked
    from quanthedge.record import RunFolder

    now = asked(plan, data, *span, variants)
    if not RunFolder(out).holds(now, overwrite=overwrite) or again:
        return None
    try:
        result = Result.open(out)
    except DataError as error:
        raise DataError(f"{error}; --again does so") from error
    typer.echo(told("run_there")["folder"].format(out=out), err=aside)
    return result


def stored_run(
    folder: Path,
    plan: "Strategy",
    data: "Market",
    span: tuple[str | None, str | None],
    variants: tuple[str, ...],
    *,
    aside: bool,
) -> "Result | None":
    """Return the run that is asked for when a store has it whole; None when it has to be run.

    That it is there is said; ``aside``: on stderr.

    Raises
    ------
    DataError
        The folder is no store, or the run in it is damaged.
    """
    from quanthedge.backtesting import asked
    from quanthedge.batch.store import Store
    from quanthedge.trials import digest

    store, key = Store.open(folder), digest(asked(plan, data, *span, variants))
    if not store.known([key]) or not store.is_whole(key):
        return None
    try:
        result = store.result(key)
    except DataError as error:
        raise DataError(f"{error}; --again runs it") from error
    typer.echo(told("run_there")["store"].format(folder=folder, key=key[:12]), err=aside)
    return result


def stored(folder: Path, result: "Result", seconds: float) -> None:
    """Put a run into a store and say under which key."""
    from quanthedge.batch.store import Store

    key = Store.open(folder).put(result, seconds=seconds)
    typer.echo(told("run_there")["stored"].format(folder=folder, key=key[:12]), err=True)


def run_there(out: Path) -> str | None:
    """Return the digest of the run that a folder holds; None where it holds none of ours."""
    from quanthedge.record import RunFolder

    try:
        return RunFolder(out).head().digest
    except DataError:
        return None


def say_where_it_comes_from(strategy: Path, data: "Market") -> None:
    """Say when the strategy of a run folder is run on another market, or is not as it was."""
    from quanthedge.record import RunFolder

    folder = strategy.parent
    if strategy.name != "strategy.json" or not (folder / RunFolder.HEAD).is_file():
        return
    try:
        head = RunFolder(folder).head()
    except DataError as error:
        typer.echo(f"{folder}: the market of that run is not known ({error})", err=True)
        return
    if hashlib.sha256(strategy.read_bytes()).hexdigest() != head.files["strategy.json"]:
        typer.echo(f"{strategy}: changed since that run", err=True)
    if head.market.fingerprint != data.fingerprint:
        typer.echo(
            f"{folder} was run on the market '{head.market.name}' "
            f"({head.market.fingerprint[:12]}), this is '{data.name}' ({data.fingerprint[:12]}): "
            "the data differ, and so will the figures",
            err=True,
        )


def say_what_stays(out: Path) -> None:
    """Name the files in a run folder that are not of the run, when it took another's place."""
    from quanthedge.record import RunFolder

    names = RunFolder(out).foreign_files()
    if names:
        words = told("run_there")
        listed = ", ".join(names[:5]) + (words["others"] if len(names) > 5 else "")
        typer.echo(words["stays"].format(out=out, names=listed), err=True)
