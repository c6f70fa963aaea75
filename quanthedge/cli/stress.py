"""The command `quanthedge stress`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.options import MarketFolder, Overwrite, StrategyFile, numbers
from quanthedge.cli.screen import printed, say_written, table_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["command"]

_WIDTH = 200


def command(
    strategy: StrategyFile,
    market: MarketFolder = Path("data/sample"),
    date: Annotated[
        list[str] | None,
        typer.Option(help="Day on which each shock begins, YYYY-MM-DD (may be repeated)."),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change one key of the strategy (may be repeated)."),
    ] = None,
    gross: Annotated[
        str, typer.Option(help="Gross exposures to compare, e.g. 1.0,1.5,2.0; empty: none.")
    ] = "",
    start: Annotated[str | None, typer.Option(help="First day of the comparison.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day of the comparison.")] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file for the scenarios.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Shock a fund, replay the worst weeks of its market, and compare gross exposures.

    Shocks change the prices, margins and suspensions that the ledger meets from a day on, and
    nothing else: nobody sees them coming. The identities of the ledger are checked on every day.

    Example: quanthedge stress strategies/market_neutral.toml --market data/sample
    --date 2015-04-01 --gross 1.0,1.5,2.0
    """
    from quanthedge.cli.shelf import Shelf
    from quanthedge.market import Market
    from quanthedge.strategy import load_strategy
    from quanthedge.studies.stress import compare_leverage, default_day, run_stress

    levels = numbers(gross, "--gross", "numbers such as 1.0,1.5,2.0")
    model, data = load_strategy(strategy, changes or ()), Market.open(market)
    days = date or [default_day(data)]
    typer.echo(f"{model.name} on {data.name}; shocks begin on {', '.join(days)}")
    found = run_stress(model, data, days)
    _print(found.shown(), "Scenarios")
    for gap in found.gaps:
        typer.echo(f"not replayed: {gap}")
    if levels:
        table = compare_leverage(model, data, start, end, gross=levels)
        shown = table.map(lambda v: f"{v:,.4g}" if isinstance(v, float) else str(v))
        _print(shown.T.reset_index(names="gross exposure"), "Gross exposure")
    if out is not None:
        shelf = Shelf(overwrite=overwrite)
        shelf.write(out, found.table.to_csv(index=False), "table of scenarios")
        say_written(shelf)


def _print(frame: "pd.DataFrame", title: str) -> None:
    """Print a frame of texts as a table."""
    rows = frame.astype(str).itertuples(index=False)
    printed(table_of(map(str, frame.columns), rows, title), _WIDTH)
