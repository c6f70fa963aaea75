"""What is written into the registry of trials: the rule as one, and each test with its p."""

from typing import Any

import numpy as np

from quanthedge.arbitrage.pairs_formation import Chosen
from quanthedge.market import Market
from quanthedge.trials import Trial, digest, record
from quanthedge.typing import Bools

__all__ = ["write_trials"]


def write_trials(
    market: Market,
    options: dict[str, Any],
    mask: Bools,
    formations: list[tuple[int, Chosen]],
    last: int,
) -> bool:
    """Write the trials of a call of `pairs_targets`; return whether they are written.

    Notes
    -----
    Pairs that are compared by distance, and residuals, have no p: the rule, whose outcome is looked
    at, is one trial, and how many spreads were compared stands in the table `tried`. A test of
    cointegration is a trial of its own, with its p, of two stocks and a window.
    """
    days = market.dates
    rule = digest([options, digest(mask), str(days[formations[0][0]])])
    trials = [Trial("evaluation", f"pairs, {options['method']}", rule)]
    for row, of in formations:
        for first, second, p in of.tested:
            pair = f"{market.codes[first]}/{market.codes[second]}"
            what = digest(["coint", pair, str(days[row]), options["formation_days"]])
            trials.append(Trial("evaluation", f"pair {pair}", what, p if np.isfinite(p) else None))
    return record(market, days[formations[0][0]], days[last], trials)
