"""The measures of risk: spread, drawdowns, tails, what other orders of the days would have brought.

Names and formulas stand in ``measures.toml``.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pandas as pd

from quanthedge.performance.active import information_ratio, tracking_error
from quanthedge.performance.deflation import probabilistic_sharpe
from quanthedge.performance.drawdown import Drawdowns
from quanthedge.performance.measures import MINIMUM_DAYS, MeasureWriter
from quanthedge.performance.resampling import (
    FEWEST_DAYS,
    HORIZONS,
    Outlook,
    block_length,
    outlook,
)
from quanthedge.performance.returns import (
    daily_returns,
    downside_deviation,
    levels,
    sharpe_ratio,
    sortino_ratio,
    volatility,
)
from quanthedge.performance.tails import (
    capture,
    expected_shortfall,
    expected_shortfall_cornish_fisher,
    kurtosis,
    skewness,
    value_at_risk,
    value_at_risk_cornish_fisher,
)
from quanthedge.rules import TRADING_DAYS_A_YEAR

__all__ = ["add_risk"]

_BASES = ("net", "gross", "index")
_DAYS_BEYOND = 2  # expected beyond a quantile, for it and for what lies beyond it
_LOSSES: tuple[tuple[str, Callable[[pd.Series, float], float], str], ...] = (
    ("value_at_risk", value_at_risk, "undefined"),
    ("value_at_risk_cornish_fisher", value_at_risk_cornish_fisher, "outside_domain"),
    ("expected_shortfall", expected_shortfall, "undefined"),
    ("expected_shortfall_cornish_fisher", expected_shortfall_cornish_fisher, "outside_domain"),
)


def add_risk(writer: MeasureWriter, ledger: pd.DataFrame, risk_free: float) -> None:
    """Add the measures of risk; ``risk_free`` is a fraction a year, simple."""
    writer.chapter = "risk"
    level, returns = levels(ledger), daily_returns(ledger)
    with ThreadPoolExecutor(2, "outlook") as pool:  # drawn beside, mostly outside Python's lock
        drawn = [pool.submit(outlook, returns["net"], mean_error=one) for one in (False, True)]
        _spread(writer, level, returns, risk_free)
        _tails(writer, ledger)
        _active(writer, returns, risk_free)
    _outlook(writer, returns["net"], [one.result() for one in drawn])


def _spread(
    writer: MeasureWriter, level: pd.DataFrame, returns: pd.DataFrame, risk_free: float
) -> None:
    few = MINIMUM_DAYS
    for basis in _BASES:
        spread = volatility(returns[basis])
        writer.add("volatility", spread, "fraction", variant=basis, least_days=few)
    for basis in _BASES:
        below = downside_deviation(returns[basis], risk_free)
        writer.add("downside_deviation", below, "fraction", variant=basis, least_days=few)
    writer.add("risk_free", risk_free, "fraction")
    for basis in _BASES:
        ratio = sharpe_ratio(returns[basis], risk_free)
        writer.add("sharpe", ratio, "ratio", variant=basis, least_days=few, reason="no_variation")
    for basis in _BASES:
        ratio = sortino_ratio(returns[basis], risk_free)
        writer.add("sortino", ratio, "ratio", variant=basis, least_days=few, reason="no_loss")
    falls = {basis: Drawdowns(level[basis]) for basis in _BASES}
    for basis in _BASES:
        depth = float(falls[basis].depth.min())
        writer.add("max_drawdown", depth, "fraction", variant=basis)
        if basis == "net":
            _drawdown_dates(writer, falls["net"])
    for basis in _BASES:
        ratio = falls[basis].calmar_ratio()
        writer.add("calmar", ratio, "ratio", variant=basis, least_days=few, reason="no_drawdown")


def _active(writer: MeasureWriter, returns: pd.DataFrame, risk_free: float) -> None:
    net, index, few = returns["net"], returns["index"], MINIMUM_DAYS
    writer.add("tracking_error", tracking_error(net, index), "fraction", least_days=few)
    ratio = information_ratio(net, index)
    writer.add("information_ratio", ratio, "ratio", least_days=few, reason="no_variation")
    value = probabilistic_sharpe(net - risk_free / TRADING_DAYS_A_YEAR)
    writer.add("probabilistic_sharpe", value, "fraction", least_days=few, reason="no_variation")


def _outlook(writer: MeasureWriter, net: pd.Series, drawn: list[Outlook]) -> None:
    """Add what other orders of the same days would have brought."""
    long = len(net.dropna()) >= FEWEST_DAYS
    block = block_length(net) if long else float("nan")
    writer.add("block_length", block, "ratio", reason="too_short")
    for suffix, found in zip(("", "_mean_error"), drawn, strict=True):
        for month in HORIZONS:
            name, variant = f"loss_probability{suffix}", f"{month}_months"
            writer.add(name, found.loss(month), "fraction", variant=variant, reason="too_short")
        for variant, value in zip(("low", "median", "high"), found.year(), strict=True):
            name = f"year_range{suffix}"
            writer.add(name, value, "fraction", variant=variant, reason="too_short")


def _tails(writer: MeasureWriter, ledger: pd.DataFrame) -> None:
    returns = daily_returns(ledger)
    few, still = MINIMUM_DAYS, "no_variation"
    for basis in ("net", "index"):
        days = returns[basis]
        for formula, value in (("skewness", skewness(days)), ("kurtosis", kurtosis(days))):
            writer.add(formula, value, "ratio", variant=basis, least_days=few, reason=still)
    for variant, level in (("95", 0.95), ("99", 0.99)):
        least = round(_DAYS_BEYOND / (1.0 - level))
        for formula, measure, reason in _LOSSES:
            value = measure(returns["net"], level)
            writer.add(formula, value, "fraction", variant=variant, least_days=least, reason=reason)
    for variant, up in (("up", True), ("down", False)):
        value = capture(returns["net"], returns["index"], up=up)
        writer.add("capture", value, "fraction", variant=variant, least_days=few, reason=still)


def _drawdown_dates(writer: MeasureWriter, net: Drawdowns) -> None:
    deepest, longest = net.deepest(), net.longest()
    none = "no_drawdown"
    back = none if deepest is None else "not_recovered"
    for formula, name, reason in (
        ("drawdown_peak", "peak", none),
        ("drawdown_trough", "trough", none),
        ("drawdown_recovery", "recovery", back),
    ):
        writer.add(formula, getattr(deepest, name, None), "date", reason=reason)
    for formula, fall, part, reason in (
        ("drawdown_fall", deepest, "fall", none),
        ("drawdown_way_back", deepest, "recovery", back),
        ("longest_drawdown", longest, "under", none),
    ):
        for variant, name in (("trading", f"{part}_days"), ("calendar", f"{part}_calendar_days")):
            days = getattr(fall, name, None)
            writer.add(formula, days, "days", variant=variant, reason=reason)
