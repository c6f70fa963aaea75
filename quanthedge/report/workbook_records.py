"""The sheets of a workbook that hold the record of a run: trades, positions, weeks, investors."""

from typing import Any

import pandas as pd

from quanthedge.performance import Drawdowns, levels, period_levels, period_returns
from quanthedge.record import Record

__all__ = ["record_sheets"]

_TRADES = (
    "date", "code", "side", "quantity", "price", "amount", "commission", "stamp_duty",
    "transfer_fee", "exchange_fee", "futures_fee", "impact", "dividend_tax", "reason",
)  # fmt: skip
_POSITIONS = ("date", "code", "name", "shares", "price", "value", "weight", "state")
_INVESTORS = (
    "date", "investor", "share_class", "event", "units", "unit_value", "cash_yuan",
    "performance_fee_yuan", "entry_or_exit_fee_yuan",
)  # fmt: skip
_CODED = {"side": "sides", "reason": "trade_reasons", "state": "states", "event": "fund_events"}


def record_sheets(run: Record, words: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Return the tables by key, in words of the reader; those that are empty are left out.

    Positions are those of the last recorded day of each month, weeks end with the last trading day
    of an ISO week.
    """
    positions = run.positions
    if len(positions):
        month = pd.DatetimeIndex(positions["date"]).to_period("M")
        last = positions.groupby(month)["date"].transform("max")
        positions = positions[positions["date"] == last]
    found = {
        "trades": _chosen(run.trades, _TRADES, words),
        "positions": _chosen(positions, _POSITIONS, words),
        "weeks": _weeks(run),
        "investors": _chosen(run.investors, _INVESTORS, words),
    }
    return {key: table for key, table in found.items() if len(table)}


def _chosen(table: pd.DataFrame, columns: tuple[str, ...], words: dict[str, Any]) -> pd.DataFrame:
    """Return some columns, with what is coded in words."""
    kept = table[[name for name in columns if name in table]].copy()
    for name, catalogue in _CODED.items():
        if name in kept:
            said = {code: str(text) for code, text in words[catalogue].items()}
            codes = kept[name].astype("str")
            kept[name] = codes.map(said).fillna(codes)
    if "investor" in kept:
        own = {"founder": str(words["founder"]), "fund": str(words["fund_events"]["fund"])}
        kept["investor"] = kept["investor"].replace(own)
    return kept


def _weeks(run: Record) -> pd.DataFrame:
    """Return the values at the end of each week; the first row is the opening."""
    net, index = (levels(run.ledger)[name] for name in ("net", "index"))
    ends = period_levels(net, "weekly").index
    table = pd.DataFrame(
        {
            "unit_value": run.ledger["unit_value"].reindex(ends),
            "net_level": net.reindex(ends),
            "index_level": index.reindex(ends),
            "week_net": period_returns(net, "weekly").reindex(ends),
            "week_index": period_returns(index, "weekly").reindex(ends),
            "drawdown": Drawdowns(net).depth.reindex(ends),
        }
    )
    return table.rename_axis("date").reset_index()
