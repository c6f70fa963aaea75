"""The alpha of the bridge by a risk model: market, industries, styles, specific; daily, in yuan.

With V[i] the value of a stock at the last close, x its exposures then, f the factor returns of the
day, b the beta of the book and r the return of the index, the line ``alpha`` is the sum of

    country       sum of V f_country, less b r times the sum of V
    an industry   sum of V of its stocks, times its return
    a style       sum of V x f
    specific      what is left: the stocks' residuals, and what the regression did not take in:
                  suspended stocks, days beyond any limit, days without a regression
"""

import numpy as np
import pandas as pd

from quanthedge.market import Market
from quanthedge.performance.bridge import Bridge, By
from quanthedge.performance.holdings import Held, check_market, held_through, market_move
from quanthedge.record import Record
from quanthedge.risk import FittedRiskModel, RiskModel

__all__ = ["alpha_by_model", "factor_alpha"]

_MARKET, INDUSTRIES, _SPECIFIC = "market", "industries", "specific"


def alpha_by_model(
    result: Record,
    market: Market,
    model: RiskModel | FittedRiskModel | None = None,
    by: By = "whole",
    start: str | None = None,
    end: str | None = None,
) -> pd.DataFrame:
    """Return the line ``alpha`` of the bridge by market, industries, styles, specific; yuan.

    Parameters
    ----------
    result : Result
    market : Market
        The market of the run.
    model : RiskModel or FittedRiskModel, optional
        Of this market; ten styles by default. One that is not fitted yet is fitted.
    by, start, end
        As in :meth:`quanthedge.performance.Bridge.yuan`.

    Returns
    -------
    DataFrame
        market (all shares beside beta times the index), industries (their sum), a column for each
        style, specific: together the line ``alpha``; ``residual`` and ``mismatched_holdings`` as
        in :func:`alpha_by`.

    Raises
    ------
    DataError
        When the market is not that of the run, or the model was fitted on another.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> result = qh.backtest(strategy, market, "2014-09-17", "2014-12-31")
    >>> qh.alpha_by_model(result, market)[["market", "specific"]].round(-3)
                  market   specific
    date
    2014-12-31  602000.0  1729000.0
    """
    fitted = model if isinstance(model, FittedRiskModel) else (model or RiskModel()).fit(market)
    through = held_through(result, market)
    parts = factor_alpha(result, through, fitted)
    table = pd.DataFrame({_MARKET: parts[fitted.factors[0]]})
    table[INDUSTRIES] = parts[list(fitted.characteristics.industries)].sum(axis=1)
    table = table.join(parts[[*fitted.style_names, _SPECIFIC]])
    return Bridge(result).alpha_in_parts(table, through.mismatches, by, start, end)


def factor_alpha(result: Record, through: Held, fitted: FittedRiskModel) -> pd.DataFrame:
    """Return each day's alpha by factor, yuan.

    Parameters
    ----------
    result : Record
    through : Held
        What :func:`quanthedge.performance.holdings.held_through` rebuilt.
    fitted : FittedRiskModel
        Of the market of the run.

    Returns
    -------
    DataFrame
        By day: a column for each factor of the model (the country less the index's own move,
        industries by code, styles) and ``specific``; together the line ``alpha``.

    Raises
    ------
    DataError
        When the model was fitted on another market.
    """
    check_market(result, fitted.market)
    of, span = fitted.characteristics, len(through.value)
    groups = len(of.industries)
    parts = np.zeros((span, len(fitted.factors)))
    earned = np.nan_to_num(fitted.regressions.returns[through.first + 1 :][:span])
    for t, value in enumerate(through.value):
        held = np.flatnonzero(value)
        stocks, row = through.columns[held], through.first + t
        own = np.bincount(of.industry[row, stocks], value[held], minlength=groups)
        tilt = value[held] @ of.styles[row, stocks].astype(np.float64)
        parts[t] = np.concatenate([[value.sum()], own, tilt]) * earned[t]
    parts[:, 0] -= market_move(result) * through.value.sum(axis=1)
    days = pd.DatetimeIndex(result.ledger.index[1:], name="date")
    table = pd.DataFrame(parts, index=days, columns=list(fitted.factors))
    table[_SPECIFIC] = through.alpha.sum(axis=1) - parts.sum(axis=1)
    return table
