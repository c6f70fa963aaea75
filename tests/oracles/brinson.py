"""Brinson's split of one day of a run, from its definition, stock by stock in plain loops.

It shares with the package the weights of the index's members and nothing else: holdings are those
on record at the close before.
"""

from collections import defaultdict
from typing import NamedTuple

import numpy as np
import pandas as pd

from quanthedge.market import Market
from quanthedge.record import Record
from quanthedge.risk import index_weights


class Day(NamedTuple):
    """Yuan of a day: by industry, and what the members miss of the index."""

    allocation: dict[str, float]
    selection: dict[str, float]
    missed: float


def events_until(market: Market, row: int) -> dict[str, list[tuple[np.datetime64, ...]]]:
    """Ex-date, bonus, rights and their price of the events of each stock up to a day."""
    found = defaultdict(list)
    for one in market.corporate_actions().itertuples():
        day = np.datetime64(one.ex_date, "D")
        if day <= market.dates[row]:
            event = day, one.bonus_per_share, one.rights_per_share, one.rights_price
            found[one.code].append(event)
    return found


def gain_of_a_share(market: Market, row: int, column: int, events: list[tuple]) -> float:
    """What a share of the close before gained by the close; cash dividends are none of it.

    What was given in an event since the stock last traded comes when it trades again: bonus shares,
    and rights, which are taken up. Without a row of the table shares grow by the factor's step.
    """
    mark, factor, traded = (market.panel(name) for name in ("mark", "adj_factor", "pre_close"))
    before, now = float(mark[row - 1, column]), float(mark[row, column])
    if not np.isfinite(traded[row, column]):
        return 0.0
    last = row - 1
    while last > 0 and not np.isfinite(traded[last, column]):
        last -= 1
    due = [event for event in events if event[0] > market.dates[last]]
    if not due:
        return now * float(factor[row, column] / factor[row - 1, column]) - before
    assert len(due) == 1
    _, bonus, rights, price = due[0]
    return (1.0 + bonus + rights) * now - (rights * price if rights else 0.0) - before


def brinson_of_a_day(result: Record, market: Market, day: pd.Timestamp) -> Day:
    """Return the split of the day after a day on which holdings were recorded."""
    ledger = result.ledger
    place = int(ledger.index.get_loc(day))
    before, row = ledger.iloc[place - 1], market.day(f"{day:%Y-%m-%d}")
    beta = float(before["book_beta"])
    moved = float(ledger["index_close"].iloc[place] / before["index_close"]) - 1.0
    number, known = market.industry()
    codes, events = list(market.codes), events_until(market, row)

    def gain(column: int) -> float:
        return gain_of_a_share(market, row, column, events[codes[column]])

    def industry(column: int) -> str:
        own = int(number[row - 1, column])
        return "none" if own < 0 else str(known["industry"].iloc[own])

    held, gained = defaultdict(float), defaultdict(float)
    positions = result.positions[result.positions["date"] == ledger.index[place - 1]]
    for code, shares, price in positions[["code", "shares", "price"]].to_numpy():
        column = codes.index(code)
        held[industry(column)] += shares * price
        gained[industry(column)] += shares * gain(column)
    weight, earned = defaultdict(float), defaultdict(float)
    weights = index_weights(market, result.strategy.benchmark).on(np.array([row - 1]))[0]
    for column in np.flatnonzero(weights > 0):
        last = float(market.panel("mark")[row - 1, column])
        weight[industry(column)] += weights[column]
        earned[industry(column)] += weights[column] * gain(int(column)) / last
    stocks, whole = sum(held.values()), sum(earned.values())
    allocation, selection = {}, {}
    for name in {*held, *weight}:
        own = earned[name] / weight[name] if weight[name] > 0 else whole
        allocation[name] = beta * (held[name] - stocks * weight[name]) * (own - whole)
        selection[name] = gained[name] - beta * held[name] * own
    return Day(allocation, selection, beta * stocks * (whole - moved))
