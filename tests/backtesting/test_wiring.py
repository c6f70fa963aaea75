"""What a run's parts are given, beyond the rows of each day: spans, choices, what is refused."""

import shutil
from copy import deepcopy
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting import plan
from quanthedge.backtesting.plan import prepare, run_days
from quanthedge.documents import Document
from quanthedge.errors import DataError, StrategyError
from quanthedge.factors import signal_from
from quanthedge.hedge import ContractSchedule
from quanthedge.ledger import TaxRates, layout, run_ledger
from quanthedge.market import LimitPanel, Market, write_dataset
from quanthedge.portfolio import TopSelector
from quanthedge.rules import tables as rule_tables
from quanthedge.rules.boards import Board
from quanthedge.rules.stock_limits import LimitClass
from quanthedge.stages.keyed import forget_stages
from quanthedge.strategy import Strategy
from tests.backtesting.test_preparation import ONE, TWO, made, market_of
from tests.market.every_day import FIRST, LAST
from tests.sample import SAMPLE, sample_market

MAIN = Board.NAMES.index("main")
SHORT = ("2015-05-04", "2015-05-29")
PLAIN = {
    "name": "the smallest",
    "factors": [{"factor": {"kind": "size"}}],
    "selector": {"n": 20},
    "universe": {"kind": "largest", "n": 60, "filters": []},
    "beta": {"kind": "ols", "window": 60},
}


def strategy_of(*changes):
    """A strategy on the sample that is quickly prepared, with changes as on the command line."""
    plan = Document(deepcopy(PLAIN))
    plan.change(changes)
    return Strategy.model_validate(plan)


@pytest.fixture
def day_rules(monkeypatch):
    """The rules of the market on which every day is another one."""
    monkeypatch.setattr(rule_tables, "_DATA", made()[1])


def changed(plan, **sections):
    """A strategy with some sections of a plan changed."""
    whole = dict(plan)
    for name, one in sections.items():
        whole[name] = {**whole.get(name, {}), **one} if isinstance(one, dict) else one
    return Strategy.model_validate(whole)


def same(mine, own):
    if isinstance(mine, tuple | list):
        assert len(mine) == len(own)
        for one, other in zip(mine, own, strict=True):
            same(one, other)
    elif isinstance(mine, np.ndarray | float | int):
        np.testing.assert_allclose(mine, own, rtol=1e-12, equal_nan=True)


# ---- spans --------------------------------------------------------------------------------------


def test_without_dates_a_run_begins_after_the_longest_look_back_and_ends_with_the_data():
    market = sample_market()
    short, long = strategy_of(), strategy_of("beta={kind='ols', window=300}")
    assert prepare(short, market).first == 244
    assert prepare(long, market, end="2014-06-30").first == 301
    assert prepare(short, market).dates[-1] == market.dates[-1]


def test_a_market_as_long_as_the_look_back_is_refused_and_one_day_more_runs():
    market = sample_market()
    said = r"244 trading days up to 2014-01-06, but the strategy looks back over 244 days"
    with pytest.raises(DataError, match=said):
        prepare(strategy_of(), market.until(market.dates[243]))
    found = prepare(strategy_of(), market.until(market.dates[244]))
    assert found.inputs.days.size == 1
    assert prepare(strategy_of(), market.until(market.dates[243]), "2014-01-06").first > 0


def test_the_first_day_of_the_data_has_no_close_before_it():
    market = sample_market()
    with pytest.raises(DataError, match="is the first day of the data"):
        prepare(strategy_of(), market, str(market.dates[0]), "2013-03-01")


@pytest.mark.usefixtures("day_rules")
def test_the_second_day_of_the_data_can_be_the_first_of_a_run():
    market = market_of()
    strategy = changed(ONE, universe={"kind": "largest", "n": 20, "filters": []})
    found = prepare(strategy, market, str(market.dates[1]), str(market.dates[3]))
    assert found.first == 1
    assert found.inputs.bars.mark.shape[0] == 4
    assert np.isnan(found.leg.hedge.beta).all()


def test_each_stage_is_told_before_it_begins():
    told = []
    prepare(strategy_of(), sample_market(), *SHORT, tell=told.append)
    assert told == ["selecting stocks", "estimating betas, looking up rules and contracts"]


# ---- what is refused, and what stands where a table is missing -----------------------------------


def market_with(tmp_path, **tables):
    """The market of every day with other tables; None leaves one out."""
    import pyarrow.parquet as pq

    found = {path.stem: pq.read_table(path) for path in sorted(made()[0].glob("*.parquet"))}
    for name, change in tables.items():
        table = found.pop(name)
        if change is not None:
            found[name] = change(table)
    report = write_dataset(tmp_path / "market", found, name="changed", source="made for tests")
    assert report.ok
    return Market.open(tmp_path / "market")


@pytest.mark.usefixtures("day_rules")
def test_interest_that_begins_later_than_the_run_is_named_with_its_day(tmp_path):
    market = market_with(tmp_path, cash_rate=lambda table: table.slice(90))
    begins = pd.Timestamp("2021-12-01")
    first = market.dates[np.isfinite(market.cash_rate())][0]
    assert first > np.datetime64(begins, "D")
    with pytest.raises(DataError, match="no rate by 2021-11-12; start later"):
        prepare(Strategy.model_validate(ONE), market, FIRST, LAST)
    fixed = changed(ONE, accounts={"stock_cash_rate": 0.01, "futures_cash_rate": 0.0})
    assert (prepare(fixed, market, FIRST, LAST).inputs.stock_rate == 0.01).all()


@pytest.mark.usefixtures("day_rules")
def test_without_a_table_of_actions_the_factor_tells_them_and_no_tax_is_known(tmp_path):
    market = market_with(tmp_path, corporate_actions=None)
    untaxed = changed(ONE, costs={"dividend_tax": "none"})
    found = prepare(untaxed, market, FIRST, LAST)
    assert found.actions.use is None
    assert found.actions.rules is None
    assert found.inputs.actions.stock.size == 0
    assert not any(one.any() for one in found.inputs.tax[:6])
    days = slice(found.first - 1, found.first + found.inputs.days.size)
    np.testing.assert_array_equal(
        found.inputs.bars.adj_factor, market.panel("adj_factor")[days]
    )  # fmt: skip
    with pytest.raises(StrategyError, match="has no table corporate_actions"):
        prepare(Strategy.model_validate(ONE), market, FIRST, LAST)


@pytest.mark.usefixtures("day_rules")
def test_every_rule_that_a_run_looked_up_is_in_its_table():
    taxed = prepare(Strategy.model_validate(ONE), market_of(), FIRST, LAST)
    tables = set(taxed.rules["table"])
    assert taxed.rules.index.is_unique
    assert {"stock_fees", "stock_stamp_duty", "fut_margin", "fut_fees", "dividend_tax"} <= tables
    untaxed = prepare(changed(ONE, costs={"dividend_tax": "none"}), market_of(), FIRST, LAST)
    assert "dividend_tax" not in set(untaxed.rules["table"])
    both = prepare(Strategy.model_validate(TWO), market_of(), FIRST, LAST)
    keys = " ".join(both.rules.loc[both.rules["table"] == "fut_margin", "key"])
    assert "IF" in keys
    assert "IC" in keys


def test_a_stock_is_young_by_its_listing_day_and_old_without_one_in_the_calendar():
    market = sample_market()
    found = prepare(strategy_of(), market, *SHORT)
    index = market.list_index() - found.first
    stocks, place = found.inputs.stocks, found.inputs.bars.limit_class
    special = market.panel("is_st")[found.first : found.first + found.inputs.days.size]
    as_board = 2 * stocks.board + special  # [T, N] where no other status holds
    young = np.flatnonzero((index >= 0) & (index < found.inputs.days.size))
    assert young.size
    days = np.arange(found.inputs.days.size)
    listing = (days[:, None] == index) & (stocks.board == MAIN)
    assert listing.any(axis=0)[young].all()  # all are of the main board: the rule is of one day
    assert (index < -40).any()
    np.testing.assert_array_equal(place[~listing], as_board[~listing])
    for limits, fraction in ((stocks.limit_up, 0.44), (stocks.limit_down, 0.36)):
        told = np.take_along_axis(limits, place.astype(np.int64), axis=1)
        np.testing.assert_array_equal(told[listing], fraction)
        np.testing.assert_array_equal(told[~listing & ~special], 0.1)


@pytest.mark.usefixtures("day_rules")
def test_the_listing_rules_are_those_of_each_stocks_own_day():
    market = market_of()
    found = prepare(Strategy.model_validate(ONE), market, FIRST, LAST)
    stocks, place = found.inputs.stocks, found.inputs.bars.limit_class
    places = set(range(2 * len(Board.NAMES))) | {
        LimitClass.FREE
    }  # of a board, and of a delisting period
    other = np.argwhere(~np.isin(place, list(places)))
    days = market.dates[found.first :]
    own = {str(market.codes[n]): (str(days[t]), int(place[t, n])) for t, n in other}
    assert len(other) == len(own) == 2  # one day each
    listed = {"601006.SH": "2021-12-03", "835005.BJ": FIRST}
    assert {code: day for code, (day, _) in own.items()} == listed
    limits = {
        code: (float(stocks.limit_up[t, place[t, n]]), float(stocks.limit_down[t, place[t, n]]))
        for code, (t, n) in zip(own, other, strict=True)
    }
    assert limits == {"601006.SH": (0.44, 0.36), "835005.BJ": (np.inf, np.inf)}


# ---- numbers ------------------------------------------------------------------------------------


def test_every_number_of_the_strategy_reaches_the_ledger_in_its_place():
    changes = [
        "capital_yuan=123456789", "execution.fill=close", "execution.participation=0.21",
        "execution.retry_days=7", "execution.rights=lapse", "execution.delisting_recovery=0.31",
        "execution.sale_proceeds=next_day",
        "costs.commission_rate=0.00041", "costs.commission_min_yuan=6.5",
        "costs.commission_includes_exchange_fees=false", "costs.slippage_bp=8",
        "costs.impact_coefficient=0.7", "costs.futures_slippage_bp=0.9",
        "accounts.cash_reserve=0.11", "accounts.margin_call=1.3", "accounts.margin_target=1.6",
        "accounts.margin_release=2.2", "accounts.borrowed=0.4", "accounts.borrowing_rate=0.055",
        "fund.service_fee_per_year=0", "fund.audit_fee_yuan_per_year=1234",
    ]  # fmt: skip
    inputs = prepare(strategy_of(*changes), sample_market(), *SHORT).inputs
    assert inputs.settings._asdict() == {
        "capital_yuan": 123456789.0, "fill": 2, "participation": 0.21, "retry_days": 7,
        "sale_proceeds": 2,
        "commission_rate": 0.00041, "commission_min_yuan": 6.5, "exchange_fees_included": False,
        "slippage": pytest.approx(0.0008), "impact_coefficient": 0.7,
        "futures_slippage": pytest.approx(0.00009), "cash_reserve": 0.11, "recovery": 0.31,
        "call_multiple": 1.3, "target_multiple": 1.6, "release_multiple": 2.2,
        "subscribe_rights": False, "borrowed": 0.4, "borrowing_rate": 0.055,
    }  # fmt: skip
    plain = prepare(strategy_of(), sample_market(), *SHORT).inputs.settings
    assert plain.subscribe_rights
    assert plain.fill == 0
    fund = inputs.fund
    assert fund.audit_yuan_per_year == 1234
    flows = (fund.subscribed, fund.redeemed, fund.distributed, fund.paid_out)
    assert not any(one.any() for one in (*flows, fund.units_change, fund.service_change))
    one = strategy_of("execution.fill=vwap")
    assert prepare(one, sample_market(), *SHORT).inputs.settings.fill == 1


def test_lots_and_boards_are_those_of_each_code():
    market = market_of()
    found = prepare(Strategy.model_validate(ONE), market, FIRST, LAST).inputs.stocks
    rows = zip(market.codes, found.board, found.exchange, found.lot, found.step, strict=True)
    assert {code: tuple(int(x) for x in row) for code, *row in rows} == {
        "000002.SZ": (0, 1, 100, 100), "002007.SZ": (0, 1, 100, 100),
        "300003.SZ": (1, 1, 100, 100), "300008.SZ": (1, 1, 100, 100),
        "600001.SH": (0, 0, 100, 100), "601006.SH": (0, 0, 100, 100),
        "603009.SH": (0, 0, 100, 100), "688004.SH": (2, 0, 200, 1),
        "835005.BJ": (3, 2, 100, 1),
    }  # fmt: skip


@pytest.mark.usefixtures("day_rules")
def test_a_volatility_is_the_median_of_the_others_where_no_stock_traded_enough():
    market = market_of()
    strategy = changed(ONE, universe={"kind": "largest", "n": 20, "filters": []})
    found = prepare(strategy, market, FIRST, LAST)
    days = slice(found.first - 1, found.first + found.inputs.days.size)
    returns = np.array(market.panel("simple_return"))[: days.stop]
    spread = found.inputs.volatility
    assert np.isfinite(spread).all()
    new = market.codes.tolist().index("601006.SH")
    t = 3
    last = returns[days.start + t - 19 : days.start + t + 1]
    known = np.isfinite(last).sum(axis=0) >= 5
    assert not known[new]
    spreads = np.nanstd(last[:, known], axis=0, ddof=1)
    np.testing.assert_allclose(spread[t, new], np.median(spreads), rtol=1e-10)
    np.testing.assert_allclose(spread[t, known], spreads, rtol=1e-10)


# ---- the hedge ----------------------------------------------------------------------------------


def test_one_product_hedges_the_index_of_the_estimator_and_several_hedge_their_own():
    market = sample_market()
    one = prepare(strategy_of("beta.index='000905.SH'"), market, *SHORT)
    days = slice(one.first - 1, one.first + one.inputs.days.size)
    other = market.index_close("000905.SH")
    np.testing.assert_array_equal(one.leg.hedge.index_level[:, 0], other[days])
    moves = other[1:] / other[:-1] - 1
    wide = slice(days.start - 1, days.stop - 1)
    np.testing.assert_allclose(one.leg.hedge.index_return, moves[wide], rtol=1e-12)
    two = prepare(
        strategy_of("hedge.product=['IC', 'IF']", "beta={kind='ols', window=60}"),
        market, *SHORT,
    )  # fmt: skip
    np.testing.assert_array_equal(two.leg.hedge.index_level[:, 0], other[days])
    assert two.leg.hedge.beta.shape[2] == 2
    assert two.leg.contracts[0].startswith("IC")


@pytest.mark.parametrize(
    "choice",
    [
        {"contract": "next"},
        {"contract": "quarter", "roll": "open_interest"},
        {"contract": "front", "roll": "basis", "roll_days": 2, "roll_window": 9},
        {"contract": "main", "fill": "vwap"},
    ],
)
def test_contracts_are_chosen_rolled_and_filled_as_the_strategy_says(choice):
    strategy = strategy_of(*(f"hedge.{name}={value!r}" for name, value in choice.items()))
    market = sample_market()
    found = prepare(strategy, market, "2014-11-03", "2015-02-27")
    last = found.first + found.inputs.days.size - 1
    wanted = ContractSchedule.of(market, "IF", found.first, last, **choice)
    assert found.leg.contracts == wanted.contracts
    np.testing.assert_array_equal(found.inputs.futures.hold[:, 0], wanted.hold)
    np.testing.assert_array_equal(found.inputs.futures.fill_price, wanted.fill_price)


def test_a_range_and_the_window_of_a_book_beta_reach_the_ledger():
    plain = prepare(strategy_of(), sample_market(), *SHORT).leg.hedge
    assert (plain.method, plain.ratio, plain.default_beta, plain.aversion) == (0, 1.0, 1.0, 0.0)
    assert np.isnan([plain.range_low, plain.range_high]).all()
    assert (plain.window, plain.min_observations) == (60, 40)
    endless = prepare(strategy_of("beta={kind='kalman'}"), sample_market(), *SHORT).leg.hedge
    assert endless.window == 0  # of an estimator without a window
    changes = [
        "hedge.range=[0.8, 1.2]", "hedge.ratio=0.6",
        "beta={kind='ols', window=90, min_observations=33, method='top_down'}",
    ]  # fmt: skip
    found = prepare(strategy_of(*changes), sample_market(), *SHORT).leg.hedge
    assert (found.range_low, found.range_high, found.ratio) == (0.8, 1.2, 0.6)
    assert (found.method, found.window, found.min_observations) == (1, 90, 33)
    scaled = strategy_of("hedge.ratio={kind='beta', scale=0.4}")
    found = prepare(scaled, sample_market(), *SHORT)
    assert found.leg.hedge.ratio == 0.4
    same(found.inputs.hedge.sleeve(0), found.leg.hedge)
    assert not prepare(scaled, sample_market(), *SHORT).leg.fallback.any()


def test_a_ratio_of_least_variance_is_that_of_the_book_as_it_was_decided():
    rule = "{kind='minimum_variance', window=60, min_observations=30, horizon_days=1}"
    strategy = strategy_of(f"hedge.ratio={rule}", "hedge.contract=next")
    market = sample_market()
    found = prepare(strategy, market, *SHORT)
    hedge, first = found.leg.hedge, found.first
    assert (hedge.method, hedge.ratio) == (3, 1.0)
    assert not found.leg.fallback.any()
    begin = first - 1 - 59
    last = first + found.inputs.days.size - 1
    held = ContractSchedule.of(market, "IF", begin - 1, last, contract="next", fill="close")
    price, hold = held.settlement_price, held.hold
    rows = np.arange(1, hold.size)
    future = price[rows, hold[:-1]] / price[rows - 1, hold[:-1]] - 1  # of rows begin .. last
    returns = np.nan_to_num(market.panel("simple_return"))
    targets, fitted = found.selection.targets, []
    for close in range(first - 1, last + 1):
        r = np.searchsorted(targets.decision_rows, close, side="right") - 1
        mine = slice(targets.pointer[r], targets.pointer[r + 1])
        weights = targets.weights[mine] / targets.weights[mine].sum()
        window = slice(close - 59, close + 1)
        book = returns[window][:, targets.stocks[mine]] @ weights
        hedge_return = future[close - 59 - begin : close + 1 - begin]
        both = np.cov(book, hedge_return)
        fitted.append(both[0, 1] / both[1, 1])
    np.testing.assert_allclose(hedge.book_ratio[:, 0], fitted, rtol=1e-8)


def test_where_a_ratio_has_none_of_its_own_the_beta_of_the_book_stands_in():
    rule = "{kind='minimum_variance', window=250, min_observations=200}"
    span = "2013-06-03", "2013-06-14"  # the market has fewer days than the rule asks for
    found = prepare(strategy_of(f"hedge.ratio={rule}"), sample_market(), *span)
    assert found.leg.fallback.all()
    targets, betas = found.selection.targets, found.leg.hedge.beta[:, :, 0]
    mine = slice(targets.pointer[0], targets.pointer[1])
    weights = targets.weights[mine] / targets.weights[mine].sum()
    book = np.nan_to_num(betas[0, targets.stocks[mine]], nan=1.0) @ weights
    np.testing.assert_allclose(found.leg.hedge.book_ratio[0, 0], book, rtol=1e-10)


@pytest.mark.parametrize(("contract", "rolls"), [("front", 12), ("next", 12), ("quarter", 4)])
def test_variance_and_carry_weighed_against_each_other_are_those_of_a_year(contract, rolls):
    market = sample_market()
    strategy = strategy_of("hedge.risk_aversion=5.0", f"hedge.contract={contract}")
    found = prepare(strategy, market, *SHORT)
    close = market.index_close("000300.SH")
    moves = close[1:] / close[:-1] - 1
    for t in (0, 7):
        last = found.first - 1 + t
        var = np.var(moves[last - 250 : last], ddof=1) * 243
        np.testing.assert_allclose(found.leg.hedge.covariance[t], [[var]], rtol=1e-10)
    begin = found.first - 1 - 40
    stop = found.first + found.inputs.days.size - 1
    held = ContractSchedule.of(market, "IF", begin, stop, contract=contract, fill="close")
    days = np.arange(21, 41)  # the twenty up to the close before the span
    prices = held.settlement_price[days, held.hold[days]]
    ends = pd.read_parquet(SAMPLE / "futures_daily.parquet").groupby("contract")
    last_days = ends["last_trading_day"].first()
    names = [held.contracts[c] for c in held.hold[days]]
    today = market.dates[begin + days]
    life = [
        int((np.datetime64(last_days[name], "D") - day).astype(int)) / 365
        for name, day in zip(names, today, strict=True)
    ]
    basis = prices / close[begin + days] - 1
    cost = -basis.sum() / sum(life) + rolls * 2 * (2.5e-5 + 0.5e-4)
    np.testing.assert_allclose(found.leg.hedge.carry[0, 0], cost, rtol=1e-9)


def test_an_estimator_that_remembers_all_and_one_that_does_not_need_it_agree_with_the_whole():
    market = sample_market()
    for beta in ("{kind='ols', window=60}", "{kind='kalman'}"):
        strategy = strategy_of(f"beta={beta}")
        found = prepare(strategy, market, *SHORT)
        last = found.first + found.inputs.days.size - 1
        close = market.index_close("000300.SH")[: last + 1]
        moves = np.append(np.nan, close[1:] / close[:-1] - 1)
        whole = strategy.beta.fit(market.panel("simple_return")[: last + 1], moves).beta_
        mine = found.leg.hedge.beta[:, :, 0]
        np.testing.assert_allclose(mine, whole[found.first - 1 :], rtol=1e-9, atol=1e-12)


def test_what_betas_leave_out_is_counted():
    rule = "{kind='ols', window=60, preparation={resumption='drop', limit_days='merge'}}"
    found = prepare(strategy_of(f"beta={rule}"), sample_market(), *SHORT)
    assert sum(found.leg.prepared.values()) > 0


# ---- one preparation for several strategies -----------------------------------------------------


@pytest.mark.usefixtures("day_rules")
@pytest.mark.parametrize(
    ("plan", "sections"),
    [
        (ONE, {"invested_fraction": 0.4}),
        (ONE, {"invested_fraction": 1.3, "accounts": {"borrowed": 0.6}}),
        (ONE, {"hedge": {"ratio": 0.0}}),
        (TWO, {"hedge": {"ratio": 0.0}}),
        (ONE | {"hedge": {"ratio": 0.0, "range": [0.5, 0.9]}}, {"invested_fraction": 0.4}),
    ],
)
def test_what_is_shared_is_what_a_preparation_of_its_own_would_find(plan, sections):
    if "hedge" in sections:  # nothing is sold: no carry to weigh, no range to keep
        sections = {"hedge": {"ratio": 0.0, "risk_aversion": 0.0, "range": None}}
    rule = {"kind": "minimum_variance", "window": 20, "min_observations": 10, "horizon_days": 1}
    base = changed(plan, hedge={"ratio": rule} if "ratio" not in plan["hedge"] else {})
    market = market_of()
    known = prepare(base, market, FIRST, LAST)
    other = changed(base.model_dump(mode="json"), **sections)
    mine = prepare(other, market, FIRST, LAST)
    forget_stages()
    own = prepare(other, market, FIRST, LAST)
    same(mine.inputs, own.inputs)
    same(mine.leg.fallback, own.leg.fallback)
    assert mine.leg.contracts == own.leg.contracts
    assert len(mine.leg.schedules) == len(mine.leg.rules) == len(own.leg.rules)
    pd.testing.assert_frame_equal(mine.rules, own.rules)
    assert mine.strategy == other
    same(mine.selection.targets.weights, own.selection.targets.weights)
    same(mine.selection.shares, own.selection.shares)
    before = run_ledger(known.inputs).ledger
    assert not np.array_equal(run_ledger(mine.inputs).ledger, before)


@pytest.mark.usefixtures("day_rules")
@pytest.mark.parametrize("last", [0, 7, -2])
def test_a_fund_that_is_wound_up_wants_nothing_after_its_last_day_whoever_prepared_it(last):
    days = market_of().dates
    days = days[(days >= np.datetime64(FIRST)) & (days <= np.datetime64(LAST))]
    plan = ONE | {"fund": {"winding_up": str(days[last])}}
    known = prepare(changed(plan), market_of(), FIRST, LAST)
    targets, last = known.inputs.targets.sleeve(0), last % days.size
    wanted = [t for t in range(0, days.size, 3) if t <= last]
    assert targets.trade_days.tolist() == [*wanted, *range(last + 1, days.size)]
    assert (np.diff(targets.pointer)[: len(wanted)] > 0).all()
    assert (np.diff(targets.pointer)[len(wanted) :] == 0).all()
    smaller = changed(plan, invested_fraction=0.3)
    shared = prepare(smaller, market_of(), FIRST, LAST).inputs
    forget_stages()
    same(shared, prepare(smaller, market_of(), FIRST, LAST).inputs)


def test_weights_are_the_invested_fraction_of_what_the_selector_shares_out():
    strategy = strategy_of("invested_fraction=0.6", "selector.weighting=cap")
    found = prepare(strategy, sample_market(), *SHORT).selection
    np.testing.assert_allclose(found.targets.weights, 0.6 * found.shares)
    for r in range(found.targets.decision_rows.size):
        part = found.shares[found.targets.pointer[r] : found.targets.pointer[r + 1]]
        np.testing.assert_allclose(part.sum(), 1.0)
    assert {"date", "reason", "count"} <= set(found.exclusions.columns)
    assert "factor" in found.coverage.columns
    assert isinstance(strategy.selector, TopSelector)


def test_the_money_of_sales_is_told_as_the_ledger_counts_it():
    for name, number in (
        ("same_auction", layout.SAME_AUCTION),
        ("after_fill", layout.AFTER_FILL),
        ("next_day", layout.NEXT_DAY),
    ):
        strategy = strategy_of(f"execution.sale_proceeds='{name}'")
        assert prepare(strategy, sample_market(), *SHORT).inputs.settings.sale_proceeds == number


def test_an_opening_auction_is_a_part_of_twenty_days_before_it():
    strategy = strategy_of("execution.participation_open=0.5", "execution.auction_share=0.02")
    market = sample_market()
    known = prepare(strategy, market, *SHORT)
    amount = market.panel("amount")
    checked = 0
    for t in (0, 7, known.dates.size - 2):
        last = known.first + t  # of the days before
        for i in range(0, len(market.codes), 7):
            days = amount[last - 20 : last, i]
            if np.isfinite(days).sum() == 20:
                expected = 0.01 * np.median(days)
                assert known.inputs.auction[t, i] == pytest.approx(expected, rel=1e-12)
                checked += 1
    assert checked > 20


def test_the_days_of_a_run_are_those_asked_for():
    strategy, market = strategy_of(), sample_market()
    assert run_days(strategy, market, "2015-05-01", "2015-05-31") == SHORT
    assert run_days(strategy, market, end="2015-05-29")[1] == SHORT[1]


def test_the_flows_of_investors_have_a_place_for_every_day():
    known = prepare(strategy_of(), sample_market(), *SHORT)
    fund, days = known.inputs.fund, known.dates.size - 1
    for name in ("subscribed", "redeemed", "distributed", "paid_out", "units_change"):
        flows = getattr(fund, name)
        assert flows.shape == (days,), name
        assert not flows.any()


@pytest.mark.usefixtures("day_rules")
@pytest.mark.parametrize("plan", [ONE, TWO])
def test_without_a_hedge_there_is_no_contract_and_nothing_to_pay_or_to_limit(plan):
    off = {"ratio": 0.0, "risk_aversion": 0.0, "range": None}
    leg = prepare(changed(plan, hedge=off), market_of(), FIRST, LAST).leg
    days, products = leg.hedge.beta.shape[0] - 1, leg.hedge.beta.shape[2]
    book = leg.futures
    assert (leg.contracts, leg.schedules, leg.rules, leg.timing) == ([], [], [], None)
    assert not leg.fallback.any()
    assert leg.fallback.shape == (days + 1,)
    for array, shape, kind in (
        (book.product, (0,), np.int64), (book.last_day, (0,), np.int64),
        (book.fill_price, (days, 0), np.float64), (book.settlement, (days + 1, 0), np.float64),
        (book.margin_rate, (days + 1, 0), np.float64), (book.no_sale, (days, 0), np.bool_),
        (book.no_buy, (days, 0), np.bool_),
    ):  # fmt: skip
        assert (array.shape, array.dtype) == (shape, kind)
    np.testing.assert_array_equal(book.hold, np.full((days, products), -1))
    np.testing.assert_array_equal(book.after_stocks, np.ones(days, dtype=bool))
    np.testing.assert_array_equal(book.multiplier, np.ones(products))
    for free in (book.fee_rate, book.close_today_rate, book.order_fee_yuan, book.delivery_fee_rate):
        np.testing.assert_array_equal(free, np.zeros((days, products)))
    for limit in (book.opening_limit, book.position_limit):
        np.testing.assert_array_equal(limit, np.full((days, products), np.inf))


@pytest.mark.parametrize(("unknown", "first"), [(0, 244), (300, 301), (301, 302)])
def test_a_fund_on_market_interest_begins_after_the_first_rate(unknown, first):
    """The row of the first day; the interest of a day is that of the close before it."""
    rates = np.where(np.arange(500) < unknown, np.nan, 0.02)
    strategy = strategy_of("accounts.stock_cash_rate=market")
    assert plan._first_day(strategy, days_with(rates)) == first


def test_a_market_without_a_rate_names_it():
    strategy = strategy_of("accounts.stock_cash_rate=market")
    with pytest.raises(DataError, match="but cash_rate begins later"):
        plan._first_day(strategy, days_with(np.full(500, np.nan)))


def days_with(rates):
    """Five hundred days of which the rates are known, and a future from the first month on."""
    return SimpleNamespace(
        dates=np.arange(500).astype("datetime64[D]"), name="made", cash_rate=lambda: rates,
        futures=lambda _: pd.DataFrame({"date": pd.to_datetime(["1970-02-01"])}),
    )  # fmt: skip


def test_a_fund_that_reads_a_table_begins_the_day_after_its_first_row():
    market = sample_market()
    rows = market.dates[400:]
    table = pd.DataFrame(1.0, pd.DatetimeIndex(rows), list(market.codes[:30]))
    factors = [{"factor": signal_from(table)}]
    strategy = strategy_of().change({"factors": factors})
    assert run_days(strategy, market)[0] == str(market.dates[401])


def test_the_usual_turnover_of_a_stock_whose_amounts_are_not_told_is_that_of_its_volumes():
    amount = np.column_stack([np.full(30, 500.0), np.zeros(30)])
    panels = {"amount": amount, "volume": np.full((30, 2), 10.0), "close": np.full((30, 2), 7.0)}
    market = SimpleNamespace(panel=panels.__getitem__)
    np.testing.assert_array_equal(plan._usual_turnover(market, 25, 30)[-1], [500.0, 70.0])


def test_limits_that_lie_with_a_market_are_those_of_the_days_to_the_very_last(tmp_path):
    shutil.copytree(SAMPLE, tmp_path / "market")
    market = Market.open(tmp_path / "market")
    market.build_panels()
    assert market.kept_folder is not None
    last = len(market.dates) - 1
    for first in (1, last - 4, last):
        kept, own = plan._limits(market, first, last), LimitPanel.of(market, first, last)
        np.testing.assert_array_equal(kept.place, own.place)
        np.testing.assert_array_equal(kept.up, own.up)
        np.testing.assert_array_equal(kept.down, own.down)


def test_rules_of_dividend_tax_are_those_of_the_dividends_of_the_span():
    days = pd.to_datetime(["2011-06-01", "2014-06-03"])
    table = pd.DataFrame({"ex_date": days, "record_date": days - pd.Timedelta(days=1)})
    dates = np.arange("2014-05-01", "2014-07-01", dtype="datetime64[D]")
    used = TaxRates.of_actions(table, dates).used
    alone = TaxRates.of_actions(table.iloc[1:], dates).used
    assert used is not None
    pd.testing.assert_frame_equal(used, alone)
