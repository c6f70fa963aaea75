"""Stocks that a sleeve has borrowed and sold: the slow reference, fill by fill, and by hand."""

from dataclasses import replace

import numpy as np
import pytest

from quanthedge.errors import LedgerError
from quanthedge.ledger import LedgerRecord, lending_book, run_ledger
from quanthedge.ledger.layout import COLUMNS, TRADE_REASONS
from tests.ledger.adapter import kernel_trades, reference_trades
from tests.ledger.test_kernel_beside_reference import compare_trades
from tests.ledger.test_many_sleeves import (
    assert_same_run,
    kernel_sleeves,
    random_contracts,
    random_sleeves,
    refusals_of,
)
from tests.oracles.borrowing import Terms
from tests.oracles.ledger import Action
from tests.oracles.random_market import calm_inputs
from tests.oracles.sleeves import Stated, run_sleeves


def random_terms(rng, days):
    """Terms that change now and then, are sometimes scarce, and begin late in some markets."""
    change = np.concatenate([[True], rng.random(days) < 0.1])
    held = np.maximum.accumulate(np.where(change, np.arange(days + 1), 0))
    fee = rng.uniform(0.0, 0.2, days + 1)[held]
    available = rng.choice([0.0, 5e4, 2e5, 1e6, 1e9], days + 1)[held]
    collateral = rng.choice([0.0, 0.2, 0.5, 1.0], days + 1)[held]
    begins = int(rng.choice([0, 0, 0, 10]))
    for part in (fee, available, collateral):
        part[:begins] = np.nan
    return Terms(fee.tolist(), available.tolist(), collateral.tolist())


def random_short(rng, x, stated):
    """A sleeve of that market that sells short on most of its days, and what it states."""
    days, stocks = len(x.days), len(x.delist)
    told = stated or random_contracts(rng, x)
    more = {int(t) for t in np.flatnonzero(rng.random(days) < 0.15)}
    targets, contracts = [], dict(told.targets)
    for t in sorted({day for day, _ in told.targets} | more):
        chosen = np.flatnonzero(rng.random(stocks) < 0.6)
        side = rng.choice([-1.0, -1.0, -1.0, 1.0, 0.0])
        ways = np.where(rng.random(len(chosen)) < 0.8, side, -side)
        size = rng.choice([0.02, 0.1, 0.3, 0.7]) / max(1, len(chosen))
        targets.append(
            (t, [(int(i), float(w * size)) for i, w in zip(chosen, ways, strict=True)])
        )  # fmt: skip
    told.targets = [(t, contracts.get(t, [])) for t, _ in targets]
    sleeve = replace(x, both_sides=True, aversion=0.0, range=None, targets=targets)
    return sleeve, told


def random_borrowers(seed, **sizes):
    """Sleeves of a random market of which the last one or two borrow."""
    sleeves, stated = random_sleeves(seed, **sizes)
    rng = np.random.default_rng((seed, 11))
    lending = [None] * len(sleeves)
    for k in range(len(sleeves) - 1 - int(rng.random() < 0.3 and len(sleeves) > 2), len(sleeves)):
        sleeves[k], stated[k] = random_short(rng, sleeves[k], stated[k])
        lending[k] = random_terms(rng, len(sleeves[k].days))
    return sleeves, stated, lending


def kernel_borrowers(sleeves, stated, lending):
    """The same as the kernel takes it."""
    terms = [one and tuple(np.array(part) for part in vars(one).values()) for one in lending]
    return kernel_sleeves(sleeves, stated)._replace(lending=lending_book(terms))


def agree(seed, made=random_borrowers, **sizes):
    """The kernel's run is the reference's; returns it."""
    sleeves, stated, lending = made(seed, **sizes)
    fast = run_ledger(kernel_borrowers(sleeves, stated, lending))
    assert_same_run(fast, run_sleeves(sleeves, stated, lending))
    return fast


@pytest.mark.parametrize("seed", range(30))
def test_borrowed_stocks_are_those_of_the_reference_fill_by_fill(seed):
    agree(seed)


@pytest.mark.parametrize("seed", range(60, 66))
def test_two_sleeves_of_more_stocks(seed):
    agree(seed, count=2, days=60, stocks=10)


# -- by hand: 30,000 shares of 10 yuan sold, a lot of 300 yuan a point bought at 1,000 points

CLOSES = (10.0, 10.2, 10.1, 9.9, 9.9)
POINTS = (1000.0, 1020.0, 1012.0, 1008.0, 1008.0)
COLLATERAL = 0.5


def by_hand(
    stocks=(), targets=None, terms=None, closes=CLOSES, contracts=True, names=1, together=False,
    **more,
):  # fmt: skip
    """Run a fund of 1,000,000 yuan: its own stocks, and a sleeve that sells borrowed ones."""
    days = len(closes)
    price = np.tile(np.array(closes)[:, None], names)
    known = np.vstack([price[:1], price])
    x = calm_inputs(
        days=days, stocks=names, price=10.0, level=1000.0,
        **dict.fromkeys(("open", "high", "low", "close"), price),
        pre_close=known[:-1], mark=known, amount=price * 1e7,
        fill_price=np.array(POINTS[:days])[:, None],
        settlement=np.array((POINTS[0], *POINTS[:days]))[:, None],
        last_day=np.array([3]), commission_rate=0.0008, capital_yuan=1e6, fill="close",
        stamp_duty_sell=np.full(days, 0.001), fee_rate=np.full((days, 1), 0.000025),
        delivery_rate=np.full((days, 1), 0.0001),
    )  # fmt: skip
    x = replace(x, days=np.array([1, 1, 3, 1, 1])[:days], **more)
    own = replace(x, targets=list(stocks))
    wanted = targets or [(0, [(0, -0.3)]), (3, [])]
    short = replace(x, targets=wanted, both_sides=True)
    told = Stated([(t, [(0, 0.3)] if contracts and t == 0 else []) for t, _ in wanted])
    told.together = together
    told.targets = [(t, [(0, np.nan)] if t == 3 else legs) for t, legs in told.targets]
    flat = [[value] * (days + 1) for value in (0.08, 1e9, COLLATERAL)]
    lending = [None, terms or Terms(*flat)]
    slow = run_sleeves([own, short], [None, told], lending)
    fast = run_ledger(kernel_borrowers([own, short], [None, told], lending))
    compare_trades(kernel_trades(fast), reference_trades(slow))
    equity = [row["equity"] for row in slow.ledger]
    np.testing.assert_allclose(column(fast, "equity"), equity, rtol=1e-12)
    return fast


def column(record: LedgerRecord, name: str) -> np.ndarray:
    return record.ledger[: record.days_run, COLUMNS.index(name)]


def test_a_reverse_trade_to_the_yuan():
    after_dividend = np.array([1.0, 1.0, 1.0, 10.2 / 10.0, 10.2 / 10.0, 10.2 / 10.0])[:, None]
    run = by_hand(actions={(2, 0): Action(cash=0.2, pay_day=4)}, adj_factor=after_dividend)
    sold, margin = 30_000 * 10.0, 0.12 * 300 * 1000.0
    entry = 0.0008 * sold + 0.001 * sold
    assert column(run, "stock_value").tolist() == [-300_000, -306_000, -303_000, 0, 0]
    assert column(run, "stocks_borrowed").tolist() == [300_000, 306_000, 303_000, 0, 0]
    assert column(run, "cash_pledged").tolist() == [450_000, 459_000, 454_500, 0, 0]
    assert column(run, "stock_cash")[0] == pytest.approx(1e6 + sold - entry - 1.5 * margin)
    fees = [0.0, 300_000 * 1, 306_000 * 3, 303_000 * 1, 0.0]  # value at the last close, days
    np.testing.assert_allclose(column(run, "lending_fee"), np.array(fees) * 0.08 / 365)
    assert column(run, "dividends").tolist() == [0, 0, -6_000, 0, 0]  # on the ex-date, untaxed
    back = 30_000 * 9.9
    earned = (sold - back) - 6_000 + 300 * (1008.0 - 1000.0)
    costs = entry + 0.0008 * back + 0.000025 * 300 * 1000.0 + 0.0001 * 300 * 1008.0
    assert column(run, "equity")[-1] == pytest.approx(1e6 + earned - costs - sum(fees) * 0.08 / 365)
    assert [(t[0], t[3]) for t in run.trades if t[1] == 0] == [(0, -30_000), (3, 30_000)]


def test_what_is_not_lent_is_not_sold():
    scarce = Terms([0.08] * 6, [125_000.0] * 6, [COLLATERAL] * 6)
    run = by_hand(terms=scarce, retry_days=2)
    assert [t[3] for t in run.trades if t[1] == 0] == [-12_500 + 12_500 % 100, 12_500]
    refused = [r for r in refusals_of(run) if r[1] == "stock"]
    assert refused[0] == (0, "stock", 0, "sell", 30_000, 12_500, "not_lendable")
    assert {r[-1] for r in refused} == {"not_lendable"}  # 127,500 yuan on the next day: no more


def test_nothing_is_lent_before_the_table_begins():
    late = Terms(*([np.nan] * 3 + [value] * 3 for value in (0.08, 1e9, COLLATERAL)))
    run = by_hand(terms=late, retry_days=2)
    assert refusals_of(run)[0][-1] == "not_lendable"
    assert column(run, "stocks_borrowed")[:3].tolist() == [0, 0, 306_000 - 3_000 + 0]


def test_collateral_is_taken_from_cash_that_may_be_spent():
    run = by_hand(targets=[(0, [(0, -2.5)]), (3, [])], contracts=False)
    sold, a_lot = -run.trades[0][3], 100 * 10.0 * (COLLATERAL + 0.0018)
    assert sold < 250_000
    assert refusals_of(run)[0] == (0, "stock", 0, "sell", 250_000, sold, "cash")
    assert 0 <= 1e6 - sold / 100 * a_lot < a_lot


def test_the_proceeds_buy_nothing():
    calm = (10.0, 10.0, 10.0, 10.0, 10.0)
    run = by_hand(stocks=[(1, [(0, 0.95)])], closes=calm, contracts=False)
    bought = next(t for t in run.trades if t[0] == 1)
    left = 1e6 + 300_000 - 540 - 450_000 - 1.0008 * bought[5]
    assert 0 <= left < 1_001
    assert refusals_of(run)[0][-1] == "cash"
    assert (column(run, "stock_cash") - column(run, "cash_pledged") >= -1e-6).all()


def test_a_rise_asks_for_collateral_and_then_for_stocks():
    risen, targets = (10.0, 16.0, 18.0, 18.0, 18.0), [(0, [(0, -0.6)]), (4, [])]
    free = np.full((5, 1), 6, np.int8)  # no price limits
    run = by_hand(targets=targets, closes=risen, limit_class=free, contracts=False)
    forced = [t for t in run.trades if TRADE_REASONS[int(t[12])] == "cash_cut"]
    # at 16 yuan 1.44 million are asked for and 1,598,920 there; at 18 yuan 21,080 too few, which
    # 3.9% of the stocks free
    assert [(int(t[0]), t[3]) for t in forced] == [(3, 2_400)]


def test_what_is_returned_for_collateral_is_rounded_up_once_and_not_for_each_stock():
    risen, targets = (10.0, 16.0, 18.0, 18.0, 18.0), [(0, [(i, -0.06) for i in range(10)]), (4, [])]
    free = np.full((5, 10), 6, np.int8)
    run = by_hand(targets=targets, closes=risen, limit_class=free, contracts=False, names=10)
    forced = [t for t in run.trades if TRADE_REASONS[int(t[12])] == "cash_cut"]
    # as of one stock: 2,342 shares are missing, 234.2 of each
    assert [t[3] for t in forced] == [300, 200, 300, 200, 200, 300, 200, 200, 300, 200]
    assert {int(t[0]) for t in forced} == {3}


def test_bonus_shares_and_rights_are_owed():
    action = Action(bonus=0.3, rights=0.2, rights_price=5.0)
    reference = (10.2 + 0.2 * 5.0) / 1.5
    grown = np.array([1.0, 1.0, 1.0, *[10.2 / reference] * 3])[:, None]
    closes = (10.0, 10.2, reference, reference, reference)
    run = by_hand(actions={(2, 0): action}, adj_factor=grown, closes=closes, contracts=False)
    owed = 30_000 * 0.2 * (reference - 5.0)
    assert column(run, "dividends")[2] == pytest.approx(-owed)
    assert column(run, "stocks_borrowed")[2] == pytest.approx(39_000 * reference)
    assert column(run, "equity")[2] == pytest.approx(  # nothing is gained on the ex-date
        column(run, "equity")[1] - column(run, "lending_fee")[2]
    )
    assert run.trades[-1][3] == 39_000


def test_a_stock_that_is_delisted_is_settled_at_its_last_price():
    run = by_hand(delist=np.array([2]), recovery=0.4, contracts=False)
    gone = run.trades[-1]
    assert (gone[0], gone[3], TRADE_REASONS[int(gone[12])]) == (2, 30_000, "delisting")
    assert gone[4] == pytest.approx(0.4 * 10.2)
    assert column(run, "stocks_borrowed").tolist() == [300_000, 306_000, 0, 0, 0]


def test_an_order_that_passes_nothing_is_two():
    targets = [(0, [(0, -0.3)]), (1, [(0, 0.2)]), (3, [])]
    run = by_hand(targets=targets, contracts=False)
    day = [int(t[3]) for t in run.trades if t[0] == 1]
    assert day[0] == 30_000
    assert len(day) == 2
    assert day[1] > 0


def test_terms_that_the_ledger_does_not_take():
    flat = tuple(np.full((3, 6), 0.1))
    with pytest.raises(LedgerError, match="single sleeve"):
        lending_book([flat])
    with pytest.raises(LedgerError, match="0 or more"):
        lending_book([None, (np.full(6, -0.1), *flat[1:])])
    with pytest.raises(LedgerError, match="of one length"):
        lending_book([flat, tuple(np.full((3, 5), 0.1))])
    x = calm_inputs()
    inputs = kernel_sleeves([x, x], [None, None])
    with pytest.raises(LedgerError, match="hedges its stocks borrows"):
        run_ledger(inputs._replace(lending=lending_book([None, flat])))
    with pytest.raises(LedgerError, match="lending of 3 sleeves"):
        run_ledger(inputs._replace(lending=lending_book([None, None, flat])))


# -- contracts bought against borrowed stocks go with them


@pytest.mark.parametrize(("lent", "bought"), [(125_000.0, 0), (200_000.0, 1)])
def test_the_contract_waits_for_stocks_that_are_not_lent(lent, bought):
    scarce = Terms([0.08] * 6, [lent] * 6, [COLLATERAL] * 6)
    run = by_hand(terms=scarce, retry_days=1, together=True)
    assert column(run, "stocks_borrowed")[0] == pytest.approx(lent, abs=1_000)
    assert column(run, "lots")[0] == bought  # of 300,000 yuan, the nearest to the stocks
    waits = [r for r in refusals_of(run) if r[0] == 0 and r[1] == "future"]
    assert waits == ([] if bought else [(0, "future", 0, "buy", 1, 0, "other_leg")])


def test_stocks_are_not_sold_whose_contract_cannot_be_bought():
    run = by_hand(opening_limit=np.zeros((5, 1)), retry_days=0, together=True)
    assert not len(run.trades)
    assert (0, "stock", 0, "sell", 30_000, 0, "other_leg") in refusals_of(run)


def test_the_contract_stays_for_stocks_that_are_not_returned_yet():
    stuck = np.full((5, 1), 0, np.int8)
    run = by_hand(
        targets=[(0, [(0, -0.3)]), (1, [])], together=True, retry_days=5, limit_class=stuck,
        closes=(10.0, 11.0, 11.0, 11.0, 11.0), last_day=np.array([4]),
    )  # fmt: skip
    assert column(run, "lots").tolist() == [1, 1, 0, 0, 0]  # at the upper limit on the second day
    assert column(run, "stocks_borrowed")[:3].tolist() == [300_000, 330_000, 0]


def random_reverse(seed, **sizes):
    """Borrowers of a random market whose last one buys contracts against what it sells, mostly."""
    sleeves, stated, lending = random_borrowers(seed, **sizes)
    rng = np.random.default_rng((seed, 12))
    x, contracts = sleeves[-1], []
    for t, weights in x.targets:
        value = sum(weight for _, weight in weights)
        known = np.flatnonzero(~np.isnan(x.settlement[t]) & (x.last_day > t))
        size = -float(rng.choice([0.5, 1.0, 1.0, 1.5])) * value
        legs = [(int(known[-1 if rng.random() < 0.3 else 0]), size)] if known.size else []
        if rng.random() < 0.1:
            legs = [(c, np.nan) for c, _ in legs]
        contracts.append((t, legs if value else []))
    stated[-1] = Stated(contracts, together=True)
    return sleeves, stated, lending


@pytest.mark.parametrize("seed", range(30))
def test_legs_of_borrowed_stocks_wait_as_those_of_the_reference_do(seed):
    agree(seed, random_reverse)


def test_what_is_owed_and_cannot_be_returned_is_no_purchase_that_a_contract_waits_for():
    # day 28: a suspended stock is owed and wanted held; the money is that of the other orders
    run = agree(2154, random_reverse, count=2, days=60, stocks=10)
    assert (28, "stock", 6, "buy", 437, 0, "suspended") in refusals_of(run)


@pytest.mark.parametrize(("seed", "sizes"), [(48, {}), (1113, {"days": 120})])
def test_markets_of_tiny_funds_and_of_shares_that_wait_are_those_of_the_reference(seed, sizes):
    agree(seed, random_reverse, **sizes)
