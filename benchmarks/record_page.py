"""Writes docs/record.md: every table of a run folder, column by column, as it is read.

Run: python -m benchmarks.record_page [docs/record.md]; without a file it prints the page.
"""

import sys
from pathlib import Path

from quanthedge.record.tables import TABLES, RecordTable

HEAD = """# The tables of a run

`quanthedge run ... --out FOLDER` and `Result.to_parquet` write a folder;
`quanthedge.Result.open(FOLDER)` reads it, any reader of Parquet can. Each table below is a file
`NAME.parquet`, the ledger of a variant `variants/NAME.parquet` with the columns of `ledger`. A
table with dates as index has a row a day, the others are numbered from 0. `run.json` keeps a digest
of each file; what does not fit this page is refused when a folder is opened.

`state.json` is the ledger's state after the last close, by codes, contracts and dates, and
`past.parquet` a digest of what the ledger was given for each day and kind of input: with them a run
goes on by a day (docs/daily.md). A fund that became insolvent has neither.

Made by `python -m benchmarks.record_page docs/record.md` from `quanthedge/record/tables.csv`,
which is what the reader goes by.
"""


def page() -> str:
    """Return the page."""
    return HEAD + "".join(_section(name, table) for name, table in TABLES.items())


def _section(name: str, table: RecordTable) -> str:
    lines = ["", f"## {name}", "", f"{table.meaning[0].upper()}{table.meaning[1:]}."]
    if table.by_date:
        lines[-1] += " Index: the date."
    if table.key:
        lines[-1] += f" No two rows share {', '.join(f'`{one}`' for one in table.key)}."
    if table.others:
        lines[-1] += f" Columns: {table.others}."
    if table.columns:
        lines += ["", "| column | kind | unit | meaning |", "|---|---|---|---|"]
        lines += [f"| {c.name} | {c.kind} | {c.unit} | {c.meaning} |" for c in table.columns]
    return "\n".join([*lines, ""])


def main() -> None:
    """Print the page, or write it."""
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(page(), encoding="utf-8")
    else:
        print(page(), end="")


if __name__ == "__main__":
    main()
