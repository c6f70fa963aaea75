"""A fast screen of many variants by vectorbt, before the exact ledger runs on the best.

The targets are ours (the same stages as of a run); vectorbt simulates their orders as it does, and
the hedge is a short of the index. What that leaves out is part of the result, and how well its
order of the variants agreed with the ledger's. The ledger itself is not slower (docs/interop.md):
the screen is for who wants the grid in vectorbt's own terms.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from quanthedge.backtesting import asked, run_days, selected, trial_of
from quanthedge.batch.grid import Sets, grid_of, told
from quanthedge.batch.screen_legs import StockLeg, blocks_of, leg_values
from quanthedge.batch.variant import Failure, Job, Outcome, Variant, failure_of
from quanthedge.batch.work import remember_market, run_job, tried
from quanthedge.errors import StrategyError
from quanthedge.kinds import OwnCode
from quanthedge.market import Market
from quanthedge.performance import Drawdowns, annual_return, sharpe_ratio, volatility
from quanthedge.strategy import Strategy, load_strategy
from quanthedge.trials import record
from quanthedge.typing import Floats, Tell
from quanthedge.words import Bilingual, sentence, texts

__all__ = ["Screen", "from_vectorbt"]

_EXACT = ("sharpe_net", "sharpe_gross", "annual_return_net", "volatility_net", "max_drawdown_net")
_ALWAYS = (
    "lots", "limits", "suspensions", "t_plus_one", "commissions", "dividends", "hedge", "margin",
    "interest", "fund",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class Screen:
    """What vectorbt found of a grid, and what the ledger found of the best.

    Attributes
    ----------
    table : DataFrame
        A row a variant by its number, best by vectorbt first: what differs; ``screen_sharpe``,
        ``screen_annual_return``, ``screen_volatility``, ``screen_max_drawdown`` and
        ``screen_rank``; the ledger's figures of those that it ran (``exact_sharpe_net``, ...,
        ``exact_rank`` by it); ``reason`` where a variant failed.
    left_out : list of dict
        What the screen leaves out, or carries otherwise; keys kind, en and zh.
    levels : DataFrame [T + 1, V]
        Value of one yuan by vectorbt with the short index, a column a variant.
    variants : tuple of Variant
    legs : int
        Different stock legs that were simulated: variants that differ in the hedge share one.
    seconds : dict
        Wall time of "targets", "vectorbt" and "ledger".
    """

    table: pd.DataFrame
    left_out: list[Bilingual]
    levels: pd.DataFrame = field(compare=False)
    variants: tuple[Variant, ...]
    legs: int
    seconds: dict[str, float]

    def __repr__(self) -> str:
        found, told = self.agreement, ""
        if found["runs"] > 2:
            told = f", rank correlation of their Sharpe ratios {found['rank_correlation_net']:.2f}"
        return (
            f"<Screen of {len(self.variants):,} variants by vectorbt in "
            f"{self.seconds['vectorbt']:.1f} s, {found['runs']:.0f} by the ledger in "
            f"{self.seconds['ledger']:.1f} s{told}; {len(self.left_out)} things left out>"
        )

    @property
    def agreement(self) -> "pd.Series[float]":
        """How far vectorbt's order of the variants is that of the ledger.

        Over the variants that both ran: ``runs``, the rank correlation of vectorbt's Sharpe ratio
        with the ledger's after the fund's fees (``rank_correlation_net``) and before them
        (``rank_correlation_gross``), and ``best_found_at``, vectorbt's rank of the ledger's best.
        NaN below three runs. Where only the best by vectorbt were run, it is over a cut range and
        lower than over all; ``keep="all"`` measures the screen itself.
        """
        both = self.table.dropna(subset=["screen_sharpe", "exact_sharpe_net"])
        found = {"runs": float(len(both))}
        for basis in ("net", "gross"):
            pair = both["screen_sharpe"], both[f"exact_sharpe_{basis}"]
            agreed = float(pair[0].corr(pair[1], method="spearman")) if len(both) > 2 else np.nan
            found[f"rank_correlation_{basis}"] = agreed
        first = both.sort_values("exact_rank")["screen_rank"]
        found["best_found_at"] = float(first.iloc[0]) if len(first) else np.nan
        return pd.Series(found)


def from_vectorbt(
    strategy: Strategy | str | Path,
    market: Market | str | Path,
    grid: Sets | Iterable[Strategy],
    *,
    start: str | None = None,
    end: str | None = None,
    keep: int | Literal["all"] = 5,
    random: int | None = None,
    seed: int = 1,
    block_mib: float = 512.0,
    tell: Tell | None = None,
) -> Screen:
    """Screen a grid of variants by vectorbt and run the exact ledger on the best.

    Parameters
    ----------
    strategy : Strategy or path
    market : Market or path
    grid : text, texts, mapping, or strategies
        What is varied, as of :func:`quanthedge.sweep` (``"hedge.ratio=0.8,0.9"``), or the variants
        themselves.
    start, end : date, optional
    keep : int or "all"
        How many of the best by vectorbt's Sharpe ratio the ledger runs on.
    random, seed : int
        Run so many combinations of the grid, drawn without repeats.
    block_mib : float
        Memory in which stock legs are simulated at once.
    tell : callable, optional
        Called with a short text at the beginning of each part.

    Returns
    -------
    Screen

    Raises
    ------
    StrategyError
        Nothing is varied, no combination is a strategy, or ``keep`` or ``block_mib`` is none.
    DataError
        The dates are outside the data.

    Notes
    -----
    A variant that fails is a row with its reason. Every variant counts as a trial, screened or run:
    its outcome was looked at. The return of a day is that of the stock leg less ratio times the
    share of stocks at the last close times the return of the index.

    Examples
    --------
    >>> import quanthedge as qh
    >>> market = qh.sample_market()
    >>> strategy = qh.load_strategy("market_neutral", ["selector.n=30"])
    >>> screen = qh.from_vectorbt(
    ...     strategy, market, ["selector.n=20,30"], start="2014-09-17", end="2014-12-31", keep=1
    ... )
    >>> screen.table.columns[:3].tolist()
    ['selector.n', 'screen_sharpe', 'screen_annual_return']
    """
    _check(keep, block_mib)
    market = market if isinstance(market, Market) else Market.open(market)
    say: Tell = tell or (lambda _text: None)
    variants, refused = _variants(strategy, market, grid, random, seed, start, end)
    say(f"targets of {len(variants):,} variants")
    begun = time.perf_counter()
    screened = _Screened(market, variants, refused)
    seconds = {"targets": time.perf_counter() - begun}
    say(f"{len(screened.legs):,} stock legs by vectorbt")
    begun = time.perf_counter()
    levels = screened.levels(block_mib)
    table = _table(variants, levels, screened.failures)
    seconds["vectorbt"] = time.perf_counter() - begun
    best = table.index[table["screen_sharpe"].notna()]
    best = best if keep == "all" else best[:keep]
    say(f"the ledger on {len(best):,} of them")
    begun = time.perf_counter()
    by_number = {one.number: one for one in variants}
    chosen = tuple(by_number[number] for number in best)
    outcomes = run_job(Job(remember_market(market), chosen)) if chosen else []
    seconds["ledger"] = time.perf_counter() - begun
    _count(market, screened)
    return Screen(
        _beside(table, outcomes),
        _left_out(variants),
        levels,
        tuple(variants),
        len(screened.legs),
        seconds,
    )


def _check(keep: object, block_mib: object) -> None:
    if keep != "all" and not (isinstance(keep, int) and keep >= 0):
        raise StrategyError(
            f"from_vectorbt: keep {keep!r}; accepted: 0 and more variants, or 'all'"
        )
    if not isinstance(block_mib, int | float) or not block_mib > 0:
        raise StrategyError(f"from_vectorbt: block_mib {block_mib!r}; accepted: MiB above 0")


def _variants(
    strategy: Strategy | str | Path,
    market: Market,
    grid: Sets | Iterable[Strategy],
    random: int | None,
    seed: int,
    start: str | None,
    end: str | None,
) -> tuple[list[Variant], dict[int, Failure]]:
    """Return the variants of a grid, or those that are given; and combinations that are none."""
    if isinstance(grid, str | Mapping) or (
        isinstance(grid, Sequence) and all(isinstance(one, str) for one in grid)
    ):
        found = grid_of(strategy, market, grid, random=random, seed=seed, start=start, end=end)
        return list(found.variants), {one.number: one.failure for one in found.refused}
    given: list[Any] = list(grid) if isinstance(grid, Iterable) else [grid]
    wrong = next((one for one in given if not isinstance(one, Strategy)), None)
    if wrong is not None or not given:
        has = "nothing" if not given else repr(wrong)[:80]
        raise StrategyError(
            f"from_vectorbt: grid has {has}; accepted: texts such as 'hedge.ratio=0.8,0.9', a "
            "mapping of them, or strategies"
        )
    base = strategy if isinstance(strategy, Strategy) else load_strategy(strategy)
    before = _flat(base.model_dump(mode="json"))
    variants = []
    for number, one in enumerate(given):
        after = _flat(one.model_dump(mode="json"))
        changes = {key: value for key, value in after.items() if before.get(key, _flat) != value}
        content = json.dumps(asked(one, market, start, end), sort_keys=True, default=str)
        key = hashlib.sha256(content.encode("utf-8")).hexdigest()
        variants.append(Variant(number, changes, one.with_tables(), start, end, key))
    return variants, {}


def _flat(nested: Any, at: str = "") -> dict[str, Any]:
    """Return the leaves of nested tables by their dotted names; lists are leaves."""
    if not isinstance(nested, dict) or not nested:
        return {at: nested}
    found: dict[str, Any] = {}
    for key, value in nested.items():
        found |= _flat(value, f"{at}.{key}" if at else str(key))
    return found


class _Plan(NamedTuple):
    """A variant that can be screened: its span, its stock leg, and its hedge."""

    first: int
    last: int
    leg: int
    ratio: float
    hedged: str


class _Screened:
    """Variants with their targets; those that have none with the reason."""

    def __init__(
        self, market: Market, variants: Sequence[Variant], refused: Mapping[int, Failure]
    ) -> None:
        self.market, self.variants = market, variants
        self.failures = dict(refused)
        self.legs: list[StockLeg] = []
        self.spans: list[tuple[int, int]] = []  # of each leg
        self.plans: dict[int, _Plan] = {}
        known: dict[tuple[Any, ...], int] = {}
        for one in variants:
            plan = tried(partial(self._plan, one, known))
            if isinstance(plan, BaseException):
                self.failures[one.number] = failure_of(plan)
            else:
                self.plans[one.number] = plan

    def _plan(self, variant: Variant, known: dict[tuple[Any, ...], int]) -> _Plan:
        strategy, market = variant.strategy, self.market
        begin, stop = run_days(strategy, market, variant.start, variant.end)
        first, last = market.span(begin, stop)
        targets = selected(strategy, market, first, last).targets
        parts = (
            targets.decision_rows + 1, targets.pointer, targets.stocks, targets.weights,
        )  # fmt: skip
        leg = StockLeg(*parts, strategy.execution.fill, strategy.costs, strategy.capital_yuan)
        same = (
            first, last, *(one.tobytes() for one in parts), leg.fill, leg.capital_yuan,
            strategy.costs.model_dump_json(),
        )  # fmt: skip
        if same not in known:
            known[same] = len(self.legs)
            self.legs.append(leg)
            self.spans.append((first, last))
        hedge = strategy.hedge
        simple = isinstance(hedge.ratio, int | float) and len(hedge.products) == 1
        ratio = 0.0 if hedge.sells_nothing else float(hedge.ratio) if simple else 1.0  # type: ignore[arg-type]
        return _Plan(first, last, known[same], ratio, strategy.beta.index)

    def levels(self, block_mib: float) -> pd.DataFrame:
        """Return the value of one yuan of each variant, [T + 1, V]."""
        returns, held = self._legs(block_mib)
        found = {}
        for number, plan in self.plans.items():
            days = pd.DatetimeIndex(
                self.market.dates[plan.first - 1 : plan.last + 1].astype("datetime64[ms]")
            )
            daily = returns[plan.leg]
            if plan.ratio:
                close = self.market.index_close(plan.hedged)[plan.first - 1 : plan.last + 1]
                moved = np.nan_to_num(close[1:] / close[:-1] - 1.0)
                daily = daily - plan.ratio * held[plan.leg] * moved
            found[number] = pd.Series(np.append(1.0, np.cumprod(1.0 + daily)), days)
        levels = pd.DataFrame(found)
        levels.index.name, levels.columns.name = "date", "number"
        return levels

    def _legs(self, block_mib: float) -> tuple[dict[int, Floats], dict[int, Floats]]:
        """Return the daily returns of each leg, and the share of stocks at the close before."""
        returns, held = {}, {}
        for first, last in dict.fromkeys(self.spans):
            places = [k for k, span in enumerate(self.spans) if span == (first, last)]
            some = [self.legs[k] for k in places]
            for block in blocks_of(some, last - first + 2, block_mib):
                worth, stocks = leg_values(self.market, first, last, [some[b] for b in block])
                for column, b in enumerate(block):
                    value = worth[:, column]
                    returns[places[b]] = value[1:] / value[:-1] - 1.0
                    held[places[b]] = stocks[:-1, column] / value[:-1]
        return returns, held


def _table(
    variants: Sequence[Variant], levels: pd.DataFrame, failures: Mapping[int, Failure]
) -> pd.DataFrame:
    """Return vectorbt's figures of each variant, best first."""
    keys = list(dict.fromkeys(key for one in variants for key in one.changes))
    rows: dict[int, dict[str, Any]] = {}
    for one in variants:
        rows[one.number] = {key: one.changes.get(key) for key in keys}
        if one.number in levels:
            level = levels[one.number].dropna()
            daily = level.pct_change(fill_method=None).iloc[1:]
            rows[one.number] |= {
                "screen_sharpe": sharpe_ratio(daily),
                "screen_annual_return": annual_return(level),
                "screen_volatility": volatility(daily),
                "screen_max_drawdown": float(Drawdowns(level).depth.min()),
            }
    for number, failure in failures.items():
        rows.setdefault(number, {})["reason"] = f"{failure.kind}: {failure.reason}"
    columns = [
        *keys, "screen_sharpe", "screen_annual_return", "screen_volatility",
        "screen_max_drawdown", "reason",
    ]  # fmt: skip
    table = pd.DataFrame.from_dict(rows, orient="index").reindex(columns=columns)
    table.index.name = "number"
    table["screen_rank"] = table["screen_sharpe"].rank(ascending=False, method="min")
    return table.sort_values("screen_sharpe", ascending=False, kind="stable", na_position="last")


def _beside(table: pd.DataFrame, outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """Return the table with the ledger's figures beside vectorbt's."""
    found = table.copy()
    for name in _EXACT:
        found[f"exact_{name}"] = np.nan
    for one in outcomes:
        if one.failure is not None:
            found.loc[one.number, "reason"] = f"{one.failure.kind}: {one.failure.reason}"
            continue
        for name in _EXACT:
            found.loc[one.number, f"exact_{name}"] = one.figures.get(name, np.nan)
    found["exact_rank"] = found["exact_sharpe_net"].rank(ascending=False, method="min")
    last = ["reason"]
    return found[[name for name in found.columns if name not in last] + last]


def _left_out(variants: Sequence[Variant]) -> list[Bilingual]:
    """Return what the screen leaves out of these variants."""
    words = texts("quanthedge.batch", "screening")["left_out"]
    kinds = list(_ALWAYS)
    hedges = [one.strategy.hedge for one in variants]
    if any(
        not isinstance(one.ratio, int | float) or len(one.products) > 1 or one.range is not None
        for one in hedges
    ):
        kinds.append("ratio_rule")
    if any(one.strategy.layers.gated for one in variants):
        kinds.append("allocation")
    if any(one.strategy.sleeves for one in variants):
        kinds.append("sleeves")
    return [sentence(kind, words[kind]) for kind in kinds]


def _count(market: Market, screened: _Screened) -> None:
    """Write every variant that was looked at into the registry of trials."""
    by_span: dict[tuple[int, int], list[Any]] = {}
    for one in screened.variants:
        plan = screened.plans.get(one.number)
        if plan is not None:
            label = f"{one.strategy.name}: {told(one.changes)}"
            trial = trial_of(one.strategy, label, OwnCode.of(one.strategy).texts())
            by_span.setdefault((plan.first, plan.last), []).append(trial)
    for (first, last), trials in by_span.items():
        record(market, str(market.dates[first]), str(market.dates[last]), trials)
