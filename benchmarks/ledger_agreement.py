"""The compiled ledger beside its slow reference on random markets, fill by fill.

    python -m benchmarks.ledger_agreement --markets 1000 --seed 1

Every second market holds contracts long as well as short. The exit code is 1 at the first trade,
refusal, holding or number that differs.
"""

import argparse
import sys

from tests.ledger.test_kernel_beside_reference import compare
from tests.oracles.ledger import run_reference
from tests.oracles.random_market import random_both_sides, random_inputs


def main() -> None:
    """Compare, and say what the markets held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markets", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    trades = long_closes = short_closes = 0
    for n in range(args.markets):
        made = random_both_sides if n % 2 else random_inputs
        inputs = made(args.seed * 1_000_000 + n, days=40, stocks=8)
        try:
            compare(inputs)
        except AssertionError as difference:
            print(f"market {n} differs: {difference}")
            sys.exit(1)
        slow = run_reference(inputs)
        trades += len(slow.trades)
        long_closes += sum(lots > 0 for _, _, lots in slow.contracts)
        short_closes += sum(lots < 0 for _, _, lots in slow.contracts)
    print(
        f"{args.markets} markets agree: {trades:,} trades, contracts held long at "
        f"{long_closes:,} closes, short at {short_closes:,}"
    )


if __name__ == "__main__":
    main()
