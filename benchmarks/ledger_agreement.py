"""The compiled ledger beside its slow reference on random markets, fill by fill.

    python -m benchmarks.ledger_agreement --markets 1000 --seed 1 --sleeves 300

Every second market holds contracts long as well as short; ``--sleeves`` are markets of three
sleeves, of which one sells contracts against its stocks and waits for them. The exit code is 1 at
the first trade, refusal, holding or number that differs, or where trades and flows do not add up to
what is stated.
"""

import argparse
import math
import sys

from quanthedge.ledger.layout import OTHER_LEG
from tests.ledger.test_kernel_beside_reference import compare
from tests.ledger.test_ledger_reference import sum_of_parts
from tests.ledger.test_legs_that_wait import random_legs
from tests.ledger.test_many_sleeves import agree
from tests.oracles.ledger import run_reference
from tests.oracles.random_market import random_both_sides, random_inputs


def main() -> None:
    """Compare, and say what the markets held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markets", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sleeves", type=int, default=0)
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
        if not math.isclose(slow.ledger[-1]["equity"], sum_of_parts(slow), rel_tol=1e-8):
            print(f"market {n}: its parts do not add up to the stated value")
            sys.exit(1)
        trades += len(slow.trades)
        long_closes += sum(lots > 0 for _, _, lots in slow.contracts)
        short_closes += sum(lots < 0 for _, _, lots in slow.contracts)
    print(
        f"{args.markets} markets agree: {trades:,} trades, contracts held long at "
        f"{long_closes:,} closes, short at {short_closes:,}"
    )
    if args.sleeves:
        print(agreeing_sleeves(args.seed, args.sleeves))


def agreeing_sleeves(seed: int, markets: int) -> str:
    """Compare markets of sleeves; return what they held."""
    waited = 0
    for n in range(markets):
        try:
            found = agree(seed * 1_000_000 + n, random_legs)
        except AssertionError as difference:
            print(f"market {n} of sleeves differs: {difference}")
            sys.exit(1)
        waited += int((found.refusals[:, 6] == OTHER_LEG).sum())
    return f"{markets} markets of sleeves agree: {waited:,} orders waited for another leg"


if __name__ == "__main__":
    main()
