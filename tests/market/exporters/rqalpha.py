"""Write a market as a bundle of RQAlpha, from the description of its files."""

import pickle

import h5py
import numpy as np
import pandas as pd

SUFFIX = {"SH": "XSHG", "SZ": "XSHE", "BJ": "BJSE"}
BAR = [
    ("datetime", "<i8"), *((n, "<f8") for n in ("open", "close", "high", "low", "prev_close")),
    ("limit_up", "<f8"), ("limit_down", "<f8"), ("volume", "<f8"), ("total_turnover", "<f8"),
]  # fmt: skip
FUTURE = [
    ("datetime", "<i8"), *((n, "<f8") for n in ("open", "close", "high", "low")),
    ("volume", "<f8"), ("total_turnover", "<f8"), ("settlement", "<f8"), ("open_interest", "<f8"),
]  # fmt: skip
DIVIDEND = [
    ("book_closure_date", "<i8"), ("announcement_date", "<i8"), ("ex_dividend_date", "<i8"),
    ("payable_date", "<i8"), ("dividend_cash_before_tax", "<f8"), ("round_lot", "<f8"),
]  # fmt: skip


def order_book_id(code):
    number, exchange = code.split(".")
    return f"{number}.{SUFFIX[exchange]}"


def number(dates):
    """20140917, 0 where there is no date."""
    dates = pd.DatetimeIndex(pd.to_datetime(pd.Series(dates).to_numpy()))
    numbers = dates.year * 10_000 + dates.month * 100 + dates.day
    return np.where(dates.isna(), 0, np.nan_to_num(numbers)).astype(np.int64)


def records(frame, kinds, names):
    made = np.zeros(len(frame), dtype=kinds)
    for theirs, _ in kinds:
        if theirs in names:
            made[theirs] = frame[names[theirs]].to_numpy()
    return made


def export_rqalpha(folder, tables, *, known_st=True):
    """Write the bundle; `tables` are Arrow tables by name."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = {name: table.to_pandas() for name, table in tables.items()}
    np.save(folder / "trading_dates.npy", number(frames["calendar"]["date"]))
    _instruments(folder, frames)
    bars = frames["stock_daily"].assign(code=lambda f: f["code"].astype(str))
    bars["datetime"] = number(bars["date"]) * 1_000_000
    names = {
        "datetime": "datetime", "open": "open", "close": "close", "high": "high", "low": "low",
        "prev_close": "pre_close", "volume": "volume", "total_turnover": "amount",
    }  # fmt: skip
    with h5py.File(folder / "stocks.h5", "w") as file:
        for code, group in bars.groupby("code"):
            file.create_dataset(
                order_book_id(code), data=records(group, BAR, names), compression="gzip"
            )
    index = frames["index_daily"]
    index["datetime"] = number(index["date"]) * 1_000_000
    with h5py.File(folder / "indexes.h5", "w") as file:
        plain = {k: v for k, v in names.items() if k != "prev_close"}
        for code, group in index.groupby("code"):
            file.create_dataset(order_book_id(code), data=records(group, BAR, plain))
    _futures(folder, frames["futures_daily"])
    _factors(folder, bars)
    if known_st:
        with h5py.File(folder / "st_stock_days.h5", "w") as file:
            for code, group in bars[bars["is_st"]].groupby("code"):
                file[order_book_id(code)] = number(group["date"])
    with h5py.File(folder / "suspended_days.h5", "w") as file:
        days = set(number(frames["calendar"]["date"]).tolist())
        for code, group in bars.groupby("code"):
            halted = sorted(days - set(number(group["date"]).tolist()))
            file[order_book_id(code)] = np.array(halted, dtype=np.int64)
    cash = frames["cash_rate"]
    with h5py.File(folder / "yield_curve.h5", "w") as file:
        curve = {"1Y": 0.0}
        if "government_yield_curve" in frames:
            rows = frames["government_yield_curve"]
            curve = {term: of["rate"].to_numpy() for term, of in rows.groupby("term")}
        made = np.zeros(
            len(cash), dtype=[("date", "<i8"), *((n, "<f8") for n in {"0S": 0, **curve})]
        )
        for term, rates in curve.items():
            made[term] = rates
        made["date"], made["0S"] = number(cash["date"]), cash["rate"]  # one column for both
        file["data"] = made
    if "corporate_actions" in frames:
        _actions(folder, frames["corporate_actions"])


def _instruments(folder, frames):
    listed = []
    for row in frames["stocks"].itertuples():
        gone = (
            "0000-00-00"
            if pd.isna(row.delist_date)
            else f"{pd.Timestamp(row.delist_date):%Y-%m-%d}"
        )
        listed.append(
            {
                "order_book_id": order_book_id(row.code), "symbol": "股票", "type": "CS",
                "exchange": SUFFIX[row.code[-2:]], "round_lot": 100.0, "board_type": "MainBoard",
                "listed_date": f"{pd.Timestamp(row.list_date):%Y-%m-%d}", "de_listed_date": gone,
            }
        )  # fmt: skip
    listed.append({"order_book_id": "510300.XSHG", "type": "ETF", "listed_date": "2012-05-28"})
    last = frames["futures_daily"].groupby("contract")["last_trading_day"].first()
    for contract, day in last.items():
        listed.append(
            {
                "order_book_id": contract, "type": "Future", "underlying_symbol": contract[:-4],
                "contract_multiplier": 300.0, "maturity_date": f"{pd.Timestamp(day):%Y-%m-%d}",
            }
        )  # fmt: skip
    (folder / "instruments.pk").write_bytes(pickle.dumps(listed, protocol=2))


def _futures(folder, futures):
    futures["datetime"] = number(futures["date"]) * 1_000_000
    names = {
        "datetime": "datetime", "open": "open", "close": "close", "high": "high", "low": "low",
        "volume": "volume", "total_turnover": "amount", "settlement": "settle",
        "open_interest": "open_interest",
    }  # fmt: skip
    with h5py.File(folder / "futures.h5", "w") as file:
        for contract, group in futures.groupby("contract"):
            file.create_dataset(contract, data=records(group, FUTURE, names))
        for series in ("IF88", "IF888", "IF99", "RB1410"):
            file.create_dataset(series, data=records(group, FUTURE, names))


def _factors(folder, bars):
    with h5py.File(folder / "ex_cum_factor.h5", "w") as file:
        for code, group in bars.groupby("code"):
            factor = group["adj_factor"].to_numpy() / group["adj_factor"].iloc[0]
            steps = np.flatnonzero(np.append(False, factor[1:] != factor[:-1]))
            made = np.zeros(len(steps) + 1, dtype=[("start_date", "<i8"), ("ex_cum_factor", "<f8")])
            made["start_date"][1:] = group["datetime"].to_numpy()[steps]
            made["ex_cum_factor"] = np.append(1.0, factor[steps])
            file[order_book_id(code)] = made


def _actions(folder, actions):
    with h5py.File(folder / "dividends.h5", "w") as file:
        for code, group in actions[actions["cash_per_share"] > 0].groupby("code"):
            made = np.zeros(len(group), dtype=DIVIDEND)
            for theirs, ours in (
                ("book_closure_date", "record_date"), ("announcement_date", "announce_date"),
                ("ex_dividend_date", "ex_date"), ("payable_date", "pay_date"),
            ):  # fmt: skip
                made[theirs] = number(group[ours])
            made["round_lot"] = 10.0
            made["dividend_cash_before_tax"] = group["cash_per_share"] * 10
            file[order_book_id(code)] = made
    with h5py.File(folder / "split_factor.h5", "w") as file:
        for code, group in actions[actions["bonus_per_share"] != 0].groupby("code"):
            made = np.zeros(len(group), dtype=[("ex_date", "<i8"), ("split_factor", "<f8")])
            made["ex_date"] = number(group["ex_date"]) * 1_000_000
            made["split_factor"] = 1 + group["bonus_per_share"]
            file[order_book_id(code)] = made
