"""A run on a market with a table of corporate actions: cash dividends, taxed for a public fund."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quanthedge.backtesting.run import backtest
from quanthedge.errors import StrategyError
from quanthedge.market import Market, write_dataset
from quanthedge.market.schema import TABLES
from tests.sample import SAMPLE, sample_market, small_strategy

WINDOW = ("2014-09-17", "2015-07-31")
TAXED = ["costs.dividend_tax='public_fund'"]
UNTAXED = "costs.dividend_tax='none'"


def dividends(bars: pd.DataFrame) -> pa.Table:
    """Every step of the factor as the cash that explains it, paid a week later."""
    before = bars.groupby("code", observed=True)["close"].shift(1)
    cash = (before - bars["pre_close"]).round(2)
    rows = bars[cash > 0]
    frame = pd.DataFrame(
        {
            "code": rows["code"].astype(str), "ex_date": rows["date"],
            "cash_per_share": cash[cash > 0], "bonus_per_share": 0.0, "rights_per_share": 0.0,
            "rights_price": np.nan, "announce_date": pd.NaT, "record_date": pd.NaT,
            "list_date": pd.NaT,
            "pay_date": pd.to_datetime(rows["date"]) + pd.Timedelta(days=7),
        }
    )  # fmt: skip
    columns = []
    for field in TABLES["corporate_actions"].among(()).arrow:
        values = frame[field.name]
        if pa.types.is_date(field.type):
            columns.append(pa.array(pd.to_datetime(values).dt.date, pa.date32()))
        elif pa.types.is_string(field.type):
            columns.append(pa.array(values.tolist(), pa.string()))
        else:
            columns.append(pa.array(values.to_numpy(np.float64)))
    return pa.table(columns, names=TABLES["corporate_actions"].among(()).arrow.names)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    tables = {path.stem: pq.read_table(path) for path in sorted(SAMPLE.glob("*.parquet"))}
    tables["corporate_actions"] = dividends(tables["stock_daily"].to_pandas())
    target = tmp_path_factory.mktemp("actions") / "market"
    report = write_dataset(target, tables, name="with actions", source="the sample's dividends")
    assert report.ok
    return target


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Market:
    """The sample without its table of corporate actions."""
    tables = {path.stem: pq.read_table(path) for path in sorted(SAMPLE.glob("*.parquet"))}
    del tables["corporate_actions"]
    target = tmp_path_factory.mktemp("bare") / "market"
    write_dataset(target, tables, name="bare", source="the sample")
    return Market.open(target)


@cache
def run(folder: Path, *changes: str):
    return backtest(small_strategy(*changes), Market.open(folder), *WINDOW)


def test_dividends_come_as_cash_and_the_ledger_still_adds_up(folder):
    ledger = run(folder).ledger
    assert ledger["dividends"].sum() > 0.001 * ledger["equity"].iloc[0]
    assert (ledger["dividends_receivable"] > 0).any()
    parts = ledger[["stock_pnl", "dividends", "futures_pnl", "interest"]].sum(axis=1)
    costs = [
        "commission", "stamp_duty", "transfer_fee", "exchange_fee", "futures_fee", "impact",
        "dividend_tax", "management_fee", "custody_fee", "performance_fee",
    ]  # fmt: skip
    parts += ledger["revaluation"].diff() - ledger[costs].sum(axis=1)
    assert (ledger["equity"].diff() - parts).iloc[1:].abs().max() < 1e-9 * ledger["equity"].max()


def test_what_the_holder_gets_is_worth_what_the_factor_says(folder, bare):
    # Reinvested at the ex-date price or kept as cash: over a year the difference is small.
    with_table = run(folder, UNTAXED).ledger["unit_value_gross"].iloc[-1]
    with_factor = backtest(small_strategy(), bare, *WINDOW)
    assert with_table == pytest.approx(with_factor.ledger["unit_value_gross"].iloc[-1], abs=5e-3)


def test_a_public_fund_pays_tax_and_says_so(folder):
    taxed = run(folder, *TAXED)
    paid = taxed.ledger["dividend_tax"].sum()
    gross = taxed.ledger["dividends"].sum()
    assert 0.03 * gross < paid < 0.2 * gross  # 5% is withheld, up to 20% is due at a quick sale
    assert run(folder, UNTAXED).ledger["dividend_tax"].sum() == 0
    known = run(folder).ledger  # the shipped strategy taxes dividends where they are known
    assert known["dividend_tax"].sum() == paid
    kinds = {note["kind"] for note in taxed.notes}
    assert {"dividends_table", "dividend_tax"} <= kinds
    assert "dividend_tax" in set(taxed.rules["table"])


def test_tax_without_known_dividends_is_refused_unless_it_is_asked_for_where_known(bare):
    with pytest.raises(StrategyError, match="has no table corporate_actions"):
        backtest(small_strategy(*TAXED), bare, *WINDOW)
    untaxed = backtest(small_strategy(), bare, *WINDOW)  # the same strategy file runs all the same
    assert untaxed.ledger["dividend_tax"].sum() == 0
    assert "dividends" in {note["kind"] for note in untaxed.notes}


def said(result, kind) -> dict[str, float]:
    """Numbers of a note in both languages, which must agree: dividends and tax in yuan."""
    (one,) = [note for note in result.notes if note["kind"] == kind]
    numbers = [
        sorted(float(x.replace(",", "")) for x in re.findall(r"([\d,]+) (?:yuan|元)", one[code]))
        for code in ("en", "zh")
    ]
    assert numbers[0] == numbers[1]
    assert re.search(r"\d\.\d\d%", one["en"]).group() in one["zh"]
    return dict(zip(("tax", "dividends"), numbers[0], strict=True))


def test_where_only_the_factor_is_known_the_tax_of_a_public_fund_is_estimated(bare):
    estimate = said(backtest(small_strategy(), bare, *WINDOW), "dividend_tax_estimate")
    taxed = backtest(small_strategy(*TAXED), sample_market(), *WINDOW).ledger
    assert estimate["dividends"] == pytest.approx(taxed["dividends"].sum(), rel=0.15)
    assert estimate["tax"] == pytest.approx(taxed["dividend_tax"].sum(), rel=0.15)


def test_a_private_fund_pays_nothing_and_says_what_a_public_fund_would_have_paid():
    private = backtest(small_strategy(UNTAXED), sample_market(), *WINDOW)
    taxed = backtest(small_strategy(*TAXED), sample_market(), *WINDOW)
    assert private.ledger["dividend_tax"].sum() == 0
    told = said(private, "dividend_tax_none")
    assert told["tax"] == pytest.approx(taxed.ledger["dividend_tax"].sum(), rel=0.02)
    assert "dividend_tax_none" not in {note["kind"] for note in taxed.notes}
