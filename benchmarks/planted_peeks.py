"""What the look-ahead audit finds: peeks planted in every place from which the future can leak in.

    python -m benchmarks.planted_peeks --seeds 3

A simulated market of one year, a strategy that passes, and one peek at a time: so many days ahead
of the day on which the order fills (0: its close decides an order that fills at its open), on every
day, at months' ends only, or from a date on only. The table says how many of the seeds caught it.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar
from unittest import mock

import numpy as np

from quanthedge import Market, Strategy
from quanthedge.alpha import FactorTerm
from quanthedge.backtesting import hedge_leg as hedging
from quanthedge.backtesting import plan as prepare
from quanthedge.beta import RollingOLS
from quanthedge.factors import Turnover
from quanthedge.factors.base import Factor, as_rows
from quanthedge.fund import FundTerms
from quanthedge.hedge import HedgeRule
from quanthedge.hedge.ratios.ratios import MinimumVariance
from quanthedge.ledger.terms import Accounts
from quanthedge.market.simulation import simulate_market
from quanthedge.portfolio import TopSelector
from quanthedge.studies.lookahead import AuditReport, audit
from quanthedge.typing import Floats, Rows
from quanthedge.universe import AllUniverse

DAYS = (0, 1, 2, 5, 20)
WHEN = ("every day", "months' ends", "from a date on")
PLACES = (
    "factor", "estimator", "hedge ratio", "universe", "interest", "margin", "fundamentals",
    "index members",
)  # fmt: skip
START, FROM = "2014-07-01", "2014-11-03"
ALLOWED = ("margin", 0)  # the margin of a day is announced before it: no peek


def tiny_market(folder: Path) -> Market:
    """Return a simulated market of thirty stocks and one year."""
    simulate_market(folder, stocks=30, years=1, seed=3, start="2014-01-02")
    return Market.open(folder)


def plain_strategy() -> Strategy:
    """Return a small hedged strategy that looks at nothing later than it may."""
    return Strategy(
        name="planted",
        capital_yuan=20e6,
        universe=AllUniverse(filters=()),
        factors=[FactorTerm(factor=Turnover(window=5))],
        selector=TopSelector(n=8),
        beta=RollingOLS(window=20, min_observations=10),
        hedge=HedgeRule(ratio=MinimumVariance(window=20, min_observations=10, horizon_days=1)),
        accounts=Accounts(stock_cash_rate="market", futures_cash_rate="market"),
        fund=FundTerms(management_fee_per_year=0.015, performance_fee_rate=0.2),
    )


def _active(market: Market, when: str) -> np.ndarray:
    """Return on which rows the peek is taken, [T]."""
    if when == "every day":
        return np.ones(len(market.dates), dtype=bool)
    if when == "from a date on":
        return market.dates >= np.datetime64(FROM, "D")
    month = market.calendar.astype("datetime64[M]")
    ends = market.calendar[:-1][month[1:] != month[:-1]]
    return np.isin(market.dates, ends)


def _rows_seen(market: Market, rows: np.ndarray, days: int, when: str) -> np.ndarray:
    """Return the rows that are looked at: the order of a row's decision fills a day later."""
    ahead = np.where(_active(market, when)[rows], days + 1, 0)
    return np.minimum(rows + ahead, len(market.dates) - 1)


class PeekingFactor(Factor):
    """A panel, an item or a membership of a later day."""

    family: ClassVar[str] = "planted"
    sign: ClassVar[int] = 1
    kind: str = "planted"
    days: int
    when: str
    source: str = "return"

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return what stands in the rows that are looked at."""
        seen = _rows_seen(market, as_rows(market, rows), self.days, self.when)
        if self.source == "fundamentals":
            return market.fundamental("book_equity")[seen]
        if self.source == "index members":
            return market.members("000300.SH")[seen].astype(float)
        return np.nan_to_num(market.panel("simple_return")[seen])


class PeekingUniverse(AllUniverse):
    """Stocks that close above the median of a later day."""

    days: int
    when: str

    def _candidates(self, market: Market, rows: np.ndarray) -> np.ndarray:
        seen = _rows_seen(market, rows, self.days, self.when)
        mark = market.panel("mark")[seen]
        return mark >= np.nanmedian(mark, axis=1)[:, None]


def _betas(market: Market, days: int, when: str) -> Any:
    """Return the wiring of the betas, shifted on the active rows."""
    original = hedging._stock_betas

    def shifted(strategy: Any, known: Market, first: int, last: int) -> Any:
        end = min(last + days + 1, len(known.dates) - 1)
        beta, counts = original(strategy, known, first, end)
        rows = np.arange(first - 1, last + 1)
        seen = np.minimum(_rows_seen(known, rows, days, when), end)
        return beta[seen - first + 1], counts

    return mock.patch.object(hedging, "_stock_betas", shifted)


def _ratios(market: Market, days: int, when: str) -> Any:
    original = hedging.book_ratios

    def shifted(
        rule: Any, known: Market, targets: Any, products: Any, first: int, last: int, **more: Any
    ) -> Any:
        end = min(last + days + 1, len(known.dates) - 1)
        more["betas"] = None
        found = original(rule, known, targets, products, first, end, **more)
        seen = _rows_seen(known, np.arange(first - 1, last + 1), days, when)
        return found._replace(
            ratio=found.ratio[np.minimum(seen, end) - first + 1],
            fallback=found.fallback[: last - first + 2],
        )

    return mock.patch.object(hedging, "book_ratios", shifted)


def _interest(market: Market, days: int, when: str) -> Any:
    def shifted(known: Market, rate: Any, first: int, last: int) -> Floats:
        seen = _rows_seen(known, np.arange(first - 1, last + 1), days, when)
        return known.cash_rate()[seen]

    return mock.patch.object(prepare, "_interest", shifted)


def _margins(market: Market, days: int, when: str) -> Any:
    original = hedging.FuturesRules.between

    def shifted(product: str, dates: Any, **more: Any) -> Any:
        rules = original(product, dates, **more)
        place = np.searchsorted(market.dates, dates)
        ahead = np.where(_active(market, when)[place], days, 0)
        seen = np.minimum(place + ahead, len(market.dates) - 1)
        later = original(product, market.dates, **more)
        return replace(rules, margin=later.margin[seen])

    return mock.patch.object(hedging, "FuturesRules", SimpleNamespace(between=shifted))


_WIRES = {"estimator": _betas, "hedge ratio": _ratios, "interest": _interest, "margin": _margins}


@contextmanager
def planted(place: str, days: int, when: str, market: Market) -> Iterator[Strategy]:
    """Plant one peek; yield the strategy that has it."""
    strategy = plain_strategy()
    if place in _WIRES:
        with _WIRES[place](market, days, when):
            yield strategy
    elif place == "universe":
        universe = PeekingUniverse(filters=(), days=days, when=when)
        yield strategy.model_copy(update={"universe": universe})
    else:
        source = "return" if place == "factor" else place
        factor = PeekingFactor(days=days, when=when, source=source)
        term = FactorTerm.model_construct(factor=factor, weight=1.0)
        yield strategy.model_copy(update={"factors": [term]})


def caught(place: str, days: int, when: str, market: Market, seed: int = 0) -> AuditReport:
    """Return what the default audit says of one planted peek, up to its first finding."""
    with planted(place, days, when, market) as strategy:
        return audit(strategy, market, seed=seed, start=START, first_only=True)


def _told(place: str, days: int, when: str, market: Market, seeds: range) -> str:
    """Return how many of the seeds caught a peek."""
    if (place, days) == ALLOWED:
        return "no peek"
    count = sum(not caught(place, days, when, market, seed).passed for seed in seeds)
    return f"{count} of {len(seeds)}"


def main() -> None:
    """Plant each peek and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(parser.parse_args().seeds)
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        market = tiny_market(Path(folder) / "market")
        for seed in seeds:
            honest = audit(plain_strategy(), market, seed=seed, start=START)
            print(f"nothing planted, seed {seed}: {'passes' if honest.passed else 'fails'}")
        for when in WHEN:
            passes = caught(*ALLOWED, when, market).passed
            print(f"margin of the same day, {when}: {'passes' if passes else 'fails'}")
        print(f"\n| where | when | {' | '.join(f'{days} days' for days in DAYS)} |")
        print("|---|---|" + "---|" * len(DAYS))
        for place in PLACES:
            for when in WHEN:
                told = [_told(place, days, when, market, seeds) for days in DAYS]
                print(f"| {place} | {when} | {' | '.join(told)} |", flush=True)
    print(f"\n{time.process_time() - began:.0f} s of processor time")


if __name__ == "__main__":
    main()
