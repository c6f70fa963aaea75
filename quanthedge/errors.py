"""The one family of errors: what is wrong, where, what is accepted, what to do."""

import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

__all__ = [
    "DataError",
    "LedgerError",
    "MissingExtraError",
    "QuantHedgeError",
    "RuleError",
    "StrategyError",
    "StrategyWarning",
    "needs",
]


_SWITCH = "QUANTHEDGE_TRACEBACK"


class QuantHedgeError(Exception):
    """Base of every error that QuantHedge raises on purpose.

    Its text is English. A notebook and the command line show it in one line, in the language of
    the reader, which ``errors.toml`` has; with ``QUANTHEDGE_TRACEBACK=full`` in the environment
    a notebook shows the way there too.

    Examples
    --------
    >>> import quanthedge as qh
    >>> try:
    ...     qh.sample_market().panel("clsoe")
    ... except qh.QuantHedgeError as error:
    ...     print(type(error).__name__)
    DataError
    """

    zh: str = ""  # in Chinese, where who raises it knows it, as of findings of a check
    said: ClassVar[Callable[[Any], str]] = str  # quanthedge.words puts the reader's language here

    def _render_traceback_(self) -> list[str]:
        """Return what IPython prints in place of a traceback."""
        if os.environ.get(_SWITCH) == "full":
            return "".join(traceback.format_exception(self)).splitlines()
        return [f"{type(self).__name__}: {type(self).said(self)}"]


class DataError(QuantHedgeError):
    """Market data is missing, malformed or does not cover what was asked for.

    Examples
    --------
    >>> import quanthedge as qh
    >>> try:
    ...     qh.sample_market().day("2015-01-01")
    ... except qh.DataError as error:
    ...     print(error)
    2015-01-01 is not a trading day; the nearest are 2014-12-31 and 2015-01-05
    """


class StrategyError(QuantHedgeError):
    """A strategy is malformed or cannot be run on the market at hand.

    Examples
    --------
    >>> import quanthedge as qh
    >>> strategy = qh.load_strategy("market_neutral")
    >>> try:
    ...     strategy.change("selector.bufer=0.1")
    ... except qh.StrategyError as error:
    ...     print(error)
    strategy ... changed: selector.bufer: unknown key, did you mean 'buffer'?
    """


class RuleError(QuantHedgeError):
    """The rule book does not cover a date, board or product.

    Examples
    --------
    >>> import quanthedge as qh
    >>> from quanthedge.rules import FuturesRules
    >>> try:
    ...     FuturesRules.between("IX", ["2015-01-05"])
    ... except qh.RuleError as error:
    ...     print(error)
    fut_contracts: no product 'IX'; known: IF, IH, IC, IM
    """


class LedgerError(QuantHedgeError):
    """The ledger broke one of its promises or the fund became insolvent.

    Examples
    --------
    >>> import quanthedge as qh
    >>> issubclass(qh.LedgerError, qh.QuantHedgeError)
    True
    """


class MissingExtraError(QuantHedgeError, ImportError):
    """A package is missing that only some jobs need."""


class StrategyWarning(UserWarning):
    """A strategy says something of itself that its parameters no longer bear out."""


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """Say what to install where an import inside fails because an extra is not there.

    Parameters
    ----------
    extra : str
        Of the package, as in ``pip install 'quanthedge[pdf]'``.

    Raises
    ------
    MissingExtraError
        A package is missing or cannot be loaded.

    Examples
    --------
    >>> with needs("pdf"):
    ...     import no_such_package
    Traceback (most recent call last):
    ...
    quanthedge.errors.MissingExtraError: quanthedge[pdf] is not installed (No module named
    'no_such_package'): pip install 'quanthedge[pdf]'
    """
    try:
        yield
    except ImportError as problem:
        raise MissingExtraError(
            f"quanthedge[{extra}] is not installed ({problem}): pip install 'quanthedge[{extra}]'"
        ) from problem
