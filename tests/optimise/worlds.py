"""Random rebalances of every kind, the same for the same seed."""

from typing import Any

import numpy as np

from quanthedge.optimise import Problem


def world(seed: int, n: int = 100, k: int = 12, **changes: Any) -> Problem:
    """Return a random rebalance with every kind of limit but the cone; `changes` replace parts."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 6, n)
    exposures = np.column_stack([np.eye(6)[groups], rng.normal(size=(n, k - 6))])
    root = rng.normal(size=(k, k)) * 0.02 / np.sqrt(k)
    benchmark = rng.lognormal(0, 1, n) * (rng.random(n) < 0.7)
    benchmark /= benchmark.sum()
    held = np.clip(benchmark + rng.normal(0, 0.3 / n, n), 0, None) * (rng.random(n) < 0.6)
    held *= 0.97 / held.sum()
    bound = 1.5 / n + 0.005
    upper = np.maximum(benchmark + bound, held)
    beta = 1 + 0.25 * rng.normal(size=n)
    trade = rng.uniform(0.2, 4, n) / n
    blocked = rng.random(n)
    kept: dict[str, Any] = {
        "alpha": rng.normal(0, 0.01, n),
        "exposures": exposures,
        "factor_covariance": root @ root.T,
        "specific": rng.uniform(0.04, 0.12, n) ** 2,
        "benchmark": benchmark,
        "held": held,
        "lower": np.minimum(np.maximum(benchmark - bound, 0), held),
        "upper": upper,
        "risk_aversion": float(rng.uniform(1, 20)),
        "buy_rate": rng.uniform(0.0003, 0.001, n),
        "sell_rate": rng.uniform(0.0008, 0.002, n),
        "most_bought": np.where(blocked < 0.05, 0.0, trade),
        "most_sold": np.where((blocked < 0.02) | (blocked > 0.97), 0.0, trade),
        "total": 0.98,
        "beta": beta,
        "beta_target": float(0.98 * beta @ benchmark),
        "groups": np.where(rng.random(n) < 0.05, -1, groups),
        "group_bound": 0.05,
        "styles": np.arange(6, k),
        "style_bound": np.full(k - 6, 0.25),
        "turnover": 0.25,
    }
    return Problem(**(kept | changes))


def any_world(seed: int) -> Problem:
    """Return a random rebalance of a random kind: size, impact, cone, limits that are not there."""
    rng = np.random.default_rng([seed, 1])
    n = int(rng.choice([20, 30, 50, 80, 120, 200, 300], p=[0.3, 0.3, 0.2, 0.08, 0.06, 0.04, 0.02]))
    changes: dict[str, Any] = {}
    if rng.random() < 0.4:
        changes["impact"] = rng.uniform(0.002, 0.1, n) * (rng.random(n) < 0.9)
    if rng.random() < 0.25:
        changes |= {"risk_aversion": None, "tracking_error": float(rng.uniform(0.008, 0.02))}
    if rng.random() < 0.2:
        changes |= {"beta": None, "beta_target": None}
    if rng.random() < 0.2:
        changes["group_bound"] = None
    if rng.random() < 0.2:
        changes |= {"styles": None, "style_bound": None}
    changes["turnover"] = None if rng.random() < 0.3 else float(rng.uniform(0.15, 0.6))
    if rng.random() < 0.2:
        changes |= {"most_bought": np.full(n, np.inf), "most_sold": np.full(n, np.inf)}
    if rng.random() < 0.1:
        changes |= {"buy_rate": np.zeros(n), "sell_rate": np.zeros(n)}
    return world(seed, n, **changes)
