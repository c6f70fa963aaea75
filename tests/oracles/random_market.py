"""Small markets for the ledger: a calm one for worked cases, and nasty random ones."""

import math
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from quanthedge.hedge.policies import (
    AllOf,
    AnyOf,
    Band,
    Calendar,
    Deviation,
    LeverageTrigger,
    NoTradeBand,
    PriceMove,
)
from tests.oracles.ledger import Action, Flow, LedgerInputs, Rates, Tax

LOTS = ((100, 100), (200, 1), (100, 1))  # main boards, STAR, Beijing: smallest lot and step
# by class: board * 2 + is_st, then free, not known, a listing day, and one without limit down
UP = (0.10, 0.05, 0.20, 0.20, 0.30, 0.30, np.inf, np.nan, 0.44, 0.05)
DOWN = (0.10, 0.05, 0.20, 0.20, 0.30, 0.30, np.inf, np.nan, 0.36, np.inf)
SPECIAL_CLASSES = range(6, len(UP))


def calm_inputs(days=5, stocks=1, contracts=1, price=10.0, level=3000.0, **overrides):
    """Return a market where nothing moves and nothing costs; arrays can be given whole.

    One product; what the ledger knows by product may be given by day.
    """
    bars = np.full((days, stocks), price)
    known = np.full((days + 1, stocks), price)
    inputs = LedgerInputs(
        **{name: bars.copy() for name in ("open", "high", "low", "close", "pre_close")},
        volume=np.full((days, stocks), 1e7),
        amount=np.full((days, stocks), price * 1e7),
        mark=known,
        adj_factor=np.ones((days + 1, stocks)),
        beta=np.ones((days + 1, stocks, 1)),
        limit_class=np.zeros((days, stocks), np.int8),
        delist=np.full(stocks, days),
        volatility=np.full((days + 1, stocks), 0.02),
        fill_price=np.full((days, contracts), level),
        settlement=np.full((days + 1, contracts), level),
        hold=np.full((days, 1), -1),
        last_day=np.full(contracts, days + 10),
        **calm_hedge(days, contracts),
        fee_day=np.zeros(days, bool),
        month_first=np.zeros(days, bool),
        days=np.ones(days, int),
        fee_years=np.full(days, 1 / 365),
        stock_rate=np.zeros(days + 1),
        futures_rate=np.zeros(days + 1),
        index_returns=np.zeros(days + 1),
        targets=[],
        board=np.zeros(stocks, int),
        exchange=np.zeros(stocks, int),
        lot=np.full(stocks, 100),
        step=np.full(stocks, 100),
        **{name: np.zeros(days) for name in ("stamp_duty_buy", "stamp_duty_sell")},
        **{
            name: np.zeros((days, 3))
            for name in ("transfer_rate", "transfer_par_rate", "transfer_min", "exchange_rate")
        },
        limit_up=np.tile(UP, (days, 1)),
        limit_down=np.tile(DOWN, (days, 1)),
        inward=np.zeros(stocks, bool),
        margin_rate=np.full((days + 1, contracts), 0.12),
        **{
            name: np.zeros((days, 1))
            for name in ("fee_rate", "close_today_rate", "order_fee", "delivery_rate")
        },
    )
    return replace(inputs, **{name: by_product(name, v) for name, v in overrides.items()})


def by_product(name, value):
    """Return an array of one product's days with the axis of products."""
    names = ("hold", "fee_rate", "close_today_rate", "order_fee", "delivery_rate", "opening_limit")
    one = name in (*names, "position_limit") and value.ndim == 1
    return value[:, None] if one else value


def calm_hedge(days, contracts):
    """Return what one product is given when nothing limits it."""
    nothing = np.zeros((days, contracts), bool)
    return {
        "product": np.zeros(contracts, int),
        "multiplier": np.array([300.0]),
        "no_sale": nothing,
        "no_buy": nothing,
        "opening_limit": np.full((days, 1), np.inf),
        "position_limit": np.full((days, 1), np.inf),
        "after_stocks": np.ones(days, bool),
        "book_ratio": np.full((days + 1, 1), np.nan),
        "carry": np.zeros((days + 1, 1)),
        "index_level": np.full((days + 1, 1), 3000.0),
        "covariance": np.full((days + 1, 1, 1), 0.06),
        "dates": np.datetime64("2014-09-15", "D") + np.arange(days),
        "policy": Calendar(every_days=1000),
    }


def random_inputs(seed, days=40, stocks=8, contracts=4, **overrides):
    """Return a small market in which everything that can happen happens often."""
    rng = np.random.default_rng(seed)
    index_returns = random_index(rng, days)
    told = rng.random() < 0.6  # a table tells most corporate actions
    products = int(rng.choice([1, 1, 2, 3]))
    market = random_stocks(rng, days, stocks, index_returns, told)
    market["beta"] = random_betas(rng, market["beta"], products)
    futures = random_products(rng, days, contracts, products, index_returns)
    inputs = LedgerInputs(
        **market,
        **futures,
        index_returns=index_returns,
        fee_day=rng.random(days) < rng.choice([0.0, 0.1, 0.3]),
        month_first=rng.random(days) < 0.15,
        days=rng.choice([1, 1, 1, 1, 3, 10], days),
        fee_years=rng.choice([1, 3], days) / rng.choice([365, 366], days),
        stock_rate=rng.uniform(0, 0.05, days + 1),
        futures_rate=rng.uniform(0, 0.03, days + 1),
        targets=random_targets(rng, days, stocks),
        tax=random_tax(rng, days) if told and rng.random() < 0.7 else None,
        subscribe_rights=bool(rng.random() < 0.7),
        **random_settings(rng),
    )
    inputs = replace(inputs, **overrides)
    inputs = replace(inputs, **random_stated(rng, inputs))
    if inputs.sale_proceeds == "after_fill":
        inputs = replace(inputs, fill="open")
    inputs = replace(inputs, flows=random_flows(rng, days, inputs.capital_yuan))
    if inputs.fill != "vwap":
        lose_turnover(rng, inputs)
    if inputs.fill == "open":
        inputs = replace(inputs, auction=random_auction(seed, inputs))
    if products > 1 and inputs.beta_method == "top_down":
        inputs = replace(inputs, beta_method="given")
    return inputs


def random_both_sides(seed, days=40, stocks=8, contracts=4, **overrides):
    """Return such a market in which the book's betas change sign: lots are held long and short."""
    inputs = random_inputs(
        seed, days, stocks, contracts,
        **{"aversion": 0.0, "range": None, "hedge_ratio": 1.0, **overrides},
    )  # fmt: skip
    rng = np.random.default_rng((seed, 1))
    products = len(inputs.multiplier)
    turns = rng.random((days + 1, products)) < rng.choice([0.1, 0.3])
    sign = rng.choice([-1.0, 1.0], products) * np.where(turns.cumsum(axis=0) % 2, -1.0, 1.0)
    return replace(
        inputs,
        both_sides=True,
        beta_method=str(rng.choice(["bottom_up", "given", inputs.beta_method])),
        beta=inputs.beta * sign[:, None, :],
        book_ratio=inputs.book_ratio * sign,
        default_beta=float(rng.choice([-1.0, 0.8])),
    )


def random_stated(rng, inputs):
    """Return stated values of stocks without a bar, and of some for days after they trade again."""
    kind = rng.random()
    if kind < 0.2:
        return {}
    shape, wild = inputs.mark.shape, rng.choice([0.001, 0.02, 0.2])
    ratio = np.full(shape, np.nan)
    idle = np.vstack([np.zeros((1, shape[1]), bool), np.isnan(inputs.close)])
    for t in range(1, shape[0]):
        goes_on = np.isfinite(ratio[t - 1]) & (rng.random(shape[1]) < 0.5)
        before = np.where(np.isnan(ratio[t - 1]), 1.0, ratio[t - 1])
        moved = before * np.exp(rng.normal(0.0, wild, shape[1]))
        moved[rng.random(shape[1]) < 0.1] = 1.0  # what an index that stands still says
        ratio[t] = np.where((idle[t] | goes_on) & np.isfinite(inputs.mark[t]), moved, np.nan)
    always = rng.random(shape) < rng.choice([0.0, 0.1])
    return {
        "ratio": ratio,
        "always": None if rng.random() < 0.3 else always,
        "materiality": float(rng.choice([0.0, 0.0025, 0.02])),
    }


def lose_turnover(rng, inputs):
    """Take the turnover, and sometimes the volume too, from some bars: prices without them."""
    often = rng.choice([0.0, 0.0, 0.1])
    lost = (rng.random(inputs.amount.shape) < often) & np.isfinite(inputs.open)
    inputs.amount[lost] = rng.choice([np.nan, 0.0])
    inputs.volume[lost & (rng.random(lost.shape) < 0.3)] = 0.0


def random_auction(seed, inputs):
    """Return what an opening takes of an order, often less than is ordered; None = no cap."""
    rng = np.random.default_rng([seed, 1])
    if rng.random() < 0.6:
        return None
    shape = inputs.amount.shape
    usual = rng.choice([1e4, 1e6]) * rng.lognormal(0.0, 1.5, shape)
    usual[rng.random(shape) < 0.1] = np.nan
    return usual


def random_flows(rng, days, capital):
    """Return subscriptions, redemptions paid some days later, and distributions."""
    often = rng.choice([0.0, 0.0, 0.05, 0.2])
    flows = {}
    left = 0.6 * capital
    for t in range(1, days):
        if rng.random() >= often:
            continue
        flow = flows.setdefault(t, Flow())
        share = float(rng.choice([0.001, 0.03, 0.1]))
        if rng.random() < 0.6:
            flow.subscribed = round(float(rng.choice([share, 0.5])) * capital, 2)
            left += 0.5 * flow.subscribed
        if rng.random() < 0.6 and share * capital < left:
            flow.redeemed = round(share * capital, 2)
            left -= flow.redeemed
        if rng.random() < 0.2 and 0.01 * capital < left:
            flow.distributed = round(0.01 * capital, 2)
            left -= flow.distributed
        owed = flow.redeemed + flow.distributed
        if owed:
            due = flows.setdefault(min(days, t + int(rng.integers(0, 5))), Flow())
            due.paid_out += owed
        flow.units_change = round(flow.subscribed - flow.redeemed, 2)
        flow.service_change = round(0.5 * flow.units_change, 2)
    return flows


def random_tax(rng, days):
    """Return short months and years."""
    month, year = int(rng.integers(1, 8)), int(rng.integers(8, 25))
    return Tax(*([max(0, t - length) for t in range(days)] for length in (month, year)))


def random_index(rng, days):
    """Return daily index returns with crashes and rallies of ten per cent, [T + 1]."""
    returns = rng.normal(0.0, 0.015, days + 1)
    jump = rng.random(days + 1) < rng.choice([0.0, 0.08, 0.2])
    returns[jump] = rng.choice([-0.10, 0.10, 0.095], jump.sum())
    return returns


def cents(price):
    """Return a price in whole cents, at least one."""
    return max(0.01, math.floor(price * 100 + 0.5 + 1e-6) / 100)


def random_stocks(rng, days, stocks, index_returns, told=False):
    """Return bars, flags, lives, betas and rules of the stocks."""
    inputs = {
        **{
            name: np.full((days, stocks), np.nan)
            for name in ("open", "high", "low", "close", "pre_close", "volume", "amount")
        },
        "mark": np.full((days + 1, stocks), np.nan),
        "adj_factor": np.ones((days + 1, stocks)),
        "beta": np.where(
            rng.random((days + 1, stocks)) < 0.15,
            np.nan,
            rng.normal(1.0, 0.4, (days + 1, stocks)),
        ),
        "delist": np.full(stocks, days + 5),
        "volatility": np.where(
            rng.random((days + 1, stocks)) < 0.1,
            np.nan,
            rng.lognormal(-3.7, 0.5, (days + 1, stocks)),
        ),
        "actions": {},
        **random_stock_rules(rng, days, stocks),
    }
    special = np.cumsum(rng.random((days, stocks)) < 0.02, axis=0) % 2 == 1
    inputs["limit_class"] = (2 * inputs["board"] + special).astype(np.int8)
    odd = rng.random((days, stocks)) < rng.choice([0.0, 0.05])
    inputs["limit_class"][odd] = rng.choice(SPECIAL_CLASSES, odd.sum())
    for i in range(stocks):
        listed = -500
        if rng.random() < 0.25:
            inputs["delist"][i] = rng.integers(3, days + 3)
        elif rng.random() < 0.3:
            listed = int(rng.integers(0, max(1, days // 2)))
            young = slice(listed, listed + int(rng.choice([0, 1, 5])))
            inputs["limit_class"][young, i] = rng.choice(SPECIAL_CLASSES)
        random_history(rng, inputs, i, index_returns, listed, told)
    return inputs


def random_stock_rules(rng, days, stocks):
    """Return lots, costs and limits."""
    board = rng.choice(3, stocks, p=[0.6, 0.3, 0.1])
    late = rng.random() < 0.5
    duty = np.where(np.arange(days) < days // 2, 0.001, 0.0005)
    by_exchange = (days, 3)
    up, down = np.tile(UP, (days, 1)), np.tile(DOWN, (days, 1))
    if late:
        up[days // 2 :, 2:4] = down[days // 2 :, 2:4] = 0.10
    return {
        "board": board,
        "exchange": rng.integers(0, 3, stocks),
        "lot": np.array([LOTS[b][0] for b in board]),
        "step": np.array([LOTS[b][1] for b in board]),
        "stamp_duty_buy": duty * rng.integers(0, 2),
        "stamp_duty_sell": duty,
        "transfer_rate": np.broadcast_to(rng.choice([0, 1e-5, 2e-5], 3), by_exchange).copy(),
        "transfer_par_rate": np.broadcast_to(rng.choice([0, 6e-4], 3), by_exchange).copy(),
        "transfer_min": np.broadcast_to(rng.choice([0, 1.0], 3), by_exchange).copy(),
        "exchange_rate": np.broadcast_to(rng.choice([4.87e-5, 6.96e-5], 3), by_exchange).copy(),
        "limit_up": up,
        "limit_down": down,
        "inward": board == 2,
    }


REGIMES = ((0.0, 0.2, 0.1, 0.0), (0.05, 0.2, 0.1, 0.05), (0.1, 0.1, 0.1, 0.1))


def random_action(rng, last, days, t):
    """Return a dividend, a bonus issue, a rights issue, or several of them on one day."""
    action = Action(
        pay_day=int(t + rng.choice([-1, 0, 1, 4, days])),
        list_day=int(t + rng.choice([-1, 0, 1, 1, 6, days])),
        rates=Rates(*REGIMES[int(rng.integers(len(REGIMES)))]),
    )
    if rng.random() < 0.8:
        action.cash = float(np.round(last * rng.uniform(0.001, 0.08), 4))
    if rng.random() < 0.4:
        action.bonus = float(rng.choice([0.1, 0.3, 1.0, 0.05]))
        action.stock_dividend = action.bonus * (0.0, 0.5, 1.0)[t % 3]
    if rng.random() < 0.3:
        action.rights, action.rights_price = 0.3, cents(last * rng.uniform(0.4, 0.9))
    return action


def random_history(rng, inputs, i, index_returns, listed, told=False):
    """Write one stock's bars, mark and adjustment factor."""
    days = len(inputs["open"])
    mark, factor = inputs["mark"], inputs["adj_factor"]
    last = float(rng.choice([0.53, 3.17, 9.99, 24.68, 180.05, 1701.0])) * rng.uniform(0.8, 1.2)
    last = cents(last)
    beta, suspended = rng.normal(1.0, 0.3), False
    typical_volume = float(rng.choice([300, 2e4, 1e6, 1e9]))
    factor[0, i] = rng.uniform(0.5, 3.0)
    if listed < 0:
        mark[0, i] = last
    for t in range(days):
        factor[t + 1, i], mark[t + 1, i] = factor[t, i], mark[t, i]
        suspended = rng.random() < (0.6 if suspended else 0.06)
        first = t == listed
        if t < listed or t >= inputs["delist"][i] or (suspended and not first):
            continue
        if rng.random() < 0.08 and not first:
            growth = rng.choice([rng.uniform(1.0, 1.1), 1.2, 1.5, 2.0, 1.1 + 1e-9, 0.5])
            if told and rng.random() < 0.8:
                action = random_action(rng, last, days, t)
                inputs["actions"][t, i] = action
                paid_in = action.rights * action.rights_price
                growth = last / (
                    (last - action.cash + paid_in) / (1 + action.bonus + action.rights)
                )
            factor[t + 1, i] = factor[t, i] * growth
            last = cents(last / growth)
        move = beta * index_returns[t + 1] + rng.normal(0, 0.02)
        bar = random_bar(rng, last, move, daily_limit(inputs, t, i))
        for name, value in bar.items():
            inputs[name][t, i] = value
        volume = float(max(1, int(typical_volume * rng.lognormal(0, 1))))
        if rng.random() < 0.08:
            volume = float(rng.integers(1, 300))
        inputs["volume"][t, i] = volume
        inputs["amount"][t, i] = volume * rng.uniform(bar["low"], bar["high"])
        if bar["low"] == bar["high"]:
            inputs["amount"][t, i] = volume * bar["low"]
        last = mark[t + 1, i] = bar["close"]


def daily_limit(inputs, t, i):
    """Return how far the bar may go up and down."""
    limit = inputs["limit_up"][t, inputs["limit_class"][t, i]]
    return limit if np.isfinite(limit) else 0.4


def random_bar(rng, pre_close, move, limit):
    """Return one day's prices within the limits, often on them."""
    top, bottom = cents(pre_close * (1 + limit)), cents(pre_close * (1 - limit))

    def within(change):
        return min(top, max(bottom, cents(pre_close * (1 + change))))

    kind = rng.random()
    if kind < 0.08:
        prices = [rng.choice([top, bottom])] * 2
    elif kind < 0.16:
        prices = [rng.choice([top, bottom]), within(move)]
    elif kind < 0.20:
        prices = [within(move), rng.choice([top, bottom])]
    elif kind < 0.23:
        near = rng.choice([top - 0.01, bottom + 0.01])
        prices = [min(top, max(bottom, cents(near))), within(move)]
    else:
        prices = [within(move * rng.random()), within(move)]
    high, low = max(prices), min(prices)
    if kind >= 0.08:
        high = max(high, within(move + abs(rng.normal(0, 0.01))))
        low = min(low, within(move - abs(rng.normal(0, 0.01))))
    return {
        "pre_close": pre_close,
        "open": float(prices[0]),
        "close": float(prices[1]),
        "high": float(high),
        "low": float(low),
    }


def random_betas(rng, first, products):
    """Return betas to several indices: those of the first, and smaller ones of the others."""
    others = rng.normal(0.0, 0.5, (*first.shape, products - 1))
    others[rng.random(others.shape) < 0.1] = np.nan
    return np.concatenate([first[:, :, None], others], axis=2)


def random_products(rng, days, contracts, products, index_returns):
    """Return the contracts of several products, their rules and what decides the hedge."""
    parts = [
        random_contracts(rng, days, int(rng.integers(1, contracts + 1)), index_returns)
        for _ in range(products)
    ]
    counts = [len(part["last_day"]) for part in parts]
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    holds = [
        np.where(part["hold"] >= 0, part["hold"] + start, -1)
        for part, start in zip(parts, starts, strict=True)
    ]
    together = ("fill_price", "settlement", "margin_rate", "no_sale", "no_buy")
    by_day = ("fee_rate", "close_today_rate", "order_fee", "delivery_rate")
    limits = ("opening_limit", "position_limit")
    levels = [part["level"] for part in parts]
    return {
        **{name: np.concatenate([part[name] for part in parts], axis=1) for name in together},
        **{name: np.column_stack([part[name] for part in parts]) for name in (*by_day, *limits)},
        "last_day": np.concatenate([part["last_day"] for part in parts]),
        "hold": np.column_stack(holds),
        "product": np.repeat(np.arange(products), counts),
        "multiplier": np.array([part["multiplier"] for part in parts]),
        "index_level": np.column_stack(levels),
        **random_hedge(rng, days, products),
    }


def random_hedge(rng, days, products):
    """Return ratios, covariances, carry, dates and a policy."""
    root = rng.normal(0.0, 0.15, (days + 1, products, products)) + 0.2 * np.eye(products)
    ratio = rng.uniform(-0.3, 1.3, (days + 1, products))
    ratio[rng.random(ratio.shape) < 0.1] = np.nan
    gaps = rng.choice([1, 1, 1, 3], days)
    return {
        "after_stocks": rng.random(days) < rng.choice([0.0, 0.5, 1.0, 1.0]),
        "book_ratio": ratio,
        "carry": rng.normal(0.0, 0.1, (days + 1, products)),
        "covariance": root @ root.transpose(0, 2, 1),
        "dates": np.datetime64("2015-06-01", "D") + np.cumsum(gaps),
        "policy": random_policy(rng),
    }


def random_policy(rng, depth=0):
    """Return one of the policies, perhaps made of others."""
    kinds = [
        lambda: Calendar(every_days=int(rng.choice([1, 3, 1000]))),
        lambda: Calendar(every=str(rng.choice(["day", "week", "month"]))),
        lambda: Band(low=0.4, high=0.9, margin=0.05, to=str(rng.choice(["edge", "target"]))),
        lambda: Deviation(fraction=0.2, side=str(rng.choice(["over", "both"]))),
        lambda: PriceMove(fraction=0.08, side=str(rng.choice(["against", "both"]))),
        lambda: LeverageTrigger(long=1.1, short=-0.8),
        lambda: NoTradeBand(cost=0.002, risk_aversion=3.0),
        lambda: NoTradeBand(cost=0.002, risk_aversion=3.0, ratio_volatility=0.4, volatility=0.2),
    ]
    if depth < 2 and rng.random() < 0.4:
        parts = tuple(random_policy(rng, depth + 1) for _ in range(int(rng.integers(1, 4))))
        return AnyOf(of=parts) if rng.random() < 0.5 else AllOf(of=parts)
    return kinds[int(rng.integers(len(kinds)))]()


def random_limit(rng, days):
    """Return lots a day: free, or few from some day on."""
    limit = np.full(days, np.inf)
    if rng.random() < 0.35:
        limit[rng.integers(0, days) :] = rng.choice([0, 1, 3, 10, 100])
    return limit


def random_contracts(rng, days, contracts, index_returns):
    """Return contracts of a product that expire one after the other, their prices and rules."""
    level = np.round(3000 * np.cumprod(1 + index_returns * rng.uniform(0.8, 1.2)), 2)
    ends = np.sort(rng.choice(np.arange(1, days + 6), contracts, replace=False))
    settlement = np.full((days + 1, contracts), np.nan)
    fill_price = np.full((days, contracts), np.nan)
    for c, last in enumerate(ends):
        first = -1 if c < 2 else max(-1, int(ends[c - 2]) - int(rng.integers(0, 4)))
        rows = np.arange(first, min(last, days - 1) + 1) + 1
        settlement[rows, c] = np.round(level[rows] * (1 + rng.normal(0, 0.01, len(rows))), 1)
        fills = rows[rows > 0] - 1
        prices = np.round(level[fills] * (1 + rng.normal(0, 0.008, len(fills))), 1)
        fill_price[fills, c] = np.where(rng.random(len(fills)) < 0.06, np.nan, prices)
    margin = np.full((days + 1, contracts), rng.choice([0.08, 0.12, 0.2]))
    margin[:, 1:] *= rng.choice([1.0, 1.5])
    if rng.random() < 0.6:
        margin[rng.integers(1, days + 1) :] = 0.40
    fee = np.full(days, rng.choice([2.5e-5, 3.45e-4]))
    fee[rng.integers(0, days) :] = 2.3e-3 if rng.random() < 0.2 else fee[0]
    at_limit = rng.choice([0.0, 0.1])
    return {
        "fill_price": fill_price,
        "settlement": settlement,
        "no_sale": rng.random(fill_price.shape) < at_limit,
        "no_buy": rng.random(fill_price.shape) < at_limit,
        "hold": random_hold(rng, days, ends, settlement),
        "last_day": ends,
        "margin_rate": margin,
        "fee_rate": fee,
        "close_today_rate": fee * rng.choice([1.0, 100.0]),
        "order_fee": np.full(days, rng.choice([0.0, 1.0])),
        "delivery_rate": np.full(days, 1e-4),
        "opening_limit": random_limit(rng, days),
        "position_limit": random_limit(rng, days),
        "multiplier": float(rng.choice([10, 200, 300])),
        "level": level,
    }


def random_hold(rng, days, ends, settlement):
    """Return the contract of each day: the front one, rolled some days early, with slips."""
    early = int(rng.integers(0, 4))
    hold = np.full(days, -1)
    for t in range(days):
        alive = [c for c, last in enumerate(ends) if last >= t + early]
        if alive and not np.isnan(settlement[t + 1, alive[0]]):
            hold[t] = alive[0]
    hold[rng.random(days) < rng.choice([0.0, 0.05])] = -1
    return hold


def random_targets(rng, days, stocks):
    """Return rebalances with weights that sum to between a third and a little above one."""
    targets = []
    often = rng.choice([0.05, 0.2, 0.5])
    for t in range(days):
        if t < 2 or rng.random() < often:
            chosen = rng.choice(stocks, rng.integers(0 if t > 5 else 1, stocks + 1), replace=False)
            weights = rng.dirichlet(np.ones(len(chosen))) if len(chosen) else np.array([])
            weights = weights * rng.choice([0.3, 0.6, 0.8, 0.95, 1.05])
            targets.append((t, [(int(i), float(w)) for i, w in zip(chosen, weights, strict=True)]))
    return targets


def random_settings(rng):
    """Return the strategy's settings."""
    call, target, release = rng.choice([[1.0, 1.0, 1.0], [1.1, 1.3, 1.6], [1.2, 2.0, 3.0]])
    return {
        "capital_yuan": float(rng.choice([3e4, 3e5, 3e6, 3e7, 1e9])),
        "recovery": float(rng.choice([0.0, 0.2, 1.0])),
        "call_multiple": float(call),
        "target_multiple": float(target),
        "release_multiple": float(release),
        "retry_days": int(rng.choice([0, 1, 5])),
        "participation": float(rng.choice([0.0, 0.01, 0.1, 1.0])),
        "fill": str(rng.choice(["open", "vwap", "close"])),
        "commission_rate": float(rng.choice([0.0, 2.5e-4, 3e-3])),
        "commission_min": float(rng.choice([0.0, 5.0, 500.0])),
        "commission_includes_exchange_fees": bool(rng.random() < 0.5),
        "slippage": float(rng.choice([0.0, 1e-3])),
        "impact_coefficient": float(rng.choice([0.0, 0.5, 1.0, 5.0])),
        "futures_slippage": float(rng.choice([0.0, 2e-4])),
        "cash_reserve": float(rng.choice([0.0, 0.02, 0.2])),
        "hedge_ratio": float(rng.choice([0.0, 0.5, 1.0, 1.5])),
        "beta_method": str(rng.choice(["bottom_up", "bottom_up", "top_down", "fixed", "given"])),
        "aversion": float(rng.choice([0.0, 0.0, 0.5, 5.0])),
        "range": [None, None, (0.8, 1.2), (0.3, 0.5)][int(rng.integers(4))],
        "borrowed": float(rng.choice([0.0, 0.0, 0.3])),
        "borrowing_rate": 0.06,
        "default_beta": float(rng.choice([1.0, 0.8])),
        "beta_window": int(rng.choice([5, 20])),
        "beta_min_observations": int(rng.choice([2, 5])),
        "management_rate": float(rng.choice([0.0, 0.015])),
        "service_rate": float(rng.choice([0.0, 0.008])),
        "audit_yuan": float(rng.choice([0.0, 500.0])),
        "custody_rate": float(rng.choice([0.0, 0.001])),
        "performance_rate": float(rng.choice([0.0, 0.2])),
        "post_fee": bool(rng.random() < 0.5),
        "sale_proceeds": ["same_auction", "after_fill", "next_day"][int(rng.integers(3))],
    }


def inputs_strategy():
    """Return a hypothesis strategy of nasty small markets with drawn settings."""
    return st.builds(
        random_inputs,
        seed=st.integers(0, 2**32 - 1),
        days=st.integers(3, 40),
        stocks=st.integers(1, 8),
        contracts=st.integers(1, 4),
        capital_yuan=st.sampled_from([3e4, 3e5, 3e6, 3e7, 1e9]),
        recovery=st.sampled_from([0.0, 0.2, 1.0]),
        retry_days=st.integers(0, 5),
        participation=st.sampled_from([0.0, 0.01, 0.1, 1.0]),
        fill=st.sampled_from(["open", "vwap", "close"]),
        sale_proceeds=st.sampled_from(["same_auction", "after_fill", "next_day"]),
        commission_min=st.sampled_from([0.0, 5.0, 500.0]),
        commission_includes_exchange_fees=st.booleans(),
        cash_reserve=st.sampled_from([0.0, 0.02, 0.2]),
        impact_coefficient=st.sampled_from([0.0, 1.0, 5.0]),
        hedge_ratio=st.sampled_from([0.0, 0.5, 1.0, 1.5]),
        beta_method=st.sampled_from(["bottom_up", "top_down", "fixed", "given"]),
        aversion=st.sampled_from([0.0, 0.5, 5.0]),
        range=st.sampled_from([None, (0.8, 1.2)]),
        borrowed=st.sampled_from([0.0, 0.3]),
        performance_rate=st.sampled_from([0.0, 0.2]),
        post_fee=st.booleans(),
    )
