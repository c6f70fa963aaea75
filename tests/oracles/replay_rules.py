"""Rows of the rule book by day, read from its CSV files by a small look-up of the oracles' own.

Nothing of :mod:`quanthedge.rules` is used. Each documented choice (docs/ledger.md) is one function.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

BOOK = Path(__file__).parents[2] / "quanthedge" / "rules" / "data"
EXCHANGE = {"SH": "SSE", "SZ": "SZSE", "BJ": "BSE"}


def rows_of(folder, table):
    """The rows of a table; its own file where the folder has one, else the packaged one."""
    path = Path(folder) / f"{table}.csv"
    if not path.exists():
        path = BOOK / f"{table}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def over_days(rows, days, column):
    """The value of the row in force on each day, [T] float; NaN where none is."""
    found = np.full(len(days), np.nan)
    for row in rows:
        inside = np.ones(len(days), bool)
        if row["effective_from"]:
            inside &= days >= np.datetime64(row["effective_from"])
        if row.get("effective_to"):
            inside &= days <= np.datetime64(row["effective_to"])
        if not inside.any():
            continue
        assert np.isnan(found[inside]).all(), "two rows are in force on one day"
        found[inside] = float(row[column]) if row[column] else 0.0
    return found


def covers(cell, product):
    return product in cell.split(";")


@dataclass
class StockFees:
    """Of one exchange: fractions of the amount, yuan a share, and yuan, [T] each."""

    stamp_buy: np.ndarray
    stamp_sell: np.ndarray
    transfer: np.ndarray
    transfer_on_par: np.ndarray
    transfer_least: np.ndarray
    exchange: np.ndarray


def stock_fees(folder, days, ending):
    """Duties and fees of an exchange; the brokers' part of the transfer fee is charged too."""
    name = EXCHANGE[ending]
    duty = [
        r
        for r in rows_of(folder, "stock_stamp_duty")
        if r["security"] == "A" and r["exchange"] == "ALL"
    ]
    book = rows_of(folder, "stock_fees")
    fees = {
        fee: [r for r in book if r["fee"] == fee and r["exchange"] in (name, "ALL")]
        for fee in ("transfer_fee", "transfer_fee_broker_part", "handling_fee", "regulatory_fee")
    }
    by_amount = [r for r in fees["transfer_fee"] if r["basis"] == "amount"]
    by_par = [r for r in fees["transfer_fee"] if r["basis"] == "par_value"]
    return StockFees(
        over_days(duty, days, "buy_rate"),
        over_days(duty, days, "sell_rate"),
        np.nan_to_num(over_days(by_amount, days, "buy_rate")),
        np.nan_to_num(over_days(by_par, days, "buy_rate"))
        + np.nan_to_num(over_days(fees["transfer_fee_broker_part"], days, "buy_rate")),
        np.nan_to_num(over_days(fees["transfer_fee"], days, "min_amount_cny")),
        over_days(fees["handling_fee"], days, "buy_rate")
        + over_days(fees["regulatory_fee"], days, "buy_rate"),
    )


@dataclass
class FutureFees:
    """Of one product, [T] each: fractions of the amount, yuan, fractions of the value."""

    multiplier: float
    fee: np.ndarray
    close_today: np.ndarray
    order: np.ndarray
    delivery: np.ndarray
    margin_near: np.ndarray
    margin_quarter: np.ndarray


def future_fees(folder, days, product, account):
    """Fees and margins of a product for a short position of a hedging or speculative account."""
    book = [r for r in rows_of(folder, "fut_fees") if covers(r["products"], product)]
    by = {fee: [r for r in book if r["fee"] == fee] for fee in {r["fee"] for r in book}}
    fee = over_days(by["open_close"], days, "rate")
    same = [r | {"rate": "1"} for r in by["close_today"] if r["rate"] == "same as open_close"]
    other = [r for r in by["close_today"] if r["rate"] != "same as open_close"]
    ordinary = over_days(same, days, "rate") == 1
    margin = [r for r in rows_of(folder, "fut_margin") if r["product"] == product]
    side = {"hedging": "hedge_short", "speculative": "spec_short"}[account]
    near, quarter = (
        over_days([r for r in margin if r["contracts"] in ("all", which)], days, side)
        for which in ("two nearest", "two quarter months")
    )
    contract = next(r for r in rows_of(folder, "fut_contracts") if r["product"] == product)
    return FutureFees(
        float(contract["multiplier_cny_per_point"]),
        fee,
        np.where(ordinary, fee, over_days(other, days, "rate")),
        np.nan_to_num(over_days(by.get("order_fee", []), days, "rate")),
        over_days(by["delivery"], days, "rate"),
        near,
        quarter,
    )


def hours(folder, days, products):
    """Clock times "HH:MM" by which fills are known and orders are due, open and close, [T] each."""
    stocks = [r for r in rows_of(folder, "stock_trading_rules") if r["topic"] == "session"]
    futures = [
        [r for r in rows_of(folder, "fut_sessions") if covers(r["products"], product)]
        for product in products
    ]
    first, *_, last = (part.strip().split(" ")[0] for part in stocks[0]["value"].split(";"))
    known = {"open": first[6:11], "close": last[6:11]}
    due = {"open": [], "close": []}
    for day in days.astype(str):
        rows = [
            next(r for r in of_one if r["effective_from"] <= day <= (r["effective_to"] or "9"))
            for of_one in futures
        ]
        due["open"].append(min(r["call_order_entry"][6:11] for r in rows))
        due["close"].append(min(r["afternoon"][6:11] for r in rows))
    return {k: np.full(days.size, v) for k, v in known.items()}, {
        k: np.array(v) for k, v in due.items()
    }


@dataclass
class DividendTax:
    """Parts of a dividend with its ex-date on each day, [T] each."""

    at_payment: np.ndarray
    short: np.ndarray  # further, sold within a month
    mid: np.ndarray  # further, within a year
    long: np.ndarray


def dividend_tax(folder, days):
    """Rates of a public fund, which the book tells to be those of individuals."""
    rows = [r for r in rows_of(folder, "dividend_tax") if r["investor"] == "individual"]
    spans = {"short": "1 month", "mid": "1 year", "long": ""}
    total = {
        name: over_days(
            [r for r in rows if r["holding_to_inclusive"] == end],
            days,
            "tax_rate_on_cash_dividend",
        )
        for name, end in spans.items()
    }
    # until 2012 one row held whatever the holding period
    total = {name: np.where(np.isnan(one), total["long"], one) for name, one in total.items()}
    paid = over_days([r for r in rows if r["holding_to_inclusive"] == ""], days, "rate_at_payment")
    return DividendTax(paid, *(np.maximum(0.0, total[name] - paid) for name in spans))


def month_later(day, months):
    return np.datetime64(pd.Timestamp(day) + pd.DateOffset(months=months), "D")
