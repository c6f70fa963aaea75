"""What a run was asked to be: enough to tell whether another one would be the same."""

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pandas as pd

from quanthedge.backtesting.plan import run_days
from quanthedge.comparison import product_values
from quanthedge.kinds import own_code
from quanthedge.strategy import variant_names

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from quanthedge.market import Market
    from quanthedge.strategy import Strategy

__all__ = ["Wanted", "asked", "differences", "made_by", "request", "versions", "wanted"]

Wanted = dict[str, Any]

_PACKAGES = ("quanthedge", "numpy", "pandas", "numba", "pyarrow", "pydantic")
_SHOWN = 3  # differences that one line names
_LONGEST = 40  # letters of a value in it


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that compute."""
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


def made_by() -> str:
    """Return a digest of the versions and of the package's own code: the same, the same figures."""
    return _digest(json.dumps([versions(), code_digest()]))[:16]


def request(
    variants: tuple[str, ...], products: pd.DataFrame, own: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return what a run folder keeps beside strategy, market and versions: see :func:`asked`.

    ``own`` is the user's own code by file, of which the digests are kept.
    """
    return {
        "variants": list(variant_names(variants)),
        "products": _digest(products.to_csv()),
        "code": code_digest(),
        "own_code": {name: _digest(text) for name, text in (own or {}).items()},
    }


def asked(
    strategy: "Strategy",
    market: "Market",
    start: str | None = None,
    end: str | None = None,
    variants: tuple[str, ...] = (),
) -> Wanted:
    """Return what a run is asked to be; two that are the same give the same tables.

    Parameters and errors are those of :func:`quanthedge.backtest`; nothing is run.
    """
    first, last = run_days(strategy, market, start, end)
    return wanted(
        strategy.model_dump(mode="json"),
        {"fingerprint": market.fingerprint, "start": first, "end": last},
        versions(),
        request(variants, product_values(strategy.comparison), own_code(strategy)),
    )


def wanted(
    strategy: Mapping[str, Any],
    market: Mapping[str, Any],
    packages: Mapping[str, str],
    more: Mapping[str, Any],
) -> Wanted:
    """Put the parts of a request together, as :func:`asked` does and as a run folder keeps them."""
    return {
        "strategy": dict(strategy),
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


@cache
def code_digest() -> str:
    """Return a digest of the package's own files: code, rules and texts."""
    found = hashlib.sha256()
    for name, file in sorted(_own_files("", files("quanthedge"))):
        found.update(name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def _own_files(name: str, place: "Traversable") -> Iterator[tuple[str, "Traversable"]]:
    for entry in place.iterdir():
        inside = f"{name}/{entry.name}"
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _own_files(inside, entry)
        elif entry.name.endswith((".py", ".toml", ".csv")):
            yield inside, entry


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
