"""Whether a capital is enough for a strategy: a lot of some stock, half a contract of its hedge."""

import numpy as np

from quanthedge.backtesting.plan import Prepared
from quanthedge.errors import StrategyError
from quanthedge.ledger import layout
from quanthedge.typing import Floats

__all__ = ["check_capital"]


def check_capital(prepared: Prepared, refusals: Floats, ledger: Floats) -> None:
    """Refuse a capital that buys no lot of a stock, or whose hedge is less than one contract.

    Parameters
    ----------
    prepared : Prepared
    refusals : float64 [m, 7]
        Rows of refusals of the run, at least those of the first rebalance.
    ledger : float64 [T, columns]

    Raises
    ------
    StrategyError
        It is too small.
    """
    strategy, market, inputs = prepared.strategy, prepared.market, prepared.inputs
    capital = f"capital_yuan {strategy.capital_yuan:,.0f}"
    if not prepared.selection.targets.decision_rows.size:  # sleeves are all that it holds
        return
    day = inputs.targets.trade_days[0, 0]
    lots = refusals[(refusals[:, 0] == day) & (refusals[:, 6] == layout.LOT)]
    wanted = inputs.targets.pointer[0, 1] - inputs.targets.pointer[0, 0]
    if wanted and len(lots) == wanted:
        raise StrategyError(
            f"{capital}: too small for one lot of any of the {wanted} stocks wanted on "
            f"{market.dates[prepared.first + day]}; raise the capital or hold fewer stocks"
        )
    row, futures = ledger[day], inputs.futures
    products = np.flatnonzero(futures.hold[day] >= 0)
    if row[layout.NAMES_] == 0 or row[layout.LOTS_] != 0 or not products.size:
        return
    refused = refusals[(refusals[:, 0] == day) & (refusals[:, 1] == layout.FUTURE)]
    exposure = inputs.hedge.ratio[0] * row[layout.BETA_] * row[layout.STOCK_VALUE_]
    price = futures.fill_price[day, futures.hold[day, products]]
    smallest = (futures.multiplier[products] * price).min()
    if not len(refused) and 0 < exposure < 0.5 * smallest:
        raise StrategyError(
            f"{capital}: too small to hedge; on {market.dates[prepared.first + day]} the stocks "
            f"carry {exposure:,.0f} yuan of index risk, one "
            f"{' or '.join(strategy.hedge.products)} contract is worth {smallest:,.0f}; raise the "
            "capital"
        )
