"""The command line of QuantHedge: from importing data to the report of a run.

Exit codes: 0 done; 1 ``check`` or ``audit`` found something or the fund went insolvent; 2 wrong
use or wrong input; 3 a fault of QuantHedge itself; 130 interrupted.
"""

import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TextIO

import typer

from quanthedge.cli.basis import basis_command
from quanthedge.cli.bridge import bridge_command
from quanthedge.cli.capacity import capacity_command
from quanthedge.cli.compare import compare_command, products, run_beside
from quanthedge.cli.download import download_command
from quanthedge.cli.statement import statement_command
from quanthedge.cli.stress import stress_command
from quanthedge.cli.terminal import Overwrite, answer, prepare_streams
from quanthedge.cli.token import token_command

if TYPE_CHECKING:
    from quanthedge.backtesting.result import Result

__all__ = ["app", "main"]

app = typer.Typer(
    name="quanthedge",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help=(
        "Backtest a market-neutral A-share fund as it would really have run.\n\n"
        "Start here: `quanthedge run strategies/market_neutral.toml --market data/sample "
        "--out runs/first`, then `quanthedge report runs/first`.\n\n"
        "Exit codes: 0 done, 1 check found errors or the fund went insolvent, "
        "2 wrong use or input, 3 a fault of QuantHedge."
    ),
)


def _version(wanted: bool) -> None:
    if wanted:
        from quanthedge import __version__

        typer.echo(f"quanthedge {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Hold the options of the command itself."""


@contextmanager
def _stages(title: str) -> Iterator[Any]:
    """Show a live line with the stage at work and its time, where there is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    with Progress(
        SpinnerColumn(),
        BarColumn(bar_width=24),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(title, total=None)
        yield lambda text: progress.update(task, description=f"{title}: {text}")


@app.command("import")
def import_command(
    source: Annotated[Path, typer.Argument(help="Folder or archive (zip, tar) of the data.")],
    target: Annotated[Path, typer.Argument(help="Folder of the dataset to write.")],
    layout: Annotated[
        str, typer.Option(help="Layout of the source; 'auto' recognises it by its files.")
    ] = "auto",
    more: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            help="A further source for tables that SOURCE lacks: PATH or PATH=LAYOUT (repeatable).",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the market; by default that of SOURCE.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another dataset in TARGET.")
    ] = False,
    keep_code: Annotated[
        list[str] | None,
        typer.Option(
            help="Of a company under two codes the code to keep (repeatable); by default the one "
            "whose bars reach further."
        ),
    ] = None,
    keep_doubles: Annotated[
        bool, typer.Option("--keep-doubles", help="Keep both codes of such companies.")
    ] = False,
) -> None:
    """Turn market data into a QuantHedge dataset, checked table by table.

    Errors in the data stop the import and name the table, the row and what is accepted. A dataset
    in TARGET made from the same data is recognised and left as it is; another one is refused unless
    --overwrite, and stays until the new one is complete. Other files in TARGET stay.
    docs/importing.md lists the layouts and what each of them can carry.

    Examples: quanthedge import ../shared/market data/real

    quanthedge import ~/qlib/cn_data data/mine --with ~/wtpy/storage/csv=wtpy
    """
    from quanthedge.sources import import_market

    with _stages("import") as tell:
        report = import_market(
            source,
            target,
            layout=layout,
            progress=tell,
            name=name,
            more=more or (),
            overwrite=overwrite,
            keep_code=keep_code or (),
            keep_doubles=keep_doubles,
        )
    typer.echo(report.to_text())
    there = report.already_there
    typer.echo(
        f"{target} holds {source} already." if there else f"Imported {source} into {target}."
    )


app.command("download")(download_command)
app.command("basis")(basis_command)
app.command("bridge")(bridge_command)
app.command("stress")(stress_command)
app.command("token")(token_command)
app.command("compare")(compare_command)
app.command("capacity")(capacity_command)
app.command("statement")(statement_command)


@app.command()
def update(
    source: Annotated[Path, typer.Argument(help="Folder or archive with the newer data.")],
    target: Annotated[Path, typer.Argument(help="Dataset to bring up to date.")],
    layout: Annotated[
        str, typer.Option(help="Layout of the source; 'auto' recognises it by its files.")
    ] = "auto",
    more: Annotated[
        list[str] | None,
        typer.Option("--with", help="A further source: PATH or PATH=LAYOUT (repeatable)."),
    ] = None,
    accept_changes: Annotated[
        bool, typer.Option(help="Take over rows that differ from those known before.")
    ] = False,
) -> None:
    """Add new days to a dataset; say what the source changes of the days before.

    A source that changes history is refused with what it changes, unless --accept-changes is
    given. The dataset is replaced in one step; a second update waits for the first.

    Example: quanthedge update downloads/tushare data/mine --layout tushare
    """
    from quanthedge.sources import update_market

    with _stages("update") as tell:
        report = update_market(
            source, target, layout, progress=tell, more=more or (), accept_changes=accept_changes
        )
    typer.echo(report.to_text())
    typer.echo(f"Updated {target} from {source}.")


@app.command()
def simulate(
    target: Annotated[Path, typer.Argument(help="Folder of the dataset to write.")],
    stocks: Annotated[int, typer.Option(min=10, max=6_000, help="Number of stocks.")] = 120,
    years: Annotated[int, typer.Option(min=1, max=30, help="Years of trading days.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same market.")] = 7,
    start: Annotated[str, typer.Option(help="First day, YYYY-MM-DD.")] = "2013-01-04",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another dataset in TARGET.")
    ] = False,
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

    with _stages("simulate") as tell:
        tell(f"{stocks} stocks, {years} years")
        report = simulate_market(
            target, stocks=stocks, years=years, seed=seed, start=start, overwrite=overwrite
        )
    typer.echo(report.to_text())
    what = f"{stocks} stocks over {years} years from {start} (seed {seed})"
    there = report.already_there
    typer.echo(f"{what} are already in {target}." if there else f"Simulated {what} into {target}.")


@app.command()
def check(
    market: Annotated[Path, typer.Argument(help="Folder of a dataset.")],
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
    with _stages("check") as tell:
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

    with _stages("check") as tell:
        tell("fingerprint")
        lines = check_fingerprint(market)
    for line in lines:
        typer.echo(f"error    {line}")
    if lines:
        raise typer.Exit(1)
    typer.echo(f"{market}: the tables have the fingerprint {Manifest.read(market).fingerprint}.")


@app.command()
def audit(
    thing: Annotated[
        str,
        typer.Argument(
            metavar="STRATEGY",
            help="Strategy file (TOML), or an object of a Python file: my_factors.py:Mine.",
        ),
    ],
    market: Annotated[Path, typer.Option(help="Folder of a dataset.")] = Path("data/sample"),
    dates: Annotated[
        int | None,
        typer.Option(
            min=1, help="A quick look: so many decisions of each kind; all when left out."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same days and futures.")] = 0,
    start: Annotated[str | None, typer.Option(help="First day of a strategy's run.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day of a strategy's run.")] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change one key of a strategy (may be repeated)."),
    ] = None,
) -> None:
    """Look for look-ahead: change the future of the market and see whether the past moves.

    The first cell that moves is named with date, code and by how much; exit code 1 when there is
    one. What is read from elsewhere than the market is named: no change of the market reaches it.
    A Python file is run, so name only files that you trust.

    Examples: quanthedge audit strategies/market_neutral.toml

    quanthedge audit my_factors.py:Mine --market data/real
    """
    from quanthedge.market import Market
    from quanthedge.studies.lookahead import audit as look_ahead
    from quanthedge.studies.lookahead import load_object

    with _stages("audit") as tell:
        tell("opening the market")
        report = look_ahead(
            load_object(thing, changes or ()),
            Market.open(market),
            dates=dates,
            seed=seed,
            start=start,
            end=end,
            tell=tell,
        )
    typer.echo(report.to_text())
    if not report.passed:
        raise typer.Exit(1)


@app.command()
def rules(
    date: Annotated[str, typer.Argument(help="Day, YYYY-MM-DD.")],
) -> None:
    """Print the rule book of a day: duties, fees, limits, lots, futures, each with its confidence.

    Confidence: A two sources agree or an official text, B one good source, C weak, M memory only.

    Example: quanthedge rules 2015-09-07
    """
    from rich.console import Console
    from rich.table import Table

    from quanthedge.rules import describe_day

    book = describe_day(date)
    table = Table("rule", "value", "confidence", title=f"Rule book of {date}", show_lines=False)
    for subject, part in book.groupby("subject", sort=False):
        table.add_section()
        table.add_row(f"[bold]{subject}[/bold]", "", "")
        for row in part.itertuples():
            table.add_row(str(row.rule), str(row.value), str(row.confidence))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@app.command()
def run(
    strategy: Annotated[Path, typer.Argument(help="Strategy file (TOML).")],
    market: Annotated[Path, typer.Option(help="Folder of a dataset.")] = Path("data/sample"),
    start: Annotated[str | None, typer.Option(help="First trading day, YYYY-MM-DD.")] = None,
    end: Annotated[str | None, typer.Option(help="Last trading day, YYYY-MM-DD.")] = None,
    capital: Annotated[float | None, typer.Option(help="Capital in yuan.")] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change one key, e.g. --set selector.n=50 (may be repeated)."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder to write.")] = None,
    variants: Annotated[
        str | None,
        typer.Option(help="Of long_only, unlevered, levered, index_hedged, several, or all."),
    ] = None,
    quiet: Annotated[
        bool,
        typer.Option(help="Print one line: return, Sharpe, drawdown, correlation, seconds."),
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Run it although --out holds this very run.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another run that --out holds.")
    ] = False,
) -> None:
    """Run a strategy on a market and print what happened.

    The run folder holds the strategy with every default, the market's fingerprint, the versions,
    all tables and the
    timeline: enough to run it again and get the same numbers. A folder that holds this very run
    (strategy, data, dates, variants and versions are the same) is shown and not run again, but for
    --again; one that holds another run is refused, but for --overwrite. Files that are not of a
    run stay.

    --variants runs the same strategy without hedge, without or with a loan, or with the index for
    its stocks as well; the report shows them, and products named under [[comparison]] in the
    strategy, with no further option.

    Example: quanthedge run strategies/market_neutral.toml --market data/sample --start 2014-09-17
    --end 2015-07-31 --variants all --out runs/mn
    """
    from quanthedge.backtesting.run import backtest
    from quanthedge.cli.run_words import kept_run, say_what_stays, say_where_it_comes_from
    from quanthedge.market import Market
    from quanthedge.strategy import VARIANTS, load_strategy, variant_names

    begun = time.perf_counter()
    names = _listed(variants, (*VARIANTS, "all"), "--variants") if variants is not None else []
    edits = list(changes or [])
    if capital is not None:
        edits.append(f"capital_yuan={capital!r}")
    with _stages("run") as tell:
        tell("opening the market")
        plan = load_strategy(strategy, edits)
        data = Market.open(market)
        say_where_it_comes_from(strategy, data)
        kept = None
        if out is not None:
            span, wanted = (start, end), variant_names(tuple(names))
            kept = kept_run(out, plan, data, span, wanted, again=again, overwrite=overwrite)
        if kept is None:
            if not data.build_panels(tell):
                typer.echo(
                    f"{market}: the cache of panels cannot be written (a full disk, a folder that "
                    "may not be changed?); panels are built in memory each time, which takes "
                    "longer",
                    err=True,
                )
            result = backtest(plan, data, start, end, variants=tuple(names), tell=tell)
            if out is not None:
                tell("writing")
                result.to_parquet(out, overwrite=again or overwrite)
        else:
            result = kept
    seconds = time.perf_counter() - begun
    _print_run(result, market, out, quiet=quiet, seconds=seconds, kept=kept is not None)
    if out is not None and kept is None and overwrite:
        say_what_stays(out)
    if any(note["kind"] == "insolvent" for note in result.notes):
        raise typer.Exit(1)


# what --quiet says of a run: net of every fee as it accrues; daily correlation with the benchmark
_QUIET = {
    "return": "return_net",
    "Sharpe": "sharpe_net",
    "drawdown": "max_drawdown_net",
    "correlation": "correlation_accrued_daily",
}


def _head(result: "Result", market: Path) -> str:
    days = result.ledger.index
    return (
        f"{result.strategy.name} on {result.market_info['name']} ({market}), "
        f"{days[1]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}, "
        f"{result.strategy.capital_yuan:,.0f} yuan"
    )


def _one_line(result: "Result", market: Path, out: Path | None, seconds: float) -> str:
    """Return what --quiet prints of a run."""
    summary = result.summary()
    figures = ", ".join(f"{name} {summary[key].text()}" for name, key in _QUIET.items())
    kept = "" if out is None else f"; wrote {out}"
    return f"{_head(result, market)}: {figures}; {seconds:.1f} s{kept}"


def _print_run(
    result: "Result", market: Path, out: Path | None, *, quiet: bool, seconds: float, kept: bool
) -> None:
    """Print a run, in one line or in full; ``kept``: it was in its folder already."""
    if quiet:
        typer.echo(_one_line(result, market, None if kept else out, seconds))
        return
    typer.echo(_head(result, market))
    typer.echo(f"\nWhat is known when\n{result.timeline['en']}\n")
    typer.echo(str(result.summary()))
    typer.echo("\nNotes")
    for note in result.notes:
        typer.echo(f"- {note['en']}")
    if result.variants or result.strategy.comparison:
        typer.echo(f"\nBeside other products\n{run_beside(result)!r}\n")
    if out is None:
        typer.echo("Nothing written (give --out to keep the run).")
    elif not kept:
        typer.echo(f"Wrote {out}")


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.")],
    language: Annotated[str, typer.Option(help="zh, en, or both: en,zh.")] = "zh",
    formats: Annotated[
        str, typer.Option("--format", help="Of html, pdf, xlsx, json and png, or several of them.")
    ] = "html,json",
    out: Annotated[
        Path | None, typer.Option(help="Folder to write into; the run folder by default.")
    ] = None,
    nav: Annotated[
        list[str] | None,
        typer.Option(help="NAME=FILE: unit values (CSV) set beside the fund; may be repeated."),
    ] = None,
    fixed: Annotated[
        list[str] | None, typer.Option(help="NAME=RATE a year, as in trust=0.08; may be repeated.")
    ] = None,
    stated: Annotated[
        list[str] | None, typer.Option(help="NAME=RETURN,CORRELATION as published.")
    ] = None,
    capacity: Annotated[
        Path | None, typer.Option(help="CSV of `quanthedge capacity --out`: adds its chapter.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write the report of a run: HTML that works offline, PDF, Excel, all numbers, figures.

    In the run's own folder the report takes the place of its earlier one; a report of another run,
    or one that somebody changed, is not replaced but for --overwrite.

    Example: quanthedge report runs/mn --language zh,en --format html,pdf,xlsx,json
    """
    from quanthedge.backtesting.result import Result
    from quanthedge.cli.shelf import Shelf
    from quanthedge.report.formats import FORMATS, write_reports

    names = _listed(language, ("zh", "en"), "--language")
    kinds = _listed(formats, FORMATS, "--format")
    with _stages("report") as tell:
        tell("reading the run")
        result = Result.open(folder)
        if capacity is not None:
            result = result.with_capacity(capacity)
        target, shelf = folder if out is None else out, Shelf(overwrite=overwrite, run=folder)
        others = products(nav, fixed, stated)
        for name in names:
            tell(name)
            chosen: Literal["zh", "en"] = "zh" if name == "zh" else "en"
            for path in write_reports(
                result, target, kinds, chosen, others, shelf.write, result.capacity
            ):
                size = f" ({path.stat().st_size / 1e6:.1f} MB)" if path.is_file() else ""
                typer.echo(f"{shelf.said.get(path, 'Wrote')} {path}{size}")


def _listed(text: str, known: tuple[str, ...], option: str) -> list[str]:
    """Return the parts of a comma-separated option, each one of the known."""
    from quanthedge.errors import StrategyError

    parts = list(dict.fromkeys(part.strip() for part in text.split(",")))
    for part in parts:
        if part not in known:
            raise StrategyError(f"{option} {part!r}: accepted: {', '.join(known)}, or several")
    return parts


def _told(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning as one line."""
    typer.echo(f"note: {message}", err=True)


def main() -> None:
    """Run the command line; every error ends in one line and an exit code."""
    warnings.showwarning = _told
    prepare_streams()
    sys.exit(answer(lambda: app(standalone_mode=True)))


if __name__ == "__main__":
    main()
