"""A panel of factors and labels whose truth is known, without a market's files."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from quanthedge.factors import FactorPanel
from quanthedge.labelling import Labels

APART = 20  # trading days between decisions


@dataclass(frozen=True)
class WorldMarket:
    """What a combination asks of a market."""

    dates: np.ndarray
    codes: np.ndarray
    returns: np.ndarray
    industries: np.ndarray
    value: np.ndarray
    fingerprint: str = "world"
    name: str = "world"
    is_altered: bool = False

    def panel(self, name):
        return {
            "simple_return": self.returns,
            "mark": self.value,
            "total_shares": np.ones_like(self.value),
        }[name]

    def industry(self):
        return self.industries, None


def world(seed=0, *, rows=60, stocks=120, factors=5, ic=0.0, volatility=0.1):
    """Return a panel and labels; the first factor has this IC with the next period's return.

    Each period a stock earns ``volatility`` times its own scale times (ic x factor + noise).
    """
    rng = np.random.default_rng(seed)
    days = (rows + 3) * APART
    dates = np.datetime64("2010-01-04") + np.arange(days)
    at = APART * (1 + np.arange(rows))
    scale = rng.uniform(0.5, 1.5, stocks)
    raw = rng.standard_normal((rows, stocks, factors))
    noise = rng.standard_normal((rows, stocks)) * np.sqrt(1.0 - ic**2)
    earned = volatility * scale * (ic * raw[:, :, 0] + noise)
    daily = rng.standard_normal((days, stocks)) * volatility * scale / np.sqrt(APART)
    market = WorldMarket(
        dates=dates.astype("datetime64[D]"),
        codes=np.array([f"{600000 + n:06d}.SH" for n in range(stocks)]),
        returns=daily,
        industries=np.broadcast_to(rng.integers(0, 4, stocks), (days, stocks)).astype(np.int16),
        value=np.broadcast_to(np.exp(rng.normal(22, 1, stocks)), (days, stocks)).copy(),
    )
    kinds = [
        SimpleNamespace(kind=f"f{k}", sign=1, family="first" if k < 2 else "second")
        for k in range(factors)
    ]
    panel = FactorPanel(
        market, at, tuple(kinds), tuple(one.kind for one in kinds), raw.astype(np.float32)
    )
    return panel, labels_of(market, at, earned)


def labels_of(market, at, earned):
    """Return labels that are bought the day after a decision and sold the day after the next."""
    ends = np.append(at[1:], at[-1] + APART) + 1
    shape = earned.shape
    return Labels(
        market=market, rows=at, value=earned, naive=earned.copy(),
        can_buy=np.ones(shape, bool), can_sell=np.ones(shape, bool),
        reason=np.zeros(shape, np.int8), begins=at + 1, ends=ends,
        ends_by=np.broadcast_to(ends[:, None], shape).astype(np.int32).copy(),
        entry="open", lag=1, horizon="next", executable=True, cost="0 bp a side",
    )  # fmt: skip
