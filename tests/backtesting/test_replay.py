"""Runs kept again from their trades and the raw tables: every account, cost and fee to a millionth.

The replay (tests/oracles/replay.py) is written from docs/ledger.md and docs/fund.md and uses
neither the market's panels nor the package's rule book.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quanthedge.backtesting.execute import book_tables, run_fund_of
from quanthedge.backtesting.plan import prepare
from quanthedge.market import Market, write_dataset
from quanthedge.market.schema import TABLES
from quanthedge.sleeves.carry import CashAndCarry
from quanthedge.strategy import Strategy, load_strategy
from tests.oracles.replay import Known, replay
from tests.oracles.replay_rules import BOOK
from tests.sample import ROOT, SAMPLE, sample_market, small_strategy
from tests.sleeves.busy import busy

START, END = "2014-09-17", "2015-12-31"
YUAN, CENT = 1e-6, 0.011
NOT_REPLAYED = {"contract", "book_beta", "unit_value_gross", "index_close"}
LATER = {"high_water_mark"}  # of clients: held by tests/fund
# not replayed: no run here borrows a stock; tests/sleeves/test_reverse_carry.py works such runs out
BORROWED = ["stocks_borrowed", "cash_pledged", "lending_fee"]
ACCRUED = {"accrued_performance_fee", "accrued_fee_at_open"}  # a cent for each lot of clients
CENTS = 0.1


def kept_again(strategy, market, folder, start, end, rules=BOOK):
    """Run a strategy, replay it, and compare everything; returns the run's tables."""
    prepared = prepare(strategy, market, start, end)
    fund = run_fund_of(prepared)
    tables = book_tables(prepared, fund.record)
    plan = strategy.model_dump(mode="json")
    columns = ["date", "code", "side", "quantity", "reason", *(["sleeve"] * bool(plan["sleeves"]))]
    given = tables["trades"][columns]
    end = str(tables["ledger"].index[-1])[:10]
    found = replay(given, folder, plan, start, end, rules, known_of(prepared))
    same_ledger(tables["ledger"], found.ledger)
    same_trades(tables["trades"], found.trades)
    same_positions(tables["positions"], found.positions)
    same_contracts(tables["contracts"], found.contracts)
    same_restated(tables["restated"], found.restated)
    if found.sleeves is not None:
        same_sleeves(tables["sleeves"], found.sleeves)
    if found.clients is not None:
        same_classes(fund.class_values, found.clients.class_values())
        same_people(fund, found.clients)
    return tables


def known_of(prepared):
    """Limits and betas of a run, which tests/limits, tests/beta and test_preparation hold."""
    bars, rules, hedge = prepared.inputs.bars, prepared.inputs.stocks, prepared.leg.hedge
    up, down = (
        np.take_along_axis(limits, bars.limit_class.astype(np.int64), axis=1)
        for limits in (rules.limit_up, rules.limit_down)
    )
    beta = hedge.beta[:, :, 0]
    beta = np.where(np.isnan(beta), 1.0, beta)
    return Known(list(prepared.market.codes), up, down, rules.inward, beta)


def same_ledger(ledger, found):
    ledger = ledger.iloc[1:]
    assert len(found) == len(ledger)
    assert (ledger[BORROWED] == 0.0).all(axis=None)
    missing = set(ledger.columns) - set(found.columns) - NOT_REPLAYED - {*BORROWED}
    assert missing <= LATER
    with_clients = "high_water_mark" in missing
    for name in sorted(set(found.columns)):
        off = (ledger[name] - found[name]).abs()
        near = CENTS if with_clients and name in ACCRUED else YUAN
        assert off.max() < near, f"{name}: {off.max()} on {off.idxmax():%Y-%m-%d}"


def same_restated(restated, found):
    keys = ["date", "code"]
    assert len(restated) == len(found)
    if not len(found):
        return
    both, other = (one.sort_values(keys, ignore_index=True) for one in (restated, found))
    assert (both["code"] == other["code"]).all()
    assert (pd.DatetimeIndex(both["date"]) == pd.DatetimeIndex(other["date"])).all()
    for name in ("shares", "last_close", "stated_value", "adjustment_yuan"):
        assert (both[name] - other[name]).abs().max() < YUAN, name


def same_sleeves(sleeves, found):
    assert (sleeves["sleeve"] == found["sleeve"]).all()
    assert (pd.DatetimeIndex(sleeves["date"]) == pd.DatetimeIndex(found["date"])).all()
    assert (sleeves[BORROWED] == 0.0).all(axis=None)
    for name in set(sleeves.columns) - {"date", "sleeve", *BORROWED}:
        off = (sleeves[name] - found[name]).abs()
        row = sleeves.iloc[int(off.argmax())]
        assert off.max() < YUAN, f"{name}: {off.max()} of {row['sleeve']}, {row['date']:%Y-%m-%d}"


@pytest.fixture
def nothing_waits(monkeypatch):
    """Legs do not wait: money that was moved for lots that then were not opened is in no trade."""
    monkeypatch.setattr(CashAndCarry, "together", False)


@pytest.mark.usefixtures("nothing_waits")
def test_each_sleeve_and_the_fund_of_several_are_found_again():
    tables = kept_again(busy(), sample_market(), SAMPLE, "2014-11-03", END)
    assert set(tables["trades"]["sleeve"]) == {"stocks", "carry", "calendar"}
    assert {"delivery", "roll", "retry"} <= set(tables["trades"]["reason"].astype(str))
    assert (tables["sleeves"].groupby("sleeve")["dividends"].sum()[["stocks", "carry"]] > 0).all()


def same_trades(trades, found):
    for name in (
        "price", "amount", "commission", "stamp_duty", "transfer_fee", "exchange_fee",
        "futures_fee", "impact", "dividend_tax",
    ):  # fmt: skip
        off = (trades[name] - found[name]).abs()
        assert off.max() < YUAN, f"{name}: {off.max()} in trade {off.idxmax()}"


def same_positions(positions, found):
    days = positions["date"].to_numpy().astype("datetime64[D]")
    keys = list(zip(days, positions["code"], strict=True))
    recorded = set(days)
    assert set(keys) == {key for key in found if key[0] in recorded}
    shares, price = np.array([found[key] for key in keys]).T
    assert (positions["shares"] == shares).all()
    assert np.abs(positions["price"] - price).max() < YUAN


def same_contracts(contracts, found):
    assert len(contracts) == len(found)
    if not len(contracts):
        return
    both = contracts.sort_values(["date", "contract"], ignore_index=True)
    other = found.sort_values(["date", "contract"], ignore_index=True)
    assert (both["contract"] == other["contract"]).all()
    assert (pd.DatetimeIndex(both["date"]) == pd.DatetimeIndex(other["date"])).all()
    for name in ("lots", "settlement_price", "futures_notional", "margin_required"):
        assert (both[name] - other[name]).abs().max() < YUAN, name


def same_classes(values, found):
    assert len(values) == len(found)
    both = values.sort_values(["date", "share_class"], ignore_index=True)
    other = found.sort_values(["date", "share_class"], ignore_index=True)
    assert (both["share_class"] == other["share_class"]).all()
    for name in ("units", "assets_yuan", "unit_value"):
        assert (both[name] - other[name]).abs().max() < YUAN, name


def same_people(fund, found):
    keys = ["date", "investor", "share_class", "event"]
    names = {
        "units": "units", "cash_yuan": "cash", "performance_fee_yuan": "fee",
        "entry_or_exit_fee_yuan": "door",
    }  # fmt: skip
    same_sums(fund.events.rename(columns=names), found.events(), keys, list(names.values()))
    names = {"units": "units", "value_yuan": "value", "accrued_fee_yuan": "fee"}
    days = fund.investor_days.rename(columns=names)
    same_sums(days, found.people(), keys[:3], list(names.values()))
    values = fund.values
    founders = (fund.events["event"] == "founder").sum()
    paid_in = fund.events["cash_yuan"].iloc[:founders]
    assert (values["after_yuan"].iloc[:founders] == paid_in).all()
    for row in values.iloc[founders:].itertuples():
        key = np.datetime64(row.date, "D"), row.investor, row.share_class
        assert abs(row.before_yuan - found.before_close.get(key, 0.0)) < CENT, row
        changed = abs(row.after_yuan - row.before_yuan) > CENT
        assert not changed or abs(row.after_yuan - found.after_close[key]) < CENT, row


def same_sums(table, other, keys, names):
    """Compare after summing rows of the same keys; cents are whole on both sides."""
    mine, slow = (one.groupby(keys)[names].sum().sort_index() for one in (table, other))
    both = mine.join(slow.add_suffix("_slow"), how="outer").fillna(0.0)
    for name in names:
        off = (both[name] - both[f"{name}_slow"]).abs()
        assert off.max() < CENT, f"{name}: {off.max()} of {off.idxmax()}"


SETTINGS = {
    "as it is": [],
    "average price, impact of size, fees outside the commission": [
        "execution.fill=vwap", "costs.impact_coefficient=1.0", "costs.commission_rate=0.0003",
        "costs.commission_includes_exchange_fees=false", "accounts.futures_cash_rate=market",
    ],
    "closing price, speculative account, every week": [
        "execution.fill=close", "hedge.account=speculative", "rebalance.every=week",
        "accounts.stock_cash_rate=0.02", "hedge.fill=settlement", "fund.crystallisation=month",
        "fund.high_water_mark=pre_fee", "fund.audit_fee_yuan_per_year=80000",
    ],
    "held to delivery, tight margin": [
        "hedge.roll_days=0", "accounts.margin_call=1.0", "accounts.margin_target=1.0",
        "accounts.margin_release=1.0", "invested_fraction=0.9", "capital_yuan=60000000",
    ],
    "money of the sales after they were filled, the hedge before": [
        "execution.sale_proceeds=after_fill", "hedge.fill=open", "costs.commission_min_yuan=300",
        "rebalance.every=week", "invested_fraction=0.9",
    ],
    "money of the sales on the next day, the hedge at the average": [
        "execution.sale_proceeds=next_day", "hedge.fill=vwap", "invested_fraction=0.9",
    ],
    "the quarter month, a loan": [
        "hedge.contract=quarter", "invested_fraction=1.4", "accounts.borrowed=0.7",
        "accounts.borrowing_rate=0.08", "rebalance.every=15", "costs.commission_min_yuan=900",
    ],
}  # fmt: skip


@pytest.mark.parametrize("changes", SETTINGS.values(), ids=SETTINGS.keys())
def test_trades_raw_prices_and_rules_leave_every_yuan_of_the_run(changes):
    tables = kept_again(small_strategy(*changes), sample_market(), SAMPLE, START, END)
    assert len(tables["trades"]) > 300


METHODS = {
    "last close": ["valuation.suspended=last_close"],
    "every adjustment": ["valuation.materiality=0.0"],
    "the hedged index, from the third day": [
        "valuation.index=hedged", "valuation.from_day=3", "valuation.materiality=0.02",
    ],
    "by beta": ["valuation.suspended=beta", "valuation.materiality=0.001"],
}  # fmt: skip


@pytest.mark.parametrize("changes", METHODS.values(), ids=METHODS.keys())
def test_suspended_holdings_are_stated_by_each_method(changes):
    strategy = small_strategy("universe.filters=[]", "execution.fill=close", *changes)
    tables = kept_again(strategy, sample_market(), SAMPLE, START, END)
    assert (len(tables["restated"]) > 30) == ("valuation.suspended=last_close" not in changes)


def test_what_a_delisted_share_pays_is_a_part_of_the_last_close():
    strategy = small_strategy(
        "selector.n=110", "universe.filters=[]", "execution.delisting_recovery=0.4",
        "execution.retry_days=0",
    )  # fmt: skip
    tables = kept_again(strategy, sample_market(), SAMPLE, "2014-03-03", "2014-09-30")
    assert (tables["trades"]["reason"] == "delisting").sum() >= 1


def test_two_products_are_settled_each_at_its_own_prices():
    strategy = small_strategy(
        'hedge.product=["IF", "IC"]', "hedge.risk_aversion=10.0", 'hedge.contract="next"'
    )
    tables = kept_again(strategy, sample_market(), SAMPLE, "2015-04-20", END)
    held = set(tables["contracts"]["contract"].str[:2])
    assert held == {"IF", "IC"}


def test_money_of_clients_comes_and_goes_to_the_cent():
    changes = ["selector.n=30", "clients.payment_days=6"]
    strategy = load_strategy(ROOT / "strategies" / "fund_with_clients.toml", changes)
    ledger = kept_again(strategy, sample_market(), SAMPLE, START, END)["ledger"]
    assert (ledger["subscriptions"] > 0).sum() >= 2
    assert (ledger["redemptions"] > 0).any()
    assert (ledger["performance_fee"] > 0).any()
    assert (ledger["service_fee"] > 0).any()


def test_leavers_gates_lock_ups_and_fees_at_the_door_are_done_day_by_day():
    plain = small_strategy("rebalance.every=week").model_dump(mode="json")
    plain["clients"] = {
        "founders": {"one": 0.3, "two": 0.7}, "founders_class": "C", "method": "lot_value",
        "opening": "day", "payment_days": 0, "gate": 0.15, "lock_up_days": 30,
        "minimum_yuan": 2e6, "leavers": {"drawdown": 0.01, "fraction": 0.25, "staying": ["two"]},
        "redemption_fee": [
            {"below": 100, "rate": 0.02}, {"below": float("inf"), "rate": 0.005},
        ],
        "subscription_fee": [{"below": float("inf"), "rate": 0.01}],
        "flows": [
            {"date": "2014-10-20", "investor": "three", "subscribe_yuan": 30e6},
            {"date": "2014-10-27", "investor": "three", "redeem_fraction": 0.5},
            {"date": "2014-12-08", "investor": "three", "redeem_fraction": 0.95},
            {"date": "2015-03-10", "investor": "two", "redeem_units": 20e6, "share_class": "C"},
            {"date": "2015-03-10", "investor": "four", "subscribe_yuan": 5e6},
        ],
    }  # fmt: skip
    plain["fund"] |= {"crystallisation": "month", "service_fee_per_year": 0.004}
    strategy = Strategy.model_validate(plain)
    ledger = kept_again(strategy, sample_market(), SAMPLE, START, END)["ledger"]
    assert (ledger["redemptions"] > 0).sum() >= 4


def test_dividends_of_a_fund_with_clients_and_its_fees_at_the_door_are_booked():
    plain = small_strategy().model_dump(mode="json")
    plain["fund"] |= {"service_fee_per_year": 0.006, "hurdle": {"kind": "index"}}
    plain["clients"] = {
        "founders": {"one": 0.5, "two": 0.5}, "method": "series", "opening": "week",
        "payment_days": 1, "redemption_fee_kept": 0.5, "redemption_fee": [
            {"below": 400, "rate": 0.01}, {"below": float("inf"), "rate": 0.0},
        ],
        "flows": [
            {"date": "2014-10-20", "investor": "three", "subscribe_yuan": 30e6,
             "share_class": "C"},
            {"date": "2015-03-10", "investor": "one", "redeem_fraction": 0.7},
        ],
        "distributions": [
            {"date": "2015-02-10", "yuan_per_unit": 0.01, "reinvesting": ["two"]},
        ],
    }  # fmt: skip
    strategy = Strategy.model_validate(plain)
    ledger = kept_again(strategy, sample_market(), SAMPLE, START, END)["ledger"]
    assert (ledger["distributions"] > 0).sum() == 1


@pytest.fixture(scope="module")
def with_actions(tmp_path_factory) -> Path:
    """The sample with two of three steps of the factor told by a table, in every form."""
    tables = {path.stem: pq.read_table(path) for path in sorted(SAMPLE.glob("*.parquet"))}
    bars = tables["stock_daily"].to_pandas()
    tables["corporate_actions"] = action_table(bars)
    target = tmp_path_factory.mktemp("actions") / "market"
    assert write_dataset(target, tables, name="with actions", source="the sample's steps").ok
    return target


def action_table(bars):
    """Dividends, bonus shares and rights issues whose ex-date price is the exchange's."""
    before = bars.groupby("code", observed=True)["close"].shift(1)
    step = (before - bars["pre_close"]).round(2) > 0
    rows, last = bars[step], before[step]
    rows, last = rows[np.arange(len(rows)) % 3 > 0], last[np.arange(len(last)) % 3 > 0]
    form = np.arange(len(rows)) % 4
    gap = (last - rows["pre_close"]).to_numpy()
    reference, last = rows["pre_close"].to_numpy(), last.to_numpy()
    cash = np.where(form == 0, gap, np.where(form == 1, gap / 2, 0.0))
    bonus = np.where(form == 1, gap / 2 / reference, np.where(form == 2, gap / reference, 0.0))
    price = np.where(form == 3, 0.5 * reference, np.nan)
    rights = np.where(form == 3, gap / (reference - np.nan_to_num(price)), 0.0)
    later = pd.to_timedelta(np.array([0, 3, 11, 40])[np.arange(len(rows)) % 4], unit="D")
    paid = pd.Series(pd.to_datetime(rows["date"].to_numpy()) + later)
    frame = pd.DataFrame(
        {
            "code": rows["code"].astype(str).to_numpy(), "ex_date": rows["date"].to_numpy(),
            "cash_per_share": cash, "bonus_per_share": bonus, "rights_per_share": rights,
            "rights_price": price, "announce_date": pd.NaT, "record_date": pd.NaT,
            "pay_date": paid.where(np.arange(len(rows)) % 5 > 0),
        }
    )  # fmt: skip
    columns = []
    schema = TABLES["corporate_actions"].among(frame.columns).arrow
    for one in schema:
        values = frame[one.name]
        if pa.types.is_date(one.type):
            days = pd.to_datetime(values).dt.date
            columns.append(pa.array(days.where(values.notna(), None), pa.date32()))
        elif pa.types.is_string(one.type):
            columns.append(pa.array(values.tolist(), pa.string()))
        else:
            columns.append(pa.array(values.to_numpy(np.float64)))
    return pa.table(columns, names=schema.names)


@pytest.mark.parametrize("tax", ["none", "public_fund"])
def test_dividends_bonus_shares_rights_and_their_tax_come_from_the_table(tax, with_actions):
    strategy = small_strategy(f"costs.dividend_tax={tax}", "rebalance.every=week")
    market = Market.open(with_actions)
    tables = kept_again(strategy, market, with_actions, START, END)
    ledger = tables["ledger"]
    assert (ledger["dividends_receivable"] > 0).any()
    assert (tables["trades"]["reason"] == "rights").any()
    assert (ledger["dividend_tax"].sum() > 0) == (tax == "public_fund")
