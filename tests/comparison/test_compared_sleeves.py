"""Sleeves of several runs side by side: what each brought a year, and what it tied up."""

from functools import cache

import numpy as np
import pytest
from typer.testing import CliRunner

import quanthedge as qh
from quanthedge.cli.app import app
from quanthedge.comparison import Comparison, Products
from quanthedge.report.document import build_document
from tests.sleeves.busy import LABELS, SPAN, busy


@cache
def run() -> qh.Result:
    return qh.backtest(busy(), qh.sample_market(), *SPAN)


@cache
def alone() -> qh.Result:
    strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    return qh.backtest(strategy, qh.sample_market(), *SPAN)


@cache
def compared() -> Comparison:
    return qh.compare_funds(run(), Products.own(run(), "en") | {"plain": alone()})


def test_each_sleeve_has_a_line_that_is_its_days_over_the_fund_s_money() -> None:
    lines = compared().sleeves.set_index(["product", "sleeve"]).loc["fund"]
    assert list(lines.index) == LABELS
    equity = run().ledger["equity"].tolist()
    for label in LABELS:
        days = run().sleeves[run().sleeves["sleeve"] == label].to_dict("records")
        earned = [
            (one["stock_pnl"] + one["dividends"] + one["futures_pnl"] - one["costs"]) / before
            for one, before in zip(days, equity, strict=False)
        ]
        paid = [-one["interest"] / before for one, before in zip(days, equity, strict=False)]
        tied = [
            (one["stock_value"] + one["margin_required"]) / now
            for one, now in zip(days, equity[1:], strict=True)
        ]
        assert lines["contribution"][label] == pytest.approx(243 * np.mean(earned), rel=1e-12)
        assert lines["financing"][label] == pytest.approx(243 * np.mean(paid), rel=1e-9)
        assert lines["capital"][label] == pytest.approx(np.mean(tied), rel=1e-12)
        assert lines["days"][label] == sum(one > 0 for one in tied)


def test_the_variant_without_sleeves_has_its_stocks_and_other_runs_nothing() -> None:
    table = compared().sleeves.set_index("product")
    variant = table.loc["Stocks alone (without the sleeves)"]
    assert variant["sleeve"] == "stocks"
    assert variant["name_zh"] == "股票与对冲"
    assert np.isnan(variant["financing"])
    ledger = run().variants["stocks_alone"].ledger
    margin = (ledger["margin_required"] / ledger["equity"]).iloc[1:].mean()
    assert variant["margin"] == pytest.approx(margin)
    assert table.loc["plain", "sleeve"] == ""
    assert table.loc["plain", ["contribution", "margin", "capital"]].isna().all()
    assert compared().table.loc["plain", "return"] != 0.0


def test_runs_without_sleeves_have_no_lines_at_all() -> None:
    found = qh.compare_funds(alone(), {"twin": alone()})
    assert found.sleeves.empty
    assert "sleeve" not in found.text()


def test_report_text_and_card_show_them_in_both_languages() -> None:
    assert "comparison.sleeves" in compared().card().text("en")
    assert "Stocks and hedge" in compared().text("en")
    assert "期现套利" in compared().text("zh")
    for language, names in (("zh", ["股票与对冲", "期现套利", "跨期套利"]),
                            ("en", ["Stocks and hedge", "carry", "calendar"])):  # fmt: skip
        document = build_document(run(), language, others={"plain": alone()})
        blocks = [block for chapter in document.chapters for block in chapter.blocks]
        (table,) = [one for one in blocks if one.id == "table-compared-sleeves"]
        shown = [row[1].text for row in table.rows]
        assert shown == [*names, names[0], "–"]
        assert len(table.rows[0]) == len(table.head)


@pytest.mark.parametrize(("language", "name"), [("zh", "跨期套利"), ("en", "calendar")])
def test_the_command_prints_them(language: str, name: str, tmp_path) -> None:
    folders = [str(tmp_path / one) for one in ("fund", "plain")]
    for folder, one in zip(folders, (run(), alone()), strict=True):
        one.to_parquet(folder)
    told = CliRunner().invoke(app, ["compare", *folders, "--language", language])
    assert told.exit_code == 0, told.output
    assert name in told.output
