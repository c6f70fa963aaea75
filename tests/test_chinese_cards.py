"""A Chinese card speaks Chinese: a key of a file or a call stands in brackets or not at all."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import quanthedge as qh
from quanthedge.batch import Sweep
from quanthedge.cards import Card
from quanthedge.universe import AllUniverse, LargestUniverse
from tests.sample import ROOT, SAMPLE, sample_market, sample_result, small_strategy

_INSIDE = re.compile(r"（[^（）]*）|\([^()]*\)")  # a key in brackets
_KEPT = {"simulated", "Newey", "West", "attrs", "assumed", "report", "gaps", "result", "notes",
         "Peek"}  # names and calls  # fmt: skip
_WORD = re.compile(r"[A-Za-z][A-Za-z_]{3,}")


def cells(card: Card) -> Iterator[str]:
    """Yield what a card says in Chinese, calls left out."""
    rows = [cell for row in card.figures for cell in row]
    for text in (card.title, *card.facts, *card.heads, *rows):
        yield text if isinstance(text, str) else text["zh"]


def english(card: Card) -> list[str]:
    """Return the English words of a Chinese card that stand outside brackets."""
    told = [_INSIDE.sub("", _INSIDE.sub("", cell)) for cell in cells(card)]
    return [word for cell in told for word in _WORD.findall(cell) if word not in _KEPT]


class Peek(qh.Factor):
    """Tomorrow's close."""

    def exposure(self, market: Any, rows: Any = None) -> Any:
        close = market.panel("close")
        ahead = np.vstack([close[1:], close[-1:]])
        return ahead if rows is None else ahead[rows]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    out = tmp_path_factory.mktemp("cards") / "store"
    sets = ["selector.n=20,30", "hedge.ratio=0.9,1.0"]
    return qh.sweep(small_strategy(), SAMPLE, sets, out=out, start="2015-05-04", end="2015-07-31")


def _evaluation() -> Any:
    universes = {"all": AllUniverse(), "largest 60": LargestUniverse(n=60)}
    return qh.evaluate(["book_yield", "size"], qh.labels(sample_market()), universe=universes)


def _hedges() -> Any:
    book = qh.random_book(sample_market(), n=30, start="2014-09-17", end="2015-06-30")
    return qh.compare_hedges(sample_market(), book)


SHOWN: dict[str, Callable[[], Any]] = {
    "result": sample_result,
    "comparison": lambda: qh.compare_funds(sample_result()),
    "evaluation": _evaluation,
    "audit": lambda: qh.audit(Peek(), sample_market(), dates=1),
    "desk": lambda: qh.basis_desk(sample_market(), "2015-03-04"),
    "stress": lambda: qh.run_stress(small_strategy(), sample_market(), ["2015-04-01"]),
    "hedges": _hedges,
}


STRATEGIES = sorted(  # leveraged_token is a product
    one for one in (ROOT / "strategies").glob("*.toml") if one.stem != "leveraged_token"
)


@pytest.mark.parametrize("path", STRATEGIES, ids=lambda p: p.stem)
def test_a_strategy_shows_its_parts_in_words(path: Path) -> None:
    assert english(qh.load_strategy(path).card()) == []


def test_kinds_stand_in_brackets_once() -> None:
    rows = {str(row[0]["zh"]): row[1] for row in small_strategy().card().figures}  # type: ignore[index]
    said = {name: cell["zh"] for name, cell in rows.items() if not isinstance(cell, str)}
    assert said["选股"] == "综合得分前 30 名，等权（top）"
    assert said["贝塔估计"] == "卡尔曼滤波（时变贝塔，kalman）"
    assert said["调仓"] == "每月（periodic）"
    assert said["对冲"] == "IF，每 5 个交易日复核"
    daily = small_strategy("rebalance.every=7", "universe={kind='index', index='000300.SH'}")
    rows = {str(row[0]["zh"]): row[1] for row in daily.card().figures}  # type: ignore[index]
    assert rows["调仓"]["zh"] == "每 7 个交易日（periodic）"  # type: ignore[index]
    assert rows["股票池"]["zh"] == "000300.SH 成份股（index）"  # type: ignore[index]


def test_a_strategy_with_sleeves_names_them_and_one_without_stocks_no_selection() -> None:
    several = qh.load_strategy(ROOT / "strategies" / "multi_sleeve.toml").card()
    assert "  子策略    期现套利 25%、跨期套利 10%" in several.text("zh").splitlines()
    alone = qh.load_strategy(ROOT / "strategies" / "cash_and_carry.toml").card().text("zh")
    assert "选股" not in alone
    assert "子策略" in alone


@pytest.mark.parametrize("name", SHOWN)
def test_what_shows_itself_shows_chinese_words(name: str) -> None:
    assert english(SHOWN[name]().card()) == []


def test_a_comparison_keeps_the_names_that_a_user_gives() -> None:
    card = qh.compare_funds(sample_result(), {"Fund B": qh.FixedIncome(0.04)}, name="Fund A").card()
    shown = [row[0] if isinstance(row[0], str) else row[0]["zh"] for row in card.figures]
    assert shown == ["Fund A", "基准指数", "活期存款", "Fund B"]


def test_a_sweep_names_what_was_varied_and_its_keys_once(sweep: Sweep) -> None:
    text = sweep.card().text("zh")
    assert "扫描参数：持股数（selector.n）、对冲比例（hedge.ratio）。" in text
    assert "持股数 20，对冲比例 " in text
    assert "夏普比率（费后）" in text
    assert english(sweep.judgement().card()) == []


def test_the_name_of_what_was_audited_is_nobodys_to_translate() -> None:
    named = small_strategy().change(name="size, value", name_zh="甲, 乙")
    report = qh.audit(named, sample_market(), dates=1, start="2015-06-01", end="2015-06-30")
    assert report.card().text("zh").splitlines()[0] == "未来函数检查 策略 甲, 乙：通过"
    assert report.to_text("zh").splitlines()[0] == "未来函数检查：策略 甲, 乙，通过"
    assert report.to_text("en").splitlines()[0].endswith("strategy size, value: passed")
