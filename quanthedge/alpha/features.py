"""What a combination is given: ranks of the universe, signed, neutral to industry and size.

Each factor on each day by itself, among the stocks of the universe: its rank in (-0.5, 0.5), turned
by the factor's sign, then what a regression on industries and the logarithm of market value leaves
of it. A stock without the factor counts as average (0). Row r uses what was known at its close.
"""

from collections.abc import Callable, Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.errors import StrategyError
from quanthedge.factors import Size
from quanthedge.market import Market
from quanthedge.operators import neutralise, rank
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["NEUTRAL", "Features", "Neutraliser", "neutraliser", "prepare"]

NEUTRAL = ("industry", "size")
Neutraliser = Callable[[Floats], Floats]


class Features(NamedTuple):
    """Prepared exposures, R rows x N stocks x K factors.

    Attributes
    ----------
    values : float32 [R, N, K]
        0 where a stock lacks the factor or is outside the universe.
    defined : bool [R, N, K]
        Whether a stock of the universe has the factor.
    scored : bool [R, N]
        Which stocks get a score.
    """

    values: NDArray[np.float32]
    defined: Bools
    scored: Bools


def neutraliser(
    market: Market, rows: Ints, where: Bools, neutral: Collection[str] = NEUTRAL
) -> Neutraliser:
    """Return what takes industry and size out of values [R, N], within the universe.

    Parameters
    ----------
    market : Market
    rows : int [R]
    where : bool [R, N]
    neutral : collection of "industry" and "size"
        Empty: values come back as they are, NaN outside the universe.

    Notes
    -----
    A stock whose market value is not known has no residual: it is NaN. Stocks of no known industry
    are an industry of their own.
    """
    unknown = sorted(set(neutral) - set(NEUTRAL))
    if unknown:
        raise StrategyError(f"neutral {unknown[0]!r}; accepted: {', '.join(NEUTRAL)}, or none")
    if not neutral:
        return lambda values: np.where(where, values, np.nan)
    groups = market.industry()[0][rows] if "industry" in neutral else None
    size = Size().checked_exposure(market, rows) if "size" in neutral else None
    others = None if size is None else np.where(np.isfinite(size), size, np.nan)
    return lambda values: np.asarray(
        neutralise(values, groups=groups, others=others, where=where), dtype=np.float64
    )


def prepare(
    values: NDArray[np.floating],
    signs: Ints,
    where: Bools,
    taken_out: Neutraliser,
    needed: Collection[int] = (),
) -> Features:
    """Return signed ranks, neutral where asked.

    Parameters
    ----------
    values : float [R, N, K]
        Raw exposures; what is no finite number counts as missing.
    signs : int [K]
    where : bool [R, N]
        The universe.
    taken_out : Neutraliser
    needed : collection of int
        Factors without which a stock gets no score; of the others one is enough.
    """
    made = np.zeros(values.shape, dtype=np.float32)
    defined = np.zeros(values.shape, dtype=np.bool_)
    for k in range(values.shape[2]):
        raw = values[:, :, k].astype(np.float64)
        raw[~np.isfinite(raw)] = np.nan
        ranked = taken_out(np.asarray(rank(raw * signs[k], where)))
        defined[:, :, k] = np.isfinite(ranked)
        made[:, :, k] = np.where(defined[:, :, k], ranked, 0.0)
    scored = np.asarray(defined.any(axis=2))
    if needed:
        scored &= defined[:, :, sorted(needed)].all(axis=2)
    return Features(made, defined, scored)
