"""Raw descriptors become styles, and the beta of every stock to all of them."""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.typing import Bools, Floats

__all__ = ["grade", "market_betas", "orthogonal"]

_FEW = 96  # nearer to an end than that, a value is found by keeping the ones beyond it


@njit(cache=True)
def _quantile(values: Floats, share: float) -> float:
    """Return a quantile between the two nearest values, as numpy's default."""
    n = values.size
    place = share * (n - 1)
    low = int(np.floor(place))
    alone = low + 1 >= n or place == low
    if low + 2 <= _FEW:
        few = _smallest(values, min(low + 2, n), 1.0)
        first, second = few[low], few[min(low + 1, n - 1)]
    elif n - low <= _FEW:
        few = _smallest(values, n - low, -1.0)
        first, second = -few[n - 1 - low], -few[max(n - 2 - low, 0)]
    else:
        part = np.partition(values, low)
        first, second = part[low], part[low] if alone else part[low + 1 :].min()
    return float(first) if alone else float(first + (second - first) * (place - low))


@njit(cache=True)
def _smallest(values: Floats, count: int, sign: float) -> Floats:
    """Return the smallest of ``sign * values``, ascending: where few are asked, one visit each."""
    few = np.full(count, np.inf)
    for value in values:
        x = sign * value
        if x < few[count - 1]:
            k = count - 1
            while k > 0 and few[k - 1] > x:
                few[k] = few[k - 1]
                k -= 1
            few[k] = x
    return few


@njit(cache=True)
def grade(raw: Floats, size: Floats, tail: float, out: Floats) -> None:
    """Grade a descriptor: tails pulled in, mean 0 by market value, deviation 1 by number.

    Parameters
    ----------
    raw : float64 [R, N]
        NaN where undefined.
    size : float64 [R, N]
        Market value; NaN for stocks that do not count.
    tail : float
        Share of each tail that is pulled in to its quantile.
    out : float32 [R, N]
        Filled: 0 where the descriptor is undefined, the average of the market.
    """
    rows, stocks = raw.shape
    values, place = np.empty(stocks), np.empty(stocks, np.int64)
    for r in range(rows):
        n = 0
        for i in range(stocks):
            out[r, i] = 0.0
            if np.isfinite(raw[r, i]) and size[r, i] > 0:
                values[n], place[n] = raw[r, i], i
                n += 1
        if n < 2:
            continue
        low, high = _quantile(values[:n], tail), _quantile(values[:n], 1.0 - tail)
        total, weight, plain, largest = 0.0, 0.0, 0.0, 0.0
        for j in range(n):
            values[j] = min(max(values[j], low), high)
            w = size[r, place[j]]
            total += w * values[j]
            weight += w
            plain += values[j]
            largest = max(largest, abs(values[j]))
        mean, plain = total / weight, plain / n
        square = 0.0
        for j in range(n):
            square += (values[j] - plain) ** 2
        spread = np.sqrt(square / n)
        if spread <= 1e-12 * largest:
            continue
        for j in range(n):
            out[r, place[j]] = (values[j] - mean) / spread


@njit(cache=True)
def orthogonal(styles: Floats, size: Floats, known: Bools, which: int, others: Floats) -> None:
    """Take other styles out of one, by market value, and give it a deviation of 1 again.

    Parameters
    ----------
    styles : float32 [R, N, S]
        Changed in place.
    size : float64 [R, N]
    known : bool [R, N]
        Where the style is defined; elsewhere it stays 0.
    which : int
    others : int64 [J]
        Columns that are taken out.
    """
    rows, stocks = size.shape
    count = others.size
    for r in range(rows):
        normal, right = np.zeros((count, count)), np.zeros(count)
        n = 0
        for i in range(stocks):
            if not (known[r, i] and size[r, i] > 0):
                continue
            n += 1
            w = size[r, i]
            for a in range(count):
                x = w * styles[r, i, others[a]]
                right[a] += x * styles[r, i, which]
                for b in range(count):
                    normal[a, b] += x * styles[r, i, others[b]]
        if n < count + 2:
            continue
        for a in range(count):
            normal[a, a] += 1e-12 * (normal[a, a] + 1.0)
        slope = np.linalg.solve(normal, right)
        total, weight, plain, square = 0.0, 0.0, 0.0, 0.0
        for i in range(stocks):
            if known[r, i] and size[r, i] > 0:
                x = np.float64(styles[r, i, which])
                for a in range(count):
                    x -= slope[a] * styles[r, i, others[a]]
                styles[r, i, which] = x
                total += size[r, i] * x
                weight += size[r, i]
                plain += x
        mean, plain = total / weight, plain / n
        for i in range(stocks):
            if known[r, i] and size[r, i] > 0:
                square += (styles[r, i, which] - plain) ** 2
        spread = np.sqrt(square / n)
        for i in range(stocks):
            if known[r, i] and size[r, i] > 0:
                x = np.float64(styles[r, i, which])
                styles[r, i, which] = (x - mean) / spread if spread > 1e-9 else 0.0


@njit(cache=True)
def market_betas(returns: Floats, size: Floats, half_life: float, least: int, out: Floats) -> None:
    """Fill the betas of stocks to all stocks by market value, exponentially weighted.

    Parameters
    ----------
    returns : float64 [T, N]
        NaN where not traded: such a day counts in neither sum.
    size : float64 [T, N]
        Market value at the closes; the day before weighs a return.
    half_life : float
        Trading days.
    least : int
        Traded days that a stock needs.
    out : float64 [T, N]
        Filled. Row t uses returns up to day t.
    """
    days, stocks = returns.shape
    decay = 0.5 ** (1.0 / half_life)
    sums = np.zeros((stocks, 5))  # weight, market, stock, product, square of the market
    counts = np.zeros(stocks, np.int64)
    for t in range(days):
        market, weight = 0.0, 0.0
        if t > 0:
            for i in range(stocks):
                if np.isfinite(returns[t, i]) and size[t - 1, i] > 0:
                    market += size[t - 1, i] * returns[t, i]
                    weight += size[t - 1, i]
        market = market / weight if weight > 0 else np.nan
        for i in range(stocks):
            for k in range(5):
                sums[i, k] *= decay
            r = returns[t, i]
            if np.isfinite(r) and np.isfinite(market):
                sums[i, 0] += 1.0
                sums[i, 1] += market
                sums[i, 2] += r
                sums[i, 3] += market * r
                sums[i, 4] += market * market
                counts[i] += 1
            out[t, i] = np.nan
            if counts[i] >= least:
                w = sums[i, 0]
                square = sums[i, 4] - sums[i, 1] ** 2 / w
                if square > 0:
                    out[t, i] = (sums[i, 3] - sums[i, 1] * sums[i, 2] / w) / square
