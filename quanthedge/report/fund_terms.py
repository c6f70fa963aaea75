"""The terms of the fund as its factsheet states them, read from the strategy of the run."""

import math
from collections.abc import Sequence
from typing import Any

from quanthedge.fund import Clients, FundTerms, Tier
from quanthedge.hedge import HedgeRule
from quanthedge.record import Record
from quanthedge.report.texts import words
from quanthedge.strategy import Strategy
from quanthedge.typing import Language

__all__ = ["fund_terms"]


def fund_terms(run: Record, language: Language) -> list[tuple[str, str]]:
    """Return names and texts of the fund's terms: hedge, fees, dates, and rules for investors."""
    strategy, t = run.strategy, words(language)["terms"]
    fund, clients = strategy.fund, strategy.clients
    found = [(t["hedge"], _hedge(strategy.hedge, t)), (t["fees"], _fees(fund, t))]
    if fund.performance_fee_rate:
        found.append((t["performance"], _performance(strategy, t)))
    if clients is None:
        return [*found, (t["investors"], t["one_founder"])]
    found.append((t["opening"], _opening(clients, t)))
    doors = [
        t[name].format(tiers=_tiers(tiers, unit, t))
        for name, tiers, unit in (
            ("subscription_fee", clients.subscription_fee, "yuan"),
            ("redemption_fee", clients.redemption_fee, "days"),
        )
        if tiers
    ]
    if doors:
        found.append((t["doors"], t["join"].join(doors)))
    return found


def _hedge(hedge: HedgeRule, t: dict[str, Any]) -> str:
    if hedge.sells_nothing:
        return str(t["hedge_none"])
    return str(
        t["hedge_text"].format(
            products=t["listed"].join(t["products"].get(one, one) for one in hedge.products),
            contract=t["contracts"].get(hedge.contract, hedge.contract),
            account=t["accounts"].get(hedge.account, hedge.account),
        )
    )


def _fees(fund: FundTerms, t: dict[str, Any]) -> str:
    yearly = {
        "management_fee_per_year": fund.management_fee_per_year,
        "custody_fee_per_year": fund.custody_fee_per_year,
        "service_fee_per_year": fund.service_fee_per_year,
    }
    parts = [t[name].format(rate=_percent(rate)) for name, rate in yearly.items() if rate]
    if fund.audit_fee_yuan_per_year:
        parts.append(t["audit_fee"].format(yuan=f"{fund.audit_fee_yuan_per_year:,.0f}"))
    return str(t["join"].join(parts) or t["no_fee"])


def _performance(strategy: Strategy, t: dict[str, Any]) -> str:
    fund, clients = strategy.fund, strategy.clients or Clients()
    parts = [
        t["performance_text"].format(
            rate=_percent(fund.performance_fee_rate),
            method=t["methods"][clients.method.kind],
            when=t["periods"][fund.crystallisation],
        )
    ]
    hurdle = fund.hurdle
    if hurdle is not None:
        kind = t[f"hurdle_{hurdle.kind}"].format(rate=_percent(hurdle.rate))
        parts.append(t["hurdle_hard" if hurdle.hard else "hurdle_soft"].format(hurdle=kind))
    return str(t["join"].join(parts))


def _opening(clients: Clients, t: dict[str, Any]) -> str:
    parts = [t["opening_text"].format(period=t["openings"][clients.opening])]
    parts.append(t["payment"].format(days=clients.payment_days))
    if clients.lock_up_days:
        parts.append(t["lock_up"].format(days=clients.lock_up_days))
    if clients.gate:
        parts.append(t["gate"].format(share=_percent(clients.gate)))
    if clients.minimum_yuan:
        parts.append(t["minimum"].format(yuan=f"{clients.minimum_yuan:,.0f}"))
    return str(t["join"].join(parts))


def _tiers(tiers: Sequence[Tier], unit: str, t: dict[str, Any]) -> str:
    """Return the steps of a fee: below each limit its rate, the last one from there on."""
    parts, low = [], 0.0
    for tier in tiers:
        below, rate = tier.below, _percent(tier.rate)
        if math.isfinite(below):
            parts.append(t[f"below_{unit}"].format(limit=f"{below:,.0f}", rate=rate))
        elif low:
            parts.append(t[f"from_{unit}"].format(limit=f"{low:,.0f}", rate=rate))
        else:
            parts.append(rate)
        low = below
    return str(t["listed"].join(parts))


def _percent(rate: float) -> str:
    return f"{float(rate) * 100:.6g}%"
