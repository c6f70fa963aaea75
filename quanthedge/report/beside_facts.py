"""Figures of answers that come from variants, from other products and from the replay of limits."""

from typing import Any

import numpy as np
import pandas as pd

from quanthedge.comparison import FixedIncome, Products, Stated, variant_name
from quanthedge.report.writer import Writer
from quanthedge.strategy import VARIANTS
from quanthedge.words import notation

__all__ = ["limit_facts", "product_facts"]

Facts = dict[str, str | None]
_PATTERNS = {
    "return": ".2%", "annual_return": ".2%", "volatility": ".2%", "max_drawdown": ".2%",
    "sharpe": ".2f", "correlation": ".3f",
}  # fmt: skip


def _text(value: object, pattern: str) -> str | None:
    if not isinstance(value, int | float) or not np.isfinite(value):
        return None
    return notation.number(value, pattern)


def product_facts(writer: Writer, facts: Facts, holds: set[str]) -> None:
    """Note what variants and other products came to, and which of them there are."""
    found = writer.compared
    table = pd.DataFrame() if found is None else found.table
    variants = {} if found is None else writer.run.variants
    for name in VARIANTS:
        holds.add(f"has_{name}" if name in variants else f"no_{name}")
    if not {"levered", "unlevered"} & variants.keys():
        holds.add("no_leverage_run")
    for name, one in variants.items():
        _row(facts, name, table, variant_name(name, writer.language))
        facts[f"{name}_stocks"] = f"{one.terms['stocks'] * 100:g}%"
        facts[f"{name}_loan"] = f"{one.terms['loan'] * 100:g}%"
        facts[f"{name}_interest"] = f"{one.ledger['loan_interest'].sum():,.0f}"
        facts[f"{name}_called"] = str(one.terms["called_days"])
    if "index_hedged" in variants:
        ratios = table["sharpe"].astype(np.float64).to_dict()
        own = ratios[writer.words["products"]["fund"]]
        other = ratios[variant_name("index_hedged", writer.language)]
        if own <= 0 and other <= 0:
            holds.add("both_lose")
        else:
            holds.add("beats_index_hedged" if own > other else "below_index_hedged")
    others = {**Products.own(writer.run, writer.language), **writer.others}
    _others(writer, table, others if found is not None else {}, facts, holds)


def _row(facts: Facts, name: str, table: pd.DataFrame, title: str) -> None:
    for column, pattern in _PATTERNS.items():
        facts[f"{name}_{column}"] = _text(table.loc[title, column], pattern)


def _others(
    writer: Writer, table: pd.DataFrame, others: dict[str, Any], facts: Facts, holds: set[str]
) -> None:
    """Note the first stated yield, the first published fund and the first with unit values."""
    fund = writer.words["products"]["fund"]
    same_dates = writer.words["products"]["same_dates"]
    for kind, wanted in (("fixed", FixedIncome), ("stated", Stated), ("rival", pd.Series)):
        title = next((name for name, one in others.items() if isinstance(one, wanted)), None)
        holds.add(f"no_{kind}" if title is None else f"has_{kind}")
        if title is None:
            continue
        facts[f"{kind}_name"] = title
        _row(facts, kind, table, title)
        twin = same_dates.format(name=fund, title=title)
        _row(facts, f"{kind}_fund", table, twin if twin in table.index else fund)
        if isinstance(others[title], Stated):
            _dates(writer, others[title], facts, holds)
    if {"no_stated", "no_rival"} <= holds:
        holds.add("alone")


def _dates(writer: Writer, one: Stated, facts: Facts, holds: set[str]) -> None:
    """Note whether published numbers are of the dates of the run."""
    days = pd.DatetimeIndex(writer.run.ledger.index)
    alike = one.covers(days)
    holds.add("stated_alike" if alike else "stated_unlike")
    if one.start is not None and one.end is not None:
        facts["stated_dates"] = notation.span(one.start, one.end, writer.language)


def limit_facts(writer: Writer, facts: Facts, holds: set[str]) -> None:
    """Note how near the run came to the limits on its futures."""
    limits = writer.limits
    opened = limits[limits["limit"] == "daily_open"]
    if opened["nearest"].notna().any():
        most = opened.iloc[int(opened["nearest"].argmax())]
        facts["opened_most"] = f"{most['nearest']:,.0f}"
        facts["opened_most_date"] = notation.day(most["date"], writer.language)
    exempt = opened[opened["standing"] == "exempt"]
    beyond = int((exempt["days_at_or_beyond"]).sum())
    facts["opened_beyond"] = str(beyond) if beyond else None
    bound = opened[(opened["standing"] == "binding") & (opened["refused"] > 0)]
    if len(bound):
        facts["open_refused"] = f"{bound['refused'].sum():,}"
        facts["open_refused_days"] = str(int(bound["refused_days"].sum()))
    for key, name in (
        ("hedge_range_low", "hedge_low"), ("hedge_range_high", "hedge_high"),
        ("risk_degree_call", "degree"), ("rise_to_end", "rise"),
    ):  # fmt: skip
        rows = limits[(limits["limit"] == key) & limits["nearest"].notna()]
        if len(rows):
            lower = key in ("hedge_range_low", "rise_to_end")
            row = rows.iloc[int(rows["nearest"].argmin() if lower else rows["nearest"].argmax())]
            facts[name] = _text(float(row["nearest"]), ".2%")
            facts[f"{name}_date"] = notation.day(row["date"], writer.language)
            facts[f"{name}_days"] = str(int(rows["days_at_or_beyond"].sum()))
    outside = limits[limits["limit"].isin(["hedge_range_low", "hedge_range_high"])]
    facts["outside_days"] = str(int(outside["days_at_or_beyond"].sum()))
    quota = writer.run.strategy.hedge.quota_lots
    facts["quota"] = f"{quota:,}" if quota else None
