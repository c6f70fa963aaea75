"""The bridge beside a slow count over contracts, trades and marks, one by one."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting.result import Result
from quanthedge.backtesting.run import backtest
from quanthedge.hedge import contract_chain
from quanthedge.market import Market
from quanthedge.performance import Bridge
from tests.hand_made import hand_made
from tests.records import record_of
from tests.sample import END, START, sample_market, small_strategy

MULTIPLIER = {"IF": 300.0, "IC": 200.0}
OLS = "beta={kind='ols', window=120}"
VARIANTS = {
    "two products": (('hedge.product=["IF","IC"]', OLS), "2015-05-04", "2015-12-31"),
    "minimum variance": (("hedge.ratio={kind='minimum_variance'}",), START, "2015-02-27"),
    "rolled on the last day": (("hedge.roll_days=0",), START, END),
    "risk aversion": (("hedge.risk_aversion=3.0",), "2015-07-01", "2015-12-31"),
    "margin cuts": (
        ("hedge.contract=next", "invested_fraction=0.9"), "2015-04-01", "2015-12-31",
    ),
    "filled at the average": (("execution.fill=vwap",), START, END),
}  # fmt: skip


def settlements(market: Market) -> dict[tuple[pd.Timestamp, str], float]:
    """Settlement price, or the close where it is missing, by day and contract."""
    found = {}
    for product in MULTIPLIER:
        chain = contract_chain(market, product)
        for t, day in enumerate(pd.DatetimeIndex(chain.dates)):
            found |= {(day, name): chain.mark[t, m] for m, name in enumerate(chain.contracts)}
    return found


def counted(result: Result, market: Market) -> pd.DataFrame:
    """Lines of each day from their definition; futures is what all futures earned."""
    ledger, settled = result.ledger, settlements(market)
    days = list(ledger.index)
    following = dict(pairwise(days))
    names = ["carried", "short", "roll", "futures_trades", "stock_trades"]
    sums = pd.DataFrame(0.0, index=ledger.index[1:], columns=names)
    for row in result.contracts[result.contracts["lots"] != 0].itertuples():
        if (day := following.get(row.date)) is None:
            continue
        scale, before = row.lots * MULTIPLIER[row.contract[:2]], settled[row.date, row.contract]
        sums.loc[day, "carried"] += scale * (settled[day, row.contract] - before)
        sums.loc[day, "short"] -= scale * before
    marks = pd.DataFrame(
        np.asarray(market.panel("mark")), index=pd.DatetimeIndex(market.dates), columns=market.codes
    )
    for trade in result.trades.itertuples():
        signed = trade.quantity if trade.side == "buy" else -trade.quantity
        if trade.code[:2] in MULTIPLIER:
            line = "roll" if trade.reason == "roll" else "futures_trades"
            gain = settled[trade.date, trade.code] - trade.price
            sums.loc[trade.date, line] += signed * MULTIPLIER[trade.code[:2]] * gain
        else:
            gain = marks.loc[trade.date, trade.code] - trade.price
            sums.loc[trade.date, "stock_trades"] += signed * gain
    move = ledger["index_close"].pct_change().iloc[1:]
    stocks = (ledger["book_beta"] * ledger["stock_value"]).shift(1).iloc[1:].fillna(0.0)
    return pd.DataFrame(
        {
            "alpha": ledger["stock_pnl"].iloc[1:] - sums["stock_trades"] - stocks * move,
            "market": (stocks - sums["short"]) * move,
            "basis": sums["carried"] + sums["short"] * move,
            "roll": sums["roll"],
            "trading": sums["futures_trades"] + sums["stock_trades"],
            "futures": sums[["carried", "roll", "futures_trades"]].sum(axis=1),
        }
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_every_line_of_every_day_is_what_a_count_one_by_one_gives(name: str) -> None:
    changes, start, end = VARIANTS[name]
    result = backtest(small_strategy(*changes), sample_market(), start, end)
    expected, found = counted(result, sample_market()), Bridge(result).yuan("day")
    np.testing.assert_allclose(
        expected.pop("futures"), result.ledger["futures_pnl"].iloc[1:], atol=1e-3
    )
    pd.testing.assert_frame_equal(found[list(expected.columns)], expected, atol=1e-3, rtol=0)
    assert (found["residual"].abs() / result.ledger["equity"].iloc[1:]).max() < 1e-9


def test_the_day_that_the_page_works_out_by_hand() -> None:
    days = pd.to_datetime(["2014-09-17", "2014-09-18"])
    before = {
        "equity": 1e8, "stock_value": 8e7, "book_beta": 0.95, "futures_notional": 7.65e7,
        "index_close": 3420.0,
    }  # fmt: skip
    after = {
        "equity": 100_050_000.0, "index_close": 3351.6, "held_pnl": -1.3e6, "stock_pnl": -1.3e6,
        "futures_pnl": 1.35e6,
    }  # fmt: skip
    ledger = pd.DataFrame([before, after], index=days).fillna(0.0)
    ledger = hand_made(ledger.assign(dividends=0.0, interest=0.0))
    contracts = pd.DataFrame(
        {
            "date": [days[0], days[1], days[1]],
            "contract": ["IF1409", "IF1409", "IF1410"],
            "lots": [-75, 0, -75],
            "settlement_price": [3400.0, 3336.0, 3350.0],
            "futures_notional": [75 * 300 * 3400.0, 0.0, 75 * 300 * 3350.0],
        }
    )
    trades = pd.DataFrame(
        {
            "date": days[1], "code": ["IF1409", "IF1410"], "side": ["buy", "sell"], "quantity": 75,
            "price": [3380.0, 3390.0], "reason": "roll",
        }
    )  # fmt: skip
    row = Bridge(record_of(ledger=ledger, contracts=contracts, trades=trades)).yuan().iloc[0]
    lines = row[["alpha", "market", "basis", "roll", "trading", "residual"]]
    assert lines.tolist() == pytest.approx([220_000, 10_000, -90_000, -90_000, 0, 0], abs=1e-3)
