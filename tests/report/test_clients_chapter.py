"""The chapter on investors prints what the register says, in both languages and all formats."""

from datetime import date

import pypdfium2 as pdfium
import pytest

from quanthedge.fund import Clients, Flow
from quanthedge.fund.statement import investor_statement
from quanthedge.report.document import build_document
from quanthedge.report.pdf import render_pdf
from quanthedge.run import backtest
from tests.sample import END, START, sample_market, small_strategy


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("method", ["whole_fund", "series", "equalisation"])
def test_statements_stand_in_the_report(language: str, method: str) -> None:
    flows = (
        Flow(date=date(2014, 11, 10), investor="Client B", subscribe_yuan=2e7),
        Flow(date=date(2015, 2, 10), investor="Client B", redeem_fraction=0.5),
    )
    strategy = small_strategy().model_copy(update={"clients": Clients(method=method, flows=flows)})
    result = backtest(strategy, sample_market(), START, END)
    document = build_document(result, language)
    chapter = next(c for c in document.chapters if c.id == "investors")
    tables = {block.id: block for block in chapter.blocks}
    assert list(tables) == [
        "table-statements", "table-lots-held", "table-fairness", "table-fund-events",
    ]  # fmt: skip
    own = investor_statement(result, "Client B")
    row = next(row for row in tables["table-statements"].rows if row[0].text == "Client B")
    assert row[1].value == own.paid_in
    assert row[3].value == own.value_today
    assert row[7].text == f"{own.money_weighted:.2%}"
    text = "".join(
        p.get_textpage().get_text_range() for p in pdfium.PdfDocument(render_pdf(document))
    )
    assert f"{own.value_today:,.0f}" in text
