"""A statement's period is read as people write it, and called by its name in both languages."""

from datetime import date

import pytest

from quanthedge.errors import DataError
from quanthedge.performance import Period


@pytest.mark.parametrize(
    ("written", "first", "last", "chinese", "english"),
    [
        ("2015", "2015-01-01", "2015-12-31", "2015年", "2015"),
        ("2015H2", "2015-07-01", "2015-12-31", "2015年下半年", "H2 2015"),
        ("2015q1", "2015-01-01", "2015-03-31", "2015年第一季度", "Q1 2015"),
        ("2016-02", "2016-02-01", "2016-02-29", "2016年2月", "February 2016"),
        ("2015-03-31", "2015-03-31", "2015-03-31", "2015年3月31日", "31 March 2015"),
        (
            "2015-01 .. 2015-06", "2015-01-01", "2015-06-30", "2015年1月至2015年6月",
            "January 2015 to June 2015",
        ),
        (
            "2014Q4..2015-03-05", "2014-10-01", "2015-03-05", "2014年第四季度至2015年3月5日",
            "Q4 2014 to 5 March 2015",
        ),
    ],
)  # fmt: skip
def test_a_period_is_the_days_that_it_says(
    written: str, first: str, last: str, chinese: str, english: str
) -> None:
    found = Period.of(written)
    assert (found.first, found.last) == (date.fromisoformat(first), date.fromisoformat(last))
    assert (found.name("zh"), found.name("en")) == (chinese, english)


@pytest.mark.parametrize(
    "written",
    ["", "15", "2015Q5", "2015-13", "2015-02-30", "0000", "2015..", "2015/03", "a..b", "1..2..3"],
)
def test_what_is_no_period_is_refused_with_what_is_accepted(written: str) -> None:
    with pytest.raises(DataError, match=r"is not known; accepted: 2015, 2015H1, 2015Q1"):
        Period.of(written)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(DataError, match="ends before it begins"):
        Period.of("2015-06..2015-01")
