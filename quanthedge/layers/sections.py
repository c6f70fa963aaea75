"""The section [layers] of a strategy."""

from typing import Literal

from pydantic import ConfigDict, Field

from quanthedge.plain import Plain

__all__ = ["Layers"]


class NoTilt(Plain):
    """Every industry as in the index."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["none"] = "none"


class Layers(Plain):
    """What stands above the choice of stocks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    industry: NoTilt = Field(default_factory=NoTilt)
