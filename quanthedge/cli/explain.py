"""The command `quanthedge explain`."""

from typing import Annotated

import typer

from quanthedge.cli.language import AnyLanguage, language_asked
from quanthedge.cli.manner import AsJson, print_json
from quanthedge.cli.options import SAMPLE, Changes, MarketFolder, StrategyFile
from quanthedge.cli.screen import say, stages

__all__ = ["command"]


def command(
    strategy: StrategyFile,
    code: Annotated[str, typer.Argument(help="Stock, as 600519.SH.")],
    date: Annotated[str, typer.Argument(help="Trading day of the decision, YYYY-MM-DD.")],
    market: MarketFolder = SAMPLE,
    start: Annotated[
        str | None,
        typer.Option(help="First trading day of the fund; a year before when left out."),
    ] = None,
    language: AnyLanguage = None,
    changes: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Explain why a stock is, or is not, in the book that is decided at the close of a day.

    Universe, score and rank, each factor, and what the selector made of it; for an optimised book
    the stock's bounds and its balance of return, risk, cost and bounds, which adds up to 0.

    Example: quanthedge explain strategies/index_relative.toml 600519.SH 2015-06-30 --language en
    """
    from quanthedge.backtesting import explain_holding
    from quanthedge.market import Market
    from quanthedge.strategy import load_strategy

    chosen = language_asked(language)
    with stages("explain") as tell:
        tell("opening the market")
        opened = Market.open(market)
        tell("deciding the book")
        found = explain_holding(
            load_strategy(strategy, changes or ()), opened, code, date, start=start, language=chosen
        )
    if as_json:
        print_json({"command": "explain", "title": found.title, "facts": found.facts})
        return
    for line in found.to_text().splitlines():
        say(line, indent=4)
