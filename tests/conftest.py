"""What all tests share."""

from collections.abc import Iterator

import pytest

from quanthedge.backtesting.stages import forget_stages


@pytest.fixture(autouse=True)
def _no_stage_of_another_test() -> Iterator[None]:
    """No result is handed from one test to the next: tests replace what stages are made of."""
    forget_stages()
    yield
    forget_stages()
