"""What a trade costs: one definition, read by the ledger and by whoever weighs a trade."""

from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanthedge.errors import RuleError
from quanthedge.ledger import Costs, Settings
from quanthedge.ledger.kernels.prices import StockDay, stock_costs
from quanthedge.ledger.layout import BUY, SELL
from quanthedge.rules import StockCosts, StockRules, order_costs
from tests.sample import sample_market, sample_result, small_strategy

CODES = ["600519.SH", "000001.SZ", "300001.SZ", "688001.SH", "430047.BJ"]
DAYS = ["2012-05-31", "2012-06-01", "2014-09-17", "2015-07-31", "2015-08-03", "2024-01-02"]


def booked(known: StockCosts, t: int, i: int, side: int, shares: float, price: float) -> float:
    """What the ledger's kernel charges for one order, its size apart."""
    e, nan = int(known.exchange[i]), float("nan")
    one = StockDay(
        0, price, *[nan] * 7, False, *[nan] * 4, 1, 1,
        known.stamp_duty_buy[t], known.stamp_duty_sell[t], known.transfer_rate[t, e],
        known.transfer_par_rate[t, e], known.transfer_min_yuan[t, e], known.exchange_rate[t, e],
    )  # fmt: skip
    zero = dict.fromkeys(Settings._fields, 0.0) | dict.fromkeys(
        ("fill", "sale_proceeds", "retry_days"), 0
    )
    numbers = Settings(**zero | {
        "commission_rate": known.commission_rate,
        "commission_min_yuan": known.commission_min_yuan,
        "exchange_fees_included": known.fees_included,
        "slippage": known.slippage,
        "subscribe_rights": False,
    })  # fmt: skip
    return float(sum(stock_costs(float(shares), side, one, numbers)))


terms = st.builds(
    Costs,
    commission_rate=st.sampled_from([0.0, 0.00025, 0.0008]),
    commission_min_yuan=st.sampled_from([0.0, 5.0]),
    commission_includes_exchange_fees=st.booleans(),
    slippage_bp=st.sampled_from([0.0, 5.0, 12.5]),
)
orders = st.tuples(
    st.integers(0, len(CODES) - 1), st.sampled_from([BUY, SELL]),
    st.integers(1, 2_000_000), st.integers(1, 100_000),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(DAYS), terms, orders)
def test_an_order_costs_what_the_ledger_books_for_it(day: str, costs: Costs, order) -> None:
    place, side, shares, cents = order
    codes = CODES if day > "2021-11-15" else CODES[:3]
    place %= len(codes)
    known = StockCosts.between([day], codes, costs)
    price, yuan = cents / 100, np.zeros(len(codes))
    yuan[place] = shares * price
    prices = np.full(len(codes), np.nan)
    prices[place] = price
    both = (yuan, np.zeros_like(yuan)) if side == BUY else (np.zeros_like(yuan), yuan)
    found = known.cost_of(*both, price=prices, day=0)
    assert found[place] == pytest.approx(
        booked(known, 0, place, side, float(shares), price), abs=1e-9, rel=1e-12
    )
    assert np.count_nonzero(np.delete(found, place)) == 0


def test_every_trade_of_a_run_costs_what_its_own_strategy_says_to_the_cent() -> None:
    result, market = sample_result(), sample_market()
    strategy = small_strategy()
    trades = result.trades[result.trades["reason"].isin(["rebalance", "retry"])]
    dates = np.unique(trades["date"].to_numpy().astype("datetime64[D]"))
    known = StockCosts.between(dates, market.codes, strategy.costs)
    row = np.searchsorted(dates, trades["date"].to_numpy().astype("datetime64[D]"))
    stock = pd.Index(market.codes).get_indexer(trades["code"].astype(str))
    assert len(trades) > 100
    assert set(trades["side"]) == {"buy", "sell"}
    shape = (len(dates), len(market.codes))
    for side in ("buy", "sell"):
        mine = (trades["side"] == side).to_numpy() & ~trades.duplicated(["date", "code", "side"])
        yuan, price = np.zeros(shape), np.ones(shape)
        yuan[row[mine], stock[mine]] = trades["amount"][mine]
        price[row[mine], stock[mine]] = trades["price"][mine]
        none = np.zeros(shape)
        found = known.cost_of(*(yuan, none) if side == "buy" else (none, yuan), price=price)
        lines = ["commission", "stamp_duty", "transfer_fee", "exchange_fee"]
        paid = (
            trades.loc[mine, lines].sum(axis=1)
            + strategy.costs.slippage_bp / 1e4 * trades["amount"][mine]
        )
        np.testing.assert_allclose(found[row[mine], stock[mine]], paid, atol=0.005, rtol=0)


def test_costs_of_published_examples_by_hand() -> None:
    # 100,000 yuan of Shanghai at 10.00 on 2014-09-17: commission 80, duty 100 on the sale only,
    # transfer fee 0.0006 of par value of 10,000 shares = 6, slippage 50
    known = StockCosts.between(["2014-09-17"], CODES[:2], Costs())
    assert known.cost_of([1e5, 0], [0, 0], price=10.0, day=0).tolist() == [136.0, 0.0]
    assert known.cost_of([0, 0], [1e5, 0], price=10.0, day=0).tolist() == [236.0, 0.0]
    # Shenzhen: 0.0000255 of the amount
    assert known.cost_of([0, 1e5], [0, 0], day=0)[1] == pytest.approx(132.55)
    # handling 0.0000696 and regulatory 0.00002 beside a commission that does not include them
    beside = StockCosts.between(
        ["2014-09-17"], CODES[:2], Costs(commission_includes_exchange_fees=False)
    )
    assert beside.cost_of([0, 1e5], [0, 0], day=0)[1] == pytest.approx(132.55 + 8.96)


def test_rates_are_what_a_large_order_costs_by_the_yuan() -> None:
    known = StockCosts.between(DAYS[:5], CODES[:3], Costs())
    assert known.buy_rate.shape == known.sell_rate.shape == known.yuan_per_share.shape == (5, 3)
    yuan, none, price = np.full((5, 3), 1e9), np.zeros((5, 3)), np.full((5, 3), 20.0)
    for rate, cost in (
        (known.buy_rate, known.cost_of(yuan, none, price=price)),
        (known.sell_rate, known.cost_of(none, yuan, price=price)),
    ):
        np.testing.assert_allclose(cost, (rate + known.yuan_per_share / price) * yuan, rtol=1e-12)
    np.testing.assert_allclose(known.sell_rate - known.buy_rate, 0.001)
    assert (known.yuan_per_share[:, 0] > 0).tolist() == [True] * 4 + [False]
    assert not known.yuan_per_share[:, 1:].any()


def test_the_ledgers_inputs_are_made_of_the_same_arrays() -> None:
    from quanthedge.backtesting.plan import prepare

    prepared = prepare(small_strategy(), sample_market(), "2015-07-01", "2015-09-30")
    book, codes = prepared.inputs.stocks, sample_market().codes
    known = StockCosts.between(prepared.dates[1:], codes, prepared.strategy.costs)
    for name in ("stamp_duty_buy", "stamp_duty_sell", "transfer_rate", "transfer_par_rate",
                 "transfer_min_yuan", "exchange_rate"):  # fmt: skip
        np.testing.assert_array_equal(getattr(book, name), getattr(known, name))
    np.testing.assert_array_equal(book.exchange, known.exchange)
    numbers = prepared.inputs.settings
    assert (numbers.commission_rate, numbers.commission_min_yuan, numbers.slippage) == (
        known.commission_rate, known.commission_min_yuan, known.slippage
    )  # fmt: skip


def test_any_object_that_says_the_four_numbers_is_terms() -> None:
    mine = SimpleNamespace(
        commission_rate=0.0, commission_min_yuan=0.0, commission_includes_exchange_fees=True,
        slippage_bp=0.0,
    )  # fmt: skip
    rules = StockRules.between(["2024-01-02"], CODES[:2], ["2001-08-27", "1991-04-03"])
    found = StockCosts.of(rules, mine)
    assert found.cost_of([0, 0], [1e5, 0], day=0)[0] == pytest.approx(50.0 + 1.0)


@pytest.mark.parametrize(
    ("buy", "sell", "price", "said"),
    [
        ([-1.0, 0], [0, 0], 10.0, r"buy_yuan is -1.0 \(1 so\); accepted: yuan of each order"),
        ([0, 0], [np.nan, 0], 10.0, "sell_yuan is nan"),
        ([np.inf, 0], [0, 0], 10.0, "buy_yuan is inf"),
        ([1e4, 0], [0, 0], None, "1 orders are charged by their number of shares"),
        ([1e4, 0], [0, 0], [np.nan, 10.0], "pass price, yuan a share"),
        ([1e4, 0], [0, 0], [0.0, 10.0], "pass price, yuan a share"),
        ([1e4, 0], [0, 0], [np.inf, 10.0], "pass price, yuan a share"),
    ],
)
def test_amounts_and_prices_that_are_none_are_refused(buy, sell, price, said: str) -> None:
    known = StockCosts.between(["2014-09-17"], CODES[:2], Costs())
    with pytest.raises(RuleError, match=said):
        known.cost_of(buy, sell, price=price, day=0)


def test_a_day_without_a_rule_of_the_exchange_is_refused_where_it_is_traded() -> None:
    days = ["2021-11-12", "2021-11-15"]
    known = StockCosts.between(days, CODES, Costs(), list_dates=["NaT"] * 4 + ["2021-11-15"])
    yuan = np.zeros((2, 5))
    yuan[1] = 1e4
    assert np.isfinite(known.cost_of(yuan, np.zeros_like(yuan))).all()
    with pytest.raises(RuleError, match="orders on days for which the rule book has no fee"):
        known.cost_of(yuan + 1e4, np.zeros_like(yuan))


def test_the_formula_is_the_same_for_numbers_and_arrays() -> None:
    one = [float(part) for part in order_costs(1e4, 900.0, 8e-4, 5.0, 1e-3, 2e-5, 6e-4, 1.0, 7e-5)]
    many = order_costs(*(np.array([value]) for value in (1e4, 900.0, 8e-4, 5.0, 1e-3, 2e-5, 6e-4,
                                                         1.0, 7e-5)))  # fmt: skip
    assert one == [part[0] for part in many]
    assert [Decimal(str(round(part, 10))) for part in one] == [
        Decimal("8.0"), Decimal("10.0"), Decimal("1.0"), Decimal("0.7")
    ]  # fmt: skip
