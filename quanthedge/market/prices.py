"""Prices that know their kind: raw as traded, or adjusted for what holders got; never mixed.

>>> raw, adjusted = Prices([10.0, 5.0], "raw"), Prices([10.0, 10.0], "adjusted")
>>> (raw[1:] / raw[:-1] - 1).tolist()
[-0.5]
>>> raw - adjusted
Traceback (most recent call last):
quanthedge.errors.DataError: raw and adjusted prices are mixed in subtract; take both of one kind
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import numpy as np

from quanthedge.errors import DataError

__all__ = ["PRICES", "PriceKind", "Prices"]

PriceKind = Literal["raw", "adjusted"]
PRICES = ("open", "high", "low", "close", "pre_close", "mark")


class Prices(np.ndarray[Any, np.dtype[np.float64]]):
    """An array of prices of one kind.

    Slices keep the kind. Results of arithmetic are plain arrays: a return or a value is no price.
    Whatever takes prices of two kinds at once raises DataError.

    Attributes
    ----------
    kind : "raw" or "adjusted"
        Raw prices are those of the exchange, for orders, lots, limits and values. Adjusted prices
        are raw prices x adj_factor, for returns over ex-dates.
    """

    kind: PriceKind

    def __new__(cls, values: Any, kind: PriceKind) -> "Prices":
        """Label an array; it is not copied."""
        if kind not in ("raw", "adjusted"):
            raise DataError(f"prices of kind {kind!r}; accepted: raw, adjusted")
        array = np.asarray(values, dtype=np.float64).view(cls)
        array.kind = kind
        return array

    def __array_finalize__(self, source: Any) -> None:
        """Hand the kind on to slices and views."""
        self.kind = getattr(source, "kind", "raw")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Compute with plain arrays when no kinds are mixed."""
        _one_kind([*inputs, *options.get("out", ())], ufunc.__name__)
        options["out"] = tuple(map(_plain, options["out"])) if "out" in options else None
        if options["out"] is None:
            del options["out"]
        return getattr(ufunc, method)(*map(_plain, inputs), **options)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, options: Any
    ) -> Any:
        """Call numpy's function on plain arrays when no kinds are mixed."""
        _one_kind([*_flat(args), *_flat(options.values())], function.__name__)
        return function(*_all_plain(args), **{k: _all_plain([v])[0] for k, v in options.items()})


def _one_kind(values: Iterable[Any], where: str) -> None:
    kinds = {value.kind for value in values if isinstance(value, Prices)}
    if len(kinds) > 1:
        raise DataError(f"raw and adjusted prices are mixed in {where}; take both of one kind")


def _plain(value: Any) -> Any:
    return value.view(np.ndarray) if isinstance(value, Prices) else value


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _flat(value)
        else:
            yield value


def _all_plain(values: Iterable[Any]) -> list[Any]:
    return [
        type(value)(_all_plain(value)) if type(value) in (list, tuple) else _plain(value)
        for value in values
    ]
