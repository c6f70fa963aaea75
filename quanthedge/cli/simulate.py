"""The command `quanthedge simulate`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, told
from quanthedge.cli.manner import Quiet
from quanthedge.cli.screen import say, stages

__all__ = ["command"]


def command(
    target: Annotated[Path, typer.Argument(help="Folder of the dataset to write.")],
    stocks: Annotated[int, typer.Option(min=10, max=6_000, help="Number of stocks.")] = 120,
    years: Annotated[int, typer.Option(min=1, max=30, help="Years of trading days.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same market.")] = 7,
    start: Annotated[str, typer.Option(help="First day, YYYY-MM-DD.")] = "2013-01-04",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another dataset in TARGET.")
    ] = False,
    quiet: Quiet = False,
    language: AnyLanguage = None,
) -> None:
    """Write a simulated market whose truth is known and stored beside it in truth/.

    A dataset in TARGET made with the same four is recognised and left as it is; another one is
    refused unless --overwrite. Other files in TARGET stay.

    Betas that drift, industries, style premia, suspensions, price limits, ST, dividends, listings,
    delistings, indices
    built from their members, index futures with a mean-reverting basis.

    Example: quanthedge simulate data/sample --stocks 120 --years 3 --seed 7
    """
    from quanthedge.market.simulation import simulate_market

    chosen = language_asked(language)
    with stages("simulate") as tell:
        tell(told("simulate")["telling"].format(stocks=stocks, years=years))
        report = simulate_market(
            target, stocks=stocks, years=years, seed=seed, start=start, overwrite=overwrite
        )
    if not quiet:
        say(report.to_text(chosen), indent=4)
    done = told("simulate")["there" if report.already_there else "done"]
    typer.echo(done.format(stocks=stocks, years=years, start=start, seed=seed, target=target))
