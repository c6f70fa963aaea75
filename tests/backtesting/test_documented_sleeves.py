"""The sleeve of one's own of docs/sleeves.md runs as it stands there, and so do those we ship."""

import re
from pathlib import Path

import numpy as np
import pytest

import quanthedge as qh

ROOT = Path(__file__).parents[2]
SPAN = ("2014-09-17", "2015-03-31")
ALONE = ("cash_and_carry", "calendar_spread", "industry_pairs")


def block(language: str) -> str:
    page = (ROOT / "docs" / "sleeves.md").read_text(encoding="utf-8")
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return found


@pytest.fixture(scope="module")
def own_run(tmp_path_factory: pytest.TempPathFactory) -> qh.Result:
    folder = tmp_path_factory.mktemp("own")
    (folder / "my_sleeves.py").write_text(block("python"), encoding="utf-8")
    file = folder / "mine.toml"
    file.write_text(f'name = "mine"\ninvested_fraction = 0.0\n\n{block("toml")}', encoding="utf-8")
    return qh.backtest(qh.load_strategy(file), qh.sample_market(), *SPAN)


def test_the_documented_sleeve_holds_what_its_page_says(own_run: qh.Result) -> None:
    panel = qh.spread_panel(qh.sample_market(), "IF").set_index("date")
    days = own_run.sleeves[own_run.sleeves["sleeve"] == "steep"].set_index("date")
    assert (days["margin_required"] > 0).any()
    assert (days["margin_required"] == 0).any()
    bought = own_run.trades["side"].astype(str) == "buy"
    signed = own_run.trades["quantity"].where(bought, -own_run.trades["quantity"])
    assert (signed.groupby(own_run.trades["date"]).sum() == 0).all()  # as many of both legs
    held = days["margin_required"] > 0
    steep = (panel["carry"] > 0.03).reindex(days.index, fill_value=False)
    assert held.iloc[1:].tolist() == steep.iloc[:-1].tolist()  # decided at one close, done the next


def test_the_documented_sleeve_adds_up(own_run: qh.Result) -> None:
    bridge = qh.sleeve_bridge(own_run, "whole").iloc[0]
    assert bridge["steep"] != 0.0
    assert abs(bridge["residual"]) < 1e-4


@pytest.mark.parametrize("name", ALONE)
def test_a_shipped_strategy_of_one_sleeve_fits_into_its_money(name: str) -> None:
    strategy = qh.load_strategy(name)
    result = qh.backtest(strategy, qh.sample_market(), *SPAN)
    ledger = result.ledger.iloc[1:]
    assert strategy.invested_fraction == 0
    assert strategy.description
    assert strategy.description_zh
    assert (ledger["stock_cash"] > -1e-6).all()
    assert not result.refusals["reason"].isin(["cash", "margin"]).any()
    assert not result.trades["reason"].isin(["cash_cut", "margin_cut"]).any()
    sleeve = result.sleeves[result.sleeves["sleeve"] == strategy.sleeves[0].label]
    most = (sleeve["stock_value"] + sleeve["margin_required"]).max()
    assert most <= strategy.sleeves[0].budget * ledger["equity"].max() * 1.05


def test_the_fund_of_three_sleeves_stands_beside_its_stocks_alone() -> None:
    strategy = qh.load_strategy("multi_sleeve", ["selector.n=30"])
    result = qh.backtest(strategy, qh.sample_market(), *SPAN)
    alone = result.variants["stocks_alone"].ledger
    assert [*dict.fromkeys(result.sleeves["sleeve"])] == ["stocks", "carry", "calendar"]
    stocks = result.sleeves[result.sleeves["sleeve"] == "stocks"].set_index("date")
    np.testing.assert_allclose(
        stocks["stock_value"].iloc[0], alone["stock_value"].iloc[1], rtol=1e-9
    )
    assert not result.refusals["reason"].isin(["cash", "margin"]).any()
