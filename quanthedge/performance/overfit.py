"""How likely the best of several trials is the best by luck: ``qh.overfit``.

Combinatorially symmetric cross-validation (CSCV): time is cut into blocks; in every choice of half
of them the best trial is found, and its rank among all trials in the other half is looked up. The
probability of backtest overfitting is the share of choices in which it is in the lower half there.

References
----------
Bailey, D., Borwein, J., Lopez de Prado, M., Zhu, Q. (2017), "The probability of backtest
overfitting", Journal of Computational Finance 20(4).

Examples
--------
>>> import quanthedge as qh
>>> import numpy as np
>>> noise = np.random.default_rng(7).normal(0.0, 0.01, (500, 20))  # 20 trials that are all luck
>>> f"{qh.overfit.cscv(noise, 10).pbo:.2f}"
'0.32'
"""

from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Literal

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.performance.deflation import (
    deflated_sharpe,
    expected_highest_sharpe,
    probabilistic_sharpe,
)
from quanthedge.typing import Floats, Ints

__all__ = ["Cscv", "cscv", "deflated", "expected_highest_sharpe", "probabilistic_sharpe"]

_MOST_SPLITS = 200_000


@dataclass(frozen=True, eq=False)
class Cscv:
    """What the combinatorially symmetric cross-validation found, C choices of blocks.

    Attributes
    ----------
    pbo : float
        Probability of backtest overfitting: share of choices with a logit of 0 or less.
    logits : float64 [C]
        Logit of the relative rank, out of sample, of the trial that is best in sample.
    best : int64 [C]
        That trial.
    in_sample, out_of_sample : float64 [C]
        Its measure in the chosen half and in the other.
    slope, intercept : float
        Of ``out_of_sample`` regressed on ``in_sample``: a slope below 0 means that the better it
        looked, the worse it was.
    loss : float
        Share of choices in which its measure is below 0 out of sample.
    """

    pbo: float
    logits: Floats
    best: Ints
    in_sample: Floats
    out_of_sample: Floats
    slope: float
    intercept: float
    loss: float

    def __repr__(self) -> str:
        return (
            f"<Cscv of {self.logits.size:,} splits: probability of overfitting {self.pbo:.2f}, "
            f"slope {self.slope:.2f}, loss {self.loss:.2f}>"
        )


def cscv(
    returns: pd.DataFrame | Floats,
    blocks: int = 10,
    measure: Literal["sharpe", "mean"] = "sharpe",
) -> Cscv:
    """Return how likely the best of several trials is the best by luck.

    Parameters
    ----------
    returns : DataFrame or float [T, N]
        Return of each trial in each period, in order of time, without gaps; all trials that were
        made, not only the good ones.
    blocks : int
        Even, 4 or more; the blocks of time differ by at most one period in length.
    measure : "sharpe" or "mean"
        By which trials are compared: mean over standard deviation (ddof 1), or mean.

    Raises
    ------
    DataError
        Fewer than two trials, too few periods, a gap, a trial that never moves under "sharpe".

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=(400, 20))
    >>> cscv(noise, blocks=8).logits.size
    70
    """
    values = _checked(returns, blocks, measure)
    half = np.array(list(combinations(range(blocks), blocks // 2)))
    chosen = np.zeros((len(half), blocks))
    chosen[np.arange(len(half))[:, None], half] = 1.0
    cuts = np.array_split(np.arange(len(values)), blocks)
    shift = values.mean(axis=0)
    values = values - shift
    sums = np.array([values[cut].sum(axis=0) for cut in cuts])
    squares = np.array([(values[cut] ** 2).sum(axis=0) for cut in cuts])
    counts = np.array([float(cut.size) for cut in cuts])
    inside = _measured(chosen, counts, sums, squares, shift, measure)
    outside = _measured(1.0 - chosen, counts, sums, squares, shift, measure)
    return _found(inside, outside)


def deflated(returns: pd.Series, trials: int, sharpe_variance: float | None = None) -> float:
    """Return the probability that the best of so many trials has a true Sharpe ratio above 0.

    Parameters
    ----------
    returns : Series
        Daily, of the trial that was chosen.
    trials : int
        Trials it was chosen from, as :func:`quanthedge.trials.count` gives them.
    sharpe_variance : float, optional
        Variance of the trials' daily Sharpe ratios; by default that of the estimate of a ratio of
        0, ``1 / (n - 1)``.
    """
    n = int(returns.notna().sum())
    variance = 1.0 / max(1, n - 1) if sharpe_variance is None else sharpe_variance
    return deflated_sharpe(returns, trials=trials, sharpe_variance=variance)


def _measured(
    chosen: Floats,
    counts: Floats,
    sums: Floats,
    squares: Floats,
    shift: Floats,
    measure: str,
) -> Floats:
    """Return the measure of each trial over each choice of blocks, [C, N].

    Values are taken off their whole mean (``shift``) first, so that no variance cancels.
    """
    n = (chosen @ counts)[:, None]
    mean = chosen @ sums / n
    if measure == "mean":
        return mean + shift
    variance = (chosen @ squares - n * mean**2) / (n - 1.0)
    spread = np.sqrt(np.maximum(variance, 0.0))
    total = mean + shift
    return np.divide(total, spread, out=np.zeros_like(total), where=spread > 0)


def _found(inside: Floats, outside: Floats) -> Cscv:
    from scipy.stats import rankdata

    choices, trials = inside.shape
    best = inside.argmax(axis=1)
    place = np.arange(choices)
    rank = rankdata(outside, axis=1)[place, best] / (trials + 1.0)
    logits = np.log(rank / (1.0 - rank))
    x, y = inside[place, best], outside[place, best]
    spread = float(((x - x.mean()) ** 2).sum())
    slope = float(((x - x.mean()) * (y - y.mean())).sum() / spread) if spread > 0 else 0.0
    return Cscv(
        pbo=float((logits <= 0).mean()),
        logits=logits,
        best=best.astype(np.int64),
        in_sample=x,
        out_of_sample=y,
        slope=slope,
        intercept=float(y.mean() - slope * x.mean()),
        loss=float((y < 0).mean()),
    )


def _checked(returns: pd.DataFrame | Floats, blocks: int, measure: str) -> Floats:
    values = np.asarray(returns)
    if values.ndim != 2 or values.dtype.kind not in "fiu" or values.shape[1] < 2:
        raise DataError(
            f"cscv: {values.dtype} of shape {values.shape}; accepted: numbers, a row a period and "
            "a column for each of two or more trials"
        )
    if measure not in ("sharpe", "mean"):
        raise DataError(f"cscv: measure {measure!r}; accepted: sharpe, mean")
    if isinstance(blocks, bool) or not isinstance(blocks, int) or blocks < 4 or blocks % 2:
        raise DataError(f"cscv: blocks {blocks!r}; accepted: even numbers from 4 on")
    if len(values) < 4 * blocks or comb(blocks, blocks // 2) > _MOST_SPLITS:
        raise DataError(
            f"cscv: {len(values)} periods in {blocks} blocks; accepted: four periods a block or "
            f"more, and up to {_MOST_SPLITS:,} choices of half of the blocks"
        )
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise DataError(
            f"cscv: trial {column} has no return in period {row}; accepted: trials without gaps "
            "(cut them to the periods that all of them have)"
        )
    still = values.std(axis=0) == 0
    if measure == "sharpe" and still.any():
        raise DataError(f"cscv: trial {int(still.argmax())} never moves; leave it out")
    return values
