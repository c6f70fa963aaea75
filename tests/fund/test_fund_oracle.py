"""A whole fund with clients against the slow reference, and what it promises whatever happens.

`python -m benchmarks.examples tests/fund/test_fund_oracle.py` draws more funds than the suite.
"""

from datetime import date
from fractions import Fraction
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quanthedge.backtesting.execute import run_fund_of
from quanthedge.backtesting.plan import Prepared, prepare
from quanthedge.fund import Clients, FundRun, FundTerms, Tier
from quanthedge.fund.clients import Distribution, Flow, Leavers
from quanthedge.fund.hurdle import Hurdle
from quanthedge.ledger import layout, line_names
from quanthedge.strategy import Strategy
from tests.fund.test_fund_run import METHODS
from tests.oracles.fund import Account, fund_account
from tests.sample import END, START, sample_market, small_strategy

INF = float("inf")
ACCRUED = ("accrued_performance_fee", "accrued_fee_at_open")
FIRST, LAST = date(2014, 9, 17), date(2015, 7, 31)
WOUND_UP = date(2015, 5, 20)


@cache
def prepared(winding_up: date | None = None) -> Prepared:
    """Stocks that stop trading are bought and kept, and every adjustment counts."""
    plain = small_strategy("universe.filters=[]", "valuation.materiality=0.0").model_dump()
    plain["fund"]["winding_up"] = winding_up
    return prepare(Strategy.model_validate(plain), sample_market(), START, END)


@cache
def trading_days() -> np.ndarray:
    return prepared().dates[1:].astype("datetime64[D]")


def run(terms: FundTerms, clients: Clients) -> FundRun:
    """Run the real ledger with the market prepared once."""
    base = prepared(terms.winding_up)
    strategy = base.strategy.model_copy(update={"fund": terms, "clients": clients})
    numbers = base.inputs.fund._replace(
        initial_unit_value=terms.initial_unit_value,
        management_per_year=terms.management_fee_per_year,
        custody_per_year=terms.custody_fee_per_year,
        service_per_year=terms.service_fee_per_year,
        audit_yuan_per_year=terms.audit_fee_yuan_per_year,
        performance_rate=0.0,
        fee_day=terms.crystallisation_flags(trading_days(), sample_market().calendar),
        **{
            name: np.zeros(trading_days().size)
            for name in (
                "subscribed", "redeemed", "distributed", "paid_out", "units_change",
                "service_change",
            )
        },
    )  # fmt: skip
    return run_fund_of(base._replace(strategy=strategy, inputs=base.inputs._replace(fund=numbers)))


def hurdle_levels(hurdle: Hurdle | None) -> list[float]:
    """Where the hurdle stands at each close, from its definition."""
    days = prepared().dates.astype("datetime64[D]")
    if hurdle is None:
        return [1.0] * (days.size - 1)
    if hurdle.kind == "index":
        first = prepared().first
        index = sample_market().index_close("000300.SH")[first - 1 : first - 1 + days.size]
        return [float(one / index[0]) for one in index[1:]]
    found, level = [], Fraction(1)
    for before, day in pairwise(days):
        for each in np.arange(before, day):  # simple interest, one day after the other
            rate = hurdle.rate
            if hurdle.kind == "deposit":
                known = sorted(hurdle.rates.items())
                begun = [one for one in known if one[0] <= each.astype(date)]
                rate = begun[-1][1] if begun else known[0][1]
            level += Fraction(rate) / 365
        found.append(float(level))
    return found


def open_days(every: str) -> np.ndarray:
    days = pd.DatetimeIndex(trading_days())
    if every == "day":
        found = np.ones(days.size, dtype=bool)
    else:
        period = days.to_period({"week": "W", "month": "M", "quarter": "Q"}[every])
        found = np.append(period[1:] != period[:-1], False)
    found[-1] = False
    return found


def growth(ledger: np.ndarray) -> np.ndarray:
    """What a yuan became on each day before the fund's own fees."""
    rows = pd.DataFrame(ledger, columns=list(layout.COLUMNS))
    flows = rows["subscriptions"] - rows["redemptions"] - rows["distributions"]
    before = rows["equity"].shift(1, fill_value=prepared().strategy.capital_yuan) + flows
    return ((rows["equity"] + rows[list(line_names("fee"))].sum(axis=1)) / before).to_numpy()


RATES = st.sampled_from([0.0, 0.1875, 0.2, 0.25, 0.6])
HURDLES = st.one_of(
    st.none(),
    st.builds(
        Hurdle,
        rate=st.sampled_from([0.02, 0.08]),
        hard=st.booleans(),
    ),
    st.just(Hurdle(rate=0.03, hard=False, catch_up=0.5)),
    st.just(Hurdle(kind="deposit", rates={date(2014, 1, 1): 0.03, date(2015, 3, 1): 0.02})),
    st.sampled_from([Hurdle(kind="index"), Hurdle(kind="index", hard=False)]),
)
TERMS = st.builds(
    FundTerms,
    management_fee_per_year=st.sampled_from([0.0, 0.015]),
    custody_fee_per_year=st.sampled_from([0.0, 0.0025]),
    service_fee_per_year=st.sampled_from([0.0, 0.008]),
    audit_fee_yuan_per_year=st.sampled_from([0.0, 80_000.0]),
    performance_fee_rate=RATES,
    hurdle=HURDLES,
    high_water_mark=st.sampled_from(["post_fee", "pre_fee"]),
    crystallisation=st.sampled_from(["month", "quarter", "half_year", "none"]),
    initial_unit_value=st.sampled_from([1.0, 1.2345, 100.0]),
)
STEPS = st.sampled_from(
    [
        (),
        (Tier(below=60, rate=0.015), Tier(below=INF, rate=0.005)),
        (Tier(below=30, rate=0.02), Tier(below=180, rate=0.01), Tier(below=INF, rate=0.0)),
    ]
)
DOOR = st.sampled_from([(), (Tier(below=2e7, rate=0.015), Tier(below=INF, rate=0.01))])
ORDERS = st.lists(
    st.tuples(
        st.integers(0, 305),
        st.sampled_from(["founder", "second", "B", "C", "D"]),
        st.sampled_from(["A", "A", "C"]),
        st.floats(0.01, 0.6),
        st.booleans(),
    ),
    min_size=2,
    max_size=12,
)
DAYS = st.integers(20, 190)


@st.composite
def client_books(draw: st.DrawFn, method: str, initial: float) -> Clients:
    flows = []
    held = {("founder", "A"), ("second", "A")}
    for offset, who, share_class, size, buys in sorted(draw(ORDERS)):
        day = date.fromordinal(FIRST.toordinal() + offset)
        order = {"redeem_fraction": round(size, 4)}
        if buys or (who, share_class) not in held:
            held.add((who, share_class))
            order = {"subscribe_yuan": round(size * 8e7, 2)}
        elif who == "founder":
            order = {"redeem_units": round(size * 1e6 / initial, 2), "share_class": "A"}
        if day <= date(2015, 6, 25):
            flows.append(
                Flow(**{"date": day, "investor": who, "share_class": share_class, **order})
            )
    known = {"founder", "second", *(one.investor for one in flows)}
    paid = tuple(
        Distribution(
            date=trading_days()[k].astype(object),
            yuan_per_unit=draw(st.sampled_from([0.01, 0.04])) * initial,
            reinvesting=tuple(
                one for one in draw(st.sampled_from([(), ("B", "founder"), ("C",)])) if one in known
            ),
        )
        for k in sorted(set(draw(st.lists(DAYS, max_size=2))))
    )
    leavers = st.builds(
        Leavers,
        drawdown=st.sampled_from([0.005, 0.02]),
        fraction=st.sampled_from([0.3, 1.0]),
        staying=st.just(("founder",)),
    )
    return Clients(
        founders={"founder": 0.6, "second": 0.4},
        method=method,
        flows=tuple(flows),
        leavers=draw(st.one_of(st.none(), leavers)),
        distributions=paid,
        opening=draw(st.sampled_from(["day", "week", "month", "quarter"])),
        payment_days=draw(st.integers(0, 5)),
        gate=draw(st.sampled_from([None, 0.1, 0.3])),
        lock_up_days=draw(st.sampled_from([0, 45, 120])),
        minimum_yuan=draw(st.sampled_from([0.0, 5e6])),
        subscription_fee=draw(DOOR),
        redemption_fee=draw(STEPS),
        redemption_fee_kept=draw(st.sampled_from([0.0, 0.25, 1.0])),
    )


@st.composite
def funds(draw: st.DrawFn, method: str) -> tuple[FundTerms, Clients]:
    terms = draw(TERMS)
    clients = draw(client_books(method, terms.initial_unit_value))
    if not any(one.share_class == "C" for one in clients.flows):
        terms = terms.model_copy(update={"service_fee_per_year": 0.0})  # nobody would bear it
    hurdle = terms.hurdle
    by_credits = clients.method.kind == "equalisation"
    if by_credits and hurdle and (hurdle.kind == "index" or not hurdle.hard):
        terms = terms.model_copy(update={"hurdle": Hurdle(rate=0.04)})
    return served(terms, clients), clients


def served(terms: FundTerms, clients: Clients) -> FundTerms:
    """Return terms whose service fee somebody may bear: without units of class C there is none."""
    if any(flow.share_class == "C" for flow in clients.flows):
        return terms
    return terms.model_copy(update={"service_fee_per_year": 0.0})


def assert_near(found: pd.DataFrame, wanted: pd.DataFrame, keys: list[str], near: dict) -> None:
    """Compare two tables after summing rows of the same keys."""
    found = found.groupby(keys)[list(near)].sum()
    wanted = wanted.groupby(keys)[list(near)].sum()
    both = found.join(wanted.add_suffix("_slow"), how="outer").fillna(0.0)
    if both.empty:  # they parted on the first day
        return
    for name, tolerance in near.items():
        gap = (both[name] - both[f"{name}_slow"]).abs()
        worst = gap.idxmax()
        assert gap.max() <= tolerance, f"{name} of {worst}: {both.loc[worst].to_dict()}"


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_office_agrees_with_the_slow_fund(method: str, data: st.DataObject) -> None:
    agree(*data.draw(funds(method)))


def agree(terms: FundTerms, clients: Clients) -> None:
    """Check events, classes and investors of a run, day by day."""
    result = run(terms, clients)
    record = result.record
    if record.insolvent_day is not None:
        return
    slow = fund_account(
        terms, clients, prepared().strategy.capital_yuan, trading_days(), prepared().inputs.days,
        growth(record.ledger), hurdle_levels(terms.hurdle),
        terms.crystallisation_flags(trading_days(), sample_market().calendar),
        open_days(clients.opening),
    )  # fmt: skip
    # the two differ by cents of a hundred million: where such a cent decides how a unit value is
    # rounded, neither is wrong; where something is done at that value, they part from that day on
    parted = min(slow.ties & {event[0] for event in slow.events}, default=trading_days().size)
    money = {"cash": 0.1, "fee": 0.1, "door": 0.1, "units": 0.1}
    columns = ["t", "investor", "share_class", "event", *("units", "cash", "fee", "door")]
    wanted = pd.DataFrame(slow.events, columns=columns)
    wanted[list(money)] = wanted[list(money)].astype(float)
    place = {day: t for t, day in enumerate(pd.DatetimeIndex(trading_days()))}
    events = result.events.rename(
        columns={
            "cash_yuan": "cash", "performance_fee_yuan": "fee", "entry_or_exit_fee_yuan": "door",
        }
    )  # fmt: skip
    events["t"] = events["date"].map(place)
    wanted, events = (table[table["t"] < parted] for table in (wanted, events))
    assert_near(events, wanted, columns[:4], money)

    wanted = pd.DataFrame(
        slow.classes, columns=["t", "share_class", "units", "assets", "value", "cumulative"]
    )
    wanted[["units", "assets", "value", "cumulative"]] = wanted.iloc[:, 2:].astype(float)
    classes = result.class_values.rename(
        columns={
            "assets_yuan": "assets", "unit_value": "value", "cumulative_unit_value": "cumulative",
        }
    )  # fmt: skip
    classes["t"] = classes["date"].map(place)
    wanted, classes = (
        table[(table["t"] < parted) & ~table["t"].isin(slow.ties)] for table in (wanted, classes)
    )
    near = {"units": 0.1, "assets": 0.1, "value": 1e-9, "cumulative": 1e-6}
    assert_near(classes, wanted, ["t", "share_class"], near)

    assert_unit_values(record.ledger, slow, parted, terms.initial_unit_value)
    wanted = pd.DataFrame(
        slow.people, columns=["t", "investor", "share_class", "units", "value", "fee"]
    )
    wanted[["units", "value", "fee"]] = wanted[["units", "value", "fee"]].astype(float)
    people = result.investor_days.rename(columns={"value_yuan": "value", "accrued_fee_yuan": "fee"})
    people["t"] = people["date"].map(place)
    wanted, people = (
        table[(table["t"] < parted) & ~table["t"].isin(slow.ties)] for table in (wanted, people)
    )
    # shares are given and cut in hundredths, which are worth more where a share costs 100 yuan
    cents = 0.2 + 0.01 * terms.initial_unit_value
    near = {"units": 0.1, "value": cents, "fee": cents}
    assert_near(people, wanted, ["t", "investor", "share_class"], near)


def assert_unit_values(ledger: np.ndarray, slow: Account, parted: int, initial: float) -> None:
    """Compare published values, those before the accrued fee, and the fee at close and open."""
    columns = ["t", "unit_value", "unit_value_before_accrual", *ACCRUED]
    wanted = pd.DataFrame(slow.fund, columns=columns).astype(float).set_index("t")
    wanted = wanted[wanted.index < parted].drop(index=slow.ties, errors="ignore")
    for name in columns[1:]:
        off = (wanted[name] - ledger[wanted.index.astype(int), layout.COLUMNS.index(name)]).abs()
        if name == "accrued_fee_at_open":
            # a tie at the last close decides what follows from its values
            off = off.drop(index={*slow.open_ties, *(t + 1 for t in slow.ties)}, errors="ignore")
        near = 1e-9 * initial if name not in ACCRUED else 0.2 + 0.02 * initial
        assert not off.size or off.max() <= near, f"{name} of day {off.idxmax()}: {off.max()}"


def test_the_stated_value_runs_through_these_funds() -> None:
    """Without adjustments the tests of this file would say nothing of them."""
    flows = (Flow(date=date(2014, 12, 1), investor="B", subscribe_yuan=2e7),)
    record = run(FundTerms(), Clients(flows=flows)).record
    adjustments = record.ledger[:, layout.COLUMNS.index("revaluation")]
    assert (adjustments != 0).mean() > 0.4
    assert np.abs(adjustments).max() > 1e4


def test_money_that_comes_and_goes_alike_still_takes_the_leavers_fee_with_it() -> None:
    """As much is subscribed as is redeemed: net no flow, but the fee accrued is of other units."""
    terms = FundTerms(performance_fee_rate=0.2, crystallisation="none")
    before = run(terms, Clients(founders={"founder": 1.0}, opening="day"))
    values = before.class_values["unit_value"].to_numpy()
    t = int(values[:-20].argmax())
    day, units = trading_days()[t].astype(object), 3e7
    flows = (
        Flow(date=day, investor="founder", redeem_units=units),
        Flow(date=day, investor="B", subscribe_yuan=round(units * values[t], 2)),
    )
    clients = Clients(founders={"founder": 1.0}, opening="day", flows=flows, method="lot_units")
    result = run(terms, clients)
    rows = pd.DataFrame(result.record.ledger, columns=list(layout.COLUMNS))
    assert rows.loc[t + 1, "subscriptions"] == rows.loc[t + 1, "redemptions"] > 0
    paid = result.events.query("event == 'redemption'")["performance_fee_yuan"].sum()
    assert paid > 1e5
    left = rows.loc[t, "accrued_performance_fee"] - paid
    assert rows.loc[t + 1, "accrued_fee_at_open"] == pytest.approx(left, abs=0.02)
    agree(terms, clients)


def test_an_order_that_waits_is_refused_when_another_took_the_holding_whole() -> None:
    terms = FundTerms(performance_fee_rate=0.25)
    day, later = date(2014, 9, 17), date(2014, 12, 16)
    clients = Clients(
        founders={"founder": 0.6, "second": 0.4},
        flows=(
            Flow(date=day, investor="B", subscribe_yuan=6_400_000),
            Flow(date=later, investor="B", redeem_fraction=0.1),
            Flow(date=later, investor="second", redeem_fraction=1.0),
            Flow(date=later, investor="B", redeem_fraction=1.0),
        ),
        gate=0.3,
        minimum_yuan=5_000_000,
    )
    events = run(terms, clients).events
    own = events[(events["investor"] == "B") & (events["date"] >= "2015-01-01")]
    assert own["event"].tolist() == ["refused", "redemption"]
    assert own["reason"].tolist() == ["nothing left", ""]
    agree(terms, clients)


def test_two_orders_into_a_class_that_everybody_left_deal_at_one_value() -> None:
    terms = FundTerms(
        management_fee_per_year=0.0,
        custody_fee_per_year=0.0,
        service_fee_per_year=0.008,
        performance_fee_rate=0.1875,
        crystallisation="half_year",
        hurdle=Hurdle(kind="deposit", rates={date(2014, 1, 1): 0.03, date(2015, 3, 1): 0.02}),
    )
    bought = [("B", FIRST, 29125393.45), ("C", FIRST, 30e6)]
    bought += [("founder", date(2015, 1, 31), yuan) for yuan in (20e6, 40e6)]
    sold = [112737.39, *[500000.0] * 6, 520906.8]
    flows = [
        Flow(date=day, investor=who, share_class="C", subscribe_yuan=yuan)
        for who, day, yuan in bought
    ]
    flows += [Flow(date=FIRST, investor="founder", redeem_units=units) for units in sold]
    clients = Clients(
        founders={"founder": 0.6, "second": 0.4},
        method="lot_units",
        leavers=Leavers(drawdown=0.005, fraction=1.0, staying=("founder",)),
        opening="month",
        payment_days=0,
        flows=tuple(flows),
    )
    agree(terms, clients)
    events = run(terms, clients).events
    again = events[(events["investor"] == "founder") & (events["event"] == "subscription")]
    assert again["unit_value"].tolist() == [1.0, 1.0]


def test_dated_units_follow_their_own_lots() -> None:
    """A fee cuts the lot that gained; exit fees and lock-ups then go by what is left of each."""
    flows = (
        Flow(date=date(2014, 9, 20), investor="B", subscribe_yuan=2e7),
        Flow(date=date(2015, 2, 2), investor="B", subscribe_yuan=2e7),
        Flow(date=date(2015, 4, 20), investor="B", redeem_fraction=0.6),
    )
    clients = Clients(
        method="lot_units",
        opening="week",
        flows=flows,
        redemption_fee=(Tier(below=120, rate=0.05), Tier(below=INF, rate=0.0)),
    )
    terms = FundTerms(performance_fee_rate=0.6, crystallisation="month")
    agree(terms, clients)
    events = run(terms, clients).events.query("investor == 'B'")
    cut = -events.query("event == 'performance_fee'")["units"].sum()
    assert cut > 50_000  # the lots were cut, the older one by more
    assert events["entry_or_exit_fee_yuan"].sum() > 10_000


def assert_accounts(rows: pd.DataFrame) -> None:
    """What is owned less what is owed, with the adjustments, is the stated value every day."""
    owned = rows[["stock_value", "stock_cash", "futures_cash", "dividends_receivable"]]
    owes = rows[["fees_payable", "loan", "redemptions_payable"]]
    stated = owned.sum(axis=1) - owes.sum(axis=1) + rows["revaluation"]
    off = (stated - rows["equity"]).abs()
    assert (off <= 1e-9 * np.maximum(rows["equity"].abs(), prepared().strategy.capital_yuan)).all()


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_at_the_end_all_cash_is_accounted_for(method: str, data: st.DataObject) -> None:
    """Money paid in and profit are what investors, manager, custodian and sellers got."""
    terms, clients = data.draw(funds(method))
    terms = terms.model_copy(update={"winding_up": WOUND_UP})
    early = [f for f in clients.flows if f.date < date(2015, 3, 20)]
    known = {"founder", "second", *(flow.investor for flow in early)}
    paid = [
        one.model_copy(update={"reinvesting": tuple(n for n in one.reinvesting if n in known)})
        for one in clients.distributions
        if one.date < WOUND_UP
    ]
    clients = clients.model_copy(update={"flows": tuple(early), "distributions": tuple(paid)})
    terms = served(terms, clients)
    result = run(terms, clients)
    if result.record.insolvent_day is not None:
        return
    rows = pd.DataFrame(
        result.record.ledger[: result.record.days_run], columns=list(layout.COLUMNS)
    )
    assert_accounts(rows)
    fees, net = rows[list(line_names("fee"))].sum(axis=1), rows["subscriptions"]
    net = net - rows["redemptions"] - rows["distributions"]
    before = rows["equity"].shift(1, fill_value=prepared().strategy.capital_yuan)
    profit = (rows["equity"] + fees - before - net).sum()
    cash = result.events.groupby("event")[["cash_yuan", "entry_or_exit_fee_yuan"]].sum()
    cash = cash.reindex(
        ["founder", "subscription", "redemption", "distribution", "liquidation"], fill_value=0.0
    )
    paid_in = cash.loc[["founder", "subscription"], "cash_yuan"].sum()
    paid_out = -cash.loc[["redemption", "distribution", "liquidation"], "cash_yuan"].sum()
    exits = result.events.query("event == 'redemption'")["entry_or_exit_fee_yuan"]
    gone = (exits - (exits * clients.redemption_fee_kept).round(2)).sum()
    doors = cash.loc["subscription", "entry_or_exit_fee_yuan"] + gone
    running = rows[["management_fee", "custody_fee", "service_fee", "audit_fee"]].to_numpy().sum()
    charged = result.events["performance_fee_yuan"].sum()
    ended = (result.events["event"] == "liquidation").any()
    left = 0.0 if ended else rows["equity"].iloc[-1]
    assert paid_in + profit == pytest.approx(
        paid_out + doors + charged + running + left, abs=0.02 * len(result.events)
    )
    if ended:
        assert not len(result.lots)
