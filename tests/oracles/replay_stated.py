"""What a replayed run's suspended holdings are stated at (docs/valuation.md, docs/ledger.md).

Ratios are those of the slow reference of docs/valuation.md, of the stocks that the run ever held.
"""

import math
from functools import lru_cache

import numpy as np
import pandas as pd

from tests.oracles.ledger import decimal_of, half_up
from tests.oracles.valuation import IndexReturns, hedged_returns, stated_ratio

COLUMNS = ["date", "code", "shares", "last_close", "stated_value", "adjustment_yuan"]
INDEX = {"IF": "000300.SH", "IH": "000016.SH", "IC": "000905.SH", "IM": "000852.SH"}


@lru_cache(maxsize=1)  # of replays of one span in a row
def _index_returns(folder, days):
    return IndexReturns(folder, np.array(days, dtype="datetime64[D]"))


class StatedHoldings:
    """Sums the adjustments of the holdings that count, close by close."""

    def __init__(self, run, folder, known):
        self.run, self.known, self.terms = run, known, run.plan["valuation"]
        self.rows, self.restated, self.columns = [], set(), {}
        if self.terms["suspended"] == "last_close":
            return
        days = run.raw.traded_days
        days = days[days <= run.dates[-1]]
        self.first = len(days) - run.n
        if self.terms["suspended"] == "index_return" and self.terms["index"] == "industry":
            self.returns = _index_returns(folder, tuple(days.tolist())).of
        else:
            products = run.products
            index = run.plan["beta"]["index"] if len(products) == 1 else INDEX[products[0]]
            hedged = hedged_returns(folder, index, days)
            self.returns = lambda code, u: hedged[u]
        self.place = {code: k for k, code in enumerate(known.codes)}
        self.closes = run.raw.all_closes(days)

    @classmethod
    def of(cls, run, folder, known):
        """The holdings of a run."""
        return cls(run, folder, known)

    def close(self, t, books, equity):
        """Return what the holdings are stated above their last closes on day t (1 is the first).

        ``books`` are the shares [N] of each sleeve: whether all together are material is asked of
        the fund, an adjustment that has begun goes on for the sleeve in which it has.
        """
        if self.terms["suspended"] == "last_close":
            return 0.0
        adjustment, always = {}, set()
        for s, shares in enumerate(books):
            for k in (shares > 0).nonzero()[0].tolist():
                ratios, counts = self._column(k)
                if not math.isnan(ratios[t]):
                    mark = self.run.raw.mark[t, k]
                    adjustment[s, k] = float(shares[k]) * mark * (ratios[t] - 1)
                    if self.terms["from_day"] is not None and counts[t] >= self.terms["from_day"]:
                        always.add((s, k))
        self.restated = (self.restated & set(adjustment)) | always
        total = sum(adjustment.values())
        if total != 0 and abs(total) >= self.terms["materiality"] * equity:
            self.restated = set(adjustment)
        for k in sorted({k for _, k in self.restated}):
            mark, ratio = self.run.raw.mark[t, k], self._column(k)[0][t]
            of = [s for s, other in self.restated if other == k]
            self.rows.append(
                (self.run.dates[t], self.run.raw.codes[k], sum(books[s][k] for s in of), mark,
                 mark * ratio, sum(adjustment[s, k] for s in of))
            )  # fmt: skip
        return sum(adjustment[one] for one in self.restated)

    def table(self):
        """The run's table ``restated``."""
        return pd.DataFrame(self.rows, columns=COLUMNS)

    def _column(self, k):
        if k not in self.columns:
            code = self.run.raw.codes[k]
            beta = None
            if self.terms["suspended"] == "beta":
                beta = self.known.beta[:, self.place[code]].tolist()
            self.columns[k] = stated_ratio(
                self.closes[code], lambda u: self.returns(code, u), self.first,
                lambda t: self._reference(t + 1, k), lambda t: self._limits(t, k), beta,
            )  # fmt: skip
        return self.columns[k]

    def _reference(self, t, k):
        """The last mark on the basis of day t."""
        raw, told = self.run.raw, self.run.events[t].get(k)
        before = raw.mark[t - 1, k]
        if told is not None:
            cash, bonus, rights, price, _ = told
            return (before - cash + rights * price) / (1.0 + bonus + rights)
        return before * raw.adj_factor[t - 1, k] / raw.adj_factor[t, k]

    def _limits(self, t, k):
        """Lower and upper limit price of the span's day t, whose first is 0."""
        place, raw = self.place[self.run.raw.codes[k]], self.run.raw
        found = []
        for side, limits in ((-1, self.known.down), (1, self.known.up)):
            limit = float(limits[t, place])
            if not math.isfinite(limit):
                found.append(side * limit)
                continue
            before = decimal_of(float(raw.pre_close[t + 1, k]))
            tick = decimal_of(0.01)
            price = before * (1 + side * decimal_of(limit))
            price = inwards(price, side) if self.known.inward[place] else half_up(price, 2)
            price = max(price, before + tick) if side > 0 else max(min(price, before - tick), tick)
            found.append(float(price))
        return found


def inwards(price, side):
    """Cut a limit price to a cent towards the previous close."""
    cents = price * 100
    whole = math.floor(cents) if side > 0 else math.ceil(cents)
    return decimal_of(0.01) * whole
