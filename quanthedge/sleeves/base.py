"""A sleeve beside the fund's stocks: the stocks and contracts that it wants on each day."""

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from quanthedge.errors import DataError, StrategyError
from quanthedge.hedge import contract_chain
from quanthedge.kinds import Kinded
from quanthedge.market import Market
from quanthedge.sleeves.budgets import BudgetOf, RiskReview
from quanthedge.typing import Floats, Ints

__all__ = ["FillPrice", "Sleeve", "Wishes", "check_fill", "state_changes"]

FillPrice = Literal["open", "close"]


_ASKED_AGAIN = 5  # trading days


class Wishes(NamedTuple):
    """What a sleeve wants after each of its decisions, in parts of its budget.

    A decision states the whole sleeve: what it does not name is closed. It is made at the close of
    its day and traded on the next.
    """

    rows: Ints  # [R] days of the decisions, rising
    weights: tuple[Mapping[int, float], ...]  # of R, by place in the market's codes
    contracts: tuple[Mapping[str, float], ...]  # of R, by name; long above 0, NaN: as it stands

    @classmethod
    def none(cls) -> "Wishes":
        """Return the wishes of a sleeve that does nothing."""
        return cls(np.empty(0, dtype=np.int64), (), ())


class Sleeve(Kinded, noun="sleeve", catalogue="quanthedge.sleeves"):
    """A book beside the stocks that the strategy chooses, in the same accounts of one fund.

    A field of this type takes a sleeve of ours by its ``kind``, or one of a user's own: a class
    derived from this one that defines :meth:`wishes`, with its parameters as fields.

    Stocks and the contracts that are sold against them go together: neither is bought or sold ahead
    of what the other can do (docs/ledger.md, "Sleeves"). A class whose two books are bets of their
    own says ``together: ClassVar[bool] = False``.

    Examples
    --------
    >>> import quanthedge as qh
    >>> carry = {"kind": "cash_and_carry", "label": "carry", "budget": 0.3}
    >>> strategy = qh.load_strategy("market_neutral").change({"sleeves": [carry]})
    >>> strategy.sleeves[0].budget, isinstance(strategy.sleeves[0], qh.Sleeve)
    (0.3, True)
    """

    needed: ClassVar[tuple[str, ...]] = ("wishes",)
    together: ClassVar[bool] = (
        True  # its stocks and contracts sold against them wait for each other
    )

    label: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,30}$",
        description="Short name of the sleeve, which tables and reports show.",
    )
    label_zh: str = Field(default="", description="Its name on the Chinese report.")
    budget: float = Field(
        gt=0,
        le=3,
        description="Part of the fund's equity: that the sleeve's wishes are parts of, or what "
        "budget_of says.",
    )
    budget_of: BudgetOf = Field(
        default="capital",
        description="What the budget is of: 'capital'; 'margin', the most that its contracts may "
        "need, of the equity, at most 1; 'risk', what its own gain may move a year, of the equity, "
        "at most 1.",
    )
    budget_review: RiskReview | None = Field(
        default=None, description="Of a budget of risk: where it starts, and its reviews."
    )
    product: str = Field(
        default="IF",
        description="Product whose contracts it trades; one that the strategy's hedge names.",
    )

    @model_validator(mode="after")
    def _budget_is_meant(self) -> Self:
        if self.budget_of != "capital" and self.budget > 1.0:
            raise ValueError(
                f"budget {self.budget:g} of {self.budget_of}; accepted: a part of the equity, at "
                "most 1"
            )
        if self.budget_of == "risk" and self.budget_review is None:
            raise ValueError("budget_of risk needs budget_review, with its start")
        if self.budget_of != "risk" and self.budget_review is not None:
            raise ValueError(f"budget_of {self.budget_of} takes no budget_review, which is of risk")
        return self

    @property
    def of_equity(self) -> float:
        """Part of the equity that its decisions are parts of, before the table ``sharing``."""
        if self.budget_review is not None:
            return self.budget_review.start
        return self.budget if self.budget_of == "capital" else 1.0

    def wishes(self, market: Market, first: int, last: int) -> Wishes:
        """Return what the sleeve wants: what an own sleeve defines.

        Parameters
        ----------
        market : Market
        first, last : int
            First and last day on which the fund trades; decisions are made at the closes of
            ``first - 1`` to ``last - 1``.

        Returns
        -------
        Wishes
            Decision r may use what is known at the close of day ``rows[r]``, and nothing later.
        """
        raise StrategyError(f"{type(self).__name__} is no sleeve: it defines no wishes")

    @property
    def lent(self) -> pd.DataFrame | None:
        """Terms on which it borrows stocks: date, fee, available, collateral; None: it does not."""
        return None

    def filled_at(self, price: FillPrice) -> Self:
        """Return the sleeve as it decides in a fund that trades contracts at a price of the day.

        One that asks whether it will be able to trade has to ask it of that price; others are what
        they are.

        Parameters
        ----------
        price : {"open", "close"}
            Of an average of the day, the close.

        Raises
        ------
        StrategyError
            The sleeve names another price.
        """
        return self

    def expected(self, market: Market, first: int, last: int) -> Floats:
        """Return what the sleeve expects to earn at each close, where it can say so itself.

        Parameters are those of :meth:`wishes`.

        Returns
        -------
        float64 [last - first + 1]
            At the closes of ``first - 1`` to ``last - 1``: a year, on the stocks and margin that it
            ties up, net of all costs; NaN where it does not say, as of most sleeves. A close may
            use what is known at it, and nothing later.
        """
        return np.full(last - first + 1, np.nan)

    def checked_wishes(self, market: Market, first: int, last: int) -> Wishes:
        """Return a sleeve's wishes once they can be meant.

        Raises
        ------
        StrategyError
            An own sleeve fails, or something else than wishes on days of the run is returned.
        DataError
            The market lacks what the sleeve asks for.
        """
        try:
            with self.own_errors("wishes"):
                found = self.wishes(market, first, last)
        except (StrategyError, DataError) as problem:
            if str(problem).startswith("sleeve "):
                raise
            raise type(problem)(f"sleeve {self.label}: {problem}") from problem
        if not isinstance(found, Wishes):
            raise StrategyError(
                f"sleeve {self.label}: wishes returned {type(found).__name__}; accepted: Wishes"
            )
        given = np.asarray(found.rows)
        if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
            raise StrategyError(
                f"sleeve {self.label}: rows of {given.dtype} and shape {given.shape}; accepted: an "
                "array of days, whole numbers, one for each decision"
            )
        rows = given.astype(np.int64)
        if not rows.size == len(found.weights) == len(found.contracts):
            raise StrategyError(
                f"sleeve {self.label}: {rows.size} decisions, weights of {len(found.weights)} and "
                f"contracts of {len(found.contracts)}; accepted: as many of each"
            )
        wrong = (rows < first - 1) | (rows > last - 1)
        wrong[1:] |= np.diff(rows) <= 0
        if wrong.any():
            raise StrategyError(
                f"sleeve {self.label}: decision {int(np.argmax(wrong))} on day "
                f"{rows[np.argmax(wrong)]}; accepted: days from {first - 1} to {last - 1}, rising"
            )
        listed = contract_chain(market, self.product).contracts if any(found.contracts) else ()
        for row, weights, contracts in zip(rows, found.weights, found.contracts, strict=True):
            _check_parts(self, market, int(row), weights, contracts, listed)
        return found._replace(rows=rows)


def check_fill(sleeve: Sleeve, key: str, named: FillPrice, price: FillPrice) -> None:
    """Raise StrategyError where a sleeve names another price than that of the fund's contracts."""
    if named != price:
        raise StrategyError(
            f"sleeve {sleeve.label}: {key} {named}, but the fund trades contracts at the {price} "
            f"(hedge.fill, execution.fill); accepted: {price}, or leave it out"
        )


def _check_parts(
    sleeve: Sleeve,
    market: Market,
    row: int,
    weights: Any,
    contracts: Any,
    listed: Sequence[str],
) -> None:
    told = f"sleeve {sleeve.label}, {market.dates[row]}"
    _check_mapping(f"{told}: weights", weights, "parts by place in the market's codes", Integral)
    _check_mapping(f"{told}: contracts", contracts, "parts by name", str)
    for place, weight in weights.items():
        if not 0 <= place < len(market.codes):
            raise StrategyError(f"{told}: stock {place}; accepted: 0 to {len(market.codes) - 1}")
        least = 0.0 if sleeve.lent is None else -np.inf
        if not (least <= weight < np.inf and weight > -np.inf):
            raise StrategyError(
                f"{told}: weight {weight} of {market.codes[place]}; accepted: 0 or more (stocks "
                "are sold short by a sleeve with a lending table only)"
            )
    for name, part in contracts.items():
        if not name.startswith(sleeve.product):
            raise StrategyError(f"{told}: contract {name}; accepted: those of {sleeve.product}")
        if name not in listed:
            known = f"{listed[0]} to {listed[-1]}" if listed else "none, the market has none"
            raise StrategyError(f"{told}: no contract {name} in the market; accepted: {known}")
        if abs(part) == np.inf:
            raise StrategyError(f"{told}: {part} of {name}; accepted: a number")


def _check_mapping(told: str, given: Any, accepted: str, key: type) -> None:
    """Raise StrategyError for what is no mapping to numbers from keys of a kind."""
    if not isinstance(given, Mapping):
        raise StrategyError(f"{told} are {type(given).__name__}; accepted: {accepted}")
    for name, part in given.items():
        truths = isinstance(name, bool | np.bool_) or isinstance(part, bool | np.bool_)
        if truths or not isinstance(name, key) or not isinstance(part, Real):
            raise StrategyError(f"{told} have {name!r}: {part!r}; accepted: {accepted}, numbers")


def state_changes(
    market: Market, trades: pd.DataFrame, names: tuple[str, str], first: int, last: int
) -> tuple[Ints, list[int | None]]:
    """Return the decisions of trades that follow each other, and the trade held after each.

    ``names`` are the columns with the days on which a trade's entry and its end were decided. What
    was decided on before the fund's first decision is not gone into. While nothing is held it is
    said again every week, so that what was suspended when it should have been sold is sold then.
    """
    entry, out = (
        np.searchsorted(market.dates, trades[name].to_numpy().astype("datetime64[D]"))
        for name in names
    )
    known = ~trades[names[1]].isna().to_numpy()
    held: dict[int, int | None] = {}
    for k in np.flatnonzero(entry >= first - 1).tolist():
        if known[k]:
            held.setdefault(int(out[k]), None)
        held[int(entry[k])] = k
    rows = sorted(row for row in held if first - 1 <= row <= last - 1)
    for begin, stop in zip(rows, [*rows, last][1:], strict=True):
        if held[begin] is None:
            held |= dict.fromkeys(range(begin + _ASKED_AGAIN, stop, _ASKED_AGAIN))
    rows = sorted(row for row in held if first - 1 <= row <= last - 1)
    return np.array(rows, dtype=np.int64), [held[row] for row in rows]
