"""A factor in ten lines: a function of panels, made a class of the user's own.

    @qh.factor(family="sentiment", sign=-1, needs=["close", "open"], window=20,
               name="intraday return", name_zh="日内收益")
    def intraday(d, window=20):
        return qh.ops.rolling_mean(d.close / d.open - 1, window, min_share=0.5)

The class has the function's name and place, its parameters are fields, and it does in a strategy,
an audit, a report and a run folder what a class derived from :class:`Factor` does.
"""

import difflib
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType, new_class
from typing import Any, ClassVar

import numpy as np

from quanthedge.errors import StrategyError
from quanthedge.factors.base import Factor, Rows, as_rows
from quanthedge.market import Market
from quanthedge.typing import Days, Floats, Ints

__all__ = ["Panels", "factor"]

Array = np.ndarray[Any, Any]
_FLOWS = ("_ttm", "_quarter")
_PRICES = ("open", "high", "low", "close", "mark", "vwap")
_MADE: dict[str, Callable[["Panels"], Array]] = {
    "vwap": lambda d: d.amount / _above_zero(d.volume),
    "market_value": lambda d: d.mark * d.total_shares,
    "float_value": lambda d: d.mark * d.float_shares,
    "industry": lambda d: d.market.industry()[0],
}
_RESERVED = ("kind", "name", "name_zh", "family", "sign", "needs", "source", "history")


class Panels:
    """What a market knows by day and stock, by name: every attribute is an array [T, N].

    Bars (``open high low close pre_close volume amount simple_return traded mark adj_factor
    total_shares float_shares is_st is_delisting``), adjusted prices (``close_adj`` ...: raw x
    adj_factor, dividends included), ``vwap``, ``market_value`` and ``float_value`` in yuan,
    ``industry`` (int, -1 unknown), fundamentals and items of statements as they were known on each
    day, these also as ``<item>_ttm`` and ``<item>_quarter``.

    Attributes
    ----------
    market : Market
        For everything else: ``d.market.index_close("000300.SH")[:len(d.dates)]``.
    dates : datetime64[D] [T]
        Trading days up to the last one that is asked for.
    codes : str [N]
    """

    market: Market

    def __init__(
        self,
        market: Market,
        needs: Sequence[str] = (),
        told: str = "factor",
        days: int | None = None,
    ) -> None:
        self.market = market
        self.dates: Days = market.dates[:days]
        self.codes = market.codes
        self._needs, self._told, self._days = tuple(needs), told, days
        for name in self._needs:
            if name not in self.names():
                raise self._unknown(name)

    def __getattr__(self, name: str) -> Array:
        """Return a panel, looked up once."""
        if name.startswith("_"):
            raise AttributeError(name)
        if self._needs and name not in self._needs and name in self.names():
            raise StrategyError(
                f"{self._told}: uses d.{name}, which needs does not name ({', '.join(self._needs)})"
            )
        found = self._panel(name)[: self._days]
        self.__dict__[name] = found
        return found

    def _panel(self, name: str) -> Array:
        whole = self if not self._needs else Panels(self.market, days=self._days)
        if name in Market.PANELS:
            return self.market.panel(name)
        if name in _MADE and name in self.names():
            return _MADE[name](whole)
        price = name.removesuffix("_adj")
        if price != name and price in _PRICES:
            return np.asarray(getattr(whole, price) * whole.adj_factor)
        if name in self.market.fundamental_items():
            return self.market.fundamental(name)
        for ending, read in (
            ("", self.market.statement),
            ("_ttm", self.market.statement_ttm),
            ("_quarter", self.market.statement_quarter),
        ):
            item = name.removesuffix(ending)
            if item in self.market.statement_items() and name.endswith(ending):
                return read(item)
        raise self._unknown(name)

    def names(self) -> tuple[str, ...]:
        """Return the names of the panels that this market has."""
        items = self.market.statement_items()
        made = [name for name in _MADE if name != "industry" or self.market.has("industry")]
        flows = [item for item in items if item not in Market.STOCK_ITEMS]
        return (
            *Market.PANELS, *(f"{name}_adj" for name in _PRICES), *made,
            *self.market.fundamental_items(), *items,
            *(f"{item}{ending}" for item in flows for ending in _FLOWS),
        )  # fmt: skip

    def _unknown(self, name: str) -> StrategyError:
        flows = [f"{item}{ending}" for item in self.market.statement_items() for ending in _FLOWS]
        there = [one for one in dict.fromkeys(self.names()) if one not in flows]
        near = difflib.get_close_matches(name, self.names(), n=1)
        known = f"there are {', '.join(there)}"
        if flows:
            known = f"{known}, and flows of statements with _ttm or _quarter behind them"
        if near:
            known = f"did you mean {near[0]!r}? {known}"
        return StrategyError(
            f"{self._told}: market '{self.market.name}' has no panel {name!r}; {known}"
        )


def _above_zero(values: Floats) -> Floats:
    return np.where(values > 0, values, np.nan)


class _Made(Factor):
    """What every factor made of a function has."""

    function_of: ClassVar[Any] = None  # the user's function, a staticmethod
    needs: ClassVar[tuple[str, ...]] = ()
    source: ClassVar[str] = ""
    history: ClassVar[int | str | None] = None

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the function's array on some rows, [R, N]."""
        days = as_rows(market, rows)
        told = f"factor {self.kind}"
        # what lies after the last row asked for is not there: it can neither help nor stop
        until = int(days.max()) + 1 if days.size else 0
        panels = Panels(market, self.needs, told, until)
        parameters = {name: getattr(self, name) for name in self.parameters()}
        with self.own_errors("exposure"), np.errstate(divide="ignore", invalid="ignore"):
            found = type(self).function_of(panels, **parameters)
        wanted = (until, len(market.codes))
        values = self.own_numbers("its array", found, wanted, "a row for each day of d.dates")
        result = values[days]
        result[days + 1 < self.days_needed()] = np.nan
        _refuse_infinite(result, told, market, days)
        return result

    @classmethod
    def parameters(cls) -> list[str]:
        """Return the names of the function's parameters beside the panels."""
        return list(inspect.signature(cls.function_of).parameters)[1:]

    def days_needed(self) -> int:
        """Return how many days up to a row it looks at; rows without so many are undefined."""
        asked = self.history
        return int(getattr(self, asked)) if isinstance(asked, str) else int(asked or 1)


def _refuse_infinite(values: Floats, told: str, market: Market, days: Ints) -> None:
    infinite = np.isinf(values)
    if infinite.any():
        row, stock = np.argwhere(infinite)[0]
        raise StrategyError(
            f"{told}: {int(infinite.sum()):,} values are infinite (first: {market.codes[stock]} "
            f"{market.dates[days[row]]}); accepted: numbers, and NaN where it is not defined"
        )


def factor(
    *,
    family: str = "own",
    sign: int = 1,
    needs: Sequence[str] = (),
    window: int | None = None,
    source: str = "",
    name: str = "",
    name_zh: str = "",
) -> Callable[[Callable[..., Any]], type[Factor]]:
    """Return a decorator that makes a factor of a function of panels.

    Parameters
    ----------
    family : str
        valuation, growth, quality, sentiment ..., or one of your own.
    sign : {1, -1}
        1 where high exposures are held to earn more, -1 where low ones are.
    needs : sequence of str
        Panels that the function uses (:class:`Panels`); with it others are refused, and a market
        that lacks one of them is told so by name before anything is computed.
    window : int, optional
        Trading days up to a row that the row needs: rows for which the data do not reach back so
        far are undefined. A function with a parameter ``window`` has that one.
    source : str
        Who found it.
    name, name_zh : str
        What reports call it; by default the function's name.

    Returns
    -------
    callable
        Takes ``function(d, **parameters)``, which returns an array [T, N] whose row t uses days up
        to t, and returns a class of factors: ``intraday()``, ``intraday(window=30)``, in TOML
        ``factor.kind = "my_factors:intraday"``.

    Raises
    ------
    StrategyError
        A parameter has no default or a reserved name, or the sign is neither 1 nor -1.

    Examples
    --------
    >>> @factor(family="sentiment", sign=-1, needs=["close", "open"])
    ... def intraday(d):
    ...     return d.close / d.open - 1
    >>> intraday().sign, intraday().family
    (-1, 'sentiment')
    """
    if isinstance(needs, str):
        raise StrategyError(f"factor: needs={needs!r}; accepted: a list of names, [{needs!r}]")

    def made(function: Callable[..., Any]) -> type[Factor]:
        if not isinstance(function, FunctionType):
            raise StrategyError(
                "factor: decorates a function of panels, such as def mine(d, window=20); derive a "
                "class from quanthedge.Factor instead"
            )
        parameters = _parameters(function, window)
        history: int | str | None = "window" if "window" in parameters else window
        space: dict[str, Any] = {
            "__module__": function.__module__,
            "__qualname__": function.__qualname__,
            "__doc__": inspect.getdoc(function) or f"{function.__name__}, a factor of panels.",
            "__annotations__": {key: kind for key, (kind, _) in parameters.items()},
            **{key: value for key, (_, value) in parameters.items()},
            "function_of": staticmethod(function),
            "family": family, "sign": sign, "needs": tuple(needs), "source": source,
            "history": history, "name": name or function.__name__.replace("_", " "),
            "name_zh": name_zh,
        }  # fmt: skip
        cls: type[Factor] = new_class(function.__name__, (_Made,), {}, lambda n: n.update(space))
        return cls

    return made


def _parameters(function: FunctionType, window: int | None) -> Mapping[str, tuple[type, Any]]:
    """Return kind and default of each parameter after the panels."""
    found: dict[str, tuple[type, Any]] = {}
    given = list(inspect.signature(function).parameters.values())
    told = f"factor {function.__name__}"
    if not given or given[0].kind not in (given[0].POSITIONAL_ONLY, given[0].POSITIONAL_OR_KEYWORD):
        raise StrategyError(
            f"{told}: its first parameter is the panels: def {function.__name__}(d)"
        )
    for one in given[1:]:
        plain = isinstance(one.default, bool | int | float | str)
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) or not plain:
            raise StrategyError(
                f"{told}: parameter {one.name} has no plain default; accepted: numbers, texts, "
                "true or false, such as window=20"
            )
        if one.name in _RESERVED or hasattr(_Made, one.name) or one.name.startswith("_"):
            raise StrategyError(f"{told}: a parameter cannot be called {one.name}; rename it")
        found[one.name] = (type(one.default), one.default)
    if window is not None and "window" in found and found["window"][1] != window:
        raise StrategyError(
            f"{told}: window={window} in the decorator and {found['window'][1]} in the function; "
            "state one"
        )
    return found
