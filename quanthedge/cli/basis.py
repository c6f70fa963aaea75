"""The command `quanthedge basis`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.options import Dataset, run_place
from quanthedge.cli.screen import printed, table_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["command"]

_WIDTH = 190
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
) -> None:
    """Show the basis desk of a day: what each contract costs, its rank, when it is rolled.

    Annualised figures count calendar days to delivery over 365; the adjusted one adds the dividends
    that the index is expected to pay until then.

    Example: quanthedge basis data/real --date 2015-09-07 --product IF
    """
    from quanthedge.hedge import basis_desk
    from quanthedge.market import Market

    data = Market.open(market)
    lots = {} if run is None else _held(run, date or str(data.dates[-1]))
    desk = basis_desk(data, date, product, lots=lots)
    columns = [
        "contract", "position", "days_left", "price", "index", "basis", "dividends", "fair_basis",
        "annualised", "annualised_adjusted", "percentile",
    ]  # fmt: skip
    _print(desk.contracts[columns], f"{product} on {desk.date:%Y-%m-%d}")
    _print(desk.calendar, "Rolls")
    if len(desk.carry):
        _print(desk.carry, "Expected carry of the lots held, yuan")


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


def _print(frame: "pd.DataFrame", title: str) -> None:
    columns = (name.replace("_", " ") for name in frame.columns)
    rows = ([_text(str(name), value) for name, value in row.items()]
            for row in frame.to_dict("records"))  # fmt: skip
    printed(table_of(columns, rows, title), _WIDTH)
