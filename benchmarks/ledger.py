"""The ledger with all its rules against vectorbt on the same targets, in one run.

    python -m benchmarks.ledger --stocks 3000 --days 2500 --names 200

Each engine runs in a process of its own, warm (a small run first compiles it), and reports the
best of ``--repeat``
runs and the peak of its memory above what it held before the run. vectorbt trades the stock leg
only: no lots, no suspension,
no hedge, no fund.

    python -m benchmarks.ledger --profile

says where the ledger's own time goes, in processor time: the same market with parts left out.

    python -m benchmarks.ledger --compile

compiles the ledger into an empty folder and says how long that takes.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.hedge.policies import Calendar, compile_policy
from quanthedge.ledger import (
    ActionBook,
    Bars,
    FundNumbers,
    FutureBook,
    HedgeBook,
    LedgerInputs,
    Settings,
    SleeveHedge,
    SleeveTargets,
    StockBook,
    TargetBook,
    TaxBook,
)
from quanthedge.ledger.layout import EQUITY
from quanthedge.valuation.stated import no_restatement


def make_inputs(
    stocks: int,
    days: int,
    names: int,
    every: int = 20,
    seed: int = 7,
    *,
    rules: bool = True,
    impact: float = 0.0,
) -> LedgerInputs:
    """Return a random market with suspensions, ex-dates and limits, and targets for it.

    With ``rules=False`` nothing hinders or costs: what a plain simulator of orders also does;
    ``impact`` is the coefficient of the square-root impact.
    """
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0003, 0.012, days + 1)
    returns = np.clip(market[:, None] + rng.normal(0.0, 0.02, (days + 1, stocks)), -0.1, 0.1)
    returns[0] = 0.0
    mark = np.round(10.0 * np.exp(np.cumsum(np.log1p(returns), axis=0)), 2).clip(0.5)
    pre_close = mark[:-1].copy()
    gap = 1.0 + np.clip(rng.normal(0.0, 0.004, (days, stocks)), -0.02, 0.02)
    opened = np.round(pre_close * gap, 2)
    close = mark[1:].copy()
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    volume = np.floor(rng.lognormal(15.0, 0.7, (days, stocks)))
    factor = np.ones((days + 1, stocks))
    suspended = np.zeros((days, stocks), dtype=bool)
    if rules:
        suspended = rng.random((days, stocks)) < 0.02
        step = np.where(rng.random((days, stocks)) < 0.004, 1.02, 1.0)
        factor[1:] = np.cumprod(step, axis=0)
    for bar in (opened, high, low, close, pre_close, volume):
        bar[suspended] = np.nan
    trade_days = np.arange(0, days, every)
    chosen = [np.sort(rng.choice(stocks, names, replace=False)) for _ in trade_days]
    bars = Bars(
        opened, high, low, close, pre_close, volume, volume * (high + low) / 2.0, mark, factor,
        (rng.random((days, stocks)) < 0.01).astype(np.int8), np.full(stocks, days + 1),
    )  # fmt: skip
    exchange = rng.integers(0, 2, stocks)
    return inputs_on(
        bars, market, trade_days, chosen, exchange, invested=0.75, rules=rules, impact=impact
    )


def inputs_on(
    bars: Bars,
    market: np.ndarray,
    trade_days: np.ndarray,
    chosen: list[np.ndarray],
    exchange: np.ndarray,
    *,
    invested: float,
    rules: bool = True,
    impact: float = 0.0,
) -> LedgerInputs:
    """Return inputs for bars, index returns [T + 1], the stocks of each rebalance and rules."""
    days, stocks = bars.open.shape
    names = len(chosen[0])
    volatility = np.full((days + 1, stocks), 0.02) if impact else np.empty((0, 0))
    settlement = 3000.0 * np.cumprod(1.0 + market)[:, None] * np.ones((1, 2))
    by_exchange = np.ones((days, 3))
    cost = 1.0 if rules else 0.0
    return LedgerInputs(
        days=np.ones(days),
        fee_years=np.full(days, 1.0 / 365.0),
        stock_rate=np.full(days + 1, 0.02 * cost),
        futures_rate=np.zeros(days + 1),
        record_day=np.zeros(days, dtype=bool),
        bars=bars,
        volatility=volatility,
        auction=np.empty((0, 0)),
        actions=ActionBook.none(days),
        tax=TaxBook.none(days, 0),
        stocks=StockBook(
            np.zeros(stocks, dtype=np.int64), exchange,
            np.full(stocks, 100 if rules else 1), np.full(stocks, 100 if rules else 1),
            np.zeros(days), np.full(days, 0.001 * cost),
            2e-5 * cost * by_exchange, 0.0 * by_exchange, 0.0 * by_exchange, 5e-5 * by_exchange,
            np.full((days, 8), 0.10 if rules else np.inf), np.full((days, 8), 0.10 if rules else
            np.inf),
            np.zeros(stocks, dtype=bool),
        ),
        futures=_futures(days, settlement),
        hedge=_hedge(days, stocks, market, rules=rules),
        targets=TargetBook.of([
            SleeveTargets.of_stocks(
                trade_days, np.arange(len(trade_days) + 1) * names, np.concatenate(chosen),
                np.full(len(trade_days) * names, invested / names),
            )
        ]),
        fund=FundNumbers(
            1.0, 0.015 * cost, 0.0025 * cost, 0.25 * cost, True,
            np.arange(days) % 60 == 59, np.arange(days) % 20 == 0, 0.0, 0.0,
            *np.zeros((6, days)),
        ),
        valuation=no_restatement(),
        settings=Settings(
            capital_yuan=1e8, fill=0, sale_proceeds=0, participation=0.1 if rules else 0.0,
            retry_days=5 if rules else 0,
            commission_rate=0.0008 * cost, commission_min_yuan=5.0 * cost,
            exchange_fees_included=True,
            slippage=0.0005 * cost, impact_coefficient=impact, futures_slippage=5e-5 * cost,
            cash_reserve=0.0, recovery=1.0,
            call_multiple=1.2, target_multiple=1.5, release_multiple=2.0,
            subscribe_rights=True, borrowed=0.0, borrowing_rate=0.0,
        ),
    )  # fmt: skip


def _futures(days: int, settlement: np.ndarray) -> FutureBook:
    """Two contracts of one product, rolled in the middle."""
    free = np.zeros(settlement[1:].shape, dtype=bool)
    daily = np.ones((days, 1))
    return FutureBook(
        product=np.zeros(2, dtype=np.int64),
        fill_price=settlement[1:],
        settlement=settlement,
        last_day=np.array([days // 2, days + 10]),
        hold=np.where(np.arange(days) < days // 2 - 3, 0, 1)[:, None],
        after_stocks=np.ones(days, dtype=bool),
        no_sale=free,
        no_buy=free,
        multiplier=np.array([300.0]),
        margin_rate=np.full((days + 1, 2), 0.1),
        fee_rate=2.5e-5 * daily,
        close_today_rate=2.5e-5 * daily,
        order_fee_yuan=daily,
        delivery_fee_rate=1e-4 * daily,
        opening_limit=np.inf * daily,
        position_limit=np.inf * daily,
        larger_side=np.zeros(days + 1, dtype=bool),
    )


def _hedge(days: int, stocks: int, market: np.ndarray, *, rules: bool) -> HedgeBook:
    """Hedge of a beta of one, reviewed every five days; none without rules."""
    dates = np.datetime64("2010-01-04", "D") + np.arange(days)
    hedge = SleeveHedge(
        beta=np.ones((days + 1, stocks, 1)),
        index_return=market,
        book_ratio=np.full((days + 1, 1), np.nan),
        covariance=np.zeros((days + 1, 1, 1)),
        carry=np.zeros((days + 1, 1)),
        index_level=3000.0 * np.cumprod(1.0 + market)[:, None],
        policy=compile_policy(Calendar(every_days=5), dates),
        ratio=1.0 if rules else 0.0,
        method=0,
        default_beta=1.0,
        window=60,
        min_observations=40,
        aversion=0.0,
        range_low=np.nan,
        range_high=np.nan,
    )
    return HedgeBook.of([hedge])


def target_frame(inputs: LedgerInputs) -> np.ndarray:
    """Targets as vectorbt takes them: [T, N], NaN = no order, 0 = sell what was held."""
    days, stocks = inputs.bars.open.shape
    size = np.full((days, stocks), np.nan)
    held: np.ndarray = np.empty(0, dtype=np.int64)
    targets = inputs.targets.sleeve(0)
    for r, day in enumerate(targets.trade_days):
        mine = slice(targets.pointer[r], targets.pointer[r + 1])
        chosen = targets.stocks[mine]
        size[day, held] = 0.0
        size[day, chosen] = targets.weights[mine]
        held = chosen
    return size


def vectorbt_portfolio(inputs: LedgerInputs) -> Any:
    """Run the stock leg in vectorbt: target percent, one cash pot, sales before purchases."""
    import vectorbt

    # Suspended days have no price; vectorbt ignores an order at NaN.
    return vectorbt.Portfolio.from_orders(
        close=pd.DataFrame(inputs.bars.mark[1:]),
        size=target_frame(inputs),
        size_type="targetpercent",
        price=inputs.bars.open,
        val_price=inputs.bars.mark[:-1],  # sized at the last close, as the ledger does
        init_cash=inputs.settings.capital_yuan,
        fees=inputs.settings.commission_rate,
        cash_sharing=True,
        group_by=True,
        call_seq="auto",
        freq="1D",
    )


def _measure(engine: str, stocks: int, days: int, names: int, repeat: int) -> dict[str, float]:
    def once(inputs: LedgerInputs) -> float:
        if engine == "vectorbt":
            return float(vectorbt_portfolio(inputs).final_value())
        return run_ledger_once(inputs)

    once(make_inputs(20, 60, 5))
    inputs = make_inputs(stocks, days, names)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    for _ in range(repeat):
        begin = time.perf_counter()
        once(inputs)
        seconds.append(time.perf_counter() - begin)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": min(seconds),
        "extra_peak_mib": (peak - before) / 1024,
        "peak_mib": peak / 1024,
    }


def _seconds(inputs: LedgerInputs, repeat: int) -> float:
    """Return the processor time of a run of the ledger, the least of several."""
    from quanthedge.ledger import run_ledger

    found = []
    for _ in range(repeat):
        begin = time.thread_time()
        run_ledger(inputs)
        found.append(time.thread_time() - begin)
    return min(found)


def profile(stocks: int, days: int, names: int, repeat: int) -> dict[str, float]:
    """Return the seconds of a run, and of what is missing from it when a part is left out."""
    whole = make_inputs(stocks, days, names)
    bars, targets, hedge = whole.bars, whole.targets, whole.hedge
    first = targets._replace(trade_days=targets.trade_days[:, :1], pointer=targets.pointer[:, :2])
    never = targets._replace(trade_days=targets.trade_days[:, :0], pointer=targets.pointer[:, :1])
    calm = bars._replace(adj_factor=np.ones_like(bars.adj_factor))
    seconds = {
        name: _seconds(inputs, repeat)
        for name, inputs in {
            "whole": whole,
            "no retrying": whole._replace(settings=whole.settings._replace(retry_days=0)),
            "first": whole._replace(targets=first),
            "unhedged": whole._replace(targets=first, hedge=hedge._replace(ratio=np.zeros(1))),
            "no actions": whole._replace(targets=first, bars=calm),
            "empty": whole._replace(targets=never),
        }.items()
    }
    return {
        "a run": seconds["whole"],
        "days of retrying what was not done": seconds["whole"] - seconds["no retrying"],
        "rebalances": seconds["no retrying"] - seconds["first"],
        "marking, counting and hedging what is held": seconds["first"] - seconds["empty"],
        "  of it trading and settling futures": seconds["first"] - seconds["unhedged"],
        "  of it corporate actions": seconds["first"] - seconds["no actions"],
        "days without anything, and the call": seconds["empty"],
    }


def compile_seconds() -> float:
    """Return the processor time of the first run of the ledger with an empty compile cache."""
    import os
    import tempfile

    code = (
        "import time; from benchmarks.ledger import make_inputs, run_ledger_once as run; "
        "x = make_inputs(20, 60, 5); a = time.process_time(); run(x); b = time.process_time(); "
        "run(x); print(2 * b - a - time.process_time())"
    )
    with tempfile.TemporaryDirectory() as folder:
        found = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True,
            env={**os.environ, "NUMBA_CACHE_DIR": folder},
        )  # fmt: skip
    return float(found.stdout.strip().splitlines()[-1])


def run_ledger_once(inputs: LedgerInputs) -> float:
    """Run the ledger; return the equity at the end, yuan."""
    from quanthedge.ledger import run_ledger

    return float(run_ledger(inputs).state.scalars[EQUITY])


def main() -> None:
    """Measure both engines and print their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stocks", type=int, default=3000)
    parser.add_argument("--days", type=int, default=2500)
    parser.add_argument("--names", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--engine", choices=["quanthedge", "vectorbt"])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--compile", action="store_true")
    args = parser.parse_args()
    if args.compile:
        print(f"{compile_seconds():6.1f} s of processor time to compile the ledger")
        return
    if args.profile:
        run_ledger_once(make_inputs(20, 60, 5))
        for part, seconds in profile(args.stocks, args.days, args.names, 10).items():
            print(f"{seconds:8.4f} s  {part}")
        return
    if args.engine:
        print(json.dumps(_measure(args.engine, args.stocks, args.days, args.names, args.repeat)))
        return
    figures = {}
    for engine in ("quanthedge", "vectorbt"):
        command = [
            sys.executable, "-m", "benchmarks.ledger", "--engine", engine,
            "--stocks", str(args.stocks), "--days", str(args.days), "--names", str(args.names),
            "--repeat", str(args.repeat),
        ]  # fmt: skip
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        figures[engine] = json.loads(output.strip().splitlines()[-1])
    print(f"{args.stocks} stocks x {args.days} days, {args.names} names, rebalanced every 20 days")
    ratio = figures["vectorbt"]["seconds"] / figures["quanthedge"]["seconds"]
    for engine, f in figures.items():
        print(
            f"{engine:>11}: {f['seconds']:8.3f} s, "
            f"{f['extra_peak_mib']:8.0f} MiB above the market it was given"
        )
    print(f"{'ratio':>11}: {ratio:8.0f} times faster")


if __name__ == "__main__":
    main()
