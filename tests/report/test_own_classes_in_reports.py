"""Reports call a user's own classes by their names and say that they are his own."""

import pytest

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.factors import CATALOGUE, factor_name
from quanthedge.strategy import load_strategy
from tests.kinds.own_strategies import OWN, folder_with
from tests.sample import START, sample_market

STYLES = "risk.styles={calm={kind='my_parts:AbnormalTurnover', name_zh='异常换手'}}"
TOLD = {
    "zh": (
        "abnormal turnover（自有因子）", "折半贝塔（自有估计方法）", "Correlated（自有对冲比例）",
        "AfterMoves（自有调仓规则）", "异常换手（自有因子）",
    ),
    "en": (
        "abnormal turnover (own factor)", "half-way beta (own estimator)",
        "Correlated (own hedge ratio)", "AfterMoves (own policy)",
        "Abnormal turnover (own factor)",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    place = tmp_path_factory.mktemp("own")
    strategy = load_strategy(folder_with(place / "s"), [*OWN, STYLES])
    backtest(strategy, sample_market(), START, "2015-02-27").to_parquet(place / "run")
    return Result.open(place / "run")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_of_an_opened_folder_names_own_classes(opened, language, tmp_path):
    page = opened.report(tmp_path / "page.html", language).read_text(encoding="utf-8")
    for text in TOLD[language]:
        assert text in page
    assert "my_parts:HalfWay" in page  # the note on kept code
    assert factor_name("earnings_yield", language) in page


def test_the_texts_of_the_report_hold_no_names_of_factors():
    from quanthedge.report.texts import words

    for language in ("en", "zh"):
        assert "factors" not in words(language)
        assert factor_name("size", language) == CATALOGUE.entries["size"][language]
