"""Filters of a universe: one question each, asked of every stock at the close of a decision day."""

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from quanthedge.errors import DataError, RuleError, StrategyError
from quanthedge.kinds import Kinded
from quanthedge.market import Market
from quanthedge.rules import Board
from quanthedge.typing import Bools, Floats, Language, Rows
from quanthedge.words import LANGUAGES, Bilingual, in_both, texts

__all__ = [
    "DEFAULT_FILTERS",
    "Boards",
    "Codes",
    "DelistingPeriod",
    "Filter",
    "Industries",
    "Liquidity",
    "Listed",
    "MarketValue",
    "Members",
    "Price",
    "SpecialTreatment",
    "Suspended",
    "market_value",
]

BoardName = Literal["main", "chinext", "star", "bse"]


class Filter(Kinded, noun="filter"):
    """Says who is left out, and for one stock what was found and what is wanted.

    A field of this type takes a filter of ours, or one of a user's own, as an object or by its
    ``kind``. An own filter is a class derived from this one that defines :meth:`out`.
    """

    needed: ClassVar[tuple[str, ...]] = ("out",)
    reason: ClassVar[str] = "own filter"

    @classmethod
    def builtin(cls) -> dict[str, type[Kinded]]:
        """Return the filters that a strategy may name, by kind."""
        known = super().builtin()
        return {kind: one for kind, one in known.items() if one not in (Delisted, Priced)}

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who is left out at the close of each row, bool [R, N].

        Row r may use what is known at the close of day rows[r] and nothing later.

        Parameters
        ----------
        market : Market
        rows : int64 [R]
        asked : bool [R, N]
            Stocks of which it is asked; what is not in the market about others does not matter.

        Raises
        ------
        DataError
            The market does not hold what the question needs.
        """
        raise StrategyError(f"{type(self).__name__} is no filter: it defines no out")

    def found(self, market: Market, row: int, column: int) -> str:
        """Return what the filter looked at, for one stock on one day."""
        return self._found(market, row, column)["en"]

    @property
    def wanted(self) -> str:
        """Return what a stock needs to pass."""
        return self._wanted["en"]

    def told(self, market: Market, row: int, column: int, language: Language) -> tuple[str, str]:
        """Return what was found and what is wanted; an own filter's own texts as they are."""
        own_found = type(self).found is not Filter.found
        own_wanted = type(self).wanted is not Filter.wanted
        return (
            self.found(market, row, column) if own_found
            else self._found(market, row, column)[language],
            self.wanted if own_wanted else self._wanted[language],
        )  # fmt: skip

    def _found(self, market: Market, row: int, column: int) -> Bilingual:
        """Return what the filter looked at, in both languages."""
        return words("form", "own_found")

    @property
    def _wanted(self) -> Bilingual:
        """Return what a stock needs to pass, in both languages."""
        return words("form", "own_wanted")


def words(subject: str, key: str, **values: object) -> Bilingual:
    """Return a text of the room in both languages, with its placeholders filled."""
    return in_both(texts("quanthedge.universe", "words")[subject][key], **values)


class Delisted(Filter):
    """Gone from the exchange; asked of every universe before its filters."""

    kind: Literal["delisted"] = "delisted"

    reason: ClassVar[str] = "delisted"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who is gone."""
        return np.asarray(rows[:, None] >= market.delist_index()[None, :])

    def _found(self, market: Market, row: int, column: int) -> Bilingual:
        return words("form", "yes" if row >= int(market.delist_index()[column]) else "no")

    @property
    def _wanted(self) -> Bilingual:
        return words("form", "no")


class Priced(Filter):
    """Has traded in these data; asked of every universe before its filters."""

    kind: Literal["priced"] = "priced"

    reason: ClassVar[str] = "no price"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who has never traded."""
        return np.isnan(market.panel("mark")[rows])

    def _found(self, market: Market, row: int, column: int) -> Bilingual:
        mark = market.panel("mark")[row, column]
        return words("priced", "none" if np.isnan(mark) else "found", price=mark)

    @property
    def _wanted(self) -> Bilingual:
        return words("priced", "wanted")


class Listed(Filter):
    """Trading days since listing, the first day included."""

    kind: Literal["listed"] = "listed"
    min_days: int = Field(default=120, ge=0, description="Trading days that a stock needs.")

    reason: ClassVar[str] = "newly listed"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who has been listed for too short a time."""
        return np.asarray(rows[:, None] - market.list_index()[None, :] + 1 < self.min_days)

    def _found(self, market: Market, row: int, column: int) -> Bilingual:
        listed = int(market.list_index()[column])
        if listed == Market.BEFORE_CALENDAR:
            return words("listed", "before")
        return words("listed", "found", days=max(0, row - listed + 1))

    @property
    def _wanted(self) -> Bilingual:
        return words("listed", "wanted", days=self.min_days)


class SpecialTreatment(Filter):
    """Special treatment (ST) on the day."""

    kind: Literal["special_treatment"] = "special_treatment"

    reason: ClassVar[str] = "ST"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who is under special treatment."""
        return np.asarray(market.panel("is_st")[rows])

    def _found(self, market: Market, row: int, column: int) -> Bilingual:
        under = market.panel("is_st")[row, column]
        return words("special_treatment", "st" if under else "ordinary")

    @property
    def _wanted(self) -> Bilingual:
        return words("special_treatment", "ordinary")


class DelistingPeriod(Filter):
    """The period between the decision to delist and the last trading day."""

    kind: Literal["delisting_period"] = "delisting_period"

    reason: ClassVar[str] = "delisting period"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who is in the delisting period."""
        return np.asarray(market.panel("is_delisting")[rows])

    def _found(self, market: Market, row: int, column: int) -> Bilingual:
        return words("form", "yes" if market.panel("is_delisting")[row, column] else "no")

    @property
    def _wanted(self) -> Bilingual:
        return words("form", "no")


class Suspended(Filter):
    """Trading on the day, or on a share of the last days (those before the listing count too)."""

    kind: Literal["suspended"] = "suspended"
    days: int = Field(default=1, ge=1, le=500, description="Last trading days looked at.")
    min_share: float = Field(
        default=1.0, gt=0, le=1, description="Share of them on which the stock must have traded."
    )

    reason: ClassVar[str] = "suspended"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who did not trade enough."""
        traded = market.panel("traded")
        share = np.array([traded[max(0, t - self.days + 1) : t + 1].mean(axis=0) for t in rows])
        return np.asarray(share.reshape(-1, len(market.codes)) < self.min_share - 1e-12)

    def _found(self, market: Market, row: int, column: int) -> Bilingual:
        traded = market.panel("traded")[max(0, row - self.days + 1) : row + 1, column]
        if self.days == 1:
            return words("suspended", "traded" if traded[0] else "suspended")
        return words("suspended", "found", traded=int(traded.sum()), days=len(traded))

    @property
    def _wanted(self) -> Bilingual:
        if self.days == 1:
            return words("suspended", "traded")
        return words("suspended", "wanted", share=self.min_share, days=self.days)


class Liquidity(Filter):
    """Average yuan traded a day; days without trading count 0.

    Near the data's beginning the average is that of the days that are there.
    """

    kind: Literal["liquidity"] = "liquidity"
    min_average_yuan: float = Field(ge=0, description="Average yuan a day that a stock needs.")
    days: int = Field(default=20, ge=1, le=500, description="Trading days of the average.")

    reason: ClassVar[str] = "thinly traded"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who trades too little."""
        average = np.array([self._average(market, int(t)) for t in rows]).reshape(asked.shape)
        unknown = asked & np.isnan(average)
        if unknown.any():
            r, n = (int(axis[0]) for axis in np.nonzero(unknown))
            raise DataError(
                f"universe, filter liquidity: amounts of {market.codes[n]} in the {self.days} days "
                f"to {market.dates[rows[r]]} are not in market '{market.name}'; import amounts or "
                "leave the filter out"
            )
        return ~(average >= self.min_average_yuan)

    def _found(self, market: Market, row: int, column: int) -> Bilingual:
        average = self._average(market, row)[column]
        return words("liquidity", "unknown" if np.isnan(average) else "found", average=average)

    @property
    def _wanted(self) -> Bilingual:
        return words("liquidity", "wanted", average=self.min_average_yuan, days=self.days)

    def _average(self, market: Market, row: int) -> Floats:
        """Return the average of each stock, NaN where it traded for an unknown amount [N]."""
        days = slice(max(0, row - self.days + 1), row + 1)
        amount = np.where(market.panel("traded")[days], market.panel("amount")[days], 0.0)
        return np.asarray(amount.mean(axis=0))


class MarketValue(Filter):
    """Market value: last close x shares as last known; a stock of unknown value is left out."""

    kind: Literal["market_value"] = "market_value"
    min_yuan: float = Field(default=0.0, ge=0, description="Smallest value.")
    max_yuan: float | None = Field(default=None, gt=0, description="Largest value; none = any.")
    shares: Literal["total", "float"] = Field(default="total", description="Shares counted.")

    reason: ClassVar[str] = "market value"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who is too small, too large, or of unknown value."""
        value = market_value(market, rows, self.shares, asked, "filter market_value")
        largest = np.inf if self.max_yuan is None else self.max_yuan
        return ~((value >= self.min_yuan) & (value <= largest))

    def _found(self, market: Market, row: int, column: int) -> Bilingual:
        value = (
            market.panel("mark")[row, column] * market.panel(f"{self.shares}_shares")[row, column]
        )
        if np.isnan(value):
            return words("market_value", f"unknown_{self.shares}")
        return words("market_value", "found", value=value)

    @property
    def _wanted(self) -> Bilingual:
        if self.max_yuan is None:
            return words("market_value", "least", least=self.min_yuan)
        return words("market_value", "between", least=self.min_yuan, most=self.max_yuan)


class Price(Filter):
    """Last close, not adjusted."""

    kind: Literal["price"] = "price"
    min_yuan: float = Field(ge=0, description="Lowest price.")

    reason: ClassVar[str] = "low price"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return whose price is too low."""
        return ~np.asarray(market.panel("mark")[rows] >= self.min_yuan)

    def _found(self, market: Market, row: int, column: int) -> Bilingual:
        return words("price", "found", price=market.panel("mark")[row, column])

    @property
    def _wanted(self) -> Bilingual:
        return words("price", "wanted", price=self.min_yuan)


class Boards(Filter):
    """Boards on which a stock may be listed."""

    kind: Literal["boards"] = "boards"
    include: tuple[BoardName, ...] = Field(min_length=1, description="main, chinext, star, bse.")

    reason: ClassVar[str] = "board"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who is listed on another board."""
        other = np.array([_board(str(code)) not in self.include for code in market.codes])
        return np.broadcast_to(other, asked.shape)

    def _found(self, market: Market, row: int, column: int) -> Bilingual:
        return words("boards", _board(str(market.codes[column])) or "none")

    @property
    def _wanted(self) -> Bilingual:
        return _either([words("boards", one) for one in self.include])


class Members(Filter):
    """Membership of indices on the day."""

    kind: Literal["members"] = "members"
    index: tuple[str, ...] = Field(min_length=1, description="Index codes; one of them is enough.")
    keep: Literal["members", "others"] = Field(
        default="members", description="Who passes: members, or all others."
    )

    reason: ClassVar[str] = "index membership"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who is no member (or is one)."""
        member = np.any([market.members(code)[rows] for code in self.index], axis=0)
        return np.asarray(~member if self.keep == "members" else member)

    def _found(self, market: Market, row: int, column: int) -> Bilingual:
        inside = [code for code in self.index if market.members(code)[row, column]]
        return words("members", "inside" if inside else "outside", indices=", ".join(inside))

    @property
    def _wanted(self) -> Bilingual:
        key = "inside" if self.keep == "members" else "others"
        return with_indices("members", key, self.index)


class Industries(Filter):
    """Industry on the day; a stock of unknown industry belongs to none."""

    kind: Literal["industries"] = "industries"
    codes: tuple[str, ...] = Field(min_length=1, description="Industry codes of the market.")
    keep: Literal["these", "others"] = Field(default="others", description="Who passes.")

    reason: ClassVar[str] = "industry"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who belongs to another industry (or to one of these)."""
        number, names = market.industry()
        unknown = set(self.codes) - set(names["industry"])
        # An industry that comes into use later is known by its code, like the calendar.
        if unknown and (wrong := sorted(unknown - set(market.industry_codes()))):
            raise DataError(
                f"universe, filter industries: no industry '{wrong[0]}' in market '{market.name}'; "
                f"there are {', '.join(market.industry_codes())}"
            )
        place = np.flatnonzero(names["industry"].isin(list(self.codes)))
        inside = np.isin(number[rows], place)
        return np.asarray(~inside if self.keep == "these" else inside)

    def _found(self, market: Market, row: int, column: int) -> Bilingual:
        number, names = market.industry()
        place = int(number[row, column])
        if place < 0:
            return words("industries", "unknown")
        return words("industries", "found", industry=names["industry"].iloc[place])

    @property
    def _wanted(self) -> Bilingual:
        return words("industries", self.keep, industries=", ".join(self.codes))


class Codes(Filter):
    """Stocks that the house will not hold, or the only ones that it may hold."""

    kind: Literal["codes"] = "codes"
    exclude: tuple[str, ...] = Field(default=(), description="Stock codes that are left out.")
    include: tuple[str, ...] = Field(
        default=(), description="Stock codes of which alone is chosen; empty: of all."
    )

    reason: ClassVar[str] = "excluded"

    @model_validator(mode="after")
    def _some(self) -> "Codes":
        if not (self.exclude or self.include):
            raise ValueError("give `exclude` or `include`, a list of stock codes")
        both = sorted(set(self.exclude) & set(self.include))
        if both:
            raise ValueError(f"{both[0]} is in `exclude` and in `include`; keep it in one")
        return self

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who is on the list of those left out, or not on the one of those let in."""
        unknown = sorted({*self.exclude, *self.include} - set(market.codes.tolist()))
        if unknown:
            raise DataError(
                f"universe, filter codes: {unknown[0]} is not in market '{market.name}'; "
                "correct the list"
            )
        left = np.isin(market.codes, self.exclude)
        if self.include:
            left |= ~np.isin(market.codes, self.include)
        return np.broadcast_to(left, asked.shape)

    def _found(self, market: Market, row: int, column: int) -> Bilingual:
        code = str(market.codes[column])
        if code in self.exclude:
            return words("codes", "excluded")
        if self.include:
            return words("codes", "included" if code in self.include else "not_included")
        return words("codes", "not_excluded")

    @property
    def _wanted(self) -> Bilingual:
        if self.exclude and self.include:
            return words("codes", "both")
        return words("codes", "not_excluded" if self.exclude else "included")


DEFAULT_FILTERS: tuple[Listed | SpecialTreatment | DelistingPeriod | Suspended, ...] = (
    Listed(), SpecialTreatment(), DelistingPeriod(), Suspended()
)  # fmt: skip


def market_value(
    market: Market, rows: Rows, shares: Literal["total", "float"], asked: Bools, who: str
) -> Floats:
    """Return last close x shares as last known, NaN where unknown, yuan [R, N].

    Raises
    ------
    DataError
        On a day it is unknown for every stock asked of.
    """
    value = market.panel("mark")[rows] * market.panel(f"{shares}_shares")[rows]
    unknown = asked.any(axis=1) & ~(asked & np.isfinite(value)).any(axis=1)
    if unknown.any():
        raise DataError(
            f"universe, {who}: {shares}_shares of {market.dates[rows[int(unknown.argmax())]]} are "
            f"not in market '{market.name}'; import share counts or do not ask for market values"
        )
    return np.asarray(value)


def _either(names: Sequence[Bilingual]) -> Bilingual:
    """Return names of which one is enough."""
    between = words("form", "or")
    return {code: between[code].join(name[code] for name in names) for code in LANGUAGES}


def with_indices(subject: str, key: str, indices: Sequence[str]) -> Bilingual:
    """Return a text about several indices of which one is enough."""
    named = _either([dict.fromkeys(LANGUAGES, index) for index in indices])
    return {code: words(subject, key, indices=named[code])[code] for code in LANGUAGES}


def _board(code: str) -> str:
    """Return a stock's board; empty where it is on none of the A shares."""
    try:
        return Board.of(code).name
    except RuleError:
        return ""
