"""Filters of a universe: one question each, asked of every stock at the close of a decision day."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from quanthedge.errors import DataError, RuleError, StrategyError
from quanthedge.kinds import Kinded
from quanthedge.market import BEFORE_CALENDAR, Market
from quanthedge.rules import board_of
from quanthedge.typing import Bools, Floats, Rows

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

Board = Literal["main", "chinext", "star", "bse"]


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
        return "asked by its own code"

    @property
    def wanted(self) -> str:
        """Return what a stock needs to pass."""
        return "passes its own code"


class Delisted(Filter):
    """Gone from the exchange; asked of every universe before its filters."""

    kind: Literal["delisted"] = "delisted"

    reason: ClassVar[str] = "delisted"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who is gone."""
        return np.asarray(rows[:, None] >= market.delist_index()[None, :])

    def found(self, market: Market, row: int, column: int) -> str:
        """Return whether it is gone."""
        return "yes" if row >= int(market.delist_index()[column]) else "no"

    @property
    def wanted(self) -> str:
        """Return what is needed."""
        return "no"


class Priced(Filter):
    """Has traded in these data; asked of every universe before its filters."""

    kind: Literal["priced"] = "priced"

    reason: ClassVar[str] = "no price"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who has never traded."""
        return np.isnan(market.panel("mark")[rows])

    def found(self, market: Market, row: int, column: int) -> str:
        """Return the last close."""
        mark = market.panel("mark")[row, column]
        return "none" if np.isnan(mark) else f"{mark:.2f} yuan"

    @property
    def wanted(self) -> str:
        """Return what is needed."""
        return "any"


class Listed(Filter):
    """Trading days since listing, the first day included."""

    kind: Literal["listed"] = "listed"
    min_days: int = Field(default=120, ge=0, description="Trading days that a stock needs.")

    reason: ClassVar[str] = "newly listed"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who has been listed for too short a time."""
        return np.asarray(rows[:, None] - market.list_index()[None, :] + 1 < self.min_days)

    def found(self, market: Market, row: int, column: int) -> str:
        """Return the days since listing."""
        listed = int(market.list_index()[column])
        if listed == BEFORE_CALENDAR:
            return "listed before the market's calendar begins"
        return f"{max(0, row - listed + 1):,} trading days"

    @property
    def wanted(self) -> str:
        """Return the days needed."""
        return f"at least {self.min_days:,} trading days since listing"


class SpecialTreatment(Filter):
    """Special treatment (ST) on the day."""

    kind: Literal["special_treatment"] = "special_treatment"

    reason: ClassVar[str] = "ST"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who is under special treatment."""
        return np.asarray(market.panel("is_st")[rows])

    def found(self, market: Market, row: int, column: int) -> str:
        """Return the status."""
        return "ST" if market.panel("is_st")[row, column] else "not ST"

    @property
    def wanted(self) -> str:
        """Return the status needed."""
        return "not ST"


class DelistingPeriod(Filter):
    """The period between the decision to delist and the last trading day."""

    kind: Literal["delisting_period"] = "delisting_period"

    reason: ClassVar[str] = "delisting period"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who is in the delisting period."""
        return np.asarray(market.panel("is_delisting")[rows])

    def found(self, market: Market, row: int, column: int) -> str:
        """Return the status."""
        return "yes" if market.panel("is_delisting")[row, column] else "no"

    @property
    def wanted(self) -> str:
        """Return the status needed."""
        return "no"


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

    def found(self, market: Market, row: int, column: int) -> str:
        """Return on how many days the stock traded."""
        traded = market.panel("traded")[max(0, row - self.days + 1) : row + 1, column]
        if self.days == 1:
            return "traded" if traded[0] else "suspended"
        return f"traded on {int(traded.sum())} of {len(traded)} days"

    @property
    def wanted(self) -> str:
        """Return how many are needed."""
        if self.days == 1:
            return "traded"
        return f"traded on {self.min_share:.0%} of the last {self.days} days"


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

    def found(self, market: Market, row: int, column: int) -> str:
        """Return the average."""
        average = self._average(market, row)[column]
        return "not in the data" if np.isnan(average) else f"{average:,.0f} yuan a day"

    @property
    def wanted(self) -> str:
        """Return the average needed."""
        return f"at least {self.min_average_yuan:,.0f} yuan a day over {self.days} days"

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

    def found(self, market: Market, row: int, column: int) -> str:
        """Return the value."""
        value = (
            market.panel("mark")[row, column] * market.panel(f"{self.shares}_shares")[row, column]
        )
        return f"{self.shares}_shares not in the data" if np.isnan(value) else f"{value:,.0f} yuan"

    @property
    def wanted(self) -> str:
        """Return the bounds."""
        most = "" if self.max_yuan is None else f", at most {self.max_yuan:,.0f}"
        return f"at least {self.min_yuan:,.0f} yuan{most}"


class Price(Filter):
    """Last close, not adjusted."""

    kind: Literal["price"] = "price"
    min_yuan: float = Field(ge=0, description="Lowest price.")

    reason: ClassVar[str] = "low price"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return whose price is too low."""
        return ~np.asarray(market.panel("mark")[rows] >= self.min_yuan)

    def found(self, market: Market, row: int, column: int) -> str:
        """Return the price."""
        return f"{market.panel('mark')[row, column]:.2f} yuan"

    @property
    def wanted(self) -> str:
        """Return the lowest price."""
        return f"at least {self.min_yuan:.2f} yuan"


class Boards(Filter):
    """Boards on which a stock may be listed."""

    kind: Literal["boards"] = "boards"
    include: tuple[Board, ...] = Field(min_length=1, description="main, chinext, star, bse.")

    reason: ClassVar[str] = "board"

    def out(self, market: Market, rows: Rows, asked: Bools) -> Bools:
        """Return who is listed on another board."""
        other = np.array([_board(str(code)) not in self.include for code in market.codes])
        return np.broadcast_to(other, asked.shape)

    def found(self, market: Market, row: int, column: int) -> str:
        """Return the board."""
        return _board(str(market.codes[column]))

    @property
    def wanted(self) -> str:
        """Return the boards accepted."""
        return " or ".join(self.include)


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

    def found(self, market: Market, row: int, column: int) -> str:
        """Return the memberships."""
        inside = [code for code in self.index if market.members(code)[row, column]]
        return f"member of {', '.join(inside)}" if inside else "no member"

    @property
    def wanted(self) -> str:
        """Return what is needed."""
        verb = "member of" if self.keep == "members" else "no member of"
        return f"{verb} {' or '.join(self.index)}"


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

    def found(self, market: Market, row: int, column: int) -> str:
        """Return the industry."""
        number, names = market.industry()
        place = int(number[row, column])
        return "unknown" if place < 0 else str(names["industry"].iloc[place])

    @property
    def wanted(self) -> str:
        """Return what is needed."""
        return f"{'one' if self.keep == 'these' else 'none'} of {', '.join(self.codes)}"


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

    def found(self, market: Market, row: int, column: int) -> str:
        """Return on which list the stock is."""
        code = str(market.codes[column])
        if code in self.exclude:
            return "on the list of exclusions"
        if self.include:
            return f"{'' if code in self.include else 'not '}on the list of inclusions"
        return "not on the list of exclusions"

    @property
    def wanted(self) -> str:
        """Return what is needed."""
        parts = ["not on the list of exclusions"] if self.exclude else []
        parts += ["on the list of inclusions"] if self.include else []
        return ", ".join(parts)


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


def _board(code: str) -> str:
    try:
        return board_of(code)
    except RuleError:
        return "on no A-share board"
