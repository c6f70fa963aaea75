"""What a run was asked to be, as a run folder keeps it, and how two requests differ."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from quanthedge.strategy import Strategy

__all__ = ["Wanted", "differences", "wanted"]

Wanted = dict[str, Any]

_SHOWN = 3  # differences that one line names
_LONGEST = 40  # letters of a value in it


def wanted(
    strategy: Strategy,
    market: Mapping[str, Any],
    packages: Mapping[str, str],
    more: Mapping[str, Any],
) -> Wanted:
    """Put the parts of a request together: two that are the same give the same tables.

    Parameters
    ----------
    strategy : Strategy
    market : mapping
        Its ``fingerprint``, and ``start`` and ``end`` of the run.
    packages : mapping
        Versions of what computes.
    more : mapping
        ``variants``, digests of the products' values and of the code, and of a walk-forward run
        that of what it chose among, and how.
    """
    walked = {"walk-forward": more["walk_forward"]} if more.get("walk_forward") else {}
    return walked | {
        "strategy": strategy.model_dump(mode="json"),
        "market": market["fingerprint"],
        "first day": market["start"],
        "last day": market["end"],
        "variants": sorted(more["variants"]),
        "values of the products": more["products"],
        "version": dict(packages),
        "code of quanthedge": more["code"],
        "own code": dict(more.get("own_code", {})),
    }


def differences(earlier: Wanted, now: Wanted) -> str:
    """Return in a few words how one request differs from another; empty when it does not.

    >>> one = {"strategy": {"selector": {"n": 30}}, "first day": "2015-01-05"}
    >>> differences(one, one | {"strategy": {"selector": {"n": 50}}})
    'selector.n 30, now 50'
    """
    found = [
        f"{name} {_short(old)}, now {_short(new)}" for name, old, new in _unequal("", earlier, now)
    ]
    more = len(found) - _SHOWN
    return "; ".join(found[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _unequal(name: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys([*one, *other]):
            inside = key if name in ("", "strategy") else f"{name}.{key}"
            yield from _unequal(inside, one.get(key), other.get(key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _unequal(f"{name}.{number}", left, right)
    elif one != other or type(one) is not type(other):
        yield name, one, other


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
    digest = len(text) == 64 and not set(text) - set("0123456789abcdef")
    return text[:12] if digest else text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
