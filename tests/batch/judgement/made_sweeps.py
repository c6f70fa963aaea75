"""Sweeps made of random numbers, with the truth known: no edge, an edge, a lonely peak."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

GRID: dict[str, Sequence[Any]] = {
    "hedge.ratio": [0.8, 0.9, 1.0, 1.1],
    "selector.n": [50, 100, 150, 200],
    "hedge.contract": ["front", "next", "quarter"],
}


def grid_of(values: dict[str, Sequence[Any]] = GRID) -> pd.DataFrame:
    rows = list(itertools.product(*values.values()))
    frame = pd.DataFrame(rows, columns=[*values])
    frame.index = pd.Index([f"{i:064x}" for i in range(len(rows))], name="key")
    return frame


def made_sweep(
    parameters: pd.DataFrame,
    sharpe: Any,
    seed: int,
    *,
    days: int = 750,
    common: float = 0.0,
    failed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs with true Sharpe ratios of a year, whose returns have a correlation in common."""
    rng = np.random.default_rng(seed)
    count = len(parameters)
    noise = np.sqrt(common) * rng.normal(size=(days, 1))
    noise = noise + np.sqrt(1.0 - common) * rng.normal(size=(days, count))
    values = 0.005 * (noise + np.asarray(sharpe) / np.sqrt(250.0))
    dates = pd.bdate_range("2013-01-02", periods=days, name="date")
    returns = pd.DataFrame(values, dates, parameters.index)
    runs = parameters.assign(
        label="made",
        strategy="made",
        market="made",
        start=str(dates[0].date()),
        end=str(dates[-1].date()),
        status="done",
        reason="",
        sharpe_net=returns.mean() / returns.std() * np.sqrt(250.0),
        annual_return_net=returns.mean() * 250,
        max_drawdown_net=-0.1,
        turnover=np.arange(count, dtype=float),
    )
    lost = runs.index[:failed]
    runs.loc[lost, "status"] = "failed"
    runs.loc[lost, "reason"] = "StrategyError: selector.n 50: the universe holds <40> & no more"
    figures = ["sharpe_net", "annual_return_net", "max_drawdown_net", "turnover"]
    runs.loc[lost, figures] = np.nan
    return runs, returns.drop(columns=lost)
