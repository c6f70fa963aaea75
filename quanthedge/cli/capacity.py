"""The command `quanthedge capacity`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, spoken, told
from quanthedge.cli.manner import AsJson, Full, Quiet, manner_of, print_json
from quanthedge.cli.options import (
    SAMPLE,
    Changes,
    End,
    MarketFolder,
    Overwrite,
    Start,
    StrategyFile,
    numbers,
)
from quanthedge.cli.screen import and_wrote, print_table, say, say_written
from quanthedge.errors import StrategyError
from quanthedge.words import retold

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["command"]

_SHORT = ("size_yuan", "gross", "net", "size_impact", "open_interest_share_most")

_SIZES = "50000000,100000000,200000000,500000000,1000000000,2000000000,5000000000"


def command(
    strategy: StrategyFile,
    market: MarketFolder = SAMPLE,
    start: Start = None,
    end: End = None,
    sizes: Annotated[
        str, typer.Option(help="Sizes of the fund, yuan, with commas between.")
    ] = _SIZES,
    coefficient: Annotated[
        float | None,
        typer.Option(
            help="Of the square-root impact; by default the strategy's own above 0, else 1."
        ),
    ] = None,
    hurdle: Annotated[
        float | None,
        typer.Option(
            help="Net return a year that a size has to bring, as in 0.08; by default half of what "
            "the smallest brings."
        ),
    ] = None,
    open_interest: Annotated[
        float, typer.Option(help="Largest share of a contract's open interest for the short.")
    ] = 0.10,
    *,
    jobs: Annotated[int, typer.Option(help="Sizes run at a time, each in a process.")] = 1,
    changes: Changes = None,
    out: Annotated[
        Path | None, typer.Option(help="CSV file for the table; a PNG figure lies beside it.")
    ] = None,
    full: Full = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    language: AnyLanguage = None,
    again: Annotated[
        bool, typer.Option("--again", help="Run it although --out holds this very table.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Run a strategy at several sizes of the fund, the impact of size paid inside the ledger.

    Net return, impact, orders cut, lots, share of the futures' open interest, margin drag, and in
    one sentence how much money the strategy carries. `quanthedge report RUN --capacity FILE.csv`
    shows it in the report of a run. A file that holds this very table (strategy, data, dates, sizes
    and versions are the same) is shown and not worked out again, but for --again; another one is
    refused, but for --overwrite.

    Example: quanthedge capacity strategies/market_neutral.toml --market data/real
    --start 2014-09-17 --end 2015-07-31 --jobs 2 --out runs/mn/capacity.csv
    """
    from quanthedge.cli.shelf import Shelf, check_csv
    from quanthedge.market import Market
    from quanthedge.report import capacity_answer, capacity_png, done_sizes
    from quanthedge.strategy import load_strategy
    from quanthedge.studies.capacity import capacity_curve, kept_curve

    chosen = language_asked(language)
    manner = manner_of(full=full, as_json=as_json, quiet=quiet)
    check_csv(out)
    data, plan = Market.open(market), load_strategy(strategy, changes or ())
    asked: _Asked = {
        "sizes": numbers(sizes, "--sizes", "numbers in yuan with commas between, as in 1e8,5e8"),
        "coefficient": coefficient,
        "hurdle": hurdle,
        "open_interest_limit": open_interest,
    }
    if out is not None and out.exists() and not again and not overwrite:
        table = kept_curve(out, plan, data, start, end, **asked)
        typer.echo(told("capacity")["there"].format(out=out), err=manner in ("json", "quiet"))
    else:
        data.build_panels()  # once, before several processes ask for them
        tell = None if manner == "quiet" else _aside
        table = capacity_curve(plan, data, start, end, **asked, jobs=jobs, tell=tell)
    done = done_sizes(table)
    if done.empty:
        raise StrategyError(f"--sizes {sizes}: none could be run; {table['reason'].iloc[-1]}")
    answer = capacity_answer(table, chosen)
    if manner == "json":
        print_json({"command": "capacity", "strategy": plan.name, "market": data.name,
                    "answer": answer, "sizes": table})  # fmt: skip
    elif manner != "quiet":
        _print(done.iloc[:, : done.columns.get_loc("reason")], full=manner == "full")
        say(answer)
    if out is not None:
        shelf = Shelf(overwrite=again or overwrite)
        shelf.write(out, table.to_csv(), "table")
        shelf.write(out.with_suffix(".png"), capacity_png(table, chosen), "figure")
        if manner != "quiet":
            say_written(shelf, err=manner == "json")
    if manner == "quiet":
        typer.echo(answer + and_wrote(out))


def _aside(line: str) -> None:
    """Say how far the work is, beside the answer."""
    typer.echo(retold(line, spoken(), "quanthedge.studies.capacity", "said"), err=True)


class _Asked(TypedDict):
    """What a table is asked to hold, beside strategy, market and days."""

    sizes: list[float]
    coefficient: float | None
    hurdle: float | None
    open_interest_limit: float


def _print(done: "pd.DataFrame", *, full: bool) -> None:
    """Print a row a size; by the report's names of the figures."""
    from quanthedge.report.texts import words as report_words

    words = {**report_words(spoken())["capacity"], **told("capacity")}
    table = done.reset_index()
    names = [str(name) for name in table.columns if full or name in _SHORT]
    rows = [
        [_shown(str(name), value) for name, value in row.items()]
        for row in table[names].to_dict("records")
    ]
    print_table([str(words.get(name, name.replace("_", " "))) for name in names], rows)


def _shown(name: str, value: object) -> str:
    if not isinstance(value, float | int):
        return str(value)
    return f"{value:,.0f}" if name in _WHOLE else f"{value:.2%}"


_WHOLE = ("size_yuan", "lots", "smallest_hedged_yuan")  # yuan and lots; every other is a share
