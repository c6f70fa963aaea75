"""What every factor is: frozen parameters, a family, a sign and an exposure per day and stock."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from quanthedge.errors import DataError, StrategyError
from quanthedge.factors.sharing import shared
from quanthedge.kinds import Kinded, is_own, own_name, read_catalogue
from quanthedge.market import Market
from quanthedge.typing import Floats, Ints, Language

__all__ = [
    "Factor",
    "Rows",
    "as_rows",
    "factor_name",
    "market_value",
    "positive",
    "rows_before",
    "trailing",
]

Rows = Sequence[int] | Ints | None


class Factor(Kinded, noun="factor", catalogue="quanthedge.factors"):
    """A factor: ``exposure`` gives one number per day and stock, NaN where it is not defined.

    A field of this type takes a factor of the catalogue, or one of a user's own, as an object or by
    its ``kind``. An own factor is a class derived from this one, with its parameters as fields::

        class Calm(Factor):
            family, sign = "sentiment", -1
            name, name_zh = "calm", "平静"
            window: int = Field(default=20, ge=2)

            def exposure(self, market, rows=None):
                days = as_rows(market, rows)
                ...

    Row t uses what was public by the close of day t and nothing later: prices and volumes of days
    up to t, and the last fundamentals whose known date is not after t. Rows do not depend on which
    other rows are asked for.

    Attributes
    ----------
    family : str
        valuation, growth, quality, sentiment or structure; "own" where an own factor says nothing.
    sign : int
        +1 where published research finds that high exposures earn more, -1 where it finds the
        opposite. The exposure itself is raw; scores apply the sign. An own factor that says nothing
        has +1.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> from typing import Literal
    >>> class Cheapness(qh.Factor):
    ...     '''Book value over market value.'''
    ...     kind: Literal["cheapness"] = "cheapness"
    ...     def exposure(self, market, rows=None):
    ...         return qh.factors.BookYield().exposure(market, rows)
    >>> Cheapness().exposure(market, [250]).shape
    (1, 120)
    """

    needed: ClassVar[tuple[str, ...]] = ("exposure",)
    family: ClassVar[str] = "own"
    sign: ClassVar[int] = 1

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Take family and sign of a factor of ours from the catalogue."""
        super().__pydantic_init_subclass__(**kwargs)
        kind = cls.model_fields["kind"].default
        if kind in read_catalogue("quanthedge.factors").entries:
            entry = read_catalogue("quanthedge.factors").entries[kind]
            cls.family, cls.sign = str(entry["family"]), int(entry["sign"])
            source = f"\n\nReferences\n----------\n{entry['source']}\n"
            cls.__doc__ = inspect.cleandoc(cls.__doc__ or "") + source

    @classmethod
    def check_class(cls) -> None:
        """Refuse an own factor with a sign that is none.

        Raises
        ------
        StrategyError
            The sign is neither +1 nor -1.
        """
        if "sign" not in cls.model_fields and cls.sign not in (1, -1):
            raise StrategyError(
                f"factor {cls.model_fields['kind'].default}: sign {cls.sign!r}; accepted: 1 where "
                "high exposures are held to earn more, -1 where low ones are"
            )

    @classmethod
    def builtin(cls) -> dict[str, type[Kinded]]:
        """Return the factors of the catalogue by kind, and the table of a user's own."""
        return {**cls._registered, **super().builtin()}

    @property
    def label(self) -> str:
        """Return what tables call it: its kind, or the name of a table of scores.

        One that was written in a notebook or script is called by its class alone.
        """
        return self.kind.removeprefix("__main__:")

    def exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the raw exposure, [len(rows), N].

        Parameters
        ----------
        market : Market
        rows : sequence of int, optional
            Day indices, 0 <= row < T; all days by default.
        """
        raise StrategyError(f"{type(self).__name__} is no factor: it defines no exposure")

    def checked_exposure(self, market: Market, rows: Rows = None) -> Floats:
        """Return the exposures of a factor, held to its contract: float64 [len(rows), N].

        Raises
        ------
        StrategyError
            An own factor fails, or gives something else than one number for each row and stock.
        """
        days = as_rows(market, rows)
        with self.own_errors("exposure"):
            found = self.exposure(market, rows)
        if not self.own:
            return found
        wanted = (days.size, len(market.codes))
        return self.own_numbers("exposure", found, wanted, "a row for each day, a column a stock")


def factor_name(factor: Factor | Mapping[str, Any] | str, language: Language) -> str:
    """Return what a factor is called.

    Parameters
    ----------
    factor
        The object, its values by name, or its kind.
    language : {"en", "zh"}

    Examples
    --------
    >>> factor_name("book_yield", "en"), factor_name({"kind": "my_factors:Mine"}, "zh")
    ('book yield', 'Mine（自有因子）')
    """
    kind = (
        factor
        if isinstance(factor, str)
        else str(factor.get("kind", "") if isinstance(factor, Mapping) else factor.kind)
    )
    if is_own(kind) or kind == "signal":
        return own_name(factor, "signal" if kind == "signal" else "factor", language)
    catalogue = read_catalogue("quanthedge.factors")
    return catalogue.name(kind, language) if kind in catalogue.entries else kind


def as_rows(market: Market, rows: Rows) -> Ints:
    """Return the day indices asked for, all days by default.

    Raises
    ------
    DataError
        For a row outside the market: a negative one would silently be a day of the future.
    """
    if rows is None:
        return np.arange(len(market.dates))
    days = np.asarray(rows, dtype=np.int64)
    if days.size and (days.min() < 0 or days.max() >= len(market.dates)):
        raise DataError(
            f"rows {days.min()}..{days.max()} reach outside the market '{market.name}', whose days "
            f"are 0..{len(market.dates) - 1}; use Market.day to find a row"
        )
    return days


def rows_before(days: Ints, lag: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Return the rows ``lag`` trading days before, and which of them exist, [R] and [R, 1]."""
    before = days - lag
    return np.maximum(before, 0), (before >= 0)[:, None]


def positive(values: Floats) -> Floats:
    """Return the values, NaN where they are not above 0: what can stand below a fraction line."""
    return np.where(values > 0, values, np.nan)


def market_value(market: Market, days: Ints) -> Floats:
    """Return the total market value, yuan, [R, N]: last close x total shares as last known."""
    return shared(
        market,
        days,
        "market_value",
        lambda: positive(market.panel("mark")[days] * market.panel("total_shares")[days]),
    )


def trailing(market: Market, item: str, days: Ints, *, fallback: bool) -> Floats:
    """Return twelve months of an item as last published, yuan, [R, N].

    Parameters
    ----------
    item : str
        net_profit, revenue or dividend.
    fallback : bool
        Take the last annual report where ``<item>_ttm`` is missing. A market without
        ``<item>_last_annual`` has nothing to fall back on, and the value stays undefined.
    """
    values = np.asarray(market.fundamental(f"{item}_ttm")[days])
    if fallback and f"{item}_last_annual" in market.fundamental_items():
        annual = market.fundamental(f"{item}_last_annual")[days]
        values = np.where(np.isnan(values), annual, values)
    return values
