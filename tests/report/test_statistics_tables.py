"""The report's tables of trailing periods, drawdowns, outlook and rolling figures."""

import pytest

from quanthedge.performance import Bridge, Drawdowns, Relations, Spans, levels
from quanthedge.report.blocks import Figure, Table
from quanthedge.report.document import build_document
from quanthedge.report.texts import words
from tests.performance.random_run import random_run
from tests.sample import sample_result


@pytest.fixture(scope="module", params=["en", "zh"])
def language(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def blocks(language: str) -> dict[str, Table | Figure]:
    document = build_document(sample_result(), language)
    return {block.id: block for chapter in document.chapters for block in chapter.blocks}


def test_trailing_periods_are_printed_with_their_first_day(blocks, language) -> None:
    expected = Spans(sample_result().ledger).trailing()
    names = words(language)["trailing"]
    rows = blocks["table-trailing"].rows
    assert [row[0].text for row in rows] == [names[name] for name in expected.index]
    for row, (_, found) in zip(rows, expected.iterrows(), strict=True):
        if not found["days"]:
            assert {cell.text for cell in row[1:]} == {"–"}
            continue
        assert row[1].text == f"{found['start']:%Y-%m-%d}"
        shown = [cell.value for cell in row[2:7]]
        assert shown == [found[n] for n in ("net", "gross", "index", "excess", "max_drawdown")]
    assert {cell.text for cell in rows[4][1:]} == {"–"}  # a year is longer than the run


def test_the_five_deepest_falls_stand_beside_the_deepest(blocks) -> None:
    falls = Drawdowns(levels(sample_result().ledger)["net"]).largest()
    rows = blocks["table-largest-drawdowns"].rows
    assert len(rows) == len(falls) == 5
    for row, fall in zip(rows, falls, strict=True):
        assert row[0].value == fall.depth
        assert (row[1].text, row[2].text) == (f"{fall.peak:%Y-%m-%d}", f"{fall.trough:%Y-%m-%d}")
        assert row[5].value == fall.fall_calendar_days
        assert row[7].value == fall.recovery_calendar_days
        assert row[8].value == fall.under_days
    deepest = sample_result().summary()
    assert rows[0][0].value == deepest.value("max_drawdown_net")
    assert rows[0][1].text == deepest["drawdown_peak"].text()


def test_both_columns_of_the_outlook_are_those_of_the_summary(blocks) -> None:
    summary = sample_result().summary()
    rows = blocks["table-outlook"].rows
    assert rows[3][1].value == summary.value("loss_probability_12_months")
    assert rows[3][2].value == summary.value("loss_probability_mean_error_12_months")
    assert rows[-1][2].value == summary.value("year_range_mean_error_high")


def test_rolling_figures_are_given_for_windows_that_the_run_holds(blocks, language) -> None:
    run = sample_result()
    rows = blocks["table-rolling-relations"].rows
    closes = {"000300.SH": run.indices["000300.SH"]}
    expected = Relations(levels(run.ledger)["net"], closes).rolling()
    assert rows[0][2].value == pytest.approx(expected.iloc[0]["beta_lowest"])
    assert rows[0][7].value == pytest.approx(expected.iloc[0]["correlation_highest"])
    short = {"en": "run too short", "zh": "区间过短"}[language]
    assert [row[2].text for row in rows].count(short) == 3  # 250 days, 52 weeks, 24 months
    assert len(rows) > 4
    interval = blocks["figure-rolling-betas"].spec["data"][:3]
    lows, highs = (interval[k]["y"] for k in (1, 2))
    for low, value, high in zip(lows, interval[0]["y"], highs, strict=True):
        assert value is None or low <= value <= high


def test_contributions_end_at_the_net_return(blocks) -> None:
    bars = blocks["figure-contributions"].spec["data"][0]
    total = Bridge(sample_result()).returns().iloc[0]["return"]
    assert bars["x"][-1] == pytest.approx(total, abs=1e-6)


def test_a_run_of_few_weeks_says_so_in_words() -> None:
    document = build_document(random_run(30), "zh")
    tables = {block.id: block for chapter in document.chapters for block in chapter.blocks}
    monthly = tables["table-relation"].rows[2]
    assert monthly[1].text == "样本不足"
    assert {row[1].text for row in tables["table-outlook"].rows} == {"区间过短"}
    assert {cell.text for row in tables["table-tails"].rows for cell in row[1:]} == {"区间过短"}
