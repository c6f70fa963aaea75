"""The command `quanthedge explain`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.options import Changes, MarketFolder, StrategyFile, language_of
from quanthedge.cli.screen import stages

__all__ = ["command"]


def command(
    strategy: StrategyFile,
    code: Annotated[str, typer.Argument(help="Stock, as 600519.SH.")],
    date: Annotated[str, typer.Argument(help="Trading day of the decision, YYYY-MM-DD.")],
    market: MarketFolder = Path("data/sample"),
    start: Annotated[
        str | None,
        typer.Option(help="First trading day of the fund; a year before when left out."),
    ] = None,
    language: Annotated[str, typer.Option(help="Words of the explanation: zh or en.")] = "zh",
    changes: Changes = None,
) -> None:
    """Explain why a stock is, or is not, in the book that is decided at the close of a day.

    Universe, score and rank, each factor, and what the selector made of it; for an optimised book
    the stock's bounds and its balance of return, risk, cost and bounds, which adds up to 0.

    Example: quanthedge explain strategies/index_relative.toml 600519.SH 2015-06-30 --language en
    """
    from quanthedge.backtesting import explain_holding
    from quanthedge.market import Market
    from quanthedge.strategy import load_strategy

    chosen = language_of(language)
    with stages("explain") as tell:
        tell("opening the market")
        opened = Market.open(market)
        tell("deciding the book")
        found = explain_holding(
            load_strategy(strategy, changes or ()), opened, code, date, start=start, language=chosen
        )
    typer.echo(found.to_text())
