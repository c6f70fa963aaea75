"""The command `quanthedge statement`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.language import AnyLanguages, languages_asked
from quanthedge.cli.manner import AsJson, Quiet, manner_of, print_json
from quanthedge.cli.options import Overwrite, RunFolder
from quanthedge.cli.screen import WIDTH, display_width, say_briefly, say_written, wrapped
from quanthedge.errors import StrategyError

if TYPE_CHECKING:
    from quanthedge.cli.shelf import Shelf
    from quanthedge.report import Letters
    from quanthedge.typing import Language

__all__ = ["command"]


def command(
    run: RunFolder,
    investor: Annotated[
        str | None, typer.Argument(help="Name of the investor; --all for everybody.")
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="Everybody who held or dealt: a letter each and a list.")
    ] = False,
    period: Annotated[
        str | None,
        typer.Option(help="2015, 2015H1, 2015Q1, 2015-03 or 2015-01..2015-06; else all time."),
    ] = None,
    accounts: Annotated[
        Path | None,
        typer.Option(help="CSV of clients: investor, name, account, address, postcode, ..."),
    ] = None,
    language: AnyLanguages = None,
    formats: Annotated[
        str,
        typer.Option("--format", help="Of html, pdf, xlsx and json, or several of them."),
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder to write into; the run folder by default.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show an investor's statement, and write it as a page, PDF, workbook or numbers.

    What he had at the start, paid in and took out, fees with an explanation of each, what he has at
    the end, and his returns of the period and since his first purchase. With --all a statement for
    everybody and a CSV for mail merge. In Chinese unless --language or QUANTHEDGE_LANGUAGE says
    otherwise. The files carry the investor's name; no two names give one file, and a letter of
    another run is not replaced but for --overwrite.

    Example: quanthedge statement runs/clients --all --period 2015Q1 --format pdf --out letters
    """
    from quanthedge.backtesting import Result
    from quanthedge.cli.shelf import Shelf
    from quanthedge.report import Letters

    if everybody == (investor is not None):
        raise StrategyError("statement: accepted: the name of one investor, or --all")
    languages = languages_asked(language if language or _environment_says() else "zh")
    manner = manner_of(as_json=as_json, quiet=quiet)
    kinds = list(dict.fromkeys(one.strip() for one in formats.split(",") if one.strip()))
    letters = Letters.of(Result.open(run), period, accounts)
    shelf, folder = Shelf(overwrite=overwrite, run=run), run if out is None else out
    if investor is not None:
        kinds, chosen = kinds or ([] if out is None else ["html"]), [investor]
    else:
        kinds, chosen = kinds or ["html"], letters.investors()
    if manner == "short":
        _print(letters, chosen, languages[0], everybody=everybody)
    for each in languages if kinds else ():
        _write(
            letters, chosen, folder, kinds, each, shelf, merge=everybody, aloud=manner == "short"
        )
    if manner == "json":
        print_json({"command": "statement", "run": run, "period": period,
                    "statements": [letters.numbers(one) for one in chosen],
                    "files": list(shelf.said)})  # fmt: skip
    elif manner == "quiet" and shelf.said:
        say_briefly(list(shelf.said))
    elif manner == "quiet":
        typer.echo(letters.line(chosen[0], languages[0]))


def _print(letters: "Letters", chosen: list[str], language: "Language", *, everybody: bool) -> None:
    """Print the list of everybody, or one investor's statement."""
    text = letters.table(chosen, language) if everybody else letters.text(chosen[0], language)
    for line in text.splitlines():
        typer.echo("\n".join(wrapped(line)) if display_width(line) > WIDTH else line.rstrip())


def _environment_says() -> bool:
    return bool(os.environ.get("QUANTHEDGE_LANGUAGE"))


def _write(
    letters: "Letters",
    investors: list[str],
    folder: Path,
    kinds: list[str],
    language: "Language",
    shelf: "Shelf",
    *,
    merge: bool,
    aloud: bool,
) -> None:
    from quanthedge.report import write_statements

    files: dict[str, list[Path]] = {}
    for investor in investors:
        files[investor] = []
        for path in write_statements(
            letters.result, investor, folder, kinds, language, shelf.write,
            period=letters.period, accounts=letters.accounts,
        ):  # fmt: skip
            if aloud:
                say_written(shelf, [path])
            files[investor].append(path)
    if merge:
        of = "" if letters.period is None else f"_{letters.period.written}"
        path = folder / f"statements{of}_{language}.csv"
        shelf.write(path, letters.merge(files, language), "list")
        if aloud:
            say_written(shelf, [path])
