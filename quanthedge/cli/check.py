"""The command `quanthedge check`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, told
from quanthedge.cli.manner import AsJson, Full, Quiet, manner_of, print_json
from quanthedge.cli.options import Dataset, Overwrite
from quanthedge.cli.screen import became, say, stages

if TYPE_CHECKING:
    from quanthedge.market.quality import QualityReport

__all__ = ["command"]


def command(
    market: Dataset,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write the report as one HTML page.")
    ] = None,
    *,
    full: Full = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    language: AnyLanguage = None,
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

    chosen = language_asked(language)
    manner = manner_of(full=full, as_json=as_json, quiet=quiet)
    if fingerprint:
        _check_fingerprint(market)
        return
    with stages("check") as tell:
        report = quality_report(market, progress=tell)
    line = told("check")["errors" if report.errors else "sound"].format(
        market=market, errors=len(report.errors), findings=len(report.checks.findings),
        suspects=len(report.suspects),
    )  # fmt: skip
    if manner == "json":
        print_json(_data(report, market))
    elif manner == "quiet":
        typer.echo(line)
    else:
        say(line)
        text = report.to_text(chosen)
        say(text if manner == "full" else _short(text, report.manifest.fingerprint), indent=4)
    if html is not None:
        shelf = Shelf(overwrite=overwrite)
        shelf.write(html, quality_page(report, chosen), "page")
        size = f"({html.stat().st_size / 1e6:.1f} MB)"
        typer.echo(f"{became(shelf, html)} {html} {size}", err=manner == "json")
    if report.errors:
        raise typer.Exit(1)


def _short(text: str, fingerprint: str) -> str:
    """Return a report without the list of tables, which --full has."""
    return text.partition(fingerprint)[0].rpartition("\n\n")[0] + "\n" + told("screen")["whole"]


def _data(report: "QualityReport", market: Path) -> dict[str, Any]:
    return {
        "command": "check",
        "market": market,
        "fingerprint": report.manifest.fingerprint,
        "errors": len(report.errors),
        "findings": [asdict(one) for one in report.checks.findings],
        "suspicious_stock_days": len(report.suspects),
        "tables": [asdict(one) for one in report.tables],
        "stocks_by_year": report.by_year,
    }  # fmt: skip


def _check_fingerprint(market: Path) -> None:
    from quanthedge.market import Manifest

    words = told("check")
    with stages("check") as tell:
        tell("fingerprint")
        manifest = Manifest.read(market)
        lines = manifest.differences(market)
    for line in lines:
        typer.echo(f"{words['error']} {line}")
    if lines:
        raise typer.Exit(1)
    said = words["fingerprint"]
    typer.echo(said.format(market=market, fingerprint=manifest.fingerprint))
