"""An investor's statement: right figures, his own data only, one language, every format."""

import csv
import json
import re
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

import quanthedge as qh
from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.cli.app import app
from quanthedge.errors import DataError
from quanthedge.performance.statement import investor_statement
from quanthedge.report.blocks import Document, Lines, Table
from quanthedge.report.letters import mail_merge
from quanthedge.report.statement import build_statement, statement_text, write_statements
from quanthedge.strategy import Strategy
from quanthedge.typing import Language
from tests.fund.test_fund_run import METHODS
from tests.fund.test_statement import EVERYTHING
from tests.sample import END, START, sample_market, small_strategy
from tests.sleeves.busy import SPAN, busy

NAMES = {"founder": "Founder House", "A": "Amber Trust", "B": "Beryl Trust", "D": "Dolomite Trust"}


@cache
def result(method: str = "lot_units") -> Result:
    """A run with two classes, tiers, gates and a dividend; everybody under a telling name."""
    plain = EVERYTHING.model_dump() | {"method": method}
    plain["founders"] = {NAMES[one]: part for one, part in plain["founders"].items()}
    plain["flows"] = [one | {"investor": NAMES[one["investor"]]} for one in plain["flows"]]
    plain["distributions"] = [
        one | {"reinvesting": [NAMES[name] for name in one["reinvesting"]]}
        for one in plain["distributions"]
    ]
    strategy = small_strategy().model_dump() | {"clients": plain}
    hurdle = {"rate": 0.03}
    strategy["fund"] |= {"hurdle": hurdle, "service_fee_per_year": 0.008}
    return backtest(Strategy.model_validate(strategy), sample_market(), START, END)


def all_texts(document: Document) -> str:
    found = [document.description, *document.facts, *document.verdict, document.words["document"]]
    found += [text for card in document.cards for text in (card.name, card.cell.text, *card.below)]
    for chapter in document.chapters:
        found.append(chapter.title)
        for block in chapter.blocks:
            found += [block.title, block.caption]
            if isinstance(block, Lines):
                found += block.items
            elif isinstance(block, Table):
                found += [*block.head, *(cell.text for row in block.rows for cell in row)]
            else:
                found += [trace["name"] for trace in block.spec["data"]]
    return "\n".join(found)


@pytest.mark.parametrize("method", METHODS)
def test_it_is_written_in_one_language_and_of_one_investor(method: str) -> None:
    foreign = {"zh": r"[A-Za-z]{2,}", "en": r"[\u3000-\u9fff\uff00-\uffef]"}
    for name, language in ((NAMES["A"], "zh"), (NAMES["B"], "en")):
        said = all_texts(build_statement(result(method), name, language))
        assert not re.findall(foreign[language], said)
        for other in set(NAMES.values()) - {name}:
            assert other not in said


def test_the_key_figures_are_those_of_the_register() -> None:
    one = investor_statement(result(), NAMES["B"])
    document = build_statement(result(), NAMES["B"], "en")
    cards = {card.key: card.cell for card in document.cards}
    assert cards["value_today"].value == one.value_today
    assert cards["gain"].text == f"{one.gain:,.2f}"
    figure = document.chapters[4].blocks[0].spec["data"]
    assert figure[0]["y"][-1] == pytest.approx(one.value_today / 1000, abs=1e-3)
    assert figure[1]["y"][-1] == pytest.approx((one.paid_in - one.paid_out) / 1000, abs=1e-3)


NUMBER = r"([\d,]+\.\d+)"


@pytest.mark.parametrize("method", METHODS)
def test_every_fee_is_explained_by_figures_that_give_it(method: str) -> None:
    """Units x (value - threshold) x rate, as printed, is the fee as printed."""
    pattern = re.compile(
        rf"(?:performance fee of|was charged) {NUMBER} yuan(?! on redemption| from).*?: {NUMBER} "
        rf"units of class ., NAV per unit {NUMBER}, high-water mark {NUMBER}, threshold {NUMBER}"
    )
    checked = 0
    for name in NAMES.values():
        document = build_statement(result(method), name, "en")
        lines = next(b for b in document.chapters[3].blocks if b.id == "text-fees-explained")
        one = investor_statement(result(method), name)
        charged = (one.events[["performance_fee_yuan", "entry_or_exit_fee_yuan"]] > 0).sum().sum()
        through = [line for line in lines.items if "whole fund was charged" in line]
        assert len(lines.items) - len(through) == max(charged, 0 if through else min(1, charged))
        for line in lines.items:
            found = pattern.search(line)
            if found is None:
                continue
            fee, units, value, _, threshold = (float(n.replace(",", "")) for n in found.groups())
            # printed: the value with four decimals (series and gross values have six), the
            # threshold with six
            exact = method in ("whole_fund", "whole_fund_and_redemption", "lot_units", "investor")
            near = units * 0.25 * (1e-6 if exact else 5.1e-5 + 1e-6) + 0.02
            assert fee == pytest.approx(0.25 * units * (value - threshold), abs=near)
            checked += 1
    assert checked >= 4


def test_every_format_is_written_and_names_nobody_else(tmp_path: Path) -> None:
    import pypdfium2 as pdfium
    from openpyxl import load_workbook

    name = NAMES["B"]
    paths = list(write_statements(result(), name, tmp_path, ["html", "pdf", "xlsx", "json"], "zh"))
    names = [re.fullmatch(r"(statement_Beryl_Trust-[0-9a-f]{10})_zh\.(\w+)", p.name) for p in paths]
    assert [found[2] for found in names] == ["html", "pdf", "xlsx", "json"]
    assert len({found[1] for found in names}) == 1
    value = f"{investor_statement(result(), name).value_today:,.2f}"
    pages = [page.get_textpage().get_text_range() for page in pdfium.PdfDocument(paths[1])]
    book = load_workbook(paths[2])
    cells = [
        str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value
    ]
    numbers = json.loads(paths[3].read_text(encoding="utf-8"))
    assert numbers["cards"]["value_today"]["text"] == value
    texts = [paths[0].read_text(encoding="utf-8"), "".join(pages), "\n".join(cells)]
    texts.append(paths[3].read_text(encoding="utf-8"))
    assert value in texts[0]
    assert value in texts[1]
    for text in texts:
        assert name in text
        assert not [other for other in set(NAMES.values()) - {name} if other in text]
    path = qh.statement_report(result(), name, tmp_path / "own.pdf", language="en")
    assert path.read_bytes().startswith(b"%PDF")


def test_the_command_prints_and_writes(tmp_path: Path) -> None:
    folder = result().to_parquet(tmp_path / "run")
    shown = CliRunner().invoke(app, ["statement", str(folder), NAMES["A"], "--language", "zh"])
    assert shown.exit_code == 0
    assert "投资者对账单" in shown.output
    assert "Wrote" not in shown.output
    options = ["--format", "json,html", "--out", str(tmp_path / "letters"), "--language", "en"]
    written = CliRunner().invoke(app, ["statement", str(folder), NAMES["A"], *options])
    assert written.exit_code == 0
    names = sorted(path.name for path in (tmp_path / "letters").iterdir())
    stems = {name.rsplit("_en.", 1)[0] for name in names}
    assert len(stems) == 1
    assert re.fullmatch(r"statement_Amber_Trust-[0-9a-f]{10}", stems.pop())
    assert [name.rsplit(".", 1)[1] for name in names] == ["html", "json"]


def test_what_is_not_accepted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="accepted: html, pdf, xlsx, json"):
        list(write_statements(result(), NAMES["A"], tmp_path, ["doc"]))
    with pytest.raises(DataError, match=r"accepted: \.html, \.pdf"):
        qh.statement_report(result(), NAMES["A"], tmp_path / "letter.doc")
    with pytest.raises(DataError, match="accepted: zh, en"):
        build_statement(result(), NAMES["A"], "fr")
    with pytest.raises(DataError, match="known: Founder House"):
        build_statement(result(), "Nobody", "en")


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("zh", ["股票与对冲", "期现套利", "跨期套利"]),
        ("en", ["Stocks and hedge", "carry", "calendar"]),
    ],
)
def test_a_fund_s_sleeves_stand_in_the_statement_and_add_up(
    language: Language, names: list[str]
) -> None:
    flows = [{"date": "2014-11-10", "investor": "B", "subscribe_yuan": 2e7}]
    run = backtest(busy(clients={"flows": flows}), qh.sample_market(), *SPAN)
    one = investor_statement(run, "B", "2015-02")
    document = build_statement(run, "B", language, "2015-02")
    (table,) = [b for c in document.chapters for b in c.blocks if b.id == "table-sleeve-lines"]
    assert [row[0].text for row in table.rows][:3] == names
    assert table.caption
    yuan = [row[1].value for row in table.rows]
    assert sum(yuan[:-1]) == pytest.approx(yuan[-1], abs=0.005)
    assert yuan[-1] == one.movement.result
    assert names[1] in statement_text(document)
    merged = mail_merge(run, {"B": []}, language, "2015-02").splitlines()
    assert all(name in merged[0] for name in names)
    assert len(next(csv.reader(merged[:1]))) == len(next(csv.reader(merged[1:2])))
