"""Products side by side: the same days, the same definitions, and only what is known of each."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from quanthedge.cli import app
from quanthedge.comparison import (
    FixedIncome,
    Stated,
    compare_funds,
    read_unit_values,
)
from quanthedge.errors import DataError, StrategyError
from quanthedge.performance import levels
from quanthedge.variants import run_variants, variants
from tests.sample import END, START, sample_market, sample_result, small_strategy


def test_the_fund_s_row_is_its_summary() -> None:
    result = sample_result()
    table = compare_funds(result).table
    summary = result.summary()
    for column, key in {
        "return": "return_net", "annual_return": "annual_return_net",
        "volatility": "volatility_net", "sharpe": "sharpe_net", "max_drawdown": "max_drawdown_net",
        "correlation": "correlation_daily",
    }.items():  # fmt: skip
        assert table.loc["fund", column] == pytest.approx(summary[key].value)
    assert table.loc["index", "return"] == pytest.approx(summary["return_index"].value)
    assert np.isnan(table.loc["index", "correlation"])


def test_a_series_equal_to_the_fund_has_its_figures() -> None:
    result = sample_result()
    own = levels(result.ledger)["net"] * 3.7
    found = compare_funds(result, {"copy": own})
    np.testing.assert_allclose(
        found.table.loc["copy"].to_numpy(float), found.table.loc["fund"].to_numpy(float)
    )
    assert found.notes == []


def test_a_weekly_series_is_judged_by_months_and_what_is_filled_is_counted() -> None:
    result = sample_result()
    level = levels(result.ledger)["net"]
    weekly = level[level.index.day_of_week == 4]
    found = compare_funds(result, {"weekly": weekly})
    filled = len(level[(level.index >= weekly.index[0]) & (level.index <= weekly.index[-1])])
    assert f"on {filled - len(weekly)} days" in " ".join(found.notes)
    assert found.table.loc["weekly", "days"] == len(weekly) - 1
    assert found.table.loc["weekly", "return"] == pytest.approx(
        weekly.iloc[-1] / weekly.iloc[0] - 1.0
    )


def test_stated_products_show_only_what_was_stated() -> None:
    found = compare_funds(
        sample_result(),
        {"trust": FixedIncome(0.08), "published": Stated(0.1687, 0.01, source="factsheet")},
    )
    trust, published = found.table.loc["trust"], found.table.loc["published"]
    assert trust["annual_return"] == pytest.approx(0.08)
    assert trust[["volatility", "sharpe", "correlation"]].isna().all()
    assert published.dropna().to_dict() == {"annual_return": 0.1687, "correlation": 0.01}
    assert "factsheet" in found.notes[1]
    assert "0.08" not in repr(found.table.loc["published"])


def test_the_deposit_compounds_the_dated_rate() -> None:
    level = compare_funds(sample_result()).levels["deposit"]
    span = (level.index[-1] - level.index[0]).days / 365
    assert level.iloc[-1] == pytest.approx(1 + 0.0035 * span, rel=1e-5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("day,value\n2015-01-05,1.0\n", "columns day, value"),
        ("date,value\n2015-01-05,1.0\n5 Jan,1.1\n", "line 3, column date: '5 Jan'"),
        ("date,value\n2015-01-05,1.0\n2015-01-06,-1\n", "line 3, column value"),
        ("date,value\n2015-01-05,1.0\n2015-01-05,1.1\n", "not after the line before"),
        ("date,value\n2015-01-05,\n", "line 2, column value"),
        ("date,value\n", "at least one line"),
    ],
)
def test_a_damaged_file_is_one_clear_error(tmp_path, text: str, message: str) -> None:
    path = tmp_path / "nav.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_unit_values(path)


def test_dates_in_three_spellings_are_the_same_days(tmp_path) -> None:
    path = tmp_path / "nav.csv"
    path.write_text("date,value\n20150105,1\n2015/01/06,1.01\n2015-01-07,1.02\n", "utf-8-sig")
    days = read_unit_values(path).index
    assert [f"{day:%m%d}" for day in days] == ["0105", "0106", "0107"]


def test_what_does_not_overlap_or_comes_twice_is_refused() -> None:
    late = pd.Series([1.0, 1.1], index=pd.to_datetime(["2020-01-01", "2020-01-02"]))
    with pytest.raises(DataError, match="has 0 values between"):
        compare_funds(sample_result(), {"late": late})
    with pytest.raises(DataError, match="comes twice"):
        compare_funds(sample_result(), {"deposit": FixedIncome(0.03)})


def test_variants_do_what_their_names_say() -> None:
    found = run_variants(small_strategy(), sample_market(), START, END)
    base = sample_result().ledger
    assert (found["long_only"].ledger["lots"] == 0).all()
    share = {
        name: (r.ledger["stock_value"] / r.ledger["equity"]).mean() for name, r in found.items()
    }
    own = (base["stock_value"] / base["equity"]).mean()
    assert share["half"] == pytest.approx(own / 2, rel=0.05)
    assert share["levered"] > 1.35 * own
    assert found["levered"].ledger["loan"].max() > 0
    table = compare_funds(sample_result(), found).table
    assert table.loc["long_only", "correlation"] > 0.7
    assert table.loc["half", "volatility"] < table.loc["fund", "volatility"]
    with pytest.raises(StrategyError, match="accepted: long_only, half, levered"):
        variants(small_strategy(), ("double",))


def test_commands_compare_and_state(tmp_path) -> None:
    folder = sample_result().to_parquet(tmp_path / "run")
    nav = tmp_path / "mine.csv"
    nav.write_text("date,value\n2014-10-08,1\n2015-06-30,1.05\n", encoding="utf-8")
    out = tmp_path / "table.csv"
    done = CliRunner().invoke(
        app,
        ["compare", str(folder), "--nav", f"mine={nav}", "--fixed", "trust=0.08",
         "--stated", "other=0.1687,0.01", "--out", str(out)],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "trust" in done.output
    assert set(pd.read_csv(out)["product"]) >= {"mine", "trust", "other", "deposit"}
    bad = CliRunner().invoke(app, ["compare", str(folder), "--fixed", "trust"])
    assert "accepted: NAME=VALUE" in str(bad.exception)
    none = CliRunner().invoke(app, ["statement", str(folder), "A"])
    assert "known: none" in str(none.exception)
