"""The command `quanthedge sweep`."""

import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.options import End, MarketFolder, Start, StrategyFile
from quanthedge.cli.screen import printed, table_of
from quanthedge.errors import StrategyError

if TYPE_CHECKING:
    from quanthedge.batch import Plan, Progress, Sweep

__all__ = ["command"]

_WIDTH = 79
_SHOWN = 10  # runs in the table
_REASONS = 5  # reasons of failures
_LONGEST = 34  # letters of what differs
_NUMBERS = re.compile(r"\d[\d,.]*")


def command(  # noqa: PLR0917 -- an option each
    strategy: StrategyFile,
    market: MarketFolder = Path("data/sample"),
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
    from quanthedge.batch import SweepInterrupted, planned, run_plan
    from quanthedge.market import Market

    walked = _days("--walk-forward", walk_forward, "of the past and of a period")
    if walked is not None and windows is not None:
        raise StrategyError("sweep: --windows and --walk-forward do not go together; take one")
    if out is None and not plan:
        raise StrategyError("sweep: give --out FOLDER, which keeps every run (or --plan)")
    data = Market.open(market)
    data.build_panels()
    what = planned(
        strategy, data, sets or [], random=random, seed=seed, start=start, end=end,
        windows=_days("--windows", windows, "of a window and from one to the next"),
    )  # fmt: skip
    for line in what.describe().splitlines():
        _say(line)
    if plan:
        _say_time(what)
        return
    assert out is not None
    try:
        with _bar() as tell:
            found = run_plan(
                what, out=out, jobs=jobs, cluster=cluster, keep=keep, by=by, progress=tell
            )
    except SweepInterrupted as stopped:
        typer.echo(str(stopped), err=True)
        raise typer.Exit(130) from None
    _print(found, out)
    if walked is not None:
        _walk(found, walked, by)


def _days(option: str, text: str | None, what: str) -> tuple[int, int] | None:
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        raise StrategyError(f"{option} {text!r}: accepted: trading days {what}, as 250,60")
    return int(parts[0]), int(parts[1])


def _walk(found: "Sweep", days: tuple[int, int], by: str) -> None:
    """Run the fund that is ruled by the best of the past, keep it and say what came of it."""
    from quanthedge.batch import keep_walk_forward, walk_forward_of

    result, folder = keep_walk_forward(found.store, lambda: walk_forward_of(found, *days, by=by))
    table, figures = result.walk_forward, result.summary()
    told = [figures[name].text() for name in ("annual_return_net", "sharpe_net")]
    info = result.market_info
    typer.echo(
        f"walk-forward {days[0]},{days[1]}: {len(table)} periods from {info['start']} to "
        f"{info['end']}, return a year {told[0]}, Sharpe {told[1]}; in them the chosen variant "
        f"ranked {table['rank_after'].mean():.1f} of {int(table['candidates'].median())} on "
        "average"
    )
    typer.echo(f"kept whole: quanthedge report {folder}")


def _say_time(plan: "Plan") -> None:
    """Say how long it will take, by the first runs."""
    from quanthedge.batch import measured_seconds

    first, total = measured_seconds(plan)
    typer.echo(
        f"time: the first run takes {first:.1f} s here, all of them about {_spell(total)}, measured"
    )


def _spell(seconds: float) -> str:
    """Return a time as one reads it.

    >>> _spell(42.3), _spell(150.0), _spell(9000.0)
    ('42 s', '2.5 min', '2.5 h')
    """
    if seconds < 100.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 6000.0 else f"{seconds / 3600:.1f} h"


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
        task = bar.add_task("planned")

        def tell(now: "Progress") -> None:
            left = "" if now.seconds_left != now.seconds_left else f", {_spell(now.seconds_left)}"
            words = f"{now.known + now.done:,} done, {now.failed:,} failed, {now.left:,} left{left}"
            running = f" | {now.running[:_LONGEST]}" if now.running else ""
            bar.update(
                task,
                total=now.total,
                completed=now.total - now.left,
                description=escape(words + running),
            )

        yield tell


def _print(found: "Sweep", out: Path) -> None:
    """Print the best runs, why others failed, and what to do next."""
    table, shown = found.table, found.table.head(_SHOWN)
    if len(table):
        varied = [name for name in found.plan.keys if table[name].astype("str").nunique() > 1]
        heads = ("run", "what differs", *_FIGURES)
        rows = [
            (
                str(key)[:8],
                ", ".join(_value(row[name]) for name in varied)[:_LONGEST],
                *(form.format(row[name]) for name, form in _FIGURES.values()),
            )
            for key, row in shown.iterrows()
        ]
        if varied:
            _say(f"what differs: {', '.join(varied)}")
        title = f"{len(shown)} best of {len(table):,} by {found.by}"
        printed(table_of(heads, rows, title), _WIDTH)
    _print_failures(found)
    again = len(found.plan.variants) - found.fresh
    kept = f", {again:,} of them were there already" if again else ""
    typer.echo(f"{len(table):,} runs in {out}{kept}; {_spell(found.seconds)}")
    if len(table):
        best = str(table.index[0])[:8]
        typer.echo(f"Next: quanthedge judge {out}")
        typer.echo(f"      quanthedge runs show {best} --store {out}")
        typer.echo(f"      quanthedge report {out}/{best} --language zh")


# what the table shows of a run
_FIGURES = {
    "return": ("annual_return_net", "{:.1%}"),
    "Sharpe": ("sharpe_net", "{:.2f}"),
    "drawdown": ("max_drawdown_net", "{:.1%}"),
    "corr.": ("correlation_accrued_daily", "{:.2f}"),
    "beta": ("beta_daily", "{:.2f}"),
}


def _value(value: object) -> str:
    """Return a value of a parameter as a cell shows it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _say(text: str) -> None:
    """Print a text in lines of the terminal's least width."""
    typer.echo(textwrap.fill(text, _WIDTH, subsequent_indent="  ", break_long_words=False))


def _print_failures(found: "Sweep") -> None:
    """Print how many failed for which reason; reasons that differ in their numbers are one."""
    if not len(found.failures):
        return
    alike: dict[str, list[str]] = {}
    for kind, reason in zip(found.failures["kind"], found.failures["reason"], strict=True):
        alike.setdefault(f"{kind}: {_NUMBERS.sub('N', reason)}", []).append(f"{kind}: {reason}")
    typer.echo(f"{len(found.failures):,} failed:")
    counted = sorted(alike.values(), key=len, reverse=True)
    for one in counted[:_REASONS]:
        _say(f"  {len(one):,} x {one[0]}")
    if len(counted) > _REASONS:
        typer.echo(f"  and {len(counted) - _REASONS} more reasons (sweep(...).failures in Python)")
