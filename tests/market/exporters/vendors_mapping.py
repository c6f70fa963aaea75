"""A user's own files with a mapping.toml."""

from pathlib import Path

import numpy as np
import pandas as pd

from tests.market.exporters.vendors_common import (
    compact,
    grid,
    save,
    write,
)

MAPPING = """
[stock_daily]
files = "bars/*.csv"
code = "file name"
date_format = "%d/%m/%Y"
true = ["是"]
false = ["否"]

[stock_daily.columns]
date = "日期"
open = "开"
high = "高"
low = "低"
close = "收"
volume = "手"
amount = "额"
pre_close = "昨收"
total_shares = "总股本"
is_st = "ST"

[stock_daily.units]
volume = "lots"
amount = "ten_thousand_yuan"
total_shares = "hundred_million_shares"

[index_daily.wide]
close = "index/close.csv"
open = "index/open.parquet"

[stocks]
files = "list.csv"
columns = {code = "symbol", list_date = "ipo", delist_date = "out"}

[calendar]
files = "days.csv"
columns = {date = "day"}

[cash_rate]
files = "shibor.csv"
columns = {rate = "ON"}
percent = ["rate"]

[futures_daily]
files = "futures.parquet"
columns = {contract = "symbol"}
units = {amount = "hundred_million_yuan"}

[fundamentals]
files = "facts.parquet"
columns = {item = "field"}

[index_members]
files = "members.csv"
constants = {index_code = "000300.SH"}
"""


def mapped(tables, folder: Path):
    """A user's own files with a mapping.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    for code, bars in tables["stock_daily"].groupby("code"):
        frame = pd.DataFrame({"日期": bars["date"].dt.strftime("%d/%m/%Y")})
        names = zip(
            ("开", "高", "低", "收", "昨收"),
            ("open", "high", "low", "close", "pre_close"),
            strict=True,
        )
        for theirs, name in names:
            frame[theirs] = bars[name]
        frame["手"] = bars["volume"] / 100
        frame["额"] = bars["amount"] / 1e4
        frame["总股本"] = bars["total_shares"] / 1e8
        frame["ST"] = np.where(bars["is_st"], "是", "否")
        path = folder / "bars" / f"{code[:6]}.csv"
        path.parent.mkdir(exist_ok=True)
        frame.to_csv(path, index=False, encoding="gb18030")
    for name, kind in (("close", "csv"), ("open", "parquet")):
        levels = grid(tables["index_daily"], "date", "code", name)
        levels.columns = [f"sh{code[:6]}" for code in levels.columns]
        write(levels, folder / "index" / f"{name}.{kind}", True)
    stocks = tables["stocks"].rename(columns={"list_date": "ipo", "delist_date": "out"})
    save(stocks.rename(columns={"code": "symbol"}), folder, "list")
    save(tables["calendar"].rename(columns={"date": "day"}), folder, "days")
    rates = {"date": compact(tables["cash_rate"]["date"]), "ON": tables["cash_rate"]["rate"] * 100}
    save(pd.DataFrame(rates), folder, "shibor")
    futures = tables["futures_daily"].drop(columns="product")
    futures = futures.assign(symbol="CFFEX." + futures["contract"], amount=futures["amount"] / 1e8)
    save(futures.drop(columns="contract"), folder, "futures", None, "parquet")
    save(tables["fundamentals"].rename(columns={"item": "field"}), folder, "facts", None, "parquet")
    members = tables["index_members"]
    members = members[members["index_code"] == "000300.SH"].drop(columns="index_code")
    save(members, folder, "members")
