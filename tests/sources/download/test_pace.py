"""The rate of requests, checked with time that passes only when somebody sleeps."""

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.errors import DataError
from quanthedge.sources.download.pace import Caller, seconds_asked
from quanthedge.sources.download.problems import TryAgain
from tests.sources.download.clock import FakeClock


@settings(max_examples=60, deadline=None)
@given(
    per_minute=st.integers(1, 500),
    slow=st.lists(st.floats(0, 5), min_size=1, max_size=80),
    fails=st.sets(st.integers(0, 200)),
)
def test_no_minute_holds_more_requests_than_allowed_whatever_fails(
    per_minute: int, slow: list[float], fails: set[int]
) -> None:
    time = FakeClock()
    caller = Caller(per_minute, attempts=4, clock=time.clock())
    begun: list[float] = []

    def request(seconds: float) -> None:
        begun.append(time.passed)
        time.passed += seconds
        if len(begun) in fails:
            raise TryAgain("busy")

    for seconds in slow:
        try:
            caller("daily", partial(request, seconds))
        except TryAgain:
            continue
    assert caller.made == len(begun)
    for moment in begun:
        within = sum(moment <= other < moment + 60 - 1e-6 for other in begun)
        assert within <= per_minute


def test_the_rate_is_used_up_when_answers_are_fast() -> None:
    time = FakeClock()
    caller = Caller(120, clock=time.clock())
    for _ in range(241):
        caller("daily", lambda: None)
    assert time.passed == pytest.approx(120)


def test_an_interface_with_a_lower_rate_does_not_slow_the_others() -> None:
    time = FakeClock()
    caller = Caller(600, clock=time.clock())
    caller.slower["slow"] = 2
    caller("slow", lambda: None)
    for _ in range(10):
        caller("fast", lambda: None)
    assert time.passed == pytest.approx(1.0)
    caller("slow", lambda: None)
    assert time.passed == pytest.approx(30.0)


def test_a_request_is_given_up_after_its_attempts_with_its_own_error() -> None:
    time = FakeClock()
    caller = Caller(6_000, attempts=3, clock=time.clock())

    def busy() -> None:
        raise TryAgain("busy")

    with pytest.raises(TryAgain, match="busy"):
        caller("daily", busy)
    assert (caller.made, caller.retried) == (3, 2)


def test_other_errors_are_not_repeated() -> None:
    caller = Caller(6_000, clock=FakeClock().clock())

    def wrong() -> None:
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        caller("daily", wrong)
    assert caller.made == 1


def test_rates_and_attempts_out_of_range_are_refused() -> None:
    for rate in (0, -1, float("nan"), 10_000):
        with pytest.raises(DataError, match="requests per minute"):
            Caller(rate)
    with pytest.raises(DataError, match="attempts"):
        Caller(60, attempts=0)


def test_only_a_number_of_seconds_is_read_from_the_header() -> None:
    assert seconds_asked("12") == 12
    for other in (None, "", "Wed, 21 Oct 2015 07:28:00 GMT", "-1", "1e9", "9" * 30):
        assert seconds_asked(other) == 0
