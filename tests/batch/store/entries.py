"""Entries of a store made by hand: a strategy, six days, two figures; nothing is run."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from quanthedge.batch.store import Entry
from quanthedge.batch.variant import SERIES, Failure, Outcome, Variant
from quanthedge.strategy import Strategy
from quanthedge.trials import digest
from tests.sample import small_strategy

MARKET = {"name": "a market", "fingerprint": "ab" * 32}
DAYS = pd.DatetimeIndex(
    ["2015-06-30", "2015-07-01", "2015-07-02", "2015-07-03", "2015-07-06", "2015-07-07"],
    name="date",
).as_unit("ms")


@cache
def strategy(ratio: float = 1.0, contract: str = "front") -> Strategy:
    return small_strategy(f"hedge.ratio={ratio}", f"hedge.contract='{contract}'")


def key(number: int) -> str:
    return digest(number)


def series(number: int) -> pd.DataFrame:
    steps = np.random.default_rng(number).normal(0, 0.01, (len(DAYS), len(SERIES)))
    return pd.DataFrame(np.exp(steps.cumsum(axis=0)), DAYS, list(SERIES))


def entry(
    number: int,
    *,
    sharpe: float | None = None,
    ratio: float = 1.0,
    contract: str = "front",
    sweep: str = "",
    label: str = "",
) -> Entry:
    """A run that is done; its number decides its key and its days."""
    known = strategy(ratio, contract)
    variant = Variant(number, {"hedge.ratio": ratio}, known, None, None, key(number))
    figures = {"sharpe_net": float(number if sharpe is None else sharpe), "return_net": 0.1}
    outcome = Outcome(number, key(number), figures, series(number), None, 0.5)
    return Entry(variant, outcome, MARKET, sweep, label)


def failed(number: int, reason: str = "the universe is empty", sweep: str = "") -> Entry:
    """A variant that failed."""
    variant = Variant(number, {}, strategy(), "2015-07-01", None, key(number))
    outcome = Outcome(number, key(number), {}, None, Failure("StrategyError", reason), 0.1)
    return Entry(variant, outcome, MARKET, sweep)


def files(folder: Path) -> set[str]:
    """Every file below a folder, as relative paths."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
