"""Checks of weights, statements, funds' holdings, forecasts, owners and the government curve."""

import re
from typing import Any

import numpy as np

from quanthedge.market.checks.levels import check_level
from quanthedge.market.checks.rows import Rows
from quanthedge.market.schema import OWNERS, STATEMENT_ITEMS

__all__ = [
    "check_curve",
    "check_estimates",
    "check_holdings",
    "check_owners",
    "check_statements",
    "check_weights",
]

Array = np.ndarray[Any, Any]
_LARGEST_SUM = 10.0  # beyond it a list is in percents
_SUM_SLACK = 0.01  # a list's weights may miss 1 by so much
TERM = re.compile(r"\d{1,2}[SDWMY]")
_NEGATIVE = ("operating_profit", "net_profit", "net_profit_parent", "equity_parent")
_FLOWS = ("operating_cash_flow", "investing_cash_flow", "financing_cash_flow")
_LARGE_STEP = 10.0  # so many times the total assets of the report before are a wrong unit, or a
# back-door listing


def check_weights(rows: Rows) -> None:
    """Check that weights are fractions, and that each list is a whole one."""
    weight = rows.numbers("weight")
    if len(weight) == 0:
        return
    rows.flag("error", "weight < 0", weight < 0, "have a weight < 0", show=("weight",))
    index, date = rows.coded("index_code").indices.to_numpy(), rows.numbers("date")
    begins = np.ones(len(weight), dtype=bool)
    begins[1:] = (index[1:] != index[:-1]) | (date[1:] != date[:-1])
    starts = np.flatnonzero(begins)
    sums = np.add.reduceat(weight, starts)
    if np.median(sums) > _LARGEST_SUM:
        rows.collector.add(
            "error", "index_weights", "unit", 0, f"the median list sums to {np.median(sums):.4g}",
            cure="weights are fractions: write 2.5% as 0.025",
        )  # fmt: skip
        return
    percents = np.zeros(len(weight), dtype=bool)
    percents[starts[sums > _LARGEST_SUM]] = True
    rows.flag(
        "error", "unit of a list", percents, "begin a list whose weights sum to more than 10",
        cure="weights are fractions: write 2.5% as 0.025",
    )  # fmt: skip
    odd = np.zeros(len(weight), dtype=bool)
    odd[starts[np.abs(sums - 1) > _SUM_SLACK]] = True
    what = "begin a list whose weights do not sum to 1 (within 0.01): it is not whole"
    rows.flag("warning", "sum", odd, what)


def check_statements(rows: Rows) -> None:
    """Check the dates of reports, and figures that can only be a wrong unit or sign."""
    known, period = rows.numbers("known_date"), rows.numbers("period_end")
    announced = rows.numbers("announce_date")
    rows.flag(
        "error", "known early", known < period, "were known before their period ended",
        show=("known_date",),
    )  # fmt: skip
    differs = ~np.isnat(announced) & (announced > known)
    rows.flag(
        "error", "announced later", differs, "were announced after the day on which they are known",
        show=("announce_date", "known_date"),
    )  # fmt: skip
    month = period.astype("datetime64[M]")
    quarter = (month.astype(int) % 3 == 2) & (
        (month + 1).astype("datetime64[D]") - np.timedelta64(1, "D") == period
    )
    what = "have a period_end that ends no quarter: trailing figures need quarters"
    rows.flag("warning", "no quarter", ~quarter, what)
    for name in STATEMENT_ITEMS:
        if name not in (*_NEGATIVE, *_FLOWS) and name in ("total_assets", "total_liabilities"):
            values = rows.numbers(name)
            rows.flag("warning", f"{name} < 0", values < 0, f"have {name} < 0", show=(name,))
    _steps(rows)


def _steps(rows: Rows) -> None:
    """Find total assets that are more than ten times those of the report before, or a tenth."""
    assets, code = rows.numbers("total_assets"), rows.coded("code").indices.to_numpy()
    sound = np.flatnonzero(assets > 0)
    ratio = np.ones(len(assets))
    if len(sound) > 1:
        one, two = sound[:-1], sound[1:]
        same = code[one] == code[two]
        ratio[two[same]] = assets[two[same]] / assets[one[same]]
    jump = (ratio > _LARGE_STEP) | (ratio < 1 / _LARGE_STEP)
    what = (
        "have total_assets more than ten times those of the report before, or less than a tenth "
        "(a wrong unit, or another company under the code)"
    )
    rows.flag("warning", "jump", jump, what, show=("total_assets",))


def check_holdings(rows: Rows) -> None:
    """Check the dates of funds' reports and that what is held is not negative."""
    known, period = rows.numbers("known_date"), rows.numbers("period_end")
    rows.flag(
        "error", "known early", known <= period, "were known on the reporting date or before",
        show=("known_date",),
    )  # fmt: skip
    for name in ("funds_holding", "shares_held", "value_held"):
        values = rows.numbers(name)
        rows.flag("error", f"{name} < 0", values < 0, f"have {name} < 0", show=(name,))


_LONG_AGO = 366  # days after the end of the year that is forecast
_THOUSANDS = 1e4  # a median profit below it is in units of 10,000 yuan


def check_estimates(rows: Rows) -> None:
    """Check the dates of forecasts and their unit."""
    known, period = rows.numbers("known_date"), rows.numbers("period_end")
    late = known > period + np.timedelta64(_LONG_AGO, "D")
    rows.flag(
        "error", "known late", late, "became known more than a year after the year they forecast",
        show=("known_date",), cure="period_end is the end of the year that is forecast",
    )  # fmt: skip
    month = period.astype("datetime64[M]")
    whole = (month.astype(int) % 12 == 11) & (
        (month + 1).astype("datetime64[D]") - np.timedelta64(1, "D") == period
    )
    what = "have a period_end that is no 31 December: only years of the calendar are compared"
    rows.flag("error", "no year", ~whole, what, show=("period_end",))
    profit = rows.numbers("net_profit")
    size = np.abs(profit[np.isfinite(profit)])
    if size.size and np.median(size) < _THOUSANDS:
        rows.collector.add(
            "error", "analyst_estimates", "unit", 0,
            f"the median net_profit is {np.median(size):,.0f}",
            cure="net_profit is in yuan: multiply figures in 10,000 yuan by 10,000",
        )  # fmt: skip


def check_owners(rows: Rows) -> None:
    """Check that owners are called by the words of the schema."""
    words = sorted(set(rows.words("owner").tolist()) - set(OWNERS))
    if words:
        rows.collector.add(
            "error", "owners", "owner", len(words), "that no owner is called", words,
            unit="word", cure=f"accepted: {', '.join(OWNERS)}",
        )  # fmt: skip


def check_curve(rows: Rows) -> None:
    """Check the unit of yields and the form of terms."""
    rate = rows.numbers("rate")
    words = [word for word in rows.words("term").tolist() if not TERM.fullmatch(word)]
    if words:
        rows.collector.add(
            "error", "government_yield_curve", "term", len(words), "of another form", words,
            unit="term", cure="accepted: a number and S, D, W, M or Y, e.g. 0S, 3M, 10Y",
        )  # fmt: skip
    if len(rate) and np.nanmedian(np.abs(rate)) > 0.2:
        rows.collector.add(
            "error", "government_yield_curve", "unit", 0,
            f"the median yield is {np.nanmedian(rate):.3g}",
            cure="yields are fractions per year: write 2.5% as 0.025",
        )  # fmt: skip
    check_level(rows, "rate", ("term",), rate=True)
