"""What the report says of a strategy is made of its parameters, or its author is warned."""

import warnings

import numpy as np
import pytest

from quanthedge.alpha import FactorTerm
from quanthedge.errors import StrategyWarning
from quanthedge.report.chapters import build_chapters
from quanthedge.report.cover import cards
from quanthedge.report.drawing import draw, tick_labels
from quanthedge.report.question_facts import question_facts
from quanthedge.report.questions import catalogue, chosen
from quanthedge.report.strategy_words import described
from quanthedge.report.texts import words
from quanthedge.report.writer import Writer
from quanthedge.strategy import load_strategy
from tests.sample import NEUTRAL, sample_result

WRITTEN = """
name = "A few names"
description = "5 of the 1,000 largest, 80% invested"
capital_yuan = 1_000_000
invested_fraction = 0.8
universe = { kind = "largest", n = 1000 }
selector = { n = 5 }
factors = [{ factor = { kind = "size" } }]
"""


def sentence(*changes: str, language: str = "en") -> str:
    return described(load_strategy(NEUTRAL, changes), language)


def test_the_cover_follows_the_parameters() -> None:
    assert sentence("selector.n=50").startswith("50 of the 800 largest A-shares, selected on 6")
    assert sentence("universe.n=300").startswith("100 of the 300 largest")
    assert sentence("selector.n=800").startswith("All of the 800 largest")
    assert "CSI 500 futures (IC), next month" in sentence("hedge.product=IC", "hedge.contract=next")
    assert sentence("hedge.ratio=0").endswith("not hedged.")
    assert "weighted by rank" in sentence("selector.weighting=score")
    assert "the constituents of CSI 500" in sentence("universe={kind='index', index='000905.SH'}")
    assert "选 50 只" in sentence("selector.n=50", language="zh")


def test_words_of_the_author_stand_and_stale_ones_are_pointed_out(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(WRITTEN, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        own = load_strategy(path, ["selector.buffer=0.5"])
        load_strategy(path, ["selector.n=6", "description='6 of the 1,000 largest'", "name='Six'"])
    assert described(own, "en").startswith("5 of the 1,000 largest")
    for change, told in (
        ("selector.n=6", "says '5', but selector.n was changed to 6"),
        ("universe.n=300", "says '1,000', but universe.n"),
        ("invested_fraction=0.6", "says '80%', but invested_fraction"),
    ):
        with pytest.warns(StrategyWarning, match=told):
            load_strategy(path, [change])
        with pytest.warns(StrategyWarning, match=told):
            own.change(change)


CALLED = """
name = "Best of the CSI 500, monthly"
name_zh = "中证500月度精选"
capital_yuan = 1_000_000
benchmark = "000905.SH"
universe = { kind = "index", index = "000905.SH" }
hedge = { product = "IC" }
rebalance = { every = "month" }
selector = { n = 5 }
factors = [{ factor = { kind = "size" } }]
"""
TO_300 = ("benchmark='000300.SH'", "universe.index='000300.SH'", "hedge.product='IF'")


def test_codes_and_keys_are_known_by_what_a_text_calls_them(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(CALLED, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_strategy(path, TO_300[:2])  # the contracts are still those of the CSI 500
        names = ("name='Best of the CSI 300, monthly'", "name_zh='沪深300月度精选'")
        load_strategy(path, [*TO_300, *names])
    for changes, told in (
        (TO_300, "name of the strategy says 'CSI 500', but .* was changed to (000300.SH|IF)"),
        (TO_300, "name_zh of the strategy says '中证500', but .* was changed to (000300.SH|IF)"),
        (["rebalance.every='week'"], "says 'monthly', but rebalance.every was changed to week"),
        (["rebalance.every='week'"], "says '月度', but rebalance.every was changed to week"),
    ):
        with pytest.warns(StrategyWarning, match=told):
            load_strategy(path, changes)


def test_a_factor_of_the_users_own_is_not_called_published() -> None:
    result = sample_result()
    secret = FactorTerm.model_validate({"factor": {"kind": "mine:Secret"}})
    factors = [secret, *result.strategy.factors[1:]]
    own_too = result.changed(strategy=result.strategy.model_copy(update={"factors": factors}))
    for language, ours, theirs in (
        ("en", "are published", "user's own"),
        ("zh", "均为公开", "自有"),
    ):
        for run, own in ((result, False), (own_too, True)):
            writer = Writer(run, language)
            facts, holds = question_facts(writer)
            asked = [one for group in catalogue(language).values() if isinstance(group, list)
                     for one in group if one.get("id") == 30]  # fmt: skip
            said = " ".join(chosen(asked[0]["say"], facts, holds))
            assert (theirs in said) == own
            assert ("Secret" in said) == own
            assert own or ours in said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_rate_a_year_and_a_sum_are_told_apart_on_the_cover(language: str) -> None:
    card = next(
        one for one in cards(Writer(sample_result(), language)) if one.key.startswith("paid")
    )
    assert card.name == words(language)["cost_card"]["name"]
    assert ("Annualised" if language == "en" else "年化") in card.name
    assert ("over the period" if language == "en" else "合计") in card.below[0]


def test_ticks_show_the_digits_that_they_need() -> None:
    assert tick_labels([0.0, 0.25, 0.5], ".3~f") == ["0.00", "0.25", "0.50"]
    assert tick_labels([0.0, 1.0], ".3~f") == ["0", "1"]
    assert tick_labels([-0.025, 0.05], ".2~%") == ["-2.5%", "5.0%"]
    assert tick_labels([0.5, 2500.0], ",.3~f") == ["0.5", "2,500.0"]
    assert tick_labels([1 / 3], ".2~f") == ["0.33"]


def test_every_tick_of_every_figure_is_labelled_with_its_value() -> None:
    figures = [
        block.spec
        for chapter in build_chapters(Writer(sample_result(), "en"))
        for block in chapter.blocks
        if hasattr(block, "spec")
    ]
    assert len(figures) > 12
    seen = 0
    for spec in figures:
        figure = draw(spec)
        figure.canvas.draw()
        for axes in figure.axes:
            for axis, side in (("x", axes.xaxis), ("y", axes.yaxis)):
                for place, label in zip(
                    side.get_majorticklocs(), side.get_majorticklabels(), strict=True
                ):
                    text = label.get_text().replace(",", "")
                    number = text.rstrip("%").lstrip("+-")
                    if not number.replace(".", "", 1).isdigit() or _dated(spec, axis):
                        continue
                    value = float(text.rstrip("%")) / (100.0 if "%" in text else 1.0)
                    assert np.isclose(value, place, atol=1e-9), (text, place)
                    seen += 1
    assert seen > 60


def _dated(spec, axis: str) -> bool:
    return axis == "x" and (
        spec["layout"].get("xaxis", {}).get("type") == "date"
        or "tickvals" in spec["layout"].get("xaxis", {})
        or any(trace["type"] == "bar" for trace in spec["data"])
    )
