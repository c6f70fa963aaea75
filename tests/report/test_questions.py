"""Every question is answered in a few sentences with the run's own figures, whatever the run."""

import re
import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files

import pytest

from quanthedge.backtesting.run import backtest
from quanthedge.performance import sleeve_bridge, sleeve_figures
from quanthedge.report.question_facts import question_facts
from quanthedge.report.questions import GROUPS, catalogue, questions
from quanthedge.report.writer import Writer
from quanthedge.strategy import VARIANTS, load_strategy
from tests.performance.random_run import random_run
from tests.sample import (
    sample_market,
    sample_result,
    sample_result_with_variants,
    small_strategy,
)

LANGUAGES = ["zh", "en"]


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?%?", text)


def sentences(text: str, language: str) -> int:
    if language == "zh":
        return len(re.findall(r"。", text))
    return len(re.findall(r"[.](?=\s|$)", text))


def speculative():
    strategy = small_strategy("hedge.account=speculative", "accounts.borrowed=0.4")
    market = sample_market()
    return backtest(strategy, market, "2015-08-03", "2015-12-31", variants=("unlevered",))


def falling():
    run = random_run(260)
    run.ledger["unit_value"] = run.ledger["unit_value"] * 0.9
    return run


def with_sleeves(*changes: str):
    """Stocks, a carry that finds nothing in the sample, and a spread; or the last two alone."""
    strategy = load_strategy("multi_sleeve", ["selector.n=30", *changes])
    return backtest(strategy, sample_market(), "2014-09-17", "2015-07-31")


RUNS: dict[str, Callable] = {  # made when a test asks, once
    "sample": sample_result,
    "random": lambda: random_run(260),
    "short": lambda: random_run(10),
    "two days": lambda: random_run(2),
    "falling": falling,
    "variants": sample_result_with_variants,
    "speculative": speculative,
    "sleeves": with_sleeves,
    "sleeves alone": lambda: with_sleeves("invested_fraction=0", "factors=[]"),
}


@pytest.fixture(scope="session")
def run_named() -> Callable:
    return cache(lambda name: RUNS[name]())


@pytest.fixture(scope="session")
def answered(run_named) -> Callable:
    """Return a function that gives the writer of a run in a language, and its answers."""

    @cache
    def of(name: str, language: str) -> tuple[Writer, list]:
        writer = Writer(run_named(name), language)
        return writer, [item for block in questions(writer) for item in block.items]

    return of


def test_both_languages_ask_the_same_thirty_four_questions() -> None:
    zh, en = (catalogue(language) for language in LANGUAGES)
    for group in GROUPS:
        assert [one["id"] for one in zh[group]] == [one["id"] for one in en[group]]
        for a, b in zip(zh[group], en[group], strict=True):
            assert len(a["say"]) == len(b["say"])
            for first, second in zip(a["say"], b["say"], strict=True):
                assert places(first) == places(second), a["id"]
                assert condition(first) == condition(second), a["id"]
    ids = [one["id"] for group in GROUPS for one in en[group]]
    assert sorted(ids) == list(range(1, 35))


def places(sentence) -> set[str]:
    text = sentence if isinstance(sentence, str) else sentence["text"]
    return set(re.findall(r"{(\w+)}", text))


def condition(sentence) -> str:
    return "" if isinstance(sentence, str) else sentence["when"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", RUNS)
def test_each_answer_is_two_to_five_sentences_without_gaps(name, language, answered) -> None:
    _, answers = answered(name, language)
    assert len(answers) == 34
    for question, text in answers:
        assert 2 <= sentences(text, language) <= 6, (question, text)
        assert not re.search(r"[{}]|nan|None|inf\b", text), text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["sample", "variants", "speculative", "sleeves", "sleeves alone"])
def test_every_number_of_an_answer_is_a_figure_of_the_run(language, name, answered) -> None:
    writer, answers = answered(name, language)
    facts, _ = question_facts(writer)
    known = {number for value in facts.values() if value for number in numbers(value)}
    path = files("quanthedge.report.texts").joinpath(f"questions_{language}.toml")
    fixed = set(numbers(re.sub(r"{\w+}", "", path.read_text(encoding="utf-8"))))
    for _, text in answers:
        assert set(numbers(text)) <= known | fixed, text


def test_figures_are_those_printed_elsewhere() -> None:
    result = sample_result()
    facts, holds = question_facts(Writer(result, "en"))
    summary = result.summary()
    for key in ("return_net", "max_drawdown_net", "sharpe_net", "paid_performance_fee"):
        assert facts[key] == summary[key].text("en")
    bridge = result.bridge().iloc[0]
    assert facts["part_alpha"].startswith("-") == (bridge["alpha"] < 0)
    found = summary["correlation_accrued_daily"].estimate
    assert ("neutral" in holds) == (found.low <= 0 <= found.high)


def test_what_a_day_of_large_moves_did_is_counted_from_the_days() -> None:
    run = random_run(400)
    facts, _ = question_facts(Writer(run, "en"))
    move = run.ledger["index_close"].pct_change()
    assert facts["falls_days"] == str(int((move <= -0.03).sum()))


def test_the_answer_about_arbitrage_is_given_by_the_sleeves_where_there_are_any(run_named) -> None:
    run = run_named("sleeves")
    answer = questions(Writer(run, "en"))[-1].items[-1][1]
    figures = sleeve_figures(run, "whole").set_index("sleeve")
    spread = figures.loc["calendar"]
    assert "carry found nothing to do" in answer
    assert f"calendar earned {spread['net_yuan'] / 1e3:,.0f} thousand yuan" in answer
    daily = sleeve_bridge(run, "day")["calendar"]
    index = run.ledger["index_close"].pct_change()
    assert f"a correlation of {daily.corr(index):.2f} to the index" in answer.replace("−", "-")
    alone = run.variants["stocks_alone"].ledger["unit_value"]
    assert f"{alone.iloc[-1] / alone.iloc[0] - 1:.2%} net" in answer
    without = questions(Writer(sample_result(), "en"))[-1].items[-1][1]
    assert "sleeve" not in without


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_language_at_a_time(language: str) -> None:
    text = (
        files("quanthedge.report.texts").joinpath(f"questions_{language}.toml").read_text("utf-8")
    )
    document = tomllib.loads(text)
    words = " ".join(
        one["question"] + " ".join(s if isinstance(s, str) else s["text"] for s in one["say"])
        for group in GROUPS
        for one in document[group]
    )
    words = re.sub(r"{\w+}", "", words)
    if language == "zh":
        assert set(re.findall(r"[A-Za-z]+", words)) <= {"A"}
    else:
        assert not re.findall(r"[\u3000-\u9fff]", words)


def test_conditions_are_known_names() -> None:
    known = {
        "earns", "loses", "neutral", "linked", "recovered", "under_water", "long", "short",
        "limited_years", "other_years", "crash", "below_one", "above_one", "loan", "no_loan",
        "large_moves", "calm", "alpha_earns", "alpha_sure", "alpha_unsure", "alpha_loses",
        "basis_earns", "basis_costs", "hedged", "unhedged", "cut", "not_cut", "bound", "not_bound",
        "alone", "no_leverage_run", "summed", "combined", "published_only", "own_too", "own_only",
        "given", "scored", "has_sleeves", "no_sleeves", "sleeves_only", "sleeves_beside",
        "beats_index_hedged", "below_index_hedged", "both_lose", "stated_alike", "stated_unlike",
        *(f"{has}_{name}" for has in ("has", "no")
          for name in (*VARIANTS, "fixed", "stated", "rival")),
    }  # fmt: skip
    for language in LANGUAGES:
        for group in GROUPS:
            for one in catalogue(language)[group]:
                for sentence in one["say"]:
                    assert set(condition(sentence).split("+")) - {""} <= known
