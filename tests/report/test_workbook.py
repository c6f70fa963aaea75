"""The workbook: LibreOffice works out its formulas anew; its sheets hold the record of the run."""

import io
import re
import shutil
import subprocess
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.fund import Clients
from quanthedge.fund.clients import Flow
from quanthedge.performance import levels
from quanthedge.report.document import build_document
from quanthedge.report.texts import words
from quanthedge.report.workbook import render_workbook
from tests.performance.random_run import random_run
from tests.sample import END, START, sample_market, small_strategy

if TYPE_CHECKING:
    import openpyxl

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


@cache
def result() -> Result:
    flow = Flow(date=date(2014, 11, 10), investor="Client B", subscribe_yuan=2e7)
    strategy = small_strategy().model_copy(update={"clients": Clients(flows=(flow,))})
    return backtest(strategy, sample_market(), START, END)


@cache
def content() -> bytes:
    return render_workbook(build_document(result(), "en"), result())


def opened(pages: bytes, **options: bool) -> "openpyxl.Workbook":
    import openpyxl

    return openpyxl.load_workbook(io.BytesIO(pages), **options)


@pytest.mark.skipif(OFFICE is None, reason="no LibreOffice on this machine (Debian: libreoffice)")
def test_libreoffice_works_every_formula_out_to_the_figure_of_the_run(tmp_path) -> None:
    stated, bare = opened(content(), data_only=True), opened(content())
    bare.save(tmp_path / "bare.xlsx")  # without the values that were written beside the formulas
    kept = opened((tmp_path / "bare.xlsx").read_bytes(), data_only=True)
    subprocess.run(
        [str(OFFICE), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
         "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "out"),
         str(tmp_path / "bare.xlsx")],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    found = opened((tmp_path / "out" / "bare.xlsx").read_bytes(), data_only=True)
    count = 0
    for sheet in bare.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.startswith("="):
                    assert kept[sheet.title][cell.coordinate].value is None
                    figure = stated[sheet.title][cell.coordinate].value
                    worked_out = found[sheet.title][cell.coordinate].value
                    where = (sheet.title, cell.coordinate, cell.value)
                    assert worked_out == pytest.approx(figure, rel=1e-9, abs=1e-9), where
                    count += 1
    assert count > 5 * 200  # five columns of the days, two of the weeks, the sums


def test_trades_are_those_of_the_run_with_days_as_days() -> None:
    sheet, trades = opened(content())["Trades"], result().trades
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == [day.to_pydatetime() for day in trades["date"]]
    assert [row[1] for row in rows] == trades["code"].tolist()
    assert [row[2] for row in rows] == trades["side"].tolist()
    assert [row[5] for row in rows] == trades["amount"].tolist()
    assert sheet["A2"].number_format == "yyyy-mm-dd"


def test_positions_are_those_of_the_last_recorded_day_of_each_month() -> None:
    sheet = opened(content())["Month-end positions"]
    head, *rows = sheet.iter_rows(values_only=True)
    table = pd.DataFrame(rows, columns=list(head))
    shown = table.groupby("Date")["Value"].sum()
    by_day = result().positions.groupby("date")["value"].sum()
    expected = by_day[~pd.DatetimeIndex(by_day.index).to_period("M").duplicated(keep="last")]
    assert list(shown.index) == list(expected.index)
    assert shown.to_numpy() == pytest.approx(expected.to_numpy())


def test_weeks_chain_to_the_return_of_the_run() -> None:
    head, *rows = opened(content(), data_only=True)["Weekly values"].iter_rows(values_only=True)
    place = {name: k for k, name in enumerate(head)}
    for part, name in (("net", "Net return of the week"), ("index", "Index return of the week")):
        whole = pd.Series([1.0 + row[place[name]] for row in rows[1:]]).prod()
        assert whole == pytest.approx(levels(result().ledger)[part].iloc[-1])
    days = [row[0] for row in rows]
    assert all(isinstance(day, datetime) for day in days)
    calendar = pd.DatetimeIndex(result().ledger.index)
    last = calendar.to_series().groupby(calendar.to_period("W")).max()
    assert days[1:] == [day.to_pydatetime() for day in last if day > calendar[0]]


def test_investors_have_a_sheet_where_there_are_any_and_none_where_not() -> None:
    rows = list(opened(content())["Investors"].iter_rows(min_row=2, values_only=True))
    events = result().investors
    assert [row[4] for row in rows] == events["units"].tolist()
    assert {row[1] for row in rows} >= {words("en")["founder"], "Client B"}
    plain = random_run(40)
    names = opened(render_workbook(build_document(plain, "zh"), plain)).sheetnames
    assert words("zh")["workbook"]["investors"] not in names


def test_no_day_and_no_interval_is_written_as_text() -> None:
    for sheet in opened(content()).worksheets[2:]:
        for row in sheet.iter_rows(min_row=5):
            for cell in row:
                if isinstance(cell.value, str):
                    assert not re.fullmatch(r"\d{4}-\d\d-\d\d|\[-?[\d.]+%?, .*\]", cell.value), cell


def test_the_contents_lead_to_every_sheet() -> None:
    book = opened(content())
    linked = {row[0].hyperlink.location for row in book.worksheets[1].iter_rows(min_row=2)}
    assert linked == {f"'{name}'!A1" for name in book.sheetnames[2:]}
