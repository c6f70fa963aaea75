"""A spread on a simulated market across 2022-07-22, when margin of the larger side began."""

from functools import cache

import numpy as np
import pytest

from quanthedge.backtesting.plan import prepare
from quanthedge.hedge import contract_chain
from quanthedge.ledger import layout, run_ledger
from quanthedge.market import Market
from quanthedge.market.simulation import simulate_market
from quanthedge.rules import FuturesRules
from quanthedge.sleeves import Sleeve, Wishes
from tests.sample import small_strategy

START, END, SIZE = "2022-06-01", "2022-10-31", 5.0
NETTED = np.datetime64("2022-07-22")


class InAndOut(Sleeve):
    """The next month bought and the front sold every tenth day, for five days."""

    def wishes(self, market, first, last):
        chain = contract_chain(market, self.product)
        rows, legs = [], []
        for row in range(first - 1, last - 6, 10):
            near = chain.front(row + 6)
            rows += [row, row + 5]
            legs += [{chain.contracts[near]: -SIZE, chain.contracts[near + 1]: SIZE}, {}]
        return Wishes(np.array(rows), ({},) * len(rows), tuple(legs))


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    folder = tmp_path_factory.mktemp("later") / "market"
    simulate_market(folder, stocks=30, years=1, start="2022-01-04")
    return Market.open(folder)


@cache
def prepared(market):
    changes = {
        "invested_fraction": 0.0, "factors": [], "name": "Spread", "name_zh": "价差",
        "sleeves": [InAndOut(label="spread", budget=1.0)], "execution.retry_days": 0,
        "fund.management_fee_per_year": 0.0, "fund.custody_fee_per_year": 0.0,
        "accounts.stock_cash_rate": 0.0, "accounts.futures_cash_rate": 0.0,
    }  # fmt: skip
    return prepare(small_strategy().change(changes), market, START, END)


def test_new_lots_are_as_many_as_the_money_carries_under_the_rule_of_the_day(market):
    known = prepared(market)
    record, futures = run_ledger(known.inputs), known.inputs.futures
    rules = FuturesRules.between("IF", known.dates[1:], account="hedging")
    days = {True: 0, False: 0}
    opened = record.trades[(record.trades[:, 1] == 1) & (record.trades[:, 12] == layout.REBALANCE)]
    for t in np.unique(opened[:, 0]).astype(int):
        rows = opened[opened[:, 0] == t]
        if (record.contracts[:, 0] == t - 1).any() or len(rows) < 2:
            continue  # closed on this day, or a month is not listed yet
        lots = {int(row[2]): int(row[3]) for row in rows}
        price = {c: futures.fill_price[t, c] for c in lots}
        asked = {c: rules.margin[t] * 300.0 * price[c] for c in lots}
        netted = bool(known.dates[t + 1] >= NETTED)
        assert netted == rules.larger_side[t]
        for_one = max(asked.values()) if netted else sum(asked.values())
        money = record.ledger[t - 1, layout.EQUITY_] if t else known.inputs.settings.capital_yuan
        wanted = np.floor(SIZE * money / (300.0 * futures.settlement[t, min(lots)]) + 0.5)
        assert set(np.abs([*lots.values()])) == {min(wanted, np.floor(money / for_one + 1e-9))}
        assert (np.floor(money / for_one) < wanted) == (not netted)
        days[netted] += 1
    assert min(days.values()) >= 3
