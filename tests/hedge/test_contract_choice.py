"""Which contract is held and when it is rolled, beside a plain walk through the rules."""

import numpy as np
import pytest

from quanthedge.hedge import ContractSchedule, contract_chain
from tests.hedge.futures_market import Futures, build

INDEX = 2400.0


class Indexed(Futures):
    """The futures market with an index, and open interest that moves to the next contract."""

    def index_close(self, code):
        assert code == "000300.SH"
        return np.full(self.dates.size, INDEX)

    def until(self, day):
        cut = super().until(day)
        return Indexed(cut.dates, cut.bars)


def market(seed=0, months=9):
    """Contracts listed for half a year; open interest and prices drawn at random."""
    plain = build("2014-01", months, days_listed=120, seed=seed)
    rng = np.random.default_rng(seed)
    bars = plain.bars.copy()
    left = (bars["last_trading_day"] - bars["date"]).dt.days
    bars["open_interest"] = np.round(
        1e4 * np.exp(-np.abs(left - 25) / 20) * rng.uniform(0.5, 1.5, len(bars))
    )
    for name in ("open", "high", "low", "close", "settle"):
        bars[name] *= 1 + rng.normal(0, 0.004, len(bars)).cumsum() * 0 + left * rng.normal(0, 2e-5)
    return Indexed(plain.dates, bars)


def plain_walk(market, contract, roll, roll_days=4, window=5):
    """Return the contract of each day by the words of the docstring."""
    chain = contract_chain(market, "IF")
    days = chain.dates
    held, result = None, []
    spreads = near_spreads(chain)
    for t, today in enumerate(days):

        def left(m, t=t):
            end = chain.last_trading_day[m]
            inside = int(((days > days[t]) & (days <= end)).sum())
            return inside + int(np.busday_count(days[-1], end)) * (end > days[-1])

        alive = [
            m
            for m in range(len(chain.contracts))
            if chain.first_row[m] < max(t, 1) and chain.present[t, m] and left(m) > roll_days
        ]
        front = next(m for m in range(len(chain.contracts)) if chain.last_trading_day[m] >= today)
        before = max(t - 1, 0)

        def pick(some, t=t, before=before):
            if not some:
                return None
            if contract == "main":
                return max(some, key=lambda m: (chain.open_interest[before, m], -m))
            years = [(chain.last_trading_day[m] - days[before]).astype(int) / 365 for m in some]
            gain = [np.log(chain.mark[before, m] / INDEX) / y
                    for m, y in zip(some, years, strict=True)]  # fmt: skip
            return some[int(np.argmax(gain))]

        if held is not None and chain.last_trading_day[held] < today:
            held = None
        if held is None:
            if contract == "next":
                held = front + 1
            elif contract == "quarter":
                held = front + 2
            elif contract in ("main", "cheapest_carry"):
                held = pick(alive)
            else:
                held = front
        later = [m for m in alive if chain.last_trading_day[m] > chain.last_trading_day[held]]
        if contract in ("main", "cheapest_carry"):
            follow = pick(later)
        elif contract == "quarter":
            follow = next((m for m in later if m >= front + 2), None)
        else:
            follow = held + 1
        go = left(held) <= roll_days or (contract == "next" and held == front)
        if contract == "main" or roll == "open_interest":
            interest = chain.open_interest
            go = go or (t > 0 and follow is not None
                        and interest[t - 1, follow] > interest[t - 1, held])  # fmt: skip
        elif roll == "basis" and not go and left(held) <= roll_days + window and t > 0:
            past = spreads[max(0, t - 1 - 250) : t - 1]
            past = past[np.isfinite(past)]
            now = yearly(chain, held, follow)[t - 1]
            go = past.size >= 20 and now > np.median(past)
        if go and follow is not None and chain.present[t, follow]:
            held = follow
        result.append(chain.contracts[held])
    return result


def yearly(chain, old, new):
    between = (chain.last_trading_day[new] - chain.last_trading_day[old]).astype(int) / 365
    return np.log(chain.mark[:, new] / chain.mark[:, old]) / between


def near_spreads(chain):
    result = np.full(chain.dates.size, np.nan)
    for t, today in enumerate(chain.dates):
        front = next(m for m in range(len(chain.contracts)) if chain.last_trading_day[m] >= today)
        if front + 1 < len(chain.contracts):
            result[t] = yearly(chain, front, front + 1)[t]
    return result


KINDS = [
    ("front", "days"),
    ("front", "open_interest"),
    ("front", "basis"),
    ("next", "days"),
    ("quarter", "days"),
    ("main", "days"),
    ("cheapest_carry", "days"),
    ("cheapest_carry", "open_interest"),
]


@pytest.mark.parametrize(("contract", "roll"), KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_choices_agree_with_a_plain_walk(contract, roll, seed):
    futures = market(seed)
    last = futures.dates.size - 30
    schedule = ContractSchedule.of(futures, "IF", 0, last, contract=contract, roll=roll)
    held = [schedule.contracts[c] if c >= 0 else "" for c in schedule.hold]
    assert held == plain_walk(futures, contract, roll)[: last + 1]
    assert len(set(held)) > 2


@pytest.mark.parametrize(("contract", "roll"), KINDS)
@pytest.mark.parametrize("day", ["2014-03-14", "2014-05-20"])
def test_choices_use_nothing_of_later_days(contract, roll, day):
    futures = market(1)
    last = int(np.searchsorted(futures.dates, np.datetime64(day)))
    options = {"contract": contract, "roll": roll, "calendar": futures.dates}
    whole = ContractSchedule.of(futures, "IF", 0, last, **options)
    known = ContractSchedule.of(futures.until(day), "IF", 0, last, **options)
    assert [whole.contracts[c] for c in whole.hold] == [known.contracts[c] for c in known.hold]


def test_a_main_contract_is_never_left_for_an_earlier_one():
    for seed in range(6):
        futures = market(seed)
        schedule = ContractSchedule.of(futures, "IF", 0, futures.dates.size - 30, contract="main")
        assert (np.diff(schedule.hold) >= 0).all()


def test_margins_know_the_quarter_months():
    futures = market()
    schedule = ContractSchedule.of(futures, "IF", 0, 100, contract="quarter")
    t = 5
    held = schedule.contracts[schedule.hold[t]]
    assert schedule.quarter[t, schedule.hold[t]]
    front = contract_chain(futures, "IF").front(t)
    month = int(contract_chain(futures, "IF").contracts[front][-4:])
    assert int(held[-4:]) - month >= 2
