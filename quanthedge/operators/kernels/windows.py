"""Statistics of trailing windows of all stocks, each in a few visits of a number for any window.

The days are cut into blocks as long as the window. Every window then is the end of one block and
the beginning of the next (van Herk, 1992, for the minimum): what is added up backward from a
block's end and forward from its beginning serves all windows, nothing is ever subtracted, and so
nothing that left a window can spoil it. Deviations are taken from a number of the window itself,
so that a high level costs no digits, and the two parts are joined as in Chan, Golub and LeVeque
(1983). A window's result is the same to the last bit whichever other days are asked for.

In each kernel: ``values`` float64 [T, N]; ``days`` int64 [R], ascending and distinct; ``window`` in
days; ``least`` how many of them must be numbers; ``fade`` what a weight keeps from one day to the
next, 1.0 for equal weights; ``found`` float64 [R, N], NaN where the window reaches before the
values or too little of it is known. ``x == x`` asks whether x is a number: NaN is not itself.
"""

import numpy as np
from numpy.typing import NDArray

from quanthedge.compiled import njit

__all__ = [
    "window_decays",
    "window_extremes",
    "window_means",
    "window_pairs",
    "window_ranks",
    "window_skews",
    "window_spreads",
]

F = NDArray[np.float64]
I = NDArray[np.int64]  # noqa: E741 -- integers

_WINDOWS_WIDE = 256  # where nothing is kept but sums
_WIDE = 128  # columns at a time: what is kept of a block stays in the processor's cache
COVARIANCE, CORRELATION, BETA, MOMENTS, RESIDUALS = 0, 1, 2, 3, 4


@njit(cache=True, error_model="numpy", allocates=False)
def _end_of_block(days: I, r: int, window: int) -> int:
    """Return the first of the days asked for that lies in a later block than the r-th."""
    after = days[r] // window * window + window
    while r < days.size and days[r] < after:
        r += 1
    return r


@njit(cache=True, error_model="numpy", allocates=False)
def _keep_means(row: F, weight: float, even: bool, later: F, here: F) -> None:
    """Add a day to the sums from the day after it to its block's end."""
    for i in range(row.size):
        x = row[i]
        here[0, i] = later[0, i] + (1.0 if x == x else 0.0)
        here[2, i] = later[2, i] + (weight * x if x == x else 0.0)
    if even:
        return
    for i in range(row.size):
        here[1, i] = later[1, i] + (weight if row[i] == row[i] else 0.0)


@njit(cache=True, error_model="numpy", allocates=False)
def _add_means(row: F, fade: float, even: bool, head: F) -> None:
    """Add a day to the sums since the beginning of its block."""
    for i in range(row.size):
        x = row[i]
        head[0, i] += 1.0 if x == x else 0.0
        head[2, i] = head[2, i] * fade + (x if x == x else 0.0)
    if even:
        return
    for i in range(row.size):
        head[1, i] = head[1, i] * fade + (1.0 if row[i] == row[i] else 0.0)


@njit(cache=True, error_model="numpy")
def window_means(
    values: F, days: I, window: int, least: int, fade: float, summed: bool, found: F
) -> None:
    """Write the weighted mean of the known values, or their plain sum."""
    kept = np.zeros((window + 1, 3, _WIDE))  # count, weight and sum from a day to its block's end
    head = np.zeros((3, _WIDE))
    even = fade == 1.0
    w = 0 if even else 1  # with equal weights their sum is the count
    stop = 0
    while stop < days.size:
        first, start = stop, days[stop] // window * window
        stop = _end_of_block(days, first, window)
        while first < stop and days[first] < window - 1:
            found[first] = np.nan
            first += 1
        for left in range(0, values.shape[1] if first < stop else 0, _WIDE):
            right = min(left + _WIDE, values.shape[1])
            weight = 1.0
            for j in range(window - 1, days[first] - start, -1):
                row = values[start - window + j, left:right]
                _keep_means(row, weight, even, kept[j + 1], kept[j])
                weight *= fade
            head[:] = 0.0
            day = start
            for r in range(first, stop):
                while day <= days[r]:
                    _add_means(values[day, left:right], fade, even, head)
                    day += 1
                tail, scale = kept[day - start], fade ** (day - start)
                out = found[r, left:right]
                for i in range(out.size):
                    total = head[2, i] + scale * tail[2, i]
                    mass = 1.0 if summed else head[w, i] + scale * tail[w, i]
                    out[i] = total / mass if head[0, i] + tail[0, i] >= least else np.nan


@njit(cache=True, error_model="numpy", allocates=False)
def _keep_spreads(row: F, weight: float, even: bool, later: F, here: F, ends: F) -> None:
    """Add a day to the sums from the day after it to its block's end."""
    for i in range(row.size):
        x, end = row[i], ends[i]
        there = x == x
        end = x if there & (later[0, i] == 0.0) else end
        w = weight if there else 0.0
        away = x - end if there else 0.0
        ends[i] = end
        here[0, i] = later[0, i] + (1.0 if there else 0.0)
        here[3, i] = later[3, i] + w * away
        here[4, i] = later[4, i] + w * away * away
    if even:
        return
    for i in range(row.size):
        w = weight if row[i] == row[i] else 0.0
        here[1, i] = later[1, i] + w
        here[2, i] = later[2, i] + w * w


@njit(cache=True, error_model="numpy", allocates=False)
def _add_spreads(row: F, fade: float, even: bool, head: F, begins: F) -> None:
    """Add a day to the sums since the beginning of its block."""
    for i in range(row.size):
        x, begin = row[i], begins[i]
        there = x == x
        begin = x if there & (head[0, i] == 0.0) else begin
        away = x - begin if there else 0.0
        begins[i] = begin
        head[0, i] += 1.0 if there else 0.0
        head[3, i] = head[3, i] * fade + away
        head[4, i] = head[4, i] * fade + away * away
    if even:
        return
    for i in range(row.size):
        one = 1.0 if row[i] == row[i] else 0.0
        head[1, i] = head[1, i] * fade + one
        head[2, i] = head[2, i] * fade * fade + one


@njit(cache=True, error_model="numpy", allocates=False)
def _join_spreads(
    head: F, kept: F, begins: F, ends: F, scale: float, least: int, even: bool, found: F
) -> None:
    """Write the deviations of windows whose end is ``head`` and whose beginning is ``kept``."""
    w, s = (0, 0) if even else (1, 2)  # with equal weights all three are the count
    for i in range(found.size):
        late, early = head[w, i], scale * kept[w, i]
        weight = late + early
        square = max(head[4, i] - head[3, i] * head[3, i] / late, 0.0) if late > 0.0 else 0.0
        lean = scale * kept[3, i]
        before = max(scale * kept[4, i] - lean * lean / early, 0.0)
        square += before if early > 0.0 else 0.0
        apart = begins[i] - ends[i] + head[3, i] / late - lean / early
        between = apart * apart * late * early / weight
        square += between if (late > 0.0) & (early > 0.0) else 0.0
        squares = head[s, i] + scale * scale * kept[s, i]
        deviation = np.sqrt(square / (weight - squares / weight))
        found[i] = deviation if head[0, i] + kept[0, i] >= least else np.nan


@njit(cache=True, error_model="numpy")
def window_spreads(values: F, days: I, window: int, least: int, fade: float, found: F) -> None:
    """Write the standard deviation of the known values, unbiased in its square.

    With equal weights the divisor is n - 1, else W - sum(w^2) / W with W = sum(w).
    """
    # count, weight, squared weight, and sums of the deviation from the origin and of its square
    kept = np.zeros((window + 1, 5, _WIDE))
    head = np.zeros((5, _WIDE))
    ends = np.zeros(_WIDE)  # origin of a block's end: its last number
    begins = np.zeros(_WIDE)  # of a block's beginning: its first
    even = fade == 1.0
    stop = 0
    while stop < days.size:
        first, start = stop, days[stop] // window * window
        stop = _end_of_block(days, first, window)
        while first < stop and days[first] < window - 1:
            found[first] = np.nan
            first += 1
        for left in range(0, values.shape[1] if first < stop else 0, _WIDE):
            right = min(left + _WIDE, values.shape[1])
            weight = 1.0
            for j in range(window - 1, days[first] - start, -1):
                row = values[start - window + j, left:right]
                _keep_spreads(row, weight, even, kept[j + 1], kept[j], ends)
                weight *= fade
            head[:] = 0.0
            day = start
            for r in range(first, stop):
                while day <= days[r]:
                    _add_spreads(values[day, left:right], fade, even, head, begins)
                    day += 1
                j, out = day - start, found[r, left:right]
                _join_spreads(head, kept[j], begins, ends, fade**j, least, even, out)


@njit(cache=True, error_model="numpy", allocates=False)
def _beside(second: F, day: int, left: int, beside: F) -> None:
    """Write a day's second values, one for all where there is but one."""
    if second.shape[1] == 1:
        beside[:] = second[day, 0]
    else:
        for i in range(beside.size):
            beside[i] = second[day, left + i]


@njit(cache=True, error_model="numpy", allocates=False)
def _keep_pairs(first: F, second: F, weight: float, even: bool, later: F, here: F, ends: F) -> None:
    """Add a day's pairs to those from the day after it to its block's end."""
    for i in range(first.size):
        x, y, end, other_end = first[i], second[i], ends[0, i], ends[1, i]
        there = (x == x) & (y == y)
        fresh = there & (later[0, i] == 0.0)
        end = x if fresh else end
        other_end = y if fresh else other_end
        w = weight if there else 0.0
        a = x - end if there else 0.0
        b = y - other_end if there else 0.0
        ends[0, i] = end
        ends[1, i] = other_end
        here[0, i] = later[0, i] + (1.0 if there else 0.0)
        here[3, i] = later[3, i] + w * a
        here[4, i] = later[4, i] + w * b
        here[5, i] = later[5, i] + w * a * a
        here[6, i] = later[6, i] + w * b * b
        here[7, i] = later[7, i] + w * a * b
    if even:
        return
    for i in range(first.size):
        w = weight if (first[i] == first[i]) & (second[i] == second[i]) else 0.0
        here[1, i] = later[1, i] + w
        here[2, i] = later[2, i] + w * w


@njit(cache=True, error_model="numpy", allocates=False)
def _add_pairs(first: F, second: F, fade: float, even: bool, head: F, begins: F) -> None:
    """Add a day's pairs to those since the beginning of its block."""
    for i in range(first.size):
        x, y, begin, other_begin = first[i], second[i], begins[0, i], begins[1, i]
        there = (x == x) & (y == y)
        fresh = there & (head[0, i] == 0.0)
        begin = x if fresh else begin
        other_begin = y if fresh else other_begin
        a = x - begin if there else 0.0
        b = y - other_begin if there else 0.0
        begins[0, i] = begin
        begins[1, i] = other_begin
        head[0, i] += 1.0 if there else 0.0
        head[3, i] = head[3, i] * fade + a
        head[4, i] = head[4, i] * fade + b
        head[5, i] = head[5, i] * fade + a * a
        head[6, i] = head[6, i] * fade + b * b
        head[7, i] = head[7, i] * fade + a * b
    if even:
        return
    for i in range(first.size):
        one = 1.0 if (first[i] == first[i]) & (second[i] == second[i]) else 0.0
        head[1, i] = head[1, i] * fade + one
        head[2, i] = head[2, i] * fade * fade + one


@njit(cache=True, error_model="numpy", allocates=False)
def _join_pairs(
    head: F, kept: F, begins: F, ends: F, scale: float, even: bool, wide: int, joined: F
) -> None:
    """Write squares of both and products, about their means, of windows in two parts, [3, N]."""
    w = 0 if even else 1
    for i in range(wide):
        late, early = head[w, i], scale * kept[w, i]
        weight = late + early
        has_late, has_early = late > 0.0, early > 0.0
        a, b = head[3, i], head[4, i]
        own = max(head[5, i] - a * a / late, 0.0) if has_late else 0.0
        other = max(head[6, i] - b * b / late, 0.0) if has_late else 0.0
        joint = head[7, i] - a * b / late if has_late else 0.0
        c, d = scale * kept[3, i], scale * kept[4, i]
        own += max(scale * kept[5, i] - c * c / early, 0.0) if has_early else 0.0
        other += max(scale * kept[6, i] - d * d / early, 0.0) if has_early else 0.0
        joint += scale * kept[7, i] - c * d / early if has_early else 0.0
        apart = begins[0, i] - ends[0, i] + a / late - c / early
        other_apart = begins[1, i] - ends[1, i] + b / late - d / early
        part = late * early / weight
        both = has_late & has_early
        joined[0, i] = own + (apart * apart * part if both else 0.0)
        joined[1, i] = other + (other_apart * other_apart * part if both else 0.0)
        joined[2, i] = joint + (apart * other_apart * part if both else 0.0)


@njit(cache=True, error_model="numpy", allocates=False)
def _ratios_of_pairs(counts: F, joined: F, least: int, kind: int, found: F) -> None:
    """Write correlations or betas where enough is known and what is divided by has a spread."""
    if kind == BETA:
        for i in range(found.size):
            other, joint = joined[1, i], joined[2, i]
            found[i] = joint / other if (counts[i] >= least) & (other > 0.0) else np.nan
        return
    for i in range(found.size):
        own, other, joint = joined[0, i], joined[1, i], joined[2, i]
        together = joint / (np.sqrt(own) * np.sqrt(other))
        together = min(max(together, -1.0), 1.0)  # but for rounding
        known = (counts[i] >= least) & (own > 0.0) & (other > 0.0)
        found[i] = together if known else np.nan


@njit(cache=True, error_model="numpy", allocates=False)
def _moments_of_pairs(
    head: F, kept: F, begins: F, ends: F, scale: float, least: int, even: bool, joined: F,
    kind: int, found: F,
) -> None:  # fmt: skip
    """Write covariances, moments or residuals of given slopes, ``found`` [Q, N]."""
    w, s = (0, 0) if even else (1, 2)
    for i in range(found.shape[1]):
        count = head[0, i] + kept[0, i]
        if count < least:
            found[0, i] = np.nan
            continue
        own, other, joint = joined[0, i], joined[1, i], joined[2, i]
        late, early = head[w, i], scale * kept[w, i]
        weight = late + early
        squares = head[s, i] + scale * scale * kept[s, i]
        divisor = weight - squares / weight
        if kind == COVARIANCE:
            found[0, i] = joint / divisor
            continue
        mean = late * begins[0, i] + head[3, i]
        other_mean = late * begins[1, i] + head[4, i]
        if early > 0.0:
            mean += early * ends[0, i] + scale * kept[3, i]
            other_mean += early * ends[1, i] + scale * kept[4, i]
        if kind == RESIDUALS:
            slope = found[0, i]
            square = own - 2.0 * slope * joint + slope * slope * other
            found[0, i] = count * (mean - slope * other_mean) / weight
            found[1, i] = np.sqrt(max(square, 0.0) / divisor)
        else:
            found[0, i] = count
            found[1, i] = mean / weight
            found[2, i] = other_mean / weight
            found[3, i] = own / divisor
            found[4, i] = other / divisor
            found[5, i] = joint / divisor


@njit(cache=True, error_model="numpy")
def window_pairs(
    first: F, second: F, days: I, window: int, least: int, fade: float, kind: int, found: F
) -> None:
    """Write the covariance, the correlation or the beta of ``first`` on ``second``, or moments.

    Of the days on which both are known; undefined where one that is divided by has no spread.
    ``second`` [T, N], or [T, 1] for one beside all. ``found`` [1, R, N]; for moments [6, R, N]:
    count, both means, both variances, covariance; for residuals of given slopes [2, R, N]: the
    slopes come in its first part, where their sum goes out, their standard deviation in the second.
    """
    # count, weight, squared weight, deviations of both, their squares, their product
    kept = np.zeros((window + 1, 8, _WIDE))
    head = np.zeros((8, _WIDE))
    ends = np.zeros((2, _WIDE))
    begins = np.zeros((2, _WIDE))
    joined = np.zeros((3, _WIDE))
    counts, beside = np.zeros(_WIDE), np.zeros(_WIDE)
    even = fade == 1.0
    stop = 0
    while stop < days.size:
        at, start = stop, days[stop] // window * window
        stop = _end_of_block(days, at, window)
        while at < stop and days[at] < window - 1:
            found[0, at] = np.nan  # also where a slope came in
            at += 1
        for left in range(0, first.shape[1] if at < stop else 0, _WIDE):
            right = min(left + _WIDE, first.shape[1])
            y = beside[: right - left]
            weight = 1.0
            for j in range(window - 1, days[at] - start, -1):
                x = first[start - window + j, left:right]
                _beside(second, start - window + j, left, y)
                _keep_pairs(x, y, weight, even, kept[j + 1], kept[j], ends)
                weight *= fade
            head[:] = 0.0
            day = start
            for r in range(at, stop):
                while day <= days[r]:
                    _beside(second, day, left, y)
                    _add_pairs(first[day, left:right], y, fade, even, head, begins)
                    day += 1
                tail, scale, wide = kept[day - start], fade ** (day - start), right - left
                _join_pairs(head, tail, begins, ends, scale, even, wide, joined)
                if kind == CORRELATION or kind == BETA:
                    for i in range(wide):
                        counts[i] = head[0, i] + tail[0, i]
                    _ratios_of_pairs(counts, joined, least, kind, found[0, r, left:right])
                else:
                    _moments_of_pairs(
                        head, tail, begins, ends, scale, least, even, joined, kind,
                        found[:, r, left:right],
                    )  # fmt: skip


@njit(cache=True, error_model="numpy", allocates=False)
def _add_extremes(row: F, sign: float, before: F, after: F) -> None:
    """Add a day to counts and extremes, [2, N]; both may be the same."""
    for i in range(row.size):
        x, best = sign * row[i], before[1, i]
        after[0, i] = before[0, i] + (1.0 if x == x else 0.0)
        after[1, i] = x if x > best else best


@njit(cache=True, error_model="numpy")
def window_extremes(values: F, days: I, window: int, least: int, sign: float, found: F) -> None:
    """Write the largest of the known values (sign 1.0) or the smallest (-1.0)."""
    kept = np.zeros((window + 1, 2, _WIDE))  # count, extreme
    head = np.zeros((2, _WIDE))
    kept[window, 1] = -np.inf
    stop = 0
    while stop < days.size:
        first, start = stop, days[stop] // window * window
        stop = _end_of_block(days, first, window)
        while first < stop and days[first] < window - 1:
            found[first] = np.nan
            first += 1
        for left in range(0, values.shape[1] if first < stop else 0, _WIDE):
            right = min(left + _WIDE, values.shape[1])
            for j in range(window - 1, days[first] - start, -1):
                row = values[start - window + j, left:right]
                _add_extremes(row, sign, kept[j + 1], kept[j])
            head[0] = 0.0
            head[1] = -np.inf
            day = start
            for r in range(first, stop):
                while day <= days[r]:
                    _add_extremes(values[day, left:right], sign, head, head)
                    day += 1
                tail, out = kept[day - start], found[r, left:right]
                for i in range(out.size):
                    late, early = head[1, i], tail[1, i]
                    best = sign * (late if late > early else early)
                    out[i] = best if head[0, i] + tail[0, i] >= least else np.nan


@njit(cache=True, error_model="numpy")
def window_decays(values: F, days: I, window: int, least: int, found: F) -> None:
    """Write the mean with weights 1 .. window, the last day's the highest, of the known values."""
    # count, weights by the place in the block, weighted sum, sum; in the head the plain count too
    kept = np.zeros((5, window + 1, _WIDE))
    head = np.zeros((4, _WIDE))
    for left in range(0, values.shape[1], _WIDE):
        wide = min(_WIDE, values.shape[1] - left)
        r = 0
        while r < days.size:
            start = days[r] // window * window
            if days[r] < window - 1:
                r += 1
                continue
            for j in range(window - 1, days[r] - start, -1):
                for i in range(wide):
                    x = values[start - window + j, left + i]
                    there = x == x
                    # a day earlier, every later day weighs one more: weights begin with 1 at j
                    one, amount = (1.0, x) if there else (0.0, 0.0)
                    kept[0, j, i] = kept[0, j + 1, i] + one
                    kept[1, j, i] = kept[1, j + 1, i] + kept[0, j, i]
                    kept[2, j, i] = kept[2, j + 1, i] + amount
                    kept[3, j, i] = kept[3, j + 1, i] + kept[2, j, i]
            head[:] = 0.0
            day = start
            while r < days.size and days[r] < start + window:
                while day <= days[r]:
                    place = float(day - start + 1)
                    for i in range(wide):
                        x = values[day, left + i]
                        one, amount = (1.0, x) if x == x else (0.0, 0.0)
                        head[0, i] += one
                        head[1, i] += one * place
                        head[2, i] += amount
                        head[3, i] += amount * place
                    day += 1
                j = day - start
                before = float(window - j)  # days of the window that lie in the block before
                for i in range(wide):
                    if head[0, i] + kept[0, j, i] >= least:
                        mass = kept[1, j, i] + head[1, i] + before * head[0, i]
                        total = kept[3, j, i] + head[3, i] + before * head[2, i]
                        found[r, left + i] = total / mass
                r += 1


@njit(cache=True, error_model="numpy", allocates=False)
def _add_skews(row: F, before: F, after: F, origin: F) -> None:
    """Add a day to counts and sums of the deviation's three powers, [4, N]; both may be one."""
    for i in range(row.size):
        x, begin = row[i], origin[i]
        there = x == x
        begin = x if there & (before[0, i] == 0.0) else begin
        away = x - begin if there else 0.0
        square = away * away
        origin[i] = begin
        after[0, i] = before[0, i] + (1.0 if there else 0.0)
        after[1, i] = before[1, i] + away
        after[2, i] = before[2, i] + square
        after[3, i] = before[3, i] + square * away


@njit(cache=True, error_model="numpy", allocates=False)
def _join_skews(head: F, kept: F, begins: F, ends: F, least: int, found: F) -> None:
    """Write the skewness of windows whose end is ``head`` and whose beginning is ``kept``."""
    for i in range(found.size):
        late, early = head[0, i], kept[0, i]
        n = late + early
        has_late, has_early = late > 0.0, early > 0.0
        mean = head[1, i] / late if has_late else 0.0
        second_late = max(head[2, i] - late * mean * mean, 0.0) if has_late else 0.0
        third = head[3, i] - 3.0 * mean * head[2, i] + 2.0 * late * mean**3
        third = third if has_late else 0.0
        lean = kept[1, i] / early if has_early else 0.0
        second_early = max(kept[2, i] - early * lean * lean, 0.0) if has_early else 0.0
        third += kept[3, i] - 3.0 * lean * kept[2, i] if has_early else 0.0
        third += 2.0 * early * lean**3 if has_early else 0.0
        apart = begins[i] - ends[i] + mean - lean
        part = late * early / n
        both = has_late & has_early
        second = second_late + second_early
        second += apart * apart * part if both else 0.0
        third += apart**3 * part * (early - late) / n if both else 0.0
        third += 3.0 * apart * (early * second_late - late * second_early) / n if both else 0.0
        spread = np.sqrt(second / (n - 1.0))
        third /= spread * spread * spread
        skew = n / ((n - 1.0) * (n - 2.0)) * third
        found[i] = skew if (n >= least) & (second > 0.0) else np.nan


@njit(cache=True, error_model="numpy")
def window_skews(values: F, days: I, window: int, least: int, found: F) -> None:
    """Write the skewness of the known values, corrected for the sample's size.

    The third moments of the two parts are joined as in Pebay (2008).
    """
    kept = np.zeros((window + 1, 4, _WIDE))  # count, and sums of the deviation's three powers
    head = np.zeros((4, _WIDE))
    ends = np.zeros(_WIDE)
    begins = np.zeros(_WIDE)
    stop = 0
    while stop < days.size:
        first, start = stop, days[stop] // window * window
        stop = _end_of_block(days, first, window)
        while first < stop and days[first] < window - 1:
            found[first] = np.nan
            first += 1
        for left in range(0, values.shape[1] if first < stop else 0, _WIDE):
            right = min(left + _WIDE, values.shape[1])
            for j in range(window - 1, days[first] - start, -1):
                _add_skews(values[start - window + j, left:right], kept[j + 1], kept[j], ends)
            head[:] = 0.0
            day = start
            for r in range(first, stop):
                while day <= days[r]:
                    _add_skews(values[day, left:right], head, head, begins)
                    day += 1
                _join_skews(head, kept[day - start], begins, ends, least, found[r, left:right])


@njit(cache=True, error_model="numpy")
def window_ranks(values: F, days: I, window: int, least: int, found: F) -> None:
    """Write (rank - 0.5) / n - 0.5 of the last value among the known ones, ties averaged."""
    sums = np.empty((3, _WINDOWS_WIDE))  # count, below, equal
    for left in range(0, values.shape[1], _WINDOWS_WIDE):
        wide = min(_WINDOWS_WIDE, values.shape[1] - left)
        for r in range(days.size):
            last = days[r]
            if last - window + 1 < 0:
                continue
            sums[:] = 0.0
            for d in range(last - window + 1, last + 1):
                for i in range(wide):
                    x, own = values[d, left + i], values[last, left + i]
                    sums[0, i] += 1.0 if x == x else 0.0
                    sums[1, i] += 1.0 if x < own else 0.0
                    sums[2, i] += 1.0 if x == own else 0.0
            for i in range(wide):
                if sums[2, i] > 0.0 and sums[0, i] >= least:
                    found[r, left + i] = (sums[1, i] + 0.5 * sums[2, i]) / sums[0, i] - 0.5
