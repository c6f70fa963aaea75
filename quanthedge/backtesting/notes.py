"""Facts of a run that its reader must know: data repairs, assumptions, events."""

import itertools

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quanthedge.backtesting.lending_notes import lending_notes
from quanthedge.backtesting.narrative import bilingual, note
from quanthedge.backtesting.plan import Prepared
from quanthedge.backtesting.risk_stage import hedges_without_members, risk_model_of
from quanthedge.backtesting.untaxed import untaxed_notes
from quanthedge.fund import FundRun, FundTerms
from quanthedge.hedge import ContractSchedule, Knowledge
from quanthedge.kinds import OwnCode
from quanthedge.ledger import ActionUse, LedgerInputs, LedgerRecord
from quanthedge.market import LimitPanel
from quanthedge.rules import (
    TICK,
    LimitClass,
    circuit_breaker_days,
    index_of,
    limit_prices,
    rule_names,
)
from quanthedge.stages import stage
from quanthedge.strategy import Strategy
from quanthedge.typing import Ints
from quanthedge.valuation import suspension_spells
from quanthedge.words import Bilingual

__all__ = ["client_notes", "fee_notes", "own_code_notes", "run_notes", "winding_up_notes"]


def _restated(prepared: Prepared, tables: dict[str, pd.DataFrame]) -> list[Bilingual]:
    """Say which holdings were stated off their last close, by how much, and by which indices."""
    rows, ledger = tables["restated"], tables["ledger"]
    if not len(rows):
        return []
    spells = suspension_spells(rows, pd.DatetimeIndex(ledger.index))
    adjusted = ledger["revaluation"].to_numpy()
    at = int(np.abs(adjusted).argmax())
    days = rows["date"]
    notes = [
        note(
            "restated",
            spells=len(spells), days=days.nunique(), first=days.min(),
            last=days.max(), largest=f"{adjusted[at]:,.0f}",
            share=f"{adjusted[at] / ledger['equity'].iloc[at]:.2%}",
            date=ledger.index[at], left=f"{adjusted[-1]:,.0f}",
        )
    ]  # fmt: skip
    return notes + _stand_ins(prepared, rows)


def _stand_ins(prepared: Prepared, restated: pd.DataFrame) -> list[Bilingual]:
    """Say for which industries of restated holdings the market's own stocks stood in."""
    returns, market = prepared.stated.returns, prepared.market
    if returns is None:
        return []
    day = np.searchsorted(market.dates, restated["date"].to_numpy().astype("datetime64[D]"))
    stock = pd.Index(market.codes).get_indexer(pd.Index(restated["code"].astype(str)))
    followed = returns.group[day, stock]
    mine = followed[returns.own[day, followed]]
    listed = []
    for name, whole in (("name_en", "all stocks"), ("name_zh", "全部股票")):
        names = returns.sources[name].to_numpy()[np.unique(mine)]
        listed.append(", ".join(str(one) or whole for one in names))
    return [note("stand_in", listed_en=listed[0], listed_zh=listed[1])] if mine.size else []


def client_notes(fund: FundRun) -> list[Bilingual]:
    """Return what a reader must know of investors' orders that were not done at once."""
    notes = []
    events = fund.events
    locked = (events["event"] == "refused") & (events["reason"] == "lock-up")
    for chosen, kind in (
        (locked, "flows_refused"),
        ((events["event"] == "refused") & ~locked, "flows_lapsed"),
        (events["event"] == "deferred", "flows_deferred"),
    ):
        if chosen.any():
            notes.append(note(kind, count=int(chosen.sum())))
    if fund.late_days:
        notes.append(note("redemptions_late", count=fund.late_days))
    return notes


def winding_up_notes(prepared: Prepared, fund: FundRun) -> list[Bilingual]:
    """Say when the fund was wound up, or what it still held at the end of the run."""
    last = prepared.strategy.fund.last_business_day(prepared.dates[1:])
    if last is None:
        return []
    paid = fund.events[fund.events["event"] == "liquidation"]
    if len(paid):
        amount, date = f"{-paid['cash_yuan'].sum():,.2f}", paid["date"].iloc[0]
        days = fund.record.days_run - 1 - last
        return [note("wound_up", paid=amount, date=date, days=days)]
    state = fund.record.state
    stocks, lots = np.count_nonzero(state.shares), int(np.abs(state.lots).sum())
    return [note("not_wound_up", stocks=stocks, lots=lots)]


def fee_notes(strategy: Strategy) -> list[Bilingual]:
    """Say how the fee shows in the unit value, and where fee dates follow each other too fast."""
    terms, notes = strategy.fund, []
    if strategy.clients is not None and strategy.clients.method.cuts_units:
        notes.append(note("fee_in_units"))
    dates = sorted(terms.crystallisation_dates)
    near = any((b - a).days < 85 for a, b in itertools.pairwise(dates))
    if (terms.crystallisation == "month" or near) and terms.performance_fee_rate > 0:
        notes.append(note("fee_interval", months=FundTerms.SHORTEST_MONTHS))
    return notes


def run_notes(
    prepared: Prepared, record: LedgerRecord, tables: dict[str, pd.DataFrame]
) -> list[Bilingual]:
    """Return data repairs, assumptions and events that a reader must know.

    Parameters
    ----------
    prepared, record
        The run.
    tables : dict of DataFrame
        ledger, trades, refusals, contracts, restated, sleeves, hedge and rules.
    """
    strategy, market, first = prepared.strategy, prepared.market, prepared.first
    schedules, actions = prepared.leg.schedules, prepared.actions.use
    last_day = market.dates[first + record.days_run - 1]
    notes = _action_notes(strategy, actions) + untaxed_notes(prepared, record)
    notes += [note("assumption", text=text) for text in market.assumptions]
    notes += _restated(prepared, tables)
    if record.insolvent_day is not None:
        notes.append(note("insolvent", date=last_day))
    notes += _settlement_notes(tables["contracts"], schedules)
    rates = (strategy.accounts.stock_cash_rate, strategy.accounts.futures_cash_rate)
    asked = "market" in rates
    carried = market.until(last_day).cash_rate_carried_days() if asked else 0
    if carried:
        notes.append(note("cash_rate", count=carried, date=last_day))
    weak = tables["rules"][tables["rules"]["confidence"].isin(["C", "M"])]
    if len(weak):
        notes.append(_weak_rules(weak))
    notes += _hedge_notes(strategy, schedules, tables) + lending_notes(strategy, tables)
    notes += _preparation_notes(prepared) + _left_out(prepared, tables)
    missing = int(prepared.leg.fallback[: record.days_run].sum())
    if missing:
        notes.append(note("ratio_fallback", count=missing))
    share = float(tables["hedge"]["share_default_beta"].mean())
    if share > 0 and strategy.beta.method == "bottom_up":
        notes.append(note("default_beta", share=f"{share:.2%}"))
    notes += _odd_moves(prepared, record, tables["trades"])
    trades, dates = tables["trades"], market.dates[first : first + record.days_run]
    notes += _halted_fills(strategy, dates, trades)
    notes += _too_early(prepared.leg.timing, dates, trades)
    delisted = trades[trades["reason"] == "delisting"]
    if len(delisted):
        recovery = f"{strategy.execution.delisting_recovery:.0%}"
        amount = f"{delisted['amount'].sum():,.0f}"
        notes.append(note("delisting", count=len(delisted), amount=amount, recovery=recovery))
    cuts = int((trades["reason"] == "margin_cut").sum())
    if cuts:
        notes.append(note("margin_cut", count=cuts))
    return notes


def _weak_rules(weak: pd.DataFrame) -> Bilingual:
    """Name the rows of the rule book that are weakly documented, in each language's words."""
    told = {
        code: note(
            "weak_rules",
            count=len(weak),
            listed="; ".join(
                ": ".join(rule_names(table, key, code))
                for table, key in zip(weak["table"], weak["key"], strict=True)
            ),
        )[code]
        for code in ("en", "zh")
    }
    told["zh"] = told["zh"].replace("; ", "；").replace(": ", "：")
    return {"kind": "weak_rules", **told}


def _action_notes(strategy: Strategy, actions: ActionUse | None) -> list[Bilingual]:
    """Say where dividends came from, and what of them was taxed."""
    if actions is None:
        return [note("dividends")]
    counts = {"table": actions.from_table, "factor": actions.from_factor}
    notes = [note("dividends_table", **counts)]
    if strategy.costs.dividend_tax != "none":
        notes.append(note("dividend_tax"))
    off = actions.off_reference
    if len(off):
        row = off.iloc[0]
        sample = f"{row['code']} {row['date']:%Y-%m-%d}: {row['formula']} / {row['pre_close']:.2f}"
        notes.append(note("off_reference", count=len(off), sample=sample))
    doubted = actions.contradicted
    if len(doubted):
        row = doubted.iloc[0]
        sample = f"{row['code']} {row['date']:%Y-%m-%d}: {row['formula']} / {row['pre_close']:.2f}"
        notes.append(note("contradicted", count=len(doubted), sample=sample))
    if actions.waiting:
        notes.append(note("actions_waiting", count=actions.waiting))
    return notes


def _settlement_notes(
    contracts: pd.DataFrame, schedules: list[ContractSchedule]
) -> list[Bilingual]:
    """Days on which a contract held was marked at the close for want of a settlement price."""
    held = set(zip(contracts["contract"], contracts["date"], strict=True))
    marked = [one for schedule in schedules for one in schedule.marked_at_close]
    found = [(name, day) for name, day in marked if (name, pd.Timestamp(day)) in held]
    if not found:
        return []
    return [note("settlement", count=len(found), sample=f"{found[0][0]} {found[0][1]}")]


def _left_out(prepared: Prepared, tables: dict[str, pd.DataFrame]) -> list[Bilingual]:
    """Say what the report cannot show because the data lack a table or a value."""
    strategy, market = prepared.strategy, prepared.market
    notes = []
    if not market.has("industry"):
        notes.append(note("no_industry"))
    if strategy.benchmark not in market.member_indices():
        notes.append(note("no_members", index=strategy.benchmark))
    if risk_model_of(strategy) is not None:
        unknown = hedges_without_members(strategy, market)
        notes += [note("no_risk", product=one, index=index_of(one)) for one in unknown]
    close = tables["ledger"]["index_close"]
    missing = close.index[close.isna()]
    if len(missing) == len(close):
        notes.append(note("no_benchmark", index=strategy.benchmark))
    elif len(missing):
        gaps = {"index": strategy.benchmark, "count": len(missing), "first": missing[0]}
        notes.append(note("benchmark_gaps", **gaps))
    return notes


def _preparation_notes(prepared: Prepared) -> list[Bilingual]:
    """Tell how many bars the betas leave out or merge."""
    chosen = prepared.strategy.beta.preparation
    if not any((chosen.resumption != "keep", chosen.limit_days != "keep", chosen.listing_days)):
        return []
    counts = prepared.leg.prepared
    return [bilingual("beta_preparation", [(what, f"{n:,}") for what, n in counts.items()])]


def _hedge_notes(
    strategy: Strategy, schedules: list[ContractSchedule], tables: dict[str, pd.DataFrame]
) -> list[Bilingual]:
    """Tell of fills without turnover, limits that bound, and the quota taken for granted."""
    notes = []
    averaged = [one for schedule in schedules for one in schedule.average_fills]
    traded = tables["trades"]
    traded = traded[traded["code"].isin([name for name, _ in averaged])]
    done = set(zip(traded["code"], traded["date"], strict=True))
    used = [(name, day) for name, day in averaged if (name, pd.Timestamp(day)) in done]
    if used:
        notes.append(note("average_fills", count=len(used), sample=f"{used[0][0]} {used[0][1]}"))
    refusals = tables["refusals"]
    for reason in ("open_limit", "position_limit"):
        bound = refusals[refusals["reason"] == reason]
        if len(bound):
            missing = int((bound["wanted"] - bound["done"]).sum())
            notes.append(
                note(
                    reason, count=bound["date"].nunique(), lots=f"{missing:,}",
                    first=bound["date"].iloc[0],
                )
            )  # fmt: skip
    most = int(tables["contracts"]["lots"].abs().max()) if len(tables["contracts"]) else 0
    if most and strategy.hedge.account == "hedging" and strategy.hedge.quota_lots is None:
        notes.append(note("quota", lots=f"{most:,}"))
    if strategy.accounts.borrowed > 0:
        notes.append(note("loan", fraction=f"{strategy.accounts.borrowed:.0%}"))
    return notes


def _halted_fills(
    strategy: Strategy, dates: NDArray[np.datetime64], trades: pd.DataFrame
) -> list[Bilingual]:
    """Days that the circuit breaker cut short and on which fills after the opening are booked."""
    halts = circuit_breaker_days(dates)
    reason = trades["reason"].astype("str")
    stock_fill, ordered = strategy.execution.fill, _of_hedge(trades)
    late = ~ordered if stock_fill != "open" else reason == "proceeds"
    if strategy.hedge.fill_price(stock_fill) != "open":
        late |= ordered
    booked = trades[late & trades["date"].isin(halts.index)]
    if booked.empty:
        return []
    shown = halts[halts.index.isin(booked["date"])]
    listed = "; ".join(
        f"{day:%Y-%m-%d} {row.closed} ({row.share_traded:.0%})"
        for day, row in zip(shown.index, shown.itertuples(), strict=True)
    )
    return [note("circuit_breaker", count=len(booked), listed=listed)]


def _of_hedge(trades: pd.DataFrame) -> "pd.Series[bool]":
    """Return which trades are of futures at the day's fill."""
    return trades["reason"].astype("str").isin(["hedge", "roll"])


def _too_early(
    timing: Knowledge | None, dates: NDArray[np.datetime64], trades: pd.DataFrame
) -> list[Bilingual]:
    """Days on which futures were traded for stock fills that were not known when they were due."""
    if timing is None:
        return []
    early = dates[(timing.after_stocks & ~timing.possible)[: dates.size]]
    hedged, ordered = _of_hedge(trades), ["rebalance", "retry", "flow", "cash_cut"]
    filled = trades["reason"].astype("str").isin(ordered)
    days = pd.DatetimeIndex(trades.loc[hedged, "date"]).unique()
    days = days[days.isin(trades.loc[filled, "date"].unique())]
    found = days[days.isin(pd.DatetimeIndex(early))].sort_values()
    if not len(found):
        return []
    return [note("hedge_too_early", count=len(found), first=found[0], last=found[-1])]


def _odd_moves(prepared: Prepared, record: LedgerRecord, trades: pd.DataFrame) -> list[Bilingual]:
    """Return holdings that moved more than their limit allows: true, or a fault of the source."""
    market, first = prepared.market, prepared.first
    if not len(record.positions):
        return []
    day, stock = stage(
        "odd_closes",
        market,
        {"span": (first, first + len(prepared.dates) - 2)},
        lambda: _beyond_limits(prepared.inputs),
        with_market=market.kept_folder is not None,
    )
    held = np.isin(stock, record.positions[:, 1].astype(np.int64)) & (day < record.days_run)
    day, stock = day[held], stock[held]
    returns = np.asarray(market.panel("simple_return")[first + day, stock])
    found = []
    trades = trades[trades["code"].isin(np.unique(market.codes[stock]))]
    of_code = trades.groupby(trades["code"].astype("str")).indices
    when = trades["date"].to_numpy().astype("datetime64[D]")
    quantity = trades["quantity"].to_numpy()
    signed = np.where(trades["side"] == "buy", quantity, -quantity)
    for t, k, moved in zip(day.tolist(), stock.tolist(), returns.tolist(), strict=True):
        code, date = str(market.codes[k]), market.dates[first + t]
        mine = of_code.get(code, np.empty(0, dtype=np.intp))
        if signed[mine[when[mine] < date]].sum() > 0:
            found.append((code, str(date), moved))
    if not found:
        return []
    listed = ", ".join(f"{c} {d} {r:+.1%}" for c, d, r in found[:5])
    return [note("odd_moves", count=len(found), listed=listed)]


def _beyond_limits(inputs: LedgerInputs) -> tuple[Ints, Ints]:
    """Return closes beyond the limit of their day, or beyond their board's where it had none.

    By day and stock, in this order. The market and the rule book decide them alone.
    """
    bars, rules = inputs.bars, inputs.stocks
    # few: a limit price lies within a tick and its rounding of the least limit of all
    least = min(
        float(np.nanmin(limit, initial=np.inf)) for limit in (rules.limit_up, rules.limit_down)
    )
    away = np.abs(bars.close - bars.pre_close)
    row, own = np.nonzero(away >= least * bars.pre_close - 2 * TICK)
    place = bars.limit_class[row, own].astype(np.int64)
    place = np.where(place == LimitClass.FREE, 2 * rules.board[own], place)
    close, before = bars.close[row, own], bars.pre_close[row, own]
    highest, lowest = limit_prices(
        before, rules.limit_up[row, place], rules.limit_down[row, place], rules.inward[own]
    )
    beyond = LimitPanel.beyond(close, close, lowest, highest)
    return row[beyond], own[beyond]


def own_code_notes(strategy: Strategy) -> list[Bilingual]:
    """Say which classes are the user's own, and whether their code is kept with the run."""
    listed: dict[str, list[str]] = {}
    own = OwnCode.of(strategy)
    for kind in own.classes:
        listed.setdefault(f"own_code_{own.source(kind)}", []).append(kind)
    return [note(kind, listed=", ".join(names)) for kind, names in sorted(listed.items())]
