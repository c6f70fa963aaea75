"""The command `quanthedge rules`."""

from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, told
from quanthedge.cli.manner import AsJson, manner_of, print_json
from quanthedge.cli.screen import printed, table_of
from quanthedge.words import retold

if TYPE_CHECKING:
    from quanthedge.typing import Language

__all__ = ["command"]


def command(
    date: Annotated[str, typer.Argument(help="Day, YYYY-MM-DD.")],
    as_json: AsJson = False,
    language: AnyLanguage = None,
) -> None:
    """Print the rule book of a day: duties, fees, limits, lots, futures, each with its confidence.

    Confidence: A two sources agree or an official text, B one good source, C weak, M memory only.

    Example: quanthedge rules 2015-09-07
    """
    from rich.markup import escape

    from quanthedge.documents import asked_day
    from quanthedge.rules import describe_day

    chosen = language_asked(language)
    book, words = describe_day(date), told("rules")
    date = str(asked_day(date))
    if manner_of(as_json=as_json) == "json":
        print_json({"command": "rules", "date": date, "rules": book})
        return
    table = table_of(
        (words["rule"], words["value"], words["confidence"]), (), words["title"].format(date=date)
    )
    for subject, part in book.groupby("subject", sort=False):
        table.add_section()
        table.add_row(f"[bold]{_said(subject, chosen)}[/bold]", "", "")
        for row in part.itertuples():
            cells = (_said(cell, chosen) for cell in (row.rule, row.value))
            table.add_row(*map(escape, cells), str(row.confidence))
    printed(table)


def _said(text: object, language: "Language") -> str:
    """Return what the book says in a language."""
    return retold(str(text), language, "quanthedge.rules", "wording")
