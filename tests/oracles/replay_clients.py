"""The clients of a replayed run: the slow reference of docs/fund.md, taken day by day."""

from decimal import Decimal
from itertools import pairwise

import numpy as np
import pandas as pd

from quanthedge.fund import Clients, FundTerms
from tests.oracles.fund import _Fund
from tests.oracles.fund_methods import D, rounded


class ClientBooks:
    """Who holds units; what each close charges, and what the next morning books."""

    def __init__(self, plan, run):
        terms, clients = (
            FundTerms.model_validate(plan["fund"]),
            Clients.model_validate(plan["clients"] or {}),
        )
        assert terms.winding_up is None, "the end of a fund is not replayed"
        self.terms, self.payment_days = terms, clients.payment_days
        self.kept = Decimal(str(clients.redemption_fee_kept))
        self.days, self.dates = run.days, run.dates[1:]
        self.reinvesting = {str(one.date): one.reinvesting for one in clients.distributions}
        self.fund = _Fund(terms, clients, plan["capital_yuan"], self.dates)
        self.opening = opening_days(clients.opening, self.dates)
        index = None
        if terms.hurdle is not None and terms.hurdle.kind == "index":
            index = run.raw.index(plan["benchmark"])
        self.levels = hurdle_levels(terms.hurdle, run.dates, index)
        self.next, self.due, self.before_close, self.after_close = {}, {}, {}, {}

    @classmethod
    def of(cls, plan, run):
        """The books where a strategy has clients or a hurdle; None else."""
        if plan["clients"] is None and plan["fund"]["hurdle"] is None:
            return None
        return cls(plan, run)

    def units(self):
        """Units of the morning, hundredths counted."""
        return float(sum(book.units for book in self.fund.books.values()))

    def units_at_close(self):
        """Units before what the close has sold and cancelled, which the next morning books."""
        return self._units

    def service_base(self):
        """Assets of class C with the morning's flows."""
        return float(self.before["C"])

    def unit_values(self):
        """Columns of the ledger: published values, and the fee that has accrued."""
        fund = self.fund
        return {
            "unit_value": float(fund.published[-1]),
            "unit_value_before_accrual": float(fund.before_accrual),
            "accrued_performance_fee": float(fund.accrued),
            "accrued_fee_at_open": float(fund.accrued_at_open),
        }

    def class_values(self):
        names = ["day", "share_class", "units", "assets_yuan", "unit_value", "cumulative"]
        found = pd.DataFrame(self.fund.account.classes, columns=names)
        found.insert(0, "date", self.dates[found.pop("day").to_numpy(dtype=int)])
        numbers = names[2:]
        found[numbers] = found[numbers].astype(float)
        return found

    def events(self):
        """What happened to each investor: date, investor, class, event, units, cash, fee, door."""
        names = ["date", "investor", "share_class", "event", "units", "cash", "fee", "door"]
        found = pd.DataFrame(self.fund.account.events, columns=names)
        found["date"] = self.dates[found["date"].to_numpy(dtype=int)]
        found[names[4:]] = found[names[4:]].astype(float)
        return found

    def people(self):
        """What each would get if he left, and his fee, at every close."""
        names = ["date", "investor", "share_class", "units", "value", "fee"]
        found = pd.DataFrame(self.fund.account.people, columns=names)
        found["date"] = self.dates[found["date"].to_numpy(dtype=int)]
        found[names[3:]] = found[names[3:]].astype(float)
        return found

    def worth(self, k):
        """What each would get if he left now, by (day, investor, class)."""
        books = self.fund.books
        return {
            (self.dates[k], who, name): float(books[name].worth(who)[0])
            if books[name].held(who)
            else 0.0
            for who, name in self.fund.dated
        }

    def morning(self, t):
        """Flows booked before the open of day t (1 is the first)."""
        fund = self.fund
        self.before = {name: fund.assets[name] + fund.flow[name] for name in "AC"}
        return self.next | {"paid_out": self.due.pop(t, 0.0)}

    def close(self, t, growth, fee_day):
        """Do a close; return the performance fee charged to the fund."""
        fund, k = self.fund, t - 1
        fund.earn(k, int(self.days[k]), D(float(growth)), D(float(self.levels[k])))
        self.before_close |= self.worth(k)
        seen = len(fund.account.events)
        before = [None]
        value_all = fund.value_all

        def valued(day):
            value_all(day)
            before[0] = self.units()

        fund.value_all = valued
        fund.close(k, fee_day, bool(self.opening[k]))
        fund.value_all = value_all
        self._units = before[0]
        self.after_close |= self.worth(k)
        fee, flows = self._flows(k, fund.account.events[seen:])
        self.next = {name: float(value) for name, value in flows.items()}
        leaves = self.next["redemptions"] + self.next["distributions"]
        due = t + 1 + self.payment_days
        self.due[due] = self.due.get(due, 0.0) + leaves
        return float(fee)

    def _flows(self, k, events):
        fee, new, gone, paid = Decimal(0), Decimal(0), Decimal(0), Decimal(0)
        for _, _, _, event, _, cash, charged, door in events:
            if event == "performance_fee":
                fee += charged
            elif event == "subscription":
                new += cash - door
            elif event == "redemption":
                gone += (door - cash) + charged - rounded(door * self.kept, 2)
            elif event == "distribution":
                paid += charged - cash
            elif event == "reinvested":
                paid += charged
        return fee, {"subscriptions": new, "redemptions": gone, "distributions": paid}


def opening_days(every, dates):
    """The last trading day of each period; not the run's last day."""
    if every == "day":
        found = np.ones(dates.size, dtype=bool)
    else:
        days = pd.DatetimeIndex(dates)
        period = days.to_period({"week": "W", "month": "M", "quarter": "Q"}[every])
        found = np.append(period[1:] != period[:-1], False)
    found[-1] = False
    return found


def hurdle_levels(hurdle, dates, index):
    """What a yuan has become by the hurdle at each close, [T] (docs/fund.md)."""
    if hurdle is None:
        return np.ones(dates.size - 1)
    if hurdle.kind == "index":
        return index[1:] / index[0]
    found, level = [], 1.0
    for before, day in pairwise(dates):
        rate = hurdle.rate
        if hurdle.kind == "deposit":
            rate = max(one for one in hurdle.rates.items() if np.datetime64(one[0]) <= day)[1]
        level += rate * float((day - before).astype(int)) / 365.0
        found.append(level)
    return np.array(found)
