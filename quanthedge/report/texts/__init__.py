"""Words of the report, one catalogue a language with the same keys."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from quanthedge.typing import Language

__all__ = ["words"]


@cache
def words(language: Language) -> dict[str, Any]:
    """Return the catalogue of a language."""
    source = files("quanthedge.report.texts").joinpath(f"{language}.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))
