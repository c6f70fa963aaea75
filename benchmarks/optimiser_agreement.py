"""The optimiser beside cvxpy and Clarabel on random problems of every kind of limit.

    python -m benchmarks.optimiser_agreement --problems 200 --seed 0

The first one on which they differ, or whose conditions of an optimum are not kept, is told by its
seed, and the exit code is 1.
"""

import argparse
import sys

from tests.optimise.oracle import agreement


def main() -> None:
    """Compare, and say how many there were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    try:
        infeasible = agreement(options.problems, options.seed)
    except AssertionError as difference:
        print(f"they differ: {difference}")
        sys.exit(1)
    print(f"{options.problems} problems agree, and {infeasible} that no book can solve")


if __name__ == "__main__":
    main()
