"""Run tests on random examples with many times the examples that the suite draws.

    python -m benchmarks.examples tests/fund/test_fund_oracle.py [--times 10]

Everything drawn by hypothesis in these files is drawn so many times as often, from another seed
each time; what the files hold besides is run as it stands.
"""

import argparse
import sys
from typing import Any

import pytest
from hypothesis import Phase, settings


class MoreExamples:
    """A plugin that multiplies the examples of each test that draws them."""

    def __init__(self, times: int) -> None:
        self.times, self.drawn = times, 0

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Give each function that draws examples other settings, once."""
        for function in {getattr(item, "function", None) for item in items} - {None}:
            known = getattr(function, "_hypothesis_internal_use_settings", None)
            if known is None:
                continue
            examples = known.max_examples * self.times
            self.drawn += examples
            function._hypothesis_internal_use_settings = settings(
                known, max_examples=examples, derandomize=False, database=None,
                phases=[one for one in known.phases if one is not Phase.reuse],
            )  # fmt: skip


def main() -> None:
    """Run the files, and say how many examples a test was asked for altogether."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--times", type=int, default=10)
    options = parser.parse_args()
    more = MoreExamples(options.times)
    code = pytest.main(["-p", "no:cacheprovider", *options.files], plugins=[more])
    print(f"{more.drawn:,} examples, {options.times} times those of the suite")
    sys.exit(code)


if __name__ == "__main__":
    main()
