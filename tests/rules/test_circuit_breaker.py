"""The two days that the circuit breaker cut short, against the reports of the day."""

import pytest

from quanthedge.errors import RuleError
from quanthedge.rules import FuturesRules, circuit_breaker_days

HEADER = (
    "item,value,first_halt,resumed,closed,effective_from,effective_to,source_ids,confidence,note\n"
)


def minutes_open(halts, day_end):
    """Count the minutes of 09:30-11:30 and 13:00-15:00 that lie in no halt and before the end."""
    clock = lambda text: int(text[:2]) * 60 + int(text[3:])  # noqa: E731
    session = [*range(clock("09:30"), clock("11:30")), *range(clock("13:00"), clock("15:00"))]
    closed = {minute for first, last in halts for minute in range(clock(first), clock(last))}
    return sum(minute < clock(day_end) and minute not in closed for minute in session)


def test_the_two_days_of_january_2016():
    days = circuit_breaker_days()
    assert [str(day)[:10] for day in days.index] == ["2016-01-04", "2016-01-07"]
    # The TRADE of 2016-01-04 (P61): closed at 1.34pm; P56: halted 13:13, resumed 13:28
    assert days["closed"].iloc[0] == "13:34"
    assert days["minutes_traded"].iloc[0] == minutes_open([("13:13", "13:28")], "13:34") == 139
    # Xinhua of 2016-01-07 (P63): halted 9:42, reopened 9:57, fell a further 2% in two minutes
    assert days["minutes_traded"].iloc[1] == minutes_open([("09:42", "09:57")], "09:59") == 14
    assert (days["share_traded"] == days["minutes_traded"] / 240).all()


def test_only_the_days_of_a_run_are_returned():
    assert len(circuit_breaker_days(["2016-01-04", "2016-01-05", "2016-01-06"])) == 1
    assert len(circuit_breaker_days(["2015-12-31", "2016-01-08"])) == 0
    with pytest.raises(RuleError, match="sorted"):
        circuit_breaker_days(["2016-01-07", "2016-01-04"])


def test_the_days_lie_where_futures_had_the_limit_of_the_circuit_breaker():
    days = circuit_breaker_days().index
    assert FuturesRules.between("IF", days).limit.tolist() == [0.07, 0.07]


@pytest.mark.parametrize("time", ["12:15", "9:42", "", "15:01", "aa:bb", "13:xx"])
def test_a_time_outside_the_session_is_refused(tmp_path, time):
    row = f"event,a day,{time},13:28,13:34,2016-01-04,2016-01-04,P52,A,\n"
    (tmp_path / "circuit_breaker.csv").write_text(HEADER + row, encoding="utf-8")
    with pytest.raises(RuleError, match=r"line 2: time .* 09:30 to 11:30"):
        circuit_breaker_days(folder=tmp_path)


def test_times_out_of_order_are_refused(tmp_path):
    row = "event,a day,13:13,13:34,13:28,2016-01-04,2016-01-04,P52,A,\n"
    (tmp_path / "circuit_breaker.csv").write_text(HEADER + row, encoding="utf-8")
    with pytest.raises(RuleError, match="not in order"):
        circuit_breaker_days(folder=tmp_path)
