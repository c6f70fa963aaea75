"""A run's accounts again, from its trades and the raw tables alone (docs/ledger.md, docs/fund.md).

Of the trades only date, code, side, quantity and reason are taken. Prices come from the market's
tables on disk, duties, fees and margins from the rule book's CSV files, everything else from the
strategy as plain data. What was wanted is not asked: the replay does not decide, it keeps accounts.
"""

import itertools
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

from tests.oracles import replay_rules as book
from tests.oracles.replay_clients import ClientBooks
from tests.oracles.replay_rules import BOOK
from tests.oracles.replay_stated import StatedHoldings
from tests.oracles.replay_tables import RawMarket

YEAR = 365.0  # days of a year of interest


def fee_year(before, day):
    """Part of a year for which fees accrue between two closes: each day over those of its year."""
    days = np.arange(before + 1, day + 1)
    years = days.astype("datetime64[Y]")
    length = ((years + 1).astype("datetime64[D]") - years.astype("datetime64[D]")).astype(int)
    return float((1.0 / length).sum())


def taxed_by(row, dates):
    """Row of the rates by which a dividend is taxed: that of its record day."""
    ex_date = np.datetime64(row.ex_date, "D")
    record = dates[max(int(np.searchsorted(dates, ex_date)) - 1, 0)]
    if not pd.isna(row.record_date):
        record = np.datetime64(row.record_date, "D")
    return max(int(np.searchsorted(dates, record)) - 1, 0)


AFTER = "_after_stocks"
EARLIER, PREVIOUS = 30, 20  # days of returns that the impact of size looks back
SHARE = 1e-6  # of a share: nearer to a whole one than this is one


@dataclass
class Replayed:
    """Tables as a result has them, of what the replay can know."""

    ledger: pd.DataFrame
    trades: pd.DataFrame
    positions: dict  # (date, code): (shares, price)
    contracts: pd.DataFrame
    restated: pd.DataFrame
    clients: ClientBooks | None
    sleeves: pd.DataFrame | None = None  # of a fund with sleeves: each one's part of the day


@dataclass
class Known:
    """What other oracles hold, and a replay of stated values is given: limits and betas.

    Of the stocks ``codes``: limits as fractions [T, N] (infinite = none, NaN = not known), whether
    limit prices are cut towards the previous close [N], betas known at the closes [T + 1, N].
    """

    codes: list
    up: np.ndarray
    down: np.ndarray
    inward: np.ndarray
    beta: np.ndarray


def replay(trades, folder, strategy, start, end, rules=BOOK, known=None):
    """Keep the accounts of a run again.

    Parameters
    ----------
    trades : DataFrame
        Its date, code, side, quantity and reason are read, and of a fund with sleeves its sleeve.
    folder, rules : path
        The market's Parquet tables; the rule book's CSV files.
    strategy : dict
        As in ``Result.strategy``.
    known : Known
        Asked for where suspended holdings are restated.
    """
    if strategy["sleeves"]:
        from tests.oracles.replay_sleeves import SleeveReplay

        return SleeveReplay(trades, folder, strategy, start, end, rules, known).run()
    return Replay(trades, folder, strategy, start, end, rules, known).run()


@dataclass
class _Trade:
    """A trade as given, and what the replay makes of it."""

    day: int
    code: str
    buy: bool
    quantity: float
    reason: str
    price: float
    amount: float
    commission: float
    stamp_duty: float
    transfer_fee: float
    exchange_fee: float
    futures_fee: float
    impact: float
    dividend_tax: float
    sleeve: str = ""


@dataclass
class _Money:
    stock: float
    futures: float = 0.0
    payable: float = 0.0
    loan: float = 0.0
    loan_target: float = 0.0
    owed: float = 0.0
    owed_due: float = 0.0
    due: dict = field(default_factory=dict)  # day: dividends
    free: float = 0.0  # of the stock account today: "withdrawable"

    def to_futures(self, amount):
        self.futures += amount
        self.stock -= amount
        self.free -= amount


class Replay:
    def __init__(self, trades, folder, strategy, start, end, rules, known):
        self.given, self.plan, self.rules = trades, strategy, rules
        hedge = strategy["hedge"]["product"]
        self.products = [hedge] if isinstance(hedge, str) else list(hedge)
        code = trades["code"].astype(str).to_numpy()
        self.is_stock = np.array(["." in one for one in code], dtype=bool)
        self.raw = RawMarket(folder, code[self.is_stock], start, end)
        self.dates = self.raw.dates
        self.days = np.diff(self.dates).astype(float)
        self.n = self.dates.size - 1
        self.lot_tax = None
        self._read_rules()
        self._read_futures()
        self._price_trades(code)
        self.events = self._actions()
        self.stated = StatedHoldings.of(self, folder, known)

    # ---- what is read -----------------------------------------------------------------------

    def _read_rules(self):
        span, plan = self.dates[1:], self.plan
        endings = sorted({code[-2:] for code in self.raw.codes})
        self.fees = {one: book.stock_fees(self.rules, span, one) for one in endings}
        account = plan["hedge"]["account"]
        self.future_rules = {
            product: book.future_fees(self.rules, span, product, account)
            for product in self.products
        }
        self.stocks_first = self._stocks_first(span)
        accounts = plan["accounts"]
        self.rates = [
            self.raw.rates() if rate == "market" else np.full(self.dates.size, float(rate))
            for rate in (accounts["stock_cash_rate"], accounts["futures_cash_rate"])
        ]
        if plan["costs"]["dividend_tax"] != "none" and self.raw.actions() is not None:
            self.lot_tax = book.dividend_tax(self.rules, span)

    def _stocks_first(self, days):
        """On which days the hedge is for the stocks as filled, else for those expected."""
        execution, fill = self.plan["execution"], self.plan["hedge"]["fill"]
        if fill == "open" + AFTER:
            return np.ones(days.size, bool)
        fill = execution["fill"] if fill == "stocks" else fill
        ends = ["open", "vwap", "settlement", "close"].index
        stocks = "vwap" if execution["sale_proceeds"] == "after_fill" else execution["fill"]
        if ends(fill) != ends(stocks) or fill == "vwap":
            return np.full(days.size, ends(fill) >= ends(stocks))
        stock_times, future_times = book.hours(self.rules, days, self.products)
        return future_times[fill] > stock_times[fill]

    def _read_futures(self):
        """Marks, fills and margins of every contract, by name [T + 1]."""
        self.mark, self.future_fill, self.margin_rate, self.last_day = {}, {}, {}, {}
        for product in self.products:
            wide, last = self.raw.futures(product)
            rules = self.future_rules[product]
            mark = wide["settle"].where(wide["settle"].notna(), wide["close"])
            fill = self._future_fills(wide, rules.multiplier)
            quarter = self._quarter_months(product, last)
            for name in mark.columns:
                self.mark[name] = mark[name].to_numpy()
                self.future_fill[name] = fill[name].to_numpy()
                rate = np.where(quarter[name], rules.margin_quarter, rules.margin_near)
                self.margin_rate[name] = np.append(rate[0], rate)
                self.last_day[name] = last[name]

    def _future_fills(self, wide, multiplier):
        how = self.plan["hedge"]["fill"]
        how = self.plan["execution"]["fill"] if how == "stocks" else how.removesuffix(AFTER)
        if how in ("open", "close"):
            return wide[how]
        if how == "settlement":
            return wide["settle"]
        found = wide["amount"] / (wide["volume"].where(wide["volume"] > 0) * multiplier)
        mean = (wide["open"] + wide["high"] + wide["low"] + wide["close"]) / 4.0
        unknown = wide["amount"].isna() | wide["volume"].isna()
        return found.where(~(found.isna() & unknown), mean)

    def _quarter_months(self, product, last):
        """Whether each contract is beyond the nearest month and the one after it, by name [T]."""
        ends = last.sort_values()
        near = np.searchsorted(ends.to_numpy(), self.dates[1:])
        names = ends.index.to_numpy()
        front = pd.PeriodIndex([f"20{one[2:4]}-{one[4:6]}" for one in names], freq="M")
        found = {}
        for place, name in enumerate(names):
            month = front[place].ordinal
            now = np.array([front[min(k, len(names) - 1)].ordinal for k in near])
            found[name] = month > now + 1
        return found

    def _price_trades(self, code):
        """Fill price and costs of every stock trade, all days at once."""
        given, raw = self.given, self.raw
        day = np.searchsorted(self.dates, given["date"].to_numpy().astype("datetime64[D]"))
        buys = given["side"].astype(str).to_numpy() == "buy"
        quantity = given["quantity"].to_numpy().astype(float)
        reason = given["reason"].astype(str).to_numpy()
        how = self.plan["execution"]["fill"]
        average = raw.amount / raw.volume
        fills = average if how == "vwap" else getattr(raw, how)
        self.rows = pd.DataFrame(
            {"day": day, "code": code, "buy": buys, "quantity": quantity, "reason": reason}
        )
        costs = ["commission", "stamp_duty", "transfer_fee", "exchange_fee", "futures_fee"]
        columns = ["price", "amount", *costs, "impact", "dividend_tax"]
        self.rows[columns] = 0.0
        column = np.array([raw.column.get(one, -1) for one in code])
        at = np.flatnonzero(self.is_stock)
        later = reason[at] == "proceeds"
        price = np.where(later, average[day[at], column[at]], fills[day[at], column[at]])
        for k, row in zip(range(at.size), at, strict=True):
            if reason[row] == "delisting":
                recovery = self.plan["execution"]["delisting_recovery"]
                price[k] = recovery * raw.mark[day[row] - 1, column[row]]
        self.rows.loc[at, "price"] = price
        self._stock_costs(at, day, column, buys, reason)

    def _stock_costs(self, at, day, column, buys, reason):
        rows, raw, costs = self.rows, self.raw, self.plan["costs"]
        rows.loc[at, "amount"] = rows.loc[at, "price"] * rows.loc[at, "quantity"]
        normal = np.array([row for row in at if reason[row] not in ("delisting", "rights")])
        if not normal.size:
            return
        t, amount = day[normal] - 1, rows.loc[normal, "amount"].to_numpy()
        quantity, side = rows.loc[normal, "quantity"].to_numpy(), buys[normal]
        ending = np.array([code[-2:] for code in rows.loc[normal, "code"]])
        parts = {name: np.zeros(normal.size) for name in ("stamp", "transfer", "exchange")}
        for one, fees in self.fees.items():
            mine = ending == one
            d, a, q = t[mine], amount[mine], quantity[mine]
            parts["stamp"][mine] = a * np.where(side[mine], fees.stamp_buy[d], fees.stamp_sell[d])
            transfer = fees.transfer[d] * a + fees.transfer_on_par[d] * q
            least = fees.transfer_least[d]
            parts["transfer"][mine] = np.where(least > 0, np.maximum(least, transfer), transfer)
            parts["exchange"][mine] = fees.exchange[d] * a
        if costs["commission_includes_exchange_fees"]:
            parts["exchange"][:] = 0.0
        commission = np.maximum(costs["commission_min_yuan"], costs["commission_rate"] * amount)
        rows.loc[normal, "commission"] = commission
        rows.loc[normal, "stamp_duty"] = parts["stamp"]
        rows.loc[normal, "transfer_fee"] = parts["transfer"]
        rows.loc[normal, "exchange_fee"] = parts["exchange"]
        impact = costs["slippage_bp"] / 1e4 * amount
        if costs["impact_coefficient"] > 0:
            spread = self._volatility()[t, column[normal]]
            turnover = raw.amount[t + 1, column[normal]]
            other = raw.volume[t + 1, column[normal]] * rows.loc[normal, "price"].to_numpy()
            turnover = np.where(turnover > 0, turnover, np.where(other > 0, other, amount))
            size = costs["impact_coefficient"] * spread * np.sqrt(amount / turnover) * amount
            impact = impact + np.where(np.isnan(spread), 0.0, size)
        rows.loc[normal, "impact"] = impact

    def _volatility(self):
        """Deviation of 20 days' returns at each close; the market's median where unknown."""
        wide = self.raw.all_returns(EARLIER)
        rolled = wide.rolling(PREVIOUS, min_periods=5).std().loc[self.dates]
        filled = rolled.apply(lambda row: row.fillna(row.median()), axis=1)
        return filled.reindex(columns=self.raw.codes).to_numpy()

    def _actions(self):
        """Corporate actions by day: column, cash, bonus, rights, rights price, pay day.

        A row of the table takes effect on the first day from its ex-date on with a bar; several on
        one day become one. Steps of the factor on other days are told by the factor alone.
        """
        found, told = [{} for _ in range(self.n + 1)], {}
        self.taxed = {}
        table = self.raw.actions()
        for row in [] if table is None else table.itertuples():
            ex_date = np.datetime64(row.ex_date, "D")
            if not self.dates[0] < ex_date <= self.dates[-1]:
                continue
            k = self.raw.column[row.code]
            first = int(np.searchsorted(self.dates, ex_date))
            bars = np.flatnonzero(np.isfinite(self.raw.pre_close[first:, k]))
            if not bars.size or np.isnan(self.raw.mark[first + bars[0] - 1, k]):
                continue
            day = first + int(bars[0])
            pay = day
            if not pd.isna(row.pay_date):
                pay = max(day, int(np.searchsorted(self.dates, np.datetime64(row.pay_date, "D"))))
            price = 0.0 if np.isnan(row.rights_price) else row.rights_price
            one = (
                row.cash_per_share, row.bonus_per_share, row.rights_per_share, price, pay,
            )  # fmt: skip
            profit = np.nan_to_num(getattr(row, "stock_dividend_per_share", np.nan))
            told.setdefault((day, k), []).append((ex_date, one, taxed_by(row, self.dates), profit))
        for (day, k), events in told.items():
            events.sort(key=lambda event: event[0])
            for event in self._borne_out(day, k, events):
                first = found[day].get(k)
                held = 1.0 if first is None else 1.0 + first[1]  # of a share held before them all
                # shares out of profit are taxed at their par of one yuan
                taxed = held * (event[1][0] + event[3])
                self.taxed.setdefault((day, k), []).append((taxed, event[2]))
                found[day][k] = _one_after_the_other(first, event[1])
        return found

    def _borne_out(self, day, k, events):
        """Return the most of a day's events that together give the exchange's previous close."""
        given = self.raw.pre_close[day, k]
        for count in range(len(events), 0, -1):
            for chosen in itertools.combinations(events, count):
                price = self.raw.mark[day - 1, k]
                for _, (cash, bonus, rights, paid, _), _, _ in chosen:
                    price = (price - cash + rights * paid) / (1.0 + bonus + rights)
                if abs(price - given) <= max(0.0151, 0.005 * given):
                    return chosen
        return ()

    def _tax_of_a_share(self, t, k, name):
        """Tax on the dividends of a day, yuan a share: each by the rules of its record day."""
        rates = getattr(self.lot_tax, name)
        return sum(cash * rates[row] for cash, row in self.taxed[t, k])

    # ---- the days ---------------------------------------------------------------------------

    def run(self):
        plan = self.plan
        self.money = _Money(float(plan["capital_yuan"]))
        self.shares = np.zeros(len(self.raw.codes))
        self.short, self.opened = {}, {}
        self.tax_lots = {}
        self.equity, self.value = self.money.stock, 0.0  # stocks at their last closes
        self.revaluation = self.accrued = 0.0
        self.clients = ClientBooks.of(plan, self)
        self.units = round(plan["capital_yuan"] / plan["fund"]["initial_unit_value"], 2)
        self.mark_value = Decimal(str(plan["fund"]["initial_unit_value"]))
        self.lines, self.held, self.open_contracts = [], {}, []
        by_day = {}
        self.rebalances, self.fee_days = self._rebalance_days(), self._fee_days()
        rows = [_Trade(**row) for row in self.rows.to_dict("records")]
        for row in rows:
            by_day.setdefault(row.day, []).append(row)
        for t in range(1, self.n + 1):
            self._day(t, by_day.get(t, []))
        index = pd.DatetimeIndex(self.dates[1:].astype("datetime64[ms]"))
        trades = pd.DataFrame([vars(row) for row in rows]).drop(columns="sleeve")
        return Replayed(
            pd.DataFrame(self.lines, index=index),
            trades,
            self.held,
            pd.DataFrame(self.open_contracts),
            self.stated.table(),
            self.clients,
        )

    def _day(self, t, trades):
        self.t, self.line, money = t, {}, self.money
        cash_before = money.stock, money.futures
        loan_before, equity_before = money.loan, self.equity
        self.stock_rows = [row for row in trades if "." in row.code]
        self.future_rows = [row for row in trades if "." not in row.code]
        self.line["dividends"] = self.line["futures_pnl"] = self.line["held_pnl"] = 0.0
        self.line["futures_fee"] = self.line["futures_impact"] = self.line["dividend_tax"] = 0.0
        flow = self._flows_of_units()
        self._corporate_actions()
        self._treasury(max(0.0, equity_before + flow))
        legs = self._trade_stocks, self._trade_futures
        for leg in legs if self.stocks_first[t - 1] else legs[::-1]:
            leg()
        self._settle()
        self._margin()
        self._after_close(cash_before, loan_before, equity_before)
        self._write(equity_before, flow)

    def _flows_of_units(self):
        """Step 0."""
        money = self.money
        flows = self.clients.morning(self.t) if self.clients else {}
        new, redeemed, distributed = (
            flows.get(name, 0.0) for name in ("subscriptions", "redemptions", "distributions")
        )
        money.stock += new
        money.owed += redeemed + distributed
        money.owed_due += flows.get("paid_out", 0.0)
        paid = max(0.0, min(money.stock, money.owed_due))
        money.stock -= paid
        money.owed_due -= paid
        money.owed -= paid
        self.line |= {
            "subscriptions": new, "redemptions": redeemed, "distributions": distributed,
        }  # fmt: skip
        if self.clients:
            self.units = self.clients.units()
        return new - redeemed - distributed

    def _corporate_actions(self):
        """Step 1."""
        t, money, raw = self.t, self.money, self.raw
        money.stock += money.due.pop(t, 0.0)
        step = raw.adj_factor[t] / raw.adj_factor[t - 1]
        for k in np.flatnonzero(self.shares > 0):
            old, before = self.shares[k], raw.mark[t - 1, k]
            if raw.gone[k] <= self.dates[t]:
                paid = self.plan["execution"]["delisting_recovery"] * before * old
                money.stock += paid
                self.line["held_pnl"] += paid - old * before
                self.shares[k] = 0.0
                self.tax_lots.pop(k, None)
                continue
            told, dividends, cost = self.events[t].get(k), 0.0, 0.0
            if told is not None:
                dividends, cost = self._told_by_table(k, told)
            elif step[k] != 1.0:
                x = old * step[k]
                whole = np.floor(x + SHARE)
                dividends = max(0.0, x - whole) * before / step[k]
                money.stock += dividends
                self.shares[k] = whole
                self._grow_lots(k, whole / old)
            self.line["dividends"] += dividends
            gain = self.shares[k] * raw.mark[t, k] - old * before + dividends - cost
            self.line["held_pnl"] += gain

    def _told_by_table(self, k, told):
        """A row of corporate_actions; returns what is counted in `dividends`, and rights paid."""
        t, money, before = self.t, self.money, self.raw.mark[self.t - 1, k]
        cash, bonus, rights, price, pay = told
        old = self.shares[k]
        reference = (before - cash + rights * price) / (1.0 + bonus + rights)
        dividend = old * cash
        if self.lot_tax is not None and any(taxed for taxed, _ in self.taxed[t, k]):
            paid = self._tax_of_a_share(t, k, "at_payment")
            withheld = min(old * paid, dividend)
            self.line["dividend_tax"] += withheld
            for lot in self.tax_lots.get(k, ()):
                for name in ("short", "mid", "long"):
                    due = lot["shares"] * (paid + self._tax_of_a_share(t, k, name))
                    lot[name] += due - withheld * lot["shares"] / old
        else:
            withheld = 0.0
        if pay <= t:
            money.stock += dividend - withheld
        else:
            money.due[pay] = money.due.get(pay, 0.0) + dividend - withheld
        whole = np.floor(old * (1.0 + bonus) + SHARE)
        fraction = max(0.0, old * (1.0 + bonus) - whole) * reference
        money.stock += fraction
        self._grow_lots(k, whole / old)
        self.shares[k] = whole
        code, cost = self.raw.codes[k], 0.0
        for row in self._with(self.stock_rows, "rights"):
            if row.code != code:
                continue
            row.price, row.amount = price, row.quantity * price
            cost += row.amount
            money.stock -= row.amount
            self.shares[k] += row.quantity
            self._new_lot(k, row.quantity)
        return dividend + fraction, cost

    @staticmethod
    def _with(rows, *reasons):
        return [row for row in rows if row.reason in reasons]

    def _treasury(self, worth):
        """Step 2."""
        money, terms, t = self.money, self.plan["accounts"], self.t
        money.free = money.stock
        required = self._required(t - 1)
        target = terms["margin_target"] * required
        if any(self.short.values()):
            if money.futures < terms["margin_call"] * required:
                money.to_futures(max(0.0, min(money.free, target - money.futures)))
            elif money.futures > terms["margin_release"] * required:
                money.to_futures(target - money.futures)
            elif money.owed > money.free:
                spare = max(0.0, money.futures - target)
                money.to_futures(-min(spare, money.owed - money.free))
        elif money.futures > 0:
            money.to_futures(-money.futures)
        else:
            money.to_futures(max(0.0, min(money.free, -money.futures)))
        self._loan(worth)

    def _loan(self, worth):
        money, borrowed = self.money, self.plan["accounts"]["borrowed"]
        if self.t in self.rebalances:
            money.loan_target = borrowed * worth
            drawn = max(0.0, money.loan_target - money.loan)
            money.loan += drawn
            money.stock += drawn
            money.free += drawn
        if money.loan > money.loan_target:
            paid = max(0.0, min(money.free, money.loan - money.loan_target))
            money.loan -= paid
            money.stock -= paid
            money.free -= paid

    def _trade_stocks(self):
        """Steps 4 to 6, of which only the money is left."""
        money = self.money
        costs = ["commission", "stamp_duty", "transfer_fee", "exchange_fee", "impact"]
        self.line |= dict.fromkeys([*costs, "bought", "sold"], 0.0)
        paid = received = early = 0.0
        waits = self.plan["execution"]["sale_proceeds"] != "same_auction"
        for row in self.stock_rows:
            cash = self._trade_stock(row)
            received += max(0.0, cash)
            paid += max(0.0, -cash)
            if waits and row.reason != "proceeds":
                early += max(0.0, -cash)
        money.stock += received - paid
        money.free -= early + max(0.0, paid - early - received)
        money.free = max(0.0, min(money.stock, money.free))

    def _trade_stock(self, row):
        """Book an order's shares and costs; returns the money received, below 0 paid."""
        costs = ["commission", "stamp_duty", "transfer_fee", "exchange_fee", "impact"]
        k = self.raw.column[row.code]
        self.line["bought" if row.buy else "sold"] += row.amount
        if row.reason in ("rights", "delisting"):  # paid in the morning
            return 0.0
        fees = sum(getattr(row, name) for name in costs)
        for name in costs:
            self.line[name] += getattr(row, name)
        if row.buy:
            self.shares[k] += row.quantity
            self._new_lot(k, row.quantity)
            return -(row.amount + fees)
        row.dividend_tax = self._tax_of_sale(k, row.quantity)
        self.line["dividend_tax"] += row.dividend_tax
        self.shares[k] -= row.quantity
        return row.amount - fees - row.dividend_tax

    def _trade_futures(self):
        """Step 7, of which only the money is left: old contracts first, then the day's contract."""
        self.opened, self.traded, self.settled = {}, [], {}
        self.carried = dict(self.short)
        for product in self.products:
            for row in self._with(self.future_rows, "hedge", "roll"):
                if row.code[:2] != product:
                    continue
                if row.buy:
                    self._buy_back(row, at_once=row.reason == "roll")
                else:
                    self._sell_short(row)

    def _future_costs(self, row, price, rate, lots_amount):
        """Fee and impact of a futures trade, which leave the futures account."""
        rules = self._product(row.code)
        fee = rate * lots_amount + rules.order[self.t - 1]
        impact = self.plan["costs"]["futures_slippage_bp"] / 1e4 * lots_amount
        row.price, row.amount, row.futures_fee, row.impact = price, lots_amount, fee, impact
        self.line["futures_fee"] += fee
        self.line["futures_impact"] += impact
        self.money.futures -= fee + impact

    def _product(self, contract):
        return self.future_rules[contract[:2]]

    def _buy_back(self, row, at_once):
        t, rules = self.t, self._product(row.code)
        fill = self.future_fill[row.code][t]
        if at_once:
            gain = -row.quantity * rules.multiplier * (fill - self.mark[row.code][t - 1])
            self.money.futures += gain
            self.line["futures_pnl"] += gain
            self.carried[row.code] -= row.quantity
        else:
            self.traded.append((row.code, row.quantity, fill))
        amount = row.quantity * rules.multiplier * fill
        self._future_costs(row, fill, rules.fee[t - 1], amount)
        self.short[row.code] -= row.quantity

    def _sell_short(self, row):
        t, rules = self.t, self._product(row.code)
        fill = self.future_fill[row.code][t]
        lots = self.short.get(row.code, 0.0) + row.quantity
        needed = self.margin_rate[row.code][t] * rules.multiplier * fill * lots
        for name, held in self.short.items():
            if held and name != row.code:
                needed += self._margin_before(name, held)
        self._move_to_target(needed)
        amount = row.quantity * rules.multiplier * fill
        self._future_costs(row, fill, rules.fee[t - 1], amount)
        self.traded.append((row.code, -row.quantity, fill))
        self.short[row.code] = lots
        self.opened[row.code] = self.opened.get(row.code, 0.0) + row.quantity

    def _margin_before(self, name, lots):
        """Margin of lots at the last price known before the day's trading."""
        mark = self.mark[name][self.t - 1]
        mark = self.future_fill[name][self.t] if np.isnan(mark) else mark
        return self.margin_rate[name][self.t] * self._product(name).multiplier * mark * lots

    def _move_to_target(self, margin):
        """Move what brings the account to the target multiple of a margin, as far as it goes."""
        money, target = self.money, self.plan["accounts"]["margin_target"] * margin
        money.to_futures(min(money.free, max(0.0, target - money.futures)))

    def _settle(self):
        """Step 8: variation margin of every contract, and deliveries."""
        t, money = self.t, self.money
        gain = 0.0
        for name, lots in self.carried.items():
            if lots:
                step = self.mark[name][t] - self.mark[name][t - 1]
                gain -= lots * self._product(name).multiplier * step
        for name, signed, fill in self.traded:
            # a lot bought back today was carried: it ran from the last settlement to the fill
            gain += signed * self._product(name).multiplier * (self.mark[name][t] - fill)
        money.futures += gain
        self.line["futures_pnl"] += gain
        for row in self._with(self.future_rows, "delivery"):
            assert self.dates[t] == self.last_day[row.code], row.code
            assert row.quantity == self.short[row.code], row.code
            self._deliver(row)
            self.short[row.code] = 0.0

    def _deliver(self, row):
        """Take the fee for lots that are delivered at the settlement price."""
        rules, price = self._product(row.code), self.mark[row.code][self.t]
        amount = row.quantity * rules.multiplier * price
        fee = rules.delivery[self.t - 1] * amount
        row.price, row.amount, row.futures_fee = price, amount, fee
        self.money.futures -= fee
        self.line["futures_fee"] += fee

    def _margin(self):
        """Step 8: margin at the close, cuts, and debts of an account without lots."""
        self._call_margin()
        for row in self._with(self.future_rows, "margin_cut"):
            self._cut(row, self.opened)
            self.short[row.code] -= row.quantity
        if not any(self.short.values()):
            self._settle_debt()

    def _call_margin(self):
        """Call money for the margin of the close from the stock account."""
        money, required = self.money, self._required(self.t)
        if money.futures < required:
            target = self.plan["accounts"]["margin_target"] * required
            money.to_futures(max(0.0, min(money.free, target - money.futures)))

    def _cut(self, row, opened):
        """Take the costs of lots closed at the settlement price, those opened today first."""
        t, rules, price = self.t, self._product(row.code), self.mark[row.code][self.t]
        today = min(row.quantity, opened.get(row.code, 0.0))
        amount = row.quantity * rules.multiplier * price
        rate = rules.fee[t - 1] * (row.quantity - today) + rules.close_today[t - 1] * today
        self._future_costs(row, price, rate / row.quantity, amount)

    def _settle_debt(self):
        """Pay what an account without lots owes."""
        money = self.money
        if money.futures < 0:
            money.to_futures(max(0.0, min(money.free, -money.futures)))

    def _required(self, t):
        return sum(
            self.margin_rate[name][t] * self._product(name).multiplier * self.mark[name][t] * lots
            for name, lots in self.short.items()
            if lots
        )

    def _after_close(self, cash_before, loan_before, equity_before):
        """Step 9 without the performance fee."""
        t, money, fund = self.t, self.money, self.plan["fund"]
        stated_before = equity_before + self.revaluation
        year = self.days[t - 1] / YEAR
        stock, futures = (
            max(0.0, cash) * rate[t - 1] * year
            for cash, rate in zip(cash_before, self.rates, strict=True)
        )
        money.stock += stock
        money.futures += futures
        owed = loan_before * self.plan["accounts"]["borrowing_rate"] * year
        money.loan += owed
        if str(self.dates[t - 1])[:7] != str(self.dates[t])[:7]:
            paid = max(0.0, min(money.payable, money.free))
            money.stock -= paid
            money.payable -= paid
        part = fee_year(self.dates[t - 1], self.dates[t])
        fees = {
            "management_fee": fund["management_fee_per_year"] * stated_before * part,
            "custody_fee": fund["custody_fee_per_year"] * stated_before * part,
            "audit_fee": fund["audit_fee_yuan_per_year"] * part,
            "service_fee": 0.0,
        }
        if self.clients:
            base = max(0.0, self.clients.service_base())
            fees["service_fee"] = fund["service_fee_per_year"] * base * part
        money.payable += sum(fees.values())
        self.line |= fees | {"interest": stock + futures, "loan_interest": owed}

    def _write(self, equity_before, flow):
        t, money, line = self.t, self.money, self.line
        held = self.shares > 0
        value = float((self.shares[held] * self.raw.mark[t, held]).sum())
        line["stock_pnl"] = value - self.value + line["sold"] - line["bought"]
        line["impact"] += line.pop("futures_impact")
        self.value = value
        receivable = sum(money.due.values())
        equity = value + money.stock + money.futures + receivable
        equity -= money.payable + money.loan + money.owed
        stated_before = equity_before + self.revaluation
        self.revaluation = self.stated.close(t, self._shares_by_book(), equity)
        if self.clients:
            fee = self._clients_close(equity + self.revaluation, stated_before, flow)
        else:
            fee = self._performance_fee(equity + self.revaluation)
        money.payable += fee
        self.equity = equity - fee
        line |= {
            "performance_fee": fee, "equity": self.equity + self.revaluation,
            "revaluation": self.revaluation, "stock_value": value,
            "stock_cash": money.stock, "futures_cash": money.futures, "loan": money.loan,
            "fees_payable": money.payable, "redemptions_payable": money.owed,
            "dividends_receivable": receivable, "names": int(held.sum()), "units": self.units,
            "lots": -int(sum(self.short.values())), "margin_required": self._required(t),
        }  # fmt: skip
        line["futures_notional"] = -self._contracts()
        self.lines.append(line)
        for k in np.flatnonzero(held):
            self.held[self.dates[t], self.raw.codes[k]] = (self.shares[k], self.raw.mark[t, k])

    def _shares_by_book(self):
        return [self.shares]

    def _contracts(self):
        """Write a line for each contract held at the close or traded, and return the value."""
        t, total = self.t, 0.0
        names = {name for name, lots in self.short.items() if lots}
        for name in sorted(names | {row.code for row in self.future_rows}):
            lots = self.short.get(name, 0.0)
            value = lots * self._product(name).multiplier * self.mark[name][t]
            total -= value
            self.open_contracts.append(
                {
                    "date": self.dates[t], "contract": name, "lots": -lots,
                    "settlement_price": self.mark[name][t], "futures_notional": value,
                    "margin_required": value * self.margin_rate[name][t],
                }
            )  # fmt: skip
        return total

    def _performance_fee(self, equity):
        """Step 10: of the whole fund, in cents, hundredths of units and four decimals."""
        fund = self.plan["fund"]
        units = Decimal(str(self.units))
        value = self._unit_value(equity, units)
        due = Decimal(0)
        if value > self.mark_value:
            rate = Decimal(str(fund["performance_fee_rate"]))
            due = _rounded(rate * (value - self.mark_value) * units, "0.01")
        after = self._unit_value(equity - float(due), units)
        fee_day = self.t in self.fee_days
        if fee_day and value > self.mark_value:
            self.mark_value = after if fund["high_water_mark"] == "post_fee" else value
            value = after
        self.line |= {
            "unit_value": float(after), "unit_value_before_accrual": float(value),
            "high_water_mark": float(self.mark_value), "accrued_fee_at_open": self.accrued,
        }  # fmt: skip
        self.accrued = 0.0 if fee_day else float(due)
        self.line["accrued_performance_fee"] = self.accrued
        return float(due) if fee_day else 0.0

    @staticmethod
    def _unit_value(equity, units):
        if equity <= 0:
            return Decimal(0)
        return _rounded(_rounded(Decimal(equity), "0.01") / units, "0.0001")

    def _clients_close(self, stated, stated_before, flow):
        """The books of the clients at the close; returns the performance fee charged."""
        charged = sum(
            self.line[name]
            for name in ("management_fee", "custody_fee", "audit_fee", "service_fee")
        )
        growth = (stated + charged) / (stated_before + flow)
        fee = self.clients.close(self.t, growth, self.t in self.fee_days)
        self.line |= self.clients.unit_values()
        self.units = self.clients.units_at_close()
        return fee

    # ---- lots for the tax on dividends ------------------------------------------------------

    def _new_lot(self, k, quantity):
        if self.lot_tax is None:
            return
        lots = self.tax_lots.setdefault(k, [])
        if lots and lots[-1]["day"] == self.dates[self.t]:
            lots[-1]["shares"] += quantity
        else:
            lots.append(
                {"day": self.dates[self.t], "shares": quantity, "short": 0.0, "mid": 0.0,
                 "long": 0.0}
            )  # fmt: skip

    def _grow_lots(self, k, factor):
        for lot in self.tax_lots.get(k, ()):
            lot["shares"] *= factor

    def _tax_of_sale(self, k, quantity):
        """First in, first out; the day of sale is not held any more."""
        left, tax, day = quantity, 0.0, self.dates[self.t]
        lots = self.tax_lots.get(k, [])
        while lots and left > SHARE:
            lot = lots[0]
            part = min(1.0, left / lot["shares"])
            if book.month_later(lot["day"], 1) >= day:
                which = "short"
            else:
                which = "mid" if book.month_later(lot["day"], 12) >= day else "long"
            tax += part * lot[which]
            left -= part * lot["shares"]
            if part >= 1.0:
                lots.pop(0)
            else:
                for name in ("shares", "short", "mid", "long"):
                    lot[name] *= 1.0 - part
        return tax

    # ---- dates ------------------------------------------------------------------------------

    def _rebalance_days(self):
        """The first day, and then the first of each month or week, or every n-th."""
        every, found = self.plan["rebalance"]["every"], {1}
        assert not self.plan["rebalance"]["offset_days"]
        days = pd.DatetimeIndex(self.dates)
        if every in ("month", "week"):
            period = days.to_period("M" if every == "month" else "W")
            found |= set(np.flatnonzero(period[1:] != period[:-1]) + 1)
        else:
            found |= set(range(1, self.n + 1, every))
        return found

    def _fee_days(self):
        """Last trading days of each period, by the calendar of the market."""
        fund = self.plan["fund"]
        listed = {str(day) for day in fund["crystallisation_dates"]}
        found = {t for t in range(1, self.n + 1) if str(self.dates[t]) in listed}
        if fund["crystallisation"] == "none":
            return found
        months = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[fund["crystallisation"]]
        later = self.raw.traded_days[self.raw.traded_days > self.dates[-1]]
        after = later[0] if later.size else np.busday_offset(self.dates[-1], 1, roll="backward")
        following = np.append(self.dates[2:], after).astype("datetime64[M]").astype(int) // months
        now = self.dates[1:].astype("datetime64[M]").astype(int) // months
        return found | set(np.flatnonzero(following != now) + 1)


def _one_after_the_other(first, second):
    """Two rows that take effect on one day: the second is of the shares that the first leaves."""
    if first is None:
        return second
    cash, bonus, rights, price, _ = first
    held = 1.0 + bonus
    paid = rights * price + held * second[2] * second[3]
    rights += held * second[2]
    return (
        cash + held * second[0],
        held * (1.0 + second[1]) - 1.0,
        rights,
        paid / rights if rights else 0.0,
        second[4],
    )


def _rounded(number, step):
    return number.quantize(Decimal(step), rounding=ROUND_HALF_UP)
