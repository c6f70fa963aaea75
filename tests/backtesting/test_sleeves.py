"""A strategy with sleeves beside its stocks, as a user writes and reads it."""

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

import quanthedge as qh
from quanthedge.backtesting.plan import prepare
from quanthedge.errors import DataError, StrategyError
from quanthedge.hedge import contract_chain
from quanthedge.ledger import run_ledger
from quanthedge.sleeves import Wishes

START, END = "2014-09-17", "2014-12-31"


class Months(qh.Sleeve):
    """The next month bought and the front sold for two periods of three."""

    every: int = 20
    asked: ClassVar[int] = 0

    def wishes(self, market, first, last):
        chain = contract_chain(market, self.product)
        rows = np.arange(first - 1, last, self.every)
        legs = []
        for n, row in enumerate(rows):
            near = chain.front(int(row))
            names = [chain.contracts[m] for m in (near, near + 1)]
            legs.append({} if n % 3 == 0 else {names[0]: -1.0, names[1]: 1.0})
        return Wishes(rows, tuple({} for _ in rows), tuple(legs))


class Basket(qh.Sleeve):
    """Half the budget in one stock, once."""

    def wishes(self, market, first, last):
        place = int(np.flatnonzero(market.panel("traded")[first - 1])[0])
        return Wishes(np.array([first - 1]), ({place: 0.5},), ({},))


@pytest.fixture(scope="module")
def market():
    return qh.sample_market()


@pytest.fixture(scope="module")
def strategy():
    return qh.load_strategy("market_neutral", ["selector.n=30"])


@pytest.fixture(scope="module")
def mixed(market, strategy):
    sleeves = [Months(label="months", budget=0.3), Basket(label="one", budget=0.1)]
    return qh.backtest(strategy.change({"sleeves": sleeves}), market, START, END)


def test_each_sleeve_has_its_line_and_they_add_up(mixed):
    daily = qh.sleeve_bridge(mixed, "day")
    assert list(daily.columns[:3]) == ["stocks", "months", "one"]
    assert (daily["residual"].abs() <= 1e-9 * mixed.ledger["equity"].iloc[1:]).all()
    assert daily[["stocks", "months", "one"]].abs().sum().min() > 1e4
    assert mixed.bridge("whole")["residual"].abs().max() < 1e-3


def test_what_a_sleeve_earned_is_its_own_balance(mixed):
    table = mixed.sleeves
    whole = table["stock_value"] + table["cash"] + table["dividends_receivable"]
    np.testing.assert_allclose(whole, table["earned"], atol=1e-6)
    last = table.groupby("sleeve", sort=False)["earned"].last()
    figures = qh.sleeve_figures(mixed, "whole").set_index("sleeve")["net_yuan"]
    np.testing.assert_allclose(figures[last.index], last, atol=1e-3)


def test_trades_say_whose_they_are_and_positions_are_the_account_s(mixed):
    assert set(mixed.trades["sleeve"]) == {"stocks", "months", "one"}
    own = mixed.trades[mixed.trades["sleeve"] == "months"]
    assert own["code"].str.startswith("IF").all()
    assert not mixed.positions.duplicated(["date", "code"]).any()
    value = mixed.sleeves.groupby("date")["stock_value"].sum()
    np.testing.assert_allclose(value, mixed.ledger["stock_value"].iloc[1:], rtol=1e-12)


def test_the_same_stocks_without_sleeves_run_beside(mixed, market, strategy):
    alone = qh.backtest(strategy, market, START, END)
    pd.testing.assert_frame_equal(mixed.variants["stocks_alone"].ledger, alone.ledger)


def test_a_sleeve_that_wants_nothing_changes_nothing(market, strategy):
    class Nothing(qh.Sleeve):
        def wishes(self, market, first, last):
            return Wishes.none()

    idle = strategy.change({"sleeves": [Nothing(label="idle", budget=0.2)]})
    beside, alone = (
        run_ledger(prepare(one, market, START, END).inputs) for one in (idle, strategy)
    )
    np.testing.assert_array_equal(beside.ledger, alone.ledger)
    np.testing.assert_array_equal(beside.trades, alone.trades)


def test_a_fund_may_hold_sleeves_alone(market, strategy):
    alone = strategy.change(
        {
            "invested_fraction": 0.0, "factors": [], "name": "months", "name_zh": "跨期",
            "description": "Two months.", "description_zh": "两个月份。",
            "sleeves": [Months(label="months", budget=0.3)],
        }
    )  # fmt: skip
    found = qh.backtest(alone, market, START, END)
    assert found.positions.empty
    assert found.targets.empty
    assert set(found.trades["sleeve"]) == {"months"}
    assert "stocks_alone" not in found.variants
    assert abs(qh.sleeve_bridge(found)["residual"].iloc[0]) < 1e-3


def test_budgets_are_parts_of_the_equity(market, strategy):
    one = strategy.change({"sleeves": [Months(label="months", budget=0.3)]})
    inputs = prepare(one, market, START, END).inputs
    book = inputs.targets.sleeve(1)
    assert set(np.abs(book.exposures)) == {0.3}
    assert set(book.pointer) == {0}


class Apart(Basket):
    """A stock beside which a contract would be a bet of its own."""

    together: ClassVar[bool] = False


def test_legs_wait_for_each_other_unless_a_class_says_otherwise(market, strategy):
    ours = [{"kind": kind, "label": kind, "budget": 0.1}
            for kind in ("cash_and_carry", "industry_pairs")]  # fmt: skip
    own = [Basket(label="one", budget=0.1), Apart(label="apart", budget=0.1)]
    inputs = prepare(strategy.change({"sleeves": [*ours, *own]}), market, START, END).inputs
    assert inputs.hedge.together.tolist() == [False, True, True, True, False]


def test_a_fund_wound_up_leaves_its_sleeves(market, strategy):
    ended = strategy.change({"sleeves": [Months(label="months", budget=0.3)],
                             "fund.winding_up": "2014-11-28"})  # fmt: skip
    book = prepare(ended, market, START, END).inputs.targets.sleeve(1)
    after = book.trade_days > 0
    assert np.diff(book.lot_pointer)[after][-5:].sum() == 0


WRONG = {
    "twice": ([("a", 0.1), ("a", 0.1)], "label 'a' comes twice"),
    "the stocks' own label": ([("stocks", 0.1)], "label stocks"),
}


@pytest.mark.parametrize("case", WRONG)
def test_labels_are_told_apart(strategy, case):
    sleeves, told = WRONG[case]
    with pytest.raises(StrategyError, match=told):
        strategy.change({"sleeves": [Months(label=name, budget=b) for name, b in sleeves]})


def test_products_and_loans_that_do_not_fit_are_refused(strategy):
    with pytest.raises(StrategyError, match=r"trades IC; accepted"):
        strategy.change({"sleeves": [Months(label="a", budget=0.1, product="IC")]})
    with pytest.raises(StrategyError, match=r"borrowed"):
        strategy.change({"sleeves": [Months(label="a", budget=0.1)], "accounts.borrowed": 0.2})
    with pytest.raises(StrategyError, match="invested_fraction 0"):
        strategy.change({"invested_fraction": 0.0})


class Wrong(qh.Sleeve):
    how: str = "late"

    def wishes(self, market, first, last):
        none = ({},)
        return {
            "late": Wishes(np.array([last]), none, none),
            "short": Wishes(np.array([first]), ({0: -0.1},), none),
            "uneven": Wishes(np.array([first]), none, ()),
            "foreign": Wishes(np.array([first]), none, ({"IC1501": 1.0},)),
            "unknown": Wishes(np.array([first]), none, ({"IF0001": 1.0},)),
            "flat": Wishes(np.array([[first]]), none, none),
            "half": Wishes(np.array([first + 0.5]), none, none),
            "named": Wishes(np.array([first]), ({"000001.SZ": 0.1},), none),
            "text": Wishes(np.array([first]), ({0: "0.1"},), none),
            "true": Wishes(np.array([first]), ({0: True},), none),
            "numbered": Wishes(np.array([first]), none, ({5: 0.1},)),
            "loose": Wishes(np.array([first]), [(0, 0.1)], none),
            "other": 3,
        }[self.how]


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("late", "decision 0 on day"),
        ("short", "0 or more"),
        ("uneven", "as many of each"),
        ("foreign", "those of IF"),
        ("unknown", "wrong, 20.*: no contract IF0001"),
        ("flat", "whole numbers, one for each"),
        ("half", "rows of float64"),
        ("named", "have '000001.SZ': 0.1; accepted: parts by place"),
        ("text", "have 0: '0.1'"),
        ("true", "have 0: True"),
        ("numbered", "contracts have 5: 0.1; accepted: parts by name"),
        ("loose", "weights are tuple"),
        ("other", "returned int"),
    ],
)
def test_wishes_that_cannot_be_meant_end_in_one_line(market, strategy, how, told):
    wrong = strategy.change({"sleeves": [Wrong(label="wrong", budget=0.1, how=how)]})
    with pytest.raises((StrategyError, DataError), match=told):
        qh.backtest(wrong, market, START, END)


def test_what_a_rule_does_not_take_is_told_with_the_sleeve(market, strategy):
    pairs = {"kind": "industry_pairs", "label": "pairs", "budget": 0.1, "formation_days": 700}
    with pytest.raises(DataError, match=r"^sleeve pairs: .*a formation takes 700 days"):
        qh.backtest(strategy.change({"sleeves": [pairs]}), market, START, END)


def test_funds_without_sleeves_say_so(mixed):
    alone = mixed.changed(sleeves=mixed.sleeves.iloc[:0])
    with pytest.raises(DataError, match="no sleeves"):
        qh.sleeve_bridge(alone)


class Tomorrow(Months):
    """Trades the move of the next day."""

    def wishes(self, market, first, last):
        found = super().wishes(market, first, last)
        close = market.index_close("000300.SH")
        legs = [
            dict(one) if close[row + 1] > close[row] else {}
            for row, one in zip(found.rows, found.contracts, strict=True)
        ]
        return found._replace(contracts=tuple(legs))


@pytest.mark.slow
def test_the_audit_passes_a_sleeve_and_catches_one_that_peeks(market, strategy):
    honest, peeking = (
        strategy.change({"sleeves": [kind(label="months", budget=0.3, every=5)]})
        for kind in (Months, Tomorrow)
    )
    span = {"start": START, "end": "2014-10-31"}
    assert qh.audit(honest, market, dates=4, **span).passed
    assert not qh.audit(peeking, market, dates=4, first_only=True, **span).passed


def test_holdings_are_on_record_on_every_day_on_which_a_sleeve_trades(market, strategy):
    changed = strategy.change({"sleeves": [Months(label="months", budget=0.3, every=7)]})
    inputs = prepare(changed, market, START, END).inputs
    days = inputs.targets.sleeve(1).trade_days
    inside = days[days < inputs.record_day.size]
    assert len(inside) > 8
    assert inputs.record_day[inside].all()
    assert not inputs.record_day.all()
