"""The command `quanthedge judge`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.options import LANGUAGES, language_of, listed
from quanthedge.cli.runs import Named, StoreFolder, opened

__all__ = ["command"]


def command(
    named: Named = None,
    folder: StoreFolder = None,
    sweep: Annotated[
        str | None,
        typer.Option(help="Id of a sweep, its first letters, or all; by default the latest."),
    ] = None,
    where: Annotated[
        str | None, typer.Option(help="Only these runs, e.g. \"hedge.contract = 'front'\".")
    ] = None,
    by: Annotated[str, typer.Option(help="Figure that ranks the runs.")] = "sharpe_net",
    language: Annotated[str, typer.Option(help="zh, en or zh,en.")] = "zh",
    out: Annotated[
        Path | None, typer.Option(help="Folder of pages and table; by default beside the store.")
    ] = None,
) -> None:
    """Say which run of a sweep to believe, and write it down as a page.

    The deflated Sharpe ratio of the best with all trials on the same data and days, the probability
    of overfitting, what its neighbours in the parameters have, and how many runs failed; heat maps,
    parallel coordinates and a table of all runs in one page for each language, and the table as
    CSV. Nothing is run.

    Example: quanthedge judge sweeps/first
    """
    from quanthedge.batch import judge

    languages = listed(language, LANGUAGES, "--language")
    store = opened(named or folder)
    found = judge(store, sweep, where, by=by)
    place = out or store.folder.with_name(f"{store.folder.name}_judgement")
    for sentence in found.verdict.sentences:
        typer.echo(sentence["en"])
    place.mkdir(parents=True, exist_ok=True)
    for one in languages:
        page = place / f"judgement_{one}.html"
        typer.echo(f"written {found.report(page, language_of(one))}")
    typer.echo(f"written {found.report(place / 'judgement.csv')}")
