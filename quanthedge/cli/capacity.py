"""The command `quanthedge capacity`."""

from functools import partial
from pathlib import Path
from typing import Annotated, TypedDict

import typer

from quanthedge.cli.options import (
    Changes,
    End,
    MarketFolder,
    Overwrite,
    Start,
    StrategyFile,
    language_of,
    numbers,
)
from quanthedge.cli.screen import say_written
from quanthedge.errors import StrategyError

__all__ = ["command"]

_SIZES = "50000000,100000000,200000000,500000000,1000000000,2000000000,5000000000"


def command(
    strategy: StrategyFile,
    market: MarketFolder = Path("data/sample"),
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
    language: Annotated[str, typer.Option(help="zh or en: figure and answer.")] = "zh",
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
    from quanthedge.cli.shelf import Shelf
    from quanthedge.market import Market
    from quanthedge.report import capacity_answer, capacity_png, done_sizes
    from quanthedge.strategy import load_strategy
    from quanthedge.studies.capacity import capacity_curve, kept_curve

    chosen = language_of(language)
    if out is not None and out.suffix.lower() != ".csv":
        raise StrategyError(f"--out {out}: accepted: a file that ends in .csv")
    data, plan = Market.open(market), load_strategy(strategy, changes or ())
    asked: _Asked = {
        "sizes": numbers(sizes, "--sizes", "numbers in yuan with commas between, as in 1e8,5e8"),
        "coefficient": coefficient,
        "hurdle": hurdle,
        "open_interest_limit": open_interest,
    }
    if out is not None and out.exists() and not again and not overwrite:
        table = kept_curve(out, plan, data, start, end, **asked)
        typer.echo(f"already there: {out} holds this table; --again works it out anew")
    else:
        data.build_panels()  # once, before several processes ask for them
        told = partial(typer.echo, err=True)
        table = capacity_curve(plan, data, start, end, **asked, jobs=jobs, tell=told)
    done = done_sizes(table)
    if done.empty:
        raise StrategyError(f"--sizes {sizes}: none could be run; {table['reason'].iloc[-1]}")
    typer.echo(done.iloc[:, : done.columns.get_loc("reason")].T.to_string(float_format=_shown))
    typer.echo(capacity_answer(table, chosen))
    if out is not None:
        shelf = Shelf(overwrite=again or overwrite)
        shelf.write(out, table.to_csv(), "table")
        shelf.write(out.with_suffix(".png"), capacity_png(table, chosen), "figure")
        say_written(shelf)


class _Asked(TypedDict):
    """What a table is asked to hold, beside strategy, market and days."""

    sizes: list[float]
    coefficient: float | None
    hurdle: float | None
    open_interest_limit: float


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.4f}"
