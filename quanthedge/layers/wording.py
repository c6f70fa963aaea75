"""What an allocation is called, in both languages (``catalogue.toml``)."""

import math

from quanthedge.kinds import is_own, own_name, read_catalogue
from quanthedge.layers.allocation import Allocation
from quanthedge.typing import Language

__all__ = ["allocation_name"]


def allocation_name(allocation: Allocation, language: Language) -> str:
    """Return what an allocation is called, with its level where it has one.

    >>> from quanthedge.layers.carry import CarryGate
    >>> allocation_name(CarryGate(), "en")
    'a gate on the annualised discount of the future (level 10.0%)'
    """
    if is_own(allocation):
        return own_name(allocation, "allocation", language)
    name = read_catalogue("quanthedge.layers").name(allocation.kind, language)
    if math.isnan(allocation.level):
        return name
    level = f"{allocation.level:.1%}"
    return f"{name}（阈值 {level}）" if language == "zh" else f"{name} (level {level})"
