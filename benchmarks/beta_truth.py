"""Estimators of beta against worlds whose betas are known.

    python -m benchmarks.beta_truth [--quick] [--write docs/betas.md]

Every fifth day from the 260th on, an estimate made at a close is compared with the true beta of the
next day: of single stocks, and of books of a hundred (drawn at random, and the calmest by the last
60 days' volatility, whose least-squares betas are too low by selection).

The criterion of the order: the root mean squared error of the two books' beta relative to that of
least squares over 60 days, averaged over all worlds, because a book is what is hedged. The first of
the list is the default of the strategies.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.beta_worlds import FRICTIONS, PATHS, World, make_world
from quanthedge import Market
from quanthedge.beta import (
    BetaEstimator,
    Blume,
    Dimson,
    Downside,
    Ewma,
    Huber,
    Kalman,
    Overlapping,
    RollingOLS,
    ScholesWilliams,
    Vasicek,
    index_returns,
)
from quanthedge.market.simulation import Truth, simulate_market

BASE = "ols 60"
BOOK = 100
WARM_UP, EVERY = 260, 5


def estimators() -> dict[str, BetaEstimator]:
    """Return all estimators by the name they have in the table."""
    ols = {w: RollingOLS(window=w, min_observations=2 * w // 3) for w in (60, 120, 250)}
    dimson = Dimson(window=120, min_observations=80)
    return {
        **{f"ols {w}": model for w, model in ols.items()},
        **{f"ewma {h}": Ewma(half_life=h) for h in (20, 40, 80)},
        "dimson 120": dimson,
        "dimson 250": Dimson(window=250, min_observations=160),
        "scholes_williams 120": ScholesWilliams(),
        "scholes_williams 250": ScholesWilliams(window=250, min_observations=160),
        "overlapping 120": Overlapping(),
        "overlapping 250": Overlapping(window=250, min_observations=160),
        "huber 60": Huber(),
        "huber 120": Huber(window=120, min_observations=80),
        "kalman": Kalman(),
        "downside 250": Downside(),
        "blume 60": Blume(),
        "vasicek 60": Vasicek(),
        "vasicek 120": Vasicek(base=ols[120]),
        "vasicek 250": Vasicek(base=ols[250]),
        "vasicek ewma 40": Vasicek(base=Ewma(half_life=40)),
        "vasicek ewma 80": Vasicek(base=Ewma(half_life=80)),
        "vasicek huber 120": Vasicek(base=Huber(window=120, min_observations=80)),
        "vasicek dimson 120": Vasicek(base=dimson),
        "vasicek dimson 250": Vasicek(base=Dimson(window=250, min_observations=160)),
        "vasicek kalman": Vasicek(base=Kalman()),
    }


def _calmest(world: World, t: int) -> NDArray[np.int64]:
    """Return the stocks with the least volatility over the last 60 days."""
    span = world.returns[t - 59 : t + 1]
    seen = np.isfinite(span).sum(axis=0) >= 40
    spread = np.full(span.shape[1], np.inf)
    spread[seen] = np.nanstd(span[:, seen], axis=0)
    spread[np.isnan(world.beta[t + 1])] = np.inf
    return np.argsort(spread, kind="stable")[:BOOK]


def judge(model: BetaEstimator, world: World, seed: int) -> dict[str, float]:
    """Return errors of single stocks and of books in one world."""
    fitted = model.model_copy().fit(world.returns, world.index)
    rng = np.random.default_rng(seed)
    rows = np.arange(WARM_UP, len(world.index) - 1, EVERY)
    off = fitted.beta_[rows] - world.beta[rows + 1]
    inside = np.abs(off) <= 1.959964 * fitted.standard_error_[rows]
    known = np.isfinite(fitted.standard_error_[rows])
    books: dict[str, list[float]] = {"random": [], "calm": []}
    for k, t in enumerate(rows):
        listed = np.flatnonzero(np.isfinite(world.beta[t + 1]))
        drawn = rng.choice(listed, min(BOOK, listed.size), replace=False)
        for name, held in (("random", drawn), ("calm", _calmest(world, int(t)))):
            # the fund takes 1 for a stock without a beta
            beta = np.where(np.isnan(fitted.beta_[t, held]), 1.0, fitted.beta_[t, held])
            books[name].append(float(beta.mean() - world.beta[rows[k] + 1, held].mean()))
    result = {
        "bias": float(np.nanmean(off)),
        "rmse": float(np.sqrt(np.nanmean(off**2))),
        "coverage": float(inside[known].mean()) if known.any() else float("nan"),
    }
    for name, errors in books.items():
        result[f"bias_{name}"] = float(np.mean(errors))
        result[f"rmse_{name}"] = float(np.sqrt(np.mean(np.square(errors))))
    return result


def table(seeds: int, days: int, stocks: int, names: list[str] | None = None) -> pd.DataFrame:
    """Return the judgements of all estimators in all worlds, a row each."""
    models = {k: v for k, v in estimators().items() if names is None or k in names}
    rows = []
    for path in PATHS:
        for friction in FRICTIONS:
            for seed in range(seeds):
                world = make_world(seed, path, friction, days, stocks)
                rows += [
                    {"path": path, "friction": friction, "estimator": name, "seed": seed}
                    | judge(model, world, seed)
                    for name, model in models.items()
                ]
    frame = pd.DataFrame(rows)
    return frame.groupby(["path", "friction", "estimator"], sort=False).mean().drop(columns="seed")


def ranking(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the estimators in the order of the criterion."""
    base = frame.xs(BASE, level="estimator")
    books = frame[["rmse_random", "rmse_calm"]] / base[["rmse_random", "rmse_calm"]]
    late = frame.xs("late marks", level="friction")
    score = books.mean(axis=1).groupby("estimator").mean()
    ratio = (frame["rmse"] / base["rmse"]).groupby(["path", "estimator"]).mean()
    stocks = {path: ratio.xs(path, level="path") for path in PATHS}
    return pd.DataFrame(
        {
            "book": score,
            **{path: stocks[path] for path in PATHS},
            "bias": frame["bias"].groupby("estimator").mean(),
            "bias_calm": frame["bias_calm"].groupby("estimator").mean(),
            "bias_late": late["bias"].groupby("estimator").mean(),
            "coverage": frame["coverage"].groupby("estimator").mean(),
        }
    ).sort_values("book")


def simulated_market(seeds: int, stocks: int, years: int) -> pd.DataFrame:
    """Return the same errors in QuantHedge's own simulated markets, relative to least squares."""
    rows = []
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            simulate_market(folder, stocks=stocks, years=years, seed=seed, start="2011-01-04")
            market = Market.open(folder)
            world = World(
                np.asarray(market.panel("simple_return"), dtype=np.float64),
                index_returns(market, "000300.SH"),
                Truth.open(folder).betas("000300.SH"),
            )
        rows += [
            {"estimator": name} | judge(model, world, seed) for name, model in estimators().items()
        ]
    return pd.DataFrame(rows).groupby("estimator", sort=False).mean()


def by_path(frame: pd.DataFrame, friction: str) -> pd.DataFrame:
    """Return bias, error and coverage of single stocks on each path under one friction."""
    part = frame.xs(friction, level="friction")
    columns = {}
    for path in PATHS:
        own = part.xs(path, level="path")
        for name in ("bias", "rmse", "coverage"):
            columns[f"{path}: {name}"] = own[name]
    return pd.DataFrame(columns)


def _halving(frame: pd.DataFrame, path: str) -> str:
    """Say which estimators halve the error of the base on a path without frictions."""
    rmse = frame.xs((path, "none"), level=("path", "friction"))["rmse"]
    ratio = (rmse / rmse[BASE]).sort_values()
    found = [f"{name} ({value:.2f})" for name, value in ratio.items() if value <= 0.5]
    best = f"the best is {ratio.index[0]} ({ratio.iloc[0]:.2f})"
    return (
        f"Error of single stocks under {path}, without frictions, at most half of that of {BASE}: "
        f"{', '.join(found) or 'none; ' + best}."
    )


def _markdown(frame: pd.DataFrame) -> str:
    """Return a table of the page."""
    head = "| " + " | ".join(["estimator", *frame.columns]) + " |"
    rule = "|" + "---|" * (len(frame.columns) + 1)
    lines = [
        "| " + " | ".join([str(name), *(f"{value:.3f}" for value in row)]) + " |"
        for name, row in zip(frame.index, frame.to_numpy(), strict=True)
    ]
    return "\n".join([head, rule, *lines])


def main() -> None:
    """Run the worlds, print the tables and write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one small seed of each world")
    parser.add_argument("--write", type=Path, help="page that takes the tables between its markers")
    args = parser.parse_args()
    began = time.perf_counter()
    frame = table(1, 500, 150) if args.quick else table(3, 1250, 300)
    ranked = ranking(frame)
    own = simulated_market(1, 150, 3) if args.quick else simulated_market(3, 400, 5)
    own = own.loc[ranked.index]
    halving = [_halving(frame, path) for path in ("slow drift", "drift")]
    text = "\n\n".join(
        [
            _markdown(ranked),
            f"The default by the criterion: **{ranked.index[0]}**.",
            *halving,
            "Bias, root mean squared error and coverage of single stocks, marks of one moment:",
            _markdown(by_path(frame, "none").loc[ranked.index]),
            "The same with late marks:",
            _markdown(by_path(frame, "late marks").loc[ranked.index]),
            "In QuantHedge's own simulated markets:",
            _markdown(own),
        ]
    )
    print(text)
    print(f"{time.perf_counter() - began:.0f} s")
    if args.write:
        page = args.write.read_text(encoding="utf-8")
        begin, end = "<!-- table -->", "<!-- end of table -->"
        before, after = page.split(begin)[0], page.split(end)[1]
        args.write.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
