"""The estimators that regress, by their kind: what an adjusted beta may start from."""

from typing import Annotated

from pydantic import Field

from quanthedge.beta.dimson import Dimson
from quanthedge.beta.downside import Downside
from quanthedge.beta.ewma import Ewma
from quanthedge.beta.huber import Huber
from quanthedge.beta.kalman import Kalman
from quanthedge.beta.ols import RollingOLS
from quanthedge.beta.overlapping import Overlapping
from quanthedge.beta.scholes_williams import ScholesWilliams

__all__ = ["PlainBeta"]

PlainBeta = Annotated[
    RollingOLS | Ewma | Dimson | ScholesWilliams | Overlapping | Huber | Kalman | Downside,
    Field(discriminator="kind"),
]
