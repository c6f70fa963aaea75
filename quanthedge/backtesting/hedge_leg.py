"""Everything of the hedge that a run's ledger is given: contracts, rules, betas, ratios, policy."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quanthedge.beta import BetaEstimator, Prepared, index_returns
from quanthedge.hedge import (
    BetaRatio,
    ContractSchedule,
    HedgeRule,
    Knowledge,
    StockFill,
    Substitution,
    book_ratios,
    futures_leg,
)
from quanthedge.hedge.policies import compile_policy
from quanthedge.ledger import FutureBook, SleeveHedge
from quanthedge.market import Market
from quanthedge.portfolio import Targets
from quanthedge.rules import TRADING_DAYS_A_YEAR, FuturesRules, index_of
from quanthedge.stages import stage, stage_key
from quanthedge.strategy import Strategy
from quanthedge.typing import Floats, Ints

__all__ = [
    "HedgeLeg",
    "betas_ahead",
    "contract_parts",
    "contracts_held",
    "futures_parts",
    "hedge_leg",
    "indices",
    "known_betas",
    "known_returns",
    "value_of_contracts",
]

_METHOD = {"bottom_up": 0, "top_down": 1}
_GIVEN = 3
_COVARIANCE_WINDOW = 250  # trading days
_CARRY_DAYS = 40  # trading days that the expected carry looks back, with room to spare
_ROLLS_PER_YEAR = {"quarter": 4}  # 12 for the others; a roll is two trades


class HedgeLeg(NamedTuple):
    """The futures leg of a run, product after product."""

    futures: FutureBook
    hedge: SleeveHedge
    contracts: list[str]
    schedules: list[ContractSchedule]
    rules: list[FuturesRules]
    fallback: NDArray[np.bool_]  # [T + 1] the ratio's rule had none and the beta stood in
    prepared: dict[str, int]  # bars that betas leave out or merge, by what was done with them
    timing: Knowledge | None  # what the futures' fill knows of the stocks'; None without contracts


def indices(strategy: Strategy) -> list[str]:
    """Return the index whose beta is hedged with each product.

    One product hedges the index of the beta estimator; several hedge their own indices jointly.
    """
    products = strategy.hedge.products
    if len(products) == 1:
        return [strategy.beta.index]
    return [index_of(product) for product in products]


def hedge_leg(
    strategy: Strategy,
    market: Market,
    first: int,
    last: int,
    targets: Targets,
    beside: tuple[str, ...] = (),
) -> HedgeLeg:
    """Return the futures leg over the days ``first .. last`` of the market.

    A strategy that sells nothing needs neither contracts nor their rules, nor an index. ``beside``
    are contracts that sleeves hold.

    Raises
    ------
    DataError, RuleError
        When a product has no prices or no rules in the span.
    """
    rule = strategy.hedge
    if rule.sells_nothing:
        hedge, fallback, counts = _hedge_book(strategy, market, first, last, targets)
        futures = _no_contracts(last - first + 1, len(rule.products))
        return HedgeLeg(futures, hedge, [], [], [], fallback, counts, None)
    contracts = _contracts_of(strategy, market, first, last, beside)
    hedge, fallback, counts = _hedge_book(strategy, market, first, last, targets)
    names = [name for schedule in contracts.schedules for name in schedule.contracts]
    return HedgeLeg(
        contracts.futures, hedge, names, contracts.schedules, contracts.rules, fallback, counts,
        contracts.timing,
    )  # fmt: skip


class _Contracts(NamedTuple):
    """What of the futures leg neither the stocks nor the ratio decide."""

    futures: FutureBook
    schedules: list[ContractSchedule]
    rules: list[FuturesRules]
    timing: Knowledge


def futures_parts(strategy: Strategy) -> dict[str, Any]:
    """Return all that decides contracts and rules of the futures beside market and span."""
    rule, execution = strategy.hedge, strategy.execution
    return {
        "products": rule.products,
        "contracts": contract_parts(rule, "", execution.fill),
        "account": rule.account,
        "fill": (rule.fill, execution.fill, execution.sale_proceeds),
    }


def _contracts_of(
    strategy: Strategy, market: Market, first: int, last: int, beside: tuple[str, ...]
) -> _Contracts:
    """Contracts, rules and timing of all products, looked up once for runs that share them."""
    more = {"beside": beside} if beside else {}
    return stage(
        "futures",
        market,
        {"span": (first, last), **futures_parts(strategy), **more},
        lambda: _contracts_anew(strategy, market, first, last, beside),
        on_disk=False,  # contracts are on disk as stages of their own
    )


def _contracts_anew(
    strategy: Strategy, market: Market, first: int, last: int, beside: tuple[str, ...]
) -> _Contracts:
    rule, dates = strategy.hedge, market.dates[first : last + 1]
    rules = [
        FuturesRules.between(product, dates, account=rule.account) for product in rule.products
    ]
    schedules = [
        _schedule(
            rule,
            product,
            strategy.execution.fill,
            market,
            first,
            last,
            tuple(name for name in beside if name.startswith(product)),
        )
        for product in rule.products
    ]
    timing = _timing(strategy, dates)
    return _Contracts(_future_book(rule, schedules, rules, timing), schedules, rules, timing)


def known_returns(strategy: Strategy, market: Market) -> Floats:
    """Return the daily returns of the hedged indices, [T, P]; NaN where nobody asked for one.

    A strategy that sells nothing can do without: its betas then count as 1 and are said to.
    """
    known = market.index_codes()
    return np.column_stack(
        [
            np.full(len(market.dates), np.nan)
            if strategy.hedge.sells_nothing and code not in known
            else index_returns(market, code)
            for code in indices(strategy)
        ]
    )


def known_betas(strategy: Strategy, market: Market, rows: Ints) -> Floats:
    """Return the beta of each stock to each hedged index at the closes of rows, [R, N, P]."""
    first, last = int(rows[0]) + 1, int(rows[-1])
    found, _ = _stock_betas(strategy, market, first, last)
    return np.asarray(found[rows - rows[0]], dtype=np.float64)


def value_of_contracts(strategy: Strategy, market: Market, rows: Ints) -> Floats:
    """Return the yuan of one contract that is held of each product at closes of rows, [R, P].

    At its settlement price; NaN where none could be held.
    """
    rule, first, last = strategy.hedge, int(rows[0]), int(rows[-1])
    found = np.full((rows.size, len(rule.products)), np.nan)
    for p, product in enumerate(rule.products):
        one = _schedule(rule, product, strategy.execution.fill, market, first, last)
        terms = FuturesRules.between(product, market.dates[first : last + 1], account=rule.account)
        held = one.hold[rows - first]
        price = one.settlement_price[rows - first, np.maximum(held, 0)]
        found[:, p] = np.where(held >= 0, terms.multiplier * price, np.nan)
    return found


def contracts_held(strategy: Strategy, market: Market, rows: Ints) -> list[list[str]]:
    """Return the contract of each product that is held at closes of rows, "" for none, [P] [R]."""
    rule, first, last = strategy.hedge, int(rows[0]), int(rows[-1])
    found = []
    for product in rule.products:
        bars = market.futures(product) if product in market.futures_products() else None
        if bars is None or bars["date"].min().to_datetime64() > market.dates[last]:
            found.append([""] * rows.size)
            continue
        one = _schedule(rule, product, strategy.execution.fill, market, first, last)
        names = [*one.contracts, ""]
        found.append([names[held] for held in one.hold[rows - first]])
    return found


def _no_contracts(days: int, products: int) -> FutureBook:
    """Return the book of a market in which there is no contract."""
    none, free = np.zeros((days, 0)), np.zeros((days, products))
    return FutureBook(
        product=np.empty(0, dtype=np.int64),
        fill_price=none,
        settlement=np.zeros((days + 1, 0)),
        last_day=np.empty(0, dtype=np.int64),
        hold=np.full((days, products), -1, dtype=np.int64),
        after_stocks=np.ones(days, dtype=np.bool_),
        no_sale=np.zeros((days, 0), dtype=np.bool_),
        no_buy=np.zeros((days, 0), dtype=np.bool_),
        multiplier=np.ones(products),
        margin_rate=np.zeros((days + 1, 0)),
        fee_rate=free,
        close_today_rate=free.copy(),
        order_fee_yuan=free.copy(),
        delivery_fee_rate=free.copy(),
        opening_limit=np.full((days, products), np.inf),
        position_limit=np.full((days, products), np.inf),
        larger_side=np.zeros(days + 1, dtype=np.bool_),
    )


def _timing(strategy: Strategy, dates: NDArray[np.datetime64]) -> Knowledge:
    """Whether the futures' fill of each day knows the stock fills."""
    execution = strategy.execution
    later = execution.sale_proceeds == "after_fill"
    completed: StockFill = "vwap" if later else execution.fill
    return Knowledge.of(strategy.hedge, execution.fill, completed, dates)


def contract_parts(rule: HedgeRule, product: str, stock_fill: StockFill) -> dict[str, Any]:
    """Return all that decides the contracts of a product beside market and span."""
    return {"product": product, "fill": rule.fill_price(stock_fill), **_contracts(rule)}


def _schedule(
    rule: HedgeRule,
    product: str,
    stock_fill: StockFill,
    market: Market,
    first: int,
    last: int,
    beside: tuple[str, ...] = (),
) -> ContractSchedule:
    """Contracts of one product by the strategy's choice and roll, and those of sleeves."""
    fill, chosen = rule.fill_price(stock_fill), _contracts(rule)
    more: dict[str, Any] = {"beside": beside} if beside else {}
    return stage(
        "contracts",
        market,
        {"span": (first, last), **contract_parts(rule, product, stock_fill), **more},
        lambda: ContractSchedule.of(market, product, first, last, fill=fill, **chosen, **more),
        kinds=(ContractSchedule, Substitution),
    )


def _future_book(
    rule: HedgeRule,
    schedules: list[ContractSchedule],
    rules: list[FuturesRules],
    timing: Knowledge,
) -> FutureBook:
    """Contracts of all products side by side, with their rules."""
    counts = [len(schedule.contracts) for schedule in schedules]
    offsets = np.concatenate([[0], np.cumsum(counts)[:-1]])
    hold = [
        np.where(schedule.hold >= 0, schedule.hold + offset, -1)
        for schedule, offset in zip(schedules, offsets, strict=True)
    ]
    limits = [_at_limits(schedule, one) for schedule, one in zip(schedules, rules, strict=True)]
    margins = [
        np.where(schedule.quarter, one.margin_quarter[:, None], one.margin[:, None])
        for schedule, one in zip(schedules, rules, strict=True)
    ]
    margin = np.concatenate(margins, axis=1)
    settlement = np.concatenate(
        [np.vstack([s.opening_settlement, s.settlement_price]) for s in schedules], axis=1
    )
    return FutureBook(
        product=np.repeat(np.arange(len(schedules)), counts).astype(np.int64),
        fill_price=np.concatenate([s.fill_price for s in schedules], axis=1),
        settlement=settlement,
        last_day=np.concatenate([s.last_day for s in schedules]),
        hold=np.column_stack(hold).astype(np.int64),
        after_stocks=timing.after_stocks,
        no_sale=np.concatenate([low for low, _ in limits], axis=1),
        no_buy=np.concatenate([high for _, high in limits], axis=1),
        multiplier=np.array([one.multiplier for one in rules]),
        margin_rate=np.vstack([margin[:1], margin]),
        fee_rate=np.column_stack([one.fee_rate for one in rules]),
        close_today_rate=np.column_stack([one.close_today_rate for one in rules]),
        order_fee_yuan=np.column_stack([one.order_fee_yuan for one in rules]),
        delivery_fee_rate=np.column_stack([one.delivery_fee_rate for one in rules]),
        opening_limit=np.column_stack([_free(one.daily_open_limit) for one in rules]),
        position_limit=np.column_stack([_position_limit(rule, one) for one in rules]),
        larger_side=np.concatenate([rules[0].larger_side[:1], rules[0].larger_side]),
    )


def _free(limit: Floats) -> Floats:
    """Limits with infinity where there is none."""
    return np.where(np.isnan(limit), np.inf, limit)


def _position_limit(rule: HedgeRule, rules: FuturesRules) -> Floats:
    """Lots that may be held in one contract: the exchange's limit, or the hedger's quota."""
    if rule.account == "hedging" and rule.quota_lots is not None:
        return np.full(rules.position_limit.shape, float(rule.quota_lots))
    return _free(rules.position_limit)


def _at_limits(
    schedule: ContractSchedule, rules: FuturesRules
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each contract's fill stands at its lower, upper price limit, [T, C].

    Limits are the last settlement price times 1 -+ the limit, inside the tick. Listing days have no
    settlement before them in the data and count as free.
    """
    days = np.arange(len(schedule.dates))[:, None]
    ends = days == schedule.last_day[None, :]
    limit = np.where(ends, rules.limit_last_day[:, None], rules.limit[:, None])
    before = np.vstack([schedule.opening_settlement, schedule.settlement_price[:-1]])
    tick = rules.tick
    low = np.ceil(before * (1.0 - limit) / tick - 1e-6) * tick
    high = np.floor(before * (1.0 + limit) / tick + 1e-6) * tick
    fill = schedule.fill_price
    return fill <= low + tick / 2, fill >= high - tick / 2


def _hedge_book(
    strategy: Strategy, market: Market, first: int, last: int, targets: Targets
) -> tuple[SleeveHedge, NDArray[np.bool_], dict[str, int]]:
    """Betas, ratios, covariances, carry and policy, known at each close from the day before on.

    Also returns on which of these closes the ratio's rule had none of its own, and what was done
    with the days that mislead a beta.
    """
    rule = strategy.hedge
    wide = slice(first - 1, last + 1)
    codes = indices(strategy)
    returns = known_returns(strategy, market)
    unknown = np.full(len(market.dates), np.nan)
    levels = np.column_stack(
        [
            market.index_close(code) if np.isfinite(returns[:, k]).any() else unknown
            for k, code in enumerate(codes)
        ]
    )
    betas, counts = _stock_betas(strategy, market, first, last)
    shape = (last - first + 2, len(codes))
    ratio, method = rule.ratio, _METHOD[strategy.beta.method]
    own, fallback = np.full(shape, np.nan), np.zeros(shape[0], dtype=np.bool_)
    if isinstance(ratio, BetaRatio):
        ratio = ratio.scale
    elif not isinstance(ratio, float):
        found = book_ratios(
            ratio, market, targets, rule.products, first, last,
            betas=betas, indices=codes, **_contracts(rule),
        )  # fmt: skip
        own, fallback, ratio, method = found.ratio, found.fallback, 1.0, _GIVEN
    covariance, carry = np.zeros((*shape, len(codes))), np.zeros(shape)
    if rule.risk_aversion > 0:
        covariance = _covariances(returns, first - 1, last)
        begin = max(0, first - 1 - _CARRY_DAYS)
        leg = futures_leg(market, rule.products, begin, last, indices=codes, **_contracts(rule))
        fees = leg.fee_rate + strategy.costs.futures_slippage_bp / 1e4
        rolls = _ROLLS_PER_YEAR.get(rule.contract, 12)
        carry = (leg.carry + 2 * rolls * fees)[first - 1 - begin :]
    book = SleeveHedge(
        beta=betas,
        index_return=returns[wide, 0],
        book_ratio=own,
        covariance=covariance,
        carry=carry,
        index_level=levels[wide],
        policy=compile_policy(rule.policy, market.dates[first : last + 1], market, first),
        ratio=ratio,
        method=method,
        default_beta=1.0,
        window=getattr(strategy.beta, "window", 0),
        min_observations=getattr(strategy.beta, "min_observations", 0),
        aversion=rule.risk_aversion,
        range_low=np.nan if rule.range is None else rule.range[0],
        range_high=np.nan if rule.range is None else rule.range[1],
    )
    return book, fallback, counts


def _contracts(rule: HedgeRule) -> dict[str, Any]:
    """Return how contracts are chosen and rolled, as arguments of ContractSchedule.of."""
    return {
        "contract": rule.contract,
        "roll": rule.roll,
        "roll_days": rule.roll_days,
        "roll_window": rule.roll_window,
    }


@contextmanager
def betas_ahead(strategy: Strategy, market: Market, first: int, last: int) -> Iterator[None]:
    """Estimate a span's betas on a thread beside the block; who asks for them then waits for them.

    They need neither scores nor holdings, and compiled estimators leave Python's lock to others.
    Not where nothing is kept (an altered market, an estimator of a user's own): they would be
    estimated twice. What goes wrong is said to who asks.
    """
    if _betas_key(strategy, market, first, last) is None:
        yield
        return
    with ThreadPoolExecutor(1, "betas") as pool:
        pool.submit(_stock_betas, strategy, market, first, last)
        yield


def _stock_betas(
    strategy: Strategy, market: Market, first: int, last: int
) -> tuple[Floats, dict[str, int]]:
    """Stock betas known at each close from the day before the span on, [T + 1, N, P], and counts.

    Pairs of returns are prepared on the whole market: a merged spell may begin before the window.
    """
    index = known_returns(strategy, market)
    return stage(
        "betas",
        market,
        _beta_parts(strategy, index, first, last),
        lambda: _betas_anew(strategy.beta, market, index, first, last),
    )


def _beta_parts(strategy: Strategy, index: Floats, first: int, last: int) -> dict[str, Any]:
    return {"span": (first, last), "beta": strategy.beta, "indices": index[: last + 1]}


def _betas_key(strategy: Strategy, market: Market, first: int, last: int) -> str | None:
    parts = _beta_parts(strategy, known_returns(strategy, market), first, last)
    return stage_key("betas", market, parts)


def _betas_anew(
    estimator: BetaEstimator, market: Market, index: Floats, first: int, last: int
) -> tuple[Floats, dict[str, int]]:
    if index.shape[1] == 1:
        index = index[:, 0]
    known = market.until(market.dates[last])
    prepared = Prepared.of(known, index[: last + 1], estimator.preparation)
    begin = 0 if estimator.memory is None else max(0, first - estimator.memory)
    cut = Prepared(
        prepared.returns[begin:],
        prepared.index[begin:],
        None if prepared.own_index is None else prepared.own_index[begin:],
        prepared.counts,
    )
    return estimator.betas_alone(cut)[first - 1 - begin :], prepared.counts


def _covariances(returns: Floats, first: int, last: int) -> Floats:
    """Covariances a year of the last 250 days at each close of the rows first .. last, [T, P, P].

    All days that are known are used where there are fewer; NaN becomes 0 before any is known.
    """
    result = np.zeros((last - first + 1, returns.shape[1], returns.shape[1]))
    for t in range(first, last + 1):
        window = returns[max(0, t - _COVARIANCE_WINDOW + 1) : t + 1]
        window = window[np.isfinite(window).all(axis=1)]
        if len(window) > returns.shape[1]:
            result[t - first] = np.atleast_2d(np.cov(window.T)) * TRADING_DAYS_A_YEAR
    return result
