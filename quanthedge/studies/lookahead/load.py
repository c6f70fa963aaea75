"""Find what a user names on the command line: a strategy file, or an object of a Python file."""

import importlib.util
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from quanthedge.errors import StrategyError
from quanthedge.strategy import load_strategy

__all__ = ["load_object"]


def load_object(text: str, changes: Sequence[str] = ()) -> Any:
    """Return a strategy (`fund.toml`) or an object of a file (`my_factors.py:Mine`).

    `changes` are keys of a strategy to change, as `selector.n=50`. A class is called without
    arguments. The file is run: name only files that you trust.

    Raises
    ------
    StrategyError
        There is no such file or object, or the file cannot be run.
    """
    path, _, name = text.rpartition(":")
    if not path.endswith(".py"):
        return load_strategy(Path(text), list(changes))
    if changes:
        raise StrategyError(f"{text}: keys can be changed in strategy files only")
    file = Path(path)
    if not file.is_file():
        raise StrategyError(f"{file}: no such file")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise StrategyError(f"{file}: cannot be loaded as Python")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        thing = getattr(module, name)
        return thing() if inspect.isclass(thing) else thing
    except AttributeError as problem:
        there = ", ".join(key for key in vars(module) if not key.startswith("_"))
        raise StrategyError(f"{file}: no object '{name}'; there are {there}") from problem
    except Exception as problem:
        raise StrategyError(f"{file}: {type(problem).__name__}: {problem}") from problem
