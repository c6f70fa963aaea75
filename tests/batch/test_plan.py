"""A plan says which stages are worked out, and its jobs keep together what shares them."""

import json
import math
from itertools import pairwise

import pytest

from quanthedge.batch.plan import Plan, jobs_of
from quanthedge.batch.work import run_job
from quanthedge.stages import watched_stages
from quanthedge.stages.keyed import forget_stages
from tests.sample import END, START, sample_market, small_strategy

# what a plan does not know: a table made of the dates of a selection, and what lies with the market
NOT_PLANNED = {
    "whole_book", "price_limits", "impact_volatility", "industry_returns", "past_of_the_market",
    "share_growth", "style_grades", "corporate_actions", "stated_values", "odd_closes",
}  # fmt: skip


def plan(*sets: str) -> Plan:
    return Plan.of(small_strategy(), sample_market(), sets, start=START, end=END)


def worked(found: Plan, workers: int = 1) -> list[str]:
    forget_stages()
    with watched_stages() as stages:
        for job in jobs_of(found, found.variants, workers):
            assert all(one.failure is None for one in run_job(job))
    return sorted(one.name for one in stages if one.name not in NOT_PLANNED)


def names(found: Plan) -> list[str]:
    pairs = {pair for one in found.stages.values() for pair in one.items()}
    return sorted(name.partition(" ")[0] for name, _ in pairs)


@pytest.mark.parametrize(
    "sets",
    [
        ("hedge.ratio=0.8,0.9", "capital_yuan=5e7,1e8"),
        ("selector.n=20,30", "factors.0.weight=0.0,1.0,2.0"),
        ("hedge.contract=front,quarter", "costs.impact_coefficient=0.0,1.0"),
        ("beta={kind='kalman'},{kind='ols'}", "execution.fill=open,vwap"),
        ("start=2014-09-17,2015-01-05", "costs.dividend_tax=none,public_fund_where_known"),
        ("universe.n=80,800", "hedge.ratio=0.0,1.0"),
    ],
    ids=lambda sets: sets[0].partition("=")[0],
)
def test_the_stages_of_a_plan_are_those_that_are_worked_out_each_once(sets):
    found = plan(*sets)
    assert worked(found) == names(found)
    assert found.distinct == len(names(found))


def test_hedge_and_costs_share_every_stage():
    found = plan(
        "hedge.ratio=0.8:1.2:0.1", "costs.slippage_bp=1,5", "fund.custody_fee_per_year=0.0"
    )
    assert len(found.variants) == 10
    assert found.asked == 10 * found.distinct
    assert "90.0% shared" in found.describe()


def test_jobs_have_every_run_once_and_keep_together_what_shares_a_selection():
    found = plan("hedge.ratio=0.8:1.2:0.1", "selector.n=10,20,30")
    for workers in (1, 2, 5):
        jobs = jobs_of(found, found.variants, workers)
        numbers = [one.number for job in jobs for one in job.variants]
        assert sorted(numbers) == list(range(15))
        wanted = [one.strategy.selector.n for job in jobs for one in job.variants]
        assert sum(a != b for a, b in pairwise(wanted)) == 2
        assert len(jobs) >= min(15, 2 * workers)
    assert jobs_of(found, (), 2) == []


def test_the_same_runs_are_the_same_sweep():
    one, other = plan("hedge.ratio=0.8,0.9"), plan("hedge.ratio=0.9,0.8")
    assert one.id == other.id
    assert one.id != plan("hedge.ratio=0.8,1.0").id


def test_what_is_kept_of_a_plan_is_plain():
    found = plan("hedge.ratio=0.8,-1.0", "start=2014-09-17")
    kept = json.loads(found.to_json())
    assert kept["keys"] == ["hedge.ratio", "start"]
    assert kept["variants"][0]["changes"] == {"hedge.ratio": 0.8, "start": "2014-09-17"}
    assert len(kept["refused"]) == 1
    assert "hedge.ratio" in kept["refused"][0]["reason"]


def test_the_time_is_told_of_runs_that_were_measured():
    forget_stages()
    found = plan("hedge.ratio=0.8,0.9,1.0")
    first, total = found.measured_seconds()
    assert 0.0 < first < 60.0
    assert first / 2 < total < 10 * first
    assert math.isfinite(total)
