"""Find what a user names on the command line: a strategy file, or an object of a Python file."""

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from quanthedge.documents import parse_value
from quanthedge.errors import StrategyError
from quanthedge.kinds import load_class
from quanthedge.plain import one_line
from quanthedge.strategy import load_strategy

__all__ = ["load_object"]


def load_object(text: str, changes: Sequence[str] = ()) -> Any:
    """Return a strategy (`fund.toml`) or an object of a file (`my_factors.py:Mine`).

    `changes` are keys of a strategy to change, as `selector.n=50`, or parameters of a class, as
    `window=20`; without them a class is called without arguments. The file is run: name only files
    that you trust.

    Raises
    ------
    StrategyError
        There is no such file or object, the file cannot be run, or the parameters are wrong.
    """
    path, _, name = text.rpartition(":")
    if not path.endswith(".py"):
        return load_strategy(Path(text), list(changes))
    thing = load_class(Path(path), name)
    if not inspect.isclass(thing):
        if changes:
            raise StrategyError(f"{text}: is no class; parameters can be given to classes only")
        return thing
    values = dict(_pair(change) for change in changes)
    try:
        return thing(**values)
    except ValidationError as error:
        model = thing if issubclass(thing, BaseModel) else BaseModel
        raise StrategyError(one_line(error, text, model)) from error
    except Exception as problem:
        raise StrategyError(f"{path}: {type(problem).__name__}: {problem}") from problem


def _pair(change: str) -> tuple[str, Any]:
    key, separator, value = change.partition("=")
    if not separator or not key.strip().isidentifier():
        raise StrategyError(f"--set {change!r}: expected key=value, for instance window=20")
    return key.strip(), parse_value(value.strip())
