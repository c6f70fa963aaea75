"""The command `quanthedge overfit`."""

from typing import TYPE_CHECKING, Annotated

import typer

from quanthedge.cli.language import AnyLanguage, language_asked, told
from quanthedge.cli.manner import AsJson, Quiet, manner_of, print_json
from quanthedge.cli.options import RunFolders
from quanthedge.cli.screen import print_table, say
from quanthedge.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from quanthedge.backtesting import Result

__all__ = ["command"]


def command(
    runs: RunFolders,
    blocks: Annotated[
        int, typer.Option(help="Blocks of time, an even number; half of them choose.")
    ] = 10,
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="Trials in all; by default as many as the runs or the registry."),
    ] = None,
    *,
    as_json: AsJson = False,
    quiet: Quiet = False,
    language: AnyLanguage = None,
) -> None:
    """Say how likely the best of several runs is the best by luck.

    Combinatorially symmetric cross-validation over the days that all have: the probability that the
    run that looks best in half of the time is in the lower half of all in the other; and each run's
    deflated Sharpe ratio, the probability that its true ratio is above 0 although it was chosen.
    Name every run that was tried, not only the good ones.

    Example: quanthedge overfit runs/a runs/b runs/c
    """
    from quanthedge.backtesting import Result
    from quanthedge.performance import cscv, deflated

    language_asked(language)
    manner = manner_of(as_json=as_json, quiet=quiet)
    opened = {str(folder): Result.open(folder) for folder in runs}
    if len(opened) < max(2, len(runs)):
        raise DataError("overfit: two or more runs, each once: it asks which of them is the best")
    returns = _together(opened)
    known = max([len(opened), *(run.trials or 0 for run in opened.values())])
    tried = known if trials is None else trials
    if tried < len(opened):
        raise DataError(f"overfit: --trials {tried}, and {len(opened)} runs are named here")
    found = cscv(returns, blocks)
    best = (found.best[:, None] == range(len(opened))).mean(axis=0)
    mean, spread = returns.mean(), returns.std()
    own = [folder.resolve().name for folder in runs]
    labels = own if len(set(own)) == len(own) else [*opened]  # long paths are cut off in a table
    figures = [
        {
            "run": label,
            "sharpe": mean[name] / spread[name] * _per_year() ** 0.5,
            "best_in_half": share,
            "above_zero": deflated(returns[name], 1),
            "above_zero_as_best": deflated(returns[name], tried),
        }
        for label, name, share in zip(labels, returns.columns, best, strict=True)
    ]
    words = told("overfit")
    answer = words["answer"].format(
        pbo=f"{found.pbo:.0%}", choices=f"{found.logits.size:,}", blocks=blocks,
        loss=f"{found.loss:.0%}", slope=f"{found.slope:.2f}",
    )  # fmt: skip
    span = {"first": f"{returns.index[0]:%Y-%m-%d}", "last": f"{returns.index[-1]:%Y-%m-%d}"}
    if manner == "json":
        print_json({"command": "overfit", "days": len(returns), **span, "trials": tried,
                    "overfitting": found.pbo, "loss": found.loss, "slope": found.slope,
                    "runs": figures})  # fmt: skip
        return
    if manner == "short":
        rows = [
            [str(label), f"{sharpe:.2f}", *(f"{part:.0%}" for part in parts)]
            for label, sharpe, *parts in map(dict.values, figures)
        ]
        heads = [words[name] for name in ("run", "sharpe", "best", "above")]
        heads.append(words["as_best"].format(tried=f"{tried:,}"))
        print_table(heads, rows, words["days"].format(days=f"{len(returns):,}", **span))
    if manner == "quiet":
        typer.echo(answer)
    else:
        say(answer)


def _together(runs: "dict[str, Result]") -> "pd.DataFrame":
    """Return the net returns of the days that all runs have."""
    import pandas as pd

    markets = {run.market_info["name"] for run in runs.values()}
    if len(markets) > 1:
        raise DataError(f"overfit: runs on {', '.join(sorted(markets))}; accepted: on one market")
    returns = {name: run.ledger["unit_value"].pct_change().iloc[1:] for name, run in runs.items()}
    found = pd.DataFrame(returns).dropna()
    if found.empty:
        raise DataError("overfit: no day that all of the runs have")
    return found


def _per_year() -> int:
    from quanthedge.rules import TRADING_DAYS_A_YEAR

    return TRADING_DAYS_A_YEAR
