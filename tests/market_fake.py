"""A market in memory: the methods of `Market` on plain arrays, for tests of what stands on it."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from quanthedge.errors import DataError

BARS = ("open", "high", "low", "close", "pre_close", "volume", "amount", "simple_return")
INDEX = "000300.SH"


@dataclass(frozen=True)
class FakeMarket:
    """Arrays [T, N] by name; `until` cuts them, `scrambled` replaces what comes after a row."""

    dates: np.ndarray
    codes: np.ndarray
    panels: dict[str, np.ndarray]
    fundamentals: dict[str, np.ndarray]
    members_by_index: dict[str, np.ndarray]
    industries: np.ndarray
    listed: np.ndarray
    gone: np.ndarray
    name: str = "fake"
    fingerprint: str = "fake"
    index: np.ndarray = field(default_factory=lambda: np.empty((0, 1)))  # closes of INDEX [T, 1]

    @property
    def calendar(self):
        return self.dates

    def panel(self, name):
        if name not in self.panels:
            raise DataError(f"no panel '{name}'")
        return self.panels[name]

    def fundamental_items(self):
        return sorted(self.fundamentals)

    def fundamental(self, item):
        if item not in self.fundamentals:
            raise DataError(f"no fundamental '{item}'")
        return self.fundamentals[item]

    def members(self, index_code):
        if index_code not in self.members_by_index:
            raise DataError(f"no members of '{index_code}'")
        return self.members_by_index[index_code]

    def industry(self):
        names = pd.DataFrame({"industry": ["10", "20", "30", "40"]})
        return self.industries, names.assign(name_zh=names["industry"], name_en=names["industry"])

    def list_index(self):
        return np.minimum(self.listed, len(self.dates))

    def list_dates(self):
        before = self.dates[0] - np.timedelta64(1000, "D") - np.arange(len(self.codes))
        listed = self.dates[np.clip(self.listed, 0, len(self.dates) - 1)]
        late = np.where(self.listed < len(self.dates), listed, np.datetime64("NaT", "D"))
        return np.where(self.listed < 0, before, late)

    def index_close(self, code):
        if code != INDEX:
            raise DataError(f"no index '{code}'")
        return self.index[:, 0]

    def stock_names(self):
        return None

    def delist_index(self):
        return np.minimum(self.gone, len(self.dates))

    def day(self, date):
        place = np.flatnonzero(self.dates == np.datetime64(date, "D"))
        if place.size == 0:
            raise DataError(f"{date} is not a trading day")
        return int(place[0])

    def until(self, date):
        """The market as known at the close of `date`."""
        return self._each(lambda panel: panel[: self.day(date) + 1])

    def scrambled(self, row, seed=0):
        """The same market up to `row`, and nonsense afterwards."""
        rng = np.random.default_rng(seed)

        def nonsense(panel):
            made = panel.copy()
            late = made[row + 1 :]
            if panel.ndim == 1:  # dates are known in advance
                return panel
            mixed = rng.permuted(rng.permuted(late, axis=0), axis=1)
            made[row + 1 :] = mixed * 7.0 if panel.dtype == np.float64 else mixed
            return made

        return self._each(nonsense)

    def _each(self, change):
        return replace(
            self,
            dates=change(self.dates),
            panels={name: change(panel) for name, panel in self.panels.items()},
            fundamentals={name: change(panel) for name, panel in self.fundamentals.items()},
            members_by_index={n: change(panel) for n, panel in self.members_by_index.items()},
            industries=change(self.industries),
            index=change(self.index),
        )


def fake_market(seed=0, days=90, stocks=24, start="2014-01-02"):
    """Random walks with halts, late listings, a delisting, ST, ex-dates and gaps in the reports."""
    rng = np.random.default_rng(seed)
    dates = np.busday_offset(start, np.arange(days), roll="forward").astype("datetime64[D]")
    codes = np.array([f"{600000 + 7 * n:06d}.SH" for n in range(stocks)])
    listed = np.where(rng.random(stocks) < 0.7, -100_000, rng.integers(1, days // 2, stocks))
    gone = np.where(rng.random(stocks) < 0.1, rng.integers(days // 2, days, stocks), days)
    row = np.arange(days)[:, None]
    alive = (row >= listed) & (row < gone)
    traded = alive & _not_halted(rng, days, stocks)
    traded |= alive & (row == np.maximum(listed, 0))  # the first day always trades
    panels = _prices(rng, traded)
    panels |= {
        "traded": traded,
        "is_st": alive & (rng.random(stocks) < 0.1) & (row > days // 3),
        "is_delisting": alive & (row >= gone - 10) & (gone < days),
    }
    members = alive & (np.argsort(np.argsort(rng.random((1, stocks)))) < stocks // 2)
    return FakeMarket(
        dates=dates,
        codes=codes,
        panels=panels,
        fundamentals=_reports(rng, days, stocks),
        members_by_index={INDEX: members},
        industries=np.where(
            rng.random(stocks) < 0.1, -1, rng.integers(0, 4, (1, stocks)) + 0 * row
        ).astype(np.int16),
        listed=listed,
        gone=gone,
        index=3000 * np.cumprod(1 + np.nanmean(panels["simple_return"], axis=1))[:, None],
    )


def _not_halted(rng, days, stocks):
    """Single days off, and some long halts."""
    open_days = rng.random((days, stocks)) > 0.06
    for n in np.flatnonzero(rng.random(stocks) < 0.3):
        begin = rng.integers(0, days)
        open_days[begin : begin + rng.integers(5, 40), n] = False
    return open_days


def _carry(panel):
    return pd.DataFrame(panel).ffill().to_numpy(copy=True)


def _prices(rng, traded):
    days, stocks = traded.shape
    returns = rng.standard_t(4, (days, stocks)) * 0.02
    dividend = np.where(rng.random((days, stocks)) < 0.01, 0.03, 0.0)
    close = rng.uniform(5, 50, stocks) * np.cumprod((1 + returns) * (1 - dividend), axis=0)
    close = np.where(traded, close, np.nan)
    mark = _carry(close)
    before = np.vstack([np.full((1, stocks), np.nan), mark[:-1]])
    before = np.where(np.isnan(before), close * 0.8, before)  # issue price on the first day
    pre_close = np.where(traded, before * (1 - dividend), np.nan)
    step = np.where(traded, before / pre_close, 1.0)
    shares = rng.uniform(1e8, 5e9, stocks) * np.where(np.arange(days)[:, None] < days // 2, 1, 1.3)
    shares = _carry(np.where(traded, shares, np.nan))
    volume = np.where(traded, rng.lognormal(15, 1, (days, stocks)), np.nan)
    open_ = np.where(traded, pre_close * (1 + rng.normal(0, 0.01, (days, stocks))), np.nan)
    return {
        "open": open_,
        "high": np.fmax(open_, close),
        "low": np.fmin(open_, close),
        "close": close,
        "pre_close": pre_close,
        "simple_return": close / pre_close - 1,
        "volume": volume,
        "amount": volume * close,
        "mark": mark,
        "adj_factor": np.cumprod(step, axis=0),
        "total_shares": shares,
        "float_shares": shares * rng.uniform(0.3, 1.0, stocks),
    }


def _reports(rng, days, stocks):
    """Step functions: NaN before the first report, now and then NaN again (known undefined)."""
    scales = {
        "net_profit_ttm": (2e8, 4e8),
        "net_profit_last_annual": (2e8, 3e8),
        "revenue_ttm": (4e9, 2e9),
        "revenue_last_annual": (4e9, 2e9),
        "book_equity": (3e9, 2e9),
        "dividend_ttm": (1e8, 1e7),
        "dividend_last_annual": (1e8, 1e7),
        "debt_to_assets_pct": (50.0, 15.0),
    }
    made = {}
    for item, (centre, spread) in scales.items():
        values = np.full((days, stocks), np.nan)
        for n in range(stocks):
            for begin in sorted(rng.choice(days, 3, replace=False)) + [0] * (rng.random() < 0.6):
                missing = rng.random() < 0.2
                values[begin:, n] = np.nan if missing else rng.normal(centre, spread)
        made[item] = values
    return made
