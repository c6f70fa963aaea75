"""Limits of funds: the hedge's range, cash, concentration, and what the strategy sets itself."""

from typing import Any

import numpy as np
import pandas as pd

from quanthedge.limits.futures import is_future
from quanthedge.limits.line import Standing, line, refused
from quanthedge.performance import opened_lots
from quanthedge.rules import Row, read_table
from quanthedge.words import texts

__all__ = ["fund_lines", "stock_lines"]


def _yardsticks() -> dict[str, Any]:
    return texts("quanthedge.limits", "yardsticks")


def _rule(key: str) -> Row:
    return next(row for row in read_table("fund_rules") if row.cells["key"] == key)


def fund_lines(
    ledger: pd.DataFrame,
    trades: pd.DataFrame,
    positions: pd.DataFrame,
    contracts: pd.DataFrame,
    own_range: tuple[float, float] | None,
) -> list[dict[str, Any]]:
    """Return the lines of rules that bind funds of some kind, and of the strategy's own range.

    Parameters
    ----------
    ledger, trades, positions, contracts : DataFrame
        As recorded.
    own_range : (float, float) or None
        Hedge ratio that the strategy keeps to.
    """
    inside = ledger.iloc[1:]
    stocks = inside["stock_value"].where(inside["stock_value"] > 0)
    ratio = inside["futures_notional"] / stocks
    short, long = (
        (side * contracts["futures_notional"]).clip(lower=0.0).groupby(contracts["date"]).sum()
        for side in (1.0, -1.0)
    )
    low, high = (_yardsticks()[f"hedge_range_{end}"]["limit"] for end in ("low", "high"))
    outside = (ratio < low) | (ratio > high)
    part = opened_lots(trades) / trades["quantity"]
    amount = (part * trades["amount"]).groupby(trades["date"]).sum()
    amount = amount.reindex(inside.index, fill_value=0.0)
    largest = positions.groupby("date")["weight"].max()
    values = {
        "hedge_range_low": ratio,
        "hedge_range_high": ratio,
        "outside_range_days": _in_a_row(outside).where(ratio.notna()),
        "short_futures": short.reindex(inside.index, fill_value=0.0) / stocks,
        "long_futures": (long / inside["equity"]).reindex(long.index[long > 0.0]),
        "futures_opened": amount / ledger["equity"].shift(1).iloc[1:],
        "cash_reserve": inside["stock_cash"] / inside["equity"],
        "single_stock": largest,
    }
    lines = [_yardstick(name, series) for name, series in values.items() if len(series)]
    if own_range is not None:
        bounds = zip(("own_range_low", "own_range_high"), own_range, strict=True)
        lines += [
            line(name, ratio, level, "at_least" if name.endswith("low") else "at_most", "share",
                 standing="own")
            for name, level in bounds
        ]  # fmt: skip
    return lines


def _yardstick(name: str, values: pd.Series) -> dict[str, Any]:
    one = _yardsticks()[name]
    source, confidence = one.get("source", ""), one.get("confidence", "")
    standing: Standing = "yardstick"
    if "rule" in one:
        row = _rule(one["rule"])
        source, confidence = row.cells["source_ids"], row.confidence
        later = row.first is not None and pd.Timestamp(row.first) > values.index[-1]
        standing = "later" if later else "yardstick"
    unit = "days" if name.endswith("_days") else "share"
    return line(
        name, values, float(one["limit"]), one["sense"], unit, standing=standing, source=source,
        confidence=confidence,
    )  # fmt: skip


def _in_a_row(outside: pd.Series) -> pd.Series:
    """Return how many days in a row have been outside, counting the day itself."""
    count = outside.astype(np.int64)
    return count.groupby((~outside).cumsum()).cumsum().astype(np.float64)


def stock_lines(
    refusals: pd.DataFrame,
    positions: pd.DataFrame,
    days: pd.Index,
    participation: float,
    participation_open: float,
    rules: pd.DataFrame,
) -> list[dict[str, Any]]:
    """Return what price limits and suspensions held up, in holdings and in orders, and the cap.

    Parameters
    ----------
    refusals, positions : DataFrame
        As recorded.
    days : index [T]
    participation : float
        Largest share of a day's volume; 0 = no cap.
    participation_open : float
        Largest share of the opening auction's usual turnover; 0 = no cap.
    rules : DataFrame
        Rows of the rule book that the run used.

    Notes
    -----
    The value of a line is the share of equity in stocks that closed at the limit, or did not trade,
    on the days on which holdings were recorded. How near orders came to the cap is not recorded.
    """
    stocks = ~is_future(refusals["code"])
    used = rules[rules["table"] == "stock_price_limit"] if len(rules) else rules
    source = ";".join(dict.fromkeys(";".join(used["source_ids"]).split(";"))) if len(used) else ""
    lines = []
    for state in ("limit_up", "limit_down", "suspended"):
        ruled = state != "suspended" and bool(source)
        lines.append(
            line(
                f"stock_{state}", _share_at(positions, state, days), float("nan"), "at_most",
                "share", standing="binding", source=source if ruled else "",
                confidence=used["confidence"].max() if ruled else "",
                lost=refused(refusals, (state,), stocks, lots=False),
            )
        )  # fmt: skip
    caps = (
        ("participation", participation, "volume"),
        ("participation_open", participation_open, "auction"),
    )
    for name, cap, reason in caps:
        if cap > 0:
            unknown = pd.Series(np.nan, index=days)
            cut = refused(refusals, (reason,), stocks, lots=False)
            lines.append(
                line(name, unknown, cap, "at_most", "share", standing="own", lost=cut)
            )  # fmt: skip
    return lines


def _share_at(positions: pd.DataFrame, state: str, days: pd.Index) -> pd.Series:
    """Return the share of equity in a state on each recorded day; NaN where it is not known."""
    if "state" not in positions or positions.empty:
        return pd.Series(np.nan, index=days)
    weight = positions["weight"].where(positions["state"] == state, 0.0)
    return weight.groupby(positions["date"]).sum()
