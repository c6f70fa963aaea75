"""Factors into one score: winsorised, neutral to industries on request, standardised, weighted.

Every step works on one day's cross-section of the universe, in this order:

1. winsorise: values outside two quantiles of the universe are pulled in to them;
2. industry-neutral: the mean of the stock's industry is taken out;
3. standardise: divided by the standard deviation over the universe, centred at 0;
4. combine: sum of sign x weight x standardised value over the sum of absolute weights.

A score uses nothing later than its day. How many stocks each factor really covers is returned
beside the scores.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, model_validator

from quanthedge.errors import StrategyError
from quanthedge.factors import Factor, Transforms
from quanthedge.market import Market
from quanthedge.plain import Plain
from quanthedge.typing import Bools, Floats

__all__ = ["FactorTerm", "scores"]


class Graded(NamedTuple):
    """A factor's grades [R, N], and which stocks of the universe it is defined for."""

    grades: Floats
    defined: Bools


Keep: TypeAlias = Callable[[Factor, Callable[[], Graded]], Graded]


class FactorTerm(Plain):
    """A factor and its weight in the score; the factor's own sign is applied first.

    Examples
    --------
    >>> import quanthedge as qh
    >>> term = qh.FactorTerm(factor=qh.factors.BookYield(), weight=0.5)
    >>> qh.Strategy(name="value", factors=[term]).factors[0].weight
    0.5
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    factor: Factor
    weight: float = Field(
        default=1.0,
        allow_inf_nan=False,
        description="Negative weights turn the factor around; 0 switches it off.",
    )

    @model_validator(mode="before")
    @classmethod
    def _of_factor(cls, data: Any) -> Any:
        """Take a factor by itself, with weight 1."""
        is_class = isinstance(data, type) and issubclass(data, Factor)  # told to be called
        return {"factor": data} if is_class or isinstance(data, Factor) else data


def scores(
    market: Market,
    terms: Sequence[FactorTerm],
    universe: Bools,
    rows: NDArray[np.int64],
    transforms: Transforms,
    keep: Keep | None = None,
) -> tuple[Floats, pd.DataFrame]:
    """Return the scores (higher is better) and how much of the universe each factor covers.

    Parameters
    ----------
    market : Market
    terms : sequence of FactorTerm
    universe : bool [R, N]
        Stocks graded on each row, as from ``Universe.mask``.
    rows : int [R]
        Day indices.
    transforms : Transforms
    keep : callable, optional
        Given a factor and what works out its grades, returns these: for runs that share them.

    Returns
    -------
    scores : float64 [R, N]
        NaN outside the universe, and for stocks without any factor (with
        ``missing="exclude"``: without one of them).
    coverage : DataFrame
        date, factor, defined, universe: stocks of the universe for which the factor is defined,
        and all of them. Two factors of one kind are told apart by their parameters.

    Raises
    ------
    StrategyError
        When the weights are all zero, or a factor is defined for no stock of the universe on a day.

    Notes
    -----
    With ``missing="neutral"`` an undefined factor counts as 0, the average of the universe (or of
    the industry); with "exclude" the stock gets no score.
    """
    terms = [term for term in terms if term.weight != 0]
    total = sum(abs(term.weight) for term in terms)
    if not terms:
        raise StrategyError("factors: all weights are 0; give at least one factor a weight")
    groups = market.industry()[0][rows] if transforms.industry_neutral else None
    combined = np.zeros(universe.shape)
    any_defined = np.zeros(universe.shape, dtype=np.bool_)
    all_defined = universe.copy()
    coverage = []
    for term, name in zip(terms, _names(terms), strict=True):

        def grades(factor: Factor = term.factor, name: str = name) -> Graded:
            raw = factor.checked_exposure(market, rows)
            exposure = np.where(universe & np.isfinite(raw), raw, np.nan)
            defined = np.isfinite(exposure)
            _refuse_empty(name, defined, universe, market, rows)
            return Graded(transforms.grades(exposure, groups), defined)

        graded, defined = grades() if keep is None else keep(term.factor, grades)
        coverage.append(_coverage(name, defined, universe, market, rows))
        weight = term.factor.sign * term.weight / total
        combined += weight * np.where(defined, graded, 0.0)
        any_defined |= defined
        all_defined &= defined
    kept = all_defined if transforms.missing == "exclude" else universe & any_defined
    return np.where(kept, combined, np.nan), pd.concat(coverage, ignore_index=True)


def _names(terms: Sequence[FactorTerm]) -> list[str]:
    """Return the factors' labels, with parameters where one comes twice."""
    kinds = [term.factor.label for term in terms]
    names = []
    for term, kind in zip(terms, kinds, strict=True):
        parameters = term.factor.model_dump(exclude={"kind", "name", "name_zh"})
        inside = ", ".join(f"{key}={value}" for key, value in parameters.items())
        names.append(f"{kind}({inside})" if kinds.count(kind) > 1 and inside else kind)
    return names


def _refuse_empty(
    name: str, defined: Bools, universe: Bools, market: Market, rows: NDArray[np.int64]
) -> None:
    empty = ~defined.any(axis=1) & universe.any(axis=1)
    if empty.any():
        raise StrategyError(
            f"factor {name}: defined for no stock of the universe on "
            f"{market.dates[rows[int(empty.argmax())]]}; start later, or take another market"
        )


def _coverage(
    name: str, defined: Bools, universe: Bools, market: Market, rows: NDArray[np.int64]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "date": pd.DatetimeIndex(market.dates[rows]),
            "factor": name,
            "defined": defined.sum(axis=1),
            "universe": universe.sum(axis=1),
        }
    )
