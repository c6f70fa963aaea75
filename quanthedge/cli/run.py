"""The command `quanthedge run`."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, languages_asked, told
from quanthedge.cli.manner import AsJson, Full, Manner, Quiet, manner_of, print_json
from quanthedge.cli.options import SAMPLE, Changes, End, MarketFolder, Start, StrategyFile, listed
from quanthedge.cli.report_files import (
    FORMATS_ASKED,
    Formats,
    asked_formats,
    report_steps,
    written,
)
from quanthedge.cli.run_summary import in_full, in_short, on_one_line, run_data
from quanthedge.cli.screen import say_next, stages, typed
from quanthedge.errors import StrategyError

if TYPE_CHECKING:
    from quanthedge.backtesting import Result
    from quanthedge.market import Market
    from quanthedge.strategy import Strategy
    from quanthedge.typing import Language, Tell

__all__ = ["command"]


def command(
    strategy: StrategyFile,
    market: MarketFolder = SAMPLE,
    start: Start = None,
    end: End = None,
    *,
    capital: Annotated[float | None, typer.Option(help="Capital in yuan.")] = None,
    changes: Changes = None,
    out: Annotated[Path | None, typer.Option(help="Run folder to write.")] = None,
    variants: Annotated[
        str | None,
        typer.Option(
            help="Of long_only, unlevered, levered, index_hedged, ungated, stocks_alone, "
            "several, or all."
        ),
    ] = None,
    full: Full = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    language: AnyLanguage = None,
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

    Prints what answers in 25 lines; --full prints every figure with its formula, the timeline, all
    notes and the products beside it, --json one object of numbers, --quiet one line.

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
    from quanthedge.cli.run_words import run_there, say_what_stays, say_where_it_comes_from, stored
    from quanthedge.market import Market
    from quanthedge.stages import keep_stages
    from quanthedge.strategy import VARIANTS, load_strategy

    begun = time.perf_counter()
    names = listed(variants, (*VARIANTS, "all"), "--variants") if variants is not None else []
    edits = list(changes or [])
    languages = None if report is None else languages_asked(report, "--report")
    language_asked(language)
    manner = manner_of(full=full, as_json=as_json, quiet=quiet)
    kinds = [] if languages is None else asked_formats(formats)
    if languages is not None and out is None:
        raise StrategyError("--report: needs --out, the folder that it is written into")
    if cache is not None:
        keep_stages(cache)
    if capital is not None:
        edits.append(f"capital_yuan={capital!r}")
    before = None if out is None else run_there(out)
    with stages("run", steps=_STEPS) as tell:
        tell("opening the market")
        plan = load_strategy(strategy, edits)
        data = Market.open(market)
        say_where_it_comes_from(strategy, data)
        wish = _Wish(plan, data, start, end, tuple(names), tell, manner in ("json", "quiet"))
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
    files = {}  # of the report, each with the line that tells of it
    if out is not None and languages is not None:
        files = _write_report(result, out, languages, kinds, before, overwrite=overwrite)
    place = _Place(out, store, where, seconds)
    if manner == "json":
        print_json({**run_data(result, market), **place.data(), "files": list(files)})
    else:
        _print_run(result, market, manner, place)
        _say_files(files.values() if manner != "quiet" else ())
    if out is not None and where != "out" and overwrite:
        say_what_stays(out)
    if any(note["kind"] == "insolvent" for note in result.notes):
        raise typer.Exit(1)


# share of the whole that is over when a stage begins; writing works out what the folder keeps
_STEPS = {
    "selecting stocks": 0.1,
    "estimating betas, looking up rules and contracts": 0.2,
    "running the ledger": 0.4,
    "drawing up the accounts": 0.47,
    "writing": 0.6,
}


class _Place(NamedTuple):
    """Where a run is kept, and where it was already: "out", "store", or "" where it ran now."""

    out: Path | None
    store: Path | None
    where: str
    seconds: float

    def data(self) -> dict[str, object]:
        """Return what machines are told of it."""
        return {"out": self.out, "already_there": self.where or None, "seconds": self.seconds}


class _Wish(NamedTuple):
    """What is to be run."""

    strategy: "Strategy"
    market: "Market"
    start: str | None
    end: str | None
    variants: tuple[str, ...]
    tell: "Tell"
    aside: bool  # stdout is for the answer alone


def _found_or_run(
    wish: _Wish, out: Path | None, store: Path | None, *, again: bool, overwrite: bool
) -> "tuple[Result, str]":
    """Return the run, and where it was already: "out", "store", or "" where it ran now."""
    from quanthedge.backtesting import backtest
    from quanthedge.cli.run_words import kept_run, stored_run
    from quanthedge.strategy import variant_names

    asked = (wish.strategy, wish.market, (wish.start, wish.end), variant_names(wish.variants))
    if out is not None:
        kept = kept_run(out, *asked, again=again, overwrite=overwrite, aside=wish.aside)
        if kept is not None:
            return kept, "out"
    if store is not None and not again:
        found = stored_run(store, *asked, aside=wish.aside)
        if found is not None:
            return found, "store"
    _build_panels(wish)
    strategy, market, start, end, variants, tell, _ = wish
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
) -> dict[Path, str]:
    """Write the report of a run into its folder; return a line to print for each file."""
    from quanthedge.cli.shelf import Shelf

    with stages("report", report_steps(languages)) as tell:
        shelf = Shelf(overwrite=overwrite, run=out, before=before)
        lines = list(written(result, out, languages, kinds, shelf, tell))
    return dict(zip(shelf.said, lines, strict=True))


def _say_files(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def _print_run(result: "Result", market: Path, manner: Manner, place: _Place) -> None:
    """Print a run, where it was written and what to do next."""
    words, out = told("run"), place.out
    kept = place.where == "out"
    if manner == "quiet":
        typer.echo(on_one_line(result, market, None if kept else out, place.seconds))
        return
    if manner == "full":
        typer.echo(in_full(result, market))
    else:
        _say_files(in_short(result, market))
    if out is None and place.store is None:
        typer.echo(words["nothing_written"])
        say_next(words["next_keep"])
    elif out is not None:
        if not kept:
            typer.echo(f"{told('screen')['wrote']} {out}")
        say_next(f"quanthedge report {typed(out)}")
