"""Products side by side: the same days, the same definitions, and only what is known of each."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from quanthedge.cli.app import app
from quanthedge.comparison import FixedIncome, Products, Stated, compare_funds
from quanthedge.errors import DataError
from quanthedge.performance import levels
from quanthedge.record import RunVariant
from tests.sample import sample_result


def own_and_index() -> tuple[pd.Series, pd.Series]:
    found = levels(sample_result().ledger)
    return found["net"], found["index"]


def texts(notes: list[dict[str, str]]) -> str:
    return " ".join(note["en"] for note in notes)


def test_the_fund_s_row_is_its_summary() -> None:
    result = sample_result()
    table = compare_funds(result).table
    summary = result.summary()
    for column, key in {
        "return": "return_net", "annual_return": "annual_return_net",
        "volatility": "volatility_net", "sharpe": "sharpe_net", "max_drawdown": "max_drawdown_net",
        "correlation": "correlation_accrued_daily",
    }.items():  # fmt: skip
        assert table.loc["fund", column] == pytest.approx(summary[key].value)
    assert table.loc["index", "return"] == pytest.approx(summary["return_index"].value)
    assert np.isnan(table.loc["index", "correlation"])


def test_a_series_equal_to_the_fund_has_its_figures() -> None:
    result = sample_result()
    found = compare_funds(result, {"copy": own_and_index()[0] * 3.7})
    copy, fund = (found.table.loc[name] for name in ("copy", "fund"))
    assert copy.pop("frequency") == fund.pop("frequency") == "daily"
    np.testing.assert_allclose(copy.to_numpy(float), fund.to_numpy(float))
    assert found.notes == []


def by_hand(mine: pd.Series, index: pd.Series, periods: float) -> dict[str, float]:
    """Statistics of values and of the index on the same dates, from the definitions."""
    own, beside = np.diff(mine) / mine[:-1], np.diff(index) / index[:-1]
    deviation = np.sqrt(np.sum((own - own.mean()) ** 2) / (len(own) - 1))
    peaks = np.maximum.accumulate(mine)
    return {
        "return": mine[-1] / mine[0] - 1,
        "volatility": deviation * np.sqrt(periods),
        "sharpe": own.mean() * np.sqrt(periods) / deviation,
        "max_drawdown": (mine / peaks - 1).min(),
        "correlation": np.corrcoef(own, beside)[0, 1],
        "observations": len(own),
    }


@pytest.mark.parametrize(
    ("rule", "frequency", "periods"), [("W-FRI", "weekly", 52.0), ("M", "monthly", 12.0)]
)
def test_a_sparse_series_is_judged_at_its_own_frequency_on_common_dates(
    rule: str, frequency: str, periods: float
) -> None:
    net, index = own_and_index()
    noise = np.random.default_rng(3).normal(0, 0.02, len(net))
    mine = net * np.exp(np.cumsum(noise))
    kept = mine.groupby(mine.index.to_period(rule)).tail(1)
    found = compare_funds(sample_result(), {"mine": kept})
    expected = by_hand(kept.to_numpy(), index.loc[kept.index].to_numpy(), periods)
    row = found.table.loc["mine"]
    assert row["frequency"] == frequency
    for column, value in expected.items():
        assert row[column] == pytest.approx(value), column
    twin = found.table.loc["fund, dates of mine"]
    beside = by_hand(net.loc[kept.index].to_numpy(), index.loc[kept.index].to_numpy(), periods)
    for column, value in beside.items():
        assert twin[column] == pytest.approx(value), column
    assert f"square root of {periods:.0f}" in texts(found.notes)


def test_the_index_given_weekly_moves_with_itself() -> None:
    """The trap: filled forward and judged by days or months it would seem to be another product."""
    _, index = own_and_index()
    weekly = index.groupby(index.index.to_period("W-FRI")).tail(1)
    filled = weekly.reindex(index.index).ffill().dropna().pct_change()
    assert filled.corr(index.pct_change()) < 0.8
    row = compare_funds(sample_result(), {"index fund": weekly}).table.loc["index fund"]
    assert row["correlation"] == pytest.approx(1.0)


def test_a_value_dated_on_a_holiday_is_read_with_the_last_trading_day() -> None:
    net, index = own_and_index()
    weekly = net.groupby(net.index.to_period("W-FRI")).tail(1)
    fridays = weekly.copy()
    fridays.index = [day + pd.Timedelta(days=(4 - day.day_of_week) % 7) for day in weekly.index]
    moved = int((fridays.index != weekly.index).sum())
    fridays = fridays[fridays.index <= net.index[-1]]
    assert moved > 0
    found = compare_funds(sample_result(), {"w": fridays})
    kept = weekly.iloc[: len(fridays)]
    expected = by_hand(kept.to_numpy(), index.loc[kept.index].to_numpy(), 52.0)
    assert found.table.loc["w", "correlation"] == pytest.approx(expected["correlation"])
    assert "dated on days without trading" in texts(found.notes)


def test_too_irregular_values_give_a_return_and_no_risk() -> None:
    net, _ = own_and_index()
    found = compare_funds(sample_result(), {"odd": net.iloc[[3, 5, 110, 111, 200]]})
    row = found.table.loc["odd"]
    assert row["return"] == pytest.approx(net.iloc[200] / net.iloc[3] - 1)
    assert row[["volatility", "sharpe", "correlation"]].isna().all()
    assert row["frequency"] == "irregular"
    assert "too irregularly" in texts(found.notes)


def test_a_shorter_series_stands_beside_the_fund_on_its_dates() -> None:
    net, _ = own_and_index()
    part = net.iloc[40:120]
    found = compare_funds(sample_result(), {"part": part})
    assert found.table.loc["part", "return"] == pytest.approx(part.iloc[-1] / part.iloc[0] - 1)
    columns = ["return", "volatility", "correlation", "observations"]
    np.testing.assert_allclose(
        found.table.loc["part", columns].to_numpy(float),
        found.table.loc["fund, dates of part", columns].to_numpy(float),
    )
    assert f"covers {part.index[0].day} {part.index[0]:%B %Y}" in texts(found.notes)
    assert found.levels["part"].notna().sum() == len(part)


def test_a_jump_of_a_distribution_is_told() -> None:
    net, _ = own_and_index()
    cut = net.copy()
    cut.iloc[100:] *= 0.6
    assert "distribution" in texts(compare_funds(sample_result(), {"cut": cut}).notes)


def test_stated_products_show_only_what_was_stated() -> None:
    days = levels(sample_result().ledger).index
    first, last = days[1].date(), days[-1].date()
    found = compare_funds(
        sample_result(),
        {
            "trust": FixedIncome(0.08, "its contract"),
            "published": Stated(0.1687, 0.01, source="factsheet", start=first, end=last),
            "elsewhere": Stated(0.05, start=date(2018, 1, 2), end=date(2018, 12, 28)),
        },
    )
    trust, published = found.table.loc["trust"], found.table.loc["published"]
    assert trust["annual_return"] == pytest.approx(0.08)
    assert trust[["volatility", "sharpe", "correlation"]].isna().all()
    assert published.dropna().to_dict() == {"annual_return": 0.1687, "correlation": 0.01}
    kinds = [note["kind"] for note in found.notes]
    assert kinds == ["fixed", "stated_dates", "stated_other_dates"]
    assert "(factsheet)" in found.notes[1]["en"]
    assert "（factsheet）" in found.notes[1]["zh"]
    assert "0.08" not in repr(found.table.loc["published"])


@pytest.mark.parametrize(
    ("kind", "numbers", "message"),
    [
        (FixedIncome, (8.0,), "fixed income at 8.0"),
        (Stated, (), "at least one"),
        (Stated, (0.1, 1.5), "correlation 1.5"),
        (Stated, (16.87,), "return 16.87"),
    ],
)
def test_numbers_that_nobody_publishes_are_refused(kind, numbers, message: str) -> None:
    with pytest.raises(DataError, match=message):
        kind(*numbers)


def test_the_deposit_compounds_the_dated_rate() -> None:
    level = compare_funds(sample_result()).levels["deposit"]
    span = (level.index[-1] - level.index[0]).days / 365
    assert level.iloc[-1] == pytest.approx(1 + 0.0035 * span, rel=1e-5)


def test_a_deposit_of_one_year_is_renewed_at_the_benchmark_of_the_day() -> None:
    result = sample_result()
    early = result.ledger.copy()
    early.index = pd.bdate_range("2013-12-02", periods=len(early) - 150).append(
        pd.bdate_range("2015-01-05", periods=150)
    )
    found = compare_funds(result.changed(ledger=early), {"term": FixedIncome("one_year_deposit")})
    level = found.levels["term"]
    begun = pd.Timestamp("2013-12-02")
    middle, last = level.index[30], level.index[-1]
    assert level[middle] == pytest.approx(1 + 0.03 * (middle - begun).days / 365)
    renewed = begun + pd.Timedelta(days=365)  # at 2.75%, in force from 2014-11-22
    assert level.iloc[-1] == pytest.approx(1.03 * (1 + 0.0275 * (last - renewed).days / 365))
    assert "3.00%, 2.75%" in texts(found.notes)
    with pytest.raises(DataError, match="accepted: a fraction"):
        FixedIncome("two_year_deposit")


def test_what_does_not_overlap_or_comes_twice_is_refused() -> None:
    late = pd.Series([1.0, 1.1], index=pd.to_datetime(["2020-01-01", "2020-01-02"]))
    with pytest.raises(DataError, match="has 0 values between"):
        compare_funds(sample_result(), {"late": late})
    with pytest.raises(DataError, match="comes twice"):
        compare_funds(sample_result(), {"deposit": FixedIncome(0.03)})
    double = pd.Series([1.0, 1.1], index=pd.to_datetime(["2015-01-05", "2015-01-05"]))
    with pytest.raises(DataError, match="2015-01-05 has the value"):
        compare_funds(sample_result(), {"double": double})


def test_a_variant_is_told_with_its_terms() -> None:
    terms = {
        "stocks": 1.125, "loan": 0.4625, "loan_rate": 0.06, "hedged": True, "index": "",
        "called_days": 3, "cut_days": 1, "insolvent": "",
    }  # fmt: skip
    one = RunVariant("levered", sample_result().ledger, terms)
    note = compare_funds(sample_result(), {"levered": one}).notes[0]
    for part in ("112.5%", "46.25%", "6%", "on 3 days", "on 1 days"):
        assert part in note["en"]
    assert "加杠杆 1.5 倍：选股不变" in note["zh"]


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


def test_products_of_one_name_never_hide_one_another(tmp_path) -> None:
    from quanthedge.cli.products import products

    with pytest.raises(DataError, match="'a' comes twice"):
        products(None, ["a=0.08"], ["a=0.1"])
    with pytest.raises(DataError, match="'a' comes twice"):
        products(None, ["a=0.08", "a=0.05"], None)
    with pytest.raises(DataError, match="'Trust' comes twice"):
        Products({"Trust": 1}, {"trust": 2}, {"Trust": 3})
