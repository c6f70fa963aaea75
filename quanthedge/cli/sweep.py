"""The command `quanthedge sweep`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, spoken, told
from quanthedge.cli.manner import AsJson, Manner, Quiet, manner_of, print_json
from quanthedge.cli.options import SAMPLE, End, MarketFolder, Start, StrategyFile
from quanthedge.cli.screen import say
from quanthedge.cli.sweep_words import (
    one_line,
    plan_data,
    print_sweep,
    say_walk,
    spelled,
    sweep_data,
    walk_data,
)
from quanthedge.errors import StrategyError

if TYPE_CHECKING:
    from quanthedge.batch import Plan, Progress, Sweep, WalkForward

__all__ = ["command"]

_LONGEST = 34  # letters of what differs


def command(  # noqa: PLR0917 -- an option each
    strategy: StrategyFile,
    market: MarketFolder = SAMPLE,
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="A parameter and its values: hedge.ratio=0.8,0.9,1.0 or selector.n=50:200:50 "
            "(first:last:step) or, with --random, hedge.ratio=0.5..1.5 (may be repeated).",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the store that keeps every run.")
    ] = None,
    start: Start = None,
    end: End = None,
    windows: Annotated[
        str | None,
        typer.Option(help="Run on windows: trading days of each and between them, e.g. 250,60."),
    ] = None,
    random: Annotated[
        int | None, typer.Option(min=1, help="Run so many combinations, drawn without repeats.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 1,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say what would be run and how long, and stop.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Processes; by default this one, a thread a processor."),
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(help="Dask: tcp://HOST:PORT, or local:4 for 4 workers here.")
    ] = None,
    keep: Annotated[
        int, typer.Option(min=0, help="Keep so many of the best runs as whole run folders.")
    ] = 1,
    by: Annotated[str, typer.Option(help="Figure that orders the runs.")] = "sharpe_net",
    walk_forward: Annotated[
        str | None,
        typer.Option(
            help="Then one fund that lets the best of the past rule: trading days of the past and "
            "of a period, e.g. 250,60."
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    language: AnyLanguage = None,
) -> None:
    """Run a strategy with many values of its parameters and keep every run.

    Each --set names a parameter and its values; all combinations are run, or --random of them.
    start and end are parameters too. What runs have in common is worked out once. The folder --out
    keeps each run as it ends: stopped (Ctrl-C) and started again, the sweep goes on where it was,
    and a run that is there is not run again. A combination that is no strategy, or fails, is named
    with its reason and stops nothing. Every run counts as a trial. With --walk-forward 250,60 one
    more fund is run, ruled in each period of 60 days by the variant that was the best of the 250
    days before it; it is kept whole among the others.

    Example: quanthedge sweep strategies/market_neutral.toml --market data/sample --set
    "hedge.ratio=0.8,0.9,1.0" --set "selector.n=20,30,40" --start 2014-09-17 --end 2015-07-31 --out
    sweeps/first
    """
    from quanthedge.batch import Plan, WalkForward
    from quanthedge.market import Market

    language_asked(language)
    manner = manner_of(as_json=as_json, quiet=quiet)
    walked = _days("--walk-forward", walk_forward, "of the past and of a period")
    if walked is not None and windows is not None:
        raise StrategyError("sweep: --windows and --walk-forward do not go together; take one")
    if out is None and not plan:
        raise StrategyError("sweep: give --out FOLDER, which keeps every run (or --plan)")
    data = Market.open(market)
    data.build_panels()
    what = Plan.of(
        strategy, data, sets or [], random=random, seed=seed, start=start, end=end,
        windows=_days("--windows", windows, "of a window and from one to the next"),
    )  # fmt: skip
    if walked is not None:
        WalkForward.check(what, *walked, by=by)
    if manner == "short":
        say(what.describe(spoken()), indent=2)
    if plan or out is None:
        _say_time(what, manner, jobs=jobs, cluster=cluster, by=by)
        return
    found = _run(what, out, jobs=jobs, cluster=cluster, keep=keep, by=by)
    if manner == "short":
        print_sweep(found, out)
    then = None if walked is None else _walk(found, walked, by)
    if manner == "json":
        answer = sweep_data(found, out)
        if walked is not None and then is not None:
            answer |= {"walk_forward": walk_data(*then, walked)}
        print_json(answer)
    elif manner == "quiet":
        typer.echo(one_line(found, out, None if then is None else then[1]))
    elif walked is not None and then is not None:
        say_walk(*then, walked)
    if len(found.failures) and not len(found.table):
        raise typer.Exit(1)  # a batch script goes no further with a sweep of which nothing is there


def _run(
    what: "Plan", out: Path, *, jobs: int | None, cluster: str | None, keep: int, by: str
) -> "Sweep":
    """Run a plan with a bar; what is done stays where it is interrupted."""
    from quanthedge.batch import Sweep, SweepInterrupted

    try:
        with _bar() as tell:
            return Sweep.of(
                what, out=out, jobs=jobs, cluster=cluster, keep=keep, by=by, progress=tell
            )
    except SweepInterrupted as stopped:
        typer.echo(str(stopped), err=True)
        raise typer.Exit(130) from None


def _days(option: str, text: str | None, what: str) -> tuple[int, int] | None:
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        raise StrategyError(f"{option} {text!r}: accepted: trading days {what}, as 250,60")
    return int(parts[0]), int(parts[1])


def _walk(found: "Sweep", days: tuple[int, int], by: str) -> "tuple[WalkForward, Path]":
    """Run the fund that is ruled by the best of the past, and keep it."""
    from quanthedge.batch import WalkForward

    return WalkForward.kept_in(found.store, lambda: WalkForward.of(found, *days, by=by))


def _say_time(
    plan: "Plan", manner: Manner, *, jobs: int | None, cluster: str | None, by: str
) -> None:
    """Say how long it will take, by the first runs."""
    first, total = plan.measured_seconds(jobs=jobs, cluster=cluster, by=by)
    if manner == "json":
        print_json({**plan_data(plan), "seconds_first": first, "seconds_all": total})
        return
    say(told("sweep")["time"].format(seconds=f"{first:.1f}", all=spelled(total)))


@contextmanager
def _bar() -> "Iterator[Callable[[Progress], None]]":
    """Show a bar with what is running, done, failed and left, where there is a terminal."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    with Bar(
        BarColumn(bar_width=20),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        said = told("sweep")
        task = bar.add_task(said["planned"])

        def tell(now: "Progress") -> None:
            known = now.seconds_left == now.seconds_left
            left = said["left"].format(time=spelled(now.seconds_left)) if known else ""
            words = left + said["progress"].format(
                done=f"{now.known + now.done:,}", failed=f"{now.failed:,}", left=f"{now.left:,}"
            )
            running = f" | {now.running[:_LONGEST]}" if now.running else ""
            bar.update(
                task,
                total=now.total,
                completed=now.total - now.left,
                description=escape(words + running),
            )

        yield tell
