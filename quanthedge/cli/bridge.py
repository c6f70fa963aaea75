"""The command `quanthedge bridge`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from quanthedge.cli.language import AnyLanguage, language_asked
from quanthedge.cli.manner import AsJson, Quiet, manner_of, print_json
from quanthedge.cli.options import Overwrite, RunFolder
from quanthedge.cli.screen import print_table, say_written

if TYPE_CHECKING:
    import pandas as pd

    from quanthedge.backtesting import Result
    from quanthedge.typing import Language

__all__ = ["command"]


def command(
    run: RunFolder,
    start: Annotated[str | None, typer.Option(help="First day, YYYY-MM-DD.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day, YYYY-MM-DD.")] = None,
    by: Annotated[str, typer.Option(help="day, week, month, year or whole.")] = "whole",
    investor: Annotated[
        bool,
        typer.Option(
            "--investor", help="Contributions to the net return of a yuan, in place of yuan."
        ),
    ] = False,
    out: Annotated[Path | None, typer.Option(help="CSV file for the table.")] = None,
    figure: Annotated[
        Path | None, typer.Option(help="PNG or SVG file for the waterfall of the whole period.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    language: AnyLanguage = None,
    overwrite: Overwrite = False,
) -> None:
    """Show the profit bridge of any period: alpha, market, basis, rolls, costs, fees.

    The lines add up to the change of equity, with --investor to the investor's net return; the
    residual is printed. docs/bridge.md defines each line.

    Example: quanthedge bridge runs/mn --start 2015-01-01 --by month --figure bridge.png
    """
    from quanthedge.backtesting import Result
    from quanthedge.cli.shelf import Shelf, check_csv
    from quanthedge.errors import DataError
    from quanthedge.performance import Bridge
    from quanthedge.report.texts import words

    chosen = language_asked(language)
    check_csv(out)
    if figure is not None and figure.suffix.lower() not in (".png", ".svg"):
        raise DataError(f"{figure}: figure in {figure.suffix!r}; accepted: .png, .svg")
    result = Result.open(run)
    lines = Bridge(result)
    cut = lines.returns if investor else lines.yuan
    table = cut(cast("Any", by), start, end)  # refused there when unknown
    names = words(chosen)["lines"]
    manner = manner_of(as_json=as_json, quiet=quiet)
    if manner == "json":
        print_json({"command": "bridge", "unit": "return" if investor else "yuan",
                    "periods": table})  # fmt: skip
    elif manner == "quiet":
        _print_line(table, names, investor=investor)
    else:
        _print(table, names, investor=investor)
    shelf = Shelf(overwrite=overwrite, run=run)
    if out is not None:
        shown = table.rename(columns=names) if chosen == "zh" else table
        # the mark in front lets spreadsheets read the Chinese names
        shelf.write(out, shown.to_csv().encode("utf-8-sig"), "bridge")
        if not quiet:
            say_written(shelf, [out], err=as_json)
    if figure is not None:
        drawn = _figure(result, figure, chosen, start, end, investor=investor)
        shelf.write(figure, drawn, "figure")
        if not quiet:
            say_written(shelf, [figure], err=as_json)


def _print_line(table: "pd.DataFrame", names: dict[str, str], *, investor: bool) -> None:
    """Print what all periods come to in one line."""
    whole = table.sum()
    key = "return" if investor else "equity_change"
    shown = format(whole[key], ".3%" if investor else ",.0f")
    typer.echo(f"{table.index[0]:%Y-%m-%d} .. {table.index[-1]:%Y-%m-%d}  {names[key]} {shown}")


def _print(table: "pd.DataFrame", names: dict[str, str], *, investor: bool) -> None:
    """Print lines that are not 0 as rows, periods as columns."""
    shown = [name for name in table if name == "residual" or table[name].abs().max() > 1e-9]
    last = [name for name in ("equity_change", "return", "residual") if name in shown]
    shown = [name for name in shown if name not in last] + last
    rows = []
    for name in shown:
        pattern = ".3%" if investor else ",.0f"
        pattern = ".1e" if name == "residual" else pattern
        rows.append([names[str(name)], *[format(value, pattern) for value in table[name]]])
    print_table(["", *[f"{day:%Y-%m-%d}" for day in table.index]], rows)


def _figure(
    result: "Result",
    path: Path,
    language: "Language",
    start: str | None,
    end: str | None,
    *,
    investor: bool,
) -> bytes:
    """Return the waterfall as its ending says."""
    from quanthedge.report import bridge_waterfall, figure_svg, png_bytes

    spec = bridge_waterfall(result, language, start=start, end=end, investor=investor)
    return figure_svg(spec) if path.suffix.lower() == ".svg" else png_bytes(spec)
