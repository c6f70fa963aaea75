"""All estimators by their kind, as strategies name them."""

from typing import Annotated

from pydantic import Field

from quanthedge.beta.blume import Blume
from quanthedge.beta.plain import PlainBeta
from quanthedge.beta.vasicek import Vasicek

__all__ = ["Estimator"]

Estimator = Annotated[PlainBeta | Blume | Vasicek, Field(discriminator="kind")]
