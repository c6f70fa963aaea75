"""The command `quanthedge capacity`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.errors import StrategyError

if TYPE_CHECKING:
    from quanthedge.report.texts import Language

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
    jobs: Annotated[int, typer.Option(help="Sizes run at a time, each in a process.")] = 1,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change one key, e.g. --set selector.n=50 (may be repeated)."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="CSV file for the table; a PNG figure lies beside it.")
    ] = None,
    language: Annotated[str, typer.Option(help="zh or en: figure and answer.")] = "zh",
) -> None:
    """Run a strategy at several sizes of the fund, the impact of size paid inside the ledger.

    Net return, impact, orders cut, lots, share of the futures' open interest, margin drag, and in
    one sentence how much money the strategy carries. `quanthedge report RUN --capacity FILE.csv`
    shows it in the report of a run.

    Example: quanthedge capacity strategies/market_neutral.toml --market data/real
    --start 2014-09-17 --end 2015-07-31 --jobs 2 --out runs/mn/capacity.csv
    """
    from quanthedge.capacity.curve import capacity_curve
    from quanthedge.market import Market
    from quanthedge.market.storage import write_page
    from quanthedge.report.capacity import capacity_answer, capacity_figure, done_sizes
    from quanthedge.strategy import load_strategy

    if language not in ("zh", "en"):
        raise StrategyError(f"--language {language!r}: accepted: zh, en")
    if out is not None and out.suffix.lower() != ".csv":
        raise StrategyError(f"--out {out}: accepted: a file that ends in .csv")
    data = Market.open(market)
    data.build_panels()  # once, before several processes ask for them
    table = capacity_curve(
        load_strategy(strategy, changes or ()), data, start, end, sizes=_numbers(sizes),
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
        write_page(out, table.to_csv(), "capacity")
        picture = capacity_figure(table, out.with_suffix(".png"), chosen)
        typer.echo(f"Wrote {out} and {picture}")


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise StrategyError(
            f"--sizes {text}: accepted: numbers in yuan with commas between, as in 1e8,5e8"
        ) from error


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.4f}"
