"""The figures that answers to clients' questions are made of, each worked out once."""

from datetime import date

import numpy as np
import pandas as pd

from quanthedge.beta import estimator_text
from quanthedge.factors import factor_name
from quanthedge.hedge.policies import policy_text
from quanthedge.kinds import own_name
from quanthedge.performance import (
    NO_MOVE,
    Bridge,
    Measure,
    Spans,
    alpha_estimates,
    daily_returns,
    deflated_by_trials,
    levels,
    period_returns,
)
from quanthedge.portfolio import TopSelector
from quanthedge.report.beside_facts import limit_facts, product_facts
from quanthedge.report.sleeve_facts import sleeve_facts
from quanthedge.report.strategy_words import described
from quanthedge.report.writer import Writer, excess_returns
from quanthedge.rules import CALENDAR_DAYS_A_YEAR
from quanthedge.signals import GivenTable
from quanthedge.universe import LargestUniverse
from quanthedge.words import notation

__all__ = ["Facts", "question_facts"]

Facts = dict[str, str | None]
_LARGE_MOVE = 0.03  # of the index in a day
_CRASH = next(one for one in Spans.STATED if one.name == "crash_2015")
_LIMITED = (pd.Timestamp("2015-09-07"), pd.Timestamp("2017-02-16"))  # opening limit of ten lots
_MEASURES = (
    "return_net", "return_gross", "return_index", "annual_return_net", "annual_return_gross",
    "volatility_net", "volatility_index", "sharpe_net", "max_drawdown_net", "max_drawdown_index",
    "drawdown_peak", "drawdown_trough", "drawdown_recovery", "longest_drawdown_trading",
    "unit_value_net", "high_water_mark", "hedge_ratio_mean", "net_exposure_mean",
    "gross_exposure_mean", "gross_exposure_highest", "margin_mean", "margin_highest",
    "free_cash_mean", "names_mean", "names_lowest", "names_highest", "turnover", "win_rate_daily",
    "win_rate_monthly", "best_day", "worst_day", "value_at_risk_95", "expected_shortfall_95",
    "paid_per_year_trading_costs", "paid_per_year_fund_fees", "paid_performance_fee", "refusals",
    "trading_days", "opening_equity", "loss_probability_1_months",
    "loss_probability_12_months",
)  # fmt: skip


def question_facts(writer: Writer) -> tuple[Facts, set[str]]:
    """Return the figures by name, as printed elsewhere in the report, and what holds of the run.

    A figure that cannot be stated is None. The set names conditions such as ``earns``, ``neutral``
    or ``loan``, by which sentences are chosen.
    """
    facts: Facts = {}
    for key in _MEASURES:
        measure = writer.summary[key] if key in writer.summary else None  # noqa: SIM401
        known = measure is not None and measure.value is not None
        facts[key] = _said(measure, writer) if known and measure is not None else None
    holds = _signs(writer, facts)
    _period(writer, facts, holds)
    _setup(writer, facts, holds)
    _months(writer, facts)
    _days(writer, facts, holds)
    _sources(writer, facts, holds)
    _chosen(writer, facts)
    _futures(writer, facts, holds)
    product_facts(writer, facts, holds)
    sleeve_facts(writer, facts, holds)
    if "hedged" in holds:
        limit_facts(writer, facts, holds)
    return facts, holds


def _said(measure: Measure, writer: Writer) -> str:
    """Return a measure as a sentence says it: a day in words, everything else as in tables."""
    if isinstance(measure.value, date):
        return notation.day(measure.value, writer.language)
    return measure.text(writer.language)


def _text(value: float, pattern: str) -> str | None:
    return notation.number(value, pattern) if np.isfinite(value) else None


def _signs(writer: Writer, facts: Facts) -> set[str]:
    """Return whether it earned, and whether it was neutral."""
    holds = set()
    net = writer.summary["return_net"].value
    if isinstance(net, float):
        holds.add("earns" if net > 0 else "loses")
    for name, key in (("correlation", "correlation_accrued"), ("beta", "beta")):
        found = writer.summary[f"{key}_daily"].estimate
        known = found is not None and np.isfinite(found.value)
        facts[f"{name}_daily"] = f"{found.value:.3f}" if known and found else None
        facts[f"{name}_low"] = f"{found.low:.3f}" if known and found else None
        facts[f"{name}_high"] = f"{found.high:.3f}" if known and found else None
        if name == "correlation" and known and found:
            holds.add("neutral" if found.low <= 0.0 <= found.high else "linked")
    if facts["drawdown_recovery"] is not None:
        holds.add("recovered")
    elif facts["drawdown_peak"] is not None:
        holds.add("under_water")
    return holds


def _period(writer: Writer, facts: Facts, holds: set[str]) -> None:
    days = pd.DatetimeIndex(writer.run.ledger.index)
    facts["start"], facts["end"] = (notation.day(days[k], writer.language) for k in (1, -1))
    facts["index"] = writer.index
    if (days[-1] - days[0]).days >= CALENDAR_DAYS_A_YEAR:
        holds.add("long")
    else:
        holds.add("short")
    if days[-1] >= _LIMITED[0] and days[1] <= _LIMITED[1]:
        holds.add("limited_years")
    else:
        holds.add("other_years")
    row = Spans(writer.run.ledger).windows([_CRASH]).iloc[0]
    if row["days"]:
        holds.add("crash")
        for name in ("net", "index", "max_drawdown"):
            facts[f"crash_{name}"] = _text(float(row[name]), ".2%")
    low = writer.run.ledger["unit_value"].iloc[1:].min()
    facts["lowest_unit_value"] = _text(float(low), ".4f")
    holds.add("below_one" if low < 1.0 else "above_one")


def _setup(writer: Writer, facts: Facts, holds: set[str]) -> None:
    """Note what the strategy is made of."""
    strategy, language = writer.run.strategy, writer.language
    comma = "、" if language == "zh" else ", "
    factors = strategy.all_factors()
    if factors:
        holds.add("summed" if strategy.alpha is None else "combined")
    if strategy.alpha is not None:
        facts["combination"] = strategy.alpha.combine.called(language)
        facts["features"] = strategy.alpha.ranks_called(language)
    tables = GivenTable.within(strategy)
    facts["factors"] = comma.join(factor_name(one, language) for one in factors) or None
    facts["factor_count"] = str(len(factors)) if factors else None
    published, own = (
        [factor_name(one, language) for one in factors if one.own == mine and one not in tables]
        for mine in (False, True)
    )
    named = [own_name(one, one.what, language) for one in tables]
    facts["given_tables"] = comma.join(named) or None
    holds.add("given" if tables else "none_given")
    holds.add("scored" if strategy.selector.needs_scores else "stated")
    facts["published_factors"] = comma.join(published) or None
    facts["own_factors"] = comma.join(own) or None
    if published or own:
        holds.add("published_only" if not own else "own_too" if published else "own_only")
    size = strategy.universe.n if isinstance(strategy.universe, LargestUniverse) else None
    wanted = strategy.selector.n if isinstance(strategy.selector, TopSelector) else None
    facts["wanted"] = None if wanted is None else f"{wanted:,.10g}"
    facts["universe"] = None if size is None else f"{size:,.10g}"
    facts["slippage"] = f"{strategy.costs.slippage_bp:,.10g}"
    for name, share in {
        "rate": strategy.fund.performance_fee_rate,
        "management": strategy.fund.management_fee_per_year,
        "custody": strategy.fund.custody_fee_per_year,
        "invested": strategy.invested_fraction,
    }.items():
        facts[name] = f"{share * 100:g}%"
    facts["estimator"] = estimator_text(strategy.beta, language)
    # a fund that sells nothing reviews no hedge and has no product, whatever the defaults say
    idle = strategy.hedge.sells_nothing
    facts["policy"] = None if idle else policy_text(strategy.hedge.policy, language)
    facts["products"] = None if idle else comma.join(strategy.hedge.products)
    facts["description"] = described(strategy, language) or None
    borrowed = strategy.accounts.borrowed
    holds.add("loan" if borrowed else "no_loan")
    facts["borrowed"] = f"{borrowed * 100:g}%" if borrowed else None


def _months(writer: Writer, facts: Facts) -> None:
    months = period_returns(levels(writer.run.ledger)["net"], "monthly").dropna()
    facts["months"] = str(len(months)) if len(months) else None
    losing = months < -NO_MOVE
    facts["losing_months"] = str(int(losing.sum())) if len(months) else None
    facts["worst_month"] = _text(float(months.min()), ".2%") if len(months) else None
    facts["best_month"] = _text(float(months.max()), ".2%") if len(months) else None
    facts["worst_month_name"] = _month_of_least(months, writer)


def _month_of_least(months: pd.Series, writer: Writer) -> str | None:
    if months.empty:
        return None
    return notation.month(pd.DatetimeIndex(months.index)[int(months.argmin())], writer.language)


def _days(writer: Writer, facts: Facts, holds: set[str]) -> None:
    """Note how the fund did on days of large moves of the index."""
    returns = daily_returns(writer.run.ledger).dropna()
    facts["large_move"] = f"{_LARGE_MOVE:.0%}"
    for name, inside in (
        ("falls", returns[returns["index"] <= -_LARGE_MOVE]),
        ("rises", returns[returns["index"] >= _LARGE_MOVE]),
    ):
        facts[f"{name}_days"] = str(len(inside)) if len(inside) else None
        facts[f"{name}_mean"] = _text(float(inside["net"].mean()), ".2%") if len(inside) else None
    if facts["falls_days"] or facts["rises_days"]:
        holds.add("large_moves")
    else:
        holds.add("calm")


def _sources(writer: Writer, facts: Facts, holds: set[str]) -> None:
    """Note what the bridge says: contributions to the net return."""
    if writer.run.ledger["index_close"].isna().any():
        return
    parts = Bridge(writer.run).returns().iloc[0]
    for name in ("alpha", "market", "basis", "interest"):
        facts[f"part_{name}"] = _text(float(parts[name]), ".2%")
    holds.add("alpha_earns" if parts["alpha"] > 0 else "alpha_loses")
    sure = alpha_estimates(writer.run)["alpha_after_costs"]
    for name, value in (("value", sure.value), ("low", sure.low), ("high", sure.high)):
        facts[f"alpha_{name}"] = _text(value, ".2%")
    if np.isfinite(sure.low):
        holds.add("alpha_sure" if sure.low > 0 else "alpha_unsure")
    holds.add("basis_earns" if parts["basis"] > 0 else "basis_costs")


def _chosen(writer: Writer, facts: Facts) -> None:
    """Note what is left of the Sharpe ratio where it is the best of a hundred trials."""
    table = deflated_by_trials(excess_returns(writer), (1, 100))
    for trials, value in table["probability"].items():
        facts[f"sharpe_of_{trials}"] = _text(float(value), ".1%")
    known = writer.run.trials
    if known:
        probability = deflated_by_trials(excess_returns(writer), (known,))["probability"].iloc[0]
        facts["trials_known"] = f"{known:,}"
        facts["sharpe_of_known"] = _text(float(probability), ".1%")


def _futures(writer: Writer, facts: Facts, holds: set[str]) -> None:
    ledger, trades = writer.run.ledger, writer.run.trades
    most = int(ledger["lots"].abs().max())
    facts["most_lots"] = f"{most:,}" if most else None
    holds.add("hedged" if most else "unhedged")
    reasons = trades["reason"].astype("str")
    cuts = trades.loc[reasons == "margin_cut", "date"].nunique()
    facts["cut_days"] = str(cuts) if cuts else None
    holds.add("cut" if cuts else "not_cut")
    money = (ledger["futures_cash"] / ledger["equity"]).iloc[1:].mean()
    facts["futures_cash_mean"] = _text(float(money), ".2%")
    bound = writer.run.refusals["reason"].astype("str").isin(["open_limit", "position_limit"])
    facts["bound"] = str(int(bound.sum())) if bound.any() else None
    holds.add("bound" if bound.any() else "not_bound")
