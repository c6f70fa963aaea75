"""Whole lots of several index futures that hedge one book together.

A book that is exposed to P indices is sold short with P products whose lots are whole and whose
carries differ: variance of what is left over is weighed against the carry of the contracts
(Markowitz, H., 1952, "Portfolio selection"). The lots are found exactly: the continuous optimum
under the bounds is the centre of an ellipsoid that holds every better choice, and the lattice
points in it are visited one by one (Fincke, U. and Pohst, M., 1985, "Improved methods for
calculating vectors of short length in a lattice").
"""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.typing import Floats

__all__ = ["joint_cost", "joint_lots"]


_RIDGE = 1e-9  # of a variance: keeps the ellipsoid bounded when indices are perfectly correlated
_SWEEPS = 20_000
_VISITS = 100_000  # lattice points looked at before the best so far is taken


@njit(cache=True)
def joint_cost(
    short: Floats, exposure: Floats, covariance: Floats, aversion: float, carry: Floats
) -> float:
    """Return ``aversion / 2 (e - h)'S(e - h) + carry'h``, yuan a year.

    Parameters
    ----------
    short, exposure, carry : float64 [P]
    covariance : float64 [P, P]
    aversion : float

    """
    total = 0.0
    for p in range(short.size):
        row = 0.0
        for q in range(short.size):
            row += covariance[p, q] * (exposure[q] - short[q])
        total += 0.5 * aversion * (exposure[p] - short[p]) * row + carry[p] * short[p]
    return total


@njit(cache=True)
def _descend(
    short: Floats, exposure: Floats, covariance: Floats, price: Floats, top: Floats, exact: float
) -> float:
    """Minimise over the box 0 <= h <= top by coordinates, in place; return the sum of h.

    ``price`` is the linear cost of h in units of aversion.
    """
    for _ in range(_SWEEPS):
        moved = 0.0
        for p in range(short.size):
            others = 0.0
            for q in range(short.size):
                if q != p:
                    others += covariance[p, q] * (exposure[q] - short[q])
            best = exposure[p] + (others - price[p]) / covariance[p, p]
            best = min(top[p], max(0.0, best))
            moved = max(moved, abs(best - short[p]))
            short[p] = best
        if moved <= exact:
            break
    return short.sum()


@njit(cache=True)
def _continuous(
    exposure: Floats,
    covariance: Floats,
    price: Floats,
    top: Floats,
    lowest: float,
    highest: float,
    exact: float,
) -> Floats:
    """Short values that minimise the cost in the box and the total's bounds, [P].

    A bound on the total acts like a price per yuan short, which is searched for.
    """
    short = np.minimum(top, np.maximum(0.0, exposure))
    total = _descend(short, exposure, covariance, price, top, exact)
    wanted = min(max(total, lowest), highest)
    if wanted == total:
        return short
    unit = np.trace(covariance) * max(1.0, abs(wanted - total))
    sign = 1.0 if wanted > total else -1.0
    near, near_gap = 0.0, total - wanted
    far, far_gap = sign * unit, 0.0
    for _ in range(60):
        far_gap = _descend(short, exposure, covariance, price - far, top, exact) - wanted
        if sign * far_gap >= 0.0:
            break
        near, near_gap = far, far_gap
        far *= 2.0
    for step in range(200):  # the total is a piecewise linear, rising function of the subsidy
        middle = near - near_gap * (far - near) / (far_gap - near_gap)
        if step % 3 == 2:
            middle = 0.5 * (near + far)
        gap = _descend(short, exposure, covariance, price - middle, top, exact) - wanted
        if abs(gap) <= 100.0 * exact:
            break
        if sign * gap >= 0.0:
            far, far_gap = middle, gap
        else:
            near, near_gap = middle, gap
    return short


@njit(cache=True)
def _violation(total: float, lowest: float, highest: float) -> float:
    """Yuan by which a total is outside its bounds; rounding of the sum does not count."""
    outside = max(lowest - total, total - highest, 0.0)
    return 0.0 if outside <= 1e-9 * abs(total) else outside


@njit(cache=True)
def _nearby(
    middle: Floats,
    reach: int,
    exposure: Floats,
    covariance: Floats,
    aversion: float,
    carry: Floats,
    lot_value: Floats,
    lowest: float,
    highest: float,
    ceiling: Floats,
    best: Floats,
) -> tuple[float, float]:
    """Best lots at most ``reach`` from the middle, into ``best``; return violation and cost."""
    products = middle.size
    width = 2 * reach + 1
    least, cost = np.inf, np.inf
    lots = np.empty(products)
    for number in range(width**products):
        rest = number
        inside = True
        for p in range(products):
            # 0, +1, -1, ...: of equal choices the one nearest to the middle is met first
            k = rest % width
            rest //= width
            lots[p] = middle[p] + ((k + 1) // 2 if k % 2 == 1 else -(k // 2))
            inside = inside and 0.0 <= lots[p] <= ceiling[p]
        if not inside:
            continue
        short = lots * lot_value
        outside = _violation(short.sum(), lowest, highest)
        if outside > least:
            continue
        value = joint_cost(short, exposure, covariance, aversion, carry)
        if outside < least or value < cost - 1e-12 * abs(cost):
            least, cost = outside, value
            best[:] = lots
    return least, cost


@njit(cache=True)
def _search(
    centre: Floats,
    exposure: Floats,
    covariance: Floats,
    aversion: float,
    carry: Floats,
    lot_value: Floats,
    lowest: float,
    highest: float,
    ceiling: Floats,
    best: Floats,
    cost: float,
) -> None:
    """Visit every whole choice that could beat ``best`` and keep the best, in place.

    For any h inside the bounds the cost is at least that of the centre (the continuous optimum)
    plus ``aversion / 2 (h - c)'S(h - c)``, so better ones lie in an ellipsoid around it.
    """
    products = centre.size
    scaled = np.empty((products, products))  # of whole lots
    for p in range(products):
        for q in range(products):
            scaled[p, q] = 0.5 * aversion * covariance[p, q] * lot_value[p] * lot_value[q]
        scaled[p, p] *= 1.0 + _RIDGE
    root = np.linalg.cholesky(scaled).T  # upper: the last product is chosen first
    middle = centre / lot_value
    floor = joint_cost(centre, exposure, covariance, aversion, carry)
    slack = 1e-9 * abs(cost) + 1e-12
    lots = np.zeros(products)
    spent = np.zeros(products + 1)  # distance of the products from p on
    shift = np.zeros(products)
    high = np.zeros(products)
    p = products - 1
    fresh = True
    visits = 0
    while p < products:
        if fresh:
            left = max(0.0, cost - floor + slack - spent[p + 1])
            shift[p] = 0.0
            for q in range(p + 1, products):
                shift[p] += root[p, q] * (lots[q] - middle[q])
            place = middle[p] - shift[p] / root[p, p]
            half = np.sqrt(left) / root[p, p]
            lots[p] = max(0.0, np.ceil(place - half)) - 1.0
            high[p] = min(ceiling[p], np.floor(place + half))
            fresh = False
        lots[p] += 1.0
        visits += 1
        if visits > _VISITS:
            return
        if lots[p] > high[p]:
            p += 1
            continue
        away = root[p, p] * (lots[p] - middle[p]) + shift[p]
        spent[p] = spent[p + 1] + away * away
        if spent[p] > cost - floor + slack:
            continue
        if p > 0:
            p -= 1
            fresh = True
            continue
        short = lots * lot_value
        if _violation(short.sum(), lowest, highest) > 0.0:
            continue
        value = joint_cost(short, exposure, covariance, aversion, carry)
        if value < cost - 1e-12 * abs(cost):
            cost = value
            best[:] = lots


@njit(cache=True)
def joint_lots(
    exposure: Floats,
    covariance: Floats,
    aversion: float,
    carry: Floats,
    lot_value: Floats,
    lowest: float,
    highest: float,
    ceiling: Floats,
) -> Floats:
    """Return the whole lots to be short of each product, at least 0.

    Parameters
    ----------
    exposure : float64 [P]
        Value of each index that the book is exposed to, yuan.
    covariance : float64 [P, P]
        Of the indices' returns, a year.
    aversion : float
        Risk aversion / equity, 1 / yuan. 0: the least variance, whatever the carry.
    carry : float64 [P]
        Expected cost of being short, a year and per yuan; negative where it earns, NaN counts 0.
    lot_value : float64 [P]
        Yuan of one lot, > 0.
    lowest, highest : float
        Bounds of the total short value, yuan; NaN = none.
    ceiling : float64 [P]
        Most lots of each product; infinity = no limit.

    Returns
    -------
    float64 [P]

    Notes
    -----
    Minimises ``aversion / 2 (e - h)'S(e - h) + carry'h`` over ``h = lots x lot_value`` within the
    bounds. Equal choices go to the one nearest to the continuous optimum; a half is rounded up.
    When no choice within two lots of the continuous optimum is inside the bounds, the one within
    two lots with the least violation is taken, of these the cheapest. A product without a known
    variance (0 or NaN) counts as moving on its own as much as the most volatile one; when none is
    known, the nearest lots are taken whatever the carry.

    """
    products = exposure.size
    known = np.zeros(products, dtype=np.bool_)
    largest = 0.0
    for p in range(products):
        known[p] = np.isfinite(covariance[p]).all() and covariance[p, p] > 0.0
        if known[p]:
            largest = max(largest, covariance[p, p])
    weighed = aversion > 0.0 and largest > 0.0
    matrix = np.zeros((products, products))
    for p in range(products):
        for q in range(products):
            if known[p] and known[q]:
                matrix[p, q] = covariance[p, q]
        if not known[p]:
            matrix[p, p] = largest if largest > 0.0 else 1.0
    weight = aversion if weighed else 1.0
    cost = np.zeros(products)
    for p in range(products):
        if weighed and np.isfinite(carry[p]):
            cost[p] = carry[p]
    low = 0.0 if np.isnan(lowest) else lowest
    high = np.inf if np.isnan(highest) else highest
    top = ceiling * lot_value
    exact = 1e-10 * lot_value.min()
    reachable = min(max(0.0, low), top.sum())
    centre = _continuous(
        exposure, matrix, cost / weight, top, reachable, max(high, reachable), exact
    )
    middle = np.minimum(np.floor(ceiling), np.floor(centre / lot_value + 0.5))
    best = middle.copy()
    reach = 1
    outside, value = _nearby(
        middle, reach, exposure, matrix, weight, cost, lot_value, low, high, ceiling, best
    )
    if outside > 0.0:
        outside, value = _nearby(
            middle, 2, exposure, matrix, weight, cost, lot_value, low, high, ceiling, best
        )
    if outside == 0.0 and products > 1:
        _search(centre, exposure, matrix, weight, cost, lot_value, low, high, ceiling, best, value)
    return best
