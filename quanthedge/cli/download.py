"""The command `quanthedge download`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, told
from quanthedge.cli.manner import Quiet
from quanthedge.errors import DataError

__all__ = ["command"]

_LONG = 2.0  # minutes of requests from which on the time is announced


def command(
    vendor: Annotated[
        Literal["tushare", "akshare", "baostock"], typer.Argument(help="Whose tables.")
    ],
    folder: Annotated[Path, typer.Argument(help="Folder of the files; one folder a vendor.")],
    start: Annotated[str, typer.Option(help="First day, YYYY-MM-DD.")],
    end: Annotated[str, typer.Option(help="Last day, YYYY-MM-DD.")],
    tables: Annotated[
        str | None,
        typer.Option(help="Tables, separated by commas; those for a whole market by default."),
    ] = None,
    indices: Annotated[
        str | None,
        typer.Option(help="Indices as 000300.SH, separated by commas; CSI 300, 500, 1000, SSE 50."),
    ] = None,
    token_env: Annotated[
        str, typer.Option(help="Environment variable with the token (Tushare).")
    ] = "TUSHARE_TOKEN",
    token_file: Annotated[
        Path | None, typer.Option(help="File with the token in its first line, instead.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Another address of Tushare's interface.")] = None,
    per_minute: Annotated[
        float | None, typer.Option(help="Most requests a minute; by default what the vendor bears.")
    ] = None,
    refresh: Annotated[
        int, typer.Option(min=0, help="Fetch the last N days again and say what changed.")
    ] = 0,
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare kept files with their sha256 first.")
    ] = False,
    quiet: Quiet = False,
    language: AnyLanguage = None,
) -> None:
    """Download a vendor's tables, to be read by `quanthedge import FOLDER data/mine`.

    Tables keep the vendor's columns and units. Run the same command again to go on after an
    interruption, or with a later --end for new days: what is final is not fetched again. The token
    is sent to the vendor and shown or stored nowhere. Exit code 1 when something is missing.

    Example: quanthedge download tushare downloads/tushare --start 2014-01-01 --end 2015-07-31
    """
    from quanthedge.sources.download import Summary, download, vendor_client

    chosen = language_asked(language)
    words = told("download")
    first, last = _day(start, "--start"), _day(end, "--end")
    client = vendor_client(
        vendor, indices=_words(indices), token_env=token_env, token_file=token_file, url=url
    )
    rate = client.per_minute if per_minute is None else per_minute
    summary = Summary(vendor, folder)
    try:
        with _progress(words["title"].format(vendor=vendor), rate) as tell:
            download(
                client, folder, first, last, tables=_words(tables), refresh=refresh, verify=verify,
                per_minute=rate, progress=tell, summary=summary,
            )  # fmt: skip
    except KeyboardInterrupt:
        if not quiet:
            typer.echo(summary.to_text(chosen))
        typer.echo(words["interrupted"], err=True)
        raise typer.Exit(130) from None
    if not quiet:
        typer.echo(summary.to_text(chosen))
    if not summary.complete:
        typer.echo(words["incomplete_short" if quiet else "incomplete"].format(folder=folder))
        raise typer.Exit(1)
    typer.echo(words["done"].format(vendor=vendor, start=start, end=end, folder=folder))


def _day(text: str, option: str) -> date:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{8}", text.strip()):
            return date.fromisoformat(text.strip())
    except ValueError:
        pass
    raise DataError(f"{option} {text[:40]!r} is no day; accepted: 2014-09-17")


def _words(text: str | None) -> list[str] | None:
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]


@contextmanager
def _progress(title: str, per_minute: float) -> Iterator[Any]:
    """Show how many requests of the stage are done, where there is a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        SpinnerColumn(), BarColumn(bar_width=24), MofNCompleteColumn(),
        TextColumn("{task.description}"), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(title, total=None)

        def tell(done: int, every: int, text: str) -> None:
            minutes = every / per_minute
            if done == 0 and minutes > _LONG:
                said = told("download")["long"].format(
                    requests=f"{every:,}", rate=f"{per_minute:g}", minutes=f"{minutes:,.0f}"
                )
                typer.echo(said, err=True)
            bar.update(task, completed=done, total=every, description=f"{title}: {text}")

        yield tell
