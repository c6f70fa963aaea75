"""From the close of a market's day to a problem: what may be traded, at which cost, how hedged.

Costs are those that the ledger charges: the rates of :class:`quanthedge.rules.StockCosts`, and
the square-root law of an order's size. An order of ``a`` yuan costs

    coefficient x volatility x sqrt(a / turnover of the day) x a     (docs/costs.md)

so that a trade of the fraction x of a book of S yuan costs ``k x^1.5`` of it with
``k = coefficient x volatility x sqrt(S / turnover)``. The turnover of the day of the order is not
known at the decision: the median of the last twenty days takes its place.

Look-ahead: everything of a day is known at its close; rates and lots are those of the day itself.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from quanthedge.errors import DataError, StrategyError
from quanthedge.factors import Volatility
from quanthedge.market import LimitPanel, Market
from quanthedge.optimise.bounds import OTHER, Bounds
from quanthedge.optimise.problem import Problem
from quanthedge.risk import RiskForecast, index_weights
from quanthedge.rules import TICK, CostTerms, StockCosts, StockRules, limit_prices
from quanthedge.typing import Bools, Floats, Ints

__all__ = [
    "ContractHedge",
    "MarketDay",
    "Posed",
    "impact_volatility",
    "market_days",
    "posed",
    "usual_turnover",
]

_WINDOW = 20  # trading days of volatility and usual turnover
_SIZE = "size"


@dataclass(frozen=True, eq=False)
class MarketDay:
    """What the close of a day says of every stock of a market.

    Attributes
    ----------
    date : datetime64[D]
    codes : str [N]
    price : float64 [N]
        Last close, yuan; NaN before the first.
    listed, can_buy, can_sell : bool [N]
        A stock that did not trade on the day can be neither bought nor sold, one that closed at its
        upper limit not bought, at its lower limit not sold.
    turnover_yuan, volatility : float64 [N]
        Usual turnover of a day; deviation of daily returns.
    buy_rate, sell_rate : float64 [N]
        Fractions of the amount; what goes by par value counts at the price of the day.
    benchmark : float64 [N]
    industry : int64 [N]
        Number of the market's classification, -1 where it is not known.
    lot, step : int64 [N]
        Shares.
    industries : tuple of str
        Codes of the industries by number.
    """

    date: np.datetime64
    codes: np.ndarray
    price: Floats
    listed: Bools
    can_buy: Bools
    can_sell: Bools
    turnover_yuan: Floats
    volatility: Floats
    buy_rate: Floats
    sell_rate: Floats
    benchmark: Floats
    industry: Ints
    lot: Ints
    step: Ints
    industries: tuple[str, ...]


class ContractHedge(NamedTuple):
    """The future that is sold against the book.

    ``beta`` float64 [N] to its index, ``contract_yuan`` the value of one contract (NaN: there is
    none), ``ratio`` of the book's beta that is hedged.
    """

    beta: Floats
    contract_yuan: float
    ratio: float = 1.0


class Posed(NamedTuple):
    """A problem, and where its stocks stand in the market.

    ``stocks`` int64 [n]; ``lots`` of the future; ``blocked`` stocks held whose bounds cannot be
    reached for; ``without_alpha`` stocks of the universe whose expected return is not known.
    """

    problem: Problem
    stocks: Ints
    lots: float
    blocked: int
    without_alpha: int


def market_days(market: Market, rows: Ints, costs: CostTerms, benchmark: str) -> list[MarketDay]:
    """Return what the closes of some rows say, in their order.

    Parameters
    ----------
    market : Market
    rows : int64 [R]
        Rising.
    costs : CostTerms
        As ``strategy.costs``.
    benchmark : str
        Index, as "000300.SH".

    Raises
    ------
    DataError
        The members of the index are not known on a row.
    RuleError
        The rule book does not cover a day.
    """
    rows = np.asarray(rows, dtype=np.int64)
    weights = index_weights(market, benchmark).on(rows)
    unknown = ~np.isfinite(weights).all(axis=1)
    if unknown.any():
        day = market.dates[rows[int(unknown.argmax())]]
        raise DataError(f"benchmark {benchmark}: its members are not known on {day}; start later")
    rules = StockRules.between(market.dates[rows], market.codes, market.list_dates())
    terms = StockCosts.of(rules, costs)
    price = np.asarray(market.panel("mark")[rows], dtype=np.float64)
    fixed = np.nan_to_num(terms.yuan_per_share) / np.where(price > 0, price, np.inf)
    buys, sells = terms.buy_rate + fixed, terms.sell_rate + fixed
    can_buy, can_sell = _tradable(market, rows)
    turnover, volatility = usual_turnover(market, rows), impact_volatility(market, rows)
    industry, about = market.industry()
    industries = tuple(str(one) for one in about["industry"])
    gone = market.delist_index()
    return [
        MarketDay(
            market.dates[t], market.codes, price[r], np.isfinite(price[r]) & (gone > t),
            can_buy[r], can_sell[r], turnover[r], volatility[r], buys[r], sells[r], weights[r],
            industry[t].astype(np.int64), rules.lot, rules.step, industries,
        )
        for r, t in enumerate(rows)
    ]  # fmt: skip


def impact_volatility(market: Market, rows: Ints) -> Floats:
    """Return the volatility by which an order's impact is worked out, as known at closes, [R, N].

    Where a stock traded on fewer than five of the last twenty days, the median of the others.
    """
    spread = Volatility(window=_WINDOW, min_traded=0.25).exposure(market, rows)
    for row in spread:
        known = np.isfinite(row)
        if known.any():
            row[~known] = np.median(row[known])
    return np.asarray(spread, dtype=np.float64)


def usual_turnover(market: Market, rows: Ints) -> Floats:
    """Return the median turnover of the days traded among the last twenty, yuan [R, N]; else 0."""
    amount, volume, close = (market.panel(one) for one in ("amount", "volume", "close"))
    found = np.zeros((len(rows), len(market.codes)))
    for r, t in enumerate(rows):
        span = slice(max(0, t - _WINDOW + 1), t + 1)
        known = amount[span] > 0
        own = np.where(known, amount[span], volume[span] * close[span])
        own = np.sort(np.where(own > 0, own, np.nan), axis=0)  # NaN last
        count = np.isfinite(own).sum(axis=0)
        some = np.flatnonzero(count)
        low, high = own[(count[some] - 1) // 2, some], own[count[some] // 2, some]
        found[r, some] = (low + high) / 2.0
    return found


def _tradable(market: Market, rows: Ints) -> tuple[Bools, Bools]:
    """Return which stocks could still be bought and sold at the closes, bool [R, N]."""
    first = int(rows[0])
    limits = LimitPanel.of(market, first, int(rows[-1]))
    place = limits.place[rows - first].astype(np.int64)
    up = np.take_along_axis(limits.up[rows - first], place, axis=1)
    down = np.take_along_axis(limits.down[rows - first], place, axis=1)
    with np.errstate(invalid="ignore"):
        high, low = limit_prices(market.panel("pre_close")[rows], up, down, limits.inward)
    close, traded = market.panel("close")[rows], market.panel("traded")[rows]
    return traded & ~(close >= high - TICK / 2), traded & ~(close <= low + TICK / 2)


def posed(
    day: MarketDay,
    forecast: RiskForecast,
    alpha: Floats,
    held: Floats,
    book_yuan: float,
    bounds: Bounds,
    *,
    aversion: float | None = None,
    tracking_error: float | None = None,
    impact_coefficient: float = 1.0,
    participation: float = 0.0,
    hedge: ContractHedge | None = None,
    tilt: Floats | None = None,
    universe: Bools | None = None,
    style_names: tuple[str, ...] = (),
) -> Posed:
    """Return the problem of a day.

    Parameters
    ----------
    day : MarketDay
    forecast : RiskForecast
        Of the same day, over the horizon of alpha.
    alpha : float64 [N]
        Expected return over the horizon beyond the benchmark's; NaN counts as 0.
    held : float64 [N]
        Fractions of the stock book; of stocks that are gone nothing.
    book_yuan : float
    bounds : Bounds
        The turnover is not bounded for a book that holds nothing yet.
    aversion, tracking_error : float, optional
        Exactly one; the tracking error over the horizon.
    impact_coefficient, participation : float
        Of the square-root law; largest part of a day's turnover, 0 = no cap.
    hedge : ContractHedge, optional
        Its whole contracts fix the beta of the book.
    tilt : float64 [G], optional
        By which industries shall weigh more than in the benchmark.
    universe : bool [N], optional
        What may be bought; by default every stock with an alpha.
    style_names : tuple of str
        Which of the forecast's factors are styles.

    Notes
    -----
    Stocks of the benchmark outside of the universe are part of the problem and cannot be bought;
    what is held outside of it is sold. A stock that cannot be traded, or not enough of it, keeps
    what it has: its bounds give way to that.
    """
    allowed = np.isfinite(alpha) if universe is None else universe
    allowed = allowed & day.listed & np.isfinite(forecast.specific)
    chosen = np.flatnonzero(allowed | (held > 0) | (day.benchmark > 0))
    inside, own, b = allowed[chosen], held[chosen], day.benchmark[chosen]
    most = participation * day.turnover_yuan[chosen] / book_yuan if participation > 0 else np.inf
    bought = np.where(day.can_buy[chosen] & inside, most, 0.0)
    sold = np.where(day.can_sell[chosen], most, 0.0)
    width = np.inf if bounds.active_weight is None else bounds.active_weight
    low = np.where(inside, np.maximum(0.0, b - width), 0.0)
    high = np.where(inside, np.minimum(1.0, b + width), 0.0)
    lower = np.minimum(low, own + bought)
    upper = np.maximum(high, own - sold)
    blocked = int(((lower < low - 1e-12) & (own > 0) | (upper > high + 1e-12)).sum())
    columns = np.flatnonzero(np.abs(forecast.exposures[chosen]).any(axis=0))
    styles, style_bound, size = _styles(forecast, style_names, columns, bounds)
    lots, beta, target = _contracts(hedge, day.benchmark, chosen, book_yuan)
    groups = day.industry[chosen] if bounds.industry is not None else None
    specific = forecast.specific[chosen]
    problem = Problem(
        alpha=np.nan_to_num(alpha[chosen]),
        exposures=forecast.exposures[np.ix_(chosen, columns)],
        factor_covariance=forecast.covariance[np.ix_(columns, columns)],
        specific=np.where(np.isfinite(specific), specific, np.nanmax(forecast.specific)),
        benchmark=b,
        held=own,
        lower=lower,
        upper=upper,
        risk_aversion=aversion,
        tracking_error=tracking_error,
        buy_rate=_known(day.buy_rate[chosen]),
        sell_rate=_known(day.sell_rate[chosen]),
        impact=_impact(day, chosen, book_yuan, impact_coefficient),
        most_bought=bought,
        most_sold=sold,
        beta=beta,
        beta_target=target,
        groups=groups,
        group_bound=bounds.industry,
        group_tilt=_tilts(groups, tilt),
        styles=styles,
        style_bound=style_bound,
        size=size,
        turnover=bounds.turnover_one_way if held.any() else None,
    )
    unknown = int((inside & ~np.isfinite(alpha[chosen])).sum())
    return Posed(problem, chosen.astype(np.int64), lots, blocked, unknown)


def _impact(day: MarketDay, chosen: Ints, book_yuan: float, coefficient: float) -> Floats:
    """Return k of ``k x^1.5``; 0 for stocks that do not trade and so cost nothing."""
    turnover = day.turnover_yuan[chosen]
    some = turnover > 0
    share = np.sqrt(book_yuan / np.where(some, turnover, 1.0))
    return np.where(some, coefficient * _known(day.volatility[chosen]) * share, 0.0)


def _known(values: Floats) -> Floats:
    """Return rates with 0 for stocks that have none because they cannot be traded."""
    return np.nan_to_num(values)


def _tilts(groups: Ints | None, tilt: Floats | None) -> Floats | None:
    if groups is None:
        return None
    count = int(groups.max(initial=-1)) + 1
    made = np.zeros(max(count, 0 if tilt is None else len(tilt)))
    if tilt is not None:
        made[: len(tilt)] = tilt
    return made


def _styles(
    forecast: RiskForecast, style_names: tuple[str, ...], columns: Ints, bounds: Bounds
) -> tuple[Ints | None, Floats | None, int | None]:
    """Return the columns of bounded styles, their bounds, and the column of size."""
    names = [forecast.factors[k] for k in columns]
    known = set(style_names)
    unknown = sorted(set(bounds.style) - {OTHER} - known)
    if unknown or (bounds.style and not known):
        raise StrategyError(
            f"bounds.style {', '.join(unknown) or OTHER}: no style of the risk model; accepted: "
            f"{', '.join([*style_names, OTHER]) if known else 'none, as it has no styles'}"
        )
    bound = {
        k: bounds.style.get(name, bounds.style.get(OTHER))
        for k, name in enumerate(names)
        if name in known
    }
    asked = {k: one for k, one in bound.items() if one is not None}
    size = names.index(_SIZE) if _SIZE in names and _SIZE in known else None
    if not asked:
        return None, None, size
    return np.array(list(asked), dtype=np.int64), np.array(list(asked.values())), size


def _contracts(
    hedge: ContractHedge | None, benchmark: Floats, chosen: Ints, book_yuan: float
) -> tuple[float, Floats | None, float | None]:
    """Return the contracts of the benchmark's beta, and betas and beta that they fix.

    Rounded half up, as :func:`quanthedge.hedge.rule` does; a stock without a beta counts as 1.
    """
    if hedge is None or not np.isfinite(hedge.contract_yuan) or hedge.ratio <= 0:
        return 0.0, None, None
    beta = np.nan_to_num(hedge.beta, nan=1.0)
    notional = hedge.ratio * float(benchmark @ beta) * book_yuan
    lots = float(np.floor(max(notional, 0.0) / hedge.contract_yuan + 0.5))
    return lots, beta[chosen], lots * hedge.contract_yuan / (book_yuan * hedge.ratio)
