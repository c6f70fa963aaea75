"""The evidence of all factors in one universe: every series of the tables, made in one pass."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import by_blocks
from quanthedge.evaluation.given import Evaluated
from quanthedge.evaluation.kernels import (
    book_changes,
    dense_codes,
    group_correlations,
    leg_losses,
    pearson,
    quantile_books,
    rank_correlations,
)
from quanthedge.labelling import REASONS, Labels
from quanthedge.operators import neutralise, rank
from quanthedge.risk import one_thread
from quanthedge.typing import Bools, Floats, Ints

__all__ = ["DECAY_DAYS", "SIZES", "Evidence", "Setting", "collect"]

DECAY_DAYS = (1, 5, 10, 20, 40, 60, 120)  # ends of the disjoint windows, trading days
SIZES = ("small", "middle", "large")
NAIVE, EARNED, FIRST_DECAY = 0, 1, 2  # targets of the rank correlations


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
class Evidence:
    """Series of K factors in one universe over R decisions.

    Attributes
    ----------
    members : int64 [R]
        Stocks of the universe.
    coverage, neutral_ic, incremental_ic : float64 [K, R]
        Share of the universe with an exposure; correlation of what industry and size leave of the
        ranks; of what the accepted factors leave of them, with the rank of the label.
    ic : float64 [K, J, R]
        Rank correlation with the naive return, the label, and the return of each decay window.
    quantiles : float64 [K, 2, Q, R]
        Mean naive return and label of each quantile, the highest last.
    neutral_leg, changes, persistence, beta : float64 [K, R]
        Label of the top quantile of the neutral ranks; what is bought and sold of the book, in
        books; rank autocorrelation; ex-ante beta of the top quantile.
    lost, share : float64 [K, R, reasons]
        What the top quantile lost against its naive return by reason, and the weight of it.
    size_ic : float64 [K, 3, R]
    industry_ic, industry_tilt : float64 [K, G, R]
        Weight of the top quantile less that of the universe.
    market, market_naive : float64 [R]
        Mean label and mean naive return of the universe.
    correlation : float64 [K, K]
        Mean correlation of the ranks.
    """

    members: Ints
    coverage: Floats
    ic: Floats
    neutral_ic: Floats
    incremental_ic: Floats
    quantiles: Floats
    neutral_leg: Floats
    changes: Floats
    persistence: Floats
    beta: Floats
    lost: Floats
    share: Floats
    size_ic: Floats
    industry_ic: Floats
    industry_tilt: Floats
    market: Floats
    market_naive: Floats
    correlation: Floats


class _Compact(NamedTuple):
    """The universe's own columns: what is the same for all factors."""

    places: Ints  # [R, M], -1 at the end
    targets: Floats  # [J, R, M]
    target_codes: NDArray[np.int32]  # [J, R, M]
    label_order: Ints  # [R, M]
    groups: Ints  # [R, M] industry, -1 unknown
    thirds: Ints  # [R, M] size tercile, -1 outside
    log_size: Floats  # [R, M]
    naive_left: Floats  # [R, M] what industry and size leave of the naive ranks
    earned_rank: Floats  # [R, M]
    reason: NDArray[np.int8]  # [R, M]
    beta: Floats  # [R, M]


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
    compact = _compact(labels, mask, industries, size, beta, setting)
    rows, count = len(labels.rows), len(given.names)
    width, groups = compact.places.shape[1], int(industries.max(initial=-1)) + 1
    made = _empty(count, rows, groups, setting.quantiles)
    ranks = np.empty((count, rows, width), dtype=np.float32)

    def work(first: int, stop: int) -> None:
        for k in range(first, stop):
            x = _gathered(given.values[:, :, k], compact.places)
            if given.signs[k] < 0:
                x = -x
            ranks[k] = _one(k, x, compact, made, setting, len(labels.market.codes), groups)

    by_blocks(count, 1, work)  # each factor fills rows of its own
    correlation = _correlations(ranks)
    _incremental(ranks, compact, made, setting)
    valid = compact.places >= 0
    return Evidence(
        members=valid.sum(axis=1),
        market=_row_mean(compact.targets[EARNED]),
        market_naive=_row_mean(compact.targets[NAIVE]),
        correlation=correlation,
        **made,
    )


def _empty(count: int, rows: int, groups: int, quantiles: int) -> dict[str, Floats]:
    plain = ("coverage", "neutral_ic", "incremental_ic", "neutral_leg", "changes", "persistence",
             "beta")  # fmt: skip
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(plain, (count, rows))
    shapes |= {
        "ic": (count, FIRST_DECAY + len(DECAY_DAYS), rows),
        "quantiles": (count, 2, quantiles, rows),
        "lost": (count, rows, len(REASONS)),
        "share": (count, rows, len(REASONS)),
        "size_ic": (count, len(SIZES), rows),
        "industry_ic": (count, groups, rows),
        "industry_tilt": (count, groups, rows),
    }
    return {name: np.full(shape, np.nan) for name, shape in shapes.items()}


def _places(mask: Bools) -> Ints:
    """Return the columns of each row's stocks, [R, M], -1 where there are no more."""
    count = mask.sum(axis=1)
    found = np.full((len(mask), max(int(count.max(initial=0)), 1)), -1, dtype=np.int64)
    r, n = np.nonzero(mask)
    found[r, np.arange(len(r)) - np.repeat(np.cumsum(count) - count, count)] = n
    return found


def _gathered(table: NDArray[np.floating[Any]], places: Ints) -> Floats:
    """Return the universe's own columns of a table [R, N], NaN beyond the last."""
    found = np.take_along_axis(table, np.maximum(places, 0), axis=1).astype(np.float64)
    found[places < 0] = np.nan
    return found


def _compact(
    labels: Labels,
    mask: Bools,
    industries: NDArray[np.int16],
    size: Floats,
    beta: Floats,
    setting: Setting,
) -> _Compact:
    places = _places(mask)
    outside = places < 0
    with np.errstate(divide="ignore"):
        log_size = _gathered(np.log(size), places)
    groups = np.take_along_axis(industries, np.maximum(places, 0), axis=1).astype(np.int64)
    groups[outside] = -1
    reason = np.take_along_axis(labels.reason, np.maximum(places, 0), axis=1)
    targets = np.stack(
        [
            _gathered(labels.naive, places),
            _gathered(labels.value, places),
            *(_gathered(window, places) for window in _windows(labels)),
        ]
    )
    codes = np.empty(targets.shape, dtype=np.int32)
    label_order = np.argsort(targets[EARNED], axis=1)
    for j, target in enumerate(targets):
        order = label_order if j == EARNED else np.argsort(target, axis=1)
        dense_codes(target, order, codes[j])
    ranked = rank(targets[NAIVE])
    third = np.floor((rank(log_size) + 0.5) * len(SIZES))
    left = _neutral(ranked, groups, log_size, setting)
    return _Compact(
        places, targets, codes, label_order, groups,
        np.where(np.isnan(third), -1, third).astype(np.int64), log_size, left,
        rank(targets[EARNED]), reason, _gathered(beta, places),
    )  # fmt: skip


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


def _neutral(ranked: Floats, groups: Ints, log_size: Floats, setting: Setting) -> Floats:
    """Return what a regression on industries and the logarithm of size leaves of ranks."""
    if not setting.neutral:
        return ranked
    weights = np.exp(0.5 * (log_size - 23.0)) if setting.weights == "sqrt_size" else None
    return neutralise(
        ranked,
        groups if "industry" in setting.neutral else None,
        log_size if "size" in setting.neutral else None,
        weights,
    )


def _one(
    k: int, x: Floats, compact: _Compact, made: dict[str, Floats], setting: Setting, stocks: int,
    groups: int,
) -> Floats:  # fmt: skip
    """Fill in one factor's series; return its ranks [R, M]."""
    order, fewest = np.argsort(x, axis=1), setting.fewest
    inside = compact.places >= 0
    known = np.isfinite(x)
    made["coverage"][k] = known.sum(axis=1) / np.maximum(inside.sum(axis=1), 1)
    ranks, ic = np.full(x.shape, np.nan), np.empty((len(x), len(compact.targets)))
    rank_correlations(x, order, compact.target_codes, fewest, ic, ranks)
    made["ic"][k] = ic.T
    left = _neutral(ranks, compact.groups, compact.log_size, setting)
    pearson(left, compact.naive_left, ranks, fewest, made["neutral_ic"][k])
    labels = compact.targets[: EARNED + 1]
    book = quantile_books(x, order, labels, setting.quantiles, fewest)
    made["quantiles"][k] = book.means.transpose(1, 2, 0)
    earned = compact.targets[EARNED : EARNED + 1]
    other = quantile_books(left, np.argsort(left, axis=1), earned, setting.quantiles, fewest)
    made["neutral_leg"][k] = other.means[:, 0, -1]
    book_changes(
        book.weights, ranks, compact.places, stocks, setting.apart,
        made["changes"][k], made["persistence"][k],
    )  # fmt: skip
    leg_losses(
        book.weights, compact.targets[NAIVE], compact.targets[EARNED], compact.reason,
        len(REASONS), made["lost"][k], made["share"][k],
    )  # fmt: skip
    for name, which, count, least in (
        ("size_ic", compact.thirds, len(SIZES), fewest),
        ("industry_ic", compact.groups, groups, 5),
    ):
        found = np.empty((len(x), count))
        group_correlations(
            x, order, compact.targets[EARNED], compact.label_order, which, count, least,
            found,
        )  # fmt: skip
        made[name][k] = found.T
    made["beta"][k] = _weighted(book.weights, compact.beta)
    made["industry_tilt"][k] = _tilts(book.weights, compact.groups, inside, groups).T
    return ranks


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


def _correlations(ranks: NDArray[np.float32]) -> Floats:
    """Return the mean correlation of the factors' ranks, [K, K]; one that is missing counts 0."""
    count = len(ranks)
    total, rows = np.zeros((count, count)), np.zeros((count, count))
    with one_thread():
        for r in range(ranks.shape[1]):
            z = np.nan_to_num(ranks[:, r].astype(np.float64))
            length = np.sqrt((z * z).sum(axis=1))
            there = length > 0
            z[there] /= length[there, None]
            total += z @ z.T
            rows += there[:, None] & there[None, :]
    return np.asarray(np.where(rows > 0, total / np.maximum(rows, 1), np.nan))


def _incremental(
    ranks: NDArray[np.float32], compact: _Compact, made: dict[str, Floats], setting: Setting
) -> None:
    """Fill in what each factor adds to those accepted."""

    def one(k: int) -> None:
        others = [
            np.where(compact.places >= 0, np.nan_to_num(ranks[a]), np.nan).astype(np.float64)
            for a in setting.accepted
            if a != k
        ]
        if not others:  # it is all that it adds
            made["incremental_ic"][k] = made["ic"][k, EARNED]
            return
        mine = ranks[k].astype(np.float64)
        left = neutralise(mine, None, others)
        pearson(left, compact.earned_rank, mine, setting.fewest, made["incremental_ic"][k])

    by_blocks(len(ranks), 1, lambda first, _: one(first))


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
