"""Cash-and-carry from its definition: one day, one contract, one order at a time."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.hedge.research.dividends import dividend_calendar, realised_dividends
from quanthedge.risk import index_weights
from quanthedge.rules import FuturesRules, StockCosts, index_of

STOCK = ("commission", "stamp_duty", "transfer_fee", "exchange_fee", "basket_slippage")


@dataclass
class Oracle:
    """A market, a product and terms, and what they mean."""

    market: Any
    product: str
    terms: Any
    lending: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        self.code = index_of(self.product)
        bars = self.market.futures(self.product)
        self.bars = bars.set_index(["date", "contract"]).to_dict("index")
        self.index = self.market.index_bars(self.code)
        self.days = [pd.Timestamp(day) for day in self.market.dates]
        contracts = bars.sort_values("date").groupby("contract")
        self.ends = dict(contracts["last_trading_day"].first())
        self.firsts = dict(contracts["date"].first())
        self.kept: dict[tuple[Any, ...], Any] = {}

    # -- facts of a day

    def bar(self, day: pd.Timestamp, contract: str) -> Any:
        return self.bars.get((day, contract))

    def end(self, contract: str) -> pd.Timestamp:
        return pd.Timestamp(self.ends[contract])

    def price(self, day: pd.Timestamp, contract: str) -> float:
        bar = self.bar(day, contract)
        if bar is None:
            return np.nan
        return float(bar["settle"] if np.isfinite(bar["settle"]) else bar["close"])

    def rules(self, day: pd.Timestamp, side: str) -> Any:
        key = ("rules", day, side)
        if key not in self.kept:
            self.kept[key] = FuturesRules.between(
                self.product, [day.to_datetime64()], account=self.terms.account, side=side
            )
        return self.kept[key]

    def margin(self, day: pd.Timestamp, contract: str, side: str) -> float:
        rules = self.rules(day, "short" if side == "carry" else "long")
        near = self.position(day, contract) in ("front", "next")
        return float((rules.margin if near else rules.margin_quarter)[0])

    def position(self, day: pd.Timestamp, contract: str) -> str:
        """Front is the nearest month alive; next the month after it; then quarters in order."""
        alive = sorted(c for c in self.ends if self.end(c) >= day and self.firsts[c] <= day)
        first = pd.Period(f"20{alive[0][-4:-2]}-{alive[0][-2:]}", "M")
        own = pd.Period(f"20{contract[-4:-2]}-{contract[-2:]}", "M")
        if own == first:
            return "front"
        if own == first + 1:
            return "next"
        quarters = [p for p in (first + k for k in range(2, 9)) if p.month % 3 == 0]
        return "quarter" if own == quarters[0] else "second quarter"

    def rate(self, day: pd.Timestamp) -> float:
        if self.terms.financing != "market":
            return float(self.terms.financing)
        return float(self.market.cash_rate()[self.row(day)])

    def row(self, day: pd.Timestamp) -> int:
        return self.days.index(day)

    def weights(self, day: pd.Timestamp) -> Any:
        if ("weights", day) not in self.kept:
            of_day = index_weights(self.market, self.code).on(np.array([self.row(day)]))[0]
            self.kept["weights", day] = of_day
        return self.kept["weights", day]

    def suspended(self, day: pd.Timestamp) -> float:
        traded = self.market.panel("traded")[self.row(day)]
        return float(self.weights(day)[~traded].sum())

    def lent(self, day: pd.Timestamp) -> dict[str, float]:
        known = {"fee": np.nan, "available": np.nan, "collateral": np.nan}
        if self.lending is not None:
            for one in self.lending.to_dict("records"):
                if pd.Timestamp(one["date"]) <= day:
                    known = one
        return known

    # -- what an order costs

    def basket_order(self, day: pd.Timestamp, amount: float, *, buy: bool) -> dict[str, float]:
        """Every stock an order of its own; without minima an order's cost goes by its amount."""
        key = ("basket", day, buy)
        if key not in self.kept:
            self.kept[key] = self.one_yuan(day, buy=buy)
        return {name: amount * cost for name, cost in self.kept[key].items()}

    def one_yuan(self, day: pd.Timestamp, *, buy: bool) -> dict[str, float]:
        held = np.flatnonzero(self.weights(day) > 0)
        codes = np.asarray(self.market.codes)[held]
        price = self.market.panel("mark")[self.row(day), held]
        if ("rates", day) not in self.kept:
            self.kept["rates", day] = StockCosts.between([day.to_datetime64()], codes, self.terms)
        rates = self.kept["rates", day]
        total = dict.fromkeys(STOCK, 0.0)
        for k, yuan in enumerate(self.weights(day)[held]):
            place = rates.exchange[k]
            duty = rates.stamp_duty_buy[0] if buy else rates.stamp_duty_sell[0]
            included = self.terms.commission_includes_exchange_fees
            total["commission"] += yuan * self.terms.commission_rate
            total["stamp_duty"] += yuan * duty
            total["transfer_fee"] += yuan * rates.transfer_rate[0, place]
            total["transfer_fee"] += yuan / price[k] * rates.transfer_par_rate[0, place]
            total["exchange_fee"] += 0.0 if included else yuan * rates.exchange_rate[0, place]
            total["basket_slippage"] += yuan * self.terms.slippage_bp / 1e4
        return total

    def future_order(self, day: pd.Timestamp, amount: float) -> dict[str, float]:
        rules = self.rules(day, "short")
        fee = amount * rules.fee_rate[0] + rules.order_fee_yuan[0]
        return {
            "futures_fee": fee,
            "futures_slippage": amount * self.terms.futures_slippage_bp / 1e4,
        }

    # -- what a contract pays

    def judged(self, day: pd.Timestamp, contract: str, side: str) -> dict[str, float]:
        """All parts of a lot at a close; an empty dictionary where nothing can be judged."""
        price = self.price(day, contract)
        left = (self.end(contract) - day).days
        if not np.isfinite(price) or left <= 0:
            return {}
        level = float(self.index["close"][day])
        k, sign = self.rules(day, "short").multiplier, 1 if side == "carry" else -1
        value, lot, years = k * level, k * price, left / 365
        dividends = level * dividend_calendar(self.market, self.code).expected(
            self.row(day), day.to_datetime64().astype("M8[D]"),
            self.end(contract).to_datetime64().astype("M8[D]"))  # fmt: skip
        lent = self.lent(day)
        own = 1.0 if side == "carry" else lent["collateral"]
        capital = value * (own + self.terms.reserve) + lot * self.margin(day, contract, side)
        bought = self.basket_order(day, value, buy=True)
        sold = self.basket_order(day, value, buy=False)
        parts = {name: bought[name] + sold[name] for name in STOCK}
        parts |= self.future_order(day, lot)
        parts["delivery_fee"] = value * self.rules(day, "short").delivery_fee_rate[0]
        parts["lending_fee"] = 0.0 if side == "carry" else lent["fee"] * value * years
        parts["financing"] = capital * self.rate(day) * years
        gross = sign * k * (price - level + dividends)
        order = parts["futures_fee"] + parts["futures_slippage"]
        held = gross - parts["delivery_fee"] - parts["lending_fee"] - parts["financing"]
        return parts | {
            "gross": gross, "capital": capital, "years": years, "order": order,
            "days": left, "net": (gross - sum(parts.values())) / capital / years,
            "left": (held + order) / capital / years, "on": held - order,
            "lent": side == "carry" or lent["available"] >= value,
        }  # fmt: skip

    # -- the trades

    def listed(self, day: pd.Timestamp) -> list[str]:
        return sorted(c for c in self.ends if (day, c) in self.bars)

    def may(self, day: pd.Timestamp, contract: str, one: dict[str, float]) -> bool:
        return bool(
            one
            and one["days"] >= self.terms.least_days
            and self.position(day, contract) in self.terms.months
            and one["lent"]
        )

    def ready(self, day: pd.Timestamp, contract: str) -> bool:
        bar = self.bar(day, contract)
        return (
            bar is not None
            and np.isfinite(bar[(self.terms.fill or "close")])
            and np.isfinite(self.index[(self.terms.fill or "close")].get(day, np.nan))
        )

    def trades(self, start: str, end: str) -> list[dict[str, Any]]:
        first = max(self.row(pd.Timestamp(start)) - 1, 0)
        found: list[dict[str, Any]] = []
        held: dict[str, Any] | None = None
        for day, after in zip(
            self.days[first : self.row(pd.Timestamp(end))], self.days[first + 1 :], strict=False
        ):
            if held is None:
                held = self.entry(day, after)
                continue
            why, further = self.decision(day, after, held)
            if why:
                found.append(held | {"exit_decided": day, "exited": after, "exit_reason": why})
                held = further
        return found + ([] if held is None else [held])

    def entry(self, day: pd.Timestamp, after: pd.Timestamp) -> dict[str, Any] | None:
        if self.suspended(day) > self.terms.most_suspended:
            return None
        best = None
        for side in ("carry",) if self.lending is None else ("carry", "reverse"):
            for contract in self.listed(day):
                one = self.judged(day, contract, side)
                if not self.may(day, contract, one) or not self.ready(after, contract):
                    continue
                if one["net"] >= self.terms.entry and (best is None or one["net"] > best[0]):
                    best = one["net"], side, contract
        if best is None:
            return None
        return {"side": best[1], "contract": best[2], "decided": day, "entered": after,
                "reason": "premium", "expected": best[0]}  # fmt: skip

    def decision(
        self, day: pd.Timestamp, after: pd.Timestamp, held: dict[str, Any]
    ) -> tuple[str, dict[str, Any] | None]:
        side, own = held["side"], self.judged(day, held["contract"], held["side"])
        left = own["left"] if own else np.nan
        best: tuple[float, str] | None = None
        for contract in self.listed(day):
            one = self.judged(day, contract, side)
            if self.end(contract) <= self.end(held["contract"]) or not own:
                continue
            if self.may(day, contract, one) and self.ready(after, contract):
                pays = (one["on"] - own["order"]) / one["capital"] / one["years"]
                best = max(best or (pays, contract), (pays, contract))
        ready = self.ready(after, held["contract"])
        if best and ready and best[0] >= self.terms.entry and best[0] > left:
            return "roll", {"side": side, "contract": best[1], "decided": day, "entered": after,
                            "reason": "roll", "expected": best[0]}  # fmt: skip
        if self.end(held["contract"]) <= after:
            return "expiry", None
        sold = self.suspended(day) <= self.terms.most_suspended
        if ready and sold and left < self.terms.exit and own["days"] >= self.terms.least_days:
            return "convergence", None
        return "", held

    def gain(self, one: dict[str, Any]) -> dict[str, float]:
        """What a finished trade brought, yuan a lot."""
        begin, end, contract = one["entered"], one["exited"], one["contract"]
        fill = self.terms.fill or "close"
        f_in, s_in = self.bar(begin, contract)[fill], self.index[fill][begin]
        if one["exit_reason"] == "expiry":
            f_out = s_out = self.bar(end, contract)["settle"]
        else:
            f_out, s_out = self.bar(end, contract)[fill], self.index[fill][end]
        k, sign = self.rules(begin, "short").multiplier, 1 if one["side"] == "carry" else -1
        paid = realised_dividends(self.market, self.code)
        rows = range(self.row(begin) + 1, self.row(end) + 1)
        dividends = sum(paid[t] * self.index["close"][self.days[t - 1]] for t in rows)
        lent = self.lent(one["decided"])
        own = 1.0 if one["side"] == "carry" else lent["collateral"]
        margin = self.margin(one["decided"], contract, one["side"])
        capital = k * (s_in * (own + self.terms.reserve) + f_in * margin)
        nights = [self.days[t] for t in range(self.row(begin), self.row(end) + 1)]
        financing = sum(
            capital * self.rate(day) * (after - day).days / 365 for day, after in pairwise(nights)
        )
        cost = financing + sum(self.future_order(begin, k * f_in).values())
        if one["reason"] != "roll":
            cost += sum(self.basket_order(begin, k * s_in, buy=sign > 0).values())
        if one["exit_reason"] != "roll":
            cost += sum(self.basket_order(end, k * s_out, buy=sign < 0).values())
        if one["exit_reason"] == "expiry":
            cost += self.rules(end, "short").delivery_fee_rate[0] * k * f_out
        else:
            cost += sum(self.future_order(end, k * f_out).values())
        if one["side"] == "reverse":
            cost += lent["fee"] * k * s_in * (end - begin).days / 365
        gross = sign * k * (f_in - f_out + s_out - s_in + dividends)
        return {"gross": gross, "net": gross - cost, "capital": capital, "dividends": dividends}
