"""Tables of JoinQuant."""

from pathlib import Path

import numpy as np
import pandas as pd

from tests.market.exporters.vendors_common import (
    dashed,
    every_day,
    grid,
    jq_code,
    save,
    weighted_lists,
    wide,
    write,
)


def joinquant(tables, folder: Path, fq="pre", rounded=False):
    """Tables of JoinQuant; prices and volumes adjusted as `fq` says (pre, post or None)."""
    folder.mkdir(parents=True, exist_ok=True)
    bars = every_day(tables)
    factor = bars["adj_factor"]
    last = factor.groupby(bars["code"]).transform("last")
    factor = {"pre": factor / last, "post": factor, None: factor * 0 + 1}[fq]
    frame = pd.DataFrame({"time": bars["date"], "code": jq_code(bars["code"])})
    for name in ("open", "close", "low", "high"):
        frame[name] = bars[name] * factor
        if rounded:
            frame[name] = frame[name].round(2)
    frame["volume"] = bars["volume"] / factor
    frame["money"] = bars["amount"]
    frame["factor"] = factor
    frame["pre_close"] = bars["pre_close"] * factor
    frame["paused"] = bars["paused"].astype(float)
    index = tables["index_daily"].rename(columns={"amount": "money", "date": "time"})
    index = index.assign(code=jq_code(index["code"]), factor=1.0, paused=0.0)
    futures = tables["futures_daily"].rename(columns={"amount": "money", "date": "time"})
    contract = futures["contract"] + ".CCFX"
    main = futures.head(30).assign(code="IF9999.CCFX")
    columns = ["time", "code", "open", "close", "low", "high", "volume", "money"]
    not_listed = frame.head(10).assign(time=pd.Timestamp("2012-12-31"))
    not_listed[["open", "close", "low", "high", "volume", "money", "factor"]] = np.nan
    save(pd.concat([frame, not_listed.head(1)]), folder / "get_price", "stocks", None, "parquet")
    save(index, folder / "get_price", "indices", None, "parquet")
    rows = pd.concat([futures.assign(code=contract), main])[columns]
    save(rows, folder / "get_price", "futures", None, "parquet")
    for name, column in (("sett_price", "settle"), ("positions", "open_interest")):
        by_day = grid(futures.assign(code=contract), "time", "code", column)
        by_day.to_csv(folder / f"get_extras_futures_{name}.csv")
    marks = bars.assign(code=jq_code(bars["code"]), is_st=bars["is_st"].astype(bool))
    grid(marks, "date", "code", "is_st").to_csv(folder / "get_extras_is_st.csv")
    stocks = tables["stocks"]
    end = stocks["delist_date"].fillna(pd.Timestamp("2200-01-01"))
    contracts = futures.assign(code=contract).drop_duplicates("code")
    listing = pd.DataFrame(
        {
            "display_name": "某", "name": "M",
            "start_date": [*stocks["list_date"], *contracts["time"]],
            "end_date": [*end, *contracts["last_trading_day"]],
            "type": ["stock"] * len(stocks) + ["futures"] * len(contracts),
        },
        index=[*jq_code(stocks["code"]), *contracts["code"]],
    )  # fmt: skip
    listing.to_csv(folder / "get_all_securities.csv")
    save(pd.DataFrame({"date": tables["calendar"]["date"]}), folder, "get_all_trade_days")
    values = tables["stock_daily"]
    valuation = pd.DataFrame({"code": jq_code(values["code"]), "day": dashed(values["date"])})
    valuation["capitalization"] = values["total_shares"] / 1e4
    valuation["circulating_cap"] = values["float_shares"] / 1e4
    save(valuation, folder, "get_valuation")
    lists = weighted_lists(tables)
    for (index_code, day), rows in lists.groupby(["index_code", "date"]):
        frame = pd.DataFrame({"date": dashed(rows["date"]), "weight": rows["weight"] * 100})
        frame.index = jq_code(rows["code"])
        path = folder / "get_index_weights" / index_code.replace(".SH", ".XSHG")
        write(frame.rename_axis(None), path / f"{day:%Y-%m-%d}.csv", True)
    balance = wide(tables["fundamentals"], {"book_equity": "equities_parent_company_owners"})
    balance["code"] = jq_code(balance["code"])
    names = {"known_date": "pubDate", "period_end": "statDate"}
    save(balance.rename(columns=names), folder, "balance")
