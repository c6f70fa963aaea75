"""Small markets with suspensions, industries and their indices, given close by close."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from quanthedge.ledger.inputs import Bars, StockBook
from quanthedge.market import Market, write_dataset
from quanthedge.valuation import Stated, Valuation
from tests.ledger.adapter import kernel_inputs
from tests.market.small_market import to_arrow
from tests.oracles.ledger import limit_price
from tests.oracles.random_market import calm_inputs
from tests.oracles.valuation import IndexReturns, hedged_returns, stated_ratio

HEDGED = "000300.SH"
NAN = float("nan")


@dataclass
class World:
    """A market told by its closes; the span of a run begins on day ``first``."""

    closes: dict[str, list[float]]  # by stock, NaN = no bar
    first: int = 1
    industry: dict[str, tuple[str, str] | list] = field(default_factory=dict)  # code, Chinese name
    indices: dict[str, tuple[str, list[float]]] = field(default_factory=dict)  # name, closes
    hedged: list[float] | None = None
    pre_closes: dict[tuple[str, int], float] = field(default_factory=dict)  # where not the last
    float_shares: dict[str, list[float]] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    limit: float = 0.1
    family: str = "AMAC"

    @property
    def codes(self):
        return sorted(self.closes)

    @property
    def days(self):
        """All trading days."""
        return pd.bdate_range("2014-01-02", periods=len(next(iter(self.closes.values()))))

    def write(self, folder):
        """Write the dataset; returns its folder."""
        later = pd.bdate_range(self.days[-1], periods=6)[1:]
        hedged = self.hedged or [3000.0] * len(self.days)
        frames = {
            "calendar": pd.DataFrame({"date": self.days.append(later)}),
            "stocks": pd.DataFrame(
                [(code, pd.Timestamp("2001-01-04"), self._leaves(code)) for code in self.codes],
                columns=["code", "list_date", "delist_date"],
            ),
            "stock_daily": self._bars(),
            "index_daily": self._index(HEDGED, hedged).assign(volume=1e9, amount=np.nan),
        }
        if self.industry:
            frames["industry"] = self._industries()
        if self.indices:
            frames["industry_index_daily"] = pd.concat(
                self._index(code, closes).assign(family=self.family, name=name)
                for code, (name, closes) in self.indices.items()
            )
        tables = {name: to_arrow(frame, name) for name, frame in frames.items()}
        report = write_dataset(folder, tables, name="world", source="made for tests")
        assert report.ok, report
        return folder

    def _leaves(self, code):
        return self.days[self.gone[code]] if code in self.gone else pd.NaT

    def _bars(self):
        rows = []
        for code in self.codes:
            last, factor = NAN, 1.0
            shares = self.float_shares.get(code, [1e8] * len(self.days))
            for k, close in enumerate(self.closes[code]):
                if np.isnan(close):
                    continue
                before = self.pre_closes.get((code, k), close if np.isnan(last) else last)
                if not np.isnan(last):
                    factor *= last / before
                low, high = min(close, before), max(close, before)
                rows.append(
                    (code, self.days[k], before, high, low, close, before, 1e6, 1e6 * close,
                     factor, 2e9, shares[k], False, False)
                )  # fmt: skip
                last = close
        return pd.DataFrame(rows, columns=BAR_COLUMNS)

    def _index(self, code, closes):
        known = np.isfinite(closes)
        close = np.array(closes)[known]
        return pd.DataFrame(
            {"code": code, "date": self.days[known], "open": close, "high": close, "low": close,
             "close": close}
        )  # fmt: skip

    def _industries(self):
        rows = []
        for code, told in self.industry.items():
            spells = told if isinstance(told, list) else [(0, *told)]
            for n, (begin, industry, name) in enumerate(spells):
                start = self.days[begin] if begin else pd.Timestamp("2001-01-04")
                end = pd.NaT
                if n + 1 < len(spells):
                    end = self.days[spells[n + 1][0]] - pd.Timedelta(1, "D")
                rows.append((code, start, end, industry, name, f"{name} {industry}"))
        return pd.DataFrame(
            rows, columns=["code", "start", "end", "industry", "name_zh", "name_en"]
        )

    # ---- the span, as the ledger takes it ------------------------------------------------------

    def inputs(self):
        """The span's bars in the reference's shape."""
        close = np.array([self.closes[code] for code in self.codes]).T
        mark = pd.DataFrame(close).ffill().to_numpy()
        pre_close = np.full_like(close, NAN)
        pre_close[1:] = np.where(np.isfinite(close[1:]), mark[:-1], NAN)
        factor = np.ones_like(close)
        for (code, k), value in sorted(self.pre_closes.items()):
            i = self.codes.index(code)
            pre_close[k, i] = value
            factor[k:, i] *= mark[k - 1, i] / value
        span, wide = slice(self.first, None), slice(self.first - 1, None)
        days, stocks = close[span].shape
        limit = np.full((days, 10), self.limit)
        return calm_inputs(
            days=days, stocks=stocks, open=close[span], high=close[span], low=close[span],
            close=close[span], pre_close=pre_close[span], mark=mark[wide], adj_factor=factor[wide],
            delist=np.array([self.gone.get(code, 10_000) - self.first for code in self.codes]),
            limit_up=limit, limit_down=limit,
        )  # fmt: skip

    def books(self) -> tuple[Bars, StockBook]:
        """Bars and rules of the span in the kernel's shape."""
        inputs = kernel_inputs(self.inputs())
        return inputs.bars, inputs.stocks


BAR_COLUMNS = [
    "code", "date", "open", "high", "low", "close", "pre_close", "volume", "amount", "adj_factor",
    "total_shares", "float_shares", "is_st", "is_delisting",
]  # fmt: skip


def stated(world: World, folder, beta=None, until=None, **terms) -> Stated:
    """What the package states the stocks of a world at."""
    market = Market.open(folder)
    if until is not None:
        market = market.until(world.days[until])
    bars, stocks = world.books()
    days = len(market.dates) - world.first
    bars = bars._replace(
        **{name: getattr(bars, name)[:days] for name in ("close", "pre_close", "limit_class")},
        **{name: getattr(bars, name)[: days + 1] for name in ("mark", "adj_factor")},
    )
    of_beta = terms.get("suspended") == "beta"
    beta = beta[: days + 1] if of_beta else np.zeros((0, 0))
    close = market.index_close(HEDGED)
    hedged = np.append(NAN, close[1:] / close[:-1] - 1)
    return Stated.of(Valuation(**terms), market, world.first, bars, stocks, hedged, beta)


def expected(world: World, folder, beta=None, suspended="index_return", index="industry"):
    """The same by the slow reference: ratio [T + 1, N], day of the suspension [T + 1, N]."""
    returns = IndexReturns(folder, world.days)
    hedged = hedged_returns(folder, HEDGED, list(world.days))
    x = world.inputs().plain()
    columns, counts = [], []
    for i, code in enumerate(world.codes):
        follows = (lambda u, code=code: returns.of(code, u)) if (
            suspended == "index_return" and index == "industry"
        ) else hedged.__getitem__  # fmt: skip
        ratio, count = stated_ratio(
            world.closes[code], follows, world.first,
            lambda t, i=i: x.mark[t][i] * x.adj_factor[t][i] / x.adj_factor[t + 1][i],
            lambda t, i=i: (limit_price(x, t, i, -1), limit_price(x, t, i, 1)),
            None if suspended != "beta" else beta[:, i].tolist(),
        )  # fmt: skip
        columns.append(ratio)
        counts.append(count)
    return np.array(columns).T, np.array(counts).T


def random_world(seed: int) -> World:
    """Return a world in which stocks stop, go ex while they stand, and come back at limits."""
    rng = np.random.default_rng(seed)
    days = int(rng.integers(8, 30))
    codes = ["000001.SZ", "000002.SZ", "300003.SZ", "600004.SH", "600005.SH", "601006.SH"]
    closes, pre_closes, shares, gone = {}, {}, {}, {}
    for code in reversed(codes):
        last, stopped, row = float(rng.integers(300, 4000)) / 100, False, []
        begins = 0 if rng.random() < 0.7 or code == codes[0] else int(rng.integers(0, days // 2))
        ends = days
        if rng.random() < 0.15 and code != codes[0]:
            ends = gone[code] = int(rng.integers(days // 2 + 1, days))
        for k in range(days):
            stopped = rng.random() < (0.7 if stopped else 0.15)
            # the first stock trades where no other does: a market has a bar on each of its days
            never = code == codes[0] and all(np.isnan(other[k]) for other in closes.values())
            if (stopped and k > begins and not never) or not begins <= k < ends:
                row.append(NAN)
                continue
            before = last
            if k > begins and rng.random() < 0.15:
                before = pre_closes[code, k] = round(last * float(rng.uniform(0.5, 0.97)), 2)
            up, down = (int(before * (1 + s * 0.1) * 100 + 0.5 + 1e-6) / 100 for s in (1, -1))
            move = float(rng.choice([rng.normal(0, 0.03), -1.0, 1.0], p=[0.4, 0.35, 0.25]))
            last = max(down, min(up, round(before * (1 + move), 2)))
            row.append(last)
        closes[code], shares[code] = row, rng.uniform(0.5e8, 2e8, days).tolist()
    kinds = [
        ("37", "医药生物"), ("64", "机械设备"), ("42", "交通运输"), ("C27", "医药制造业"),
        ("J66", "货币金融服务"), ("C", "制造业"),
    ]  # fmt: skip
    industry = {}
    if rng.random() < 0.85:
        for code in codes[: int(rng.integers(1, 7))]:
            first, second = (kinds[int(rng.integers(len(kinds)))] for _ in range(2))
            industry[code] = first
            if first != second and rng.random() < 0.3:
                industry[code] = [(0, *first), (days // 2, *second)]
    names = {
        "H30054.CSI": "C27 Pharmaceuticals", "H11043.CSI": "G Transport, storage, post",
        "H11046.CSI": "J Finance",
    }  # fmt: skip
    indices, many = {}, rng.choice([0.0, 0.8], p=[0.15, 0.85])
    for code, name in names.items():
        if rng.random() < many:
            level = np.round(1000 * np.cumprod(1 + rng.normal(0, 0.02, days)), 2)
            level[rng.random(days) < 0.15] = NAN
            if np.isfinite(level).any():
                indices[code] = (name, level.tolist())
    hedged = np.round(3000 * np.cumprod(1 + rng.normal(0, 0.02, days)), 2).tolist()
    return World(
        closes, int(rng.integers(1, days - 3)), industry, indices, hedged, pre_closes, shares, gone
    )
