"""What adjusted betas have in common: another estimator's betas, changed a day at a time."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from quanthedge.beta.base import BetaEstimator, RollingBeta
from quanthedge.beta.ols import RollingOLS
from quanthedge.kinds import Except
from quanthedge.typing import Floats

__all__ = ["AdjustedBeta", "places_and_days"]

_CHUNK_DAYS = 128  # adjusted together: few enough that their arrays stay small


class AdjustedBeta(BetaEstimator):
    """An estimator that changes the betas of its `base`; index and method are its own."""

    base: Annotated[BetaEstimator, Except("blume", "vasicek")] = Field(
        default_factory=RollingOLS, description="Estimator of the betas that are adjusted."
    )

    @model_validator(mode="after")
    def _base_hedges_the_same(self) -> Self:
        """Give the base this estimator's index and method, or say that it names others."""
        changes = {
            name: getattr(self, name)
            for name in ("index", "method", "preparation")
            if getattr(self.base, name) != getattr(self, name)
        }
        for name in changes:
            if name in self.base.model_fields_set:
                raise ValueError(
                    f"base has {name} '{getattr(self.base, name)}', but {name} is "
                    f"'{getattr(self, name)}'; leave it out of base, or give both the same"
                )
        if changes:
            self.__dict__["base"] = self.base.model_copy(update=changes)
        return self

    @abstractmethod
    def adjust(self, betas: RollingBeta) -> RollingBeta:
        """Return the adjusted betas of those of the base, in their shape."""

    def betas(self, returns: Floats, index: Floats) -> RollingBeta:
        """Return them as :meth:`BetaEstimator.betas` says."""
        return self.adjust(self.base.model_copy().fit(returns, index).result_)


def places_and_days(betas: RollingBeta) -> Iterator[tuple[Any, int, int]]:
    """Yield each index's place in the arrays, with some days at a time: (place, begin, end)."""
    several = betas.beta.ndim == 3
    for k in range(betas.beta.shape[2] if several else 1):
        place = (..., k) if several else (...,)
        for begin in range(0, len(betas.beta), _CHUNK_DAYS):
            yield place, begin, min(begin + _CHUNK_DAYS, len(betas.beta))
