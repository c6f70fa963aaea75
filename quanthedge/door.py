"""The public door: functions called from Python end wrong calls in one line, like the commands.

What a call is held to stands in the function's own signature: names, kinds, choices. Objects that
are none of ours (a stand-in of a market, a class of the user's) are let through: only what is
plainly something else is refused.
"""

import collections.abc
import datetime
import difflib
import functools
import inspect
import numbers
import re
import types
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import numpy as np
import pandas as pd

from quanthedge.errors import DataError, StrategyError

__all__ = ["guarded", "guarded_methods"]

_Kind = TypeVar("_Kind")
_DAYS = (datetime.date, np.datetime64)
_PLAIN: tuple[type, ...] = (
    str, bytes, bool, numbers.Number, list, tuple, dict, set, Path, pd.Series, pd.DataFrame,
    np.ndarray, pd.Index, datetime.date, np.generic, type,
)  # fmt: skip
_EMPTY = inspect.Parameter.empty
_DATE = re.compile(r"(?!\d{6}\.[A-Z])\d{4}[-/.年]?\d{1,2}[-/.月]?\d{1,2}日?.*")


def guarded(function: Callable[..., Any], *, choices: bool = True) -> Callable[..., Any]:
    """Return the function with its calls checked against its signature.

    ``choices``: whether a text must be one of those that the signature lists; without it the
    function says so itself.

    Raises
    ------
    StrategyError
        An argument is missing, misspelt, or plainly of another kind than the signature says.
    DataError
        The dates of a table are texts or have a time zone.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*values: Any, **named: Any) -> Any:
        try:
            bound = signature.bind(*values, **named)
        except TypeError as error:
            raise StrategyError(_misnamed(function, signature, named, error)) from error
        for name, value in bound.arguments.items():
            parameter = signature.parameters[name]
            if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                continue
            own = not choices and isinstance(value, str) and _lists_texts(parameter.annotation)
            if not own and not _fits(value, parameter.annotation):
                wanted = _told(parameter.annotation)
                raise StrategyError(
                    f"{function.__name__}: {name} is {_shown(value)}; accepted: {wanted} (the call "
                    f"is {_call(function, signature)})"
                )
            # what takes anything reads the dates of a table itself
            if isinstance(value, pd.Series | pd.DataFrame) and parameter.annotation is not Any:
                _check_dates(f"{function.__name__}: {name}", value.index)
        return function(*values, **named)

    return call


def guarded_methods(kind: type[_Kind]) -> type[_Kind]:
    """Return a class whose own public methods are checked as :func:`guarded` checks functions.

    They say themselves which texts they take.
    """
    for name, member in list(vars(kind).items()):
        if name.startswith("_"):
            continue
        if isinstance(member, types.FunctionType):
            setattr(kind, name, guarded(member, choices=False))
        elif isinstance(member, classmethod):
            setattr(kind, name, classmethod(guarded(member.__func__, choices=False)))
    return kind


def _misnamed(
    function: Callable[..., Any],
    signature: inspect.Signature,
    named: Mapping[str, Any],
    error: TypeError,
) -> str:
    """Say which name of a call is wrong or lacking."""
    text, near = str(error), ""
    for name in named:
        if name not in signature.parameters:
            close = difflib.get_close_matches(name, signature.parameters, n=1)
            near = f", did you mean {close[0]!r}?" if close else ""
            text = f"unknown argument {name!r}"
            break
    return f"{function.__name__}: {text}{near} (the call is {_call(function, signature)})"


def _call(function: Callable[..., Any], signature: inspect.Signature) -> str:
    """Return a call as it is written, without kinds and defaults."""
    parts, starred = [], False
    for name, one in signature.parameters.items():
        if name in ("self", "cls"):
            continue
        if one.kind is one.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        parts.append(f"**{name}" if one.kind is one.VAR_KEYWORD else name)
    return f"{function.__name__}({', '.join(parts)})"


def _fits(value: Any, kind: Any) -> bool:
    """Return whether a value may be of a kind; what is not known to be wrong may."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in parts)
    if kind is None or kind is types.NoneType:
        return value is None
    if origin is Literal:
        return isinstance(value, str) and value in parts
    if origin is not None:
        return _fits_generic(value, origin, parts)
    if kind in _SIMPLE:
        return _SIMPLE[kind](value)
    known = isinstance(kind, type) and kind is not Any and kind is not _EMPTY
    return _fits_class(value, kind) if known else True


def _lists_texts(kind: Any) -> bool:
    parts = (kind, *get_args(kind)) if get_origin(kind) in (Union, types.UnionType) else (kind,)
    return any(get_origin(one) is Literal for one in parts)


def _fits_class(value: Any, kind: type) -> bool:
    """Return whether a value may stand for an object of a class or protocol."""
    plain = isinstance(value, _PLAIN) and not hasattr(value, "_fields")  # named tuples are objects
    if getattr(kind, "_is_protocol", False):
        return not plain and all(hasattr(value, one) for one in _members(kind))
    ours = value is None or type(value).__module__.startswith("quanthedge.")
    return isinstance(value, kind) or not (plain or ours)


def _fits_generic(value: Any, origin: Any, parts: tuple[Any, ...]) -> bool:
    if origin is np.ndarray:
        return _is_numbers(value)
    if origin is collections.abc.Callable:
        return callable(value)
    if origin in (dict, collections.abc.Mapping):
        return isinstance(value, Mapping)
    if origin in (list, tuple, set, collections.abc.Iterable, collections.abc.Sequence):
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            return False
        inner = parts[0] if parts else Any
        known = isinstance(value, list | tuple | set | frozenset)
        return all(_fits(one, inner) for one in value) if known else True
    return True


def _is_text(value: Any) -> bool:
    return isinstance(value, (str, *_DAYS)) and not _is_missing(value)


def _is_missing(value: Any) -> bool:
    return value is pd.NaT or (isinstance(value, np.datetime64) and bool(np.isnat(value)))


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real | np.number) and not isinstance(value, bool | np.bool_)


def _is_whole(value: Any) -> bool:
    return isinstance(value, numbers.Integral | np.integer) and not isinstance(
        value, bool | np.bool_
    )


def _is_numbers(value: Any) -> bool:
    if isinstance(value, str | bytes) or value is None:
        return False
    try:
        return np.asarray(value).dtype.kind in "fiub"
    except (TypeError, ValueError):
        return False


_SIMPLE: dict[Any, Callable[[Any], bool]] = {
    str: _is_text,
    float: _is_number,
    int: _is_whole,
    bool: lambda value: isinstance(value, bool | np.bool_),
    Path: lambda value: isinstance(value, str | Path),
}


def _members(protocol: type) -> set[str]:
    """Return the names that a protocol asks for."""
    own = {
        name for base in protocol.__mro__ if getattr(base, "_is_protocol", False)
        for name in (*vars(base), *getattr(base, "__annotations__", {}))
    }  # fmt: skip
    return {name for name in own if not name.startswith("_")}


def _check_dates(place: str, index: pd.Index) -> None:
    """Refuse dates that would be compared with days in another spelling."""
    if isinstance(index, pd.DatetimeIndex):
        if index.tz is not None:
            raise DataError(
                f"{place}: its dates have the time zone {index.tz}; accepted: days of Shanghai "
                "without one, x.tz_convert('Asia/Shanghai').tz_localize(None)"
            )
        return
    first = index[0] if len(index) else None
    if isinstance(first, str) and _DATE.fullmatch(first):
        raise DataError(
            f"{place}: its dates are texts ({first!r}); accepted: dates, "
            "x.set_axis(pd.to_datetime(x.index))"
        )


def _shown(value: Any) -> str:
    """Return a value as a message names it."""
    if value is None or isinstance(value, bool | str | numbers.Number):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOaeio' else 'a'} {name}"


def _told(kind: Any) -> str:
    """Return in words what a signature accepts."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_told(one) for one in parts))
    if origin is Literal:
        return ", ".join(repr(one) for one in parts)
    if origin in _GENERIC:
        return _GENERIC[origin]
    if origin is not None:
        return f"several of: {_told(parts[0])}" if parts else "several"
    if getattr(kind, "_is_protocol", False):
        return _PROTOCOLS.get(kind.__name__, "a result of backtest")
    name = getattr(kind, "__name__", str(kind))
    return _WORDS.get(kind) or _OURS.get(name, f"a {name}")


_GENERIC: dict[Any, str] = {
    np.ndarray: "an array of numbers",
    collections.abc.Callable: "a function",
    dict: "a mapping",
    collections.abc.Mapping: "a mapping",
}
_WORDS: dict[Any, str] = {
    types.NoneType: "None",
    str: "a text or date",
    float: "a number",
    int: "a whole number",
    bool: "True or False",
    Path: "a path",
}
_OURS = {"Record": "a result of backtest"}
_PROTOCOLS = {
    "_IndexPrices": "a Market",
    "BookTargets": "a book (qh.index_book, qh.random_book, the targets of a selector)",
}
