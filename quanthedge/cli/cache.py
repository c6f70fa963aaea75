"""The command `quanthedge cache`."""

import re
from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, told
from quanthedge.cli.manner import AsJson, manner_of, print_json
from quanthedge.cli.screen import print_table
from quanthedge.errors import StrategyError

__all__ = ["command"]

_UNITS = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_SIZE = re.compile(r"([0-9]{1,15})\s*([kmgt]b)?", re.IGNORECASE)


def command(
    folder: Annotated[Path, typer.Argument(help="Folder of kept results; made when missing.")],
    limit: Annotated[
        str | None,
        typer.Option(help="Bytes that may stay, e.g. 2gb: what was not used for longest goes."),
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take every result away.")] = False,
    *,
    as_json: AsJson = False,
    language: AnyLanguage = None,
) -> None:
    """Show what a folder of kept results of runs' stages holds, and trim it.

    `quanthedge run --cache FOLDER`, or the environment variable QUANTHEDGE_CACHE, keeps the
    results of a run's stages there: another run with the same stocks, betas or contracts reads
    them. Several processes may share a folder; results of other data, dates, parameters or code
    have other keys and are never taken for one another.

    Example: quanthedge cache runs/cache --limit 5gb
    """
    from quanthedge.stages import StageFolder

    language_asked(language)
    allowed = None if limit is None else _bytes(limit)  # before a folder is made
    allowed = 0 if clear else allowed
    kept, words = StageFolder(folder), told("cache")
    gone = 0 if allowed is None else kept.trim(allowed)
    held = kept.contents()
    if manner_of(as_json=as_json) == "json":
        print_json({"command": "cache", "folder": folder, "removed": gone, "results": len(held),
                    "bytes": held["bytes"].sum()})  # fmt: skip
        return
    rows = []
    for name, part in held.groupby("stage"):
        size, used = part["bytes"].sum() / 1e6, part["last_used"].max()
        rows.append([str(name), f"{len(part):,}", f"{size:,.1f}", f"{used:%Y-%m-%d %H:%M:%S}"])
    print_table([words["stage"], words["results"], "MB", words["used"]], rows, str(folder))
    if allowed is not None:
        typer.echo(words["gone"].format(count=f"{gone:,}"))
    typer.echo(
        words["held"].format(count=f"{len(held):,}", size=f"{held['bytes'].sum() / 1e6:,.1f}")
    )


def _bytes(text: str) -> int:
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise StrategyError(f"--limit {text!r}; accepted: bytes, or a number of kb, mb, gb, tb")
    return int(found[1]) * _UNITS[(found[2] or "").lower()]
