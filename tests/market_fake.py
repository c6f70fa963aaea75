"""A market in memory: the methods of `Market` on plain arrays, for tests of what stands on it."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from quanthedge.errors import DataError
from quanthedge.market.blocks import Axes
from quanthedge.market.history import statement_history
from quanthedge.market.reported import holdings
from quanthedge.market.schema import STATEMENT_ITEMS, TABLES

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
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    indices: dict[str, np.ndarray] = field(default_factory=dict)
    name: str = "fake"
    fingerprint: str = "fake"

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

    def fundamental_ttm(self, item):
        return self.fundamental(f"{item} of twelve months")

    def has(self, table):
        return table in self.tables

    def table(self, name):
        if name not in self.tables:
            raise DataError(f"market 'fake' has no table {name}; import a source that has it")
        return self.tables[name]

    def statements(self):
        return self.table("statements")

    def analyst_estimates(self):
        return self.table("analyst_estimates")

    def owners(self):
        return self.table("owners")

    def statement_history(self, item, quarters, figure="value"):
        return statement_history(_FakeStore(self), item, quarters, figure)

    def fund_holdings(self, item, *, full, back=0):
        return holdings(_FakeStore(self), item, full=full, back=back)

    def index_close(self, code):
        return self.indices[code]

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
        cut = self._each(lambda panel: panel[: self.day(date) + 1])
        known = {
            name: table[table[_KNOWN[name]] <= pd.Timestamp(date)].reset_index(drop=True)
            for name, table in self.tables.items()
        }
        return replace(cut, tables=known)

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

        return replace(self._each(nonsense), tables=self._other_rows(row, rng))

    def _other_rows(self, row, rng):
        """Tables whose rows known after a row are other ones."""
        made = {}
        for name, table in self.tables.items():
            late = table[_KNOWN[name]] > pd.Timestamp(self.dates[row])
            other = table.copy()
            for column in table.select_dtypes("number"):
                mixed = rng.permutation(table.loc[late, column].to_numpy(copy=True)) * 7.0
                other.loc[late, column] = mixed
            if name == "owners":
                state = table["owner"].isin(["central", "local"])
                other.loc[late, "owner"] = np.where(state[late], "private", "local")
            missing = late & (name == "analyst_estimates") & (rng.random(len(late)) < 0.5)
            made[name] = other[~missing].reset_index(drop=True)
        return made

    def _each(self, change):
        return replace(
            self,
            dates=change(self.dates),
            panels={name: change(panel) for name, panel in self.panels.items()},
            fundamentals={name: change(panel) for name, panel in self.fundamentals.items()},
            members_by_index={n: change(panel) for n, panel in self.members_by_index.items()},
            industries=change(self.industries),
            indices={name: change(level) for name, level in self.indices.items()},
        )


_KNOWN = {
    "statements": "known_date",
    "analyst_estimates": "known_date",
    "fund_holdings": "known_date",
    "owners": "start",
}


class _FakeStore:
    """What the package's panels of reports ask a store for."""

    def __init__(self, market):
        self._market = market
        self.dates, self.days, self.made = market.dates, len(market.dates), {}
        self.axes = Axes(market.dates, market.codes)

    def table(self, name):
        schema = TABLES[name].arrow
        frame = self._market.table(name)
        columns = [  # undefined numbers are NaN, as on disk
            pa.array(frame[f.name].to_numpy(np.float64), f.type)
            if pa.types.is_floating(f.type)
            else pa.array(frame[f.name], f.type, from_pandas=True)
            for f in schema
        ]
        return pa.Table.from_arrays(columns, schema=schema)


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
    own = np.random.default_rng([seed, 1])  # what came later disturbs nothing that was there
    members = alive & (np.argsort(np.argsort(rng.random((1, stocks)))) < stocks // 2)
    return FakeMarket(
        dates=dates,
        codes=codes,
        panels=panels,
        fundamentals=_reports(rng, days, stocks)
        | _steps(
            own, days, stocks, {"invested_capital": (4e9, 2e9), "ebit of twelve months": (3e8, 3e8)}
        ),
        members_by_index={INDEX: members},
        industries=np.where(
            rng.random(stocks) < 0.1, -1, rng.integers(0, 4, (1, stocks)) + 0 * row
        ).astype(np.int16),
        listed=listed,
        gone=gone,
        tables={
            "statements": _statements(own, dates, codes),
            "analyst_estimates": _forecasts(own, dates, codes),
            "fund_holdings": _holdings(own, dates, codes),
            "owners": _owners(own, dates, codes),
        },
        indices={INDEX: 3000 * np.exp(np.cumsum(own.normal(0, 0.01, days)))},
    )


_QUARTERS = pd.date_range("2009-03-31", "2014-03-31", freq="QE")


def _statements(rng, dates, codes):
    """Five years of reports, the last years' all within the fake days, with gaps and restatements.

    The real order of the world is not kept (reports of years come out within days), so that the
    few days of a fake market see many of them.
    """
    rows = []
    for code in codes:
        size = np.exp(rng.normal(21, 0.5))
        inside = rng.integers(4, 9)
        at = np.sort(rng.integers(0, len(dates), inside))
        at[-1] = len(dates) - 1 - rng.integers(0, 3)  # also the last days bring reports
        at = np.minimum(at, at[-1])
        known = [dates[0] - 30 + k - len(_QUARTERS) for k in range(len(_QUARTERS) - inside)]
        known += list(dates[at])
        for period, day in zip(_QUARTERS, known, strict=True):
            if rng.random() < 0.03:
                continue
            part = period.quarter
            flows = {
                item: size * part * rng.normal(0.1, 0.03)
                for item in STATEMENT_ITEMS
            }  # fmt: skip
            stocks = {"total_assets": size * 3, "equity_parent": size * rng.normal(1.0, 0.3)}
            stocks["total_assets"] *= np.exp(rng.normal(0, 0.1))
            row = {"code": code, "period_end": period, "known_date": day}
            row["announce_date"] = day if rng.random() < 0.9 else pd.NaT
            row |= flows | stocks
            if rng.random() < 0.1:
                row["cost_of_sales"] = np.nan
            rows.append(row)
            if rng.random() < 0.1:  # published again a little later, silent on the assets
                later = {"known_date": day + np.timedelta64(3, "D"), "total_assets": np.nan}
                rows.append(row | later | {"net_profit_parent": row["net_profit_parent"] * 0.5})
    frame = pd.DataFrame(rows)
    for column in ("period_end", "known_date", "announce_date"):
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[s]")
    return frame.sort_values(["code", "period_end", "known_date"], ignore_index=True)


def _forecasts(rng, dates, codes):
    """Forecasts of five brokers, some withdrawn, some of the year after."""
    rows = []
    for code in codes:
        level = rng.normal(3e8, 2e8)
        for broker in "abcde":
            for _ in range(rng.integers(0, 7)):
                day = dates[0] + rng.integers(-250, (dates[-1] - dates[0]).astype(int) + 1)
                day = dates[-1] if rng.random() < 0.03 else day
                for year in (2013, 2014, 2015):
                    if rng.random() < 0.7:
                        value = np.nan if rng.random() < 0.05 else level * rng.normal(1, 0.2)
                        rows.append((code, f"{year}-12-31", broker, day, value))
    frame = pd.DataFrame(rows, columns=["code", "period_end", "broker", "known_date", "net_profit"])
    for column in ("period_end", "known_date"):
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[s]")
    keys = ["code", "period_end", "broker", "known_date"]
    frame = frame.drop_duplicates(keys).sort_values(keys, ignore_index=True)
    return frame.assign(revenue=np.nan, earnings_per_share=np.nan)


def _holdings(rng, dates, codes):
    """Whole lists and lists of the ten largest, four of them published within the fake days."""
    rows = []
    periods = pd.date_range("2012-12-31", periods=7, freq="QE")
    for k, period in enumerate(periods):
        known = dates[0] - 40 if k < 2 else dates[-1 if k == len(periods) - 1 else 10 * k - 15]
        for code in codes[rng.random(len(codes)) < 0.8]:
            full = period.month % 6 == 0
            rows.append((code, period, known, full, rng.integers(1, 60), 1e6, 1e7))
    frame = pd.DataFrame(
        rows,
        columns=["code", "period_end", "known_date", "full_holdings", "funds_holding",
                 "shares_held", "value_held"],
    )  # fmt: skip
    frame["known_date"] = pd.to_datetime(frame["known_date"])
    numbers = ["funds_holding", "shares_held", "value_held"]
    frame[numbers] = frame[numbers].astype(np.float64)
    return frame.astype(dict.fromkeys(("period_end", "known_date"), "datetime64[s]"))


def _owners(rng, dates, codes):
    """Two spells of most stocks, none of some."""
    rows = []
    for code in codes[rng.random(len(codes)) < 0.9]:
        kinds = rng.choice(["central", "local", "private", "foreign", "other"], 2)
        at = dates[-1 if rng.random() < 0.1 else rng.integers(1, len(dates))]
        rows.append((code, pd.Timestamp("2000-01-03"), at - 1, kinds[0]))
        rows.append((code, at, pd.NaT, kinds[1]))
    frame = pd.DataFrame(rows, columns=["code", "start", "end", "owner"])
    for column in ("start", "end"):
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[s]")
    return frame


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
    return _steps(rng, days, stocks, scales)


def _steps(rng, days, stocks, scales):
    made = {}
    for item, (centre, spread) in scales.items():
        values = np.full((days, stocks), np.nan)
        for n in range(stocks):
            for begin in sorted(rng.choice(days, 3, replace=False)) + [0] * (rng.random() < 0.6):
                missing = rng.random() < 0.2
                values[begin:, n] = np.nan if missing else rng.normal(centre, spread)
        made[item] = values
    return made
