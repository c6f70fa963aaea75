"""Why one stock is, or is not, in the book that a strategy wants for tomorrow.

The decision is made as a run would make it, on the market cut at the close of the day: universe,
scores, then the selector with the books that it decided before. For an optimised book the terms of
the stock's balance are listed, which add up to 0: otherwise it would be worth while to trade.
"""

from inspect import signature
from typing import Any, NamedTuple

import numpy as np

from quanthedge.alpha import scores
from quanthedge.backtesting.circumstances import circumstances
from quanthedge.backtesting.expectation import graded
from quanthedge.factors import factor_name
from quanthedge.market import Explanation, Market
from quanthedge.optimise import Decision
from quanthedge.portfolio import (
    IndustryBalancedSelector,
    OptimisedSelector,
    Periodic,
    Targets,
    TopSelector,
)
from quanthedge.risk import index_weights
from quanthedge.rules import TRADING_DAYS_A_YEAR
from quanthedge.strategy import Strategy
from quanthedge.typing import Bools, Floats, Ints, Language
from quanthedge.words import texts

__all__ = ["explain_holding"]

Line = tuple[str, str, str]


class _Asked(NamedTuple):
    """What is explained: a strategy's decisions on a market that ends with the day."""

    strategy: Strategy
    market: Market
    column: int
    rows: Ints  # of decisions; the last is the day
    mask: Bools  # [R, N]
    scores: Floats  # [R, N]
    language: Language

    @property
    def words(self) -> dict[str, Any]:
        return texts("quanthedge.backtesting", "explaining")

    def line(self, subject: str, fact: str, value: object) -> Line:
        """Return a line: subject and fact by their keys, or the fact as it is called."""
        known = self.words["facts"]
        called = known[fact][self.language] if fact in known else fact
        return self.words["subjects"][subject][self.language], called, str(value)

    def form(self, key: str, **values: object) -> str:
        return str(self.words["form"][key][self.language]).format(**values)

    def truth(self, value: object) -> str:
        return self.form("yes" if value else "no")


def explain_holding(
    strategy: Strategy,
    market: Market,
    code: str,
    date: str,
    *,
    start: str | None = None,
    language: Language = "en",
) -> Explanation:
    """Return why a stock is, or is not, in the book that is decided at the close of a day.

    Parameters
    ----------
    strategy : Strategy
    market : Market
    code : str
        As "600519.SH".
    date : date
        A trading day, of a rebalance or not.
    start : date, optional
        First trading day of the fund: what was wanted before matters for a buffer and for what
        trades cost. A year before the day by default, or as much as there is.
    language : {"en", "zh"}

    Returns
    -------
    Explanation
        Prints as text; ``facts`` is a table of subject, fact, value.

    Raises
    ------
    DataError
        The code is not in the market, or the day no trading day.
    StrategyError, RuleError
        As :func:`quanthedge.backtest`.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> found = qh.explain_holding(strategy, market, "600001.SH", "2014-12-31")
    >>> found.facts.iloc[-1].to_dict()
    {'subject': 'book', 'fact': 'weight, of the stock book', 'value': '3.333%'}
    """
    asked = _asked(strategy, market.until(market.dates[market.day(date)]), code, start, language)
    chosen = _chosen(asked)
    lines = [*_decision(asked), *_universe(asked), *_scores(asked), *chosen]
    return Explanation(
        asked.form("title", code=code, date=asked.market.dates[-1], name=_name(asked)), lines
    )


def _asked(
    strategy: Strategy, market: Market, code: str, start: str | None, language: Language
) -> _Asked:
    row = len(market.dates) - 1
    first = max(1, row - TRADING_DAYS_A_YEAR) if start is None else market.span(start, start)[0]
    first = min(max(first, 1), row)
    before = strategy.selector.decision_rows(strategy.rebalance, market, first, row)
    rows = np.union1d(before, row).astype(np.int64)
    if strategy.selector.needs_scores:
        mask, _ = strategy.universe.mask(market, rows)
        found = graded(strategy, market, mask, rows).scores
    else:
        mask, found = np.zeros((rows.size, 0), dtype=np.bool_), np.empty((rows.size, 0))
    return _Asked(strategy, market, market.column(code), rows, mask, found, language)


def _name(asked: _Asked) -> str:
    return asked.strategy.called(asked.language)


def _decision(asked: _Asked) -> list[Line]:
    called = asked.strategy.selector.called(asked.language)
    row, schedule = int(asked.rows[-1]), asked.strategy.rebalance
    if isinstance(schedule, Periodic) and isinstance(schedule.every, int):  # from the first one
        regular = (row - int(asked.rows[0])) % schedule.every == 0
    else:
        regular = row in schedule.grid(asked.market)
    return [
        asked.line("decision", "selector", called),
        asked.line("decision", "begun", asked.market.dates[asked.rows[0]]),
        asked.line("decision", "regular", asked.truth(regular)),
    ]


def _universe(asked: _Asked) -> list[Line]:
    if not asked.mask.shape[1]:
        return []
    inside = bool(asked.mask[-1, asked.column])
    lines = [asked.line("universe", "in_universe", asked.truth(inside))]
    explain = getattr(asked.strategy.universe, "explain", None)
    if not inside and explain is not None:
        code, day = str(asked.market.codes[asked.column]), asked.market.dates[-1]
        speaks = "language" in signature(explain).parameters  # an own universe's may not
        told = explain(asked.market, code, day, **({"language": asked.language} if speaks else {}))
        failed = told[~told["passes"].astype(bool)].iloc[0]
        why = asked.form("why", **failed[["question", "found", "wanted"]])
        lines.append(asked.line("universe", "why", why))
    return lines


def _scores(asked: _Asked) -> list[Line]:
    """Return score and rank, and what each factor says of the stock."""
    if not asked.scores.shape[1]:
        return []
    own = asked.scores[-1]
    value = own[asked.column]
    if not np.isfinite(value):
        return [asked.line("score", "score", asked.words["facts"]["no_score"][asked.language])]
    rank = asked.form("of", rank=_rank(own, asked.column), count=int(np.isfinite(own).sum()))
    lines = [asked.line("score", "score", f"{value:.4f}"), asked.line("score", "rank", rank)]
    return lines + [asked.line("factors", name, text) for name, text in _by_factor(asked)]


def _rank(scored: Floats, column: int) -> int:
    """Return a stock's rank, ties to the lower code as the selectors have it."""
    better = scored > scored[column]
    return int(better.sum() + (scored[:column] == scored[column]).sum()) + 1


def _by_factor(asked: _Asked) -> list[tuple[str, str]]:
    strategy, rows, where = asked.strategy, asked.rows[-1:], asked.mask[-1:]
    none = asked.form("none")
    if strategy.alpha is not None:
        factors, found = strategy.alpha.graded(asked.market, where, rows)
        values, known = found.values[0, asked.column], found.defined[0, asked.column]
        named = [factor_name(one, asked.language) for one in factors]
    else:
        terms = [term for term in strategy.factors if term.weight]
        named = [factor_name(term.factor, asked.language) for term in terms]
        alone = strategy.transforms.model_copy(update={"missing": "exclude"})
        values = np.array(
            [scores(asked.market, [one], where, rows, alone)[0][0, asked.column] for one in terms]
        )
        known = np.isfinite(values)
    return [
        (name, f"{value:+.3f}" if defined else none)
        for name, value, defined in zip(named, values, known, strict=True)
    ]


def _chosen(asked: _Asked) -> list[Line]:
    """Return what the selector made of it."""
    selector, market = asked.strategy.selector, asked.market
    if not selector.needs_scores or not selector.needs_circumstances:
        targets = selector.targets(market, asked.scores, asked.rows)
        extra = _top(asked, selector) if isinstance(selector, TopSelector) else []
        return [*extra, *_held(asked, targets)]
    around = circumstances(asked.strategy, market, asked.scores, asked.rows)
    if isinstance(selector, OptimisedSelector):
        made = selector.decisions(market, asked.scores, asked.rows, around)
        return _optimised(asked, made[-1][1])
    targets = selector.decide(market, asked.scores, asked.rows, around).targets
    extra = []
    if isinstance(selector, IndustryBalancedSelector):
        extra = _balanced(asked, selector, targets, around.tilts()[-1])
    return [*extra, *_held(asked, targets)]


def _held(asked: _Asked, targets: Targets) -> list[Line]:
    def weight(r: int) -> float:
        mine = slice(targets.pointer[r], targets.pointer[r + 1])
        return float(targets.weights[mine][targets.stocks[mine] == asked.column].sum())

    before = weight(-2 + len(asked.rows)) if len(asked.rows) > 1 else 0.0
    now = weight(len(asked.rows) - 1)
    return [
        asked.line("book", "before", asked.truth(before > 0)),
        asked.line("book", "held", asked.truth(now > 0)),
        asked.line("book", "weight", f"{now:.3%}"),
    ]


def _top(asked: _Asked, selector: TopSelector) -> list[Line]:
    return [
        asked.line("book", "wanted_names", selector.n),
        asked.line("book", "reach", int(selector.n * (1.0 + selector.buffer) + 1e-9)),
    ]


def _balanced(
    asked: _Asked, selector: IndustryBalancedSelector, targets: Targets, tilts: Floats
) -> list[Line]:
    numbers, names = asked.market.industry()
    today = numbers[-1].astype(np.int64)
    mine = int(today[asked.column])
    inside = today == mine
    index = np.nan_to_num(index_weights(asked.market, selector.benchmark).on(asked.rows[-1:])[0])
    own = np.where(inside, asked.scores[-1], np.nan)
    wanted = targets.stocks[targets.pointer[-2] : targets.pointer[-1]]
    called = asked.form("none") if mine < 0 else names[f"name_{asked.language}"].iloc[mine]
    lines = [
        asked.line("industry", "industry", called),
        asked.line("industry", "index_share", f"{index[inside].sum():.2%}"),
        asked.line("industry", "tilt", f"{tilts[mine] if mine >= 0 else 0.0:+.2%}"),
        asked.line("industry", "names_inside", int(inside[wanted].sum())),
    ]
    if np.isfinite(own[asked.column]):
        told = asked.form("of", rank=_rank(own, asked.column), count=int(np.isfinite(own).sum()))
        lines.append(asked.line("industry", "rank_inside", told))
    return lines


def _optimised(asked: _Asked, decision: Decision) -> list[Line]:
    """Return weights, bounds and the balance of the stock."""
    code = str(asked.market.codes[asked.column])
    status = asked.words["status"][decision.status][asked.language]
    lines = [asked.line("decision", "status", status)]
    if decision.status == "infeasible" or code not in set(decision.codes):
        held = code in set(decision.codes) and decision.weights_of(code)["held"] > 0
        return [*lines, asked.line("book", "held", asked.truth(held))]
    weights = decision.weights_of(code)
    names = {"held": "held_before"}
    lines += [
        asked.line("bounds", names.get(name, name), f"{value:.3%}")
        for name, value in weights.items()
    ]
    shares = float(decision.shares.get(code, 0.0))
    lines.append(asked.line("bounds", "shares", f"{shares:+,.0f}"))
    balance = decision.explain(code)["value"]
    lines += [
        asked.line(
            "balance",
            asked.words["balance"][part][asked.language],
            asked.form("basis_points", value=value + 0.0),
        )
        for part, value in balance.items()
        if abs(value) > 5e-3 or part in ("alpha", "risk", "sum")
    ]
    lines += [
        asked.line(
            "loosened", f"{one.name} {one.of}".strip(), f"{one.asked:.4g} -> {one.given:.4g}"
        )
        for one in decision.relaxed.itertuples()
    ]
    return lines
