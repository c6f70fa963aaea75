"""Packages that only downloads need: imported when used, with a clear word when missing."""

import importlib
from typing import Any

from quanthedge.errors import needs

__all__ = ["required", "version_of"]


def required(package: str, extra: str) -> Any:
    """Return a package; an error that names the extra when it is not installed."""
    with needs(extra):
        return importlib.import_module(package)


def version_of(module: Any) -> str:
    """Return a module's name and version, for messages."""
    return f"{module.__name__} {getattr(module, '__version__', '(version unknown)')}"
