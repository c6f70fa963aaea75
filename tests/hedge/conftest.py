"""The small futures market of these tests."""

import pytest

from tests.hedge.futures_market import build


@pytest.fixture
def market():
    """2014-09 to 2015-02, front and next month listed."""
    return build("2014-09", 6)
