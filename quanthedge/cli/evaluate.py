"""The command `quanthedge evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quanthedge.cli.language import AnyLanguages, languages_asked, spoken, told
from quanthedge.cli.manner import AsJson, Full, Quiet, manner_of, print_json
from quanthedge.cli.options import SAMPLE, End, MarketFolder, Overwrite, Start, listed
from quanthedge.cli.screen import print_table, say, say_written, stages
from quanthedge.errors import StrategyError
from quanthedge.words import retold

if TYPE_CHECKING:
    from quanthedge.evaluation import Evaluation
    from quanthedge.market import Market
    from quanthedge.universe import Universe

__all__ = ["command"]

_PERIODS = ("month", "week", "day")
_SHOWN = {
    "ic": "{:.3f}", "t": "{:.1f}", "q": "{:.3f}", "neutral_ic": "{:.3f}",
    "executable_ic": "{:.3f}", "long_gross": "{:.1%}", "long_net": "{:.1%}",
    "long_minus_hedge": "{:.1%}", "turnover": "{:.1f}", "worst_year": "{}", "months": "{}",
}  # fmt: skip


def command(
    factors: Annotated[
        list[str] | None,
        typer.Argument(
            help="Factors by kind, families, or objects of a Python file, my_factors.py:Mine; the "
            "whole library by default."
        ),
    ] = None,
    *,
    market: MarketFolder = SAMPLE,
    out: Annotated[Path, typer.Option(help="Folder for the pages and tables.")],
    signal: Annotated[
        list[Path] | None,
        typer.Option(help="Table of scores of your own (CSV or Parquet); may be repeated."),
    ] = None,
    universe: Annotated[
        list[str] | None,
        typer.Option(
            help="all, largest:800, or an index as 000300.SH; may be repeated, all by default."
        ),
    ] = None,
    start: Start = None,
    end: End = None,
    every: Annotated[str, typer.Option(help="Decisions: month, week or day.")] = "month",
    horizon: Annotated[
        int | None, typer.Option(help="Trading days held; until the next decision by default.")
    ] = None,
    cost_bp: Annotated[float, typer.Option(help="Cost a side, basis points.")] = 15.0,
    hedge: Annotated[str, typer.Option(help="IF, IH, IC or IM; none for no hedge.")] = "IF",
    tried: Annotated[
        int | None,
        typer.Option(help="Trials on these data in all, for q; the registry's by default."),
    ] = None,
    full: Full = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    language: AnyLanguages = None,
    overwrite: Overwrite = False,
) -> None:
    """Evaluate factors: rank IC, and what a hedged fund would have earned by their long leg.

    Writes a ranking page, a sheet for each factor and every table as CSV, and prints the ranking.
    A Python file is run, so name only files that you trust.

    Example: quanthedge evaluate turnover book_yield --market data/sample --out runs/factors
    """
    from quanthedge.cli.shelf import Shelf
    from quanthedge.market import Market

    languages = languages_asked(language)
    manner = manner_of(full=full, as_json=as_json, quiet=quiet)
    with stages("evaluate") as tell:
        tell("market")
        data = Market.open(market)
        found = _evaluation(
            data, factors or [], signal or [], universe or ["all"], (start, end), every, horizon,
            {"cost_bp": cost_bp, "hedge": None if hedge == "none" else hedge, "tried": tried},
        )  # fmt: skip
        tell("pages")
        shelf = Shelf(overwrite=overwrite)
        found.write(out, languages, shelf.write)
    for note in found.notes:
        typer.echo(told("screen")["note"].format(text=note), err=True)
    table = found.table()
    if manner == "json":
        print_json({"command": "evaluate", "labels": found.labels.definition, "notes": found.notes,
                    "factors": table, "files": list(shelf.said)})  # fmt: skip
        return
    if manner == "quiet":
        ranked = table["ic"].reset_index(drop=True)
        best = int(ranked.fillna(-1.0).to_numpy().argmax())
        typer.echo(told("evaluate")["one_line"].format(
            count=len(table), best=table.index[best][-1], ic=f"{ranked[best]:.3f}", out=out
        ))  # fmt: skip
        return
    _print(found, full=manner == "full")
    say_written(shelf, [out / f"ranking_{one}.html" for one in languages])


def _evaluation(
    market: "Market",
    factors: list[str],
    signals: list[Path],
    universes: list[str],
    span: tuple[str | None, str | None],
    every: str,
    horizon: int | None,
    options: dict[str, Any],
) -> "Evaluation":
    import numpy as np

    from quanthedge.evaluation import evaluate
    from quanthedge.factors import signal_from
    from quanthedge.labelling import decision_rows, labels
    from quanthedge.studies.lookahead import load_object

    listed(every, _PERIODS, "--every")
    rows = decision_rows(market, every)
    first, last = market.span(span[0] or market.dates[0], span[1] or market.dates[-1])
    rows = rows[(rows >= first) & (rows <= last)]
    if rows.size < 2:
        raise StrategyError(
            f"--start, --end: {rows.size} decisions; accepted: a span with two or more"
        )
    known = np.isfinite(market.panel("mark")[rows]).any(axis=1)
    made = labels(market, rows[known], horizon="next" if horizon is None else horizon)
    asked: list[Any] = [load_object(one) if ".py:" in one else one for one in factors]
    asked += [signal_from(path, name=path.stem) for path in signals]
    chosen = {name: _universe(name) for name in universes}
    return evaluate(asked or "library", made, universe=chosen, **options)


def _universe(text: str) -> "Universe":
    from quanthedge.universe import AllUniverse, IndexUniverse, LargestUniverse

    kind, _, size = text.partition(":")
    if kind == "all" and not size:
        return AllUniverse()
    if kind == "largest" and (not size or (size.isdigit() and int(size) > 0)):
        return LargestUniverse(n=int(size)) if size else LargestUniverse()
    if "." in kind and not size:
        return IndexUniverse(index=kind)
    raise StrategyError(
        f"--universe {text!r}: accepted: all, largest, largest:500, or an index as 000300.SH"
    )


_SHORT = ("ic", "t", "q", "long_net", "long_minus_hedge", "turnover")


def _print(found: "Evaluation", *, full: bool) -> None:
    table, words = found.table(), told("evaluate")
    shown = {
        name: how
        for name, how in _SHOWN.items()
        if (found.hedge or name != "long_minus_hedge") and (full or name in _SHORT)
    }
    for universe in found.universes:
        part: Any = table.loc[universe]
        rows = [
            [str(name), *(how.format(row[column]) for column, how in shown.items())]
            for name, row in part.iterrows()
        ]
        defined = retold(found.labels.definition, spoken(), "quanthedge.labelling", "said")
        say(words["of_universe"].format(
            universe=words.get(universe, universe), definition=defined
        ))  # fmt: skip
        print_table([words["factor"], *(words[name] for name in shown)], rows)
