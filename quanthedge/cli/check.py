"""The command `quanthedge check`."""

from pathlib import Path
from typing import Annotated

import typer

from quanthedge.cli.options import Dataset, Overwrite
from quanthedge.cli.screen import stages

__all__ = ["command"]


def command(
    market: Dataset,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write the report as one HTML page.")
    ] = None,
    overwrite: Overwrite = False,
    fingerprint: Annotated[
        bool,
        typer.Option(
            "--fingerprint",
            help="Only compute the fingerprint from the tables' values and compare.",
        ),
    ] = False,
) -> None:
    """Check a dataset: errors, suspicious moves, stale prices, units, survivorship, coverage.

    Prints every finding with its count and examples; exit code 1 when there is an error among them.

    Example: quanthedge check data/sample --html quality.html
    """
    from quanthedge.cli.shelf import Shelf
    from quanthedge.market.quality import quality_page, quality_report

    if fingerprint:
        _check_fingerprint(market)
        return
    with stages("check") as tell:
        report = quality_report(market, progress=tell)
    typer.echo(report.to_text())
    if html is not None:
        shelf = Shelf(overwrite=overwrite)
        shelf.write(html, quality_page(report), "page")
        typer.echo(f"{shelf.said[html]} {html} ({html.stat().st_size / 1e6:.1f} MB)")
    if report.errors:
        raise typer.Exit(1)


def _check_fingerprint(market: Path) -> None:
    from quanthedge.market import Manifest, check_fingerprint

    with stages("check") as tell:
        tell("fingerprint")
        lines = check_fingerprint(market)
    for line in lines:
        typer.echo(f"error    {line}")
    if lines:
        raise typer.Exit(1)
    typer.echo(f"{market}: the tables have the fingerprint {Manifest.read(market).fingerprint}.")
