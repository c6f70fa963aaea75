"""Halts, losses, gaps in the reports, wrong parameters: what a factor makes of them."""

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from quanthedge.errors import DataError, StrategyError
from quanthedge.factors import (
    BookYield,
    EarningsYield,
    Factor,
    Leverage,
    Momentum,
    ProfitGrowth,
    ReturnOnEquity,
    RevenueGrowth,
    Reversal,
    Size,
    Turnover,
    Volatility,
)
from tests.factors.every_factor import CLASSES
from tests.factors.test_catalogue import FAMILIES
from tests.market_fake import fake_market


def changed(market, *, panels=None, fundamentals=None):
    """Copy the market with some of stock 0's columns replaced; it always trades otherwise."""
    from dataclasses import replace

    def put(old, new):
        made = {name: panel.copy() for name, panel in old.items()}
        for name, column in (new or {}).items():
            made[name][:, 0] = column
        return made

    return replace(
        market,
        panels=put(market.panels, panels),
        fundamentals=put(market.fundamentals, fundamentals),
    )


def test_loss_makers_without_trailing_profit_fall_back_on_the_annual_loss():
    market = changed(
        fake_market(),
        panels={"mark": 10.0, "total_shares": 1e8},
        fundamentals={"net_profit_ttm": np.nan, "net_profit_last_annual": -5e7},
    )
    assert EarningsYield().exposure(market, [40])[0, 0] == -0.05
    assert np.isnan(EarningsYield(fallback=False).exposure(market, [40])[0, 0])


def test_a_market_without_annual_reports_has_nothing_to_fall_back_on():
    market = fake_market()
    for item in [name for name in market.fundamentals if name.endswith("_last_annual")]:
        del market.fundamentals[item]
    for factor in (EarningsYield, ReturnOnEquity, ProfitGrowth, RevenueGrowth):
        np.testing.assert_array_equal(
            factor().exposure(market), factor(fallback=False).exposure(market)
        )


def test_a_market_without_the_item_is_an_error_that_names_it():
    market = fake_market()
    del market.fundamentals["book_equity"]
    with pytest.raises(DataError, match="book_equity"):
        BookYield().exposure(market)


def test_growth_out_of_a_loss_is_positive():
    profit = np.where(np.arange(90) < 40, -2e8, 1e8)
    market = changed(fake_market(), fundamentals={"net_profit_ttm": profit, "book_equity": 1e9})
    assert ProfitGrowth(lag_days=30).exposure(market, [50])[0, 0] == pytest.approx(0.3)
    by_base = ProfitGrowth(lag_days=30, scale="base").exposure(market, [50])[0, 0]
    assert by_base == pytest.approx(1.5)


def test_growth_never_compares_a_trailing_with_an_annual_profit():
    trailing = np.where(np.arange(90) < 40, 3e8, np.nan)  # the vendor leaves a loss empty
    annual = np.where(np.arange(90) < 40, 2e8, -1e8)
    market = changed(
        fake_market(),
        fundamentals={
            "net_profit_ttm": trailing,
            "net_profit_last_annual": annual,
            "book_equity": 1e9,
        },
    )
    assert ProfitGrowth(lag_days=30).exposure(market, [50])[0, 0] == pytest.approx(-0.3)
    without = ProfitGrowth(lag_days=30, fallback=False).exposure(market, [50])[0, 0]
    assert np.isnan(without)


def test_negative_equity_has_no_return_but_a_negative_book_yield():
    market = changed(
        fake_market(),
        panels={"mark": 10.0, "total_shares": 1e8},
        fundamentals={"book_equity": -1e8, "net_profit_ttm": 1e7},
    )
    assert np.isnan(ReturnOnEquity().exposure(market, [40])[0, 0])
    assert BookYield().exposure(market, [40])[0, 0] == pytest.approx(-0.1)


def test_a_debt_below_0_is_a_slip_and_no_debt_is_0():
    debt = np.where(np.arange(90) < 40, -6.0, 0.0)
    market = changed(fake_market(), fundamentals={"debt_to_assets_pct": debt})
    assert np.isnan(Leverage().exposure(market, [39])[0, 0])
    assert Leverage().exposure(market, [40])[0, 0] == 0.0


def test_a_halted_stock_keeps_its_size_and_loses_its_turnover():
    market = fake_market(2)
    traded = market.panel("traded")
    t, n = next(
        (t, n)
        for t in range(30, 90)
        for n in range(24)
        if not traded[t - 9 : t + 1, n].any() and traded[:t, n].any()
    )
    assert np.isnan(Turnover(window=10).exposure(market, [t])[0, n])
    assert np.isnan(Reversal(window=10).exposure(market, [t])[0, n])
    last = np.flatnonzero(traded[:t, n])[-1]
    found = Size().exposure(market, [last, t])[:, n]
    assert found[0] == found[1]


def test_halted_days_are_left_out_of_means_and_deviations():
    returns = np.tile([0.01, -0.01, np.nan], 30)
    market = changed(
        fake_market(),
        panels={
            "simple_return": returns,
            "traded": np.isfinite(returns),
            "volume": np.where(np.isfinite(returns), 1e6, np.nan),
            "float_shares": 1e8,
        },
    )
    assert Turnover(window=12).exposure(market, [59])[0, 0] == pytest.approx(0.01)
    seen = np.tile([0.01, -0.01], 4)
    found = Volatility(window=12).exposure(market, [59])[0, 0]
    assert found == pytest.approx(seen.std(ddof=1))
    assert np.isnan(Volatility(window=12, min_traded=0.7).exposure(market, [59])[0, 0])


def test_windows_that_reach_before_the_data_are_undefined():
    market = fake_market()
    for factor in (Turnover(window=30), Volatility(window=30), Reversal(window=29)):
        found = factor.exposure(market, [28, 29])
        assert np.isnan(found[0]).all()
        assert np.isfinite(found[1]).any()


def test_a_negative_row_is_refused_because_it_would_be_a_day_of_the_future():
    with pytest.raises(DataError, match="reach outside"):
        Size().exposure(fake_market(), [-1])
    with pytest.raises(DataError, match="reach outside"):
        Size().exposure(fake_market(), [90])


def test_factors_are_read_from_plain_data():
    adapter = TypeAdapter(Factor)
    assert adapter.validate_python({"kind": "turnover", "window": 60}) == Turnover(window=60)
    for kind in CLASSES:
        factor = kind()
        assert adapter.validate_python(factor.model_dump(mode="json")) == factor


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "turnoverr"},
        {"kind": "turnover", "windw": 20},
        {"kind": "turnover", "window": 0},
        {"kind": "turnover", "min_traded": 0},
        {"kind": "momentum", "window": 20, "skip": 20},
        {"kind": "profit_growth", "scale": "assets"},
        {"window": 20},
    ],
)
def test_wrong_kinds_and_parameters_are_refused(document):
    with pytest.raises(ValidationError):
        TypeAdapter(Factor).validate_python(document)


def test_momentum_may_not_skip_its_whole_window():
    with pytest.raises(ValidationError, match="skip 30 must be less than window 30"):
        Momentum(window=30, skip=30)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_factor_documents_itself(kind):
    text = kind.__doc__
    for word in ("Formula:", "Undefined:", "Suspension:", "Look-ahead:", "References"):
        assert word in text
    assert kind.sign in (-1, 1)
    assert kind.family in FAMILIES
    assert all(field.description for name, field in kind.model_fields.items() if name != "kind")
    frozen = kind()
    with pytest.raises(StrategyError, match="cannot be changed in place"):
        frozen.kind = "other"
