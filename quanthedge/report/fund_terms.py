"""The terms of the fund as its factsheet states them, read from the strategy of the run."""

import math
from typing import Any

from quanthedge.fund import method_kind
from quanthedge.report.strategy_words import sells_nothing
from quanthedge.report.texts import words
from quanthedge.report.writer import Run, value_at
from quanthedge.typing import Language

__all__ = ["fund_terms"]

_FEES = ("management_fee_per_year", "custody_fee_per_year", "service_fee_per_year")


def fund_terms(run: Run, language: Language) -> list[tuple[str, str]]:
    """Return names and texts of the fund's terms: hedge, fees, dates, and rules for investors."""
    strategy, t = run.strategy, words(language)["terms"]
    fund = strategy.get("fund") or {}
    found = [(t["hedge"], _hedge(strategy, t)), (t["fees"], _fees(fund, t))]
    if fund.get("performance_fee_rate"):
        found.append((t["performance"], _performance(strategy, fund, t)))
    clients = strategy.get("clients")
    if not clients:
        return [*found, (t["investors"], t["one_founder"])]
    found.append((t["opening"], _opening(clients, t)))
    doors = [
        t[name].format(tiers=_tiers(clients[name], unit, t))
        for name, unit in (("subscription_fee", "yuan"), ("redemption_fee", "days"))
        if clients.get(name)
    ]
    if doors:
        found.append((t["doors"], t["join"].join(doors)))
    return found


def _hedge(strategy: dict[str, Any], t: dict[str, Any]) -> str:
    if sells_nothing(strategy):
        return str(t["hedge_none"])
    product = value_at(strategy, "hedge.product")
    products = product if isinstance(product, list | tuple) else [product]
    contract = str(value_at(strategy, "hedge.contract"))
    account = str(value_at(strategy, "hedge.account"))
    named = t["listed"].join(t["products"].get(str(one), str(one)) for one in products)
    return str(
        t["hedge_text"].format(
            products=named,
            contract=t["contracts"].get(contract, contract),
            account=t["accounts"].get(account, account),
        )
    )


def _fees(fund: dict[str, Any], t: dict[str, Any]) -> str:
    parts = [t[name].format(rate=_percent(fund[name])) for name in _FEES if fund.get(name)]
    if fund.get("audit_fee_yuan_per_year"):
        parts.append(t["audit_fee"].format(yuan=f"{fund['audit_fee_yuan_per_year']:,.0f}"))
    return str(t["join"].join(parts) or t["no_fee"])


def _performance(strategy: dict[str, Any], fund: dict[str, Any], t: dict[str, Any]) -> str:
    method = (strategy.get("clients") or {}).get("method", "whole_fund")
    parts = [
        t["performance_text"].format(
            rate=_percent(fund["performance_fee_rate"]),
            method=t["methods"][method_kind(method)],
            when=t["periods"][fund.get("crystallisation", "quarter")],
        )
    ]
    hurdle = fund.get("hurdle")
    if hurdle:
        kind = t[f"hurdle_{hurdle['kind']}"].format(rate=_percent(hurdle["rate"]))
        parts.append(t["hurdle_hard" if hurdle["hard"] else "hurdle_soft"].format(hurdle=kind))
    return str(t["join"].join(parts))


def _opening(clients: dict[str, Any], t: dict[str, Any]) -> str:
    parts = [t["opening_text"].format(period=t["openings"][clients["opening"]])]
    parts.append(t["payment"].format(days=clients["payment_days"]))
    if clients.get("lock_up_days"):
        parts.append(t["lock_up"].format(days=clients["lock_up_days"]))
    if clients.get("gate"):
        parts.append(t["gate"].format(share=_percent(clients["gate"])))
    if clients.get("minimum_yuan"):
        parts.append(t["minimum"].format(yuan=f"{clients['minimum_yuan']:,.0f}"))
    return str(t["join"].join(parts))


def _tiers(tiers: list[dict[str, Any]], unit: str, t: dict[str, Any]) -> str:
    """Return the steps of a fee: below each limit its rate, the last one from there on."""
    parts, low = [], 0.0
    for tier in tiers:
        below = float(tier["below"])
        rate = _percent(tier["rate"])
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
