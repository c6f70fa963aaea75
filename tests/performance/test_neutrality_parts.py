"""What the correlation is made of, worked out again from ledger columns and plain covariances."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from quanthedge.ledger import line_names
from quanthedge.performance import correlation_parts, correlation_stated_otherwise
from quanthedge.performance.neutrality_parts import PARTS
from tests.oracles import performance as oracle
from tests.performance.random_run import random_ledger, random_run
from tests.sample import sample_result

EVERY = ("daily", "weekly")


def chunks(days: pd.DatetimeIndex, every: str) -> list[range]:
    """Rows of each period, the opening row in none."""
    if every == "daily":
        return [range(t, t + 1) for t in range(1, len(days))]
    ends = oracle.period_ends([day.date() for day in days], every)
    return [range(first + 1, last + 1) for first, last in pairwise(ends)]


def compounded(returns: list[float], days: pd.DatetimeIndex, every: str) -> list[float]:
    """Returns of the periods from those of the days after the first row."""
    return [np.prod([1.0 + returns[t - 1] for t in chunk]) - 1.0 for chunk in chunks(days, every)]


def of_periods(
    line: list[float], net: list[float], days: pd.DatetimeIndex, every: str
) -> list[float]:
    """What a line added to each period: each day's part, times what a yuan had become before."""
    made = []
    for chunk in chunks(days, every):
        grown, total = 1.0, 0.0
        for t in chunk:
            total += grown * line[t - 1]
            grown *= 1.0 + net[t - 1]
        made.append(total)
    return made


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize("days", [60, 260, 700])
def test_the_parts_add_up_to_the_printed_correlation(days: int, every: str) -> None:
    run = random_run(days, seed=days)
    table = correlation_parts(run, every)
    assert list(table.index) == [*PARTS, "total"]
    printed = run.summary()[f"correlation_accrued_{every}"].estimate.value
    assert table.loc["total", "correlation"] == pytest.approx(printed, abs=1e-12)
    assert table.loc[list(PARTS), "correlation"].sum() == pytest.approx(printed, abs=1e-12)
    total = table.loc["total", "return_"]
    assert table.loc[list(PARTS), "return_"].sum() == pytest.approx(total, abs=1e-12)
    assert table.loc["total", "own"] == pytest.approx(printed, abs=1e-12)


def test_a_link_of_fewer_than_ten_periods_is_stated_by_neither_table() -> None:
    run = random_run(30)  # seven weeks
    weekly, stated = correlation_parts(run, "weekly"), correlation_stated_otherwise(run.ledger)
    assert run.summary()["correlation_accrued_weekly"].reason == "too_few"
    assert weekly[["correlation", "own"]].isna().all().all()
    assert weekly["return_"].notna().all()
    assert stated["weekly"].isna().all()
    assert stated["daily"].notna().all()
    short = random_run(9)
    assert correlation_parts(short)["correlation"].isna().all()
    assert correlation_stated_otherwise(short.ledger).isna().all().all()
    assert correlation_parts(random_run(10))["correlation"].notna().all()


@pytest.mark.parametrize("every", EVERY)
def test_the_parts_of_a_whole_run_add_up(every: str) -> None:
    run = sample_result()
    table = correlation_parts(run, every)
    printed = run.summary()[f"correlation_accrued_{every}"].estimate.value
    assert table.loc[list(PARTS), "correlation"].sum() == pytest.approx(printed, abs=1e-12)
    moving = table.loc[list(PARTS), "correlation"].abs() > 1e-6
    assert moving.sum() >= len(PARTS) - 1


@pytest.mark.parametrize("every", EVERY)
def test_a_part_is_the_covariance_of_its_lines_over_both_spreads(every: str) -> None:
    run = random_run(300, seed=8)
    ledger = run.ledger
    rows = ledger.to_dict("records")
    net = [pair[0] for pair in oracle.daily_returns(rows, line_names("fee"))]
    parts = {"revaluation": [], "costs": [], "fees": [], "income": []}
    for last, row in pairwise(rows):
        base = last["equity"] + row["subscriptions"] - row["redemptions"] - row["distributions"]
        base -= row["accrued_fee_at_open"]
        grew = row["accrued_performance_fee"] - row["accrued_fee_at_open"]
        parts["revaluation"].append((row["revaluation"] - last["revaluation"]) / base)
        parts["costs"].append(-sum(row[name] for name in line_names("cost")) / base)
        parts["fees"].append(-(sum(row[name] for name in line_names("fee")) + grew) / base)
        parts["income"].append((row["dividends"] + row["interest"]) / base)
    days = pd.DatetimeIndex(ledger.index)
    index = compounded(ledger["index_close"].pct_change().iloc[1:].to_list(), days, every)
    whole = compounded(net, days, every)
    found = correlation_parts(run, every)
    for name, line in parts.items():
        values = of_periods(line, net, days, every)
        shared = np.cov(values, index)[0, 1] / np.std(whole, ddof=1) / np.std(index, ddof=1)
        assert found.loc[name, "correlation"] == pytest.approx(shared, abs=1e-12), name
        alone = np.corrcoef(values, index)[0, 1]
        assert found.loc[name, "own"] == pytest.approx(alone, abs=1e-11), name
        assert found.loc[name, "return_"] == pytest.approx(sum(values), abs=1e-12), name
    assert found.loc["total", "return_"] == pytest.approx(sum(whole), abs=1e-12)


def test_what_does_not_move_has_no_part_and_no_correlation_of_its_own() -> None:
    run = random_run(60)
    run.ledger["equity"] -= run.ledger["revaluation"]
    run.ledger["revaluation"] = 0.0
    table = correlation_parts(run)
    assert table.loc["revaluation", "correlation"] == 0.0
    assert np.isnan(table.loc["revaluation", "own"])
    still = random_run(60)
    still = still.changed(
        ledger=still.ledger.iloc[[0] * 61].set_axis(still.ledger.index),
        contracts=still.contracts.iloc[:0],
        trades=still.trades.iloc[:0],
    )
    assert correlation_parts(still)["correlation"].isna().all()


@pytest.mark.parametrize("every", EVERY)
def test_each_other_statement_is_the_correlation_of_its_columns(every: str) -> None:
    ledger = random_ledger(400, seed=5)
    days = pd.DatetimeIndex(ledger.index)
    move = ledger["index_close"].pct_change().iloc[1:].to_list()
    made: dict[str, list[float]] = {name: [] for name in ("accrued", "before_fees", "last_close",
                                    "fee_on_its_day", "last_close_fee_on_its_day")}  # fmt: skip
    rows = ledger.to_dict("records")
    for last, row in pairwise(rows):
        flow = row["subscriptions"] - row["redemptions"] - row["distributions"]
        opening, closing = last["equity"] + flow, row["equity"]
        stale = (opening - last["revaluation"], closing - row["revaluation"])
        held, due = row["accrued_fee_at_open"], row["accrued_performance_fee"]
        fees = sum(row[name] for name in line_names("fee"))
        made["accrued"].append((closing - due) / (opening - held) - 1.0)
        made["before_fees"].append((closing + fees) / opening - 1.0)
        made["last_close"].append((stale[1] - due) / (stale[0] - held) - 1.0)
        made["fee_on_its_day"].append(closing / opening - 1.0)
        made["last_close_fee_on_its_day"].append(stale[1] / stale[0] - 1.0)
    found = correlation_stated_otherwise(ledger)[every]
    index = compounded(move, days, every)
    for name, returns in made.items():
        expected = np.corrcoef(compounded(returns, days, every), index)[0, 1]
        assert found[name] == pytest.approx(expected, abs=1e-12), name
    assert found.round(6).nunique() == len(made)
    assert list(found.index) == list(made)


def test_the_first_two_statements_are_those_of_the_summary() -> None:
    result = sample_result()
    found, summary = correlation_stated_otherwise(result.ledger), result.summary()
    for every in EVERY:
        for statement in ("accrued", "before_fees"):
            printed = summary[f"correlation_{statement}_{every}"].estimate.value
            assert found.loc[statement, every] == pytest.approx(printed, abs=1e-12)
