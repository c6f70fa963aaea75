"""One factor in one universe, compiled: ranks, correlations, groups, quantiles, books.

Arrays are compact: column m of a row is the m-th stock of that day's universe, ``places`` says
which; rows with fewer stocks end in -1. Of a factor with its sign applied, and of a label, nothing
counts but the order of a row: ``codes`` int32 [R, M] are the places of its values among the row's
distinct ones, -1 where there is none. ``order`` int64 [R, M] sorts each row, -1 at the end.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit
from quanthedge.typing import Floats

__all__ = [
    "Book",
    "book_changes",
    "centred_ranks",
    "dense_codes",
    "gathered",
    "group_correlations",
    "leg_losses",
    "order_of",
    "pearson",
    "quantile_books",
    "rank_correlations",
]

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 -- integers
C = NDArray[np.int32]  # codes

_WELL_INSIDE = 1e-6  # places before a quantile's border


class Book(NamedTuple):
    """Quantiles of a factor: ``means`` [R, L, Q] of L labels, ``weights`` [R, M] of the top one."""

    means: Floats
    weights: Floats


@njit(nogil=True)
def _tied_ranks(values: C, order: I, use: NDArray[np.bool_], ranks: F) -> int:
    """Write the centred ranks of the values in use, ties averaged; return their number."""
    total = 0
    for i in range(len(order)):
        total += use[order[i]]
    seen, i = 0, 0
    while i < len(order) and seen < total:
        if not use[order[i]]:
            i += 1
            continue
        value, tied, j = values[order[i]], 0, i
        while j < len(order):
            m = order[j]
            if use[m]:
                if values[m] != value:
                    break
                tied += 1
            j += 1
        middle = seen + 0.5 * tied - 0.5 * total
        for k in range(i, j):
            if use[order[k]]:
                ranks[order[k]] = middle
        seen += tied
        i = j
    return total


@njit(nogil=True)
def _correlation(a: F, b: F, use: NDArray[np.bool_], n: int) -> float:
    """Pearson's correlation of two columns over the places in use; NaN where one stands still."""
    mean_a, mean_b = 0.0, 0.0
    for m in range(len(use)):
        if use[m]:
            mean_a += a[m]
            mean_b += b[m]
    mean_a, mean_b = mean_a / max(n, 1), mean_b / max(n, 1)
    aa, bb, ab = 0.0, 0.0, 0.0
    for m in range(len(use)):
        if use[m]:
            da, db = a[m] - mean_a, b[m] - mean_b
            aa += da * da
            bb += db * db
            ab += da * db
    return ab / np.sqrt(aa * bb) if aa > 0.0 and bb > 0.0 else np.nan


@njit(nogil=True)
def gathered(table: F, places: I, sign: float, found: F) -> None:
    """Write the universe's own columns of a table [R, N] times a sign, NaN beyond the last."""
    for r in range(places.shape[0]):
        for m in range(places.shape[1]):
            n = places[r, m]
            found[r, m] = sign * table[r, n] if n >= 0 else np.nan


@njit(nogil=True)
def dense_codes(values: F, order: I, codes: C) -> None:
    """Write the place of each value among the distinct ones of its row, -1 for NaN, [R, M]."""
    for r in range(values.shape[0]):
        code, before = -1, np.nan
        for i in range(values.shape[1]):
            m = order[r, i]
            value = values[r, m]
            if np.isnan(value):
                codes[r, m] = -1
                continue
            if value != before:  # the first is not what NaN is
                code += 1
            before = value
            codes[r, m] = code


@njit(nogil=True)
def order_of(codes: C, order: I) -> None:
    """Write the order of each row's codes, equal ones as they stand, [R, M]."""
    width = codes.shape[1]
    start = np.empty(width + 1, np.int64)
    for r in range(codes.shape[0]):
        start[:] = 0
        known = 0
        for m in range(width):
            if codes[r, m] >= 0:
                start[codes[r, m] + 1] += 1
                known += 1
        for c in range(width):
            start[c + 1] += start[c]
        for m in range(width):
            if codes[r, m] >= 0:
                order[r, start[codes[r, m]]] = m
                start[codes[r, m]] += 1
            else:
                order[r, known] = m
                known += 1


@njit(nogil=True)
def _counted_ranks(codes: C, use: NDArray[np.bool_], n: int, base: F, count: I, ranks: F) -> None:
    """Write the centred ranks of n values in use from their codes, ties averaged; else 0."""
    count[:] = 0
    for m in range(len(codes)):
        if use[m]:
            count[codes[m]] += 1
    seen = 0
    for c in range(len(count)):
        base[c] = 0.5 * (2 * seen + count[c] - n)
        seen += count[c]
    for m in range(len(codes)):
        rank = base[max(codes[m], 0)]
        ranks[m] = rank if use[m] else 0.0


@njit(nogil=True)
def centred_ranks(codes: C, ranks: F) -> None:
    """Write (rank - 0.5) / n - 0.5 of each code of a row, ties averaged, NaN for -1, [R, M]."""
    width = codes.shape[1]
    use, base, count = np.empty(width, np.bool_), np.empty(width), np.empty(width, np.int64)
    for r in range(codes.shape[0]):
        known = 0
        for m in range(width):
            use[m] = codes[r, m] >= 0
            known += use[m]
        _counted_ranks(codes[r], use, known, base, count, ranks[r])
        for m in range(width):
            ranks[r, m] = ranks[r, m] / known if use[m] else np.nan


@njit(nogil=True, fastmath={"reassoc"})
def _products(a: F, b: F) -> tuple[float, float, float]:
    """Return the sums of squares and products of centred ranks, which are exact in any order.

    They are of halves of whole numbers, so that the compiler may add several at once.
    """
    aa, bb, ab = 0.0, 0.0, 0.0
    for m in range(len(a)):
        aa += a[m] * a[m]
        bb += b[m] * b[m]
        ab += a[m] * b[m]
    return aa, bb, ab


@njit(nogil=True)
def rank_correlations(codes: C, target_codes: C, fewest: int, found: F) -> None:
    """Write Spearman's correlation with each target [R, J].

    Both are ranked among the stocks that have both. ``target_codes`` int32 [J, R, M].
    """
    rows, width = codes.shape
    use = np.empty(width, np.bool_)
    a, b, base, count = np.empty(width), np.empty(width), np.empty(width), np.empty(width, np.int64)
    for r in range(rows):
        own, known, ranked = codes[r], 0, -1
        for m in range(width):
            known += own[m] >= 0
        for j in range(target_codes.shape[0]):
            other, n = target_codes[j, r], 0
            for m in range(width):
                use[m] = own[m] >= 0 and other[m] >= 0
                n += use[m]
            if n < fewest:
                found[r, j] = np.nan
                continue
            if n < known or ranked != known:  # else the ranks of before stand as they are
                _counted_ranks(own, use, n, base, count, a)
                ranked = n
            _counted_ranks(other, use, n, base, count, b)
            aa, bb, ab = _products(a, b)  # both have mean 0, and 0 where they are not in use
            found[r, j] = ab / np.sqrt(aa * bb) if aa > 0.0 and bb > 0.0 else np.nan


@njit(nogil=True)
def pearson(a: F, b: F, size: F, fewest: int, found: F) -> None:
    """Write the correlation of each row of two tables, over what both know, [R].

    A row of ``a`` that is nothing beside ``size`` [R, M] (what it is left of) is rounding and has
    the correlation 0.
    """
    use = np.empty(a.shape[1], np.bool_)
    for r in range(a.shape[0]):
        n, left, whole = 0, 0.0, 0.0
        for m in range(a.shape[1]):
            use[m] = np.isfinite(a[r, m]) and np.isfinite(b[r, m])
            if use[m]:
                n += 1
                left += a[r, m] * a[r, m]
                whole += size[r, m] * size[r, m]
        if n < fewest:
            found[r] = np.nan
        elif left <= 1e-16 * whole:
            found[r] = 0.0
        else:
            found[r] = _correlation(a[r], b[r], use, n)


@njit(nogil=True)
def group_correlations(
    x: C, order: I, y: C, y_order: I, groups: I, count: int, fewest: int, found: F
) -> None:
    """Write Spearman's correlation of two codes inside each group, [R, G]; -1 counts nowhere."""
    rows, width = x.shape
    segment, other = np.empty(width, np.int64), np.empty(width, np.int64)
    start, at = np.empty(count + 1, np.int64), np.empty(count, np.int64)
    use = np.empty(width, np.bool_)
    a, b = np.empty(width), np.empty(width)
    for r in range(rows):
        start[:] = 0
        for m in range(width):
            g = groups[r, m]
            use[m] = g >= 0 and x[r, m] >= 0 and y[r, m] >= 0
            if use[m]:
                start[g + 1] += 1
        for g in range(count):
            start[g + 1] += start[g]
        _bucket(order[r], groups[r], use, start, at, segment)
        _bucket(y_order[r], groups[r], use, start, at, other)
        for g in range(count):
            n = start[g + 1] - start[g]
            if n < fewest:
                found[r, g] = np.nan
                continue
            _tied_ranks(x[r], segment[start[g] : start[g + 1]], use, a)
            _tied_ranks(y[r], other[start[g] : start[g + 1]], use, b)
            aa, bb, ab = 0.0, 0.0, 0.0
            for i in range(start[g], start[g + 1]):
                m = segment[i]
                aa += a[m] * a[m]
                bb += b[m] * b[m]
                ab += a[m] * b[m]
            found[r, g] = ab / np.sqrt(aa * bb) if aa > 0.0 and bb > 0.0 else np.nan


@njit(nogil=True)
def _bucket(order: I, groups: I, use: NDArray[np.bool_], start: I, at: I, segment: I) -> None:
    """Write the order of each group, one after the other."""
    at[:] = start[:-1]
    for i in range(len(order)):
        m = order[i]
        if use[m]:
            segment[at[groups[m]]] = m
            at[groups[m]] += 1


@njit(nogil=True)
def quantile_books(codes: C, order: I, labels: F, quantiles: int, fewest: int) -> Book:
    """Return the mean label of each quantile, and the weights of the highest.

    Every quantile has n / Q stocks: one on a border counts in both by its share, and stocks with
    the same value share their places. ``labels`` [L, R, M]; a stock without a label leaves its
    weight to the others of its quantile.
    """
    rows, width = codes.shape
    kinds = labels.shape[0]
    means = np.full((rows, kinds, quantiles), np.nan)
    weights = np.zeros((rows, width))
    total, mass = np.empty((kinds, quantiles)), np.empty((kinds, quantiles))
    for r in range(rows):
        n = width
        while n > 0 and codes[r, order[r, n - 1]] < 0:
            n -= 1
        if n < max(fewest, quantiles):
            continue
        total[:] = 0.0
        mass[:] = 0.0
        size = n / quantiles
        first, q, safe = 0, 0, 0.0
        while first < n:
            stop, code = first + 1, codes[r, order[r, first]]
            while stop < n and codes[r, order[r, stop]] == code:
                stop += 1
            if stop == first + 1 and stop <= safe:  # one more that lies in the last one's quantile
                m = order[r, first]
                if q == quantiles - 1:
                    weights[r, m] = 1.0 / size
                for k in range(kinds):
                    if np.isfinite(labels[k, r, m]):
                        total[k, q] += labels[k, r, m]
                        mass[k, q] += 1.0
                first = stop
                continue
            low = min(int(first / size), quantiles - 1)
            high = min(int((stop - 1e-9) / size), quantiles - 1)
            safe = (high + 1) * size - _WELL_INSIDE
            for q in range(low, high + 1):
                inside = min(stop, (q + 1) * size) - max(first, q * size)
                share = inside / (stop - first)
                if share <= 0.0:
                    continue
                for i in range(first, stop):
                    m = order[r, i]
                    if q == quantiles - 1:
                        weights[r, m] = share / size
                    for k in range(kinds):
                        if np.isfinite(labels[k, r, m]):
                            total[k, q] += share * labels[k, r, m]
                            mass[k, q] += share
            first = stop
        for k in range(kinds):
            for q in range(quantiles):
                if mass[k, q] > 0.0:
                    means[r, k, q] = total[k, q] / mass[k, q]
    return Book(means, weights)


@njit(nogil=True)
def book_changes(
    weights: F, ranks: F, places: I, stocks: int, apart: int, changes: F, correlation: F
) -> None:
    """Write what is bought and sold, and how the ranks correlate with the row before's, [R] each.

    Trades are against the book ``apart`` rows before; the first books are bought whole. NaN where a
    row has no book, or no two ranks in common.
    """
    rows, width = places.shape
    before, rank = np.empty(stocks), np.empty(stocks)
    use = np.empty(width, np.bool_)
    other = np.empty(width)
    for r in range(rows):
        before[:] = 0.0
        total = 0.0
        if r >= apart:
            for m in range(width):
                if places[r - apart, m] >= 0:
                    before[places[r - apart, m]] = weights[r - apart, m]
        moved = 0.0
        for m in range(width):
            if places[r, m] >= 0:
                total += weights[r, m]
                moved += abs(weights[r, m] - before[places[r, m]])
                before[places[r, m]] = 0.0
        for n in range(stocks):
            moved += before[n]
        changes[r] = moved if total > 0.0 else np.nan
        correlation[r] = np.nan
        if r == 0:
            continue
        rank[:] = np.nan
        for m in range(width):
            if places[r - 1, m] >= 0:
                rank[places[r - 1, m]] = ranks[r - 1, m]
        n = 0
        for m in range(width):
            use[m] = False
            if places[r, m] >= 0:
                other[m] = rank[places[r, m]]
                use[m] = np.isfinite(other[m]) and np.isfinite(ranks[r, m])
                n += use[m]
        if n > 2:
            correlation[r] = _correlation(ranks[r], other, use, n)


@njit(nogil=True)
def leg_losses(
    weights: F, naive: F, value: F, reason: NDArray[np.int8], kinds: int, lost: F, share: F
) -> None:
    """Write by reason what the book lost against its naive return, and the share of it, [R, kinds].

    With L the return of what was bought, a stock that was bought lost naive less value, one that
    was not naive less L, each times its weight: the sum is naive return less L. Only books all of
    whose naive returns are known; others are NaN.
    """
    rows, width = weights.shape
    for r in range(rows):
        earned, bought, known = 0.0, 0.0, True
        for m in range(width):
            if weights[r, m] > 0.0:
                known = known and np.isfinite(naive[r, m])
                if np.isfinite(value[r, m]):
                    earned += weights[r, m] * value[r, m]
                    bought += weights[r, m]
        if not known or bought <= 0.0:
            lost[r, :] = np.nan
            share[r, :] = np.nan
            continue
        lost[r, :] = 0.0
        share[r, :] = 0.0
        for m in range(width):
            if weights[r, m] > 0.0:
                k = reason[r, m]
                share[r, k] += weights[r, m]
                instead = value[r, m] if np.isfinite(value[r, m]) else earned / bought
                lost[r, k] += weights[r, m] * (naive[r, m] - instead)
