"""What suspended stocks are stated at, from the raw tables, loop by loop (docs/valuation.md).

Days are places in the calendar's days up to the end of a span, of which ``first`` is the span's
first day. Nothing of :mod:`quanthedge.valuation` or of the market's panels is used.
"""

import csv
import math
import re
from itertools import pairwise
from pathlib import Path

import pandas as pd

from quanthedge import valuation

NAMES = Path(valuation.__file__).parent / "data" / "amac.csv"
HALF_TICK = 0.005


def _records(folder, table):
    """Rows of a table with days as texts; None where the market has no such table."""
    path = Path(folder) / f"{table}.parquet"
    if not path.exists():
        return None
    frame = pd.read_parquet(path)
    for name in ("date", "start", "end"):
        if name in frame:
            frame[name] = [None if pd.isna(day) else str(day)[:10] for day in frame[name]]
    return frame.to_dict("records")


class IndexReturns:
    """Returns of the index that each stock follows on each day."""

    def __init__(self, folder, days):
        self.days = [str(day)[:10] for day in days]
        self.bars = {}  # (code, day): row
        for row in _records(folder, "stock_daily"):
            self.bars[row["code"], row["date"]] = row
        self.codes = sorted({code for code, _ in self.bars})
        self.spells = _records(folder, "industry") or []
        self.closes, self.names = {}, {}
        for row in _records(folder, "industry_index_daily") or []:
            if row["family"] == "AMAC":
                self.closes[row["code"], row["date"]] = row["close"]
                self.names[row["code"]] = row["name"]
        with NAMES.open(encoding="utf-8", newline="") as file:
            self.by_name = {row["industry_zh"]: row["index"] for row in csv.DictReader(file)}
        self.kept = {}

    def industry(self, code, u):
        """Code and Chinese name of a stock's industry on a day; None where it is not known."""
        for row in self.spells:
            ends = row["end"] if isinstance(row["end"], str) else "9999-12-31"
            if row["code"] == code and row["start"] <= self.days[u] <= ends:
                return row["industry"], row["name_zh"]
        return None

    def index_of(self, industry):
        """The AMAC index of an industry, None where the market has none."""
        code, name = industry
        regulator = re.fullmatch(r"([A-S])(\d\d)?", code)
        if regulator and code != "C":  # manufacturing has indices of its divisions alone
            wanted = code if code[0] == "C" else code[0]
            found = [one for one, called in self.names.items() if called.split(" ")[0] == wanted]
            return found[0] if found else None
        found = self.by_name.get(name.split("(")[0])
        return found if found in self.names else None

    def of(self, code, u):
        """Return of the index that a stock follows on day u."""
        industry = self.industry(code, u)
        if industry is None:
            return self.own(None, u)
        index = self.index_of(industry)
        closes = [self.closes.get((index, self.days[k]), math.nan) for k in (u - 1, u)]
        if not any(math.isnan(close) for close in closes):
            return closes[1] / closes[0] - 1
        return self.own(industry[0], u)

    def own(self, industry, u):
        """Mean return of the market's own stocks of an industry (None: of all) on day u."""
        if (industry, u) not in self.kept:
            self.kept[industry, u] = self._own(industry, u)
        return self.kept[industry, u]

    def _own(self, industry, u):
        weight = gained = 0.0
        for code in self.codes:
            if industry is not None and (self.industry(code, u) or (None,))[0] != industry:
                continue
            today, before = (self.bars.get((code, self.days[k])) for k in (u, u - 1))
            if today is None or before is None:
                continue
            size = before["close"] * before["float_shares"]
            gain = today["close"] / today["pre_close"] - 1
            if size > 0 and not math.isnan(gain):
                weight += size
                gained += size * gain
        if weight > 0:
            return gained / weight
        return 0.0 if industry is None else self.own(None, u)


def hedged_returns(folder, index, days):
    """Return of an index by day, 0 where it has no close on it or on the day before."""
    closes = {
        row["date"]: row["close"] for row in _records(folder, "index_daily") if row["code"] == index
    }
    found = [0.0]
    for before, day in pairwise(days):
        pair = [closes.get(str(one)[:10], math.nan) for one in (before, day)]
        found.append(0.0 if any(math.isnan(one) for one in pair) else pair[1] / pair[0] - 1)
    return found


def stated_ratio(closes, growth, first, reference, limits, multiple=None):
    """Stated value over mark of one stock at the closes from ``first - 1`` on.

    Parameters
    ----------
    closes : list
        Of all days up to the span's end, NaN where the stock did not trade.
    growth : callable
        Return of the index that it follows on a day.
    reference, limits : callable
        Of a day of the span: the last mark on the day's basis; lower and upper limit price.
    multiple : list, optional
        Beta known at the closes from ``first - 1`` on.

    Returns
    -------
    list of float, list of int
        The ratio, NaN where the stock stands at its mark, and the day of the suspension.
    """
    found, counts = [], []
    ratio, risk, count, listed = math.nan, 1.0, 0, False
    for u, close in enumerate(closes):
        t = u - first
        if math.isnan(close):
            if listed:
                if math.isnan(ratio):  # the day before was s, the last with a bar
                    ratio, risk = 1.0, 1.0
                    if multiple is not None:
                        risk = multiple[max(t, 0)]
                ratio *= 1 + risk * growth(u)
                count += 1
        else:
            listed, count = True, 0
            if t < 0 or math.isnan(ratio):
                ratio = math.nan
            else:
                value = ratio * (1 + risk * growth(u)) * reference(t)
                low, high = limits(t)
                if close <= low + HALF_TICK:
                    ratio = min(value, close) / close
                elif close >= high - HALF_TICK:
                    ratio = max(value, close) / close
                else:
                    ratio = math.nan
        if t >= -1:
            found.append(ratio)
            counts.append(count)
    return found, counts
