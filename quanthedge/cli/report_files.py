"""The report as files, for `report` and for `run --report`: languages, formats, what is printed."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.language import languages_asked
from quanthedge.cli.options import listed
from quanthedge.cli.screen import became
from quanthedge.errors import StrategyError, needs

if TYPE_CHECKING:
    from quanthedge.backtesting import Result
    from quanthedge.cli.shelf import Shelf
    from quanthedge.comparison import Others
    from quanthedge.typing import Edition, Language, Tell

__all__ = [
    "FORMATS_ASKED",
    "Formats",
    "asked_edition",
    "asked_formats",
    "edition_languages",
    "report_steps",
    "written",
]

Formats = Annotated[
    str, typer.Option("--format", help="Of html, pdf, xlsx, json and png, or several of them.")
]
FORMATS_ASKED = "html,json"


def edition_languages(text: str | None, edition: "Edition") -> "list[Language]":
    """Return the languages of an edition: investors read Chinese where nothing else is asked for.

    Raises
    ------
    StrategyError
        The option names none of ours.
    """
    if text is None and edition == "client" and not os.environ.get("QUANTHEDGE_LANGUAGE"):
        return ["zh"]
    return languages_asked(text)


def asked_formats(text: str) -> list[str]:
    """Return the formats of an option; StrategyError where one is none of ours."""
    from quanthedge.report import FORMATS

    kinds = listed(text, FORMATS, "--format")
    if "pdf" in kinds:
        with needs("pdf"):  # said before the work, not after it
            import typst  # noqa: F401
    return kinds


def asked_edition(text: str) -> "Edition":
    """Return the edition of an option; StrategyError where it is none of ours."""
    from quanthedge.report import EDITIONS

    for edition in EDITIONS:
        if text == edition:
            return edition
    raise StrategyError(f"--edition {text!r}: accepted: {', '.join(EDITIONS)}")


def report_steps(languages: "list[Language]") -> dict[str, float]:
    """Return which share of the work is over when a language begins."""
    read = 0.2  # by then the run is read and its figures are worked out
    return {one: read + (1.0 - read) * at / len(languages) for at, one in enumerate(languages)}


def written(
    result: "Result",
    folder: Path,
    languages: "Iterable[Language]",
    kinds: list[str],
    shelf: "Shelf",
    tell: "Tell",
    others: "Others | None" = None,
    edition: "Edition" = "full",
    *,
    as_of: str | None = None,
    month: str | None = None,
) -> Iterable[str]:
    """Write the report of a run; yield a line to print for each file when it is there."""
    from quanthedge.report import write_reports

    for chosen in languages:
        tell(chosen)
        for path in write_reports(
            result,
            folder,
            kinds,
            chosen,
            others,
            shelf.write,
            result.capacity,
            edition,
            as_of=as_of,
            month=month,
        ):
            size = f" ({path.stat().st_size / 1e6:.1f} MB)" if path.is_file() else ""
            yield f"{became(shelf, path)} {path}{size}"
