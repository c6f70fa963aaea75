"""A sealed period is opened once, and says when."""

import re

import pytest

import quanthedge as qh
from quanthedge.errors import DataError
from quanthedge.trials import Trial, digest, record, seal
from tests.cli.inside import inside
from tests.sample import SAMPLE, sample_market
from tests.trials.test_registry import registry as registry  # noqa: PLC0414 -- a fixture


def test_the_research_half_ends_before_the_seal(registry) -> None:
    sealed = qh.seal(sample_market(), "2015-01-05")
    assert str(sealed.research.dates[-1]) == "2014-12-31"
    assert sealed.sealed is not None
    assert sealed.opened is None
    assert "sealed" in repr(sealed)


def test_a_second_opening_says_when_the_first_was(registry) -> None:
    sealed = seal(sample_market(), "2015-01-05")
    assert sealed.open().dates[-1] == sample_market().dates[-1]
    again = seal(sample_market(), "2015-01-05")
    with pytest.raises(DataError, match=re.escape(f"opened {again.opened}")):
        again.open()
    assert again.open(again=True).dates[-1] == sample_market().dates[-1]
    later = seal(sample_market(), "2015-03-02")  # a part of what was opened
    assert later.opened == again.opened


def test_trials_that_saw_the_period_before_are_counted(registry) -> None:
    market = sample_market()
    record(market, "2014-06-03", "2015-02-27", [Trial("backtest", "a fund", digest(1))])
    record(market, "2014-06-03", "2014-12-31", [Trial("backtest", "a fund", digest(1))])
    assert seal(market, "2015-01-05").seen == 1


def test_a_seal_that_nobody_remembers_is_refused(registry, monkeypatch) -> None:
    monkeypatch.setenv("QUANTHEDGE_TRIALS", "off")
    with pytest.raises(DataError, match="nobody remembers"):
        seal(sample_market(), "2015-01-05")


@pytest.mark.parametrize("day", ["1999-01-04", "2030-01-04"])
def test_a_day_outside_the_market_is_refused(registry, day) -> None:
    with pytest.raises(DataError, match="choose a day after the first"):
        seal(sample_market(), day)


def test_the_command_seals_opens_once_and_says_who_had_looked(registry) -> None:
    refused = inside("trials", SAMPLE, "--open", "2015-01-05")
    assert refused.returncode == 2
    assert "never sealed from 2015-01-05" in refused.stderr
    told = inside("trials", SAMPLE, "--seal", "2015-01-05").stdout
    assert "2015-01-05 to 2015-12-31: sealed since" in told
    record(sample_market(), "2014-06-03", "2015-02-27", [Trial("backtest", "a fund", digest(1))])
    opened = inside("trials", SAMPLE, "--open", "2015-01-05")
    assert opened.returncode == 0, opened.stderr
    assert "opened 20" in opened.stdout
    again = inside("trials", SAMPLE, "--open", "2015-01-05")
    assert again.returncode == 2
    assert "no longer out of sample" in again.stderr
    assert seal(sample_market(), "2015-01-05").opened is not None


@pytest.mark.parametrize(
    "words",
    [
        ("--seal", "2015-01-05"),
        (SAMPLE, "--seal", "2015-01-05", "--open", "2015-01-05"),
        (SAMPLE, "--seal", "yesterday"),
        (SAMPLE, "--open", "yesterday"),
        (SAMPLE, "--seal", "1999-01-05"),
    ],
)
def test_wrong_words_of_a_seal_end_in_one_line(registry, words) -> None:
    done = inside("trials", *words)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
