"""Every part of a model that has a kind, however deep it lies."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from quanthedge.kinds.base import Kinded

__all__ = ["parts_in"]


def parts_in(value: Any) -> Iterator[Kinded]:
    """Yield the parts with a kind: factors, estimators, ratios, policies and the like.

    >>> from quanthedge.factors import BookYield
    >>> [part.kind for part in parts_in({"styles": [BookYield()]})]
    ['book_yield']
    """
    if isinstance(value, Kinded):
        yield value
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from parts_in(getattr(value, name))
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from parts_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from parts_in(one)
