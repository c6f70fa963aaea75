"""The command `quanthedge evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quanthedge.cli.options import LANGUAGES, End, MarketFolder, Overwrite, Start, listed
from quanthedge.cli.screen import printed, say_written, stages, table_of
from quanthedge.errors import StrategyError

if TYPE_CHECKING:
    import pandas as pd

    from quanthedge.evaluation import Evaluation
    from quanthedge.market import Market
    from quanthedge.universe import Universe

__all__ = ["command"]

_WIDTH = 170
_PERIODS = ("month", "week", "day")
_SHOWN = {
    "ic": "{:.3f}", "t": "{:.1f}", "q": "{:.3f}", "neutral_ic": "{:.3f}",
    "executable_ic": "{:.3f}", "long_gross": "{:.1%}", "long_net": "{:.1%}",
    "long_minus_hedge": "{:.1%}", "turnover": "{:.1f}", "worst_year": "{}", "months": "{}",
}  # fmt: skip


def command(
    factors: Annotated[
        list[str] | None,
        typer.Argument(help="Factors by kind, or families; the whole library by default."),
    ] = None,
    *,
    market: MarketFolder = Path("data/sample"),
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
    language: Annotated[str, typer.Option(help="zh, en or zh,en.")] = "zh",
    overwrite: Overwrite = False,
) -> None:
    """Evaluate factors: rank IC, and what a hedged fund would have earned by their long leg.

    Writes a ranking page, a sheet for each factor and every table as CSV, and prints the ranking.

    Example: quanthedge evaluate turnover book_yield --market data/sample --out runs/factors
    """
    from quanthedge.cli.shelf import Shelf
    from quanthedge.market import Market

    languages = listed(language, LANGUAGES, "--language")
    with stages("evaluate") as tell:
        tell("market")
        data = Market.open(market)
        found = _evaluation(
            data, factors or [], signal or [], universe or ["all"], (start, end), every, horizon,
            {"cost_bp": cost_bp, "hedge": None if hedge == "none" else hedge, "tried": tried},
        )  # fmt: skip
        tell("pages")
        shelf = Shelf(overwrite=overwrite)
        found.write(out, languages, shelf.write)  # type: ignore[arg-type]  # checked by listed
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    _print(found)
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
    asked: list[Any] = list(factors)
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


def _print(found: "Evaluation") -> None:
    table: pd.DataFrame = found.table()
    shown = {c: how for c, how in _SHOWN.items() if found.hedge or c != "long_minus_hedge"}
    for universe in found.universes:
        part: Any = table.loc[universe]
        rows = (
            [str(name), *(how.format(row[column]) for column, how in shown.items())]
            for name, row in part.iterrows()
        )
        columns = ["factor", *(column.replace("_", " ") for column in shown)]
        printed(table_of(columns, rows, f"{universe}: {found.labels.definition}"), _WIDTH)
