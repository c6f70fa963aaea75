"""Statements of periods and for everybody: the money adds up, months chain, nothing is invented."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from quanthedge.cli.app import app
from quanthedge.errors import DataError
from quanthedge.performance import investor_statement
from quanthedge.report.accounts import Account, read_accounts
from quanthedge.report.letters import active_investors, mail_merge
from quanthedge.report.statement import build_statement, statement_text
from tests.report.test_statement import NAMES, all_texts, result

MONTHS = [f"{month}" for month in pd.period_range("2014-09", "2015-07", freq="M")]
BOUGHT = ["founder", "subscription"]


def months_of_run() -> list[str]:
    days = result().ledger.index[1:]
    return [one for one in MONTHS if one in set(days.strftime("%Y-%m"))]


@pytest.mark.parametrize("name", NAMES.values())
def test_months_follow_one_another_and_add_up_to_the_whole(name: str) -> None:
    whole = investor_statement(result(), name)
    parts = [investor_statement(result(), name, month).movement for month in months_of_run()]
    closing = 0.0
    for one in parts:
        assert one.opening == pytest.approx(closing, abs=0.005)
        change = one.subscribed - one.redeemed - one.distributed + one.result
        fees = one.performance_fees + one.door_fees
        assert one.closing == pytest.approx(one.opening + change - fees, abs=0.005)
        closing = one.closing
    assert closing == pytest.approx(whole.value_today, abs=0.005)
    assert sum(one.subscribed for one in parts) == pytest.approx(whole.paid_in)
    paid_out = sum(one.redeemed + one.distributed for one in parts)
    assert paid_out == pytest.approx(whole.paid_out)
    assert sum(one.gain for one in parts) == pytest.approx(whole.gain, abs=0.01)
    chained = np.prod(
        [1 + one.time_weighted for one in parts if one.time_weighted == one.time_weighted]
    )
    assert chained - 1 == pytest.approx(whole.time_weighted, abs=1e-9)


def test_what_was_paid_in_a_period_is_what_the_register_says() -> None:
    run = result()
    own = run.investors[run.investors["investor"] == NAMES["B"]]
    inside = own[own["date"].between("2015-01-01", "2015-03-31")]
    moved = investor_statement(run, NAMES["B"], "2015Q1").movement
    assert moved.subscribed == inside.loc[inside["event"].isin(BOUGHT), "cash_yuan"].sum() > 0
    assert moved.redeemed == -inside.loc[inside["event"] == "redemption", "cash_yuan"].sum() > 0
    before = run.investor_values[run.investor_values["investor"] == NAMES["B"]]
    december = before.loc[before["date"] == "2014-12-31", "after_yuan"].sum()
    assert moved.opening == pytest.approx(december)


def test_the_units_held_at_the_end_are_those_that_were_given_and_taken() -> None:
    run = result()
    one = investor_statement(run, NAMES["B"], "2015Q1")
    own = run.investors[run.investors["investor"] == NAMES["B"]]
    moves = own[(own["date"] <= one.date) & ~own["event"].isin(["refused", "deferred"])]
    left = moves.groupby("share_class")["units"].sum()
    held = one.holdings.set_index("share_class")["units"]
    pd.testing.assert_series_equal(
        held, left[left > 0.005].reindex(held.index), check_names=False, atol=0.01
    )
    assert one.holdings["value"].sum() == pytest.approx(one.value_today, abs=0.02)
    assert not len(one.lots)


def test_each_return_says_whether_it_is_annualised() -> None:
    for language, said in (("zh", "年化"), ("en", "annualised")):
        document = build_statement(result(), NAMES["B"], language, "2015Q1")
        table = next(b for b in document.chapters[0].blocks if b.id == "table-returns")
        assert len(table.rows) == 3
        assert all(said in row[1].text for row in table.rows)
        text = statement_text(document)
        assert table.rows[0][2].text in text


def test_who_had_nothing_in_a_period_gets_no_letter() -> None:
    everybody = list(NAMES.values())
    found = active_investors(result(), everybody, "2014-09")
    assert NAMES["B"] not in found
    assert NAMES["founder"] in found
    with pytest.raises(DataError, match="held nothing and dealt nothing in 2014-09"):
        build_statement(result(), NAMES["B"], "zh", "2014-09")
    with pytest.raises(DataError, match="period 2013: no trading day of this run, which goes from"):
        build_statement(result(), NAMES["B"], "zh", "2013")


def accounts_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "accounts.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_the_clients_own_data_are_printed_where_given_and_never_invented(tmp_path: Path) -> None:
    text = f"投资者,姓名,账号,地址\n{NAMES['B']},张三,8800-0012,上海市世纪大道 1 号\n"
    known = read_accounts(accounts_file(tmp_path, text, "gb18030"), NAMES.values())
    assert known == {NAMES["B"]: Account("张三", "8800-0012", "上海市世纪大道 1 号")}
    document = build_statement(result(), NAMES["B"], "zh", None, known[NAMES["B"]])
    assert document.name == "张三"
    assert document.facts[:2] == ["基金账号 8800-0012", "地址 上海市世纪大道 1 号"]
    other = build_statement(result(), NAMES["A"], "zh", None, known.get(NAMES["A"]))
    assert other.name == NAMES["A"]
    assert "基金账号" not in all_texts(other)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("investor,salary\nx,1\n", "column 'salary' is not known; accepted: investor, name"),
        ("name\nx\n", "needs one column investor"),
        ("investor,name,姓名\nx,1,2\n", "needs one column investor, and each other once"),
        ("investor\nNobody\n", "line 2: no investor 'Nobody' in this run; known: Founder House"),
        ("investor\nAmber Trust\nAmber Trust\n", "line 3: 'Amber Trust' comes twice"),
    ],
)
def test_accounts_that_cannot_be_meant_are_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_accounts(accounts_file(tmp_path, text), list(NAMES.values()))


def test_the_list_for_mail_merge_has_the_figures_of_the_letters() -> None:
    files = {NAMES["A"]: [Path("a.pdf")], NAMES["B"]: [Path("b.html"), Path("b.pdf")]}
    accounts = {NAMES["B"]: Account(name="B. Trust", account="0012")}
    text = mail_merge(result(), files, "en", "2015Q1", accounts)
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text[1:])))
    assert [row["Investor"] for row in rows] == [NAMES["A"], NAMES["B"]]
    cards = {
        c.key: c.cell.text for c in build_statement(result(), NAMES["B"], "en", "2015Q1").cards
    }
    assert rows[1]["Closing value"] == cards["closing"]
    assert rows[1]["Return of the period (not annualised)"] == cards["return_of_period"]
    assert (rows[1]["Name"], rows[1]["Account no."], rows[0]["Name"]) == ("B. Trust", "0012", "")
    assert rows[1]["Statement files"] == "b.html; b.pdf"
    assert rows[1]["To"] == "31 March 2015"


def test_one_command_writes_everybodys_letters_and_their_list(tmp_path: Path) -> None:
    folder, letters = result().to_parquet(tmp_path / "run"), tmp_path / "letters"
    options = ["--all", "--period", "2015Q1", "--format", "json", "--language", "zh,en"]
    done = CliRunner().invoke(app, ["statement", str(folder), *options, "--out", str(letters)])
    assert done.exit_code == 0, done.output
    written = sorted(path.name for path in letters.iterdir())
    assert len([one for one in written if one.endswith("_2015Q1_zh.json")]) == len(NAMES)
    assert len([one for one in written if one.endswith("_2015Q1_en.json")]) == len(NAMES)
    assert {"statements_2015Q1_zh.csv", "statements_2015Q1_en.csv"} <= set(written)
    for wrong, said in (
        ([], "the name of one investor, or --all"),
        ([NAMES["A"], "--all"], "the name of one investor, or --all"),
        (["--all", "--period", "2015Q9"], "period '2015Q9' is not known; accepted"),
    ):
        refused = CliRunner().invoke(app, ["statement", str(folder), *wrong])
        assert refused.exit_code != 0
        assert said in refused.output + str(refused.exception)


def test_a_letter_is_chinese_unless_somebody_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = result().to_parquet(tmp_path / "run")
    monkeypatch.delenv("QUANTHEDGE_LANGUAGE", raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    shown = CliRunner().invoke(app, ["statement", str(folder), NAMES["A"]])
    assert "投资者对账单" in shown.output
    monkeypatch.setenv("QUANTHEDGE_LANGUAGE", "en")
    shown = CliRunner().invoke(app, ["statement", str(folder), NAMES["A"]])
    assert "Investor statement" in shown.output
