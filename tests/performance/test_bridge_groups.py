"""The alpha by groups adds up to the alpha of the bridge, day by day."""

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.run import backtest
from quanthedge.errors import DataError
from quanthedge.market import Market
from quanthedge.performance import Bridge
from quanthedge.performance.bridge_groups import NO_GROUP, alpha_by, value_layers
from quanthedge.performance.holdings import _Days, _held
from tests.backtesting.test_run_with_actions import folder  # noqa: F401
from tests.sample import END, START, sample_market, sample_result, small_strategy

EXTRA = ["residual", "mismatched_holdings"]


def boards(market: Market) -> pd.Series:
    codes = pd.Index(np.asarray(market.codes))
    return pd.Series(codes.str[:3], index=codes)


def closes(result, market: Market) -> pd.DataFrame:
    table = alpha_by(result, market, boards(market), "day")
    equity = result.ledger["equity"].iloc[1:]
    assert (table["residual"].abs() / equity).max() < 1e-9
    assert table["mismatched_holdings"].sum() == 0
    return table


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ((), START),
        (('hedge.product=["IF","IC"]', "beta={kind='ols', window=120}"), "2015-05-04"),
        (("invested_fraction=1.0", "accounts.borrowed=0.3"), START),
    ],
)
def test_groups_add_up_to_the_alpha_of_each_day(changes: tuple[str, ...], start: str) -> None:
    closes(backtest(small_strategy(*changes), sample_market(), start, END), sample_market())


def test_groups_add_up_where_dividends_are_paid_in_cash(folder) -> None:  # noqa: F811
    market = Market.open(folder)
    result = backtest(small_strategy("costs.dividend_tax='public_fund'"), market, START, END)
    assert result.ledger["dividends"].sum() > 10_000
    closes(result, market)


def test_a_group_is_the_gain_of_its_shares_less_its_part_of_the_market() -> None:
    # on the day after a record without trades, worked out from the record alone
    result, market = sample_result(), sample_market()
    groups = boards(market)
    found = alpha_by(result, market, groups, "day")
    ledger, busy = result.ledger, set(result.trades["date"])
    factor, mark = (
        pd.DataFrame(
            np.asarray(market.panel(name)), index=pd.DatetimeIndex(market.dates),
            columns=market.codes,
        )
        for name in ("adj_factor", "mark")
    )  # fmt: skip
    checked = 0
    for day, rows in result.positions.groupby("date"):
        k = ledger.index.get_loc(day) + 1
        if k == len(ledger) or ledger.index[k] in busy:
            continue
        after = ledger.index[k]
        held = rows.set_index("code")
        if (factor.loc[after, held.index] != factor.loc[day, held.index]).any():
            continue
        gain = held["shares"] * (mark.loc[after, held.index] - held["price"])
        move = ledger["index_close"].iloc[k] / ledger["index_close"].iloc[k - 1] - 1
        alone = gain - ledger["book_beta"].iloc[k - 1] * held["value"] * move
        expected = alone.groupby(groups.reindex(held.index)).sum()
        np.testing.assert_allclose(found.loc[after, expected.index], expected, atol=1e-3)
        checked += 1
    assert checked >= 5


def test_periods_add_up_and_stocks_without_a_name_are_shown() -> None:
    result, market = sample_result(), sample_market()
    groups = boards(market)
    whole = alpha_by(result, market, groups[groups != "600"]).iloc[0]
    assert NO_GROUP in whole.index
    assert "600" not in whole.index
    named = alpha_by(result, market, groups).iloc[0]
    assert whole[NO_GROUP] == pytest.approx(named["600"])
    for by in ("month", "year"):
        parts = alpha_by(result, market, groups, by)
        np.testing.assert_allclose(parts.sum(), named, atol=1e-3)
        np.testing.assert_allclose(
            parts.drop(columns=EXTRA).sum(axis=1), Bridge(result).yuan(by)["alpha"], atol=1e-3
        )
    part = alpha_by(result, market, groups, start="2015-01-01", end="2015-03-31").iloc[0]
    alpha = Bridge(result).yuan(start="2015-01-01", end="2015-03-31").iloc[0]["alpha"]
    assert part.drop(EXTRA).sum() == pytest.approx(alpha, abs=1e-3)


def test_a_record_that_does_not_follow_from_the_trades_is_counted_and_left_over() -> None:
    run, market = sample_result(), sample_market()
    day = run.positions["date"].unique()[3]
    positions = run.positions.copy()
    positions.loc[positions["date"] == day, "shares"] += 1000
    fake = run.changed(positions=positions)
    found = alpha_by(fake, market, boards(market), "day")
    assert found.loc[day, "mismatched_holdings"] == (positions["date"] == day).sum()
    assert found["residual"].abs().max() > 1.0


def test_groups_by_date_hold_from_the_next_day() -> None:
    result, market = sample_result(), sample_market()
    groups = boards(market)
    other = "other " + groups
    ledger = result.ledger
    day, after = ledger.index[40], ledger.index[41]
    both = pd.DataFrame([groups, other], index=[ledger.index[0], day])
    found = alpha_by(result, market, both, "day")
    assert (found["residual"].abs() / ledger["equity"].iloc[1:]).max() < 1e-9
    plain = alpha_by(result, market, groups, "day")
    for name in set(groups) & set(plain.columns):
        np.testing.assert_allclose(found.loc[:day, name], plain.loc[:day, name])
        assert (found.loc[after:, name] == 0).all()
        np.testing.assert_allclose(found.loc[after:, f"other {name}"], plain.loc[after:, name])
    late = alpha_by(result, market, both.iloc[1:], "day")
    np.testing.assert_allclose(
        late.loc[:day, NO_GROUP], plain.loc[:day].drop(columns=EXTRA).sum(axis=1), atol=1e-3
    )
    with pytest.raises(DataError, match="each date once, in order"):
        alpha_by(result, market, both.iloc[::-1])


def test_layers_are_equal_in_number() -> None:
    values = pd.DataFrame(np.random.default_rng(2).normal(size=(3, 50)))
    values.iloc[0, :7] = np.nan
    found = value_layers(values, 4)
    assert found.iloc[0, :7].isna().all()
    for row, layer in zip(values.to_numpy(), found.to_numpy(), strict=True):
        counts = pd.Series(layer).value_counts()
        assert counts.max() - counts.min() <= 1
        ends = pd.Series(row).groupby(pd.Series(layer)).agg(["min", "max"])
        assert (ends["max"].iloc[:-1].to_numpy() < ends["min"].iloc[1:].to_numpy()).all()
    with pytest.raises(DataError, match="1 or more"):
        value_layers(values, 0)


def test_bad_groups_and_foreign_markets_are_refused() -> None:
    run, market = sample_result(), sample_market()
    groups = boards(market)
    with pytest.raises(DataError, match="is named 2 times"):
        alpha_by(run, market, pd.concat([groups, groups.iloc[:1]]))
    with pytest.raises(DataError, match="'residual' is a column"):
        alpha_by(run, market, groups.where(groups != "600", "residual"))
    with pytest.raises(DataError, match="market of the run"):
        alpha_by(run, market.until("2015-03-02"), groups)


def test_bonus_rights_and_delisting_by_hand() -> None:
    # A: 1,050 shares at 10, 3 new for 10 (1,365), 105 rights at 6, marked 8; then a sale of 70
    # B: 200 shares at 5 are paid out at 4
    days = _Days(
        codes=["A", "B"],
        mark=np.array([[9.0, 6.0], [10.0, 5.0], [8.0, 5.0]]),
        growth=np.array([[1.0, 1.0], [1.0, 1.0], [1.3, 1.0]]),
        rights=np.array([[0.0, 0.0], [0.0, 0.0], [105.0, 0.0]]),
        traded=np.array([[0.0, 0.0], [1050.0, 200.0], [-70.0, 0.0]]),
        paid=np.array([[0.0, 0.0], [0.0, 0.0], [630.0, -800.0]]),
        gone=np.array([[False, False], [False, False], [False, True]]),
        recorded=np.array([[np.nan] * 2, [np.nan] * 2, [1400.0, 0.0]]),
    )
    gain, value, mismatches = _held(days)
    assert gain.tolist() == [[0.0, 0.0], [1470 * 8 - 10500 - 630, 800 - 1000]]
    assert value.tolist() == [[0.0, 0.0], [10500.0, 1000.0]]
    assert mismatches.tolist() == [0, 0]
