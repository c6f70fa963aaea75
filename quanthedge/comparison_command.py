"""The commands `quanthedge compare` and `capacity`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.errors import StrategyError

if TYPE_CHECKING:
    from quanthedge.comparison import Comparison, FixedIncome, Stated
    from quanthedge.result import Result

__all__ = ["capacity_command", "compare_command", "products", "run_beside"]


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
) -> None:
    """Set a run beside its index, the deposit, other runs, unit values and stated products.

    Example: quanthedge compare runs/mn runs/long_only --nav mine=mine.csv --fixed trust=0.08
    """
    from quanthedge.comparison import compare_funds, own_products
    from quanthedge.market.storage import write_page
    from quanthedge.result import Result

    first, *others = [Result.open(folder) for folder in runs]
    beside: dict[str, object] = {
        str(folder): result for folder, result in zip(runs[1:], others, strict=True)
    }
    beside |= products(nav, fixed, stated)
    found = compare_funds(first, own_products(first) | beside, name=str(runs[0]))
    typer.echo(repr(found))
    if out is not None:
        write_page(out, found.table.to_csv(), "comparison")
        typer.echo(f"Wrote {out}")


def run_beside(result: "Result") -> "Comparison":
    """Return a run beside its index, the deposit, its variants and its strategy's products."""
    from quanthedge.comparison import compare_funds, own_products

    return compare_funds(result, own_products(result))


def products(
    nav: list[str] | None, fixed: list[str] | None, stated: list[str] | None
) -> dict[str, object]:
    """Return the products named on a command line, by name."""
    from quanthedge.comparison import read_unit_values

    found: dict[str, object] = {}
    for name, value in map(_pair, nav or []):
        found[name] = read_unit_values(value)
    for name, value in map(_pair, fixed or []):
        found[name] = _fixed(name, value)
    for name, value in map(_pair, stated or []):
        found[name] = _stated(name, value)
    return found


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name and sign and value):
        raise StrategyError(f"{text!r}: accepted: NAME=VALUE")
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


def capacity_command(
    strategy: Annotated[Path, typer.Argument(help="Strategy file (TOML).")],
    market: Annotated[Path, typer.Option(help="Folder of a dataset.")],
    start: Annotated[str | None, typer.Option(help="First day.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day.")] = None,
    sizes: Annotated[
        str, typer.Option(help="Sizes of the fund, yuan, with commas between.")
    ] = "50000000,100000000,200000000,500000000,1000000000,2000000000,5000000000",
    out: Annotated[
        Path | None, typer.Option(help="CSV file for the table; a PNG figure lies beside it.")
    ] = None,
    chinese: Annotated[bool, typer.Option(help="Words of the figure in Chinese.")] = False,
) -> None:
    """Run a strategy at several sizes of the fund: net return, impact, lots, open interest.

    Example: quanthedge capacity strategies/market_neutral.toml --market data/real
    """
    from quanthedge.capacity import capacity_curve, capacity_figure
    from quanthedge.market import Market
    from quanthedge.market.storage import write_page
    from quanthedge.strategy import load_strategy

    numbers = [_number("--sizes", part) for part in sizes.split(",")]
    table = capacity_curve(load_strategy(strategy), Market.open(market), start, end, sizes=numbers)
    typer.echo(table.T.to_string(float_format=lambda v: f"{v:,.4f}"))
    if out is not None:
        write_page(out, table.to_csv(), "capacity")
        picture = capacity_figure(table, out.with_suffix(".png"), "zh" if chinese else "en")
        typer.echo(f"Wrote {out} and {picture}")
