"""The command `quanthedge trials`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, told
from quanthedge.cli.manner import AsJson, manner_of, print_json
from quanthedge.cli.options import End, Start
from quanthedge.cli.screen import print_table
from quanthedge.errors import DataError, StrategyError

__all__ = ["command"]


def command(
    market: Annotated[
        Path | None, typer.Argument(help="Folder of a market: only trials on its data.")
    ] = None,
    start: Start = None,
    end: End = None,
    seal: Annotated[
        str | None, typer.Option(help="Seal the market from this day on, YYYY-MM-DD.")
    ] = None,
    open_: Annotated[
        str | None, typer.Option("--open", help="Open what was sealed from this day on: once.")
    ] = None,
    as_json: AsJson = False,
    language: AnyLanguage = None,
) -> None:
    """List what was tried: every evaluation and backtest in the registry, and sealed periods.

    Each run and each evaluation of a factor writes a line; the same again counts once. How many
    trials overlap a run's days goes into its deflated Sharpe ratio and into the q of evaluations.
    The registry is a file of yours; the environment variable QUANTHEDGE_TRIALS names another
    folder, or "off".

    --seal DAY writes down that the data from DAY on are kept for the end; --open DAY that they were
    opened, and how many trials had looked at them before. A second --open ends in an error.

    Examples: quanthedge trials data/sample --start 2014-09-17 --end 2015-07-31

    quanthedge trials data/sample --seal 2015-07-01
    """
    language_asked(language)
    if seal is not None or open_ is not None:
        _seal(market, seal, open_)
        return
    from quanthedge.market import Market
    from quanthedge.trials import known, overlapping

    table = known()
    if table is None:
        raise DataError(
            "the registry of trials is off or cannot be read; QUANTHEDGE_TRIALS names its folder"
        )
    if market is not None:
        data = Market.open(market)
        found = overlapping(data, start or data.dates[0], end or data.dates[-1])
        table = table.iloc[:0] if found is None else found
    else:
        first, last = start or "0001-01-01", end or "9999-12-31"
        table = table[(table["start"] <= last) & (table["end"] >= first)]
    columns = ("kind", "label", "market", "start", "end", "when")
    rows = [[str(cell) for cell in row] for row in table[list(columns)].itertuples(index=False)]
    words = told("trials")
    tried = int(table["kind"].isin(["evaluation", "backtest"]).sum())
    if manner_of(as_json=as_json) == "json":
        print_json({"command": "trials", "count": tried, "trials": table})
        return
    print_table([words[name] for name in columns], rows)
    typer.echo(words["count"].format(count=f"{tried:,}"))


def _seal(market: Path | None, seal_from: str | None, open_from: str | None) -> None:
    """Seal a market from a day on, or open what was sealed."""
    from quanthedge.market import Market
    from quanthedge.trials import Sealed, seal

    if market is None or (seal_from is not None and open_from is not None):
        raise StrategyError(
            "trials: --seal DAY or --open DAY, one of them, and the market's folder"
        )
    data = Market.open(market)
    if seal_from is not None:
        found = seal(data, seal_from)
        state = f"opened {found.opened}" if found.opened else f"sealed since {found.sealed}"
    else:
        try:
            found = Sealed(data, open_from)
        except ValueError as error:
            raise DataError(f"trials: --open {open_from!r}; accepted: a day, 2017-01-03") from error
        if found.sealed is None:
            raise DataError(
                f"trials: {data.name} was never sealed from {found.start}; seal it first, before "
                f"the research: quanthedge trials {market} --seal {found.start}"
            )
        Sealed.open(found)
        state = f"opened {found.opened}; sealed since {found.sealed}"
    typer.echo(f"{data.name}, {found.start} to {found.end}: {state} (UTC).")
    typer.echo(f"{found.seen:,} trials had looked at days of it before.")
