"""The sample market and the strategies that come with the package.

An installed package carries them beside this file; in a checkout they are the top level's
``data/sample`` and ``strategies``, so that there is one copy of each.
"""

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from quanthedge.errors import DataError, StrategyError

if TYPE_CHECKING:
    from quanthedge.market import Market

__all__ = ["sample_folder", "sample_market", "strategy_file", "strategy_names", "strategy_place"]

_INSTALLED = Path(__file__).parent
_CHECKOUT = Path(__file__).parents[2]
_PRODUCTS = ("leveraged_token",)  # for `quanthedge token`: no strategies


def _place(installed: str, *checkout: str) -> Path:
    here = _INSTALLED / installed
    return here if here.is_dir() else _CHECKOUT.joinpath(*checkout)


def sample_folder() -> Path:
    """Return the folder of the sample market: 120 made stocks, three years from 2013.

    Examples
    --------
    >>> (sample_folder() / "manifest.json").exists()
    True
    """
    return _place("sample", "data", "sample")


@cache
def sample_market() -> "Market":
    """Return the sample market: 120 made stocks, an index and its futures, 2013 to 2015.

    It comes with the package and is opened once a process. Its prices are simulated, its rules,
    contracts and calendar are those of the years.

    Raises
    ------
    DataError
        The package was installed without it.

    Examples
    --------
    >>> import quanthedge as qh
    >>> qh.sample_market().panel("close").shape
    (731, 120)
    """
    from quanthedge.market import Market

    folder = sample_folder()
    if not folder.is_dir():
        raise DataError(f"{folder}: the sample market is missing; install quanthedge anew")
    return Market.open(folder)


def _strategies() -> Path:
    return _place("strategies", "strategies")


def strategy_names() -> tuple[str, ...]:
    """Return the names of the strategies that come with the package.

    Examples
    --------
    >>> "market_neutral" in strategy_names()
    True
    """
    return tuple(
        sorted(file.stem for file in _strategies().glob("*.toml") if file.stem not in _PRODUCTS)
    )


def strategy_file(name: str) -> Path:
    """Return the file of a strategy that comes with the package.

    Parameters
    ----------
    name : str
        One of :func:`strategy_names`, with or without ``.toml``.

    Raises
    ------
    StrategyError
        None has this name.

    Examples
    --------
    >>> strategy_file("market_neutral").name
    'market_neutral.toml'
    """
    stem = name.removesuffix(".toml")
    if stem not in (*strategy_names(), *_PRODUCTS):
        raise StrategyError(
            f"strategy {name!r}: there is no such file, and none of this name comes with "
            f"quanthedge; those that do: {', '.join(strategy_names())}"
        )
    return _strategies() / f"{stem}.toml"


def strategy_place(path: str | Path) -> Path:
    """Return the file that a user means: the path itself, or a strategy of the package by name.

    A file that is there goes before the package's.

    Raises
    ------
    StrategyError
        A name without ending, that is neither a file nor a strategy of the package.

    Examples
    --------
    >>> strategy_place("market_neutral") == strategy_file("market_neutral")
    True
    >>> strategy_place("strategies/mine.toml").as_posix()
    'strategies/mine.toml'
    """
    path = Path(path)
    named = path.name == str(path) and path.suffix in ("", ".toml")
    if not named or os.path.exists(path):  # a name that is too long is left to who reads it
        return path
    known = path.stem in (*strategy_names(), *_PRODUCTS)
    return path if path.suffix and not known else strategy_file(path.name)
