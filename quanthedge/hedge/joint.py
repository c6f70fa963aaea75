"""One joint hedge from Python: which whole lots of which futures, and what they leave."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from quanthedge.errors import DataError
from quanthedge.typing import Floats

__all__ = ["JointHedge", "joint_hedge"]


class JointHedge(NamedTuple):
    """Whole lots short, and what the book then carries.

    Attributes
    ----------
    lots : Series
        By product.
    short_value : float
        Yuan, all products.
    volatility_yuan : float
        Of what is not hedged, a year; the stocks' own risk is not in it.
    carry_yuan : float
        Expected cost of the short position, a year.
    violation_yuan : float
        By which the short value misses the range because lots are whole; 0 otherwise.

    """

    lots: "pd.Series[float]"
    short_value: float
    volatility_yuan: float
    carry_yuan: float
    violation_yuan: float


def joint_hedge(
    exposure: Mapping[str, float],
    covariance: pd.DataFrame,
    lot_value: Mapping[str, float],
    *,
    equity: float,
    risk_aversion: float = 0.0,
    carry: Mapping[str, float] | None = None,
    range_yuan: tuple[float, float] | None = None,
    ceiling: Mapping[str, float] | None = None,
) -> JointHedge:
    """Return the whole lots of several futures that hedge a book together.

    Parameters
    ----------
    exposure : mapping from product to yuan
        Beta of the book to each product's index, times the book's value.
    covariance : DataFrame
        Of the indices' returns, a year; rows and columns are the products.
    lot_value : mapping from product to yuan
    equity : float
        Of the fund, yuan.
    risk_aversion : float
        Return a year given up for each unit of variance of the fund, twice; 0 ignores the carry.
    carry : mapping, optional
        Expected cost of being short, a year and per yuan; 0 by default.
    range_yuan : (least, largest), optional
        Bounds of the total short value, such as 80% and 120% of the stocks for a public fund.
    ceiling : mapping, optional
        Most lots of a product.

    Returns
    -------
    JointHedge

    Raises
    ------
    DataError
        When a product is missing somewhere, or a number is not acceptable.

    Notes
    -----
    Minimises ``risk_aversion / equity / 2 (e - h)'S(e - h) + carry'h``; see
    :func:`quanthedge.hedge.kernels.lots.joint_lots`, which the ledger uses.

    Examples
    --------
    >>> covariance = pd.DataFrame([[0.06]], index=["IF"], columns=["IF"])
    >>> joint_hedge({"IF": 72e6}, covariance, {"IF": 720_000.0}, equity=1e8).lots["IF"]
    np.float64(100.0)

    """
    from quanthedge.hedge.kernels.lots import joint_lots

    products = list(exposure)
    values = _aligned(exposure, products, "exposure")
    lots = _aligned(lot_value, products, "lot_value")
    costs = _aligned(carry or dict.fromkeys(products, 0.0), products, "carry")
    most = np.array([(ceiling or {}).get(product, np.inf) for product in products], dtype=float)
    if not set(products) <= set(covariance.index) & set(covariance.columns):
        raise DataError(
            f"joint_hedge: covariance has {list(covariance.index)}; accepted is a row and a column "
            f"for each of {products}"
        )
    matrix = covariance.loc[products, products].to_numpy(dtype=np.float64)
    if (lots <= 0).any() or (most < 0).any() or not equity > 0 or risk_aversion < 0:
        raise DataError(
            "joint_hedge: accepted are lot_value > 0, ceiling >= 0, equity > 0, risk_aversion >= 0"
        )
    low, high = (np.nan, np.nan) if range_yuan is None else range_yuan
    if range_yuan is not None and not 0 <= low <= high:
        raise DataError(f"joint_hedge: range_yuan {range_yuan}; accepted: 0 <= least <= largest")
    chosen = joint_lots(values, matrix, risk_aversion / equity, costs, lots, low, high, most)
    short = chosen * lots
    left = values - short
    total = float(short.sum())
    return JointHedge(
        pd.Series(chosen, index=products, name="lots"),
        total,
        float(np.sqrt(max(0.0, left @ matrix @ left))),
        float(costs @ short),
        0.0 if range_yuan is None else float(max(low - total, total - high, 0.0)),
    )


def _aligned(values: Mapping[str, float], products: list[str], what: str) -> Floats:
    """Values in the products' order; DataError where one is missing or not a number."""
    missing = [product for product in products if product not in values]
    if not products or missing:
        raise DataError(
            f"joint_hedge: {what} has {sorted(values)}; accepted is a value for each of {products}"
        )
    result = np.array([values[product] for product in products], dtype=np.float64)
    if not np.isfinite(result).all():
        raise DataError(f"joint_hedge: {what} {dict(values)}; accepted are finite numbers")
    return result
