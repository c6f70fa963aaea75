"""What suspended stocks are stated at, from the raw tables, loop by loop (docs/valuation.md).

Days are places in the calendar's days up to the end of a span, of which ``first`` is the span's
first day. Nothing of :mod:`quanthedge.valuation` or of the market's panels is used.
"""

import csv
import math
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from quanthedge import valuation
from tests.oracles.replay_tables import _days, grid

NAMES = Path(valuation.__file__).parent / "data" / "amac.csv"
HALF_TICK = 0.005


def _table(folder, table):
    """A table with days as days; None where the market has no such table."""
    path = Path(folder) / f"{table}.parquet"
    if not path.exists():
        return None
    frame = pd.read_parquet(path)
    for name in ("date", "start", "end"):
        if name in frame:
            frame[name] = _days(frame[name])
    return frame


class IndexReturns:
    """Returns of the index that each stock follows on each day."""

    def __init__(self, folder, days):
        self.days = np.asarray(days).astype("datetime64[D]")
        bars = _table(folder, "stock_daily")
        code, day = bars["code"].astype(str), bars["date"].to_numpy()
        self.column = {one: k for k, one in enumerate(sorted(code.unique()))}
        self.close, self.before, self.shares = (
            grid(day, code, bars[name], self.days, list(self.column)).to_numpy()
            for name in ("close", "pre_close", "float_shares")
        )
        self.spells = {}
        industries = _table(folder, "industry")
        for row in [] if industries is None else industries.itertuples():
            end = np.datetime64("2999-01-01") if pd.isna(row.end) else np.datetime64(row.end, "D")
            start = np.datetime64(row.start, "D")
            spell = (start, end, (str(row.industry), str(row.name_zh)))
            self.spells.setdefault(str(row.code), []).append(spell)
        flat = [(self.column[one], *spell) for one in self.spells if one in self.column
                for spell in self.spells[one]]  # fmt: skip
        self.place = np.array([one[0] for one in flat], dtype=np.int64)
        self.start, self.end = (
            np.array([one[k] for one in flat], dtype="datetime64[D]") for k in (1, 2)
        )
        self.called = np.array([one[3][0] for one in flat], dtype=object)
        self.closes, self.names = {}, {}
        indices = _table(folder, "industry_index_daily")
        for row in [] if indices is None else indices.itertuples():
            if row.family == "AMAC":
                self.closes[str(row.code), np.datetime64(row.date, "D")] = row.close
                self.names[str(row.code)] = row.name
        with NAMES.open(encoding="utf-8", newline="") as file:
            self.by_name = {row["industry_zh"]: row["index"] for row in csv.DictReader(file)}
        self.kept, self.members = {}, {}

    def industry(self, code, u):
        """Code and Chinese name of a stock's industry on a day; None where it is not known."""
        for start, end, industry in self.spells.get(code, ()):
            if start <= self.days[u] <= end:
                return industry
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
        size = self.close[u - 1] * self.shares[u - 1]
        gain = self.close[u] / self.before[u] - 1
        counts = (size > 0) & np.isfinite(gain)  # both days have a bar
        if industry is not None:
            counts &= self._members(u) == industry
        if counts.any():
            return float((size[counts] * gain[counts]).sum() / size[counts].sum())
        return 0.0 if industry is None else self.own(None, u)

    def _members(self, u):
        """Code of each stock's industry on day u."""
        if u not in self.members:
            inside = np.flatnonzero((self.start <= self.days[u]) & (self.days[u] <= self.end))
            found = np.full(len(self.column), "", dtype=object)
            found[self.place[inside[::-1]]] = self.called[inside[::-1]]  # the first spell counts
            self.members[u] = found
        return self.members[u]


def hedged_returns(folder, index, days):
    """Return of an index by day, 0 where it has no close on it or on the day before."""
    table = _table(folder, "index_daily")
    table = table[table["code"].astype(str) == index]
    closes = pd.Series(table["close"].to_numpy(), index=table["date"].to_numpy())
    closes = closes.reindex(np.asarray(days).astype("datetime64[s]")).tolist()
    return [0.0] + [
        0.0 if math.isnan(before) or math.isnan(now) else now / before - 1
        for before, now in pairwise(closes)
    ]


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
