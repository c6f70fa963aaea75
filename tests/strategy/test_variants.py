"""Variants of a strategy are what their names say, and are run once beside it."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from quanthedge.backtesting.plan import prepare
from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest, complete
from quanthedge.cli.app import app
from quanthedge.comparison import compare_funds
from quanthedge.errors import DataError, StrategyError
from quanthedge.stages.keyed import forget_stages
from quanthedge.strategy import load_strategy
from quanthedge.strategy.variants import variant_names
from quanthedge.universe import IndexUniverse
from tests.sample import END, NEUTRAL, SAMPLE, START, sample_market, sample_result, small_strategy

ALL = ("long_only", "levered", "index_hedged")


@pytest.fixture(scope="module")
def result() -> Result:
    return backtest(small_strategy(), sample_market(), START, END, variants=("all",))


def assert_same(mine: object, own: object) -> None:
    if isinstance(mine, tuple):
        for one, other in zip(mine, own, strict=True):
            assert_same(one, other)
        return
    np.testing.assert_array_equal(mine, own)


def stocks_share(ledger: pd.DataFrame) -> float:
    return float((ledger["stock_value"] / ledger["equity"]).iloc[1:].mean())


def test_a_run_with_variants_is_the_run_without_them(result: Result) -> None:
    pd.testing.assert_frame_equal(result.ledger, sample_result().ledger)
    assert tuple(result.variants) == ALL
    assert [n["en"] for n in result.notes if n["kind"] == "itself"] == [
        "Unlevered: the strategy itself; it borrows nothing, so that no second run is needed."
    ]


def test_long_only_holds_the_same_stocks_and_no_future(result: Result) -> None:
    ledger = result.variants["long_only"].ledger
    assert (ledger["lots"] == 0).all()
    assert (ledger["futures_cash"] == 0).all()
    assert (ledger["margin_required"] == 0).all()
    assert (ledger["loan"] == 0).all()
    assert 0.9 < stocks_share(ledger) <= 0.97
    linked = compare_funds(result, result.variants).table.loc["long_only", "correlation"]
    assert linked > 0.7


def test_levered_borrows_pays_interest_and_has_half_as_much_again_in_stocks(result) -> None:
    one = result.variants["levered"]
    ledger, base = one.ledger, result.ledger
    assert stocks_share(ledger) == pytest.approx(1.5 * stocks_share(base), rel=0.05)
    assert one.terms["loan"] == pytest.approx(1.125 * 1.3 - 1, abs=1e-4)
    days = np.diff(ledger.index).astype("timedelta64[D]").astype(float)
    owed = ledger["loan"].to_numpy()[:-1] * 0.06 * days / 365
    np.testing.assert_allclose(ledger["loan_interest"].iloc[1:], owed)
    assert ledger["loan_interest"].sum() > 0
    assert ledger["margin_required"].max() > base["margin_required"].max()
    low = (ledger["lots"] != 0) & (ledger["futures_cash"] < 1.2 * ledger["margin_required"])
    assert one.terms["called_days"] == low.sum()


def test_the_index_against_futures_holds_members_in_equal_value(result: Result) -> None:
    one = result.variants["index_hedged"]
    held = one.ledger["stock_value"].iloc[1:]
    ratio = one.ledger["futures_notional"].iloc[1:] / held
    assert ratio.median() == pytest.approx(1.0, abs=0.05)
    assert one.terms["index"] == "000300.SH"
    market = sample_market()
    members = market.members("000300.SH")[market.day(START)].sum()
    assert one.ledger["names"].iloc[1] <= members
    assert one.ledger["names"].iloc[1] > 0.9 * members


def test_the_shared_preparation_is_the_same_as_a_fresh_one() -> None:
    market = sample_market()
    for changes in ([], ["hedge.risk_aversion=5.0"], ["hedge.ratio={kind='minimum_variance'}"]):
        base = small_strategy(*changes)
        for name in ("long_only", "levered"):
            wanted = base.variant(name)
            prepare(base, market, START, END)  # its stages are those of the variant
            shared = prepare(wanted, market, START, END)
            forget_stages()
            fresh = prepare(wanted, market, START, END)
            for part in ("hedge", "targets", "settings", "futures"):
                assert_same(getattr(shared.inputs, part), getattr(fresh.inputs, part))


def test_a_strategy_with_a_loan_has_an_unlevered_variant_that_fits_its_own_money() -> None:
    own = small_strategy("invested_fraction=1.2", "accounts.borrowed=0.6")
    without = own.variant("unlevered")
    assert without.accounts.borrowed == 0
    assert without.invested_fraction == pytest.approx(1 / 1.3, abs=1e-4)
    found = backtest(own, sample_market(), START, "2014-12-31", variants=("all",))
    assert "levered" not in found.variants
    assert found.variants["unlevered"].ledger["loan"].max() == 0
    assert found.ledger["loan"].max() > 0


def test_unknown_names_are_refused_before_anything_is_run() -> None:
    with pytest.raises(StrategyError, match="accepted: all, long_only, unlevered, levered"):
        backtest(small_strategy(), sample_market(), START, END, variants=("half",))
    with pytest.raises(StrategyError, match="accepted: long_only"):
        small_strategy().variant("double")
    assert variant_names(("all", "levered")) == (
        "long_only",
        "unlevered",
        "levered",
        "index_hedged",
        "ungated",
        "stocks_alone",
    )


def test_what_the_data_cannot_carry_is_named_under_all_and_an_error_by_name(monkeypatch) -> None:
    def no_members(*_: object) -> object:
        raise DataError("no members of '000300.SH'; there are 000905.SH")

    span = (START, "2014-10-31")
    monkeypatch.setattr(IndexUniverse, "_candidates", no_members)
    found = backtest(small_strategy(), sample_market(), *span, variants=("all",))
    assert tuple(found.variants) == ("long_only", "levered")
    (note,) = [note for note in found.notes if note["kind"] == "left_out"]
    assert "no members" in note["en"]
    with pytest.raises(DataError, match="variant index_hedged: no members"):
        backtest(small_strategy(), sample_market(), *span, variants=("index_hedged",))


def test_the_run_folder_keeps_variants_and_products(tmp_path, result: Result) -> None:
    again = Result.open(result.to_parquet(tmp_path / "run"))
    assert tuple(again.variants) == ALL
    for name in ALL:
        pd.testing.assert_frame_equal(
            again.variants[name].ledger, result.variants[name].ledger, check_freq=False
        )
        assert again.variants[name].terms == result.variants[name].terms


def test_products_of_a_strategy_file_reach_the_run_and_its_comparison(tmp_path) -> None:
    lines = ("2015/1/30,1.02", "2014-09-30,1", "2014-10-31,1.01", "2014-11-28,1.015")
    rival = "\n".join(["日期,净值", *lines, "2014-12-31,1.01", ""])
    (tmp_path / "rival.csv").write_text(rival, "utf-8")
    text = NEUTRAL.read_text("utf-8").replace("n = 100", "n = 30")
    text += '\n[[comparison]]\nkind = "unit_values"\nname = "Rival"\nfile = "rival.csv"\n'
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    folder = tmp_path / "run"
    done = CliRunner().invoke(
        app,
        ["run", str(path), "--market", str(SAMPLE), "--start", START, "--end", "2015-03-31",
         "--variants", "long_only", "--out", str(folder), "--full"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    for name in (
        "Rival",
        "fund, dates of Rival",
        "Long only",
        "One-year deposit",
        "Huabao Quant Hedge",
    ):
        assert name in done.output
    (tmp_path / "rival.csv").unlink()  # the run folder is enough
    found = Result.open(folder)
    assert found.unit_values["value"].to_list() == [1.0, 1.01, 1.015, 1.01, 1.02]
    shown = CliRunner().invoke(app, ["compare", str(folder), "--full"])
    assert "monthly" in shown.output


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('kind = "stated"\nname = "a"', "give at least one of return_per_year"),
        ('kind = "stated"\nname = "a"\ncorrelation = 2', "comparison.0.stated.correlation"),
        ('kind = "stated"\nname = "a"\ncorrelation = 0\nstart = 2015-01-01', "both start and end"),
        ('kind = "fixed_income"\nname = "a"\nrate = 8', "comparison.0.fixed_income.rate"),
        ('kind = "fixed_income"\nname = "a"\nrat = 0.08', "did you mean 'rate'"),
        ('kind = "nav"\nname = "a"', "'fixed_income', 'stated', 'unit_values'"),
    ],
)
def test_a_wrong_entry_is_one_clear_error(tmp_path, entry: str, message: str) -> None:
    path = tmp_path / "wrong.toml"
    plain = NEUTRAL.read_text("utf-8").partition("[[comparison]]")[0]
    path.write_text(f"{plain}\n[[comparison]]\n{entry}\n", "utf-8")
    with pytest.raises(StrategyError, match=message.replace("(", r"\(")):
        load_strategy(path)


def test_two_products_of_one_name_are_refused(tmp_path) -> None:
    path = tmp_path / "twice.toml"
    entry = '\n[[comparison]]\nkind = "fixed_income"\nname = "a"\nrate = 0.05\n'
    path.write_text(NEUTRAL.read_text("utf-8") + entry + entry, "utf-8")
    with pytest.raises(StrategyError, match="'a' comes twice"):
        load_strategy(path)


def test_clients_of_a_variant_bring_their_money_once() -> None:
    path = NEUTRAL.parent / "fund_with_clients.toml"
    strategy, market = load_strategy(path, ["selector.n=30"]), sample_market()
    beside = backtest(strategy, market, START, END, variants=("long_only", "levered"))
    pd.testing.assert_frame_equal(beside.ledger, backtest(strategy, market, START, END).ledger)
    for name, one in beside.variants.items():
        alone = backtest(strategy.variant(name), market, START, END)
        pd.testing.assert_frame_equal(one.ledger, alone.ledger)
    known = prepare(strategy, market, START, END)
    first, second = complete(known), complete(known)
    pd.testing.assert_frame_equal(first.ledger, second.ledger)
    pd.testing.assert_frame_equal(first.investors, second.investors)
