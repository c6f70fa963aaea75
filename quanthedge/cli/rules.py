"""The command `quanthedge rules`."""

from typing import Annotated

import typer

from quanthedge.cli.screen import printed, table_of

__all__ = ["command"]

_WIDTH = 160


def command(
    date: Annotated[str, typer.Argument(help="Day, YYYY-MM-DD.")],
) -> None:
    """Print the rule book of a day: duties, fees, limits, lots, futures, each with its confidence.

    Confidence: A two sources agree or an official text, B one good source, C weak, M memory only.

    Example: quanthedge rules 2015-09-07
    """
    from quanthedge.rules import describe_day

    book = describe_day(date)
    table = table_of(("rule", "value", "confidence"), (), f"Rule book of {date}")
    for subject, part in book.groupby("subject", sort=False):
        table.add_section()
        table.add_row(f"[bold]{subject}[/bold]", "", "")
        for row in part.itertuples():
            table.add_row(str(row.rule), str(row.value), str(row.confidence))
    printed(table, _WIDTH)
