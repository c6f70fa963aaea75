"""Hedges compared out of sample: every beta estimator x ratio x rebalancing on one book."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel

from quanthedge.errors import StrategyError
from quanthedge.hedge.contracts.leg import FuturesLeg, Mark, futures_leg
from quanthedge.hedge.policies import Calendar, compile_policy
from quanthedge.hedge.ratios.pro_forma import pro_forma_ratios
from quanthedge.hedge.ratios.ratio_base import HedgeHistory, HedgeRatio
from quanthedge.hedge.ratios.ratios import AlphaScaled, BetaRatio, EwmaRatio, MinimumVariance
from quanthedge.hedge.research.books import BookTargets
from quanthedge.hedge.research.comparison_result import HedgeComparison
from quanthedge.market import Market
from quanthedge.rules import index_of
from quanthedge.typing import Floats

__all__ = ["HedgeComparison", "compare_hedges"]

_ANY = "any"  # label where the estimator does not matter


class _Span(NamedTuple):
    """A book and its futures leg over the closes that are compared."""

    dates: NDArray[np.datetime64]  # [D], row 0 is the close before the first return
    first_row: int
    last: int
    begin: int  # market row of the leg's row 0
    book: Floats  # [D]
    forced: NDArray[np.bool_]  # [D], the stocks are traded
    leg: FuturesLeg
    future: Floats  # [D, P]
    index_return: Floats  # [D, P]
    level: Floats  # [D, P]


def compare_hedges(
    market: Market,
    book: BookTargets,
    *,
    estimators: Mapping[str, Any] | Sequence[Any] | None = None,
    ratios: Mapping[str, HedgeRatio] | Sequence[HedgeRatio] | None = None,
    policies: Mapping[str, Any] | Sequence[Any] | None = None,
    products: str | Sequence[str] = "IF",
    start: str | None = None,
    end: str | None = None,
    mark: Mark = "settlement",
    slippage_bp: float = 1.0,
    **contracts: Any,
) -> HedgeComparison:
    """Hedge a book in every combination and compare what is left, out of sample.

    Parameters
    ----------
    market : Market
    book : Targets or Book
        Stocks and weights by decision; see :func:`index_book` and :func:`random_book`.
    estimators, ratios, policies : sequence, or mapping from a label
        Beta estimators, hedge ratios and rebalancing policies; by default Kalman(), a few
        ratios, and every five days. The hedge is also traded whenever the book is.
    products : {"IF", "IH", "IC", "IM"}, one or several
    start, end : date, optional
        First and last day of the returns; by default as long as there are book and futures.
    mark : {"settlement", "close", "index"}
        Price of the futures; see :func:`futures_leg`.
    slippage_bp : float
        Of each futures trade, besides the exchange's fee.
    **contracts
        Of :meth:`quanthedge.hedge.ContractSchedule.of`.

    Returns
    -------
    HedgeComparison

    Raises
    ------
    StrategyError
        When two entries have one label, or a combination is not possible.
    DataError
        When prices are missing.

    Notes
    -----
    The book takes its weights at the close of a decision and drifts until the next. A ratio known
    at close t is traded at the marks of t and earns on t + 1:
    ``hedged[t + 1] = book[t + 1] - ratio[t] x future[t + 1]``. Costs are listed apart. Nothing is
    fitted to the days on which it is judged.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> from quanthedge.hedge import MinimumVariance
    >>> book = qh.random_book(market, n=50, start="2014-09-17", end="2015-06-30")
    >>> found = qh.compare_hedges(market, book, ratios=[MinimumVariance()])
    >>> found.table()[["ratio", "beta_daily"]].round(2)
                  ratio  beta_daily
    0  minimum_variance       -0.02
    """
    from quanthedge.beta import Kalman

    betas = _labelled(estimators, [Kalman()], "estimators")
    rules = _labelled(
        ratios, [BetaRatio(), MinimumVariance(), MinimumVariance(horizon_days=1), EwmaRatio()],
        "ratios",
    )  # fmt: skip
    programs = _labelled(policies, [Calendar(every_days=5)], "policies")
    span, shares = _span(market, book, rules, products, start, end, mark, contracts)
    wanted, fallbacks, refits = _wanted(market, book, span, shares, betas, rules)
    return _combine(market, span, wanted, fallbacks, refits, programs, slippage_bp)


def _labelled(
    given: Mapping[str, Any] | Sequence[Any] | None, default: list[Any], what: str
) -> dict[str, Any]:
    """Objects by label; labels are made of the kind and what differs from its defaults."""
    if isinstance(given, Mapping):
        return dict(given)
    items = default if given is None else list(given)
    labels = [_label(item) for item in items]
    if not items or len(set(labels)) != len(labels):
        raise StrategyError(
            f"compare_hedges: {what} {labels}; accepted is at least one, each once; give a mapping "
            "to name them yourself"
        )
    return dict(zip(labels, items, strict=True))


def _label(item: BaseModel) -> str:
    """Kind and the fields that differ from their defaults."""
    values = item.model_dump(exclude_defaults=True)
    kind = getattr(item, "kind", type(item).__name__)
    changed = [f"{name}={value}" for name, value in values.items() if name != "kind"]
    return str(kind) + (f" ({', '.join(changed)})" if changed else "")


def _span(
    market: Market,
    book: BookTargets,
    rules: dict[str, HedgeRatio],
    products: str | Sequence[str],
    start: str | None,
    end: str | None,
    mark: Mark,
    contracts: dict[str, Any],
) -> tuple[_Span, tuple[Floats, NDArray[np.int64]]]:
    """Book and futures over the days that both have, and the holdings' shares."""
    from quanthedge.hedge.kernels.ratios import drifted_book

    rows = np.asarray(book.decision_rows, dtype=np.int64)
    first, last = market.span(
        market.dates[rows[0] + 1] if start is None else start,
        market.dates[-1] if end is None else end,
    )
    if first <= rows[0]:
        raise StrategyError(
            f"compare_hedges: start {market.dates[first]}, but the book is first decided at the "
            f"close of {market.dates[rows[0]]}; start later"
        )
    begin = max(0, first - 1 - max(rule.memory for rule in rules.values()))
    leg = futures_leg(market, products, begin, last, mark=mark, **contracts)
    priced = np.asarray(np.isfinite(leg.future).all(axis=1), dtype=np.bool_)
    priced[: first - begin] = False
    if not priced.any():
        raise StrategyError(
            f"compare_hedges: {' and '.join(leg.products)} did not trade between "
            f"{market.dates[first]} and {market.dates[last]}; choose another span or product"
        )
    first = begin + int(np.argmax(priced))
    returns = np.asarray(market.panel("simple_return"), dtype=np.float64)
    inside = rows[rows <= last]
    own, shares, places = drifted_book(
        returns, inside, book.pointer[: inside.size + 1], book.stocks, book.weights, last
    )
    wide = slice(first - 1 - begin, None)
    forced = np.isin(np.arange(first - 1, last + 1), rows)
    span = _Span(
        dates=market.dates[first - 1 : last + 1],
        first_row=first - 1,
        last=last,
        begin=begin,
        book=own[first - 1 - rows[0] :],
        forced=forced,
        leg=leg,
        future=np.ascontiguousarray(leg.future[wide]),
        index_return=leg.index_return[wide],
        level=np.ascontiguousarray(leg.level[wide]),
    )
    return span, (shares, places)


def _wanted(
    market: Market,
    book: BookTargets,
    span: _Span,
    shares: tuple[Floats, NDArray[np.int64]],
    estimators: dict[str, Any],
    rules: dict[str, HedgeRatio],
) -> tuple[dict[tuple[str, str], Floats], dict[tuple[str, str], int], dict[str, pd.DataFrame]]:
    """Ratio wanted at each close by estimator and rule, days on the fallback, and the refits."""
    known: dict[str, Floats] = {}

    def beta_of(label: str) -> Floats:  # estimated when first needed
        if label not in known:
            known[label] = _book_betas(market, book, span, shares, estimators[label])
        return known[label]

    wanted: dict[tuple[str, str], Floats] = {}
    fallbacks: dict[tuple[str, str], int] = {}
    refits: dict[str, pd.DataFrame] = {}
    for name, rule in rules.items():
        if _uses_beta(rule):
            for label in estimators:
                result = rule.estimate(_with_beta(span, beta_of(label)), _reach(span))
                wanted[label, name] = result.ratio
                fallbacks[label, name] = int(result.fallback[:-1].sum())
            continue
        result = pro_forma_ratios(
            rule, market, book, span.leg, span.begin, span.first_row, span.last
        )
        ratio, lacking = result.ratio, np.isnan(result.ratio).any(axis=1)
        if lacking.any():
            ratio[lacking] = rule.scale * beta_of(next(iter(estimators)))[lacking]
        wanted[_ANY, name] = ratio
        fallbacks[_ANY, name] = int(result.fallback[:-1].sum())
        if len(result.refits):
            refits[name] = result.refits
    return wanted, fallbacks, refits


def _uses_beta(rule: HedgeRatio) -> bool:
    """Whether a rule's ratio is the beta, whole or in part."""
    return isinstance(rule, BetaRatio) or (
        isinstance(rule, AlphaScaled) and isinstance(rule.base, BetaRatio)
    )


def _reach(span: _Span) -> int:
    """Row of the leg that is the first close compared."""
    return span.first_row - span.begin


def _with_beta(span: _Span, beta: Floats) -> HedgeHistory:
    """History of the leg with a book's betas on the closes compared."""
    leg = span.leg
    book = np.full(leg.dates.size, np.nan)
    betas = np.full(leg.future.shape, np.nan)
    book[_reach(span) :] = span.book
    betas[_reach(span) :] = beta
    return HedgeHistory(leg.dates, book, leg.index_return, leg.future, betas, leg.carry)


def _book_betas(
    market: Market,
    book: BookTargets,
    span: _Span,
    shares: tuple[Floats, NDArray[np.int64]],
    estimator: Any,
) -> Floats:
    """Betas of the drifting book at each close compared, [D, P]; an unknown stock counts 1."""
    from quanthedge.hedge.kernels.ratios import drifted_betas

    rows = np.asarray(book.decision_rows, dtype=np.int64)
    memory = estimator.memory
    begin = 0 if memory is None else max(0, int(rows[0]) - memory)
    returns = np.asarray(market.panel("simple_return")[begin : span.last + 1], dtype=np.float64)
    index = _index_returns(market, span, begin)
    products = index.shape[1]
    if estimator.method == "top_down":
        weights = np.full((span.dates.size, products), np.nan)
        own = np.full(returns.shape[0], np.nan)
        own[span.first_row - begin :] = span.book
        fitted = estimator.model_copy().fit(own[:, None], index)
        weights = fitted.beta_[span.first_row - begin :, 0]
        return np.where(np.isnan(weights), 1.0, weights)
    fitted = estimator.model_copy().fit(returns, index)
    inside = rows[rows <= span.last]
    days = span.last - int(rows[0]) + 1
    result, unknown = np.empty((days, products)), np.empty(days)
    default = np.zeros(products)
    default[0] = 1.0
    drifted_betas(
        np.ascontiguousarray(fitted.beta_), begin, inside, book.pointer, book.stocks, *shares,
        default, result, unknown,
    )  # fmt: skip
    return result[span.first_row - int(rows[0]) :]


def _index_returns(market: Market, span: _Span, begin: int) -> Floats:
    """Return the index returns of the products from a row on, [T, P]."""
    from quanthedge.beta import index_returns

    columns = [index_returns(market, index_of(name)) for name in span.leg.products]
    return np.ascontiguousarray(np.column_stack(columns)[begin : span.last + 1])


def _combine(
    market: Market,
    span: _Span,
    wanted: dict[tuple[str, str], Floats],
    fallbacks: dict[tuple[str, str], int],
    refits: dict[str, pd.DataFrame],
    policies: dict[str, Any],
    slippage_bp: float,
) -> HedgeComparison:
    """Follow every ratio by every policy and keep the hedged returns."""
    from quanthedge.hedge.kernels.policy_errors import followed

    future = np.nan_to_num(span.future)
    wide = slice(_reach(span), None)
    rolled, fee = span.leg.rolled[wide], span.leg.fee_rate[wide]
    rate = fee + slippage_bp / 1e4
    labels, columns = [], []
    for policy_name, policy in policies.items():
        program = compile_policy(policy, span.dates, market, span.first_row + 1)
        for (estimator, ratio), target in wanted.items():
            held, traded = followed(
                np.ascontiguousarray(target), span.book, span.future, span.level, span.forced,
                program,
            )  # fmt: skip
            traded += 2.0 * held * rolled
            earned = -(held[:-1] * future[1:]).sum(axis=1)
            carry = -(held[:-1] * np.nan_to_num(span.future[1:] - span.index_return[1:])).sum(
                axis=1
            )
            columns.append(
                (
                    span.book[1:] + earned,
                    held[:-1].sum(axis=1),
                    traded[:-1].sum(axis=1),
                    (traded * rate)[:-1].sum(axis=1),
                    carry,
                )
            )
            labels.append((estimator, ratio, policy_name, fallbacks[estimator, ratio]))
    hedged, held_all, turnover, cost, carries = (
        np.column_stack(list(one)) for one in zip(*columns, strict=True)
    )
    frame = pd.DataFrame(labels, columns=["estimator", "ratio", "policy", "fallback"])
    return HedgeComparison(
        labels=frame[["estimator", "ratio", "policy"]],
        dates=span.dates[1:],
        book=span.book[1:],
        index=np.ascontiguousarray(span.index_return[1:, 0]),
        hedged=hedged,
        held=held_all,
        turnover=turnover,
        cost=cost,
        carry=carries,
        fallback_days=frame["fallback"].to_numpy(dtype=np.int64),
        refits=refits,
        substituted_days=int(span.leg.substituted[span.first_row - span.begin :].any(axis=1).sum()),
    )
