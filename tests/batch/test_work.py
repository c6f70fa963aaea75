"""A job's variants are the runs that single backtests are, and a variant's fault is its own."""

from pathlib import Path

import pytest

from quanthedge.backtesting import backtest
from quanthedge.batch import work
from quanthedge.batch.grid import variants_of
from quanthedge.batch.variant import Job, Outcome, Place, Variant
from quanthedge.batch.work import remember_market, run_job
from quanthedge.errors import QuantHedgeError
from quanthedge.stages.keyed import forget_stages
from quanthedge.strategy import load_strategy
from tests.sample import END, NEUTRAL, ROOT, START, sample_market, small_strategy

OWN_FACTOR = '''
"""A factor of a user's own that fails on request."""
from typing import Literal

import numpy as np

import quanthedge as qh


class Panic(BaseException):
    """As packages that are made in Rust raise it."""


class Mute(BaseException):
    def __str__(self):
        raise ValueError


class Mine(qh.Factor):
    sign = 1
    fails: bool = False
    how: str = ""

    def exposure(self, market, rows=None):
        if self.fails:
            raise ZeroDivisionError("somewhere inside")
        if self.how:
            raise {"panic": Panic, "exit": SystemExit, "mute": Mute}[self.how]("half \\ud800")
        days = np.arange(len(market.dates)) if rows is None else np.asarray(rows)
        return np.tile(np.arange(len(market.codes), dtype=float), (days.size, 1))
'''


def ran(variants: list[Variant]) -> list[Outcome]:
    return run_job(Job(remember_market(sample_market()), tuple(variants)))


def some(*sets: str, strategy=None) -> list[Variant]:
    base = small_strategy() if strategy is None else strategy
    return variants_of(base, sample_market(), sets, start=START, end=END)


def assert_single_runs(variants: list[Variant], outcomes: list[Outcome]) -> None:
    assert [one.number for one in outcomes] == [one.number for one in variants]
    for variant, outcome in zip(variants, outcomes, strict=True):
        assert outcome.failure is None, outcome.failure
        assert outcome.key == variant.key
        alone = backtest(variant.strategy, sample_market(), variant.start, variant.end).ledger
        for name in outcome.series:
            assert outcome.series[name].to_numpy().tobytes() == alone[name].to_numpy().tobytes()


@pytest.mark.parametrize(
    "sets",
    [
        ("hedge.ratio=0.0,0.7,1.0", "costs.commission_rate=0.0003,0.001"),
        ("hedge.policy={kind='calendar', every_days=1},{kind='band', low=0.1, high=0.2}",
         "fund.performance_fee_rate=0.0,0.25"),
        ("selector.n=20,30", "rebalance.every=month,week"),
        ("capital_yuan=2e7,1e9", "accounts.margin_target=1.5,1.9"),
        ("execution.fill=open,close", "factors.0.weight=0.0,3.0"),
        ("hedge.contract=front,quarter", "costs.dividend_tax=none,public_fund_where_known"),
        ("invested_fraction=0.5,0.75", "costs.impact_coefficient=0.0,1.0"),
        ("valuation.suspended=index,beta,last_close",),
        ("start=2014-09-17,2015-01-05", "end=2015-03-31,2015-07-31"),
    ],
    ids=lambda sets: sets[0].partition("=")[0],
)  # fmt: skip
def test_runs_side_by_side_are_single_runs_bit_for_bit(sets):
    variants = some(*sets)
    forget_stages()
    assert_single_runs(variants, ran(variants))


def test_funds_with_clients_and_allocations_run_as_they_do_alone():
    clients = load_strategy(ROOT / "strategies" / "fund_with_clients.toml", ["selector.n=30"])
    gated = small_strategy("layers.allocation={kind='drawdown', largest=0.02}")
    variants = some("hedge.ratio=0.9,1.0", strategy=clients)
    variants += some("hedge.ratio=0.9", strategy=gated)
    variants = [one._replace(number=k) for k, one in enumerate(variants)]
    assert_single_runs(variants, ran(variants))


def test_one_thread_gives_the_bits_of_several(monkeypatch):
    variants = some("hedge.ratio=0.7:1.2:0.1", "selector.n=20,30")
    several = ran(variants)
    monkeypatch.setattr(work, "threads_here", lambda: 1)
    monkeypatch.setattr(work, "_SIDE_BY_SIDE", 5)
    for one, other in zip(several, ran(variants), strict=True):
        assert one.series.equals(other.series)
        assert one.figures == other.figures


def test_a_variants_fault_is_its_own_with_its_reason(tmp_path):
    (tmp_path / "mine.py").write_text(OWN_FACTOR, encoding="utf-8")
    text = NEUTRAL.read_text(encoding="utf-8")
    path = tmp_path / "strategy.toml"
    path.write_text(text, encoding="utf-8")
    strategy = load_strategy(
        path, ["selector.n=30", "factors=[{factor={kind='mine:Mine', fails=false}}]"]
    )
    variants = some("factors.0.factor.fails=false,true", "capital_yuan=1e3,1e8", strategy=strategy)
    outcomes = ran(variants)
    reasons = [one.failure for one in outcomes]
    assert reasons[1] is None
    assert outcomes[1].series is not None
    assert "too small" in reasons[0].reason
    assert [one.kind for one in reasons[2:]] == ["StrategyError", "StrategyError"]
    assert "somewhere inside" in reasons[2].reason
    assert outcomes[2].series is None
    assert not outcomes[2].figures


def test_what_is_no_exception_ends_its_own_variant_alone(tmp_path):
    (tmp_path / "mine.py").write_text(OWN_FACTOR, encoding="utf-8")
    path = tmp_path / "strategy.toml"
    path.write_text(NEUTRAL.read_text(encoding="utf-8"), encoding="utf-8")
    own = "factors=[{factor={kind='mine:Mine', how=''}}]"
    strategy = load_strategy(path, ["selector.n=30", own])
    outcomes = ran(some("factors.0.factor.how='panic','','exit','mute'", strategy=strategy))
    assert [one.failure for one in outcomes] == [
        ("Panic", "half \\ud800"),
        None,
        ("SystemExit", "half \\ud800"),
        ("Mute", "its message raises ValueError"),
    ]


def test_a_capital_that_is_too_small_fails_in_the_words_of_a_single_run():
    (poor, *_) = some("capital_yuan=20000,1e8")
    (outcome,) = ran([poor])
    with pytest.raises(QuantHedgeError) as alone:
        backtest(poor.strategy, sample_market(), START, END)
    assert outcome.failure.reason == str(alone.value)
    assert outcome.failure.kind == type(alone.value).__name__


def test_dates_outside_the_market_fail_where_they_are_asked():
    (fine,) = some("hedge.ratio=0.9")
    outcomes = ran([fine, fine._replace(number=1, start="1999-01-04")])
    assert outcomes[0].failure is None
    assert outcomes[1].failure.kind == "DataError"
    assert "outside the market" in outcomes[1].failure.reason


def test_too_little_memory_is_left_to_whoever_sent_the_job(monkeypatch):
    def hungry(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(work, "prepare", hungry)
    with pytest.raises(MemoryError):
        ran(some("hedge.ratio=0.9"))


def test_another_market_than_planned_is_the_outcome_of_all(monkeypatch):
    monkeypatch.setattr(work, "_MARKETS", {})
    variants = some("hedge.ratio=0.9,1.0")
    for place in (Place("0" * 64, sample_market().path), Place("0" * 64, Path("/nowhere/at/all"))):
        outcomes = run_job(Job(place, tuple(variants)))
        assert [one.failure.kind for one in outcomes] == ["DataError"] * 2
    assert "no dataset" in outcomes[0].failure.reason or "nowhere" in outcomes[0].failure.reason


def test_a_market_that_was_cut_is_opened_cut(monkeypatch):
    monkeypatch.setattr(work, "_MARKETS", {})
    cut = sample_market().until("2015-03-31")
    place = remember_market(cut)
    monkeypatch.setattr(work, "_MARKETS", {})
    found = work.market_of(place)
    assert found.fingerprint == cut.fingerprint
    assert found.dates[-1] == cut.dates[-1]
