"""What `quanthedge sweep` prints of a sweep: the best runs, why others failed, what is next."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from quanthedge.cli.language import told
from quanthedge.cli.screen import print_table, say, say_next, typed

if TYPE_CHECKING:
    from quanthedge.batch import Plan, Sweep, WalkForward

__all__ = [
    "one_line",
    "plan_data",
    "print_sweep",
    "say_walk",
    "spelled",
    "sweep_data",
    "walk_data",
]

_SHOWN = 10  # runs in the table
_REASONS = 5  # reasons of failures
_LONGEST = 34  # letters of what differs
_LETTERS = 8  # of a key
_NUMBERS = re.compile(r"\d[\d,.]*")
# what the table shows of a run
_FIGURES = {
    "return": ("annual_return_net", "{:.1%}"),
    "sharpe": ("sharpe_net", "{:.2f}"),
    "drawdown": ("max_drawdown_net", "{:.1%}"),
    "correlation": ("correlation_accrued_daily", "{:.2f}"),
    "beta": ("beta_daily", "{:.2f}"),
}


def print_sweep(found: "Sweep", out: Path) -> None:
    """Print the best runs, why others failed, and what to do next."""
    words, table = told("sweep"), found.table
    if len(table):
        _print_best(found, words)
    _print_failures(found, words)
    again = len(found.plan.variants) - found.fresh
    kept = words["known"].format(count=f"{again:,}") if again else ""
    typer.echo(words["done"].format(
        count=f"{len(table):,}", out=out, kept=kept, time=spelled(found.seconds)
    ))  # fmt: skip
    if len(table):
        best = str(table.index[0])[:_LETTERS]
        say_next(
            f"quanthedge judge {typed(out)}",
            f"quanthedge runs show {best} --store {typed(out)}",
            f"quanthedge report {typed(out / best)}",
        )


def one_line(found: "Sweep", out: Path, walked: Path | None) -> str:
    """Return what came of a sweep in one line, with the folder of a walk-forward run."""
    words = told("sweep")
    line = words["one_line"].format(
        id=found.id, count=f"{len(found.table):,}", failed=f"{len(found.failures):,}", out=out
    )
    return line if walked is None else line + words["and_walk"].format(folder=walked)


def _print_best(found: "Sweep", words: dict[str, str]) -> None:
    table, shown = found.table, found.table.head(_SHOWN)
    varied = [name for name in found.plan.keys if table[name].astype("str").nunique() > 1]
    rows = [
        [
            str(key)[:_LETTERS],
            ", ".join(_value(row[name]) for name in varied)[:_LONGEST],
            *(form.format(row[name]) for name, form in _FIGURES.values()),
        ]
        for key, row in shown.iterrows()
    ]
    if varied:
        say(words["varied"].format(keys=", ".join(varied)), indent=2)
    heads = [words[name] for name in ("run", "differs", *_FIGURES)]
    title = words["best"].format(shown=len(shown), count=f"{len(table):,}", by=found.by)
    print_table(heads, rows, title, keys=2)


def _value(value: object) -> str:
    """Return a value of a parameter as a cell shows it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _print_failures(found: "Sweep", words: dict[str, str]) -> None:
    """Print how many failed for which reason; reasons that differ in their numbers are one."""
    if not len(found.failures):
        return
    alike: dict[str, list[str]] = {}
    for kind, reason in zip(found.failures["kind"], found.failures["reason"], strict=True):
        alike.setdefault(f"{kind}: {_NUMBERS.sub('N', reason)}", []).append(f"{kind}: {reason}")
    typer.echo(words["failures"].format(count=f"{len(found.failures):,}"))
    counted = sorted(alike.values(), key=len, reverse=True)
    for one in counted[:_REASONS]:
        say(f"  {len(one):,} x {one[0]}", indent=2)
    if len(counted) > _REASONS:
        typer.echo("  " + words["more_reasons"].format(count=len(counted) - _REASONS))


def spelled(seconds: float) -> str:
    """Return a time as one reads it, in the language of the command.

    >>> from quanthedge.cli.language import language_asked
    >>> said = language_asked("en")
    >>> spelled(42.3), spelled(150.0), spelled(9000.0)
    ('42 s', '2.5 min', '2.5 h')
    """
    words = told("sweep")
    if seconds < 100.0:
        return words["seconds"].format(count=f"{seconds:.0f}")
    if seconds < 6000.0:
        return words["minutes"].format(count=f"{seconds / 60:.1f}")
    return words["hours"].format(count=f"{seconds / 3600:.1f}")


def say_walk(result: "WalkForward", folder: Path, days: tuple[int, int]) -> None:
    """Say what came of the fund that is ruled by the best of the past."""
    words, facts = told("sweep"), walk_data(result, folder, days)
    figures = result.summary()
    say(words["walk"].format(
        past=days[0], step=days[1], periods=facts["periods"], start=facts["start"],
        end=facts["end"], annual=figures["annual_return_net"].text(),
        sharpe=figures["sharpe_net"].text(), rank=f"{facts['mean_rank']:.1f}",
        candidates=facts["candidates"],
    ))  # fmt: skip
    typer.echo(words["kept_whole"].format(folder=typed(folder)))


def walk_data(result: "WalkForward", folder: Path, days: tuple[int, int]) -> dict[str, Any]:
    """Return for machines what came of that fund."""
    table, info = result.walk_forward, result.market_info
    return {
        "past_days": days[0], "step_days": days[1], "periods": len(table),
        "start": info["start"], "end": info["end"],
        "figures": {one.key: one.value for one in result.summary()},
        "mean_rank": float(table["rank_after"].mean()),
        "candidates": int(table["candidates"].median()), "folder": folder,
    }  # fmt: skip


def plan_data(plan: "Plan") -> dict[str, Any]:
    """Return for machines what would be run."""
    return {
        "command": "sweep", "id": plan.id, "strategy": plan.strategy.name,
        "market": plan.market.name, "keys": list(plan.keys), "planned": len(plan.variants),
        "refused": len(plan.grid.refused), "stages_asked": plan.asked,
        "stages_distinct": plan.distinct,
    }  # fmt: skip


def sweep_data(found: "Sweep", out: Path) -> dict[str, Any]:
    """Return for machines what came of a sweep."""
    return {
        **plan_data(found.plan), "by": found.by, "runs": found.table,
        "failures": found.failures, "kept_whole": list(found.kept), "fresh": found.fresh,
        "out": out, "seconds": found.seconds,
    }  # fmt: skip
