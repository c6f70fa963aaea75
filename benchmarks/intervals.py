"""How often intervals and probabilities of the report are right on processes that are known.

python -m benchmarks.intervals [--trials 400]

Fund = 0.3 x index + noise, in four processes; coverage of nominal 95% intervals:

- independent: normal index and noise;
- uneven: Student's t with five degrees of freedom, the noise's spread is the index's move;
- clustered: GARCH(1, 1) in both, 0.08 and 0.89;
- dependent: both autoregressive, 0.3.
"""

import argparse

import numpy as np
import pandas as pd

from quanthedge.performance import Pair
from quanthedge.performance.resampling import outlook
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.typing import Floats

LENGTHS = (11, 46, 213, 972)
SLOPE = 0.3


def clustered(days: int, trials: int, random: np.random.Generator) -> Floats:
    """GARCH(1, 1) returns of variance 1, [days, trials]."""
    variance, found = np.ones(trials), np.empty((days + 200, trials))
    for day in range(len(found)):
        found[day] = np.sqrt(variance) * random.standard_normal(trials)
        variance = 0.03 + 0.08 * found[day] ** 2 + 0.89 * variance
    return found[200:]


def dependent(days: int, trials: int, random: np.random.Generator) -> Floats:
    """Autoregressive returns of variance 1, [days, trials]."""
    found = random.standard_normal((days, trials))
    for day in range(1, days):
        found[day] = 0.3 * found[day - 1] + np.sqrt(1 - 0.3**2) * found[day]
    return found


def process(kind: str, days: int, trials: int, seed: int) -> tuple[Floats, Floats]:
    """Return index and noise, [days, trials] each, of equal variance."""
    random = np.random.default_rng(seed)
    if kind == "uneven":
        index = random.standard_t(5, (days, trials))
        return index, index * random.standard_normal((days, trials))
    if kind == "independent":
        return random.standard_normal((days, trials)), random.standard_normal((days, trials))
    make = clustered if kind == "clustered" else dependent
    return make(days, trials, random), make(days, trials, random)


def coverage(kind: str, days: int, trials: int) -> dict[str, float]:
    """Return how often each interval holds the truth."""
    index, noise = process(kind, days, trials, seed=days)
    truth = SLOPE / np.sqrt(SLOPE**2 + 1.0)
    hits = dict.fromkeys(
        ("beta, t", "beta, robust", "correlation, Fisher", "correlation, bootstrap"), 0
    )
    for one in range(trials):
        x = pd.Series(index[:, one] * 0.01)
        y = SLOPE * x + pd.Series(noise[:, one] * 0.01)
        pair = Pair(y, x)
        plain, robust, link = pair.beta(), pair.beta_hac(), pair.correlation()
        drawn = pair.correlation_bootstrap(paths=300)
        hits["beta, t"] += plain.low <= SLOPE <= plain.high
        hits["beta, robust"] += robust.low <= SLOPE <= robust.high
        hits["correlation, Fisher"] += link.low <= truth <= link.high
        hits["correlation, bootstrap"] += drawn.low <= truth <= drawn.high
    return {name: hit / trials for name, hit in hits.items()}


def fund(kind: str, days: int, trials: int, seed: int) -> Floats:
    """Return daily returns of funds with 8% a year at 7% volatility, [days, trials]."""
    shocks = process(kind, days, trials, seed)[0]
    return np.asarray(0.08 / TRADING_DAYS_A_YEAR + 0.07 / np.sqrt(TRADING_DAYS_A_YEAR) * shocks)


def forecasts(kind: str, days: int, trials: int) -> dict[str, float]:
    """Judge probabilities of a loss over a year and ranges of a year by the year that follows."""
    returns = fund(kind, days + TRADING_DAYS_A_YEAR, trials, seed=days + 1)
    following = np.prod(1.0 + returns[days:], axis=0) - 1.0
    found = {"years with a loss": float((following < 0.0).mean())}
    for name, mean_error in (("mean known", False), ("mean uncertain", True)):
        inside, chances = 0, []
        for one in range(trials):
            drawn = outlook(pd.Series(returns[:days, one]), (12,), mean_error=mean_error, paths=500)
            low, _, high = drawn.year()
            inside += low <= following[one] <= high
            chances.append(drawn.loss(12))
        found[f"{name}: 90% range holds"] = inside / trials
        found[f"{name}: mean probability"] = float(np.mean(chances))
    return found


def main() -> None:
    """Print both tables."""
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--trials", type=int, default=400)
    trials = reader.parse_args().trials
    kinds = ("independent", "uneven", "clustered", "dependent")
    rows = {(kind, n): coverage(kind, n, trials) for kind in kinds for n in LENGTHS}
    print(pd.DataFrame.from_dict(rows, orient="index").to_string(float_format="{:.3f}".format))
    ahead = ("independent", "clustered", "dependent")
    rows = {(kind, n): forecasts(kind, n, trials) for kind in ahead for n in (213, 972)}
    print(pd.DataFrame.from_dict(rows, orient="index").to_string(float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
