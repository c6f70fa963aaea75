"""The command `quanthedge stress`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, spoken, told
from quanthedge.cli.manner import AsJson, Full, Quiet, manner_of, print_json
from quanthedge.cli.options import SAMPLE, MarketFolder, Overwrite, StrategyFile, numbers
from quanthedge.cli.screen import print_table, say, say_written, stages
from quanthedge.words import retold

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["command"]

_SHORT = ("date", "scenario", "equity_change", "worst_day", "call_days")


def command(
    strategy: StrategyFile,
    market: MarketFolder = SAMPLE,
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
    *,
    full: Full = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    language: AnyLanguage = None,
    overwrite: Overwrite = False,
) -> None:
    """Shock a fund, replay the worst weeks of its market, and compare gross exposures.

    Shocks change the prices, margins and suspensions that the ledger meets from a day on, and
    nothing else: nobody sees them coming. The identities of the ledger are checked on every day.

    Example: quanthedge stress strategies/market_neutral.toml --market data/sample
    --date 2015-04-01 --gross 1.0,1.5,2.0
    """
    from quanthedge.cli.shelf import Shelf
    from quanthedge.documents import asked_day
    from quanthedge.market import Market
    from quanthedge.strategy import load_strategy
    from quanthedge.studies.stress import compare_leverage, default_day, run_stress

    chosen = language_asked(language)
    manner = manner_of(full=full, as_json=as_json, quiet=quiet)
    levels = numbers(gross, "--gross", "numbers such as 1.0,1.5,2.0")
    model, data = load_strategy(strategy, changes or ()), Market.open(market)
    days = [str(asked_day(one)) for one in date or [default_day(data)]]
    words = told("stress")
    with stages("stress") as tell:
        tell(words["shocks"])
        found = run_stress(model, data, days)
        tell(words["gross"])
        table = compare_leverage(model, data, start, end, gross=levels) if levels else None
    head = words["head"].format(
        strategy=model.called(chosen), market=data.name, days=", ".join(days)
    )
    worst = found.table.iloc[int(found.table["equity_change"].to_numpy().argmin())]
    if manner == "json":
        print_json(
            {"command": "stress", "strategy": model.name, "market": data.name, "days": days,
             "scenarios": found.table, "not_replayed": found.gaps, "gross": table}
        )  # fmt: skip
    elif manner == "quiet":
        typer.echo(head + words["worst"].format(
            scenario=_said(worst["scenario"]),
            change=f"{worst['equity_change']:+.2%}",
        ))  # fmt: skip
    else:
        say(head)
        shown = found.shown()
        _print(shown if manner == "full" else shown[list(_SHORT)], words)
        for gap in found.gaps:
            say(words["gap"].format(gap=_said(gap)), indent=2)
        if table is not None:
            texts = table.map(lambda v: f"{v:,.4g}" if isinstance(v, float) else str(v))
            _print(texts.T.reset_index(names="gross_exposure"), words)
    if out is not None:
        shelf = Shelf(overwrite=overwrite)
        shelf.write(out, found.table.to_csv(index=False), "table of scenarios")
        if manner != "quiet":
            say_written(shelf, err=manner == "json")


def _said(text: str) -> str:
    """Return what a replayed spell is called."""
    return retold(text, spoken(), "quanthedge.studies.stress", "said")


def _print(frame: "pd.DataFrame", words: dict[str, str]) -> None:
    """Print a frame of texts as a table."""
    names = list(map(str, frame.columns))
    rows = [
        [words.get(str(cell)) or _said(str(cell)) for cell in row]
        for row in frame.itertuples(index=False)
    ]
    keys = 2 if names[:2] == ["date", "scenario"] else 1
    print_table([words.get(name, name.replace("_", " ")) for name in names], rows, keys=keys)
