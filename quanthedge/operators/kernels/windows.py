"""Statistics of trailing windows of all stocks, each in a few visits of a number for any window.

The days are cut into blocks as long as the window. Every window then is the end of one block and
the beginning of the next (van Herk, 1992, for the minimum): what is added up backward from a
block's end and forward from its beginning serves all windows, nothing is ever subtracted, and so
nothing that left a window can spoil it. Deviations are taken from a number of the window itself,
so that a high level costs no digits, and the two parts are joined as in Chan, Golub and LeVeque
(1983). A window's result is the same to the last bit whichever other days are asked for.

In each kernel: ``values`` float64 [T, N]; ``days`` int64 [R], ascending and distinct; ``window`` in
days; ``least`` how many of them must be numbers; ``fade`` what a weight keeps from one day to the
next, 1.0 for equal weights; ``found`` float64 [R, N], written where the window lies within the
values and enough of it is known. ``x == x`` asks whether x is a number: NaN is not itself.
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
_WIDE = 64  # columns at a time: what is kept of a block stays in the processor's cache
COVARIANCE, CORRELATION, BETA, MOMENTS, RESIDUALS = 0, 1, 2, 3, 4


@njit(cache=True, error_model="numpy")
def window_means(
    values: F, days: I, window: int, least: int, fade: float, summed: bool, found: F
) -> None:
    """Write the weighted mean of the known values, or their plain sum."""
    kept = np.zeros((3, window + 1, _WIDE))  # count, weight and sum from a day to its block's end
    head = np.zeros((3, _WIDE))
    for left in range(0, values.shape[1], _WIDE):
        wide = min(_WIDE, values.shape[1] - left)
        r = 0
        while r < days.size:
            start = days[r] // window * window
            if days[r] < window - 1:
                r += 1
                continue
            weight = 1.0
            for j in range(window - 1, days[r] - start, -1):
                for i in range(wide):
                    x = values[start - window + j, left + i]
                    w = weight if x == x else 0.0
                    kept[0, j, i] = kept[0, j + 1, i] + (1.0 if x == x else 0.0)
                    kept[1, j, i] = kept[1, j + 1, i] + w
                    kept[2, j, i] = kept[2, j + 1, i] + (w * x if x == x else 0.0)
                weight *= fade
            head[:] = 0.0
            day = start
            while r < days.size and days[r] < start + window:
                while day <= days[r]:
                    for i in range(wide):
                        x = values[day, left + i]
                        there = 1.0 if x == x else 0.0
                        head[0, i] += there
                        head[1, i] = head[1, i] * fade + there
                        head[2, i] = head[2, i] * fade + (x if x == x else 0.0)
                    day += 1
                j = day - start
                scale = fade**j
                for i in range(wide):
                    if head[0, i] + kept[0, j, i] >= least:
                        total = head[2, i] + scale * kept[2, j, i]
                        mass = 1.0 if summed else head[1, i] + scale * kept[1, j, i]
                        found[r, left + i] = total / mass
                r += 1


@njit(cache=True, error_model="numpy")
def window_spreads(values: F, days: I, window: int, least: int, fade: float, found: F) -> None:
    """Write the standard deviation of the known values, unbiased in its square.

    With equal weights the divisor is n - 1, else W - sum(w^2) / W with W = sum(w).
    """
    # count, weight, squared weight, and sums of the deviation from the origin and of its square
    kept = np.zeros((5, window + 1, _WIDE))
    head = np.zeros((5, _WIDE))
    ends = np.zeros(_WIDE)  # origin of a block's end: its last number
    begins = np.zeros(_WIDE)  # of a block's beginning: its first
    for left in range(0, values.shape[1], _WIDE):
        wide = min(_WIDE, values.shape[1] - left)
        r = 0
        while r < days.size:
            start = days[r] // window * window
            if days[r] < window - 1:
                r += 1
                continue
            weight = 1.0
            for j in range(window - 1, days[r] - start, -1):
                for i in range(wide):
                    x = values[start - window + j, left + i]
                    there = x == x
                    if there and kept[0, j + 1, i] == 0.0:
                        ends[i] = x
                    w = weight if there else 0.0
                    away = x - ends[i] if there else 0.0
                    kept[0, j, i] = kept[0, j + 1, i] + (1.0 if there else 0.0)
                    kept[1, j, i] = kept[1, j + 1, i] + w
                    kept[2, j, i] = kept[2, j + 1, i] + w * w
                    kept[3, j, i] = kept[3, j + 1, i] + w * away
                    kept[4, j, i] = kept[4, j + 1, i] + w * away * away
                weight *= fade
            head[:] = 0.0
            day = start
            while r < days.size and days[r] < start + window:
                while day <= days[r]:
                    for i in range(wide):
                        x = values[day, left + i]
                        there = x == x
                        if there and head[0, i] == 0.0:
                            begins[i] = x
                        one = 1.0 if there else 0.0
                        away = x - begins[i] if there else 0.0
                        head[0, i] += one
                        head[1, i] = head[1, i] * fade + one
                        head[2, i] = head[2, i] * fade * fade + one
                        head[3, i] = head[3, i] * fade + away
                        head[4, i] = head[4, i] * fade + away * away
                    day += 1
                j = day - start
                scale = fade**j
                for i in range(wide):
                    if head[0, i] + kept[0, j, i] < least:
                        continue
                    late, early = head[1, i], scale * kept[1, j, i]
                    weight = late + early
                    square = 0.0
                    if late > 0.0:
                        square += max(head[4, i] - head[3, i] * head[3, i] / late, 0.0)
                    if early > 0.0:
                        lean = scale * kept[3, j, i]
                        square += max(scale * kept[4, j, i] - lean * lean / early, 0.0)
                        if late > 0.0:
                            apart = begins[i] - ends[i] + head[3, i] / late - lean / early
                            square += apart * apart * late * early / weight
                    squares = head[2, i] + scale * scale * kept[2, j, i]
                    found[r, left + i] = np.sqrt(square / (weight - squares / weight))
                r += 1


@njit(cache=True, error_model="numpy", allocates=False)
def _keep_pairs(
    first: F, second: F, left: int, wide: int, start: int, window: int, last: int, fade: float,
    kept: F, ends: F,
) -> None:  # fmt: skip
    """Add up pairs backward from the end of the block before ``start``, for windows to ``last``."""
    weight = 1.0
    for j in range(window - 1, last - start, -1):
        for i in range(wide):
            x, y = first[start - window + j, left + i], second[start - window + j, left + i]
            there = x == x and y == y
            if there and kept[0, j + 1, i] == 0.0:
                ends[0, i], ends[1, i] = x, y
            w = weight if there else 0.0
            a = x - ends[0, i] if there else 0.0
            b = y - ends[1, i] if there else 0.0
            kept[0, j, i] = kept[0, j + 1, i] + (1.0 if there else 0.0)
            kept[1, j, i] = kept[1, j + 1, i] + w
            kept[2, j, i] = kept[2, j + 1, i] + w * w
            kept[3, j, i] = kept[3, j + 1, i] + w * a
            kept[4, j, i] = kept[4, j + 1, i] + w * b
            kept[5, j, i] = kept[5, j + 1, i] + w * a * a
            kept[6, j, i] = kept[6, j + 1, i] + w * b * b
            kept[7, j, i] = kept[7, j + 1, i] + w * a * b
        weight *= fade


@njit(cache=True, error_model="numpy", allocates=False)
def _add_pairs(
    first: F, second: F, left: int, wide: int, day: int, fade: float, head: F, begins: F
) -> None:
    """Add a day's pairs to those since the beginning of its block."""
    for i in range(wide):
        x, y = first[day, left + i], second[day, left + i]
        there = x == x and y == y
        if there and head[0, i] == 0.0:
            begins[0, i], begins[1, i] = x, y
        one = 1.0 if there else 0.0
        a = x - begins[0, i] if there else 0.0
        b = y - begins[1, i] if there else 0.0
        head[0, i] += one
        head[1, i] = head[1, i] * fade + one
        head[2, i] = head[2, i] * fade * fade + one
        head[3, i] = head[3, i] * fade + a
        head[4, i] = head[4, i] * fade + b
        head[5, i] = head[5, i] * fade + a * a
        head[6, i] = head[6, i] * fade + b * b
        head[7, i] = head[7, i] * fade + a * b


@njit(cache=True, error_model="numpy")
def window_pairs(
    first: F, second: F, days: I, window: int, least: int, fade: float, kind: int, found: F
) -> None:
    """Write the covariance, the correlation or the beta of ``first`` on ``second``, or moments.

    Of the days on which both are known; undefined where one that is divided by has no spread.
    ``found`` [1, R, N]; for moments [6, R, N]: count, both means, both variances, covariance; for
    residuals of given slopes [2, R, N]: the slopes come in its first part, where their sum goes
    out, their standard deviation in the second.
    """
    # count, weight, squared weight, deviations of both, their squares, their product
    kept = np.zeros((8, window + 1, _WIDE))
    head = np.zeros((8, _WIDE))
    ends = np.zeros((2, _WIDE))
    begins = np.zeros((2, _WIDE))
    for left in range(0, first.shape[1], _WIDE):
        wide = min(_WIDE, first.shape[1] - left)
        r = 0
        while r < days.size:
            start = days[r] // window * window
            if days[r] < window - 1:
                if kind == RESIDUALS:
                    found[0, r, left : left + wide] = np.nan
                r += 1
                continue
            _keep_pairs(first, second, left, wide, start, window, days[r], fade, kept, ends)
            head[:] = 0.0
            day = start
            while r < days.size and days[r] < start + window:
                while day <= days[r]:
                    _add_pairs(first, second, left, wide, day, fade, head, begins)
                    day += 1
                j = day - start
                scale = fade**j
                for i in range(wide):
                    if head[0, i] + kept[0, j, i] < least:
                        if kind == RESIDUALS:
                            found[0, r, left + i] = np.nan
                        continue
                    late, early = head[1, i], scale * kept[1, j, i]
                    weight = late + early
                    own, other, joint = 0.0, 0.0, 0.0
                    if late > 0.0:
                        a, b = head[3, i], head[4, i]
                        own += max(head[5, i] - a * a / late, 0.0)
                        other += max(head[6, i] - b * b / late, 0.0)
                        joint += head[7, i] - a * b / late
                    if early > 0.0:
                        a, b = scale * kept[3, j, i], scale * kept[4, j, i]
                        own += max(scale * kept[5, j, i] - a * a / early, 0.0)
                        other += max(scale * kept[6, j, i] - b * b / early, 0.0)
                        joint += scale * kept[7, j, i] - a * b / early
                        if late > 0.0:
                            a = begins[0, i] - ends[0, i] + head[3, i] / late - a / early
                            b = begins[1, i] - ends[1, i] + head[4, i] / late - b / early
                            part = late * early / weight
                            own += a * a * part
                            other += b * b * part
                            joint += a * b * part
                    if kind == COVARIANCE:
                        squares = head[2, i] + scale * scale * kept[2, j, i]
                        found[0, r, left + i] = joint / (weight - squares / weight)
                    elif kind == MOMENTS or kind == RESIDUALS:
                        squares = head[2, i] + scale * scale * kept[2, j, i]
                        divisor = weight - squares / weight
                        mean = late * begins[0, i] + head[3, i]
                        other_mean = late * begins[1, i] + head[4, i]
                        if early > 0.0:
                            mean += early * ends[0, i] + scale * kept[3, j, i]
                            other_mean += early * ends[1, i] + scale * kept[4, j, i]
                        count = head[0, i] + kept[0, j, i]
                        if kind == RESIDUALS:
                            slope = found[0, r, left + i]
                            square = own - 2.0 * slope * joint + slope * slope * other
                            found[0, r, left + i] = count * (mean - slope * other_mean) / weight
                            found[1, r, left + i] = np.sqrt(max(square, 0.0) / divisor)
                        else:
                            found[0, r, left + i] = count
                            found[1, r, left + i] = mean / weight
                            found[2, r, left + i] = other_mean / weight
                            found[3, r, left + i] = own / divisor
                            found[4, r, left + i] = other / divisor
                            found[5, r, left + i] = joint / divisor
                    elif kind == BETA:
                        if other > 0.0:
                            found[0, r, left + i] = joint / other
                    elif own > 0.0 and other > 0.0:
                        together = joint / (np.sqrt(own) * np.sqrt(other))
                        found[0, r, left + i] = min(max(together, -1.0), 1.0)  # but for rounding
                r += 1


@njit(cache=True, error_model="numpy")
def window_extremes(values: F, days: I, window: int, least: int, sign: float, found: F) -> None:
    """Write the largest of the known values (sign 1.0) or the smallest (-1.0)."""
    kept = np.zeros((2, window + 1, _WIDE))  # count, extreme
    head = np.zeros((2, _WIDE))
    kept[1, window] = -np.inf
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
                    x = sign * values[start - window + j, left + i]
                    there = x == x
                    kept[0, j, i] = kept[0, j + 1, i] + (1.0 if there else 0.0)
                    best = kept[1, j + 1, i]
                    kept[1, j, i] = x if x > best else best
            head[0] = 0.0
            head[1] = -np.inf
            day = start
            while r < days.size and days[r] < start + window:
                while day <= days[r]:
                    for i in range(wide):
                        x = sign * values[day, left + i]
                        head[0, i] += 1.0 if x == x else 0.0
                        head[1, i] = x if x > head[1, i] else head[1, i]
                    day += 1
                j = day - start
                for i in range(wide):
                    if head[0, i] + kept[0, j, i] >= least:
                        best = max(head[1, i], kept[1, j, i])
                        found[r, left + i] = sign * best
                r += 1


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


@njit(cache=True, error_model="numpy")
def window_skews(values: F, days: I, window: int, least: int, found: F) -> None:
    """Write the skewness of the known values, corrected for the sample's size.

    The third moments of the two parts are joined as in Pebay (2008).
    """
    kept = np.zeros((4, window + 1, _WIDE))  # count, and sums of the deviation's three powers
    head = np.zeros((4, _WIDE))
    ends = np.zeros(_WIDE)
    begins = np.zeros(_WIDE)
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
                    if there and kept[0, j + 1, i] == 0.0:
                        ends[i] = x
                    away = x - ends[i] if there else 0.0
                    square = away * away
                    kept[0, j, i] = kept[0, j + 1, i] + (1.0 if there else 0.0)
                    kept[1, j, i] = kept[1, j + 1, i] + away
                    kept[2, j, i] = kept[2, j + 1, i] + square
                    kept[3, j, i] = kept[3, j + 1, i] + square * away
            head[:] = 0.0
            day = start
            while r < days.size and days[r] < start + window:
                while day <= days[r]:
                    for i in range(wide):
                        x = values[day, left + i]
                        there = x == x
                        if there and head[0, i] == 0.0:
                            begins[i] = x
                        away = x - begins[i] if there else 0.0
                        square = away * away
                        head[0, i] += 1.0 if there else 0.0
                        head[1, i] += away
                        head[2, i] += square
                        head[3, i] += square * away
                    day += 1
                j = day - start
                for i in range(wide):
                    late, early = head[0, i], kept[0, j, i]
                    n = late + early
                    if n < least:
                        continue
                    second, third, apart = 0.0, 0.0, 0.0
                    mean, second_late = 0.0, 0.0
                    if late > 0.0:
                        mean = head[1, i] / late
                        second_late = max(head[2, i] - late * mean * mean, 0.0)
                        third = head[3, i] - 3.0 * mean * head[2, i] + 2.0 * late * mean**3
                        second = second_late
                    if early > 0.0:
                        lean = kept[1, j, i] / early
                        second_early = max(kept[2, j, i] - early * lean * lean, 0.0)
                        third += kept[3, j, i] - 3.0 * lean * kept[2, j, i]
                        third += 2.0 * early * lean**3
                        second += second_early
                        if late > 0.0:
                            apart = begins[i] - ends[i] + mean - lean
                            part = late * early / n
                            second += apart * apart * part
                            third += apart**3 * part * (early - late) / n
                            third += 3.0 * apart * (early * second_late - late * second_early) / n
                    if second > 0.0:
                        spread = np.sqrt(second / (n - 1.0))
                        third /= spread * spread * spread
                        found[r, left + i] = n / ((n - 1.0) * (n - 2.0)) * third
                r += 1


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
