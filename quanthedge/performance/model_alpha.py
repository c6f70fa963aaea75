"""The alpha of the bridge by a model of characteristics: market, industry, styles, specific."""

import numpy as np
import pandas as pd

from quanthedge.market import Market
from quanthedge.performance.bridge import By
from quanthedge.performance.bridge_groups import summed_alpha
from quanthedge.performance.holdings import (
    held_through,
    market_move,
)
from quanthedge.record import Record
from quanthedge.risk import StyleModel, fitted_returns

__all__ = ["alpha_by_model"]


def alpha_by_model(
    result: Record,
    market: Market,
    model: StyleModel | None = None,
    by: By = "whole",
    start: str | None = None,
    end: str | None = None,
) -> pd.DataFrame:
    """Return the line ``alpha`` of the bridge by broad market, industry, styles, specific; yuan.

    Parameters
    ----------
    result : Result
    market : Market
        The market of the run.
    model : StyleModel, optional
        Ten styles by default (:data:`STYLES`).
    by, start, end
        As in :func:`quanthedge.performance.bridge`.

    Returns
    -------
    DataFrame
        broad_market, industry, a column for each style, specific: together the line ``alpha``;
        ``residual`` and ``mismatched_holdings`` as in :func:`alpha_by`.

    Raises
    ------
    DataError
        When a style is defined for no stock on a day, or the market is not that of the run.
    """
    model = model or StyleModel()
    through = held_through(result, market)
    span, columns = len(through.value), through.columns
    parts = np.zeros((span, 2 + len(model.styles)))
    days = through.first + np.arange(1, span + 1)
    for fit in fitted_returns(market, model, days):
        rows = fit.days - through.first - 1
        value = through.value[rows]
        parts[rows, 0] = value.sum(axis=1) * fit.by_market
        own = np.take_along_axis(fit.by_industry, fit.industry[:, columns], axis=1)
        parts[rows, 1] = (value * own).sum(axis=1)
        tilt = np.einsum("rn,rnk->rk", value, fit.styles[:, columns])
        parts[rows, 2:] = tilt * fit.by_style
    parts[:, 0] -= market_move(result) * through.value.sum(axis=1)
    names = ["broad_market", "industry", *model.styles]
    table = pd.DataFrame(parts, index=result.ledger.index[1:], columns=names)
    table["specific"] = through.alpha.sum(axis=1) - parts.sum(axis=1)
    return summed_alpha(result, table, through.mismatches, by, start, end)
