"""Judges the runs of a sweep together: which to believe, and why.

References
----------
Bailey, D., Lopez de Prado, M. (2014), "The deflated Sharpe ratio", Journal of Portfolio Management
40(5). Bailey, D., Borwein, J., Lopez de Prado, M., Zhu, Q. (2017), "The probability of backtest
overfitting", Journal of Computational Finance 20(4).
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.batch.judgement.effects import effects_of
from quanthedge.batch.judgement.neighbours import Neighbours, neighbours_of, sensitivity
from quanthedge.batch.judgement.parameters import Levels, is_figure, levels_of, parameters_of
from quanthedge.batch.judgement.verdict import Evidence, Verdict, verdict_of
from quanthedge.batch.judgement.wording import parameter_name
from quanthedge.cards import Card, Carded, Cell
from quanthedge.errors import DataError
from quanthedge.performance import Cscv, Measure, cscv, deflated
from quanthedge.storage import write_page
from quanthedge.typing import Floats, Language
from quanthedge.words import LANGUAGES, in_both, texts

__all__ = ["BLOCKS", "Judgement", "judged"]

BLOCKS = 10
_KEPT = ("status", "reason", "label", "strategy", "name_zh", "market", "start", "end", "seconds")
_BETTER_WHEN_HIGH = (
    "sharpe", "sortino", "calmar", "annual_return", "return", "geometric_excess", "unit_value",
    "max_drawdown", "win_rate", "profit_loss_ratio", "information_ratio", "probabilistic_sharpe",
    "excess_drawdown",
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Judgement(Carded):
    """What is to be thought of a sweep.

    Attributes
    ----------
    table : DataFrame
        A run a row, the best first, failures last; indexed by key. The parameters that differ, the
        figures of the runs, and of the judgement: rank, chance (that the true Sharpe ratio is above
        0, had it been the only trial), deflated (that it is above 0 although the run was chosen
        from ``trials``), best_in_half (share of the choices of half of the time in which it is the
        best), neighbours, neighbours_failed, neighbours_mean, neighbours_worst, plateau.
    parameters : DataFrame
        What differs, a column a parameter.
    effects : DataFrame
        Share of the figure's variance that each parameter explains.
    by : str
        The figure that runs are ranked by.
    blocks : int
        Of time, of the cross-validation.
    trials : int
        From how many trials the best was chosen.
    effective : float
        As how many independent trials they count: see Notes.
    correlation : float
        Mean correlation of two runs' returns.
    cscv : Cscv or None
        None where there are fewer than two runs or too few days.
    neighbours : Neighbours
    levels : Levels
    returns : DataFrame [T, K]
        Of the days that all finished runs have.
    verdict : Verdict

    Notes
    -----
    ``effective = c + (1 - c) n`` of the n runs with mean correlation c (0 or more), and every trial
    beside them as one (Lopez de Prado and Bailey, 2014, appendix 3). It is told, and not used: the
    deflated Sharpe ratio takes all trials as independent, which is the severe side.
    """

    table: pd.DataFrame
    parameters: pd.DataFrame
    effects: pd.DataFrame
    by: str
    blocks: int
    trials: int
    effective: float
    correlation: float
    cscv: Cscv | None
    neighbours: Neighbours
    levels: Levels
    returns: pd.DataFrame
    verdict: Verdict

    def card(self) -> Card:
        """Return the verdict, the figures that it goes by, and what to call next."""
        said, best = texts("quanthedge.batch", "card"), self.table.iloc[0]
        figures: list[tuple[Cell, ...]] = [
            (said["best"], {code: _called(best, self.best, code) for code in LANGUAGES}),
            (
                {code: Measure.name(self.by, code) for code in LANGUAGES},
                f"{best[self.by]:.4g}",
            ),
            (in_both(said["deflated"], trials=f"{self.trials:,}"), f"{best['deflated']:.1%}"),
            (said["pbo"], "–" if self.cscv is None else f"{self.cscv.pbo:.1%}"),
            (said["effective"], f"{self.effective:.1f}"),
            (said["neighbours"], f"{best['neighbours_mean']:.4g}"),
        ]
        steps = [
            ("judgement.table", said["table"]),
            ("judgement.effects", said["effects"]),
            ('judgement.report("sweep.html")', said["page"]),
        ]
        verdict = list(self.verdict.sentences[:2])
        return Card(in_both(said["judged"], n=f"{len(self.table):,}"), verdict, figures, steps)

    @property
    def best(self) -> str:
        """Key of the run that ranks first."""
        return str(self.table.index[0])

    @property
    def failures(self) -> pd.DataFrame:
        """Rows of the runs that failed."""
        return self.table[self.table["rank"].isna()]

    def text(self, language: Language = "en") -> str:
        """Return the verdict in one or two sentences."""
        return " ".join(one[language] for one in self.verdict.sentences[:2])

    def report(self, path: str | Path, language: Language = "zh") -> Path:
        """Write the page of the judgement (.html) or its table (.csv) and return the path.

        Raises
        ------
        DataError
            Another ending, or a file that cannot be written.
        """
        from quanthedge.batch.judgement.page import write_judgement

        path = Path(path)
        if path.suffix.lower() == ".csv":
            write_page(path, self.table.reset_index().to_csv(index=False), "table of a judgement")
            return path
        if path.suffix.lower() != ".html":
            raise DataError(f"{path}: judgement in {path.suffix!r}; accepted: .html, .csv")
        return write_judgement(self, path, language)


def _called(row: "pd.Series[Any]", key: str, language: Language) -> str:
    """Return a run by what sets it apart: parameters by name, their values as a file has them."""
    label = str(row.get("label", key)).rpartition(": ")[2]
    return re.sub(r"[\w.]+(?==)", lambda found: parameter_name(found[0], language), label)


def judged(
    runs: pd.DataFrame,
    returns: pd.DataFrame,
    trials: int,
    *,
    by: str = "sharpe_net",
    parameters: Sequence[str] | None = None,
    blocks: int = BLOCKS,
) -> Judgement:
    """Return the judgement of runs that were tried together.

    Parameters
    ----------
    runs : DataFrame
        As ``Store.runs`` gives them, indexed by key: status ("done", or the run counts as failed),
        reason, figures by the names of :class:`quanthedge.performance.Summary`, parameters.
    returns : DataFrame [T, K]
        Daily, net; a column for the key of every run that is done. NaN on days that a run has not.
    trials : int
        What was tried on overlapping data, these runs among them; never less than they are.
    by : str
        The figure that runs are ranked by, one of which more is better.
    parameters : sequence of str, optional
        Columns that are parameters; see :func:`parameters_of`.
    blocks : int
        Of time, for the cross-validation.

    Raises
    ------
    DataError
        No run is done, a column is missing, returns are missing, or ``by`` is another figure.

    Notes
    -----
    Nothing is run. Deflated Sharpe ratios: :func:`quanthedge.performance.deflated`; probability of
    overfitting: :func:`quanthedge.performance.cscv`, of the days that all runs have.
    """
    _check(runs, returns, by)
    done = (runs["status"] == "done").to_numpy()
    figure = np.where(done, pd.to_numeric(runs[by], errors="coerce"), np.nan)
    differing = parameters_of(runs, parameters)
    levels = levels_of(differing)
    pairs = neighbours_of(levels)
    known = np.isfinite(figure)
    if not known.any():
        raise DataError(f"judged: no run that is done has {by}; nothing can be ranked")
    together = returns[runs.index[done]].dropna()
    together = together.loc[:, together.std() > 0]
    tried = max(int(trials), int(done.sum()))
    found = _cross_validated(together, blocks)
    table = differing.join(_figures(runs))
    table = table.assign(
        rank=pd.Series(figure, runs.index).rank(ascending=False, method="min"),
        chance=_chances(returns, runs.index, done, 1),
        deflated=_chances(returns, runs.index, done, tried),
        best_in_half=_best_in_half(found, together, runs.index),
    ).join(sensitivity(figure, done, pairs, runs.index))
    about = [name for name in _KEPT if name in runs and name not in table]
    table = table.join(runs[about])
    order = np.argsort(np.where(known, -figure, np.inf), kind="stable")
    correlation = _mean_correlation(together)
    n = together.shape[1]
    effective = correlation + (1.0 - correlation) * n + (tried - n)
    best = table.iloc[order[0]]
    evidence = Evidence(
        by=by,
        days=int(returns[runs.index[order[0]]].notna().sum()),
        trials=tried,
        found=found,
        pairs=pairs,
        done=int(known.sum()),
        failed=int((~known).sum()),
    )
    return Judgement(
        table=table.iloc[order],
        parameters=differing,
        effects=effects_of(levels, figure),
        by=by,
        blocks=blocks,
        trials=tried,
        effective=effective,
        correlation=correlation,
        cscv=found,
        neighbours=pairs,
        levels=levels,
        returns=together,
        verdict=verdict_of(best, evidence),
    )


def _ranks(name: str) -> bool:
    """Whether more of a figure of a run is better; those of the index are not the run's."""
    return is_figure(name) and name.startswith(_BETTER_WHEN_HIGH) and not name.endswith("_index")


def _check(runs: pd.DataFrame, returns: pd.DataFrame, by: str) -> None:
    for name in ("status", by):
        if name not in runs:
            near = difflib.get_close_matches(name, [str(c) for c in runs.columns], 4, 0.3)
            if near:
                raise DataError(
                    f"judged: the runs have no column {name!r}; did you mean {', '.join(near)}?"
                )
            there = ", ".join(map(str, runs.columns))
            raise DataError(f"judged: the runs have no column {name!r}; there are {there}")
    if not _ranks(by):
        accepted = ", ".join(name for name in map(str, runs.columns) if _ranks(name))
        raise DataError(f"judged: by {by!r}; accepted: figures of which more is better: {accepted}")
    if not runs.index.is_unique:
        raise DataError("judged: a key stands twice among the runs; accepted: each run once")
    done = runs.index[runs["status"] == "done"]
    if not len(done):
        raise DataError(f"judged: none of {len(runs)} runs is done; nothing can be judged")
    missing_returns = [key for key in done if key not in returns.columns]
    if missing_returns:
        raise DataError(
            f"judged: no returns of {len(missing_returns)} runs (first: {missing_returns[0]}); "
            "accepted: a column for each run that is done"
        )


def _figures(runs: pd.DataFrame) -> pd.DataFrame:
    names = [str(c) for c in runs.columns if is_figure(str(c))]
    return pd.DataFrame({name: pd.to_numeric(runs[name], errors="coerce") for name in names})


def _cross_validated(together: pd.DataFrame, blocks: int) -> Cscv | None:
    """Return the cross-validation; None where runs or days are too few for it."""
    if together.shape[1] < 2 or len(together) < 4 * blocks:
        return None
    return cscv(together, blocks)


def _chances(returns: pd.DataFrame, index: pd.Index, done: np.ndarray, trials: int) -> pd.Series:
    found = {key: deflated(returns[key], trials) for key in index[done]}
    return pd.Series(found, dtype=np.float64).reindex(index)


def _best_in_half(found: Cscv | None, together: pd.DataFrame, index: pd.Index) -> pd.Series:
    if found is None:
        return pd.Series(np.nan, index)
    share = np.bincount(found.best, minlength=together.shape[1]) / found.best.size
    return pd.Series(share, together.columns).reindex(index)


def _mean_correlation(together: pd.DataFrame) -> float:
    """Return the mean correlation of two different runs, 0 where it is below or none."""
    values: Floats = together.to_numpy(dtype=np.float64)
    n = values.shape[1]
    if n < 2 or len(values) < 3:
        return 0.0
    standard: Floats = (values - values.mean(axis=0)) / values.std(axis=0)
    whole = float((standard.sum(axis=1) ** 2).mean())
    return float(max(0.0, (whole - n) / (n * (n - 1))))
