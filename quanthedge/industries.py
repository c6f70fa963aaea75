"""The alpha and the holdings of a run by industry."""

import numpy as np
import pandas as pd

from quanthedge.market import Market
from quanthedge.performance import NO_GROUP, alpha_by
from quanthedge.performance.bridge_groups import MISMATCHES, RESIDUAL
from quanthedge.result import Result

__all__ = ["COLUMNS", "industry_table"]

COLUMNS = ("industry", "name_zh", "name_en", "alpha_yuan", "weight", "names")


def industry_table(result: Result, market: Market) -> pd.DataFrame:
    """Return alpha over the run and weight at its end by industry.

    Returns
    -------
    DataFrame
        One row an industry that was held, and one for stocks of none: industry (code), name_zh,
        name_en, alpha_yuan (its part of the bridge's line, with the beta of the book), weight (of
        equity on the last recorded day), names (stocks held then). Empty where the market has no
        industries or nothing was held. The alphas add up to the line of the bridge.

    Notes
    -----
    A stock counts in the industry that it belonged to on the last day of the run.
    """
    empty = pd.DataFrame(columns=list(COLUMNS))
    days = pd.DatetimeIndex(market.dates)
    at = int(days.searchsorted(result.ledger.index[-1]))
    number, known = market.industry()
    if not len(result.positions) or not len(known):
        return empty
    own = number[at]
    codes = known["industry"].astype(str).to_numpy()
    named = np.where(own >= 0, codes[np.maximum(own, 0)], NO_GROUP)
    groups = pd.Series(named, index=pd.Index(market.codes))
    whole = alpha_by(result, market, groups).iloc[0].drop([RESIDUAL, MISMATCHES])
    last = result.positions[result.positions["date"] == result.positions["date"].max()]
    place = groups.reindex(pd.Index(last["code"])).to_numpy()
    weights = last.groupby(place)["weight"].agg(["sum", "size"])
    texts = known.set_index(pd.Index(codes))
    rows = [
        {
            "industry": str(code),
            "name_zh": str(texts["name_zh"].get(code, "")),
            "name_en": str(texts["name_en"].get(code, "")),
            "alpha_yuan": float(alpha),
            "weight": float(weights["sum"].get(code, 0.0)),
            "names": int(weights["size"].get(code, 0)),
        }
        for code, alpha in whole.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(
        "alpha_yuan", ascending=False, ignore_index=True
    )
