"""Orders of a fund with sleeves: each sleeve's own, and one a code for the broker."""

import csv
import io

import numpy as np
import pandas as pd
import pytest

from quanthedge.backtesting import backtest
from quanthedge.daily import orders_for
from quanthedge.daily.holdings import Cash, Holdings, StockHolding, read_holdings
from quanthedge.daily.lists import of_account
from quanthedge.errors import DataError
from quanthedge.strategy import load_strategy
from tests.daily.flat_day import flat_market
from tests.sample import sample_market
from tests.sleeves.busy import LABELS, busy

pytestmark = pytest.mark.slow
START = "2014-11-03"
# both sleeves enter and the hedge trades the same month; a delivery; only the spread; a rebalance
DAYS = ["2015-01-07", "2015-02-17", "2015-03-25", "2015-03-31", "2015-05-19"]
SAME = ["code", "side", "quantity", "reference_price", "amount", "reason", "sleeve"]


def run_until(day):
    return backtest(busy(), sample_market().until(day), START)


def held_by(run):
    """What each sleeve holds at a run's end and the money, as files would tell them."""
    kept = run.state["sleeves"]
    parts = [
        Holdings(
            {code: StockHolding(int(n)) for code, n in part["shares"].items()},
            {name: int(n) for name, n in part["lots"].items()},
        )
        for part in kept.values()
    ]
    row = run.ledger.iloc[-1]
    cash = Cash(
        row["stock_cash"], row["futures_cash"], None, row["fees_payable"],
        row["dividends_receivable"], row["loan"],
    )  # fmt: skip
    first, *others = parts
    sleeves = dict(zip(list(kept)[1:], others, strict=True))
    return Holdings(first.stocks, first.futures, [], sleeves), cash


@pytest.mark.parametrize("day", DAYS)
def test_orders_equal_the_trades_of_a_day_at_the_last_closes(tmp_path, day):
    market = sample_market()
    following = market.dates[market.day(day) + 1]
    run = run_until(day)
    orders = orders_for(busy(), market, day, run=run)
    flat = flat_market(tmp_path / "flat", day, following)
    whole = backtest(busy(), flat, START)
    trades = whole.trades[whole.trades["date"] == whole.ledger.index[-1]]
    trades = trades.rename(columns={"price": "reference_price"}).reset_index(drop=True)
    trades = trades.assign(reason=trades["reason"].astype(str))
    trades = trades[trades["reason"] != "delivery"].reset_index(drop=True)
    pd.testing.assert_frame_equal(orders.orders[SAME], trades[SAME], check_dtype=False)
    assert orders.day == str(following)


def test_the_days_tried_have_what_they_are_tried_for():
    trades = backtest(busy(), sample_market().until("2015-05-29"), START).trades
    market = sample_market()
    following = [str(market.dates[market.day(day) + 1]) for day in DAYS]
    own = trades[trades["date"].astype(str).isin(following)]
    assert set(own["sleeve"]) == set(LABELS)
    assert {"rebalance", "hedge", "delivery"} <= set(own["reason"].astype(str))
    whose = own.drop_duplicates(["date", "code", "sleeve"])
    assert whose.duplicated(["date", "code"]).any()


@pytest.mark.parametrize("day", ["2015-01-07", "2015-03-31"])
def test_holdings_of_files_give_the_orders_of_the_run_that_holds_them(day, tmp_path):
    run = run_until(day)
    holdings, cash = held_by(run)
    alone = orders_for(busy(), sample_market(), day, run=run)
    given = orders_for(busy(), sample_market(), day, run=run, holdings=holdings, cash=cash)
    pd.testing.assert_frame_equal(alone.orders, given.orders)
    pd.testing.assert_frame_equal(alone.totals, given.totals)
    pd.testing.assert_frame_equal(alone.book, given.book)
    file = tmp_path / "holdings.csv"
    rows = ["代码,数量,方向,子策略"]
    names = {"stocks": "", "carry": "期现套利", "calendar": "calendar"}
    for label, name in names.items():
        part = holdings if label == "stocks" else holdings.sleeves[label]
        rows += [f"{code},{one.shares},,{name}" for code, one in part.stocks.items()]
        rows += [
            f"{code},{abs(n)},{'多' if n > 0 else '空'},{name}" for code, n in part.futures.items()
        ]
    file.write_text("\n".join(rows), encoding="utf-8")
    read = orders_for(busy(), sample_market(), day, run=run, holdings=file, cash=cash)
    pd.testing.assert_frame_equal(alone.orders, read.orders)
    without = orders_for(busy(), sample_market(), day, holdings=holdings, cash=cash, start=START)
    pd.testing.assert_frame_equal(alone.orders[SAME], without.orders[SAME])
    assert "no_run_sleeves" in [note["kind"] for note in without.notes]


def test_a_file_that_names_another_sleeve_is_refused_in_one_line(tmp_path):
    file = tmp_path / "holdings.csv"
    file.write_text("code,quantity,sleeve\n600519.SH,100,pairs\n", encoding="utf-8")
    with pytest.raises(DataError, match="sleeve 'pairs'; accepted: stocks, carry, calendar"):
        orders_for(busy(), sample_market(), "2015-01-07", holdings=file, cash=Cash(1e8))
    plain = load_strategy("market_neutral", ["selector.n=30"])
    with pytest.raises(DataError, match=r"sleeve 'pairs'; accepted: stocks$"):
        orders_for(plain, sample_market(), "2015-01-07", holdings=file, cash=Cash(1e8))
    assert list(read_holdings(file).sleeves) == ["pairs"]


def test_the_broker_gets_one_order_a_code_that_leaves_the_account_as_the_sleeves_are():
    for day in ("2015-01-07", "2015-05-19"):
        orders = orders_for(busy(), sample_market(), day, run=run_until(day))
        assert "several" in [note["kind"] for note in orders.notes]
        account = of_account(orders.orders, orders.book)
        assert not account.duplicated(["code", "offset"]).any()
        signed = account["quantity"].where(account["side"] == "buy", -account["quantity"])
        moved = signed.groupby(account["code"]).sum()
        book = orders.book.groupby("code")[["before", "after"]].sum()
        change = book["after"] - book["before"]
        expired = ~book.index.isin(orders.orders["code"])
        pd.testing.assert_series_equal(
            moved.reindex(book.index[~expired], fill_value=0), change[~expired],
            check_names=False, check_dtype=False,
        )  # fmt: skip
        for row in account[account["account"] == "futures"].itertuples():
            held = book["before"].get(row.code, 0)
            sign = 1 if row.side == "buy" else -1
            if row.offset == "close":
                assert held * sign < 0
                assert row.quantity <= abs(held)
        (written,) = orders.files(["ctp"]).values()
        lines = list(csv.DictReader(io.StringIO(written.decode("utf-8"))))
        ordered = account[account["account"] == "futures"]
        assert [one["InstrumentID"] for one in lines] == ordered["code"].tolist()


def test_lots_that_change_sides_in_the_account_are_closed_and_then_opened():
    columns = ["sleeve", "account", "code", "side", "offset", "quantity", "reference_price",
               "amount", "fees", "impact", "usual_volume", "participation"]  # fmt: skip
    orders = pd.DataFrame(
        [
            ["stocks", "futures", "IF1501", "sell", "open", 5, 1.0, 50.0, 5.0, 0.0, np.nan, np.nan],
            ["carry", "futures", "IF1501", "buy", "close", 1, 1.0, 10.0, 1.0, 0.0, np.nan, np.nan],
            ["stocks", "stock", "600519.SH", "buy", "", 300, 1.0, 3.0, 0.0, 0.0, 900.0, np.nan],
            ["carry", "stock", "600519.SH", "sell", "", 300, 1.0, 3.0, 0.0, 0.0, 900.0, np.nan],
        ],
        columns=columns,
    ).reindex(columns=[*columns, "limit_up", "limit_down"])
    book = pd.DataFrame({"kind": ["futures", "futures"], "code": ["IF1501"] * 2, "before": [3, -1]})
    found = of_account(orders, book)
    assert found[["side", "offset", "quantity"]].to_numpy().tolist() == [
        ["sell", "close", 2], ["sell", "open", 2],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "names"), [("zh", ["期现套利", "跨期套利"]), ("en", ["carry", "calendar"])]
)
def test_text_page_and_lists_say_whose_an_order_is(language, names):
    orders = orders_for(busy(), sample_market(), "2015-01-07", run=run_until("2015-01-07"))
    page, text = orders.page(language), orders.text(language)
    table = orders.csv("orders", language).decode("utf-8-sig")
    for name in names:
        assert name in page
        assert name in table
    assert names[1] in text
    refused = orders.csv("refused", language).decode("utf-8-sig")
    assert refused.splitlines()[0].startswith("子策略" if language == "zh" else "sleeve")


def test_a_rebalance_can_be_forced():
    day = "2015-02-06"
    run = run_until(day)
    forced = orders_for(busy(), sample_market(), day, run=run, rebalance=True)
    own = forced.orders[forced.orders["reason"] == "rebalance"]
    assert (own["sleeve"] == "stocks").sum() > 5
