"""Margin of contracts and the two accounts: steps 2 and 8 of docs/ledger.md, compiled."""

import numpy as np

from quanthedge.compiled import njit
from quanthedge.ledger.inputs import FutureBook, Settings
from quanthedge.ledger.layout import (
    EQUITY,
    FUTURES_CASH,
    LOAN,
    LOAN_TARGET,
    OWED,
    PLEDGED,
    RAISE_CASH,
    SMALLEST_DEBT,
    STOCK_CASH,
)
from quanthedge.typing import Floats

__all__ = [
    "after_margin",
    "any_lots",
    "ask_for_cash",
    "fee_of_cut",
    "margin_elsewhere",
    "margin_required",
    "morning_treasury",
    "part_by_money",
    "pay_margin",
    "price_before",
    "to_futures_account",
    "write_lots_kept",
]


@njit(cache=True, allocates=False)
def any_lots(lots: Floats) -> bool:
    """Whether any sleeve holds a contract; [S, C]."""
    for s in range(lots.shape[0]):
        for c in range(lots.shape[1]):
            if lots[s, c] != 0.0:
                return True
    return False


@njit(cache=True, allocates=False)
def _margin_of(t1: int, c: int, futures: FutureBook, lots: float) -> float:
    """Margin of lots of a contract at the settlement of the day in row t1 (day t1 - 1), yuan."""
    multiplier = futures.multiplier[futures.product[c]]
    return futures.margin_rate[t1, c] * multiplier * futures.settlement[t1, c] * abs(lots)


@njit(cache=True, allocates=False)
def margin_required(t1: int, lots: Floats, futures: FutureBook) -> float:
    """Margin of all lots [S, C] at the settlement of the day in row t1 (day t1 - 1), yuan.

    Where the exchange asks it on the larger side only, that is the larger of all long and all
    short lots.
    """
    total = 0.0
    long = 0.0
    short = 0.0
    for s in range(lots.shape[0]):
        for c in range(lots.shape[1]):
            if lots[s, c] != 0.0:
                own = _margin_of(t1, c, futures, lots[s, c])
                total += own
                if lots[s, c] > 0.0:
                    long += own
                else:
                    short += own
    return max(long, short) if futures.larger_side[t1] else total


@njit(cache=True, allocates=False)
def to_futures_account(amount: float, scalars: Floats) -> float:
    """Move money between the accounts (below 0: back to the stocks). Returns what was moved."""
    scalars[FUTURES_CASH] += amount
    scalars[STOCK_CASH] -= amount
    return amount


@njit(cache=True, allocates=False)
def morning_treasury(
    t: int, traded: bool, targets: bool, settings: Settings, futures: FutureBook, scalars: Floats,
    lots: Floats,
) -> float:  # fmt: skip
    """Step 2: futures account to its target, loan. Returns the withdrawable stock cash.

    ``traded`` says that targets are traded today, ``targets`` that there are any; ``lots`` [S, C]
    are those of all sleeves.
    """
    withdrawable = scalars[STOCK_CASH] - scalars[PLEDGED]
    cash = scalars[FUTURES_CASH]
    moved = 0.0
    if any_lots(lots):
        required = margin_required(t, lots, futures)
        if cash < settings.call_multiple * required:
            moved = max(0.0, min(withdrawable, settings.target_multiple * required - cash))
        elif cash > settings.release_multiple * required:
            moved = settings.target_multiple * required - cash
        elif scalars[OWED] > withdrawable:
            spare = max(0.0, cash - settings.target_multiple * required)
            moved = -min(spare, scalars[OWED] - withdrawable)
    elif cash > 0.0:
        moved = -cash
    else:
        moved = max(0.0, min(withdrawable, -cash))
    withdrawable -= to_futures_account(moved, scalars)
    if traded:
        scalars[LOAN_TARGET] = settings.borrowed * max(0.0, scalars[EQUITY]) if targets else 0.0
        drawn = max(0.0, scalars[LOAN_TARGET] - scalars[LOAN])
        scalars[LOAN] += drawn
        scalars[STOCK_CASH] += drawn
        withdrawable += drawn
    if scalars[LOAN] > scalars[LOAN_TARGET]:
        repaid = max(0.0, min(withdrawable, scalars[LOAN] - scalars[LOAN_TARGET]))
        scalars[LOAN] -= repaid
        scalars[STOCK_CASH] -= repaid
        withdrawable -= repaid
    return withdrawable


@njit(cache=True, allocates=False)
def price_before(t: int, c: int, futures: FutureBook) -> float:
    """Price of a contract before the day's trading: of a new one that of its first fill."""
    price = futures.settlement[t, c]
    return futures.fill_price[t, c] if np.isnan(price) else price


@njit(cache=True, allocates=False)
def margin_elsewhere(
    t: int, c: int, lots: Floats, futures: FutureBook, others: Floats
) -> tuple[float, float]:
    """Margin of all lots but a sleeve's own in contract c, at the last prices known, yuan.

    Of those sold short, and of those held long; where the exchange asks for both sides together
    there is no need to tell them apart, and the first is that of all.
    """
    total = 0.0
    long = 0.0
    for o in range(lots.size):
        there = others[o, 0] + others[o, 1]
        if o != c:
            there += abs(lots[o])
        if there == 0.0:
            continue
        price = price_before(t, o, futures)
        per_lot = futures.margin_rate[t + 1, o] * futures.multiplier[futures.product[o]] * price
        total += per_lot * there
        if futures.larger_side[t + 1]:
            long += per_lot * (others[o, 1] + (max(0.0, lots[o]) if o != c else 0.0))
    return total - long, long


@njit(cache=True, allocates=False)
def part_by_money(
    money: float, there: tuple[float, float], asked: tuple[float, float]
) -> tuple[float, float]:
    """Part of new lots that money carries, at most 1, and the margin of all lots with it, yuan.

    Short and long side: what is ``there``, and what new lots ask for. As of the larger side.
    """
    part = 1.0
    for k in range(2):
        if there[k] + part * asked[k] > money:
            part = max(0.0, (money - there[k]) / asked[k]) if asked[k] > 0.0 else 0.0
    return part, max(there[0] + part * asked[0], there[1] + part * asked[1])


@njit(cache=True, allocates=False)
def fee_of_cut(t: int, c: int, cut: float, opened: float, futures: FutureBook) -> float:
    """Fee of lots closed at the settlement price, those opened today first, yuan."""
    p = futures.product[c]
    lot = futures.multiplier[p] * futures.settlement[t + 1, c]
    today = min(cut, opened)
    fee = futures.close_today_rate[t, p] * today * lot
    return fee + futures.fee_rate[t, p] * (cut - today) * lot + futures.order_fee_yuan[t, p]


@njit(cache=True, allocates=False)
def write_lots_kept(
    t: int, slippage: float, cash: float, futures: FutureBook, lots: Floats, opened: Floats,
    kept: Floats,
) -> None:  # fmt: skip
    """Write the lots [S, C], without sign, that the account can carry once the rest is closed.

    Closed at the settlement price, lot by lot of the contract of a sleeve that asks for the most.
    """
    for s in range(lots.shape[0]):
        for c in range(lots.shape[1]):
            kept[s, c] = abs(lots[s, c])
    while True:
        costs = 0.0
        need = 0.0
        short = 0.0
        most = 0.0
        first = -1
        largest = -1
        for s in range(lots.shape[0]):
            for c in range(lots.shape[1]):
                if kept[s, c] > 0.0:
                    own = _margin_of(t + 1, c, futures, kept[s, c])
                    need += own
                    short += own if lots[s, c] < 0.0 else 0.0
                    if own > most:
                        first, largest, most = s, c, own
                cut = abs(lots[s, c]) - kept[s, c]
                if cut > 0.0:
                    lot = futures.multiplier[futures.product[c]] * futures.settlement[t + 1, c]
                    costs += fee_of_cut(t, c, cut, opened[s, c], futures) + slippage * cut * lot
        if futures.larger_side[t + 1]:
            need = max(short, need - short)
        if largest < 0 or cash - costs >= need - SMALLEST_DEBT:
            return
        kept[first, largest] -= 1.0


@njit(cache=True, allocates=False)
def pay_margin(withdrawable: float, required: float, settings: Settings, scalars: Floats) -> float:
    """Step 8, margin: call money from the stock account. Returns the withdrawable cash."""
    if scalars[FUTURES_CASH] < required:
        target = settings.target_multiple * required
        moved = max(0.0, min(withdrawable, target - scalars[FUTURES_CASH]))
        withdrawable -= to_futures_account(moved, scalars)
    return withdrawable


@njit(cache=True, allocates=False)
def after_margin(
    withdrawable: float, required: float, settings: Settings, scalars: Floats, lots: Floats
) -> float:
    """Step 8, margin paid: what is to be raised tomorrow, and a debt of an account without lots.

    ``required`` is the margin before lots were cut. Returns the withdrawable cash.
    """
    ask_for_cash(required, settings, scalars)
    if not any_lots(lots) and scalars[FUTURES_CASH] < 0.0:
        moved = max(0.0, min(withdrawable, -scalars[FUTURES_CASH]))
        withdrawable -= to_futures_account(moved, scalars)
        scalars[RAISE_CASH] = max(scalars[RAISE_CASH], -scalars[FUTURES_CASH])
    return withdrawable


@njit(cache=True, allocates=False)
def ask_for_cash(required: float, settings: Settings, scalars: Floats) -> None:
    """Set what is to be raised out of the stocks tomorrow: margin, and what investors are owed."""
    cash = scalars[FUTURES_CASH] + scalars[STOCK_CASH] - scalars[PLEDGED]
    scalars[RAISE_CASH] = 0.0
    if cash < settings.call_multiple * required:
        scalars[RAISE_CASH] = settings.target_multiple * required - cash
    if scalars[OWED] > 0.0:
        spare = max(0.0, scalars[FUTURES_CASH] - settings.target_multiple * required)
        lacking = scalars[OWED] + scalars[PLEDGED] - scalars[STOCK_CASH] - spare
        scalars[RAISE_CASH] = max(scalars[RAISE_CASH], lacking)
