"""The command `quanthedge audit`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.options import MarketFolder
from quanthedge.cli.screen import stages

__all__ = ["command"]


def command(
    thing: Annotated[
        str,
        typer.Argument(
            metavar="STRATEGY",
            help="Strategy file (TOML), or an object of a Python file: my_factors.py:Mine.",
        ),
    ],
    market: MarketFolder = Path("data/sample"),
    dates: Annotated[
        int | None,
        typer.Option(
            min=1, help="A quick look: so many decisions of each kind; all when left out."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same days and futures.")] = 0,
    start: Annotated[str | None, typer.Option(help="First day of a strategy's run.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day of a strategy's run.")] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change one key of a strategy (may be repeated)."),
    ] = None,
) -> None:
    """Look for look-ahead: change the future of the market and see whether the past moves.

    The first cell that moves is named with date, code and by how much; exit code 1 when there is
    one. What is read from elsewhere than the market is named: no change of the market reaches it.
    A Python file is run, so name only files that you trust.

    Examples: quanthedge audit strategies/market_neutral.toml

    quanthedge audit my_factors.py:Mine --market data/real
    """
    from quanthedge.market import Market
    from quanthedge.studies.lookahead import audit, load_object

    with stages("audit") as tell:
        tell("opening the market")
        report = audit(
            load_object(thing, changes or ()),
            Market.open(market),
            dates=dates,
            seed=seed,
            start=start,
            end=end,
            tell=tell,
        )
    typer.echo(report.to_text())
    if not report.passed:
        raise typer.Exit(1)
