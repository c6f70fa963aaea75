"""Options and words that several commands share: one spelling, one meaning."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from quanthedge.begin import sample_folder, strategy_names
from quanthedge.errors import DataError, StrategyError

__all__ = [
    "SAMPLE",
    "Changes",
    "Dataset",
    "End",
    "MarketFolder",
    "Overwrite",
    "RunFolder",
    "RunFolders",
    "SourceLayout",
    "Start",
    "StrategyFile",
    "listed",
    "numbers",
    "run_place",
]

_STORE = "quanthedge-store.json"  # the mark of a store


def _seen_from_here(folder: Path) -> Path:
    """Return the sample's folder as one would type it where it lies in the working folder."""
    if folder == SAMPLE:
        with suppress(ValueError, OSError):  # OSError: the working folder is gone
            return folder.relative_to(Path.cwd())
    return folder


Dataset = Annotated[Path, typer.Argument(help="Folder of a dataset.")]
SAMPLE = sample_folder()
MarketFolder = Annotated[
    Path,
    typer.Option(
        help="Folder of a dataset.",
        show_default="the sample that comes along",
        callback=_seen_from_here,
    ),
]
StrategyFile = Annotated[
    Path, typer.Argument(help=f"Strategy file (TOML), or one of {', '.join(strategy_names())}.")
]
SourceLayout = Annotated[
    str, typer.Option(help="Layout of the source; 'auto' recognises it by its files.")
]
Start = Annotated[str | None, typer.Option(help="First trading day, YYYY-MM-DD.")]
End = Annotated[str | None, typer.Option(help="Last trading day, YYYY-MM-DD.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change one key, e.g. --set selector.n=50 (may be repeated)."),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace a file that is there and is another one.")
]


def run_place(run: Path | None) -> Path | None:
    """Return a run's folder: the path itself, or of STORE/KEY the folder that the store keeps.

    Raises
    ------
    DataError
        The store has no such run, or keeps its days only.
    """
    if run is None or os.path.exists(run) or not os.path.isfile(run.parent / _STORE):  # long names
        return run
    from quanthedge.batch.store import Store

    store = Store.open(run.parent, make=False)
    key = store.find(run.name)
    if not store.is_whole(key):
        raise DataError(
            f"{run}: the store keeps its days only; quanthedge reproduce {key[:8]} --store "
            f"{run.parent} --market FOLDER --keep makes it whole"
        )
    return store.folder_of(key)


def _run_places(runs: list[Path]) -> list[Path]:
    return [place for place in map(run_place, runs) if place is not None]


_ANY_RUN = "Run folder, or STORE/KEY of a run that a store keeps whole."
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help=_ANY_RUN, callback=run_place)]
RunFolders = Annotated[
    list[Path],
    typer.Argument(metavar="RUN...", help="Run folders, or STORE/KEY.", callback=_run_places),
]


def listed(text: str, known: Sequence[str], option: str) -> list[str]:
    """Return the parts of a comma-separated option, each one of the known.

    Raises
    ------
    StrategyError
        A part is none of the known.
    """
    parts = list(dict.fromkeys(part.strip() for part in text.split(",")))
    for part in parts:
        if part not in known:
            raise StrategyError(f"{option} {part!r}: accepted: {', '.join(known)}, or several")
    return parts


def numbers(text: str, option: str, accepted: str) -> list[float]:
    """Return the numbers of a comma-separated option.

    Raises
    ------
    StrategyError
        A part is no number.
    """
    try:
        return [float(part) for part in text.split(",") if part.strip()]
    except ValueError as problem:
        raise StrategyError(f"{option} {text!r}: accepted: {accepted}") from problem
