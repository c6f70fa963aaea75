"""What a share becomes is worked out for all stocks at once, and is what each has alone."""

import numpy as np
import pytest

from quanthedge.ledger import action_book, factor_steps
from quanthedge.performance import ShareGrowth
from tests.sample import sample_market


def growth_of_one(market, span: slice, column: int) -> np.ndarray:
    """What a share of one stock becomes by day, from its own actions alone."""
    one = [column]
    book, _, factor, _ = action_book(
        market.corporate_actions(), np.asarray(market.dates[span]), market.codes[one],
        market.panel("mark")[span][:, one], market.panel("adj_factor")[span][:, one],
        market.panel("pre_close")[span.start + 1 : span.stop][:, one],
        np.zeros(1, dtype=np.int64),
    )  # fmt: skip
    steps = np.concatenate([[1.0], factor_steps(factor)[:, 0]])
    for day in range(len(steps) - 1):
        for action in range(*book.pointer[day : day + 2]):
            steps[day + 1] = 1.0 + book.bonus[action]
    return steps


@pytest.mark.parametrize("span", [slice(0, 400), slice(120, 400)])
def test_shares_of_all_stocks_grow_as_those_of_each_alone(span: slice) -> None:
    market = sample_market()
    assert market.corporate_actions() is not None
    columns = np.arange(0, len(market.codes), 3)
    found = ShareGrowth.of(market, span, columns).steps
    alone = np.stack([growth_of_one(market, span, column) for column in columns], axis=1)
    np.testing.assert_array_equal(found, alone)
    assert (np.nan_to_num(found, nan=1.0) != 1.0).any()
    few = ShareGrowth.of(market, span, columns[:5]).price_returns()
    np.testing.assert_array_equal(few, ShareGrowth.of(market, span, columns).price_returns()[:, :5])
