"""The panel of net annualised carry by day and contract."""

import numpy as np
import pandas as pd

from quanthedge.hedge.research.carry.net import annual, net_carry
from quanthedge.hedge.research.carry.quotes import carry_quotes, first_quoted
from quanthedge.hedge.research.carry.terms import CarryTerms, Side
from quanthedge.market import Market

__all__ = ["carry_opportunity"]


def carry_opportunity(
    market: Market,
    product: str = "IF",
    terms: CarryTerms | None = None,
    *,
    side: Side = "carry",
    lending: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what each contract pays until delivery, net of all costs, a year on the capital.

    Parameters
    ----------
    market : Market
    product : {"IF", "IH", "IC", "IM"}
    terms : CarryTerms, optional
    side : {"carry", "reverse"}
        The basket bought and the future sold, or the other way round.
    lending : DataFrame, optional
        What can be borrowed, for the reverse: columns date (from which a row holds), fee (a year,
        fraction of the value), available (yuan), collateral (fraction of the value, beside the
        proceeds). All NaN for the reverse without it.

    Returns
    -------
    DataFrame
        By date and contract, from the product's first bar on: gain less commission, duties, fees,
        slippage, lending fee and financing, over the capital, x 365 / calendar days to delivery.
        NaN where a contract has no price, or fewer than ``least_days`` left.

    Raises
    ------
    DataError
        When the market lacks the product or its index, or the lending table is wrong.

    Notes
    -----
    Row t is judged at the settlement price and the index's close of day t, with the dividends
    expected by then (docs/carry.md).

    Examples
    --------
    >>> import quanthedge as qh
    >>> panel = qh.carry_opportunity(qh.sample_market(), "IF")
    >>> panel.loc["2015-03-04"].dropna().round(4).to_dict()
    {'IF1503': -0.0891, 'IF1504': -0.037, 'IF1506': -0.0146, 'IF1509': -0.0085}
    """
    asked = terms or CarryTerms()
    rows = np.arange(first_quoted(market, product), len(market.dates))
    quotes = carry_quotes(market, product, asked, rows)
    side_net = net_carry(quotes, asked, side, lending)
    paid = annual(side_net.net, side_net, quotes)
    return pd.DataFrame(
        np.where(quotes.days >= asked.least_days, paid, np.nan),
        index=pd.DatetimeIndex(market.dates[rows], name="date"),
        columns=pd.Index(quotes.chain.contracts, name="contract"),
    )
