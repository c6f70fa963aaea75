"""Write a market as a laboratory of vn.py: `AlphaLab.save_bar_data`, `save_component_data`."""

import dbm.dumb
import json
import pickle
import sqlite3

import pandas as pd

EXCHANGES = {"SH": "SSE", "SZ": "SZSE", "BJ": "BSE"}
COLUMNS = ["datetime", "open", "high", "low", "close", "volume", "turnover", "open_interest"]


def vt_symbol(code):
    number, exchange = code.split(".")
    return f"{number}.{EXCHANGES[exchange]}"


def export_vnpy(folder, tables, telling=None, shelf="sqlite"):
    """Write tables (Arrow, our schema); `telling` adds a column to the stocks' files."""
    frames = {name: table.to_pandas() for name, table in tables.items()}
    daily = folder / "daily"
    daily.mkdir(parents=True)
    for name in ("minute", "component", "dataset", "model", "signal"):
        (folder / name).mkdir()
    for code, bars in frames["stock_daily"].groupby("code", observed=True):
        _save(daily / f"{vt_symbol(str(code))}.parquet", bars, telling)
    for code, bars in frames["index_daily"].groupby("code"):
        _save(daily / f"{vt_symbol(code)}.parquet", bars)
    for contract, bars in frames["futures_daily"].groupby("contract"):
        _save(daily / f"{contract}.CFFEX.parquet", bars)
    days = frames["calendar"]["date"].sort_values().tolist()
    for index, spells in frames["index_members"].groupby("index_code"):
        lists = {str(day): _members(spells, day) for day in days}
        lists = {day: members for day, members in lists.items() if members}
        save_component(folder / "component" / vt_symbol(index), lists, shelf)
    contracts = {"IF2406.CFFEX": {"long_rate": 1e-4, "short_rate": 1e-4, "size": 300}}
    (folder / "contract.json").write_text(json.dumps(contracts))


def _save(path, bars, telling=None):
    frame = pd.DataFrame({"datetime": pd.to_datetime(bars["date"]).astype("datetime64[us]")})
    for name in ("open", "high", "low", "close", "volume"):
        frame[name] = bars[name].to_numpy()
    frame["turnover"] = bars["amount"].fillna(0.0).to_numpy()
    held = bars["open_interest"].to_numpy() if "open_interest" in bars else 0.0
    frame["open_interest"] = held
    if telling:
        frame[telling] = bars[telling].to_numpy()
    frame.sort_values("datetime").to_parquet(path, index=False)


def _members(spells, day):
    inside = (spells["start"] <= day) & (spells["end"].isna() | (spells["end"] >= day))
    return [vt_symbol(code) for code in spells["code"][inside]]


def save_component(path, lists, shelf="sqlite"):
    """Write a shelf as Python's `shelve` does, by `dbm.sqlite3` (3.13 on) or `dbm.dumb`."""
    if shelf == "dumb":
        with dbm.dumb.open(str(path), "c") as database:
            for day, members in lists.items():
                database[day] = pickle.dumps(members, pickle.DEFAULT_PROTOCOL)
        return
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE Dict (key BLOB UNIQUE NOT NULL, value BLOB NOT NULL)")
    for day, members in lists.items():
        pickled = pickle.dumps(members, pickle.DEFAULT_PROTOCOL)
        database.execute("REPLACE INTO Dict VALUES (?, ?)", (day.encode(), pickled))
    database.commit()
    database.close()
