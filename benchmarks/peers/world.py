"""The market that all engines are given: arrays in a folder, read by whoever has numpy.

The day opens at the last close, so that "sized at the last close, filled at the next open" and
"filled at the close that decides" are the same trade: some peers know only the one, some only the
other.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["World", "best", "make_world"]

CAPITAL = 1e8  # yuan
COMMISSION = 0.0008  # of the amount, purchases and sales
INVESTED = 0.9  # of equity, in equal parts
HEDGED = 0.6  # the same where a short future needs cash for its losses
HEDGES = np.linspace(0.5, 1.0, 100)  # hedge ratios of a sweep
EVERY = 20  # trading days between rebalances
FIRST = 20  # day index of the first rebalance
WINDOW = 60  # days of rolling figures
MISSING = 0.05  # share of returns that are not known, for betas and rolling figures
PERSISTENCE = 0.8  # of scores from one rebalance to the next


@dataclass(frozen=True)
class World:
    """Arrays of T days and N stocks.

    Attributes
    ----------
    folder : Path
    mark : ndarray [T + 1, N]
        Closes, yuan; row 0 is the day before the first.
    scores : ndarray [R, N]
        What each rebalance goes by, known at the close before it.
    market : ndarray [T + 1]
        Returns of the index.
    names : int
        Stocks that are held.
    dataset : Path
        An imported market, for what needs a whole one.
    """

    folder: Path
    mark: np.ndarray[Any, Any]
    scores: np.ndarray[Any, Any]
    market: np.ndarray[Any, Any]
    names: int
    dataset: Path

    @classmethod
    def open(cls, folder: Path, dataset: Path) -> "World":
        """Read a folder that `make_world` wrote."""
        arrays = (np.load(folder / f"{name}.npy") for name in ("mark", "scores", "market"))
        return cls(folder, *arrays, int(np.load(folder / "names.npy")), dataset)

    @property
    def days(self) -> int:
        """Return T."""
        return len(self.mark) - 1

    @property
    def stocks(self) -> int:
        """Return N."""
        return int(self.mark.shape[1])

    @property
    def trade_days(self) -> np.ndarray[Any, Any]:
        """Return the day index of each rebalance, [R]."""
        return np.arange(FIRST, self.days, EVERY)

    @cached_property
    def chosen(self) -> list[np.ndarray[Any, Any]]:
        """Return the stocks of each rebalance: the highest scores, ascending by index."""
        return [best(row, self.names) for row in self.scores]

    @property
    def weight(self) -> float:
        """Return the target of each stock, fraction of equity."""
        return INVESTED / self.names

    @cached_property
    def dates(self) -> np.ndarray[Any, Any]:
        """Return weekdays, [T + 1]; the first is that of row 0 of `mark`."""
        span = np.busday_offset("2005-01-03", np.arange(self.days + 1))
        return np.asarray(span, dtype="datetime64[D]")

    @cached_property
    def codes(self) -> list[str]:
        """Return names of the stocks, all of the Shanghai main board."""
        return [f"6{i:05d}" for i in range(self.stocks)]

    def returns(self) -> np.ndarray[Any, Any]:
        """Return daily returns with a part of them not known, [T, N]."""
        values = self.mark[1:] / self.mark[:-1] - 1.0
        values[np.random.default_rng(5).random(values.shape) < MISSING] = np.nan
        return values


def best(scores: np.ndarray[Any, Any], names: int) -> np.ndarray[Any, Any]:
    """Return the places of the highest scores, ascending."""
    return np.sort(np.argpartition(-scores, names - 1)[:names])


def make_world(folder: Path, stocks: int, days: int, names: int, seed: int = 7) -> None:
    """Write a random market into a folder."""
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0003, 0.012, days + 1)
    mark = np.empty((days + 1, stocks))
    level = np.full(stocks, 10.0)
    for t in range(days + 1):
        step = market[t] + rng.normal(0.0, 0.02, stocks)
        level = level * (1.0 + np.clip(step, -0.09, 0.09)) if t else level
        mark[t] = np.round(level, 2).clip(0.5)
    scores = np.empty((len(range(FIRST, days, EVERY)), stocks))
    score = rng.normal(size=stocks)
    for row in scores:
        fresh = rng.normal(size=stocks)
        score = PERSISTENCE * score + (1.0 - PERSISTENCE**2) ** 0.5 * fresh
        row[:] = score
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in (("mark", mark), ("scores", scores), ("market", market), ("names", names)):
        np.save(folder / f"{name}.npy", values)
