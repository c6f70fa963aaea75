"""The report as files, for `report` and for `run --report`: languages, formats, what is printed."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.options import LANGUAGES, language_of, listed

if TYPE_CHECKING:
    from quanthedge.backtesting import Result
    from quanthedge.cli.shelf import Shelf
    from quanthedge.comparison import Others
    from quanthedge.typing import Language, Tell

__all__ = ["FORMATS_ASKED", "Formats", "asked_formats", "asked_languages", "written"]

Formats = Annotated[
    str, typer.Option("--format", help="Of html, pdf, xlsx, json and png, or several of them.")
]
FORMATS_ASKED = "html,json"


def asked_languages(text: str, option: str) -> "list[Language]":
    """Return the languages of an option; StrategyError where one is none of ours."""
    return [language_of(one) for one in listed(text, LANGUAGES, option)]


def asked_formats(text: str) -> list[str]:
    """Return the formats of an option; StrategyError where one is none of ours."""
    from quanthedge.report import FORMATS

    return listed(text, FORMATS, "--format")


def written(
    result: "Result",
    folder: Path,
    languages: "Iterable[Language]",
    kinds: list[str],
    shelf: "Shelf",
    tell: "Tell",
    others: "Others | None" = None,
) -> Iterable[str]:
    """Write the report of a run; yield a line to print for each file when it is there."""
    from quanthedge.report import write_reports

    for chosen in languages:
        tell(chosen)
        for path in write_reports(
            result, folder, kinds, chosen, others, shelf.write, result.capacity
        ):
            size = f" ({path.stat().st_size / 1e6:.1f} MB)" if path.is_file() else ""
            yield f"{shelf.said.get(path, 'Wrote')} {path}{size}"
