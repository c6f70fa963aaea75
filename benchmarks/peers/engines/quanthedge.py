"""QuantHedge itself, with its rules off (what peers can do) and on."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers.world import (
    CAPITAL,
    COMMISSION,
    HEDGED,
    HEDGES,
    INVESTED,
    WINDOW,
    World,
    best,
)

PACKAGES = ("quanthedge", "numpy", "numba")
Job = Callable[[], dict[str, float]]
SUSPENDED, ACTIONS, STEP = 0.02, 0.004, 1.02
SCORES = 20  # that are judged


def load() -> None:
    """Import what every job needs."""
    import quanthedge.ledger
    import quanthedge.ledger.kernels.day  # noqa: F401 -- maps the compiled code


def inputs(
    world: World, chosen: list[Any], *, rules: bool = False, invested: float = INVESTED
) -> Any:
    """Return the ledger's inputs: all its rules and a hedge, or none and a commission."""
    from benchmarks.ledger import inputs_on
    from quanthedge.ledger import Bars

    rng = np.random.default_rng(11)
    opened, close, pre_close = world.mark[:-1], world.mark[1:], world.mark[:-1]
    shape = close.shape
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    volume = np.full(shape, 1e8)
    factor = np.ones(world.mark.shape)
    if rules:
        opened, close, pre_close = opened.copy(), close.copy(), pre_close.copy()
        suspended = rng.random(shape) < SUSPENDED
        factor[1:] = np.cumprod(np.where(rng.random(shape) < ACTIONS, STEP, 1.0), axis=0)
        for bar in (opened, high, low, close, pre_close, volume):
            bar[suspended] = np.nan
    bars = Bars(
        opened, high, low, close, pre_close, volume, volume * 10.0, world.mark, factor,
        np.zeros(shape, dtype=np.int8), np.full(world.stocks, world.days + 1),
    )  # fmt: skip
    made = inputs_on(
        bars, world.market, world.trade_days, chosen, np.zeros(world.stocks, np.int64),
        invested=invested, rules=rules,
    )  # fmt: skip
    if rules:
        return made
    return made._replace(
        settings=made.settings._replace(capital_yuan=CAPITAL, commission_rate=COMMISSION)
    )


def _equity(record: Any) -> float:
    return float(record.ledger[-1, 0])


def book(world: World, *, rules: bool = False) -> Job:
    """Keep the books of given targets, day by day."""
    from quanthedge.ledger import run_ledger

    made = inputs(world, world.chosen, rules=rules)

    def work() -> dict[str, float]:
        return {"equity": _equity(run_ledger(made))}

    return work


def book_with_all_rules(world: World) -> Job:
    """Do the same with lots, limits, suspensions, duties, futures, margin, fund fees."""
    return book(world, rules=True)


def strategy(world: World) -> Job:
    """Choose by score and trade: from the scores to the last equity."""
    from quanthedge.ledger import SleeveTargets, TargetBook, run_ledger

    made = inputs(world, world.chosen)
    days, names, weight = world.trade_days, world.names, world.weight

    def work() -> dict[str, float]:
        chosen = np.concatenate([best(row, names) for row in world.scores])
        pointer = np.arange(len(days) + 1) * names
        targets = SleeveTargets.of_stocks(days, pointer, chosen, np.full(len(chosen), weight))
        return {"equity": _equity(run_ledger(made._replace(targets=TargetBook.of([targets]))))}

    return work


def hedge_sweep(world: World) -> Job:
    """Run a hundred hedge ratios side by side over one read of the market, on one thread.

    The future is what the peer can hold: no fee, a multiplier of 1, filled at the stocks' prices.
    """
    from quanthedge.hedge.policies import Calendar, Program, compile_policy
    from quanthedge.ledger import LightRecord

    made = inputs(world, world.chosen, invested=HEDGED)
    level = 3000.0 * np.cumprod(1.0 + world.market)
    contracts = level[:, None] * np.ones((1, 2))
    nothing = np.zeros((world.days, 1))
    never = Calendar(every_days=10**6)  # but with the stocks
    policy = compile_policy(never, world.dates[1:])
    futures = made.futures._replace(
        fill_price=contracts[:-1].copy(), settlement=contracts, multiplier=np.array([1.0]),
        hold=np.zeros((world.days, 1), np.int64), last_day=np.full(2, world.days + 10),
        fee_rate=nothing, close_today_rate=nothing, order_fee_yuan=nothing,
        margin_rate=np.full((world.days + 1, 2), 0.05),
    )  # fmt: skip
    made = made._replace(
        futures=futures, hedge=made.hedge._replace(policy=Program.stacked([policy]))
    )

    def work() -> dict[str, float]:
        hedges = (made.hedge._replace(ratio=np.array([ratio])) for ratio in HEDGES)
        found = LightRecord.side_by_side([made._replace(hedge=hedge) for hedge in hedges])
        return {"first": _equity(found[0]), "last": _equity(found[-1])}

    return work


def betas(world: World) -> Job:
    """Fit every stock on the index, window by window, with standard errors."""
    from quanthedge.beta.ols import rolling_ols

    returns, index = world.returns(), world.market[1:]

    def work() -> dict[str, float]:
        found = rolling_ols(returns, index, WINDOW, WINDOW * 2 // 3)
        errors = found.standard_error[-1]
        return {"mean": float(np.nanmean(found.beta[-1])), "error": float(np.nanmean(errors))}

    return work


def operators(world: World) -> Job:
    """Return rolling means, deviations, extremes, correlations; ranks and tails of each day."""
    import quanthedge as qh

    returns, index = world.returns(), world.market[1:]

    def work() -> dict[str, float]:
        ops = qh.ops
        share = 2.0 / 3.0
        found = {
            "mean": ops.rolling_mean(returns, WINDOW, min_share=share),
            "std": ops.rolling_std(returns, WINDOW, min_share=share),
            "max": ops.rolling_max(returns, WINDOW, min_share=share),
            "skew": ops.rolling_skew(returns, WINDOW, min_share=share),
            "corr": ops.rolling_corr(returns, index, WINDOW, min_share=share),
            "rank": ops.rank(returns),
            "winsorised": ops.winsorise(returns, 0.02),
        }
        return {name: float(np.nanmean(np.abs(of[-1]))) for name, of in found.items()}

    return work


def evaluation(world: World) -> Job:
    """Screen scores: rank correlations, quantiles, turnover."""
    from quanthedge.evaluation import evaluate
    from quanthedge.universe import AllUniverse

    made, scores = evaluated(world)

    def work() -> dict[str, float]:
        found = evaluate(scores, made, universe=AllUniverse(), hedge=None)
        _ = found.quantiles()
        return _mean_ics(found.screening(), scores)

    return work


def whole_evaluation(world: World) -> Job:
    """Judge scores by all tables: the same, neutral ranks, legs, hedge, decay, regimes."""
    from quanthedge.evaluation import evaluate
    from quanthedge.universe import AllUniverse

    made, scores = evaluated(world)

    def work() -> dict[str, float]:
        found = evaluate(scores, made, universe=AllUniverse())
        return _mean_ics(found.all_tables()["ranking"], scores)

    return work


def _mean_ics(table: Any, scores: dict[str, Any]) -> dict[str, float]:
    ics = table["ic"].droplevel("universe")
    return {name: float(ics[name]) for name in scores}


def evaluated(world: World) -> tuple[Any, dict[str, Any]]:
    """Return labels at month ends of the dataset, and scores that are noise."""
    import quanthedge as qh
    from quanthedge.labelling import decision_rows, labels

    market = qh.Market.open(world.dataset)
    rows = decision_rows(market, "month")
    made = labels(market, rows[rows >= rows[0] + 230][:108])
    rng = np.random.default_rng(0)
    return made, {f"noise{k}": rng.normal(size=made.naive.shape) for k in range(SCORES)}


JOBS: dict[str, Callable[[World], Job]] = {
    "book": book,
    "book_rules": book_with_all_rules,
    "strategy": strategy,
    "sweep": hedge_sweep,
    "betas": betas,
    "operators": operators,
    "evaluation": evaluation,
    "evaluation_whole": whole_evaluation,
}
