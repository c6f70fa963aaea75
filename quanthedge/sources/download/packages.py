"""Packages that only downloads need: imported when used, with a clear word when missing."""

import importlib
from typing import Any

from quanthedge.errors import DataError

__all__ = ["required", "version_of"]


def required(package: str, extra: str) -> Any:
    """Return a package; DataError that names the extra when it is not installed."""
    try:
        return importlib.import_module(package)
    except ImportError as problem:
        raise DataError(
            f"the package '{package}' is missing or broken ({problem}); install it with: "
            f"pip install 'quanthedge[{extra}]'"
        ) from problem


def version_of(module: Any) -> str:
    """Return a module's name and version, for messages."""
    return f"{module.__name__} {getattr(module, '__version__', '(version unknown)')}"
