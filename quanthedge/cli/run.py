"""The command `quanthedge run`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.options import Changes, End, MarketFolder, Start, StrategyFile, listed
from quanthedge.cli.screen import stages

if TYPE_CHECKING:
    from quanthedge.backtesting import Result
    from quanthedge.comparison import Comparison

__all__ = ["command"]


def command(  # noqa: PLR0917 -- an option each
    strategy: StrategyFile,
    market: MarketFolder = Path("data/sample"),
    start: Start = None,
    end: End = None,
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
    cache: Annotated[
        Path | None,
        typer.Option(help="Folder that keeps the results of stages for other runs."),
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="Folder of a store of runs to put the run into, too.")
    ] = None,
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

    Example: quanthedge run strategies/market_neutral.toml --market data/sample --start 2014-09-17
    --end 2015-07-31 --variants all --out runs/mn
    """
    from quanthedge.backtesting import backtest, keep_stages
    from quanthedge.cli.run_words import (
        kept_run,
        say_what_stays,
        say_where_it_comes_from,
        stored,
        stored_run,
    )
    from quanthedge.market import Market
    from quanthedge.strategy import VARIANTS, load_strategy, variant_names

    begun = time.perf_counter()
    names = listed(variants, (*VARIANTS, "all"), "--variants") if variants is not None else []
    edits = list(changes or [])
    if cache is not None:
        keep_stages(cache)
    if capital is not None:
        edits.append(f"capital_yuan={capital!r}")
    with stages("run") as tell:
        tell("opening the market")
        plan = load_strategy(strategy, edits)
        data = Market.open(market)
        say_where_it_comes_from(strategy, data)
        kept, found = None, None
        span, wanted = (start, end), variant_names(tuple(names))
        if out is not None:
            kept = kept_run(out, plan, data, span, wanted, again=again, overwrite=overwrite)
        if store is not None and kept is None and not again:
            found = stored_run(store, plan, data, span, wanted)
        there = kept or found
        if there is None:
            if not data.build_panels(tell):
                typer.echo(
                    f"{market}: the cache of panels cannot be written (a full disk, a folder that "
                    "may not be changed?); panels are built in memory each time, which takes "
                    "longer",
                    err=True,
                )
            result = backtest(plan, data, start, end, variants=tuple(names), tell=tell)
        else:
            result = there
        if out is not None and kept is None:
            tell("writing")
            result.to_parquet(out, overwrite=again or overwrite)
        if store is not None and found is None:
            tell("putting it into the store")
            stored(store, result, time.perf_counter() - begun)
    seconds = time.perf_counter() - begun
    _print_run(
        result,
        market,
        out,
        quiet=quiet,
        seconds=seconds,
        kept=kept is not None,
        in_store=store is not None,
    )
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
