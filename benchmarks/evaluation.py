"""CPU seconds of the evaluation of fifty factors, and alphalens beside it for one of them.

python -m benchmarks.evaluation data/real
"""
# ruff: noqa: PD013 -- alphalens takes Series by date and stock

import argparse
import os
import resource
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import quanthedge as qh
from quanthedge.evaluation import Evaluation, evaluate
from quanthedge.factors import FactorPanel, panel
from quanthedge.labelling import Labels, decision_rows, labels
from quanthedge.universe import AllUniverse, LargestUniverse

FACTORS = 50


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the processor's seconds of the better of two calls, and what came back."""
    best, made = np.inf, None
    for _ in range(2):
        start = time.process_time()
        made = work()
        best = min(best, time.process_time() - start)
    return best, made


def fifty(market: qh.Market, made: Labels) -> FactorPanel:
    """Return the library's factors, as often as it takes to have fifty, each with some noise."""
    found = panel(market, "library", made.rows)
    rng, values = np.random.default_rng(0), []
    for k in range(FACTORS):
        column = found.values[:, :, k % len(found.names)].astype(np.float32)
        spread = np.nanstd(column)
        values.append(column + np.float32(spread * 0.1) * rng.standard_normal(column.shape))
    chosen = [k % len(found.names) for k in range(FACTORS)]
    return FactorPanel(
        market, made.rows, tuple(found.factors[k] for k in chosen),
        tuple(f"{found.names[k]}{i}" for i, k in enumerate(chosen)),
        np.stack(values, axis=-1, dtype=np.float32),
    )  # fmt: skip


def with_alphalens(
    market: qh.Market, made: Labels, values: np.ndarray[Any, Any]
) -> Callable[[], Any]:
    """Return the call that does alphalens's part for one factor and one universe."""
    import alphalens

    dates, codes = pd.DatetimeIndex(market.dates[made.rows]), market.codes
    inside = AllUniverse().mask(market, made.rows)[0]
    score = pd.DataFrame(np.where(inside, values, np.nan), dates, codes).stack().dropna()
    score.index.names = ["date", "asset"]
    forward = pd.DataFrame(made.naive, dates, codes).stack()

    def work() -> Any:
        data = score.to_frame("factor")
        data["1M"] = forward.reindex(score.index)
        data = data.dropna()
        data["factor_quantile"] = alphalens.utils.quantize_factor(data, 10, None)
        ic = alphalens.performance.factor_information_coefficient(data)
        means = alphalens.performance.mean_return_by_quantile(data, by_date=True, demeaned=False)
        ranks = alphalens.performance.factor_rank_autocorrelation(data, period=1)
        turnover = alphalens.performance.quantile_turnover(data["factor_quantile"], 10, period=1)
        return ic, means, ranks, turnover

    return work


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("market")
    os.environ["QUANTHEDGE_TRIALS"] = "off"  # noise is no trial of anybody's
    market = qh.Market.open(parser.parse_args().market)
    warnings.simplefilter("ignore")
    rows = decision_rows(market, "month")
    made = labels(market, rows[rows >= rows[0] + 230][:108])
    found = fifty(market, made)
    universes = {"largest 800": LargestUniverse(n=800), "all": AllUniverse()}
    once, _ = seconds(lambda: labels(market, made.rows))
    screened, _ = seconds(lambda: screening(evaluate(found, made, universe=universes)))
    whole, _ = seconds(lambda: evaluate(found, made, universe=universes).all_tables())
    first = np.ascontiguousarray(found.values[:, :, 0]).astype(float)
    one, _ = seconds(lambda: evaluate(first, made, universe=AllUniverse()).all_tables())
    print(
        f"{len(made.rows)} decisions x {len(market.codes):,} stocks, {FACTORS} factors, "
        f"{len(universes)} universes; CPU seconds, better of two"
    )
    print(f"labels                                     {once:6.2f}")
    print(f"screening, {FACTORS} factors, 2 universes           {screened:6.2f}")
    print(f"all tables, {FACTORS} factors, 2 universes          {whole:6.2f}")
    print(f"all tables, 1 factor, 1 universe           {one:6.2f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak of memory                             {peak:6.2f} GiB")
    try:
        theirs, _ = seconds(with_alphalens(market, made, found.values[:, :, 0]))
    except ImportError:
        print("alphalens is not installed (pip install alphalens-reloaded)")
        return
    print(f"alphalens, 1 factor, 1 universe (IC, quantiles, turnover) {theirs:6.2f}")
    pairs = FACTORS * len(universes)
    print(f"alphalens over a screening, a factor and universe  {theirs / screened * pairs:6.0f} x")
    print(f"alphalens over all tables, a factor and universe   {theirs / whole * pairs:6.0f} x")


def screening(found: Evaluation) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what alphalens gives too."""
    return found.screening(), found.quantiles()


if __name__ == "__main__":
    main()
