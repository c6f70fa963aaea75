"""The bridge closes in random worlds: flows, fee methods, classes, hurdles, dividends, loans.

`python -m benchmarks.examples tests/performance/test_bridge_worlds.py` makes more of them.
"""

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from quanthedge.attribution.brinson import brinson
from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.fund import Clients, Tier
from quanthedge.fund.clients import Distribution, Flow, Leavers
from quanthedge.market import Market
from quanthedge.performance import Bridge, levels
from quanthedge.performance.bridge_groups import alpha_by
from quanthedge.performance.model_alpha import alpha_by_model
from quanthedge.risk import RiskModel
from quanthedge.strategy import Strategy
from tests.backtesting.test_run_with_actions import folder  # noqa: F401 -- a fixture
from tests.fund.test_fund_run import METHODS
from tests.sample import small_strategy

FIRST = date(2015, 5, 4)  # IC is listed by then
WINDING_UP = 100  # days later, 12 August, a trading day
HEDGES = (
    (),
    ("hedge.ratio=0",),
    ("hedge.contract=next", "invested_fraction=0.9"),
    ('hedge.product=["IF","IC"]', "beta={kind='ols', window=60}"),
    ("hedge.roll_days=0", "hedge.policy.every_days=1"),
)
HURDLES = (
    None,
    {"rate": 0.05},
    {"rate": 0.03, "hard": False},
    {"rate": 0.03, "hard": False, "catch_up": 0.5},
    {"kind": "index"},
    {"kind": "deposit", "rates": {"2014-01-01": 0.03, "2015-03-01": 0.025}},
)
HARD = (HURDLES[0], HURDLES[1], HURDLES[5])
EARLY = (Tier(below=90.0, rate=0.01), Tier(below=float("inf"), rate=0.0))


@cache
def opened(place: Path) -> Market:
    return Market.open(place)


@st.composite
def flows(draw: st.DrawFn, until: int) -> tuple[Flow, ...]:
    """Clients who come, then sometimes go."""
    found = []
    for name in draw(st.lists(st.sampled_from("BCDE"), min_size=1, max_size=3, unique=True)):
        share_class = draw(st.sampled_from("AC"))
        came = draw(st.integers(5, until - 10))
        yuan = draw(st.floats(1e6, 6e7))
        day = FIRST + timedelta(came)
        found.append(
            Flow(date=day, investor=name, subscribe_yuan=round(yuan, 2), share_class=share_class)
        )
        if draw(st.booleans()):
            left = FIRST + timedelta(draw(st.integers(came + 8, until)))
            part = draw(st.sampled_from([0.1, 0.5, 1.0]))
            found.append(
                Flow(date=left, investor=name, redeem_fraction=part, share_class=share_class)
            )
    if draw(st.booleans()):
        day = FIRST + timedelta(draw(st.integers(10, until)))
        found.append(Flow(date=day, investor="founder", redeem_fraction=0.4))
    return tuple(sorted(found, key=lambda flow: flow.date))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Strategy, str]:
    """A strategy with clients and the last day of its run."""
    wound_up = draw(st.booleans())
    span = draw(st.integers(130, 200) if wound_up else st.integers(70, 200))
    # the last orders still find the end of a month within the run, or before the last business
    orders = draw(flows((WINDING_UP if wound_up else span) - 33))
    paid = draw(st.booleans())
    distributions = tuple(
        Distribution(
            date=FIRST + timedelta(days),
            yuan_per_unit=draw(st.sampled_from([0.002, 0.01])),
            reinvesting=tuple(
                one
                for one in draw(st.sampled_from([(), ("B",), ("founder", "B", "C")]))
                if one in {"founder", *(flow.investor for flow in orders)}
            ),
        )
        for days in ([30, 45] if paid else [])  # 3 and 18 June, trading days
    )
    method = draw(st.sampled_from(METHODS))
    # credits of an equalisation need a hard hurdle that never falls
    hurdles = HURDLES if method != "equalisation" else HARD
    clients = Clients(
        method=method,
        flows=orders,
        distributions=distributions,
        opening=draw(st.sampled_from(["day", "week", "month"])),
        payment_days=draw(st.integers(0, 5)),
        gate=draw(st.sampled_from([None, 0.2])),
        leavers=draw(st.sampled_from([None, Leavers(drawdown=0.01, fraction=0.3)])),
        redemption_fee=draw(st.sampled_from([(), EARLY])),
    )
    changes = [*draw(st.sampled_from(HEDGES)), "selector.n=20"]
    if draw(st.booleans()):
        changes += ["accounts.borrowed=0.3", "invested_fraction=1.0"]
    changes += ["costs.dividend_tax='public_fund'"] if draw(st.booleans()) else []
    plain = small_strategy(*changes).model_dump() | {"clients": clients.model_dump()}
    plain["fund"] |= {
        "hurdle": draw(st.sampled_from(hurdles)),
        "crystallisation": draw(st.sampled_from(["month", "quarter"])),
        "service_fee_per_year": 0.008 if any(f.share_class == "C" for f in orders) else 0.0,
        "winding_up": FIRST + timedelta(WINDING_UP) if wound_up else None,
    }
    return Strategy.model_validate(plain), f"{FIRST + timedelta(span):%Y-%m-%d}"


def adds_up(result: Result, market: Market) -> None:
    """Yuan by day, contributions by every period, groups and styles."""
    daily, ledger = Bridge(result).yuan("day"), result.ledger
    equity, worth = ledger["equity"].iloc[1:], ledger["equity"] - ledger["accrued_performance_fee"]
    assert (daily["residual"].abs() / ledger["equity"].shift(1).iloc[1:]).max() < 1e-9
    np.testing.assert_allclose(
        daily[list(Bridge.LINES)].sum(axis=1), worth.diff().iloc[1:], atol=0.01
    )
    net = levels(ledger)["net"]
    whole = Bridge(result).returns()
    assert whole["return"].iloc[0] == pytest.approx(net.iloc[-1] - 1.0, abs=1e-12)
    for by in ("day", "week", "month", "year", "whole"):
        parts = Bridge(result).returns(by)
        assert parts["residual"].abs().max() < 1e-9
        assert (1.0 + parts["return"]).prod() == pytest.approx(net.iloc[-1], rel=1e-9)
    alpha, tolerance = daily["alpha"], 1e-9 * equity.max()
    sides = pd.Series({code: code[-2:] for code in market.codes})
    by_group = alpha_by(result, market, sides, "day")
    assert by_group["mismatched_holdings"].sum() == 0
    assert by_group["residual"].abs().max() < tolerance
    assert brinson(result, market, "day")["residual"].abs().max() < tolerance
    parts = alpha_by_model(result, market, RiskModel(), "day")
    np.testing.assert_allclose(
        parts.drop(columns=["residual", "mismatched_holdings"]).sum(axis=1), alpha, atol=tolerance
    )


@settings(
    max_examples=6, deadline=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(worlds())
def test_it_closes_in_every_world(folder: Path, world: tuple[Strategy, str]) -> None:  # noqa: F811
    strategy, end = world
    market = opened(folder)
    adds_up(backtest(strategy, market, FIRST.isoformat(), end), market)
