"""What is decided for a sleeve of the fund: its targets and its hedge, with an axis of sleeves.

A sleeve is a book of stocks with rebalances and a hedge of its own. The ledger's inputs hold the
sleeves of a fund one behind the other, S of them, in :class:`TargetBook` and :class:`HedgeBook`;
their methods ``sleeve`` take one out, as the kernels do in each sleeve's turn.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from quanthedge.errors import LedgerError
from quanthedge.hedge.policies import Program
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["HedgeBook", "SleeveHedge", "SleeveTargets", "TargetBook"]

_Sleeve = TypeVar("_Sleeve")
_Number = TypeVar("_Number", bound=np.generic)
_NEVER = np.iinfo(np.int64).max  # the trade day of rebalances that another sleeve has more


class SleeveTargets(NamedTuple):
    """Sparse targets: the stocks of rebalance r stand at ``pointer[r]:pointer[r + 1]``.

    A sleeve whose hedge is of the method "stated" says which contracts it wants in the same way,
    long above 0; contracts of one product follow each other and are counted in lots of the first.
    """

    trade_days: Ints  # [R]
    pointer: Ints  # [R + 1]
    stocks: Ints  # [K]
    weights: Floats  # [K] of equity
    lot_pointer: Ints  # [R + 1]
    contracts: Ints  # [M]
    exposures: Floats  # [M] signed value of the lots, of equity; NaN = what is held stays

    @classmethod
    def of_stocks(
        cls, trade_days: Ints, pointer: Ints, stocks: Ints, weights: Floats
    ) -> "SleeveTargets":
        """Return targets that state no contract."""
        none = np.zeros(len(trade_days) + 1, dtype=np.int64)
        nothing = np.empty(0, dtype=np.int64), np.empty(0)
        return cls(trade_days, pointer, stocks, weights, none, *nothing)


class SleeveHedge(NamedTuple):
    """What decides how many lots are wanted, and when; rows of T + 1 start the day before."""

    beta: Floats  # [T + 1, N, P] of the stocks, for the bottom-up method
    index_return: Floats  # [T + 1] of the first product's index, for the top-down method
    book_ratio: Floats  # [T + 1, P] futures per yuan of stocks, for the method "given"
    covariance: Floats  # [T + 1, P, P] of the products' indices, a year
    carry: Floats  # [T + 1, P] expected cost of a short, fraction of its value a year
    index_level: Floats  # [T + 1, P]
    policy: Program  # when the number of lots is reviewed
    ratio: float  # of the beta
    method: int  # 0 bottom-up, 1 top-down, 2 fixed, 3 given, 4 stated by the targets
    default_beta: float
    window: int  # of the top-down method
    min_observations: int
    aversion: float  # to variance; 0 = whole lots nearest to the exposure
    range_low: float  # least futures value, fraction of the stocks; NaN = none
    range_high: float  # largest
    both_sides: bool = False  # a hedge below 0 is held long; else it is none
    together: bool = False  # stocks and the contracts stated against them wait for each other


class TargetBook(NamedTuple):
    """The targets of S sleeves, as :class:`SleeveTargets`.

    A sleeve with fewer rebalances or stocks than another ends in rebalances on no day, without
    stocks.
    """

    trade_days: Ints  # [S, R]
    pointer: Ints  # [S, R + 1]
    stocks: Ints  # [S, K]
    weights: Floats  # [S, K]
    lot_pointer: Ints  # [S, R + 1]
    contracts: Ints  # [S, M]
    exposures: Floats  # [S, M]

    @classmethod
    def of(cls, sleeves: Sequence[SleeveTargets]) -> "TargetBook":
        """Return the book of these sleeves, at least one."""
        some = _some(sleeves)
        return cls(
            _padded([one.trade_days for one in some], [_NEVER] * len(some)),
            _padded([one.pointer for one in some], [int(one.pointer[-1]) for one in some]),
            _padded([one.stocks for one in some], [-1] * len(some)),
            _padded([one.weights for one in some], [0.0] * len(some)),
            _padded([one.lot_pointer for one in some], [int(one.lot_pointer[-1]) for one in some]),
            _padded([one.contracts for one in some], [-1] * len(some)),
            _padded([one.exposures for one in some], [0.0] * len(some)),
        )

    def sleeve(self, s: int) -> SleeveTargets:
        """Return the targets of sleeve s, as views."""
        return SleeveTargets(*(part[s] for part in self))


class HedgeBook(NamedTuple):
    """The hedges of S sleeves, as :class:`SleeveHedge`; the indices are those of all sleeves."""

    beta: Floats  # [B, T + 1, N, P], those that are not the same of several sleeves once
    beta_of: Ints  # [S] which of them is a sleeve's
    index_return: Floats  # [T + 1]
    book_ratio: Floats  # [S, T + 1, P]
    covariance: Floats  # [S, T + 1, P, P]
    carry: Floats  # [S, T + 1, P]
    index_level: Floats  # [T + 1, P]
    policy: Program  # [S, ..], padded
    ratio: Floats  # [S]
    method: Ints  # [S]
    default_beta: Floats  # [S]
    window: Ints  # [S]
    min_observations: Ints  # [S]
    aversion: Floats  # [S]
    range_low: Floats  # [S]
    range_high: Floats  # [S]
    both_sides: Bools  # [S]
    together: Bools  # [S]

    @classmethod
    def of(cls, sleeves: Sequence[SleeveHedge]) -> "HedgeBook":
        """Return the book of these sleeves, at least one, of the same days, stocks and products.

        Raises
        ------
        LedgerError
            When there is no sleeve, or arrays of two sleeves differ in their shape.
        """
        some = _some(sleeves)
        first = some[0]
        betas = {id(one.beta): one.beta for one in some}
        place = {key: k for k, key in enumerate(betas)}
        return cls(
            _stacked("beta", list(betas.values())),
            np.array([place[id(one.beta)] for one in some], dtype=np.int64),
            first.index_return,
            _stacked("book_ratio", [one.book_ratio for one in some]),
            _stacked("covariance", [one.covariance for one in some]),
            _stacked("carry", [one.carry for one in some]),
            first.index_level,
            Program.stacked([one.policy for one in some]),
            *(
                np.array([getattr(one, name) for one in some], dtype=kind)
                for name, kind in _NUMBERS.items()
            ),
        )

    def sleeve(self, s: int) -> SleeveHedge:
        """Return the hedge of sleeve s, arrays as views."""
        numbers = {name: getattr(self, name)[s].item() for name in _NUMBERS}
        return SleeveHedge(
            self.beta[self.beta_of[s]],
            self.index_return,
            self.book_ratio[s],
            self.covariance[s],
            self.carry[s],
            self.index_level,
            self.policy.of(s),
            **numbers,
        )


_NUMBERS = {
    "ratio": np.float64, "method": np.int64, "default_beta": np.float64, "window": np.int64,
    "min_observations": np.int64, "aversion": np.float64, "range_low": np.float64,
    "range_high": np.float64, "both_sides": np.bool_, "together": np.bool_,
}  # fmt: skip


def _some(sleeves: Sequence[_Sleeve]) -> list[_Sleeve]:
    found = list(sleeves)
    if not found:
        raise LedgerError("sleeves: none are given; a fund has at least one")
    return found


def _padded(rows: list[NDArray[_Number]], ends: Sequence[float]) -> NDArray[_Number]:
    """Return rows of one length, the shorter ones filled up with their ``ends``, [S, longest]."""
    if len(rows) == 1:
        return rows[0][None]
    found = np.empty((len(rows), max(row.size for row in rows)), dtype=rows[0].dtype)
    for s, (row, end) in enumerate(zip(rows, ends, strict=True)):
        found[s, : row.size], found[s, row.size :] = row, end
    return found


def _stacked(name: str, arrays: list[Floats]) -> Floats:
    """Return arrays of one shape with an axis of sleeves before theirs; one is not copied."""
    if len(arrays) == 1:
        return arrays[0][None]
    if len({one.shape for one in arrays}) > 1:
        shapes = ", ".join(str(one.shape) for one in arrays)
        raise LedgerError(f"sleeves: {name} of shapes {shapes}; accepted: the same for all sleeves")
    return np.stack(arrays)
