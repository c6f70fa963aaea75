"""The evidence of all factors in one universe: every series of the tables.

What a screening goes by (rank correlations, quantiles, turnover) is worked out for all factors at
once; the rest when it is first asked for, from the order of the factors' values that was kept.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import by_blocks
from quanthedge.evaluation.given import Evaluated
from quanthedge.evaluation.kernels import (
    book_changes,
    centred_ranks,
    dense_codes,
    gathered,
    group_correlations,
    leg_losses,
    order_of,
    pearson,
    quantile_books,
    rank_correlations,
)
from quanthedge.labelling import REASONS, Labels
from quanthedge.operators import neutralise, rank
from quanthedge.operators.kernels import sorted_places
from quanthedge.risk import one_thread
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["DECAY_DAYS", "SIZES", "Evidence", "Setting", "collect"]

DECAY_DAYS = (1, 5, 10, 20, 40, 60, 120)  # ends of the disjoint windows, trading days
SIZES = ("small", "middle", "large")
NAIVE, EARNED = 0, 1  # targets of the rank correlations
Codes = NDArray[np.int32]

_FEWEST_OF_INDUSTRY = 5  # stocks


class Setting(NamedTuple):
    """How the evidence is taken.

    Attributes
    ----------
    neutral : tuple of str
        Of "industry" and "size".
    weights : str
        "equal" or "sqrt_size": of the regression that makes neutral.
    quantiles, fewest : int
        Quantiles, and the stocks below which a cross-section counts for nothing.
    apart : int
        Decisions between a book and the one that it takes its money from.
    accepted : tuple of int
        Places of the factors that are accepted already.
    """

    neutral: tuple[str, ...]
    weights: str
    quantiles: int
    fewest: int
    apart: int
    accepted: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Ground:
    """A universe's own columns, side by side: what is the same for all factors.

    Attributes
    ----------
    labels : Labels
    setting : Setting
    places : int64 [R, M]
        Column of each stock of the day's universe, -1 at the end.
    targets : float64 [2, R, M], target_codes : int32 [2, R, M]
        Naive return and label.
    industries : int16 [R, N]
    size, betas : float64 [R, N]
    """

    labels: Labels
    setting: Setting
    places: Ints
    targets: Floats
    target_codes: Codes
    industries: NDArray[np.int16]
    size: Floats
    betas: Floats

    @property
    def stocks(self) -> int:
        """Stocks of the market."""
        return len(self.labels.market.codes)

    @property
    def industry_count(self) -> int:
        """Industries, by the highest number."""
        return int(self.industries.max(initial=-1)) + 1

    @cached_property
    def label_order(self) -> Ints:
        """What sorts each row of the label, [R, M]."""
        return _order(self.target_codes[EARNED])

    @cached_property
    def decay_codes(self) -> Codes:
        """Of the return of each window of decay, [W, R, M]."""
        windows = _windows(self.labels)
        found = np.empty((len(windows), *self.places.shape), dtype=np.int32)
        for j, window in enumerate(windows):
            found[j] = _coded(_gathered(window, self.places))
        return found

    @cached_property
    def groups(self) -> Ints:
        """Industry of each stock, -1 where it is not known, [R, M]."""
        found = np.take_along_axis(self.industries, np.maximum(self.places, 0), axis=1)
        return np.where(self.places < 0, -1, found).astype(np.int64)

    @cached_property
    def log_size(self) -> Floats:
        """Logarithm of the market value, [R, M]."""
        with np.errstate(divide="ignore"):
            return _gathered(np.log(self.size), self.places)

    @cached_property
    def thirds(self) -> Ints:
        """Size tercile of each stock, -1 where it has no size, [R, M]."""
        third = np.floor((rank(self.log_size) + 0.5) * len(SIZES))
        return np.where(np.isnan(third), -1, third).astype(np.int64)

    @cached_property
    def reason(self) -> NDArray[np.int8]:
        """Why a label is not the naive return, [R, M]."""
        return np.take_along_axis(self.labels.reason, np.maximum(self.places, 0), axis=1)

    @cached_property
    def beta(self) -> Floats:
        """Ex-ante beta of each stock, [R, M]."""
        return _gathered(self.betas, self.places)

    @cached_property
    def naive_left(self) -> Floats:
        """What industry and size leave of the ranks of the naive return, [R, M]."""
        return self.without_styles(rank(self.targets[NAIVE]))

    @cached_property
    def earned_rank(self) -> Floats:
        """Rank of the label, [R, M]."""
        return rank(self.targets[EARNED])

    def without_styles(self, ranked: Floats) -> Floats:
        """Return what a regression on industries and the logarithm of size leaves of ranks."""
        if not self.setting.neutral:
            return ranked
        by_size = self.setting.weights == "sqrt_size"
        return neutralise(
            ranked,
            self.groups if "industry" in self.setting.neutral else None,
            self.log_size if "size" in self.setting.neutral else None,
            np.exp(0.5 * (self.log_size - 23.0)) if by_size else None,
        )


class _Neutral(NamedTuple):
    """``ic`` and ``leg`` [K, R] of what industry and size leave of the ranks."""

    ic: Floats
    leg: Floats


class Held(NamedTuple):
    """What the top quantile held: ``beta`` [K, R], ``lost``, ``share``, ``tilt`` by reason, group.

    ``lost``, ``share`` [K, R, reasons], ``tilt`` [K, G, R].
    """

    beta: Floats
    lost: Floats
    share: Floats
    tilt: Floats


@dataclass(frozen=True, eq=False)
class Evidence:
    """Series of K factors in one universe over R decisions.

    Attributes
    ----------
    ground : Ground
    codes : int32 [K, R, M]
        The order of each factor's values: all that is known of them here.
    members : int64 [R]
        Stocks of the universe.
    coverage : float64 [K, R]
        Share of the universe with an exposure.
    ic : float64 [K, 2, R]
        Rank correlation with the naive return and the label.
    quantiles : float64 [K, 2, Q, R]
        Mean naive return and label of each quantile, the highest last.
    changes, persistence : float64 [K, R]
        What is bought and sold of the top quantile, in books; rank autocorrelation.
    market, market_naive : float64 [R]
        Mean label and mean naive return of the universe.
    """

    ground: Ground
    codes: Codes
    members: Ints
    coverage: Floats
    ic: Floats
    quantiles: Floats
    changes: Floats
    persistence: Floats
    market: Floats
    market_naive: Floats

    @cached_property
    def decay_ic(self) -> Floats:
        """Rank correlation with the return of each window of decay, [K, W, R]."""
        ground, fewest = self.ground, self.ground.setting.fewest
        targets = ground.decay_codes
        found = self._empty(len(targets))

        def one(k: int) -> None:
            ic = np.empty((self.codes.shape[1], len(targets)))
            rank_correlations(self.codes[k], targets, fewest, ic)
            found[k] = ic.T

        self._each(one)
        return found

    @cached_property
    def _neutral(self) -> _Neutral:
        ground, setting = self.ground, self.ground.setting
        naive_left, earned = ground.naive_left, ground.targets[EARNED : EARNED + 1]
        found = _Neutral(self._empty(), self._empty())

        def one(k: int) -> None:
            ranks = self.ranks(k)
            left = ground.without_styles(ranks)
            pearson(left, naive_left, ranks, setting.fewest, found.ic[k])
            order = sorted_places(left)
            codes = np.empty(left.shape, dtype=np.int32)
            dense_codes(left, order, codes)
            book = quantile_books(codes, order, earned, setting.quantiles, setting.fewest)
            found.leg[k] = book.means[:, 0, -1]

        self._each(one)
        return found

    @property
    def neutral_ic(self) -> Floats:
        """Correlation of what industry and size leave of the ranks, [K, R]."""
        return self._neutral.ic

    @property
    def neutral_leg(self) -> Floats:
        """Label of the top quantile of the neutral ranks, [K, R]."""
        return self._neutral.leg

    @cached_property
    def _held(self) -> Held:
        ground, setting, kinds = self.ground, self.ground.setting, len(REASONS)
        groups, beta, reason = ground.groups, ground.beta, ground.reason
        inside, count = ground.places >= 0, ground.industry_count
        lost, share = np.empty((2, *self.coverage.shape, kinds))
        found = Held(self._empty(), lost, share, self._empty(count))
        naive, earned = ground.targets

        def one(k: int) -> None:
            order = _order(self.codes[k])
            nothing = ground.targets[:0]
            book = quantile_books(self.codes[k], order, nothing, setting.quantiles, setting.fewest)
            leg_losses(book.weights, naive, earned, reason, kinds, lost[k], share[k])
            found.beta[k] = _weighted(book.weights, beta)
            found.tilt[k] = _tilts(book.weights, groups, inside, count).T

        self._each(one)
        return found

    @property
    def beta(self) -> Floats:
        """Ex-ante beta of the top quantile, [K, R]."""
        return self._held.beta

    @property
    def lost(self) -> Floats:
        """What the top quantile lost against its naive return by reason, [K, R, reasons]."""
        return self._held.lost

    @property
    def share(self) -> Floats:
        """The weight of what was lost by reason, [K, R, reasons]."""
        return self._held.share

    @property
    def industry_tilt(self) -> Floats:
        """Weight of the top quantile by industry less that of the universe, [K, G, R]."""
        return self._held.tilt

    @cached_property
    def _inside(self) -> tuple[Floats, Floats]:
        ground, fewest = self.ground, self.ground.setting.fewest
        parts = (
            (self._empty(len(SIZES)), ground.thirds, fewest),
            (self._empty(ground.industry_count), ground.groups, _FEWEST_OF_INDUSTRY),
        )
        label, label_order = ground.target_codes[EARNED], ground.label_order

        def one(k: int) -> None:
            order = _order(self.codes[k])
            for found, groups, least in parts:
                ic = np.empty((len(order), found.shape[1]))
                group_correlations(
                    self.codes[k], order, label, label_order, groups, ic.shape[1], least, ic
                )
                found[k] = ic.T

        self._each(one)
        return parts[0][0], parts[1][0]

    @property
    def size_ic(self) -> Floats:
        """Rank correlation with the label inside each size tercile, [K, 3, R]."""
        return self._inside[0]

    @property
    def industry_ic(self) -> Floats:
        """Rank correlation with the label inside each industry, [K, G, R]."""
        return self._inside[1]

    @cached_property
    def correlation(self) -> Floats:
        """Mean correlation of the factors' ranks, [K, K]; a day that is missing counts 0."""
        count = len(self.codes)
        total, rows = np.zeros((count, count)), np.zeros((count, count))
        ranks = self._narrow_ranks(range(count))
        with one_thread():
            for r in range(self.codes.shape[1]):
                z = np.nan_to_num(ranks[:, r].astype(np.float64))
                length = np.sqrt((z * z).sum(axis=1))
                there = length > 0
                z[there] /= length[there, None]
                total += z @ z.T
                rows += there[:, None] & there[None, :]
        return np.asarray(np.where(rows > 0, total / np.maximum(rows, 1), np.nan))

    @cached_property
    def incremental_ic(self) -> Floats:
        """Correlation of what the accepted factors leave of the ranks with the label's, [K, R]."""
        ground, accepted = self.ground, self.ground.setting.accepted
        found = self.ic[:, EARNED].copy()  # where there are no others, it is all that it adds
        if not accepted:
            return found
        inside = ground.places >= 0
        known = {
            a: np.where(inside, np.nan_to_num(ranks), np.nan).astype(np.float64)
            for a, ranks in zip(accepted, self._narrow_ranks(accepted), strict=True)
        }
        earned_rank = ground.earned_rank

        def one(k: int) -> None:
            others = [ranks for a, ranks in known.items() if a != k]
            if others:
                mine = self.ranks(k).astype(np.float32).astype(np.float64)
                left = neutralise(mine, None, others)
                pearson(left, earned_rank, mine, ground.setting.fewest, found[k])

        self._each(one)
        return found

    def ranks(self, k: int) -> Floats:
        """Return the ranks of the k-th factor, [R, M]."""
        found = np.empty(self.codes.shape[1:])
        centred_ranks(self.codes[k], found)
        return found

    def _narrow_ranks(self, places: Iterable[int]) -> NDArray[np.float32]:
        return np.stack([self.ranks(k).astype(np.float32) for k in places])

    def _empty(self, *shape: int) -> Floats:
        count, rows = self.coverage.shape
        return np.full((count, *shape, rows), np.nan)

    def _each(self, work: Callable[[int], None]) -> None:
        """Do a work for each factor, which fills rows of its own."""
        by_blocks(len(self.codes), 1, lambda first, _: work(first))


def collect(
    given: Evaluated,
    labels: Labels,
    mask: Bools,
    industries: NDArray[np.int16],
    size: Floats,
    beta: Floats,
    setting: Setting,
) -> Evidence:
    """Return the evidence of all factors in one universe.

    Parameters
    ----------
    given : Evaluated
    labels : Labels
    mask : bool [R, N]
    industries : int16 [R, N]
    size, beta : float64 [R, N]
        Total market value, and ex-ante beta.
    setting : Setting
    """
    places = _places(mask)
    targets = np.stack([_gathered(labels.naive, places), _gathered(labels.value, places)])
    target_codes = np.stack([_coded(target) for target in targets])
    ground = Ground(labels, setting, places, targets, target_codes, industries, size, beta)
    count, (rows, width) = len(given.names), places.shape
    found = Evidence(
        ground=ground,
        codes=np.empty((count, rows, width), dtype=np.int32),
        members=(places >= 0).sum(axis=1),
        coverage=np.empty((count, rows)),
        ic=np.empty((count, len(targets), rows)),
        quantiles=np.empty((count, len(targets), setting.quantiles, rows)),
        changes=np.empty((count, rows)),
        persistence=np.empty((count, rows)),
        market=_row_mean(targets[EARNED]),
        market_naive=_row_mean(targets[NAIVE]),
    )

    def work(first: int, stop: int) -> None:
        for k in range(first, stop):
            x = _gathered(given.values[:, :, k], places, -1.0 if given.signs[k] < 0 else 1.0)
            _screen(k, x, found)

    by_blocks(count, 1, work)  # each factor fills rows of its own
    return found


def _screen(k: int, x: Floats, found: Evidence) -> None:
    """Fill in one factor's series from its values [R, M]."""
    ground, setting, codes = found.ground, found.ground.setting, found.codes[k]
    order = sorted_places(x)
    dense_codes(x, order, codes)
    found.coverage[k] = (codes >= 0).sum(axis=1) / np.maximum(found.members, 1)
    ic = np.empty((len(x), len(ground.targets)))
    rank_correlations(codes, ground.target_codes, setting.fewest, ic)
    found.ic[k] = ic.T
    book = quantile_books(codes, order, ground.targets, setting.quantiles, setting.fewest)
    found.quantiles[k] = book.means.transpose(1, 2, 0)
    book_changes(
        book.weights, found.ranks(k), ground.places, ground.stocks, setting.apart,
        found.changes[k], found.persistence[k],
    )  # fmt: skip


def _places(mask: Bools) -> Ints:
    """Return the columns of each row's stocks, [R, M], -1 where there are no more."""
    count = mask.sum(axis=1)
    found = np.full((len(mask), max(int(count.max(initial=0)), 1)), -1, dtype=np.int64)
    r, n = np.nonzero(mask)
    found[r, np.arange(len(r)) - np.repeat(np.cumsum(count) - count, count)] = n
    return found


def _gathered(table: NDArray[np.floating[Any]], places: Ints, sign: float = 1.0) -> Floats:
    """Return the universe's own columns of a table [R, N], NaN beyond the last."""
    found = np.empty(places.shape)
    gathered(np.ascontiguousarray(table, dtype=np.float64), places, sign, found)
    return found


def _coded(values: Floats) -> Codes:
    """Return the places of values among the distinct ones of their row, [R, M]."""
    found = np.empty(values.shape, dtype=np.int32)
    dense_codes(values, sorted_places(values), found)
    return found


def _order(codes: Codes) -> Ints:
    found = np.empty(codes.shape, dtype=np.int64)
    order_of(codes, found)
    return found


def _windows(labels: Labels) -> list[Floats]:
    """Return the total returns of the disjoint windows after each decision, [R, N] each.

    From close to close; NaN where a window ends after the data or the stock is gone before it
    begins.
    """
    market, days = labels.market, len(labels.market.dates)
    mark, factor = market.panel("mark"), market.panel("adj_factor")
    gone = market.delist_index()

    def worth(ahead: int) -> Floats:
        row = labels.rows + ahead
        inside = np.minimum(row, days - 1)
        value = mark[inside] * factor[inside]
        value[row >= days] = np.nan
        return np.asarray(value)

    found, start, before = [], worth(0), 0
    for ahead in DECAY_DAYS:
        end = worth(ahead)
        there = labels.rows[:, None] + before < gone[None, :]
        found.append(np.where(there, end / start - 1.0, np.nan))
        start, before = end, ahead
    return found


def _weighted(weights: Floats, values: Floats) -> Floats:
    """Return the weighted mean of each row over what is known, [R]."""
    known = np.isfinite(values) & (weights > 0)
    mass = np.where(known, weights, 0.0).sum(axis=1)
    total = np.where(known, weights * np.where(known, values, 0.0), 0.0).sum(axis=1)
    return np.asarray(np.where(mass > 0, total / np.where(mass > 0, mass, 1.0), np.nan))


def _tilts(weights: Floats, groups: Ints, inside: Bools, count: int) -> Floats:
    """Return each industry's weight in the book less its share of the universe's stocks, [R, G]."""
    rows = np.arange(len(weights))[:, None] * (count + 1)
    place = (rows + groups + 1).ravel()
    length = len(weights) * (count + 1)
    book = np.bincount(place, weights.ravel(), length).reshape(-1, count + 1)
    every = np.bincount(place, inside.ravel().astype(np.float64), length).reshape(-1, count + 1)
    every = every / np.maximum(inside.sum(axis=1), 1)[:, None]
    found: Floats = (book - every)[:, 1:].astype(np.float64)
    found[weights.sum(axis=1) == 0] = np.nan
    return found


def _row_mean(values: Floats) -> Floats:
    known = np.isfinite(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def variance_inflation(correlation: Floats) -> Floats:
    """Return each factor's variance inflation, 1 / (1 - R^2) on all the others, [K].

    Infinite where the others explain it wholly; NaN where it has no correlations.
    """
    count = len(correlation)
    found = np.full(count, np.nan)
    there = np.flatnonzero(np.isfinite(np.diag(correlation)))
    known = np.nan_to_num(correlation)
    for k in there:
        others = there[there != k]
        if others.size == 0:
            found[k] = 1.0
            continue
        own = known[others, k]
        explained = float(own @ np.linalg.lstsq(known[np.ix_(others, others)], own, rcond=1e-10)[0])
        left = 1.0 - explained / known[k, k]
        found[k] = 1.0 / left if left > 1e-9 else np.inf
    return found
