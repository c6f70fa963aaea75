"""Large libraries, imported by the test that uses them and not while tests are collected."""

import importlib
from typing import Any


class _Later:
    """Stands for a module and imports it when something of it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("_"):  # what looks at every name of a file, as pytest does
            raise AttributeError(attribute)
        return getattr(importlib.import_module(self._name), attribute)


def lazily(name: str) -> Any:
    """Return what can be used as the module of that name.

    statsmodels takes half as long to import as all test files together.
    """
    return _Later(name)
