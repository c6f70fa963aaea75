"""Every planted peek is caught by the default audit, wherever and however rarely it is taken."""

import pytest

from benchmarks.planted_peeks import (
    ALLOWED,
    DAYS,
    PLACES,
    START,
    WHEN,
    caught,
    plain_strategy,
    tiny_market,
)
from quanthedge.studies.lookahead import audit

# Months' ends and the nearest days are the hardest; the others take turns (all: docs/lookahead.md).
PLANTED = [(place, days, WHEN[1]) for place in PLACES for days in (0, 1)]
PLANTED += [(place, DAYS[k % 5], WHEN[2 * (k % 2)]) for k, place in enumerate(PLACES)]


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    return tiny_market(tmp_path_factory.mktemp("planted") / "market")


@pytest.mark.parametrize(("place", "days", "when"), [p for p in PLANTED if p[:2] != ALLOWED])
def test_a_planted_peek_is_caught(place, days, when, market):
    report = caught(place, days, when, market)
    assert not report.passed
    found = report.findings[0]
    assert found.part != "computation", found
    assert found.before != found.after


def test_with_nothing_planted_the_strategy_passes(market):
    report = audit(plain_strategy(), market, start=START, dates=2)
    assert report.passed, report.to_text()
    assert report.kinds["rebalance"] == 2


def test_the_margin_of_the_day_itself_is_announced_before_it(market):
    from benchmarks.planted_peeks import planted

    with planted(*ALLOWED, WHEN[0], market) as strategy:
        assert audit(strategy, market, start=START, dates=1).passed
