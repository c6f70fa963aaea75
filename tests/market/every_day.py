"""A small market in which every price, rate and rule is another one on every day.

Nine stocks of four boards, two futures products, and a folder of rule tables with a row for each
calendar day of the runs (and one row for the months before): whatever reads a row too early or too
late finds another number. Stocks flip their special treatment, stop trading, are listed and
delisted, go ex; some bars open at their limits, some days stand at them.
"""

import csv
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from quanthedge.market import write_dataset
from tests.market.small_market import to_arrow

BOOK = Path(__file__).parents[2] / "quanthedge" / "rules" / "data"
BEGIN, END = "2021-08-02", "2022-01-14"
FIRST, LAST = "2021-11-15", "2022-01-12"  # of the runs; Beijing's exchange opened on the first
HOLIDAYS = [
    "2021-09-20", "2021-09-21", *(f"2021-10-0{n}" for n in range(1, 8)), "2022-01-03",
]  # fmt: skip
CODES = (
    "000002.SZ", "002007.SZ", "300003.SZ", "300008.SZ", "600001.SH", "601006.SH", "603009.SH",
    "688004.SH", "835005.BJ",
)  # fmt: skip
GONE, NEW, STOPPED = "002007.SZ", "601006.SH", "300008.SZ"
INDICES = {"IF": "000300.SH", "IC": "000905.SH"}
MONTHS = ("2108", "2109", "2110", "2111", "2112", "2201", "2202", "2203", "2206")
ENDS = pd.Series(
    [
        "2021-08-20", "2021-09-17", "2021-10-15", "2021-11-19", "2021-12-17", "2022-01-21",
        "2022-02-18", "2022-03-18", "2022-06-17",
    ],
    index=MONTHS,
)  # fmt: skip


def board(code):
    if code.startswith("688"):
        return "star"
    if code.endswith("BJ"):
        return "bse"
    return "chinext" if code.startswith("300") else "main"


def every_day(target, seed=5):
    """Write the market and the rules into ``target``; returns their folders."""
    rng = np.random.default_rng(seed)
    rules = target / "rules"
    shutil.copytree(BOOK, rules)
    days = pd.DatetimeIndex([BEGIN]).append(pd.date_range("2021-11-08", "2022-01-20"))
    limits = _write_rules(rules, days, rng)
    calendar = pd.bdate_range(BEGIN, "2022-02-28").difference(pd.DatetimeIndex(HOLIDAYS))
    traded = calendar[calendar <= END]
    moves = {index: rng.normal(0, 0.012, len(traded)) for index in INDICES.values()}
    listing, bars, actions = [], [], []
    for code in CODES:
        first = {NEW: 82, "835005.BJ": int(np.searchsorted(traded, pd.Timestamp(FIRST)))}
        begin = first.get(code, 0)
        end = 92 if code == GONE else len(traded)
        listing.append((code, traded[begin], traded[end] if end < len(traded) else pd.NaT))
        mine, told = _bars(code, traded[begin:end], limits, moves["000300.SH"][begin:end], rng)
        bars += mine
        actions += told
    frames = {
        "calendar": pd.DataFrame({"date": calendar}),
        "stocks": pd.DataFrame(listing, columns=["code", "list_date", "delist_date"]),
        "stock_daily": pd.DataFrame(bars, columns=_BARS),
        "corporate_actions": pd.DataFrame(actions, columns=_ACTIONS),
        "index_daily": _indices(traded, moves),
        "futures_daily": _futures(traded, limits, moves, rng),
        "cash_rate": pd.DataFrame(
            {"date": calendar, "rate": rng.uniform(0.01, 0.09, len(calendar))}
        ),
    }
    tables = {name: to_arrow(frame, name) for name, frame in frames.items()}
    report = write_dataset(target / "market", tables, name="every day", source="made for tests")
    assert report.ok, report
    return target / "market", rules


_BARS = [
    "code", "date", "open", "high", "low", "close", "pre_close", "volume", "amount", "adj_factor",
    "total_shares", "float_shares", "is_st", "is_delisting",
]  # fmt: skip
_ACTIONS = [
    "code", "ex_date", "cash_per_share", "bonus_per_share", "rights_per_share", "rights_price",
    "announce_date", "record_date", "pay_date",
]  # fmt: skip


def _bars(code, dates, limits, moves, rng):
    rows, actions = [], []
    close, factor, k = round(float(rng.uniform(8, 30)), 2), 1.0, CODES.index(code)
    slope = 0.6 + 0.1 * k
    for n, date in enumerate(dates):
        if n and code == STOPPED and rng.random() < 0.3:
            continue
        pre_close = close
        ex_day = n and not rows[-1][12] and (n + 2 * k) % 13 == 0
        told = ex_day and (n + k) % 2 == 0
        if ex_day:
            pre_close = round(close * (1 - rng.uniform(0.02, 0.05)), 2)
            if told:
                pre_close = _act(code, date, close, pre_close, k + n, actions, rng)
            factor *= close / pre_close
        special = bool(rng.random() < 0.3)
        up, down = limits[board(code), "ST" if special else "normal"][date]
        highest = np.floor(pre_close * (1 + up) * 100 + 0.5 + 1e-9) / 100
        lowest = np.floor(pre_close * (1 - down) * 100 + 0.5 + 1e-9) / 100
        close = pre_close * (1 + slope * moves[n] + float(rng.normal(0, 0.01)))
        close = round(min(max(close, lowest), highest), 2)
        open_ = {0: highest, 1: lowest}.get(int(rng.integers(0, 6)))
        if open_ is None:
            open_ = round(float(rng.uniform(lowest, highest)), 2)
        locked = int(rng.integers(0, 14))
        if locked < 2:  # not a share is traded off the limit
            open_ = close = (highest, lowest)[locked]
        high, low = max(open_, close), min(open_, close)
        stretch = float(rng.random()) if locked > 1 else 0.0
        high = round(high + stretch * max(0.0, highest - high), 2)
        low = round(low - stretch * max(0.0, low - lowest), 2)
        volume = float(rng.integers(2_000, 60_000) * 100)
        amount = volume * (low + float(rng.random()) * (high - low))
        shares = float(rng.integers(1_000, 9_000)) * 1e5
        delisting = (code == GONE and n > 78) or bool(rng.random() < 0.15)
        rows.append(
            (code, date, open_, high, low, close, pre_close, volume, amount, factor, shares,
             shares * 0.8, special, delisting)
        )  # fmt: skip
    return rows, actions


def _act(code, date, close, pre_close, form, actions, rng):
    """Tell an ex-day in the table: cash, bonus or rights; returns the exchange's reference."""
    gap, later = close - pre_close, pd.Timedelta(int(rng.integers(0, 12)), "D")
    cash, bonus, rights, price = round(gap, 2), 0.0, 0.0, np.nan
    if form % 3 == 1:
        cash, bonus = 0.0, round(gap / pre_close, 3)
    if form % 3 == 2:
        cash, price = 0.0, round(0.6 * close, 2)
        rights = round(gap / (pre_close - price), 3)
    paid = rights * (0.0 if np.isnan(price) else price)
    actions.append(
        (code, date, cash, bonus, rights, price, pd.NaT, pd.NaT,
         date + later if form % 2 else pd.NaT)
    )  # fmt: skip
    return round((close - cash + paid) / (1 + bonus + rights), 2)


def _indices(dates, moves):
    frames = []
    for code, returns in moves.items():
        close = np.round(4000 * np.cumprod(1 + returns), 2)
        frames.append(
            pd.DataFrame(
                {"code": code, "date": dates, "open": close, "high": close * 1.01,
                 "low": close * 0.99, "close": close, "volume": 1e9, "amount": np.nan}
            )
        )  # fmt: skip
    return pd.concat(frames)


def _futures(dates, limits, moves, rng):
    rows = []
    for product in INDICES:
        size = {"IF": 300.0, "IC": 200.0}[product]
        for month in MONTHS:
            settle, end = 0.2 * int(rng.integers(19_500, 20_500)), pd.Timestamp(ENDS[month])
            for date, move in zip(dates, moves[INDICES[product]], strict=True):
                if date > end:
                    break
                before = settle
                limit = limits["futures", "last" if date == end else "daily"][date]
                lowest = np.ceil(before * (1 - limit) / 0.2 - 1e-6) * 0.2
                highest = np.floor(before * (1 + limit) / 0.2 + 1e-6) * 0.2
                open_ = {0: highest, 1: lowest}.get(int(rng.integers(0, 5)))
                if open_ is None:
                    open_ = float(np.round(rng.uniform(lowest, highest) * 5) / 5)
                settle, close = (
                    float(np.round(before * (1 + move + float(rng.normal(0, 0.003))) * 5) / 5)
                    for _ in range(2)
                )
                settle, close = (min(max(one, lowest), highest) for one in (settle, close))
                high, low = max(open_, close, settle), min(open_, close, settle)
                volume = float(rng.integers(1_000, 50_000))
                amount = volume * size * (low + float(rng.random()) * (high - low))
                rows.append(
                    (product, product + month, date, end, open_, high, low, close, settle, volume,
                     amount, float(rng.integers(10_000, 90_000)))
                )  # fmt: skip
    names = [
        "product", "contract", "date", "last_trading_day", "open", "high", "low", "close",
        "settle", "volume", "amount", "open_interest",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


# ---- rules --------------------------------------------------------------------------------------


def _write_rules(folder, days, rng):
    """Replace the dated tables by a row a day; returns the price limits by day."""
    rate = lambda low, high: (round(float(rng.uniform(low, high)), 7) for _ in days)  # noqa: E731
    fees = [
        (fee, exchange, basis, least, rate(low, high))
        for fee, exchange, basis, least, low, high in (
            ("transfer_fee", "SSE", "amount", True, 1e-5, 9e-5),
            ("transfer_fee_broker_part", "SSE", "par_value", False, 1e-4, 9e-4),
            ("transfer_fee", "SZSE", "par_value", False, 1e-4, 9e-4),
            ("transfer_fee", "BSE", "amount", False, 1e-5, 9e-5),
            ("handling_fee", "SSE", "amount", False, 1e-5, 9e-5),
            ("handling_fee", "SZSE", "amount", False, 1e-5, 9e-5),
            ("handling_fee", "BSE", "amount", False, 1e-4, 5e-4),
            ("regulatory_fee", "ALL", "amount", False, 1e-5, 5e-5),
        )
    ]
    _replace(folder, "stock_fees", days, [
        [{"fee": fee, "exchange": exchange, "buy_rate": value, "sell_rate": value, "basis": basis,
          "min_amount_cny": round(float(rng.uniform(1, 90)), 2) if least else "", "payee": "x"}
         for value in values]
        for fee, exchange, basis, least, values in fees
    ])  # fmt: skip
    _replace(folder, "stock_stamp_duty", days, [
        [{"exchange": "ALL", "security": "A", "buy_rate": buy, "sell_rate": sell,
          "basis": "amount", "legal_note": ""}
         for buy, sell in zip(rate(1e-4, 9e-4), rate(1e-3, 3e-3), strict=True)]
    ])  # fmt: skip
    limits = _limits(folder, days, rng)
    _futures_rules(folder, days, rate, rng)
    _dividend_tax(folder, days, rng)
    return limits


def _limits(folder, days, rng):
    found, groups = {}, []
    listing = [row for row in _rows(folder, "stock_price_limit") if row["status"] != "normal"]
    listing = [row for row in listing if row["status"] != "ST"]
    for name in ("main", "chinext", "star", "bse"):
        for status in ("normal", "ST"):
            pairs = [tuple(np.round(rng.uniform(0.04, 0.2, 2), 3)) for _ in days]
            found[name, status] = _each_day(days, pairs)
            groups.append(
                [{"board": name, "status": status, "listing_day_from": 2, "listing_day_to": "",
                  "up_limit": up, "down_limit": down, "reference": "previous close"}
                 for up, down in pairs]
            )  # fmt: skip
    _replace(folder, "stock_price_limit", days, groups, listing)
    groups = []
    for rule, key in (("daily", "daily"), ("last trading day", "last")):
        values = [round(float(rng.uniform(0.01, 0.05)), 3) for _ in days]
        found["futures", key] = _each_day(days, values)
        groups.append([_future_limit(rule, value) for value in values])
    rule = "listing day of a quarter-month contract"
    groups.append([_future_limit(rule, 0.2) for _ in days])
    _replace(folder, "fut_price_limit", days, groups)
    return found


def _each_day(days, values):
    """The value in force by calendar day."""
    spells = zip(days, days[1:].append(pd.DatetimeIndex(["2022-01-21"])), values, strict=True)
    return {
        day: value
        for begin, after, value in spells
        for day in pd.date_range(begin, after, inclusive="left")
    }


def _future_limit(rule, value):
    return {
        "rule": rule, "products": "IF;IC", "up": value, "down": value,
        "reference": "previous settlement",
    }  # fmt: skip


def _futures_rules(folder, days, rate, rng):
    _replace(folder, "fut_fees", days, [
        [{"fee": fee, "products": products, "rate": value, "unit": "x", "n_sources": 1}
         for value in rate(low, high)]
        for products in ("IF", "IC")
        for fee, low, high in (
            ("open_close", 1e-5, 9e-5), ("close_today", 1e-4, 9e-3), ("order_fee", 1, 9),
            ("delivery", 1e-4, 9e-4),
        )
    ])  # fmt: skip
    sides = ("spec_long", "spec_short", "hedge_long", "hedge_short")
    _replace(folder, "fut_margin", days, [
        [{"product": product, "contracts": contracts, "stage": "", "n_sources": 1}
         | {side: round(float(rng.uniform(0.08, 0.35)), 4) for side in sides}
         for _ in days]
        for product, contracts in (
            ("IF", "two nearest"), ("IF", "two quarter months"), ("IC", "all"),
        )
    ])  # fmt: skip
    _replace(folder, "fut_limits", days, [
        [{"limit": limit, "products": product, "lots": int(rng.integers(low, high)),
          "scope": "x", "per": "contract", "hedge_exempt": "yes"}
         for _ in days]
        for product in ("IF", "IC")
        for limit, low, high in (("position_speculative", 8, 40), ("daily_open", 1, 25))
    ])  # fmt: skip


def _dividend_tax(folder, days, rng):
    spans = (("0", "1 month"), ("1 month", "1 year"), ("1 year", ""))
    paid = [round(float(rng.uniform(0, 0.05)), 4) for _ in days]
    others = [r for r in _rows(folder, "dividend_tax") if r["investor"] != "individual"]
    _replace(folder, "dividend_tax", days, [
        [{"investor": "individual", "holding_from_exclusive": begin, "holding_to_inclusive": end,
          "tax_rate_on_cash_dividend": round(float(rng.uniform(0.05, 0.3)), 4),
          "rate_at_payment": now, "withheld": "x"}
         for now in paid]
        for begin, end in spans
    ], others)  # fmt: skip


def _rows(folder, table):
    with (folder / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _replace(folder, table, days, groups, kept=()):
    """Write a table anew: each group has a row for each of the days, until the next one."""
    with (folder / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        columns = csv.DictReader(file).fieldnames
    common = {"source_ids": "MEM", "confidence": "B", "note": ""}
    with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(kept)
        for group in groups:
            ends = [*(days[1:] - pd.Timedelta(1, "D")), days[-1]]
            for day, end, row in zip(days, ends, group, strict=True):
                dated = {"effective_from": f"{day:%Y-%m-%d}", "effective_to": f"{end:%Y-%m-%d}"}
                writer.writerow(common | dated | row)
