"""A small random market in the documented schema: sound tables that tests then spoil or read."""

import numpy as np
import pandas as pd
import pyarrow as pa

from quanthedge.market.schema import TABLES

CODES = ("000001.SZ", "000002.SZ", "300001.SZ", "600000.SH", "600519.SH", "601318.SH")
INDEX = "000300.SH"


def small_market(seed=0, days=60, codes=CODES):
    """Return all tables by name; suspensions, a late listing, a delisting, dividends, ST."""
    rng = np.random.default_rng(seed)
    calendar = pd.bdate_range("2014-01-02", periods=days + 10)
    calendar = calendar.delete(sorted(rng.choice(np.arange(12, days), 3, replace=False)))
    traded = calendar[5:]
    listing, bars = [], []
    for number, code in enumerate(codes):
        first = len(traded) // 3 if number == 2 else 0
        last = len(traded) * 2 // 3 if number == 1 else len(traded)
        listed = calendar[2] if number == 0 else traded[first]
        if number == 3:
            listed = pd.Timestamp("1999-11-10")
        gone = traded[last] if number == 1 else pd.NaT
        listing.append((code, listed, gone))
        bars += _bars(code, traded[first:last], rng, number == 4)
    frames = {
        "calendar": pd.DataFrame({"date": calendar}),
        "stocks": pd.DataFrame(listing, columns=["code", "list_date", "delist_date"]),
        "stock_daily": pd.DataFrame(bars, columns=list(TABLES["stock_daily"].column_names)),
        "index_daily": _index(traded, rng),
        "index_members": _members(traded, codes, rng),
        "futures_daily": _futures(traded, rng),
        "fundamentals": _fundamentals(traded, codes, rng),
        "industry": _industry(traded, codes),
        "cash_rate": _cash(calendar, rng),
        "stock_names": _names(calendar, codes),
    }
    return {name: to_arrow(frame, name) for name, frame in frames.items()}


def to_arrow(frame, name):
    """Turn a frame into an Arrow table of the schema's types (null dates kept, NaN kept)."""
    schema = TABLES[name].among(frame.columns).arrow
    columns = []
    for field in schema:
        values = frame[field.name]
        if pa.types.is_date(field.type):
            columns.append(pa.array(pd.to_datetime(values).dt.date, pa.date32()))
        elif pa.types.is_floating(field.type):
            columns.append(pa.array(values.to_numpy(np.float64)))
        elif pa.types.is_boolean(field.type):
            columns.append(pa.array(values.to_numpy(bool)))
        else:
            columns.append(pa.array(values.astype(object).tolist(), pa.string()))
    return pa.table(columns, names=schema.names)


def _bars(code, dates, rng, special):
    rows = []
    close = float(np.round(rng.uniform(8, 30), 2))
    factor = float(rng.uniform(1, 3))
    for number, date in enumerate(dates):
        suspended = rng.random() < 0.15
        if number and suspended and code != CODES[3]:  # one always trades: no day without a bar
            continue
        pre_close = close
        if rows and rng.random() < 0.05:
            pre_close = round(close * 0.97, 2)  # ex-dividend
            factor *= close / pre_close
        reach = 0.04 if special else 0.08
        close = round(pre_close * (1 + rng.uniform(-reach, reach)), 2)
        open_ = round(pre_close * (1 + rng.uniform(-reach, reach)), 2)
        high, low = max(open_, close), min(open_, close)
        volume = float(rng.integers(1_000, 100_000) * 100)
        amount = volume * (high + low) / 2
        shares = 1e9 if number < 20 else 1.1e9
        rows.append(
            (code, date, open_, high, low, close, pre_close, volume, amount, factor,
             shares, shares * 0.8, special and number % 20 > 3, False)
        )  # fmt: skip
    return rows


def _index(dates, rng):
    close = 2000 * np.cumprod(1 + rng.normal(0, 0.01, len(dates)))
    return pd.DataFrame(
        {
            "code": INDEX,
            "date": dates,
            "open": close,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "volume": 1e9,
            "amount": np.nan,
        }
    )


def _members(dates, codes, rng):
    rows = []
    for code in codes:
        start, end, again = sorted(rng.choice(len(dates) - 1, 3, replace=False))
        rows.append((INDEX, code, dates[start], dates[end] - pd.Timedelta(1, "D")))
        if rng.random() < 0.7:
            rows.append((INDEX, code, dates[again], pd.NaT))
    frame = pd.DataFrame(rows, columns=["index_code", "code", "start", "end"])
    return frame[~(frame["end"] < frame["start"])]


def _futures(dates, rng):
    months = pd.period_range("2014-01", periods=8, freq="M")
    thirds = [pd.bdate_range(month.start_time, month.end_time, freq="W-FRI")[2] for month in months]
    expiries = [dates[dates >= day][0] if (dates >= day).any() else day for day in thirds]
    rows = []
    for month, expiry in zip(months, expiries, strict=True):
        if expiry.to_period("M") != month:
            continue
        for date in dates[dates <= expiry][-40:]:
            settle = 2000 * (1 + rng.normal(0, 0.01))
            rows.append(
                ("IF", f"IF{month:%y%m}", date, expiry, settle, settle * 1.01, settle * 0.99,
                 settle, settle, 1000.0, 6e8, 5000.0)
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(TABLES["futures_daily"].among(()).column_names))


def _fundamentals(dates, codes, rng):
    rows = []
    for code in codes:
        for item in ("net_profit_ttm", "book_equity"):
            known = sorted(rng.choice(len(dates), 4, replace=False))
            for number, place in enumerate(known):
                date = dates[place] + pd.Timedelta(int(rng.integers(0, 2)), "D")
                value = np.nan if rng.random() < 0.2 else rng.normal(1e8, 1e7)
                period = pd.Timestamp("2012-12-31") + pd.Timedelta(91 * number, "D")
                rows.append((code, item, date, period, value))
                if rng.random() < 0.3:  # two reports on one day: the later period counts
                    rows.append((code, item, date, period + pd.Timedelta(1, "D"), value + 1))
    frame = pd.DataFrame(rows, columns=list(TABLES["fundamentals"].column_names))
    return frame.drop_duplicates(["code", "item", "known_date", "period_end"])


def _industry(dates, codes):
    middle = dates[len(dates) // 2]
    rows = []
    for number, code in enumerate(codes):
        if number % 2:
            rows.append((code, pd.Timestamp("2000-01-01"), pd.NaT, "48", "银行", "Banks"))
        else:
            before = middle - pd.Timedelta(1, "D")
            rows.append((code, pd.Timestamp("2000-01-01"), before, "43", "房地产", "Real estate"))
            rows.append((code, middle, pd.NaT, "71", "计算机", "Computers"))
    return pd.DataFrame(rows, columns=list(TABLES["industry"].column_names))


def _names(calendar, codes):
    middle = calendar[len(calendar) // 2]
    before = middle - pd.Timedelta(1, "D")
    rows = [(code, "旧名", calendar[0], before) for code in codes]
    rows += [(code, "新名", middle, pd.NaT) for code in codes]
    return pd.DataFrame(rows, columns=["code", "name", "start", "end"]).sort_values(
        ["code", "start"]
    )


def _cash(calendar, rng):
    keep = np.sort(rng.choice(np.arange(1, len(calendar)), len(calendar) * 3 // 4, replace=False))
    return pd.DataFrame({"date": calendar[keep], "rate": rng.uniform(0.01, 0.05, len(keep))})
