"""The command `quanthedge run`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from quanthedge.cli.options import Changes, End, MarketFolder, Start, StrategyFile, listed
from quanthedge.cli.report_files import (
    FORMATS_ASKED,
    Formats,
    asked_formats,
    asked_languages,
    written,
)
from quanthedge.cli.screen import stages
from quanthedge.errors import StrategyError

if TYPE_CHECKING:
    from quanthedge.backtesting import Result
    from quanthedge.comparison import Comparison
    from quanthedge.market import Market
    from quanthedge.strategy import Strategy
    from quanthedge.typing import Language, Tell

__all__ = ["command"]


def command(
    strategy: StrategyFile,
    market: MarketFolder = Path("data/sample"),
    start: Start = None,
    end: End = None,
    *,
    capital: Annotated[float | None, typer.Option(help="Capital in yuan.")] = None,
    changes: Changes = None,
    out: Annotated[Path | None, typer.Option(help="Run folder to write.")] = None,
    variants: Annotated[
        str | None,
        typer.Option(
            help="Of long_only, unlevered, levered, index_hedged, ungated, several, or all."
        ),
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
    state: Annotated[
        Path | None,
        typer.Option(help="Run folder of yesterday: only the days that the market has more run."),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(help="Folder that keeps the results of stages for other runs."),
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="Folder of a store of runs to put the run into, too.")
    ] = None,
    report: Annotated[
        str | None,
        typer.Option(help="Write the report into --out as well: zh, en, or both: zh,en."),
    ] = None,
    formats: Formats = FORMATS_ASKED,
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
    strategy, with no further option. A strategy with an allocation always runs without it as well.

    --store puts the run, whole, into a store of runs (`quanthedge runs list`); one that holds this
    very run shows it, and it is not run again.

    --state goes on from a run of the same strategy on less of the same data: its state is taken
    over, the new days are run, and the result is that of a run in one go, to the bit. An update
    that revises the days already run is refused and named.

    --report writes the report too, as `quanthedge report` does, in one go: what was loaded and
    worked out for the run is not loaded and worked out again. --format is of use with it only.

    Example: quanthedge run strategies/market_neutral.toml --market data/sample --start 2014-09-17
    --end 2015-07-31 --variants all --out runs/mn --report zh,en --format html,pdf,xlsx
    """
    from quanthedge.backtesting import keep_stages
    from quanthedge.cli.run_words import run_there, say_what_stays, say_where_it_comes_from, stored
    from quanthedge.market import Market
    from quanthedge.strategy import VARIANTS, load_strategy

    begun = time.perf_counter()
    names = listed(variants, (*VARIANTS, "all"), "--variants") if variants is not None else []
    edits = list(changes or [])
    languages = None if report is None else asked_languages(report, "--report")
    kinds = [] if languages is None else asked_formats(formats)
    if languages is not None and out is None:
        raise StrategyError("--report: needs --out, the folder that it is written into")
    if cache is not None:
        keep_stages(cache)
    if capital is not None:
        edits.append(f"capital_yuan={capital!r}")
    before = None if out is None else run_there(out)
    with stages("run") as tell:
        tell("opening the market")
        plan = load_strategy(strategy, edits)
        data = Market.open(market)
        say_where_it_comes_from(strategy, data)
        wish = _Wish(plan, data, start, end, tuple(names), tell)
        if state is None:
            result, where = _found_or_run(wish, out, store, again=again, overwrite=overwrite)
        else:
            result, where = _gone_on(wish, state), ""
        if out is not None and where != "out":
            tell("writing")
            result.to_parquet(out, overwrite=again or overwrite)
        if store is not None and where != "store":
            tell("putting it into the store")
            stored(store, result, time.perf_counter() - begun)
    seconds = time.perf_counter() - begun
    kept, in_store = where == "out", store is not None
    _print_run(result, market, out, quiet=quiet, seconds=seconds, kept=kept, in_store=in_store)
    if out is not None and not kept and overwrite:
        say_what_stays(out)
    if out is not None and languages is not None:
        _write_report(result, out, languages, kinds, before, overwrite=overwrite)
    if any(note["kind"] == "insolvent" for note in result.notes):
        raise typer.Exit(1)


class _Wish(NamedTuple):
    """What is to be run."""

    strategy: "Strategy"
    market: "Market"
    start: str | None
    end: str | None
    variants: tuple[str, ...]
    tell: "Tell"


def _found_or_run(
    wish: _Wish, out: Path | None, store: Path | None, *, again: bool, overwrite: bool
) -> "tuple[Result, str]":
    """Return the run, and where it was already: "out", "store", or "" where it ran now."""
    from quanthedge.backtesting import backtest
    from quanthedge.cli.run_words import kept_run, stored_run
    from quanthedge.strategy import variant_names

    asked = (wish.strategy, wish.market, (wish.start, wish.end), variant_names(wish.variants))
    if out is not None:
        kept = kept_run(out, *asked, again=again, overwrite=overwrite)
        if kept is not None:
            return kept, "out"
    if store is not None and not again:
        found = stored_run(store, *asked)
        if found is not None:
            return found, "store"
    _build_panels(wish)
    strategy, market, start, end, variants, tell = wish
    return backtest(strategy, market, start, end, variants=variants, tell=tell), ""


def _gone_on(wish: _Wish, state: Path) -> "Result":
    """Return the run of a folder with the days that the market has more.

    Raises
    ------
    StrategyError
        Start or variants are given: they are the run's own.
    DataError
        See :func:`quanthedge.resume`.
    """
    from quanthedge.daily import resume

    for name, value in (("--start", wish.start), ("--variants", wish.variants)):
        if value:
            raise StrategyError(f"{name} goes without --state: the run has its own")
    _build_panels(wish)
    return resume(state, wish.market, wish.end, strategy=wish.strategy, tell=wish.tell)


def _build_panels(wish: _Wish) -> None:
    """Build the cache of panels; say where it cannot be written."""
    if not wish.market.build_panels(wish.tell):
        typer.echo(
            f"{wish.market.path}: the cache of panels cannot be written (a full disk, a folder "
            "that may not be changed?); panels are built in memory each time, which takes longer",
            err=True,
        )


def _write_report(
    result: "Result",
    out: Path,
    languages: "list[Language]",
    kinds: list[str],
    before: str | None,
    *,
    overwrite: bool,
) -> None:
    """Write the report of a run into its folder."""
    from quanthedge.cli.shelf import Shelf

    with stages("report") as tell:
        shelf = Shelf(overwrite=overwrite, run=out, before=before)
        for line in written(result, out, languages, kinds, shelf, tell):
            typer.echo(line)


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
    result: "Result",
    market: Path,
    out: Path | None,
    *,
    quiet: bool,
    seconds: float,
    kept: bool,
    in_store: bool = False,
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
        typer.echo(f"\nBeside other products\n{_beside(result)!r}\n")
    if out is None and not in_store:
        typer.echo("Nothing written (give --out to keep the run).")
    elif out is not None and not kept:
        typer.echo(f"Wrote {out}")


def _beside(result: "Result") -> "Comparison":
    """Return a run beside its index, the deposit, its variants and its strategy's products."""
    from quanthedge.comparison import compare_funds, own_products

    return compare_funds(result, own_products(result))
