"""The chapter that sets the fund beside variants and products needs no option of the report."""

from functools import cache

import pytest

from quanthedge.report.chapters.comparison import comparison
from quanthedge.report.writer import Writer
from quanthedge.result import Result
from quanthedge.run import backtest
from tests.sample import END, START, sample_market, small_strategy


@cache
def run() -> Result:
    return backtest(small_strategy(), sample_market(), START, END, variants=("all",))


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ("Long only", "Levered 1.5 times", "Index against futures", "Huabao Quant Hedge")),
        ("zh", ("仅多头", "加杠杆 1.5 倍", "指数成份股对期货（期现）", "华宝量化对冲（公开数字）")),
    ],
)
def test_variants_and_products_stand_in_table_figure_and_notes(language: str, names) -> None:
    figure, table, notes = comparison(Writer(run(), language))
    titles = [row[0].text for row in table.rows]
    assert set(names) <= set(titles)
    assert set(names[:3]) <= {trace["name"] for trace in figure.spec["data"]}
    said = " ".join(notes.items)
    assert all(name in said for name in names)
    assert "000300" not in said


def test_the_row_of_a_variant_is_its_ledger_s() -> None:
    _, table, _ = comparison(Writer(run(), "en"))
    row = next(row for row in table.rows if row[0].text == "Long only")
    ledger = run().variants["long_only"].ledger
    assert row[1].value == pytest.approx(ledger["equity"].iloc[-1] / ledger["equity"].iloc[0] - 1)
