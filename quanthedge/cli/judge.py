"""The command `quanthedge judge`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.language import AnyLanguages, languages_asked, spoken, told
from quanthedge.cli.manner import AsJson, Quiet, manner_of, print_json
from quanthedge.cli.runs import Named, StoreFolder, opened
from quanthedge.cli.screen import say

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
    as_json: AsJson = False,
    quiet: Quiet = False,
    language: AnyLanguages = None,
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

    languages = languages_asked(language)
    manner = manner_of(as_json=as_json, quiet=quiet)
    store = opened(named or folder)
    found = judge(store, sweep, where, by=by)
    place = out or store.folder.with_name(f"{store.folder.name}_judgement")
    said = [sentence[spoken()] for sentence in found.verdict.sentences]
    place.mkdir(parents=True, exist_ok=True)
    files = [found.report(place / f"judgement_{one}.html", one) for one in languages]
    files.append(found.report(place / "judgement.csv"))
    if manner == "json":
        print_json(
            {"command": "judge", "store": store.folder, "best": found.best, "by": found.by,
             "belief": found.verdict.belief, "trials": found.trials, "effective": found.effective,
             "overfitting": None if found.cscv is None else found.cscv.pbo,
             "sentences": found.verdict.sentences, "runs": found.table, "files": files}
        )  # fmt: skip
        return
    if manner == "quiet":
        typer.echo(said[0])
        return
    for sentence in said:
        say(sentence)
    for file in files:
        typer.echo(f"{told('screen')['wrote']} {file}")
