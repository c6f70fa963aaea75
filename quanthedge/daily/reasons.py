"""Why each order is made: ranks, universe and target weights, the hedge's sum, what was refused."""

from functools import cached_property
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd

from quanthedge.backtesting import Prepared, graded
from quanthedge.daily.book import Book
from quanthedge.daily.holdings import Holdings
from quanthedge.daily.wording import told, word
from quanthedge.ledger import LedgerInputs, LedgerRecord, layout
from quanthedge.rules import limit_prices
from quanthedge.typing import Floats
from quanthedge.words import LANGUAGES, Bilingual

__all__ = ["Reasons"]


class Reasons:
    """What is known of a day's decision, asked order by order.

    Parameters
    ----------
    prepared : Prepared
        Of the market with the next day.
    inputs : LedgerInputs
        What the ledger ran on.
    t : int
        Day index of the next day.
    before : Book
    record : LedgerRecord
    held : Holdings, optional
    """

    def __init__(
        self, prepared: Prepared, inputs: LedgerInputs, t: int, before: Book,
        record: LedgerRecord, held: Holdings | None,
    ) -> None:  # fmt: skip
        self.prepared, self.inputs, self.t = prepared, inputs, t
        self.before, self.record, self.held = before, record, held
        self.codes = prepared.market.codes
        self.close = prepared.market.dates[-2]

    # -- names and prices

    @cached_property
    def _names(self) -> dict[str, str]:
        spells = self.prepared.market.stock_names()
        if spells is None:
            return {}
        last = spells.sort_values("start").drop_duplicates("code", keep="last")
        return dict(zip(last["code"].astype(str), last["name"].astype(str), strict=True))

    def name(self, code: str) -> str:
        """Return what a stock is called on the day; "" for contracts and where it is not known."""
        return self._names.get(code, "")

    def stock_limits(self, i: int) -> tuple[float, float]:
        """Return the lowest and highest price of the next day; infinite: none, NaN: not known."""
        bars, stocks, t = self.inputs.bars, self.inputs.stocks, self.t
        kind = bars.limit_class[t, i]
        previous = bars.pre_close[t, i]
        if np.isnan(previous):  # suspended: the last close stands
            previous = bars.mark[t, i]
        high, low = limit_prices(
            previous, stocks.limit_up[t, kind], stocks.limit_down[t, kind], stocks.inward[i]
        )
        return float(low), float(high)

    def future_limits(self, c: int) -> tuple[float, float]:
        """Return the lowest and highest price of a contract on the next day."""
        future = self.inputs.futures
        rules = self.prepared.leg.rules[int(future.product[c])]
        ends = future.last_day[c] == self.t
        limit = float((rules.limit_last_day if ends else rules.limit)[self.t])
        before = future.settlement[self.t, c]
        low = np.ceil(before * (1.0 - limit) / rules.tick - 1e-6) * rules.tick
        high = np.floor(before * (1.0 + limit) / rules.tick + 1e-6) * rules.tick
        return round(float(low), 4), round(float(high), 4)

    # -- the rebalance

    def _targets_of(self, s: int) -> dict[int, float]:
        """Weights of equity that a sleeve wants on the day, by stock; empty without rebalance."""
        book = self.inputs.targets.sleeve(s)
        rows = np.flatnonzero(book.trade_days == self.t)
        if not rows.size:
            return {}
        some = slice(int(book.pointer[rows[0]]), int(book.pointer[rows[0] + 1]))
        return dict(zip(book.stocks[some].tolist(), book.weights[some].tolist(), strict=True))

    @cached_property
    def _scores(self) -> Floats:
        """Scores at the rebalance before and at the close, [2, N]; [0, 0] without scores."""
        strategy, market = self.prepared.strategy, self.prepared.market
        if not strategy.selector.needs_scores:
            return np.empty((0, 0))
        row = len(market.dates) - 2
        earlier = self.prepared.selection.targets.decision_rows
        earlier = earlier[earlier < row]
        rows = np.array([int(earlier[-1]) if earlier.size else row, row])
        rows = np.unique(rows)
        mask, _ = strategy.universe.mask(market, rows)
        found = graded(strategy, market, mask, rows).scores
        return np.asarray(found if len(rows) > 1 else np.vstack([found, found]))

    def _rank(self, at: int, i: int) -> int:
        """Return a stock's rank, ties to the lower code; 0 without a score."""
        own = self._scores[at]
        if np.isnan(own[i]):
            return 0
        return int((own > own[i]).sum() + (own[:i] == own[i]).sum()) + 1

    def labels(self) -> list[str]:
        """Return the labels of the sleeves; the strategy's own stocks alone where it has none."""
        return list(self.before.sleeves)

    def stock_order(self, code: str, reason: str, quantity: int, s: int = 0) -> Bilingual:
        """Return why an order of stocks is made for sleeve s."""
        i = int(np.searchsorted(self.codes, code))
        held = self.before.sleeves[self.labels()[s]].stocks.get(code)
        if reason != "rebalance":
            wanted = f"{(0 if held is None else held.quantity) + quantity:,}"
            return told("reason", reason, wanted=wanted)
        weight = 0.0 if held is None else held.value / self.before.equity
        target = self._targets_of(s).get(i, 0.0)
        kind = "enters" if not weight else "resized" if target else "leaves"
        made = told("reason", kind, weight=f"{weight:.2%}", target=f"{target:.2%}")
        left = kind == "leaves"
        if s > 0:  # chosen by no score
            return made
        for language in LANGUAGES:
            made[language] += self._rank_words(i, code, language, left=left)
        return made

    def _rank_words(self, i: int, code: str, language: str, *, left: bool) -> str:
        speak: Any = language
        if not self._scores.size:
            return ""
        before, now = self._rank(0, i), self._rank(1, i)
        if now:
            count = int(np.isfinite(self._scores[1]).sum())
            kind = "rank" if before else "rank_new"
            return word("reason", kind, speak, before=before, now=now, count=count)
        if not left:
            return ""
        why = self._left_out(code, speak)
        return word("reason", "no_rank", speak, why=why) if why else ""

    def _left_out(self, code: str, language: Any) -> str:
        """Return the first question of the universe that a stock fails, and what was found."""
        explain = getattr(self.prepared.strategy.universe, "explain", None)
        if explain is None:
            return ""
        speaks = {"language": language} if "language" in signature(explain).parameters else {}
        lines = explain(self.prepared.market, code, self.close, **speaks)
        failed = lines[~lines["passes"].astype(bool)]
        if not len(failed):
            return word("reason", "no_score", language)
        first = failed.iloc[0]
        return f"{first['question']}: {first['found']}"

    # -- the hedge

    def future_order(self, contract: str, reason: str, s: int = 0) -> Bilingual:
        """Return why lots are traded for sleeve s."""
        c = self.prepared.leg.contracts.index(contract)
        own = self.before.sleeves[self.labels()[s]].futures
        after = int(self.record.state.of_sleeves()[s].lots[c])
        if s > 0 and reason != "margin_cut":
            held = own.get(contract)
            kind = "stated_again" if reason == "retry" else "stated"
            before = f"{0 if held is None else held.quantity:+,}"
            return told("reason", kind, held=before, after=f"{after:+,}")
        future = self.inputs.futures
        p = int(future.product[c])
        if reason == "roll":
            others = [name for name in own if name[:-4] == contract[:-4]]
            rolled = next((name for name in others if name != contract), "")
            into = int(future.hold[self.t, p])
            old = rolled if into == c else contract
            new = self.prepared.leg.contracts[into] if into >= 0 else ""
            return told("reason", "roll", old=old, new=new, days=self._days_left(old))
        lot = float(future.multiplier[p] * future.settlement[self.t, c])
        held = own.get(contract)
        return told(
            "reason",
            "hedge",
            beta=f"{self._beta():.3f}",
            ratio=f"{self.inputs.hedge.sleeve(0).ratio:g}",
            held=f"{0 if held is None else held.quantity:+,}",
            after=f"{after:+,}",
            lot=f"{lot:,.0f}",
            value=f"{abs(after) * lot:,.0f}",
        )

    def _beta(self) -> float:
        """Return the beta that the hedge of the strategy's own stocks went by."""
        several = self.record.of_sleeves.size > 0
        row = self.record.of_sleeves[self.t, 0] if several else self.record.ledger[self.t]
        return float(row[layout.BETA_])

    def _days_left(self, contract: str) -> int:
        """Return the trading days from the next day to a contract's last."""
        if contract not in self.prepared.leg.contracts:
            return 0
        product = contract[:-4]
        bars = self.prepared.market.futures(product)
        last = bars.loc[bars["contract"] == contract, "last_trading_day"].max()
        calendar, day = self.prepared.market.calendar, self.prepared.market.dates[-1]
        end = pd.Timestamp(last).to_datetime64().astype("datetime64[D]")
        known = int(((calendar > day) & (calendar <= end)).sum())
        beyond = max(calendar[-1], day)
        return known + (int(np.busday_count(beyond, end)) if end > beyond else 0)
