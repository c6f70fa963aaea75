"""What the exporters of vendors' tables share: spellings, splitting into files, derived tables."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from tests.sample import SAMPLE


def sample_tables(stocks=None):
    """The sample market as frames by name; with `stocks`, only the first ones and the delisted."""
    tables = {path.stem: pq.read_table(path).to_pandas() for path in SAMPLE.glob("*.parquet")}
    for name in ("fund_holdings", "owners"):  # no vendor's table has either in this form
        del tables[name]
    for frame in tables.values():
        for name in frame.columns.intersection(DATES):
            frame[name] = pd.to_datetime(frame[name])
    if stocks is not None:
        every = tables["stocks"]
        gone = every.loc[every["delist_date"].notna(), "code"]
        codes = sorted({*every["code"].iloc[:stocks], *gone})
        for name in OF_STOCKS:
            tables[name] = tables[name][tables[name]["code"].isin(codes)].reset_index(drop=True)
        names = tables["stock_names"]
        tables["stock_names"] = names[names["code"].isin(codes)].reset_index(drop=True)
    tables["stock_daily"]["code"] = tables["stock_daily"]["code"].astype(str)
    return tables


DATES = (
    "date", "start", "end", "list_date", "delist_date", "known_date", "period_end",
    "last_trading_day", "ex_date", "announce_date", "record_date", "pay_date",
)  # fmt: skip
OF_STOCKS = (
    "stocks", "stock_daily", "index_members", "index_weights", "fundamentals", "industry",
    "statements", "corporate_actions", "analyst_estimates",
)  # fmt: skip


def grid(frame, index, columns, values):
    """A row per day (or per key), a column per code."""
    return frame.pivot(index=index, columns=columns, values=values)  # noqa: PD010


def compact(days):
    """20140917 as text, None where there is no date: Tushare's dates."""
    return days.dt.strftime("%Y%m%d").astype(object).where(days.notna(), None)


def dashed(days, empty=""):
    """2014-09-17 as text."""
    return days.dt.strftime("%Y-%m-%d").astype(object).where(days.notna(), empty)


def save(frame, folder, name, split=None, kind="csv", index=False):
    """One file, or a folder with a file per value of the column `split`."""
    if split is None:
        write(frame, folder / f"{name}.{kind}", index)
        return
    (folder / name).mkdir(parents=True)
    for value, rows in frame.groupby(split, sort=False):
        write(rows, folder / name / f"{value}.{kind}", index)


def write(frame, path, index=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        frame.to_csv(path, index=index)
    else:
        frame.to_parquet(path, index=index)


def monthly_lists(members, calendar):
    """Each index's members on every month's last trading day: index_code, code, date."""
    last = calendar["date"].groupby(calendar["date"].dt.to_period("M")).max()
    rows = members.merge(last.rename("date").to_frame(), how="cross")
    end = rows["end"].fillna(pd.Timestamp("2200-01-01"))
    return rows[(rows["start"] <= rows["date"]) & (rows["date"] <= end)]


def weighted_lists(tables):
    """Those lists with the weight (fraction) of each row; none where the market knows none."""
    keys = ["index_code", "code", "date"]
    lists = monthly_lists(tables["index_members"], tables["calendar"])[keys]
    if "index_weights" not in tables:
        return lists.assign(weight=0.003)
    days = lists["date"].drop_duplicates()
    known = tables["index_weights"]
    return lists.merge(known[known["date"].isin(days)], on=keys, how="outer")


def wide(facts, items):
    """One row per report, one column per item."""
    chosen = facts[facts["item"].isin(items)]
    keys = ["code", "known_date", "period_end"]
    table = grid(chosen, keys, "item", "value").reset_index()
    return table.reindex(columns=[*keys, *items]).rename(columns=items)


def bare(codes):
    """600000 of 600000.SH."""
    return codes.str[:6]


def baostock_code(codes):
    """sh.600000 of 600000.SH."""
    return codes.str[7:].str.lower() + "." + codes.str[:6]


def jq_code(codes):
    """600000.XSHG of 600000.SH."""
    return codes.str[:6] + codes.str[6:].map({".SH": ".XSHG", ".SZ": ".XSHE"})


def every_day(tables):
    """The bars with a row for each suspended day too: close carried, volume and amount 0."""
    bars = tables["stock_daily"]
    days = tables["calendar"]["date"]
    whole = []
    for code, rows in bars.groupby("code", sort=True):
        span = days[(days >= rows["date"].min()) & (days <= rows["date"].max())]
        full = rows.set_index("date").reindex(span)
        idle = full["close"].isna()
        carried = full["close"].ffill()
        for name in ("open", "high", "low", "close", "pre_close"):
            full[name] = full[name].where(~idle, carried)
        full["code"] = code
        full[["volume", "amount"]] = full[["volume", "amount"]].fillna(0.0)
        for name in ("adj_factor", "is_st", "total_shares", "float_shares"):
            full[name] = full[name].ffill()
        full["paused"] = idle
        whole.append(full.rename_axis("date").reset_index())
    return pd.concat(whole, ignore_index=True)


def dividends_of(tables):
    """Actions that explain the factor's steps in full: a bonus issue where it steps far."""
    bars = tables["stock_daily"].sort_values(["code", "date"])
    before = bars.groupby("code")["close"].shift()
    step = (before - bars["pre_close"]).round(2)
    rows = bars[step.abs() > 0.001].assign(before=before, step=step)
    large = rows["before"] / rows["pre_close"] > 1.15
    bonus = np.where(large, np.floor((rows["before"] / rows["pre_close"] - 1) * 10), 0.0)
    cash = rows["before"] - rows["pre_close"] * (1 + bonus / 10)
    return pd.DataFrame(
        {"code": rows["code"], "ex_date": rows["date"], "bonus10": bonus, "cash10": cash * 10}
    )
