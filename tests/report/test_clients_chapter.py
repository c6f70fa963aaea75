"""The chapter on investors prints what the register says, in both languages and all formats."""

from datetime import date
from functools import cache

import pytest

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.fund import Clients
from quanthedge.fund.clients import Flow
from quanthedge.performance.statement import investor_statement
from quanthedge.report.document import build_document
from quanthedge.report.pdf import render_pdf
from quanthedge.strategy import load_strategy
from tests.sample import END, ROOT, START, sample_market, small_strategy


@cache
def run(method: str) -> Result:
    flows = (
        Flow(date=date(2014, 11, 10), investor="Client B", subscribe_yuan=2e7),
        Flow(date=date(2015, 2, 10), investor="Client B", redeem_fraction=0.5),
    )
    strategy = small_strategy().model_copy(update={"clients": Clients(method=method, flows=flows)})
    return backtest(strategy, sample_market(), START, END)


@cache
def shipped() -> Result:
    path = ROOT / "strategies" / "fund_with_clients.toml"
    return backtest(load_strategy(path, ["selector.n=30"]), sample_market(), START, END)


@pytest.mark.parametrize(
    ("method", "language"),
    [("whole_fund", "zh"), ("series", "zh"), ("series", "en"), ("equalisation", "en")],
)
def test_statements_stand_in_the_report(method: str, language: str) -> None:
    import pypdfium2 as pdfium

    result = run(method)
    document = build_document(result, language)
    chapter = next(c for c in document.chapters if c.id == "investors")
    tables = {block.id: block for block in chapter.blocks}
    assert list(tables) == [
        "table-statements", "figure-class-values", "table-classes", "table-lots-held",
        "table-fairness", "table-fund-events",
    ]  # fmt: skip
    own = investor_statement(result, "Client B")
    row = next(row for row in tables["table-statements"].rows if row[0].text == "Client B")
    assert row[1].value == own.paid_in
    assert row[3].value == own.value_today
    assert row[7].text == f"{own.money_weighted:.2%}"
    if method != "series":
        return
    text = "".join(
        p.get_textpage().get_text_range() for p in pdfium.PdfDocument(render_pdf(document))
    )
    assert f"{own.value_today:,.0f}" in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_classes_of_the_shipped_strategy_stand_in_the_report(language: str) -> None:
    result = shipped()
    chapter = next(c for c in build_document(result, language).chapters if c.id == "investors")
    blocks = {block.id: block for block in chapter.blocks}
    lines = blocks["figure-class-values"].spec["data"]
    table = result.class_values
    assert len(lines) == 2
    for line, row, name in zip(lines, blocks["table-classes"].rows, "AC", strict=True):
        own = table[table["share_class"] == name]
        assert line["y"] == own["unit_value"].to_list()
        assert row[0].text == name
        assert row[4].value == own["unit_value"].iloc[-1]
    # bought at 1 when class A stood elsewhere, and then the same return less the service fee
    c = table[table["share_class"] == "C"].set_index("date")["unit_value"]
    a = table[table["share_class"] == "A"].set_index("date")["unit_value"].reindex(c.index)
    years = (c.index[-1] - c.index[0]).days / 365
    ratio = (c.iloc[-1] / c.iloc[0]) / (a.iloc[-1] / a.iloc[0])
    assert ratio == pytest.approx(1 - 0.008 * years, abs=3e-4)
    assert blocks["table-fairness"].rows[-1][0].text == "Client C"
