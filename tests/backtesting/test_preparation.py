"""The rows that a ledger is given, on a market where every row of everything is another one."""

import atexit
import tempfile
from functools import cache, reduce
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from quanthedge.backtesting.plan import prepare
from quanthedge.errors import LedgerError
from quanthedge.ledger import HedgeBook, TargetBook, run_ledger
from quanthedge.market import Market
from quanthedge.rules import tables as rule_tables
from quanthedge.strategy import Strategy
from tests.backtesting.test_replay import kept_again
from tests.market.every_day import FIRST, LAST, every_day
from tests.oracles.preparation import Expected

ONE = {
    "name": "every day",
    "capital_yuan": 40e6,
    "invested_fraction": 0.93,
    "factors": [{"factor": {"kind": "size"}}],
    "selector": {"n": 7},
    "rebalance": {"every": 3},
    "universe": {"kind": "largest", "n": 20, "filters": [{"kind": "suspended"}]},
    "beta": {"kind": "ols", "window": 15, "min_observations": 8},
    "hedge": {
        "account": "speculative", "policy": {"kind": "calendar", "every_days": 1},
    },
    "accounts": {"futures_cash_rate": "market"},
    "costs": {
        "impact_coefficient": 0.5, "commission_includes_exchange_fees": False,
        "commission_rate": 0.0003, "dividend_tax": "public_fund",
    },
    "execution": {"participation": 0.3},
    "fund": {"crystallisation": "month", "audit_fee_yuan_per_year": 70_000},
}  # fmt: skip
TWO = ONE | {
    "capital_yuan": 200e6,
    "selector": {"n": 5},
    "rebalance": {"every": "month"},
    "invested_fraction": 0.7,
    "hedge": {
        "product": ["IF", "IC"], "risk_aversion": 6.0, "account": "hedging",
        "policy": {"kind": "calendar", "every_days": 2}, "roll_days": 0,
    },
    "accounts": {"stock_cash_rate": 0.02, "margin_call": 1.0, "margin_target": 1.0},
    "costs": {"dividend_tax": "none", "impact_coefficient": 0.0},
    "execution": {"fill": "vwap"},
    "fund": {"crystallisation": "quarter", "high_water_mark": "pre_fee"},
    "valuation": {"suspended": "beta", "materiality": 0.0},
}  # fmt: skip
QUOTA = ONE | {
    "selector": {"n": 8},
    "rebalance": {"every": "month"},
    "hedge": {
        "account": "hedging", "quota_lots": 60, "fill": "settlement",
        "policy": {
            "kind": "any", "of": [
                {"kind": "calendar", "every": "week"},
                {"kind": "price_move", "fraction": 0.02, "side": "both"},
            ],
        },
    },
    "execution": {"fill": "close", "participation": 1.0},
    "valuation": {"index": "hedged", "from_day": 2},
}  # fmt: skip
PLANS = {"one product": ONE, "two products": TWO, "a quota": QUOTA}


SEEDS = 6, 7  # what one market's orders happen to leave still, the other's move


@cache
def made(seed=SEEDS[0]):
    """Folders of the market and of its rules, made once."""
    keeper = tempfile.TemporaryDirectory(prefix="every_day_")
    atexit.register(keeper.cleanup)
    return every_day(Path(keeper.name), seed)


@cache
def market_of(seed=SEEDS[0]):
    return Market.open(made(seed)[0])


@cache
def expected_of(name):
    full = Strategy.model_validate(PLANS[name]).model_dump(mode="json")
    expected = Expected(*made(), full, FIRST, LAST)
    return expected, expected.arrays()


@pytest.fixture(autouse=True)
def its_rules(monkeypatch):
    """The market's rule tables in place of the packaged ones."""
    monkeypatch.setattr(rule_tables, "_DATA", made()[1])


def of_one_sleeve(inputs):
    """The inputs with targets and hedge of their only sleeve, whose arrays begin with the days."""
    return inputs._replace(targets=inputs.targets.sleeve(0), hedge=inputs.hedge.sleeve(0))


def prepared_of(plan, market):
    return prepare(Strategy.model_validate(plan), market, FIRST, LAST)


@pytest.mark.parametrize("plan", PLANS)
def test_every_row_handed_to_the_ledger_is_that_of_its_day(plan):
    prepared = prepared_of(PLANS[plan], market_of())
    expected, arrays = expected_of(plan)
    for name, value in arrays.items():
        found = field(of_one_sleeve(prepared.inputs), name)
        if name in ("stocks.limit_up", "stocks.limit_down"):  # of the boards, ordinary and ST
            found = found[:, : value.shape[1]]
        if name == "bars.delist" or name == "futures.last_day":
            found = np.minimum(found, expected.span.size)
        if name == "futures.margin_rate":  # of contracts that live, on days of the span
            found = np.where(np.isnan(value), np.nan, found)
        np.testing.assert_allclose(
            np.asarray(found, dtype=float), np.asarray(value, dtype=float), rtol=1e-8,
            atol=1e-12, err_msg=name,
        )  # fmt: skip
    assert prepared.leg.contracts == expected.contracts
    np.testing.assert_array_equal(prepared.dates, expected.wide)


def rows_of_one_product():
    """The first of these tests as a call, for the command that plants faults."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rule_tables, "_DATA", made()[1])
        test_every_row_handed_to_the_ledger_is_that_of_its_day("one product")


def field(inputs, name):
    """A field by its path; of the adjustment factor only its steps count."""
    if name == "bars.step":
        return inputs.bars.adj_factor[1:] / inputs.bars.adj_factor[:-1]
    return reduce(getattr, name.split("."), inputs)


@pytest.mark.parametrize("plan", PLANS)
def test_the_accounts_of_this_market_are_found_again(plan):
    strategy = Strategy.model_validate(PLANS[plan])
    folder, rules = made()
    tables = kept_again(strategy, market_of(), folder, FIRST, LAST, rules)
    assert (tables["ledger"]["lots"] < 0).sum() > 10


# What none of the three settings reads: each is held where it is read.
NOT_READ = {
    "record_day",  # says what is written down
    "tax.year_begin",  # of shares held for a year: tests/ledger
    "hedge.index_return",  # of the top-down method
    "hedge.book_ratio",  # of ratios that are rules
    "futures.larger_side",  # of lots long and short: tests/ledger/test_margin_of_both_sides.py
    "futures.after_stocks",  # the same on all of these days: tests/hedge/test_timing.py
    "fund.subscribed", "fund.redeemed", "fund.distributed", "fund.paid_out",
    "fund.units_change", "fund.service_change",  # of clients, see tests/fund
}  # fmt: skip


def moving(inputs):
    """Every array of the inputs that has a row for each day, or one more, by its path."""
    days = inputs.days.size

    def walk(value, path):
        if hasattr(value, "_fields"):
            for name, one in zip(value._fields, value, strict=True):
                yield from walk(one, f"{path}.{name}" if path else name)
        elif isinstance(value, np.ndarray) and value.size and len(value) in (days, days + 1):
            yield path, value

    return {
        path: value
        for path, value in walk(inputs, "")
        if not path.startswith(("actions.", "targets."))
    }


def shifted(inputs, name, by):
    """The inputs with one array's rows a day too late (1) or too early (-1)."""
    first, _, rest = name.partition(".")
    value = getattr(inputs, first)
    if rest:
        return inputs._replace(**{first: shifted(value, rest, by)})
    rows = np.clip(np.arange(len(value)) - by, 0, len(value) - 1)
    return inputs._replace(**{first: value[rows]})


def figures(inputs):
    try:
        books = {"targets": TargetBook.of([inputs.targets]), "hedge": HedgeBook.of([inputs.hedge])}
        return run_ledger(inputs._replace(**books)).ledger
    except LedgerError:  # its own promises have found the row
        return None


@pytest.mark.parametrize("by", [1, -1], ids=["too late", "too early"])
def test_a_row_too_early_or_too_late_anywhere_moves_a_figure(by, monkeypatch):
    known, moved = set(), set()
    for seed, plan in product(SEEDS, PLANS.values()):
        monkeypatch.setattr(rule_tables, "_DATA", made(seed)[1])
        inputs = of_one_sleeve(prepared_of(plan, market_of(seed)).inputs)
        before = figures(inputs)
        for name in moving(inputs):
            known.add(name)
            if name not in moved:
                after = figures(shifted(inputs, name, by))
                if after is None or not np.array_equal(before, after, equal_nan=True):
                    moved.add(name)
    assert len(known) > 50
    assert known - moved == NOT_READ
