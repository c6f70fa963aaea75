"""The bridge on made-up days on which every line is another number, counted in plain loops."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from quanthedge.errors import DataError
from quanthedge.ledger import line_names
from quanthedge.performance import Bridge
from quanthedge.record import Record
from tests.records import record_of

DAYS = pd.to_datetime(
    ["2014-12-30", "2014-12-31", "2015-01-05", "2015-01-06", "2015-01-30", "2015-02-02"]
)
POINT = {"IF1501": 300.0, "IF1502": 300.0, "IC1501": 100.0}  # told by value, lots and price
FLOWS = ("subscriptions", "redemptions", "distributions")
EARNED = ("stock_pnl", "dividends", "futures_pnl", "interest")


def made(seed: int = 3) -> Record:
    """A run of five days after the opening; equity is the sum of its parts, stocks as stated."""
    rng = np.random.default_rng(seed)
    names = [
        *EARNED, *line_names("cost"), *line_names("fee"), *FLOWS, "held_pnl", "stock_value",
        "book_beta",
        "futures_notional", "index_close", "revaluation", "accrued_performance_fee",
        "accrued_fee_at_open",
    ]  # fmt: skip
    ledger = pd.DataFrame(rng.uniform(1e3, 9e3, (6, len(names))), DAYS, names)
    ledger["stock_value"] = rng.uniform(5e5, 9e5, 6)
    ledger["book_beta"] = rng.uniform(0.8, 1.2, 6)
    ledger["index_close"] = rng.uniform(3_000, 3_400, 6)
    lots = {"IF1501": [-2, -3, -1, 0, 0, 0], "IF1502": [0, 0, -2, -4, -4, -3],
            "IC1501": [0, -1, -1, -2, -1, 0]}  # fmt: skip
    rows = [
        (day, name, held[t], float(rng.uniform(3_000, 3_400)))
        for t, day in enumerate(DAYS)
        for name, held in lots.items()
        if held[t] or (t and held[t - 1])
    ]
    contracts = pd.DataFrame(rows, columns=["date", "contract", "lots", "settlement_price"])
    points = contracts["contract"].map(POINT)
    contracts["futures_notional"] = (
        -contracts["lots"] * points * contracts["settlement_price"]
    )  # fmt: skip
    ledger["futures_notional"] = contracts.groupby("date")["futures_notional"].sum()
    trades = pd.DataFrame(
        [
            (DAYS[1], "IF1501", "sell", 1, 3_111.0, "hedge"),
            (DAYS[2], "IF1501", "buy", 2, 3_222.0, "roll"),
            (DAYS[2], "IF1502", "sell", 2, 3_256.0, "roll"),
            (DAYS[3], "IF1501", "buy", 1, 3_144.0, "roll"),
            (DAYS[3], "IC1501", "sell", 1, 3_155.0, "roll"),
            (DAYS[5], "600000.SH", "buy", 300, 11.0, "rebalance"),
        ],
        columns=["date", "code", "side", "quantity", "price", "reason"],
    )
    equity = [5e6]
    for day in DAYS[1:]:
        row = ledger.loc[day]
        change = row[list(EARNED)].sum() - row[[*line_names("cost"), *line_names("fee")]].sum()
        change += row["subscriptions"] - row["redemptions"] - row["distributions"]
        equity.append(equity[-1] + change + ledger["revaluation"].diff()[day])
    ledger["equity"] = equity
    return record_of(ledger=ledger, trades=trades, contracts=contracts)


def counted(run: Record) -> pd.DataFrame:
    """The lines of each day from the definitions at the head of the module."""
    settled = run.contracts.set_index(["date", "contract"])
    lines = []
    for before, day in pairwise(DAYS):
        last, row = run.ledger.loc[before], run.ledger.loc[day]
        move = row["index_close"] / last["index_close"] - 1
        stocks = last["book_beta"] * last["stock_value"]
        carried = 0.0
        for name, point in POINT.items():
            if (before, name) in settled.index:
                held, price = settled.loc[(before, name), ["lots", "settlement_price"]]
                if held:
                    now = settled.loc[(day, name), "settlement_price"]
                    carried += held * point * (now - price)
        roll = 0.0
        for trade in run.trades.itertuples():
            if trade.date == day and trade.reason == "roll":
                signed = trade.quantity * (1 if trade.side == "buy" else -1)
                now = settled.loc[(day, trade.code), "settlement_price"]
                roll += signed * POINT[trade.code] * (now - trade.price)
        short = last["futures_notional"]
        lines.append(
            {
                "alpha": row["held_pnl"] - row["dividends"] - stocks * move,
                "revaluation": row["revaluation"] - last["revaluation"],
                "market": (stocks - short) * move,
                "basis": carried + short * move,
                "roll": roll,
                "trading": row["stock_pnl"] + row["dividends"] - row["held_pnl"]
                + row["futures_pnl"] - carried - roll,
                "dividends": row["dividends"],
                "interest": row["interest"],
                **{name: -row[name] for name in (*line_names("cost"), *line_names("fee"))},
                "accrual": last["accrued_performance_fee"] - row["accrued_performance_fee"],
                "subscriptions": row["subscriptions"],
                "redemptions": -row["redemptions"],
                "distributions": -row["distributions"],
            }
        )  # fmt: skip
    return pd.DataFrame(lines, DAYS[1:])[list(Bridge.LINES)]


PERIODS = {
    "day": [[0], [1], [2], [3], [4]], "week": [[0], [1, 2], [3], [4]],
    "month": [[0], [1, 2, 3], [4]], "year": [[0], [1, 2, 3, 4]], "whole": [[0, 1, 2, 3, 4]],
}  # fmt: skip


@pytest.mark.parametrize("by", PERIODS)
def test_every_line_of_every_period_is_its_definition(by) -> None:
    run = made()
    found, lines = Bridge(run).yuan(by), counted(run)
    assert list(found.index) == [DAYS[1:][days[-1]] for days in PERIODS[by]]
    for k, days in enumerate(PERIODS[by]):
        np.testing.assert_allclose(
            found[list(Bridge.LINES)].iloc[k], lines.iloc[days].sum(), rtol=1e-9, atol=1e-6
        )
        worth = (run.ledger["equity"] - run.ledger["accrued_performance_fee"]).to_numpy()
        change = worth[days[-1] + 1] - worth[days[0]]
        assert found["equity_change"].iloc[k] == pytest.approx(change)
    assert found["residual"].abs().max() < 1e-6
    assert found.index.name == "date"


@pytest.mark.parametrize("by", PERIODS)
def test_contributions_are_lines_over_what_those_who_stay_had_at_the_open(by) -> None:
    run = made()
    found, lines, ledger = Bridge(run).returns(by), counted(run), run.ledger
    equity = ledger["equity"].to_numpy()
    accrued, at_open = (
        ledger[name].to_numpy() for name in ("accrued_performance_fee", "accrued_fee_at_open")
    )
    lines["accrual"] = at_open[1:] - accrued[1:]  # leavers have paid what had accrued on theirs
    flow = (ledger["subscriptions"] - ledger["redemptions"] - ledger["distributions"]).to_numpy()
    for k, days in enumerate(PERIODS[by]):
        grown, wanted = 1.0, dict.fromkeys(Bridge.LINES, 0.0)
        for t in days:
            before = equity[t] + flow[t + 1] - at_open[t + 1]
            for name in Bridge.LINES:
                wanted[name] += grown * lines[name].iloc[t] / before
            grown *= (equity[t + 1] - accrued[t + 1]) / before
        for name in set(Bridge.LINES) - set(FLOWS):
            assert found[name].iloc[k] == pytest.approx(wanted[name], rel=1e-9, abs=1e-14), name
        assert found["return"].iloc[k] == pytest.approx(grown - 1)
        assert abs(found["residual"].iloc[k]) < 1e-12
    assert not set(FLOWS) & set(found.columns)
    assert found.index.name == "date"


def test_a_run_without_rolls_or_without_futures_has_none() -> None:
    run = made()
    run = run.changed(trades=run.trades[run.trades["reason"] != "roll"])
    assert (Bridge(run).yuan("day")["roll"] == 0).all()
    run = run.changed(contracts=run.contracts.iloc[:0])
    run.ledger["futures_notional"] = 0.0
    found = Bridge(run).yuan("day")
    assert (found[["roll", "basis"]] == 0).all().all()
    np.testing.assert_allclose(
        found["trading"],
        (run.ledger["stock_pnl"] + run.ledger["dividends"] - run.ledger["held_pnl"]
         + run.ledger["futures_pnl"]).iloc[1:],
    )  # fmt: skip


def test_days_without_stocks_have_no_beta_and_without_anything_need_no_index() -> None:
    run = made()
    run.ledger.loc[DAYS[1], ["book_beta", "stock_value"]] = np.nan, 0.0
    row = Bridge(run).yuan("day").loc[DAYS[2]]
    held = run.ledger.loc[DAYS[2], "held_pnl"] - run.ledger.loc[DAYS[2], "dividends"]
    assert row["alpha"] == pytest.approx(held)
    run.ledger.loc[DAYS[1], "futures_notional"] = 0.0
    run.ledger.loc[DAYS[2], "index_close"] = np.nan
    assert Bridge(run).yuan("day", end="2015-01-05").loc[DAYS[2], "market"] == 0
    with pytest.raises(DataError, match="no close of the benchmark on 2015-01-06 or the day"):
        Bridge(run).yuan("day")


def test_days_after_all_was_paid_out_contribute_nothing() -> None:
    run = made()
    gone = run.ledger.columns.difference(["index_close", "book_beta"])
    run.ledger.loc[DAYS[4:], gone] = 0.0
    run = run.changed(
        contracts=run.contracts[run.contracts["date"] <= DAYS[3]].copy(),
        trades=run.trades[run.trades["date"] <= DAYS[3]],
    )
    run.contracts.loc[run.contracts["date"] == DAYS[3], "lots"] = 0
    run.ledger.loc[DAYS[3], ["futures_notional", "stock_value"]] = 0.0
    with np.errstate(invalid="ignore"):  # nothing over nothing
        found = Bridge(run).returns().iloc[0]
    shorter = run.changed(ledger=run.ledger.loc[: DAYS[4]])
    with np.errstate(invalid="ignore"):
        until = Bridge(shorter).returns(end="2015-01-30").iloc[0]
    lines = [name for name in Bridge.LINES if name not in FLOWS]
    assert np.isfinite(found[lines].astype(float)).all()
    pd.testing.assert_series_equal(found[lines], until[lines], check_names=False)
    assert (found[lines] != 0).any()


@pytest.mark.parametrize(
    ("contract", "point"),
    [("IF1512", 300.0), ("IH1501", 300.0), ("IC1512", 200.0), ("IM2301", 200.0)],
)
def test_a_contract_traded_and_closed_on_one_day_is_worth_its_products_points(
    contract, point
) -> None:
    run = made()
    run = with_contract(run, contract)
    before = Bridge(run).yuan("day")["roll"]
    roll = (DAYS[2], contract, "buy", 1, 2_490.0, "roll")
    more = pd.concat(
        [run.trades, pd.DataFrame([roll], columns=run.trades.columns)], ignore_index=True
    )
    after = Bridge(run.changed(trades=more)).yuan("day")["roll"]
    assert (after - before).round(6).tolist() == [0.0, 10 * point, 0.0, 0.0, 0.0]


def with_contract(run: Record, name: str) -> Record:
    """Let a contract be opened and closed on the third day."""
    extra = run.contracts.iloc[[0]].assign(
        date=DAYS[2], contract=name, lots=0, settlement_price=2_500.0, futures_notional=0.0
    )
    return run.changed(contracts=pd.concat([run.contracts, extra], ignore_index=True))


def test_a_contract_of_a_product_that_is_not_known_leaves_the_others_as_they_are() -> None:
    run = made()
    before = Bridge(run).yuan("day")
    run = with_contract(run, "TF1503")
    pd.testing.assert_frame_equal(Bridge(run).yuan("day"), before)


def test_what_no_line_explains_is_the_residual_of_its_day() -> None:
    run = made()
    run.ledger.loc[DAYS[3] :, "equity"] += 123.0
    left = Bridge(run).yuan("day")["residual"].round(6).tolist()
    assert left == [0.0, 0.0, 123.0, 0.0, 0.0]
    part = Bridge(run).returns("day")["residual"]
    flow = run.ledger[list(FLOWS)].loc[DAYS[3]]
    before = run.ledger.loc[DAYS[2], "equity"] + flow["subscriptions"]
    before -= flow["redemptions"] + flow["distributions"]
    before -= run.ledger.loc[DAYS[3], "accrued_fee_at_open"]
    assert part[DAYS[3]] == pytest.approx(123.0 / before)
    assert part.drop(DAYS[3]).abs().max() < 1e-12


def test_a_period_that_is_not_known_is_refused_by_both() -> None:
    for one in (Bridge(made()).yuan, Bridge(made()).returns):
        with pytest.raises(DataError, match="accepted: day, week, month, year, whole"):
            one("quarter")
    with pytest.raises(DataError, match="from 2016-01-01 to the end: no trading day of the run; "):
        Bridge(made()).yuan(start="2016-01-01")
    with pytest.raises(DataError, match="it has 2014-12-31 to 2015-02-02"):
        Bridge(made()).yuan(end="2014-12-30")
    part = Bridge(made()).yuan("whole", "2015-01-05", "2015-01-06")
    np.testing.assert_allclose(part.iloc[0], Bridge(made()).yuan("day").iloc[1:3].sum(), atol=1e-6)
