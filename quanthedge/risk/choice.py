"""Which model of risk a strategy names: ``[risk]`` with ``kind = "cne"``, "pca", "ledoit_wolf"."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from quanthedge.risk.model import RiskModel
from quanthedge.risk.statistical import StatisticalRiskModel

__all__ = ["AnyRiskModel"]

_DEFAULT = "cne"


def _with_kind(value: Any) -> Any:
    """Return a table of a file with its kind: the model of characteristics where none is given."""
    return {"kind": _DEFAULT, **value} if isinstance(value, Mapping) else value


AnyRiskModel = Annotated[
    Annotated[RiskModel | StatisticalRiskModel, Field(discriminator="kind")],
    BeforeValidator(_with_kind),
]
