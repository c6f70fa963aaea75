"""Write a market as a Qlib data directory, as Qlib's dump scripts do."""

import struct

import numpy as np

LISTS = {"000300.SH": "csi300", "000905.SH": "csi500", "000852.SH": "csi1000"}
ALMOST_OPEN = "2099-12-31"


def qlib_name(code):
    number, exchange = code.split(".")
    return exchange + number


def export_qlib(folder, tables, amount="amount", scale=True, factor=True, financial=True):
    """Write tables (Arrow, our schema) below `folder`.

    `amount`: "amount", "vwap" or None. `scale`: divide each stock by its first adjusted close, as
    the normalising collectors do. `factor`: write the factor.
    """
    frames = {name: table.to_pandas() for name, table in tables.items()}
    days = [str(day) for day in frames["calendar"]["date"].sort_values()]
    for name in ("calendars", "instruments", "features"):
        (folder / name).mkdir(parents=True)
    (folder / "calendars" / "day.txt").write_text("\n".join(days) + "\n")
    _instruments(folder / "instruments", frames, days)
    place = {day: number for number, day in enumerate(days)}
    for code, bars in frames["stock_daily"].groupby("code", observed=True):
        _stock(folder / "features", str(code), bars, place, amount, scale, factor)
    if "index_daily" in frames:
        inside = frames["index_daily"]["date"].isin(frames["calendar"]["date"])
        for code, bars in frames["index_daily"][inside].groupby("code"):  # others have no place
            _index(folder / "features", code, bars, place)
    if financial and "fundamentals" in frames:
        _financial(folder / "financial", frames["fundamentals"])


def write_bin(path, start, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(struct.pack("<f", start))
        file.write(np.asarray(values, "<f4").tobytes())


def _instruments(folder, frames, days):
    lines = []
    for row in frames["stocks"].itertuples():
        end = days[-1]
        if row.delist_date is not None and row.delist_date == row.delist_date:
            end = max(day for day in days if day < str(row.delist_date))
        lines.append(f"{qlib_name(row.code)}\t{row.list_date}\t{end}")
    (folder / "all.txt").write_text("\n".join(lines) + "\n")
    if "index_members" not in frames:
        return
    for index, spells in frames["index_members"].groupby("index_code"):
        lines = []
        for row in spells.itertuples():
            end = ALMOST_OPEN if row.end is None or row.end != row.end else str(row.end)
            lines.append(f"{qlib_name(row.code)}\t{row.start}\t{end}")
        (folder / f"{LISTS[index]}.txt").write_text("\n".join(lines) + "\n")


def _spread(bars, place, column):
    rows = [place[str(day)] for day in bars["date"]]
    values = np.full(rows[-1] - rows[0] + 1, np.nan)
    values[np.array(rows) - rows[0]] = column
    return rows[0], values


def _stock(folder, code, bars, place, amount, scale, with_factor):
    bars = bars.sort_values("date")
    factor = bars["adj_factor"].to_numpy()
    if scale:
        factor = factor / (bars["close"].to_numpy()[0] * factor[0])
    fields = {name: bars[name] * factor for name in ("open", "high", "low", "close")}
    fields["volume"] = bars["volume"] / factor
    if with_factor:
        fields["factor"] = factor
    if amount == "amount":
        fields["amount"] = bars["amount"]
    elif amount == "vwap":
        fields["vwap"] = bars["amount"] / bars["volume"] * factor
    change = (bars["close"] * factor).pct_change()
    fields["change"] = change
    for name, column in fields.items():
        path = folder / qlib_name(code).lower() / f"{name}.day.bin"
        write_bin(path, *_spread(bars, place, column))


def _index(folder, code, bars, place):
    bars = bars.sort_values("date")
    factor = np.full(len(bars), 1 / bars["close"].to_numpy()[0])
    fields = {name: bars[name] * factor for name in ("open", "high", "low", "close")}
    fields["volume"] = bars["volume"] / factor
    fields["amount"] = bars["amount"]
    fields["factor"] = factor
    for name, column in fields.items():
        path = folder / qlib_name(code).lower() / f"{name}.day.bin"
        write_bin(path, *_spread(bars, place, column))


def _financial(folder, frame):
    frame = frame[frame["period_end"].notna()]  # Qlib has no figure without a period
    frame = frame.sort_values(["known_date", "period_end"])
    for (code, item), rows in frame.groupby(["code", "item"]):
        stem = folder / qlib_name(code).lower() / f"{item}_q"
        stem.parent.mkdir(parents=True, exist_ok=True)
        dates = [int(str(day).replace("-", "")) for day in rows["known_date"]]
        periods = [day.year * 100 + (day.month + 2) // 3 for day in rows["period_end"]]
        write_pit(stem, dates, periods, rows["value"], 4)


def write_pit(stem, dates, periods, values, per_year):
    """Write one item's .data and .index; revisions of a period are chained forward."""
    none = 0xFFFFFFFF
    year = (lambda period: period // 100) if per_year == 4 else (lambda period: period)
    first_year = min(year(period) for period in periods)
    years = max(year(period) for period in periods) - first_year + 1
    index = [none] * (years * per_year)
    following = [none] * len(periods)
    latest = {}
    for number, period in enumerate(periods):
        if period in latest:
            following[latest[period]] = number * 20
        else:
            part = period % 100 - 1 if per_year == 4 else 0
            index[(year(period) - first_year) * per_year + part] = number * 20
        latest[period] = number
    with stem.with_name(stem.name + ".data").open("wb") as file:
        for date, period, value, after in zip(dates, periods, values, following, strict=True):
            file.write(struct.pack("<IIdI", date, period, value, after))
    with stem.with_name(stem.name + ".index").open("wb") as file:
        file.write(struct.pack(f"<I{len(index)}I", first_year, *index))
