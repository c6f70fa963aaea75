"""The kind of a user's own class, ``module:Class``, and what such a class is called."""

import re
import sys
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from quanthedge.typing import Language
from quanthedge.words import texts

__all__ = ["OWN_NAME", "accepted_kind", "is_own", "kind_of", "own_name"]

OWN_NAME = "__own_name__"  # what a module loaded from a strategy's folder is called there
_NAME = r"[^\W\d]\w*"
_OWN = re.compile(rf"{_NAME}(\.{_NAME})*:{_NAME}(\.[\w<>]+)*")


def accepted_kind(kind: str) -> bool:
    """Return whether a text names a class as ``module:Class`` does: no path, no ``..``.

    >>> accepted_kind("my_factors:Mine"), accepted_kind("../my_factors:Mine")
    (True, False)
    """
    return _OWN.fullmatch(kind) is not None


def is_own(kind: object) -> bool:
    """Return whether a kind, or the kind of a part, is that of a user's own class.

    >>> is_own("book_yield"), is_own({"kind": "my_factors:Mine", "window": 20})
    (False, True)
    """
    if isinstance(kind, BaseModel):
        kind = getattr(kind, "kind", "")
    elif isinstance(kind, Mapping):
        kind = kind.get("kind", "")
    return isinstance(kind, str) and ":" in kind


def kind_of(cls: type) -> str:
    """Return the kind of a user's own class: its file or module, and its name in it."""
    module = sys.modules.get(cls.__module__)
    name = getattr(module, OWN_NAME, cls.__module__)
    return f"{name}:{cls.__qualname__}"


def _words() -> dict[str, Any]:
    return texts("quanthedge.kinds", "words")


def own_name(part: BaseModel | Mapping[str, Any] | str, noun: str, language: Language) -> str:
    """Return what a user's own class is called, and that it is his own.

    Parameters
    ----------
    part
        The object, its values by name, or its kind alone.
    noun : str
        factor, estimator, ratio, policy, selector, schedule, universe, filter, allocation, signal
        or weights.
    language : {"en", "zh"}

    Examples
    --------
    >>> own_name({"kind": "my_factors:Mine", "name": "calm", "name_zh": ""}, "factor", "zh")
    'calm（自有因子）'
    >>> own_name("my_factors:Mine", "factor", "en")
    'Mine (own factor)'
    """
    if isinstance(part, BaseModel):
        more = part.model_extra or {}  # of a class that is not loaded
        part = {
            name: more.get(name) or getattr(part, name, "") for name in ("kind", "name", "name_zh")
        }
    values = {"kind": part} if isinstance(part, str) else part
    given = str(values.get("name") or "")
    if language == "zh":
        given = str(values.get("name_zh") or given)
    given = given or str(values.get("kind", "")).rpartition(":")[2]
    return str(_words()["form"][language]).format(name=given, own=_words()[noun][language])
