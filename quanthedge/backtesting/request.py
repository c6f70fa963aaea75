"""What a run was asked to be: enough to tell whether another one would be the same."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pandas as pd

from quanthedge.backtesting.plan import run_days
from quanthedge.comparison import Products
from quanthedge.kinds import OwnCode
from quanthedge.record import Request, wanted
from quanthedge.stages import code_digest
from quanthedge.strategy import variant_names

if TYPE_CHECKING:
    from quanthedge.market import Market
    from quanthedge.strategy import Strategy

__all__ = ["asked", "made_by", "request", "versions"]

_PACKAGES = ("quanthedge", "numpy", "pandas", "numba", "pyarrow", "pydantic")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that compute."""
    return {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}}


@cache
def _version(package: str) -> str:
    return version(package)


def made_by() -> str:
    """Return a digest of the versions and of the package's own code: the same, the same figures."""
    return _digest(json.dumps([versions(), code_digest()]))[:16]


def request(
    variants: tuple[str, ...],
    products: pd.DataFrame,
    own: Mapping[str, str] | None = None,
    tables: Iterable[str] = (),
) -> Request:
    """Return what a run folder keeps beside strategy, market and versions: see :func:`asked`.

    ``own`` is the user's own code by file, of which the digests are kept; ``tables`` are the names
    of the tables of scores and weights that the run folder keeps.
    """
    return {
        "variants": list(variant_names(variants)),
        "products": _digest(products.to_csv()),
        "code": code_digest(),
        "own_code": {name: _digest(text) for name, text in (own or {}).items()},
        "own_tables": sorted(tables),
    }


def asked(
    strategy: "Strategy",
    market: "Market",
    start: str | None = None,
    end: str | None = None,
    variants: tuple[str, ...] = (),
    products: "pd.DataFrame | None" = None,
) -> dict[str, Any]:
    """Return what a run is asked to be; two that are the same give the same tables.

    Parameters and errors are those of :func:`quanthedge.backtest`; nothing is run. ``products``
    are the unit values of those that the strategy names, where they are at hand.
    """
    strategy = strategy.with_tables()
    values = Products.unit_values(strategy.comparison) if products is None else products
    first, last = run_days(strategy, market, start, end)
    return wanted(
        strategy,
        {"fingerprint": market.fingerprint, "start": first, "end": last},
        versions(),
        request(variants, values, OwnCode.of(strategy).texts()),
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
