"""How often a judgement of a sweep says what is true, on sweeps whose truth is known.

python -m benchmarks.judging [SEEDS]
"""

import sys
import time
from collections import Counter

import numpy as np

from quanthedge.batch.judgement import judged
from tests.batch.judgement.made_sweeps import GRID, grid_of, made_sweep

# what the runs are: true Sharpe ratios of a year, days, correlation of two runs
CASES = {
    "noise, runs alike (0.9)": (0.0, 1250, 0.9),
    "noise, runs apart (0)": (0.0, 1250, 0.0),
    "losing, runs alike (0.9)": (-0.5, 1250, 0.9),
    "true ratio 1 in all": (1.0, 1250, 0.9),
    "true ratio 2 in all": (2.0, 1250, 0.9),
    "true ratio 2.5 in all": (2.5, 1250, 0.9),
    "one run with 5, others 0": ("one", 1250, 0.0),
    "a ridge: 2.5 down to 0": ("ridge", 1250, 0.9),
}


def truth(kind: float | str) -> np.ndarray | float:
    """Return the true Sharpe ratios of a case."""
    grid = grid_of()
    if kind == "one":
        return np.where(np.arange(len(grid)) == 20, 5.0, 0.0)
    if kind == "ridge":
        return 2.5 - 2.5 * np.abs(grid["hedge.ratio"].to_numpy() - 1.0) / 0.2
    return float(kind)


def main() -> None:
    """Print a line a case."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    grid = grid_of()
    print(f"{len(grid)} runs ({' x '.join(str(len(v)) for v in GRID.values())}), {seeds} seeds")
    print(f"{'case':28} believable  doubtful  not believed  lonely  median deflated  median PBO")
    for name, (kind, days, common) in CASES.items():
        begun, beliefs, lonely, deflated, pbo = time.perf_counter(), Counter(), 0, [], []
        for seed in range(seeds):
            runs, returns = made_sweep(grid, truth(kind), seed, days=days, common=common)
            found = judged(runs, returns, len(grid))
            beliefs[found.verdict.belief] += 1
            lonely += found.verdict.lonely
            deflated.append(found.table["deflated"].iloc[0])
            pbo.append(found.cscv.pbo)
        print(
            f"{name:28} {beliefs['yes'] / seeds:10.0%} {beliefs['open'] / seeds:9.0%} "
            f"{beliefs['no'] / seeds:13.0%} {lonely / seeds:7.0%} {np.median(deflated):16.0%} "
            f"{np.median(pbo):11.0%}   ({(time.perf_counter() - begun) / seeds:.2f} s each)"
        )


if __name__ == "__main__":
    main()
