"""The chapter that sets the fund beside variants and products needs no option of the report."""

import pandas as pd
import pytest

from quanthedge.report.chapters.comparison import comparison
from quanthedge.report.questions import questions
from quanthedge.report.writer import Writer
from tests.sample import sample_result_with_variants


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ("Long only", "Levered 1.5 times", "Index against futures", "Huabao Quant Hedge")),
        ("zh", ("仅多头", "加杠杆 1.5 倍", "指数成份股对期货（期现）", "华宝量化对冲")),
    ],
)
def test_variants_and_products_stand_in_table_figure_and_notes(language: str, names) -> None:
    figure, table, notes = comparison(Writer(sample_result_with_variants(), language))
    titles = [row[0].text for row in table.rows]
    assert set(names) <= set(titles)
    assert set(names[:3]) <= {trace["name"] for trace in figure.spec["data"]}
    said = " ".join(notes.items)
    assert all(name in said for name in names)
    assert "000300" not in said


def test_the_row_of_a_variant_is_its_ledger_s() -> None:
    _, table, _ = comparison(Writer(sample_result_with_variants(), "en"))
    row = next(row for row in table.rows if row[0].text == "Long only")
    ledger = sample_result_with_variants().variants["long_only"].ledger
    value = kept(ledger)
    assert row[1].value == pytest.approx(value.iloc[-1] / value.iloc[0] - 1)


def answer(writer: Writer, number: int) -> str:
    items = [item for block in questions(writer) for item in block.items]
    return next(text for question, text in items if question.startswith(f"{number}. "))


def kept(ledger: pd.DataFrame) -> pd.Series:
    """What the investors of a fund without flows have: net assets less the accrued fee."""
    return ledger["equity"] - ledger["accrued_performance_fee"]


def fall(ledger: pd.DataFrame) -> str:
    value = kept(ledger)
    return f"{(value / value.cummax() - 1).min():.2%}"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_questions_are_answered_with_the_figures_of_variants_and_products(language: str) -> None:
    result = sample_result_with_variants()
    writer = Writer(result, language)
    for number, name in (
        (13, "long_only"),
        (28, "long_only"),
        (14, "levered"),
        (34, "index_hedged"),
    ):
        ledger = result.variants[name].ledger
        gain = f"{kept(ledger).iloc[-1] / kept(ledger).iloc[0] - 1:.2%}"
        text = answer(writer, number)
        assert gain in text, (number, text)
        assert fall(ledger) in text
    interest = f"{result.variants['levered'].ledger['loan_interest'].sum():,.0f}"
    assert interest in answer(writer, 14)
    assert "16.87%" in answer(writer, 15)
    assert "2.61%" in answer(writer, 13)  # 3% for 318 days


def test_limits_are_answered_with_the_figures_of_the_replay() -> None:
    result = sample_result_with_variants()
    limits = result.limits().set_index("limit")
    writer = Writer(result, "en")
    opened = limits.loc[["daily_open"]]
    assert f"at most {opened['nearest'].max():,.0f} lots in a day" in answer(writer, 16)
    degree = limits.loc["risk_degree_call"]
    assert f"{degree['nearest']:.2%} on {degree['date'].day} {degree['date']:%B %Y}" in answer(
        writer, 21
    )


def test_a_product_given_to_the_report_answers_the_question_on_others() -> None:
    result = sample_result_with_variants()
    days = result.ledger.index
    mine = pd.Series([1.0, 1.1, 1.05], index=[days[5], days[100], days[200]])
    text = answer(Writer(result, "en", {"Mine": mine}), 15)
    value = kept(result.ledger)
    assert "On the dates of Mine that product returned 5.00%" in text
    assert f"the fund {value.iloc[200] / value.iloc[5] - 1:.2%}" in text
