"""Write a market as WonderTrader keeps daily bars: CSV files, `.dsb` files, rule files.

Binary layout by `DataDefine.h` and `WTSStruct.h` of WonderTrader: packed structures.
"""

import json
import struct

import numpy as np
import pandas as pd
import pyarrow as pa

EXCHANGES = {"SH": "SSE", "SZ": "SZSE", "BJ": "BSE"}
HEADER = "date,time,open,high,low,close,settle,volume,turnover,open_interest,diff_interest"
FLAG = b"&^%$#@!\x00"


def standard_code(code):
    number, exchange = code.split(".")
    return f"{EXCHANGES[exchange]}.{number}"


def contract_name(contract):
    return f"CFFEX.{contract[:-4]}.{contract[-4:]}"


def export_wtpy(folder, tables, form="csv", factors=True, version=4):
    """Write tables (Arrow, our schema) as `csv`, as `bin`, or as `his` (the data kit's folders)."""
    frames = {name: table.to_pandas() for name, table in tables.items()}
    for code, bars in frames["stock_daily"].groupby("code", observed=True):
        write_series(folder, standard_code(str(code)), bars, form, version)
    for code, bars in frames["index_daily"].groupby("code"):
        write_series(folder, standard_code(code), bars, form, version)
    for contract, bars in frames["futures_daily"].groupby("contract"):
        write_series(folder, contract_name(contract), bars, form, version)
    if factors:
        write_factors(folder / "adjfactors.json", frames["stock_daily"])


def write_series(folder, name, bars, form="csv", version=4):
    bars = bars.sort_values("date")
    if form == "csv":
        (folder / "csv").mkdir(parents=True, exist_ok=True)
        (folder / "csv" / f"{name}_d.csv").write_text("\n".join(csv_lines(bars)) + "\n")
    elif form == "bin":
        (folder / "bin").mkdir(parents=True, exist_ok=True)
        (folder / "bin" / f"{name}_d.dsb").write_bytes(block(bars, version))
    else:
        exchange, _, rest = name.partition(".")
        target = folder / "his" / "day" / exchange
        target.mkdir(parents=True, exist_ok=True)
        short = f"{name.replace('.HOT', '_HOT')}" if "HOT" in rest else rest.replace(".", "")
        (target / f"{short}.dsb").write_bytes(block(bars, version))


def csv_lines(bars):
    yield HEADER
    for row in records(bars):
        date, *prices, settle, money, volume, held, added = row
        numbers = [*prices, settle, volume, money, held, added]
        yield f"{date},0," + ",".join(repr(float(number)) for number in numbers)


def records(bars):
    """Yield date, open, high, low, close, settle, money, volume, open interest, its change."""
    held = bars["open_interest"] if "open_interest" in bars else bars["close"] * 0
    settle = bars["settle"] if "settle" in bars else bars["close"] * 0
    added = held.diff().fillna(0)
    dates = [int(str(day).replace("-", "")) for day in bars["date"]]
    yield from zip(
        dates, bars["open"], bars["high"], bars["low"], bars["close"], settle.fillna(0),
        bars["amount"].fillna(0), bars["volume"], held, added, strict=True,
    )  # fmt: skip


def block(bars, version=4, kind=23):
    if version in (3, 4):
        body = b"".join(struct.pack("<IIQ9d", row[0], 0, 0, *row[1:]) for row in records(bars))
    else:
        body = b"".join(
            struct.pack("<II6dIIi", row[0], 0, *row[1:7], *(int(number) for number in row[7:]))
            for row in records(bars)
        )
    head = FLAG + struct.pack("<HH", kind, version)
    if version in (1, 3):
        return head + body
    packed = pa.Codec("zstd").compress(body, asbytes=True)
    return head + struct.pack("<Q", len(packed)) + packed


def write_factors(path, bars):
    """Write the days on which a stock's factor steps, scaled to begin at 1."""
    root = {}
    for code, rows in bars.groupby("code", observed=True):
        number, exchange = str(code).split(".")
        factor = (rows["adj_factor"] / rows["adj_factor"].iloc[0]).to_numpy()
        steps = np.flatnonzero(np.diff(factor)) + 1
        dates = [int(str(rows["date"].iloc[step]).replace("-", "")) for step in steps]
        root.setdefault(EXCHANGES[exchange], {})[number] = [
            {"date": date, "factor": float(factor[step])}
            for date, step in zip(dates, steps, strict=True)
        ]
    path.write_text(json.dumps(root))


def write_hot(folder, product, futures, form="csv", late=0):
    """Write a continuous series that holds each contract to the day before its last, and hots.json.

    `late`: the series switches so many days after the rules say.
    """
    frame = futures[futures["product"] == product]
    days = sorted(set(frame["date"]))
    lasts = frame.groupby("contract")["last_trading_day"].first().sort_values()
    live = [(contract, last) for contract, last in lasts.items() if last > days[0]]
    rules, begins = [], days[0]
    closes = {(row.contract, row.date): row.close for row in frame.itertuples()}
    for number, (contract, last) in enumerate(live):
        before = live[number - 1][0] if number else ""
        eve = max((day for day in days if day < begins), default=None)
        old, new = (closes.get((name, eve), 0.0) for name in (before, contract))
        date = int(str(begins).replace("-", ""))
        rules.append(
            {"date": date, "from": before, "to": contract, "oldclose": old, "newclose": new}
        )
        if last > days[-1]:
            break
        begins = last
    root = {"CFFEX": {product: rules}}
    (folder / "hots.json").write_text(json.dumps(root))
    switches = [rule["date"] for rule in rules]
    kept = []
    for place, day in enumerate(days):
        seen = int(str(days[max(place - late, 0)]).replace("-", ""))
        number = max(k for k, date in enumerate(switches) if date <= max(seen, switches[0]))
        kept.append(frame[(frame["date"] == day) & (frame["contract"] == rules[number]["to"])])
    series = pd.concat(kept)
    write_series(folder, f"CFFEX.{product}.HOT", series, form)
    return series
