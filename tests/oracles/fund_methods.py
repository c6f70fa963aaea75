"""Slow reference of the methods of docs/fund.md: one class of units, in plain decimals.

Written from the page's section "Exactly", not from the code. A lot is a dict; ``level`` is where
the hurdle stands; a mark is kept with its ``since``, the level of its day. By investor a mark is
the mean of purchases, and so is what the hurdle asks.
"""

from decimal import ROUND_HALF_UP, Decimal

D = Decimal
ZERO = D(0)


def rounded(value, places):
    return value.quantize(D(1).scaleb(-places), ROUND_HALF_UP)


class Book:
    """What all methods share."""

    def __init__(self, terms, method):
        self.rate, self.hurdle = D(str(terms.performance_fee_rate)), terms.hurdle
        self.initial = D(str(terms.initial_unit_value))
        self.opens = False  # today, with its first orders, which all deal at the initial value
        self.after_fee = terms.high_water_mark == "post_fee"
        self.method, self.assets, self.level = method, ZERO, D(1)
        self.lots = []
        self.tie = False

    def seen(self, value, places, units):
        """A unit value, rounded; noted where three cents would round it the other way."""
        half = D(1).scaleb(-places) / 2
        away = abs(abs(value - rounded(value, places)) - half)
        self.tie = self.tie or away * units < D("0.03")
        return rounded(value, places)

    def asked(self, mark, since):
        """What the hurdle makes of a mark of a day on which it stood at ``since``."""
        if self.hurdle is not None and self.hurdle.kind == "index":
            return mark * self.level / since
        return mark * (1 + self.level - since)

    def since_of(self, mark, asked):
        """The day from which the hurdle makes ``asked`` of a mark by today."""
        if self.hurdle is not None and self.hurdle.kind == "index":
            return mark * self.level / asked
        return 1 + self.level - asked / mark

    def due(self, value, mark, since):
        """Fee on a unit worth ``value``."""
        gain, hurdle = value - mark, self.hurdle
        if hurdle is None:
            return self.rate * max(ZERO, gain)
        above = value - max(mark, self.asked(mark, since))
        if above <= 0:
            return ZERO
        if hurdle.hard:
            return self.rate * above
        if hurdle.catch_up is None:
            return self.rate * gain
        return min(self.rate * gain, max(self.rate, D(str(hurdle.catch_up))) * above)

    def ex_dividend(self, mark, since, dividend):
        """Mark of units that paid no fee on a dividend, and its day."""
        left, threshold = mark - dividend, self.asked(mark, since) - dividend
        if left <= 0 or threshold <= 0:
            return left, self.level
        return left, self.since_of(left, threshold)

    def settled(self, value, units, mark, since, dividend, gross):
        """Fee that units pay from their dividend, with their mark and its day after it."""
        due = rounded(self.due(value, mark, since) * units, 2)
        fee = min(due, rounded(gross * D("0.6"), 2))
        if not due:
            return (ZERO, *self.ex_dividend(mark, since, dividend))
        mark = value - dividend - (due - fee) / (self.rate * units)
        return fee, mark, self.level

    @property
    def units(self):
        return sum((lot["units"] for lot in self.lots), ZERO)

    def held(self, investor):
        return sum((lot["units"] for lot in self.lots if lot["who"] == investor), ZERO)

    def taken(self, investor, units):
        """The oldest lots of an investor and what leaves of each."""
        left, found = units, []
        for lot in self.lots:
            part = min(left, lot["units"]) if lot["who"] == investor else ZERO
            if part > 0:
                found.append((lot, part))
                left -= part
        assert left == 0
        return found

    def value(self):
        if self.opens or not self.units:
            return rounded(self.initial, 4)
        return self.seen(self.assets / self.units, 4, self.units)

    def grow(self, assets):
        self.assets = assets

    def dated(self, investor):
        """Units of each lot of an investor, oldest first."""
        return [lot["units"] for lot in self.lots if lot["who"] == investor]


class OneMark(Book):
    """whole_fund and whole_fund_and_redemption."""

    def __init__(self, terms, method):
        super().__init__(terms, method)
        self.mark, self.since = rounded(self.initial, 4), D(1)

    def buy(self, who, cash):
        value = self.value()
        lot = {"who": who, "units": rounded(cash / value, 2), "cost": value}
        self.lots.append(lot | {"since": self.level, "ceiling": self.mark})
        self.assets += cash
        return lot["units"]

    def fund_fee(self, units):
        return rounded(self.due(self.value(), self.mark, self.since) * units, 2)

    def own_fee(self, lot, units):
        if self.method == "whole_fund":
            return ZERO
        seen = min(self.value(), lot["ceiling"])
        return rounded(self.due(seen, lot["cost"], lot["since"]) * units, 2)

    def leave(self, who, units):
        parts, gross = self.taken(who, units), rounded(units * self.value(), 2)
        fee = self.fund_fee(units) + sum((self.own_fee(*one) for one in parts), ZERO)
        for lot, part in parts:
            lot["units"] -= part
        self.lots = [lot for lot in self.lots if lot["units"]]
        self.assets -= gross
        return gross - fee, fee

    def worth(self, who):
        own = [lot for lot in self.lots if lot["who"] == who]
        units = sum((lot["units"] for lot in own), ZERO)
        fee = self.fund_fee(units) + sum((self.own_fee(lot, lot["units"]) for lot in own), ZERO)
        return rounded(units * self.value(), 2) - fee, fee

    def charge(self):
        value, fee = self.value(), self.fund_fee(self.units)
        if value > self.mark and (fee or self.hurdle is None):
            self.assets -= fee
            self.mark = max(self.mark, self.value() if self.after_fee else value)
            self.since = self.level
        return [("fund", fee, ZERO)]

    def dividend(self, each):
        value, units = self.value(), self.units
        names = list(dict.fromkeys(lot["who"] for lot in self.lots))
        paid = {who: rounded(each * self.held(who), 2) for who in names}
        gross = sum(paid.values(), ZERO)
        fee, self.mark, self.since = self.settled(value, units, self.mark, self.since, each, gross)
        for lot in self.lots:
            lot["cost"], lot["since"] = self.ex_dividend(lot["cost"], lot["since"], each)
            lot["ceiling"] -= each
        self.assets -= gross
        parts = {who: fee * self.held(who) / units for who in names}
        return [(who, paid[who] - parts[who], parts[who]) for who in names]


class Marked(Book):
    """lot_units, and investor: there a purchase is merged into the one lot of the investor."""

    def buy(self, who, cash):
        value = self.value()
        units = rounded(cash / value, 2)
        self.assets += cash
        own = [lot for lot in self.lots if lot["who"] == who]
        if self.method == "investor" and own:
            lot, total = own[0], own[0]["units"] + units
            old, asked = lot["units"], self.asked(lot["mark"], lot["since"])
            lot["mark"] = (lot["mark"] * old + value * units) / total
            lot["since"] = self.since_of(lot["mark"], (asked * old + value * units) / total)
            lot["units"] = total
        else:
            lot = {"who": who, "units": units, "mark": value, "since": self.level}
            self.lots.append(lot)
        return units

    def fee(self, lot, units):
        return rounded(self.due(self.value(), lot["mark"], lot["since"]) * units, 2)

    def leave(self, who, units):
        parts, gross = self.taken(who, units), rounded(units * self.value(), 2)
        fee = sum((self.fee(*one) for one in parts), ZERO)
        for lot, part in parts:
            lot["units"] -= part
        self.lots = [lot for lot in self.lots if lot["units"]]
        self.assets -= gross
        return gross - fee, fee

    def worth(self, who):
        own = [lot for lot in self.lots if lot["who"] == who]
        fee = sum((self.fee(lot, lot["units"]) for lot in own), ZERO)
        return rounded(self.held(who) * self.value(), 2) - fee, fee

    def charge(self):
        value, made = self.value(), []
        for lot in self.lots:
            fee = rounded(self.due(value, lot["mark"], lot["since"]) * lot["units"], 2)
            cut = rounded(fee / value, 2)
            lot["units"] -= cut
            if fee or self.hurdle is None:
                lot["mark"] = max(lot["mark"], value)
                lot["since"] = self.level
            made.append((lot["who"], fee, -cut))
        self.assets -= sum((fee for _, fee, _ in made), ZERO)
        return made

    def dividend(self, each):
        value, made = self.value(), []
        for lot in self.lots:
            gross = rounded(lot["units"] * each, 2)
            fee, lot["mark"], lot["since"] = self.settled(
                value, lot["units"], lot["mark"], lot["since"], each, gross
            )
            made.append((lot["who"], gross - fee, fee))
        self.assets -= sum((cash + fee for _, cash, fee in made), ZERO)
        return made


class OwnValue(Book):
    """series and lot_value: each subscription is a little fund; ``units`` by holder."""

    def buy(self, who, cash):
        mark = rounded(self.initial, 6)
        one = {"units": {who: rounded(cash / self.initial, 2)}, "assets": cash, "mark": mark}
        self.lots.append(one | {"since": self.level})
        self.assets += cash
        return one["units"][who]

    @property
    def units(self):
        return sum((self.total(one) for one in self.lots), ZERO)

    def total(self, one):
        return sum(one["units"].values(), ZERO)

    def held(self, investor):
        return sum((one["units"].get(investor, ZERO) for one in self.lots), ZERO)

    def dated(self, investor):
        return [one["units"][investor] for one in self.lots if one["units"].get(investor)]

    def grow(self, assets):
        before = sum((one["assets"] for one in self.lots), ZERO)
        for one in self.lots:
            one["assets"] *= assets / before
        self.assets = assets

    def value_of(self, one):
        return self.seen(one["assets"] / self.total(one), 6, self.total(one))

    def value(self):
        return rounded(self.value_of(self.lots[0]) if self.lots else self.initial, 4)

    def fee(self, one, units):
        return rounded(self.due(self.value_of(one), one["mark"], one["since"]) * units, 2)

    def leave(self, who, units):
        gross, fee, left = ZERO, ZERO, units
        for one in self.lots:
            part = min(left, one["units"].get(who, ZERO))
            if part:
                fee += self.fee(one, part)
                worth = one["assets"] * part / self.total(one)
                one["assets"] -= worth
                one["units"][who] -= part
                gross, left = gross + worth, left - part
        self.lots = [one for one in self.lots if self.total(one)]
        self.assets -= gross
        return rounded(gross, 2) - fee, fee

    def worth(self, who):
        gross = fee = ZERO
        for one in self.lots:
            units = one["units"].get(who, ZERO)
            gross += one["assets"] * units / self.total(one)
            fee += self.fee(one, units)
        return rounded(gross, 2) - fee, fee

    def charge(self):
        made = []
        for one in self.lots:
            total = self.total(one)
            fee = self.fee(one, total)
            one["assets"] -= fee
            self.assets -= fee
            if fee:
                one["mark"] = self.value_of(one)
                one["since"] = self.level
            made += [(who, fee * units / total, ZERO) for who, units in one["units"].items()]
        if self.method == "series" and self.lots:
            self.roll_up()
        return made

    def roll_up(self):
        first, *others = self.lots
        value = self.value_of(first)
        if value != first["mark"]:
            return
        for one in others:
            same = abs(one["since"] - first["since"]) < D("1e-20")
            if self.value_of(one) == one["mark"] and same:
                total = self.total(one)
                for who, units in one["units"].items():
                    new = rounded(one["assets"] * units / total / value, 2)
                    first["units"][who] = first["units"].get(who, ZERO) + new
                first["assets"] += one["assets"]
                self.lots.remove(one)

    def dividend(self, each):
        made = []
        for one in self.lots:
            value, units = self.value_of(one), self.total(one)
            paid = {who: rounded(each * held, 2) for who, held in one["units"].items()}
            gross = sum(paid.values(), ZERO)
            fee, mark, one["since"] = self.settled(
                value, units, one["mark"], one["since"], each, gross
            )
            one["mark"] = rounded(mark, 6)
            one["assets"] -= gross
            self.assets -= gross
            for who, held in one["units"].items():
                part = fee * held / units
                if held:
                    made.append((who, paid[who] - part, part))
        return made


class Equalised(Book):
    """equalisation: one gross value; each lot's own mark decides what it owes.

    A hard hurdle of a rate, or none. ``own`` is the gross value above which a lot owes by itself,
    with its day; its credit and its debt are what that differs from the fund's threshold.
    """

    def __init__(self, terms, method):
        super().__init__(terms, method)
        self.gross = self.mark = self.initial
        self.since = D(1)

    def grow(self, assets):
        self.assets, self.gross = assets, assets / self.units

    @property
    def threshold(self):
        return self.asked(self.mark, self.since)

    @property
    def accrued(self):
        return self.rate * max(ZERO, self.gross - self.threshold)

    def value(self):
        return self.seen(self.gross - self.accrued, 4, self.units)

    def buy(self, who, cash):
        units = rounded(cash / self.gross, 2)
        lot = {"who": who, "units": units, "own": self.gross, "since": self.level}
        self.lots.append(lot)
        self.assets += cash
        return units

    def own(self, lot):
        return self.asked(lot["own"], lot["since"])

    def credit(self, lot):
        return self.rate * max(ZERO, self.own(lot) - self.threshold)

    def given(self, lot):
        return min(self.credit(lot), self.accrued)

    def owed(self, lot):
        return self.rate * max(ZERO, min(self.gross, self.threshold) - self.own(lot))

    def kept(self, lot):
        return self.gross - self.accrued + self.given(lot) - self.owed(lot)

    def leave(self, who, units):
        cash = gross = ZERO
        for lot, part in self.taken(who, units):
            cash += self.kept(lot) * part
            gross += self.gross * part
            lot["units"] -= part
        self.lots = [lot for lot in self.lots if lot["units"]]
        self.assets -= rounded(gross, 2)
        return rounded(cash, 2), rounded(gross, 2) - rounded(cash, 2)

    def worth(self, who):
        own = [lot for lot in self.lots if lot["who"] == who]
        cash = rounded(sum((self.kept(lot) * lot["units"] for lot in own), ZERO), 2)
        return cash, rounded(self.gross * self.held(who), 2) - cash

    def charge(self):
        net, fee, made = self.gross - self.accrued, self.accrued, []
        reached = min(self.gross, self.threshold)
        left = [self.credit(lot) - self.given(lot) for lot in self.lots]
        owes = [self.owed(lot) for lot in self.lots]
        for lot, kept, owed in zip(self.lots, left, owes, strict=True):
            given, before = self.given(lot), lot["units"]
            change = rounded((given - owed) * before / net, 2)
            lot["units"] += change
            made.append((lot["who"], rounded((fee - given + owed) * before, 2), change))
            if kept > 0:  # its own threshold is above the gross value: it stays, a share of less
                lot["own"] *= before / lot["units"]
            elif fee:
                lot["own"], lot["since"] = net, self.level
            elif owed:
                lot["own"], lot["since"] = reached, self.level
        if fee:
            self.mark, self.since = net, self.level
        self.gross = net
        self.assets -= sum((paid for _, paid, _ in made), ZERO)
        return made

    def dividend(self, each):
        cap, made = each * D("0.6"), []
        charged = min(self.accrued, cap)
        for lot in self.lots:
            given = min(self.given(lot), charged)
            paid = min(charged - given + self.owed(lot), cap)
            gross, fee = rounded(each * lot["units"], 2), rounded(paid * lot["units"], 2)
            made.append((lot["who"], gross - fee, fee))
            lot["own"], lot["since"] = self.moved(lot["own"], lot["since"], each, paid)
        self.mark, self.since = self.moved(self.mark, self.since, each, charged)
        self.gross -= each
        self.assets -= sum((cash + fee for _, cash, fee in made), ZERO)
        return made

    def moved(self, mark, since, each, paid):
        """A mark and its day after a dividend of which a fee was paid."""
        asked = self.asked(mark, since) - each
        if paid:
            return asked + paid / self.rate, self.level
        return mark - each, self.since_of(mark - each, asked)


BOOKS = {
    "whole_fund": OneMark,
    "whole_fund_and_redemption": OneMark,
    "lot_units": Marked,
    "investor": Marked,
    "series": OwnValue,
    "lot_value": OwnValue,
    "equalisation": Equalised,
}
