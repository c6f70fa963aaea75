"""Words of the report, one catalogue a language with the same keys."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from quanthedge.fund import METHODS
from quanthedge.typing import Language

__all__ = ["words"]


@cache
def words(language: Language) -> dict[str, Any]:
    """Return the catalogue of a language."""
    source = files("quanthedge.report.texts").joinpath(f"{language}.toml")
    found = tomllib.loads(source.read_text(encoding="utf-8"))
    # a method of charging the fee brings its own name
    found["methods"] = {kind: method.names[language] for kind, method in METHODS.items()}
    found["terms"]["methods"] = found["methods"]
    return found
