"""Step 7 of docs/ledger.md for a sleeve that states its contracts, compiled.

What is wanted stands in ``state.wanted_lots`` [C] in signed lots, NaN where no order is open. The
legs of a sleeve are traded together: what one of them cannot do, no other does. Lots that are to go
are tried every day until they are gone, lots to be opened as long as orders of stocks. Where the
legs in stocks go together with them, ``worth`` is what the stocks carry of lots against them, yuan,
infinite where nothing waits (:mod:`.legs`).
"""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import FutureBook, Settings
from quanthedge.ledger.kernels.futures import (
    close_now,
    limit_room,
    locked_limit,
    opening_room,
    trade_at_fill,
)
from quanthedge.ledger.kernels.legs import (
    against_stocks,
    lot_value,
    lots_to_go,
    lots_to_open,
    more_against,
    note_ratio,
    part_by_stocks,
    side_of,
    way_of_stocks,
)
from quanthedge.ledger.kernels.margin import margin_elsewhere, part_by_money, to_futures_account
from quanthedge.ledger.kernels.sheet import FuturesDay, Logs, Sheet, refuse
from quanthedge.ledger.kernels.wanted_lots import nearest_lots
from quanthedge.ledger.layout import (
    BUY,
    DONE,
    FLOW,
    FUTURE,
    FUTURES_CASH,
    LOT_DAYS_LEFT,
    MARGIN,
    NO_PRICE,
    OTHER_LEG,
    REBALANCE,
    RETRY,
    SELL,
)
from quanthedge.ledger.sleeves import SleeveTargets
from quanthedge.ledger.state import LedgerState

__all__ = ["known_part", "plan_lots", "strike_lots", "trade_lots"]


@njit(cache=True, allocates=False)
def _state_lots(
    t: int, r: int, equity: float, targets: SleeveTargets, futures: FutureBook, state: LedgerState,
    logs: Logs,
) -> None:  # fmt: skip
    """Write the lots that row r of the targets wants; contracts it does not name are closed."""
    wanted, lots = state.wanted_lots, state.lots
    for c in range(lots.size):
        wanted[c] = 0.0 if lots[c] != 0.0 else np.nan
    product = -1
    value = np.nan
    for k in range(targets.lot_pointer[r], targets.lot_pointer[r + 1]):
        c = targets.contracts[k]
        if np.isnan(targets.exposures[k]):  # what is held stays, to be delivered
            wanted[c] = np.nan
            continue
        if futures.product[c] != product:  # the legs of a spread have as many lots as the first
            product, value = futures.product[c], lot_value(t, c, futures)
        if np.isnan(value) or np.isnan(lot_value(t, c, futures)):
            refuse(logs, t, FUTURE, c, BUY if targets.exposures[k] > 0.0 else SELL, 0.0, 0.0,
                   NO_PRICE)  # fmt: skip
            continue
        wanted[c] = nearest_lots(targets.exposures[k] * equity, value, True)


@njit(cache=True, allocates=False)
def plan_lots(
    t: int, r: int, flow: float, equity: float, retry_days: int, together: bool,
    targets: SleeveTargets, futures: FutureBook, state: LedgerState, logs: Logs,
) -> int:  # fmt: skip
    """Write the lots wanted today. Returns the reason of the day's orders."""
    scalars, wanted, lots = state.scalars, state.wanted_lots, state.lots
    if r >= 0:
        _state_lots(t, r, equity, targets, futures, state, logs)
        if together:
            note_ratio(r, targets, state)
        scalars[LOT_DAYS_LEFT] = retry_days
        return REBALANCE
    if flow != 0.0:
        for c in range(lots.size):
            there = lots[c] if np.isnan(wanted[c]) else wanted[c]
            if there != 0.0:
                wanted[c] = nearest_lots(there * (1.0 + flow), 1.0, True)
        scalars[LOT_DAYS_LEFT] = retry_days
        return FLOW
    scalars[LOT_DAYS_LEFT] = max(-1.0, scalars[LOT_DAYS_LEFT] - 1.0)
    return RETRY


@njit(cache=True, allocates=False)
def _part_kept(
    t: int, worth: float, futures: FutureBook, state: LedgerState, day: FuturesDay
) -> float:
    """Part of the lots to go that stays because the stocks have not gone, or others cannot come.

    That is what the stocks are worth beyond the lots that stay and those that limits let be opened.
    """
    going = 0.0
    for c in range(state.lots.size):
        back = lots_to_go(c, state)
        if back > 0.0:
            going -= way_of_stocks(state) * side_of(state.lots[c]) * back * lot_value(t, c, futures)
    if worth == np.inf or not going > 0.0:
        return 0.0
    there = against_stocks(t, futures, state) - going
    part = min(_part_by_limits(t, futures, state, day)[0],
               part_by_stocks(t, worth, there, futures, state))  # fmt: skip
    missing = worth - there - more_against(t, part, futures, state)[0]
    return min(1.0, max(0.0, missing / going))


@njit(cache=True, allocates=False)
def _close_legs(
    t: int, reason: int, slippage: float, worth: float, futures: FutureBook, state: LedgerState,
    day: FuturesDay, sheet: Sheet,
) -> None:  # fmt: skip
    """Close what is to go: all legs, or none where one is locked and none ends tomorrow."""
    lots = state.lots
    locked = False
    ends = False
    for c in range(lots.size):
        if lots_to_go(c, state) > 0.0:
            locked |= locked_limit(t, c, -side_of(lots[c]), futures) != DONE
            ends |= t + 1 >= futures.last_day[c]
    kept = _part_kept(t, worth, futures, state, day)
    for c in range(lots.size):
        back = lots_to_go(c, state)
        if back == 0.0:
            continue
        side = side_of(lots[c])
        if locked and not ends:
            why = locked_limit(t, c, -side, futures)
            refuse(sheet.logs, t, FUTURE, c, -side, back, 0.0, why if why != DONE else OTHER_LEG)
            continue
        stays = np.floor(kept * back + 1e-9)
        if stays > 0.0:
            refuse(sheet.logs, t, FUTURE, c, -side, back, back - stays, OTHER_LEG)
        if back > stays:
            close_now(t, c, back - stays, side, reason, slippage, futures, state, day.over, sheet)


@njit(cache=True, allocates=False)
def _close_excess(
    t: int, reason: int, slippage: float, worth: float, futures: FutureBook, state: LedgerState,
    day: FuturesDay, sheet: Sheet,
) -> None:  # fmt: skip
    """Close whole lots of all legs that are to stay beyond what the stocks are worth."""
    lots = state.lots
    stays = 0.0
    for c in range(lots.size):
        if lots[c] != 0.0 and lots_to_go(c, state) == 0.0:
            stays -= way_of_stocks(state) * lots[c] * lot_value(t, c, futures)
    excess = against_stocks(t, futures, state) - worth
    if not (excess > 0.0 and stays > 0.0):
        return
    part = min(1.0, excess / stays)
    for c in range(lots.size):
        back = np.floor(part * abs(lots[c]) + 1e-9)
        if back > 0.0 and lots_to_go(c, state) == 0.0:
            close_now(
                t, c, back, side_of(lots[c]), reason, slippage, futures, state, day.over, sheet
            )


@njit(cache=True, allocates=False)
def _part_by_limits(
    t: int, futures: FutureBook, state: LedgerState, day: FuturesDay
) -> tuple[float, int, int]:
    """Return the part of the lots to be opened that all legs can have, what bounds it, where."""
    part = 1.0
    why = DONE
    leg = -1
    for c in range(state.lots.size):
        more = lots_to_open(c, state)
        if more > 0.0:
            side = side_of(state.wanted_lots[c])
            room, bound = opening_room(t, c, abs(state.lots[c]), side, futures, day)
            if room < part * more:
                part, why, leg = room / more, bound, c
    return part, why, leg


@njit(cache=True, allocates=False)
def _margin_of_more(t: int, futures: FutureBook, state: LedgerState) -> tuple[float, float]:
    """Margin of all lots to be opened, at the fill, yuan: short and long, as of those held."""
    total = 0.0
    long = 0.0
    for c in range(state.lots.size):
        more = lots_to_open(c, state)
        if more > 0.0:
            multiplier = futures.multiplier[futures.product[c]]
            own = futures.margin_rate[t + 1, c] * multiplier * futures.fill_price[t, c] * more
            total += own
            if futures.larger_side[t + 1] and state.wanted_lots[c] > 0.0:
                long += own
    return total - long, long


@njit(cache=True, allocates=False)
def known_part(
    t: int, money: float, beside: float, futures: FutureBook, state: LedgerState, day: FuturesDay
) -> float:
    """Part of the lots to be opened that limits and money allow, as known before the fill.

    ``money`` is that of both accounts, ``beside`` the value of the stocks that it pays too, yuan.
    """
    part = 1.0
    short = beside
    long = beside if futures.larger_side[t + 1] else 0.0
    for c in range(state.lots.size):
        more = lots_to_open(c, state)
        if more > 0.0:
            side = side_of(state.wanted_lots[c])
            part = min(part, limit_room(t, c, abs(state.lots[c]), side, futures, day)[0] / more)
            own = futures.margin_rate[t + 1, c] * lot_value(t, c, futures) * more
            if futures.larger_side[t + 1] and side == BUY:
                long += own
            else:
                short += own
    if np.isnan(short + long):  # a contract without a price
        return 0.0
    there = margin_elsewhere(t, -1, state.lots, futures, day.others)
    return min(part, part_by_money(money, there, (short, long))[0])


@njit(cache=True, allocates=False)
def _open_legs(
    t: int, reason: int, withdrawable: float, worth: float, settings: Settings,
    futures: FutureBook, state: LedgerState, day: FuturesDay, sheet: Sheet,
) -> float:  # fmt: skip
    """Open what limits, stocks and money allow of every leg. Returns the withdrawable cash."""
    scalars, lots, wanted = state.scalars, state.lots, state.wanted_lots
    part, why, leg = _part_by_limits(t, futures, state, day)
    if worth < np.inf:
        there = against_stocks(t, futures, state)
        by_stocks = part_by_stocks(t, worth, there, futures, state)
        if by_stocks < part:
            part, why, leg = by_stocks, OTHER_LEG, -1
    asked = _margin_of_more(t, futures, state) if part > 0.0 else (0.0, 0.0)
    if asked[0] + asked[1] > 0.0:
        there = margin_elsewhere(t, -1, lots, futures, day.others)
        if futures.larger_side[t + 1]:
            most, required = part_by_money(
                scalars[FUTURES_CASH] + withdrawable, there,
                (part * asked[0], part * asked[1]),
            )  # fmt: skip
            if most < 1.0:
                part, why, leg = part * most, MARGIN, -1
        else:
            money = max(0.0, scalars[FUTURES_CASH] + withdrawable - there[0])
            if money < part * asked[0]:
                part, why, leg = money / asked[0], MARGIN, -1
            required = part * asked[0] + there[0]
        target = settings.target_multiple * required
        moved = min(withdrawable, max(0.0, target - scalars[FUTURES_CASH]))
        withdrawable -= to_futures_account(moved, scalars)
    for c in range(lots.size):
        more = lots_to_open(c, state)
        if more == 0.0:
            continue
        side, opened = side_of(wanted[c]), np.floor(part * more + 1e-9)
        if opened < more:
            of_leg = why if leg == c or leg < 0 else OTHER_LEG
            refuse(sheet.logs, t, FUTURE, c, side, more, opened, of_leg)
        if opened > 0.0:
            trade_at_fill(
                t, c, side * opened, reason, settings.futures_slippage, futures, state, sheet
            )
            day.traded[c] += side * opened
            day.opened[c] += opened
    return withdrawable


@njit(cache=True, allocates=False)
def trade_lots(
    t: int, reason: int, withdrawable: float, worth: float, moved: bool, settings: Settings,
    futures: FutureBook, state: LedgerState, day: FuturesDay, sheet: Sheet,
) -> float:  # fmt: skip
    """Bring the sleeve's contracts to the lots wanted. Returns the withdrawable cash.

    ``moved`` says that the stocks may have, so that lots beyond their worth are closed.
    """
    slippage = settings.futures_slippage
    _close_legs(t, reason, slippage, worth, futures, state, day, sheet)
    if moved and worth < np.inf:
        _close_excess(t, reason, slippage, worth, futures, state, day, sheet)
    if state.scalars[LOT_DAYS_LEFT] >= 0.0:
        withdrawable = _open_legs(
            t, reason, withdrawable, worth, settings, futures, state, day, sheet
        )
    return withdrawable


@njit(cache=True, allocates=False)
def strike_lots(waits: bool, state: LedgerState) -> None:
    """Forget orders that are done or late; one whose other leg may still move stands till then."""
    wanted, lots = state.wanted_lots, state.lots
    for c in range(lots.size):
        done = wanted[c] == lots[c] and not waits
        late = state.scalars[LOT_DAYS_LEFT] <= 0.0 and lots_to_go(c, state) == 0.0
        if done or late:
            wanted[c] = np.nan
