"""Panels of a market that is made from another: each made when it is asked for, none kept."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["Array", "MadePanels"]

Array = np.ndarray[Any, Any]


class MadePanels(ABC):
    """What a market asks of its panels; how one is made stands in the class derived from it."""

    results = None  # no folder: nothing is kept

    def __init__(self) -> None:
        self._made: dict[str, Array] = {}

    @abstractmethod
    def make(self, name: str) -> Array:
        """Return a panel, [T, N], that nobody else holds."""

    def get(self, name: str) -> Array:
        """Return a panel, read-only, made once."""
        if name not in self._made:
            panel = self.make(name)
            panel.flags.writeable = False
            self._made[name] = panel
        return self._made[name]

    def derived(self, name: str, make: Callable[[], Array]) -> Array:
        """Return a panel that is made of the market's tables, made once."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def build(self, _progress: object = None) -> bool:
        """Do nothing: these panels are not kept."""
        return True
