"""Tax lots: shares by the day they were bought, first in first out, and the tax they carry.

A lot is a row of :data:`N_PARTS` numbers. The tax that each dividend will cost depends on how long
the share was held when it is sold, so a lot carries one sum for each of the three outcomes.
"""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import ActionBook, TaxBook
from quanthedge.ledger.state import Carried
from quanthedge.typing import Bools, Floats, Ints

_DAY, _SHARES, SHORT, _MID, LONG = range(5)
N_PARTS = 5


@njit(cache=True, allocates=False)
def _alike_for_ever(i: int, lots: Floats, year_begin: int) -> bool:
    """Whether the two oldest lots of a stock are past a year and owe the same a share."""
    if not lots[i, 1, _DAY] < year_begin:
        return False
    apart = lots[i, 0, LONG] * lots[i, 1, _SHARES] - lots[i, 1, LONG] * lots[i, 0, _SHARES]
    return abs(apart) <= 1e-9 * (lots[i, 0, _SHARES] * lots[i, 1, _SHARES])


@njit(cache=True, allocates=False)
def _move_lot(i: int, source: int, target: int, lots: Floats) -> None:
    """Write one lot of a stock over another."""
    for part in range(N_PARTS):
        lots[i, target, part] = lots[i, source, part]


@njit(cache=True, allocates=False)
def add_lot(t: int, i: int, quantity: float, tax: TaxBook, carried: Carried) -> None:
    """Note shares bought on day t; lots older than a year become one where their tax is alike.

    It is where nothing of their dividends is due any more after a year. When all places are taken
    the two oldest become one, whatever they owe.
    """
    lots, count = carried.lots, carried.lot_count
    if lots.shape[1] == 0:
        return
    n = count[i]
    if n > 0 and lots[i, n - 1, _DAY] == t:
        lots[i, n - 1, _SHARES] += quantity
        return
    while n >= 2 and (n == lots.shape[1] or _alike_for_ever(i, lots, tax.year_begin[t])):
        for part in range(_SHARES, N_PARTS):
            lots[i, 1, part] += lots[i, 0, part]
        for k in range(1, n):
            _move_lot(i, k, k - 1, lots)
        n -= 1
    lots[i, n, _DAY] = t
    lots[i, n, _SHARES] = quantity
    lots[i, n, SHORT] = lots[i, n, _MID] = lots[i, n, LONG] = 0.0
    count[i] = n + 1


@njit(cache=True, allocates=False)
def scale_lots(i: int, factor: float, carried: Carried) -> None:
    """Let the lots grow with the holding (bonus shares share the age of what they came from)."""
    if carried.lots.shape[1] == 0:
        return
    for k in range(carried.lot_count[i]):
        carried.lots[i, k, _SHARES] *= factor


@njit(cache=True, allocates=False)
def note_dividend(a: int, i: int, tax: TaxBook, carried: Carried) -> None:
    """Add the tax that action a's dividend will cost at a sale to each lot; before `scale_lots`."""
    lots = carried.lots
    if lots.shape[1] == 0:
        return
    for k in range(carried.lot_count[i]):
        lots[i, k, SHORT] += lots[i, k, _SHARES] * tax.short_term[a]
        lots[i, k, _MID] += lots[i, k, _SHARES] * tax.mid_term[a]
        lots[i, k, LONG] += lots[i, k, _SHARES] * tax.long_term[a]


@njit(cache=True, allocates=False)
def tax_of_sale(t: int, i: int, quantity: float, tax: TaxBook, carried: Carried) -> float:
    """Tax on dividends due where shares are sold on day t from the oldest lots, yuan."""
    lots = carried.lots
    due = 0.0
    left = quantity
    for k in range(carried.lot_count[i] if lots.shape[1] > 0 else 0):
        if left <= 1e-9:
            break
        outcome = LONG
        if lots[i, k, _DAY] >= tax.month_begin[t]:
            outcome = SHORT
        elif lots[i, k, _DAY] >= tax.year_begin[t]:
            outcome = _MID
        due += _share_of_lot(i, k, left, lots) * lots[i, k, outcome]
        left -= min(left, lots[i, k, _SHARES])
    return due


@njit(cache=True, allocates=False)
def _share_of_lot(i: int, k: int, quantity: float, lots: Floats) -> float:
    """Part of a lot that a sale takes, 0..1."""
    shares = lots[i, k, _SHARES]
    return min(quantity, shares) / shares if shares > 0.0 else 1.0


@njit(cache=True, allocates=False)
def take_lots(t: int, i: int, quantity: float, tax: TaxBook, carried: Carried) -> float:
    """Take shares sold on day t from the oldest lots. Returns the tax due, yuan."""
    lots, count = carried.lots, carried.lot_count
    if lots.shape[1] == 0:
        return 0.0
    due = tax_of_sale(t, i, quantity, tax, carried)
    left = quantity
    gone = 0
    for k in range(count[i]):
        if left <= 1e-9:
            break
        taken = min(left, lots[i, k, _SHARES])
        share = _share_of_lot(i, k, left, lots)
        for part in range(_SHARES, N_PARTS):
            lots[i, k, part] *= 1.0 - share
        left -= taken
        if lots[i, k, _SHARES] <= 1e-9:
            gone = k + 1
    if gone > 0:
        for k in range(gone, count[i]):
            _move_lot(i, k, k - gone, lots)
        count[i] -= gone
    return due


@njit(cache=True, allocates=False)
def lock_shares(t: int, i: int, a: int, new: float, book: ActionBook, carried: Carried) -> None:
    """Keep the new shares of action a from being sold before they are listed."""
    if new > 0.0 and book.list_day[a] > t:
        carried.locked[i] += new
        carried.waiting[a] = new


@njit(cache=True, allocates=False)
def shrink_locked(t: int, i: int, factor: float, book: ActionBook, carried: Carried) -> None:
    """Let the new shares that wait to be listed shrink with the holding, each down to whole ones.

    Where a holding grows by a factor, what grows out of them is free.
    """
    if not (factor < 1.0 and carried.locked[i] > 0.0):
        return
    carried.locked[i] = 0.0
    for a in range(book.pointer[t + 1]):
        if book.stock[a] == i and carried.waiting[a] > 0.0:
            carried.waiting[a] = np.floor(carried.waiting[a] * factor + 1e-6)
            carried.locked[i] += carried.waiting[a]


@njit(cache=True, allocates=False)
def list_shares(t: int, book: ActionBook, carried: Carried) -> None:
    """Free the shares that are listed on day t."""
    for k in range(book.listing_pointer[t], book.listing_pointer[t + 1]):
        a = book.listed[k]
        i = book.stock[a]
        carried.locked[i] = max(0.0, carried.locked[i] - carried.waiting[a])
        carried.waiting[a] = 0.0


@njit(cache=True, allocates=False)
def drop_lots(i: int, carried: Carried) -> None:
    """Forget the lots and locks of a stock that is gone."""
    carried.locked[i] = 0.0
    if carried.lots.shape[1] > 0:
        carried.lot_count[i] = 0


@njit(cache=True, allocates=False)
def action_of_day(t: int, i: int, pointer: np.ndarray, stock: np.ndarray) -> int:
    """Return the place of a stock's action of day t (stocks ascend within a day), or -1."""
    low, high = pointer[t], pointer[t + 1]
    while low < high:
        middle = (low + high) // 2
        if stock[middle] < i:
            low = middle + 1
        else:
            high = middle
    return low if low < pointer[t + 1] and stock[low] == i else -1


@njit(cache=True)
def tax_of_events(
    day: Ints,
    place: Ints,
    stock: Ints,
    quantity: Floats,
    gone: Bools,
    cash: Floats,
    tax: TaxBook,
    carried: Carried,
) -> tuple[float, float, float]:
    """Let ex-dates and trades pass over the lots. Returns dividends, tax withheld, tax at sales.

    Events [E] in the order of days. ``place`` below the number of ex-dates [A] is one of them, and
    ``quantity`` then the shares that one share becomes; of a trade it is what was bought, sold
    below 0, and ``gone`` says that the shares were paid out at a delisting.
    """
    held = np.zeros(carried.lot_count.size)
    dividends = withheld = at_sale = 0.0
    for e in range(day.size):
        i, a = stock[e], place[e]
        if a < cash.size:
            old = held[i]
            if old > 0.0:
                dividends += old * cash[a]
                withheld += old * tax.at_payment[a]
                note_dividend(a, i, tax, carried)
                held[i] = np.floor(old * quantity[e] + 1e-6)
                scale_lots(i, held[i] / old, carried)
            continue
        held[i] += quantity[e]
        if quantity[e] > 0.0:
            add_lot(day[e], i, quantity[e], tax, carried)
        elif gone[e]:
            drop_lots(i, carried)
        else:
            at_sale += take_lots(day[e], i, -quantity[e], tax, carried)
    return dividends, withheld, at_sale
