"""The command `quanthedge capacity`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.terminal import Overwrite
from quanthedge.errors import StrategyError
from quanthedge.typing import Language

if TYPE_CHECKING:
    import pandas as pd


__all__ = ["capacity_command"]

_SIZES = "50000000,100000000,200000000,500000000,1000000000,2000000000,5000000000"


def capacity_command(
    strategy: Annotated[Path, typer.Argument(help="Strategy file (TOML).")],
    market: Annotated[Path, typer.Option(help="Folder of a dataset.")] = Path("data/sample"),
    start: Annotated[str | None, typer.Option(help="First trading day, YYYY-MM-DD.")] = None,
    end: Annotated[str | None, typer.Option(help="Last trading day, YYYY-MM-DD.")] = None,
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
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change one key, e.g. --set selector.n=50 (may be repeated)."),
    ] = None,
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
    from quanthedge.backtesting.plan import run_days
    from quanthedge.cli.shelf import Shelf
    from quanthedge.market import Market
    from quanthedge.report.capacity import capacity_answer, capacity_png, done_sizes
    from quanthedge.strategy import load_strategy
    from quanthedge.studies.capacity import capacity_curve
    from quanthedge.studies.capacity.curve import asked_of

    if language not in ("zh", "en"):
        raise StrategyError(f"--language {language!r}: accepted: zh, en")
    if out is not None and out.suffix.lower() != ".csv":
        raise StrategyError(f"--out {out}: accepted: a file that ends in .csv")
    data, plan, wanted = (
        Market.open(market),
        load_strategy(strategy, changes or ()),
        _numbers(sizes),
    )
    table = None
    if out is not None and out.exists() and not again and not overwrite:
        asked = asked_of(plan, data, coefficient, hurdle, open_interest)
        table = _kept(out, asked, run_days(plan, data, start, end), wanted)
        typer.echo(f"already there: {out} holds this table; --again works it out anew")
    if table is None:
        data.build_panels()  # once, before several processes ask for them
        table = capacity_curve(
            plan, data, start, end, sizes=wanted,
            coefficient=coefficient, hurdle=hurdle, open_interest_limit=open_interest, jobs=jobs,
            tell=lambda line: typer.echo(line, err=True),
        )  # fmt: skip
    done = done_sizes(table)
    if done.empty:
        raise StrategyError(f"--sizes {sizes}: none could be run; {table['reason'].iloc[-1]}")
    chosen: Language = "zh" if language == "zh" else "en"
    typer.echo(done.iloc[:, : done.columns.get_loc("reason")].T.to_string(float_format=_shown))
    typer.echo(capacity_answer(table, chosen))
    if out is not None:
        shelf = Shelf(overwrite=again or overwrite)
        shelf.write(out, table.to_csv(), "table")
        shelf.write(out.with_suffix(".png"), capacity_png(table, chosen), "figure")
        for path, said in shelf.said.items():
            typer.echo(f"{said} {path}")


def _kept(
    out: Path, asked: dict[str, str | float], days: tuple[str, str], sizes: list[float]
) -> "pd.DataFrame":
    """Return the table that a file holds when it is the one asked for.

    Raises
    ------
    DataError
        It is another one, or something else.
    """
    import math

    from quanthedge.errors import DataError
    from quanthedge.report.capacity import done_sizes, read_capacity

    table = read_capacity(out)
    first = done_sizes(table).iloc[0]
    now = asked | {"first_day": days[0], "last_day": days[1]}
    unlike = [
        name
        for name, value in now.items()
        if first[name] != value
        and not (isinstance(value, float) and math.isnan(value) and math.isnan(first[name]))
    ]
    if sorted(set(sizes)) != list(table.index):
        unlike.append("sizes")
    if unlike:
        raise DataError(
            f"{out}: holds another table (unlike: {', '.join(unlike)}); --overwrite replaces it, "
            "or choose another --out"
        )
    return table


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise StrategyError(
            f"--sizes {text}: accepted: numbers in yuan with commas between, as in 1e8,5e8"
        ) from error


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.4f}"
