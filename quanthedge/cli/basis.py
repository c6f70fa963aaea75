"""The command `quanthedge basis`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, told
from quanthedge.cli.manner import AsJson, Full, Quiet, manner_of, print_json
from quanthedge.cli.options import Dataset, run_place
from quanthedge.cli.screen import print_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["command"]

_SHORT = ("contract", "position", "days_left", "price", "basis", "annualised_adjusted",
          "percentile")  # fmt: skip
_WHOLE = ("contract", "position", "days_left", "price", "index", "basis", "dividends", "fair_basis",
          "annualised", "annualised_adjusted", "percentile")  # fmt: skip
_FRACTIONS = ("basis_fraction", "annualised", "annualised_adjusted", "percentile",
              "spread_annualised")  # fmt: skip


def command(
    market: Dataset,
    date: Annotated[str | None, typer.Option(help="Day, YYYY-MM-DD; the last by default.")] = None,
    product: Annotated[str, typer.Option(help="IF, IH, IC or IM.")] = "IF",
    run: Annotated[
        Path | None,
        typer.Option(
            help="Run folder, or STORE/KEY, whose futures on that day are carried.",
            callback=run_place,
        ),
    ] = None,
    *,
    full: Full = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    language: AnyLanguage = None,
) -> None:
    """Show the basis desk of a day: what each contract costs, its rank, when it is rolled.

    Annualised figures count calendar days to delivery over 365; the adjusted one adds the dividends
    that the index is expected to pay until then.

    Example: quanthedge basis data/real --date 2015-09-07 --product IF
    """
    from quanthedge.hedge import basis_desk
    from quanthedge.market import Market

    language_asked(language)
    manner = manner_of(full=full, as_json=as_json, quiet=quiet)
    data = Market.open(market)
    lots = {} if run is None else _held(run, date or str(data.dates[-1]))
    desk = basis_desk(data, date, product, lots=lots)
    words = told("basis")
    if manner == "json":
        print_json(
            {"command": "basis", "market": market, "product": product, "date": desk.date,
             "contracts": desk.contracts, "rolls": desk.calendar, "carry": desk.carry}
        )  # fmt: skip
        return
    if manner == "quiet":
        first = desk.contracts.iloc[0]
        typer.echo(words["one_line"].format(
            product=product, date=f"{desk.date:%Y-%m-%d}", contract=first["contract"],
            basis=_text("basis", first["basis"]),
            annualised=_text("annualised", first["annualised"]),
        ))  # fmt: skip
        return
    shown = desk.contracts[list(_WHOLE if manner == "full" else _SHORT)]
    _print(shown, words["contracts"].format(product=product, date=f"{desk.date:%Y-%m-%d}"), words)
    _print(desk.calendar, words["rolls"], words)
    if len(desk.carry):
        _print(desk.carry, words["carry"], words)


def _held(run: Path, date: str) -> dict[str, int]:
    """Return the lots of a run on a day."""
    import pandas as pd

    from quanthedge.backtesting import Result

    held = Result.open(run).contracts
    inside = held[held["date"] == pd.Timestamp(date)]
    inside = inside[inside["lots"] != 0]
    return dict(zip(inside["contract"], inside["lots"].astype(int), strict=True))


def _text(name: str, value: object) -> str:
    import pandas as pd

    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if value is pd.NaT or (isinstance(value, float) and value != value):  # noqa: PLR0124 -- NaN
        return ""
    if isinstance(value, float):
        return f"{value:.2%}" if name in _FRACTIONS else f"{value:,.1f}"
    return str(value)


def _print(frame: "pd.DataFrame", title: str, words: dict[str, str]) -> None:
    columns = [words.get(name, name.replace("_", " ")) for name in map(str, frame.columns)]
    rows = [
        [words.get(text := _text(str(name), value), text) for name, value in row.items()]
        for row in frame.to_dict("records")
    ]
    print_table(columns, rows, title)
