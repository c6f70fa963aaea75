"""Facts of a run that its reader must know: data repairs, assumptions, events."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.hedge import ContractSchedule
from quanthedge.ledger import LedgerRecord
from quanthedge.ledger.actions import ActionUse
from quanthedge.market import Market
from quanthedge.narrative import Bilingual, note
from quanthedge.rules import circuit_breaker_days
from quanthedge.strategy import Strategy

__all__ = ["run_notes"]

_LARGEST_MOVE = 0.106  # ten percent and the rounding of a price of one yuan


def run_notes(
    strategy: Strategy,
    market: Market,
    first: int,
    record: LedgerRecord,
    schedule: ContractSchedule,
    tables: dict[str, pd.DataFrame],
    actions: ActionUse | None = None,
) -> list[Bilingual]:
    """Return data repairs, assumptions and events that a reader must know.

    Parameters
    ----------
    strategy, market, first, record, schedule
        The run; ``first`` is the day index of its first trading day.
    tables : dict of DataFrame
        ledger, trades, hedge and rules.
    actions : ActionUse, optional
        How corporate actions were told; None when they came from the adjustment factor alone.
    """
    last_day = market.dates[first + record.days_run - 1]
    notes = _action_notes(strategy, actions)
    notes += [note("assumption", text=text) for text in market.assumptions]
    if record.insolvent_day is not None:
        notes.append(note("insolvent", date=last_day))
    notes += _settlement_notes(tables["ledger"], schedule)
    carried = market.until(last_day).cash_rate_carried_days()
    if carried and strategy.accounts.stock_cash_rate == "market":
        notes.append(note("cash_rate", count=carried, date=last_day))
    weak = tables["rules"][tables["rules"]["confidence"].isin(["C", "M"])]
    if len(weak):
        listed = "; ".join(f"{row.table} {row.key}" for row in weak.itertuples())
        notes.append(note("weak_rules", count=len(weak), listed=listed))
    if strategy.hedge.account == "speculative":
        notes.append(note("open_limits"))
    share = float(tables["hedge"]["share_default_beta"].mean())
    if share > 0 and strategy.beta.method == "bottom_up":
        notes.append(note("default_beta", share=f"{share:.2%}"))
    notes += _odd_moves(market, first, record, tables["trades"])
    notes += _halted_fills(
        strategy, market.dates[first : first + record.days_run], tables["trades"]
    )
    trades = tables["trades"]
    delisted = trades[trades["reason"] == "delisting"]
    if len(delisted):
        recovery = f"{strategy.execution.delisting_recovery:.0%}"
        amount = f"{delisted['amount'].sum():,.0f}"
        notes.append(note("delisting", count=len(delisted), amount=amount, recovery=recovery))
    cuts = int((trades["reason"] == "margin_cut").sum())
    if cuts:
        notes.append(note("margin_cut", count=cuts))
    return notes


def _action_notes(strategy: Strategy, actions: ActionUse | None) -> list[Bilingual]:
    """Say where dividends came from, and what of them was taxed."""
    if actions is None:
        return [note("dividends")]
    counts = {"table": actions.from_table, "factor": actions.from_factor}
    notes = [note("dividends_table", **counts)]
    if strategy.costs.dividend_tax == "public_fund":
        notes.append(note("dividend_tax"))
    off = actions.off_reference
    if len(off):
        row = off.iloc[0]
        sample = f"{row['code']} {row['date']:%Y-%m-%d}: {row['formula']} / {row['pre_close']:.2f}"
        notes.append(note("off_reference", count=len(off), sample=sample))
    return notes


def _settlement_notes(ledger: pd.DataFrame, schedule: ContractSchedule) -> list[Bilingual]:
    """Days on which a contract held was marked at the close for want of a settlement price."""
    held = {(name, day) for day, name in ledger["contract"].items()}
    found = [(c, d) for c, d in schedule.marked_at_close if (c, pd.Timestamp(d)) in held]
    if not found:
        return []
    return [note("settlement", count=len(found), sample=f"{found[0][0]} {found[0][1]}")]


def _halted_fills(
    strategy: Strategy, dates: NDArray[np.datetime64], trades: pd.DataFrame
) -> list[Bilingual]:
    """Days that the circuit breaker cut short and on which fills after the opening are booked."""
    halts = circuit_breaker_days(dates)
    booked = trades[trades["date"].isin(halts.index)]
    if strategy.execution.fill == "open" or booked.empty:
        return []
    shown = halts[halts.index.isin(booked["date"])]
    listed = "; ".join(
        f"{day:%Y-%m-%d} {row.closed} ({row.share_traded:.0%})"
        for day, row in zip(shown.index, shown.itertuples(), strict=True)
    )
    return [note("circuit_breaker", count=len(booked), listed=listed)]


def _odd_moves(
    market: Market, first: int, record: LedgerRecord, trades: pd.DataFrame
) -> list[Bilingual]:
    """Return holdings that moved more than any limit allows: true, or a fault of the source."""
    positions = record.positions
    if not len(positions):
        return []
    stocks = np.unique(positions[:, 1].astype(np.int64))
    returns = market.panel("simple_return")[first : first + record.days_run][:, stocks]
    day, column = np.nonzero(np.abs(np.nan_to_num(returns)) > _LARGEST_MOVE)
    found = []
    for t, k in zip(day.tolist(), column.tolist(), strict=True):
        code = str(market.codes[stocks[k]])
        date = market.dates[first + t]
        mine = trades[(trades["code"] == code) & (trades["date"] < pd.Timestamp(date))]
        signed = mine["quantity"].where(mine["side"] == "buy", -mine["quantity"]).sum()
        if signed > 0:
            found.append((code, str(date), float(returns[t, k])))
    if not found:
        return []
    listed = ", ".join(f"{c} {d} {r:+.1%}" for c, d, r in found[:5])
    return [note("odd_moves", count=len(found), limit=f"{_LARGEST_MOVE:.1%}", listed=listed)]
