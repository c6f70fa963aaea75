"""A digest of a strategy's parameters: the same digest, the same strategy."""

import copy
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

__all__ = ["SIZE_AND_IMPACT", "parameters_digest"]

SIZE_AND_IMPACT = ("capital_yuan", "costs.impact_coefficient")  # what a capacity curve varies


def parameters_digest(strategy: Mapping[str, Any], without: tuple[str, ...] = ()) -> str:
    """Return the SHA-256 of all parameters as JSON with sorted keys.

    Parameters
    ----------
    strategy : mapping
        As ``strategy.model_dump(mode="json")`` gives it and a run keeps it.
    without : tuple of str
        Dotted places that do not count.

    >>> one = {"capital_yuan": 1e8, "hedge": {"ratio": 1.0}}
    >>> other = one | {"capital_yuan": 2e8}
    >>> parameters_digest(one) == parameters_digest(other)
    False
    >>> parameters_digest(one, SIZE_AND_IMPACT) == parameters_digest(other, SIZE_AND_IMPACT)
    True
    """
    plain = copy.deepcopy(dict(strategy))
    for place in without:
        *path, last = place.split(".")
        inside: Any = plain
        for part in path:
            inside = inside.get(part, {})
        inside.pop(last, None)
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, default=str)
    return sha256(text.encode("utf-8")).hexdigest()
