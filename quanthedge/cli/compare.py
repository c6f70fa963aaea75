"""The command `quanthedge compare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.terminal import Overwrite
from quanthedge.documents import printable
from quanthedge.errors import StrategyError

if TYPE_CHECKING:
    from quanthedge.backtesting.result import Result
    from quanthedge.comparison import Comparison, FixedIncome, Stated

__all__ = ["compare_command", "products", "run_beside"]


def compare_command(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.")],
    nav: Annotated[
        list[str] | None, typer.Option(help="NAME=FILE, CSV with date and value; may be repeated.")
    ] = None,
    fixed: Annotated[
        list[str] | None, typer.Option(help="NAME=RATE a year, as in trust=0.08; may be repeated.")
    ] = None,
    stated: Annotated[
        list[str] | None,
        typer.Option(help="NAME=RETURN,CORRELATION as published; may be repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file to write the table to.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Set a run beside its index, the deposit, other runs, unit values and stated products.

    Example: quanthedge compare runs/mn runs/long_only --nav mine=mine.csv --fixed trust=0.08
    """
    from quanthedge.backtesting.result import Result
    from quanthedge.cli.shelf import Shelf
    from quanthedge.comparison import compare_funds, own_products, together

    first, *others = [Result.open(folder) for folder in runs]
    beside = [{str(folder): result} for folder, result in zip(runs[1:], others, strict=True)]
    named = products(nav, fixed, stated)
    everything = together(own_products(first), *beside, named)
    found = compare_funds(first, everything, name=str(runs[0]))
    typer.echo(repr(found))
    if out is not None:
        shelf = Shelf(overwrite=overwrite, run=runs[0])
        shelf.write(out, found.table.to_csv(), "comparison")
        typer.echo(f"{shelf.said[out]} {out}")


def run_beside(result: "Result") -> "Comparison":
    """Return a run beside its index, the deposit, its variants and its strategy's products."""
    from quanthedge.comparison import compare_funds, own_products

    return compare_funds(result, own_products(result))


def products(
    nav: list[str] | None, fixed: list[str] | None, stated: list[str] | None
) -> dict[str, object]:
    """Return the products named on a command line, by name.

    Raises
    ------
    DataError
        When a name comes twice, or a file or number cannot be read.
    """
    from quanthedge.comparison import read_unit_values, together

    return together(
        *({name: read_unit_values(value)} for name, value in map(_pair, nav or [])),
        *({name: _fixed(name, value)} for name, value in map(_pair, fixed or [])),
        *({name: _stated(name, value)} for name, value in map(_pair, stated or [])),
    )


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name and sign and value) or printable(name) != name:
        raise StrategyError(f"{printable(text)!r}: accepted: NAME=VALUE")
    return name, value


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise StrategyError(f"{name}={text}: a number is needed, as in 0.08") from error


def _fixed(name: str, value: str) -> "FixedIncome":
    from quanthedge.comparison import FixedIncome

    return FixedIncome(_number(name, value))


def _stated(name: str, value: str) -> "Stated":
    from quanthedge.comparison import Stated

    numbers = [_number(name, part) for part in value.split(",")]
    if len(numbers) > 2:
        raise StrategyError(f"{name}={value}: accepted: RETURN or RETURN,CORRELATION")
    return Stated(numbers[0], numbers[1] if len(numbers) == 2 else None)
