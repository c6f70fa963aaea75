"""What a ledger must be given, row by row, from the raw tables and rule files by definition.

Slow and plain: each row of each array is looked up by its date. docs/ledger.md, "Inputs", says what
the rows are; row 0 of arrays with one row more is the day before the span.
"""

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from tests.oracles import replay_rules as book
from tests.oracles.contract_schedule import hold_by_day
from tests.oracles.replay import fee_year
from tests.oracles.replay_tables import _days, grid
from tests.oracles.valuation import IndexReturns, hedged_returns, stated_ratio

BOARDS = ("main", "chinext", "star", "bse")
ENDINGS = ("SH", "SZ", "BJ")
INDEX = {"IF": "000300.SH", "IC": "000905.SH"}
RECORDED, IMPACT_DAYS, LEAST, COVARIANCE_DAYS, YEAR = 5, 20, 5, 250, 243
CARRY_DAYS = 20


class Expected:
    """Arrays by name, as in ``LedgerInputs``: ``bars.open``, ``futures.hold`` and so on."""

    def __init__(self, folder, rules, plan, start, end):
        self.folder, self.rules, self.plan = Path(folder), Path(rules), plan
        table = lambda name: pd.read_parquet(self.folder / f"{name}.parquet")  # noqa: E731
        self.calendar = _days(table("calendar")["date"])
        bars = table("stock_daily")
        bars["date"], bars["code"] = _days(bars["date"]), bars["code"].astype(str)
        self.bars, self.codes = bars, sorted(bars["code"].unique())
        self.stocks = table("stocks").set_index("code").loc[self.codes]
        self.cash, self.index = table("cash_rate"), table("index_daily")
        self.future_table = table("futures_daily")
        actions = self.folder / "corporate_actions.parquet"
        self.action_table = pd.read_parquet(actions) if actions.exists() else None
        first = int(np.searchsorted(self.calendar, np.datetime64(start)))
        last = int(np.searchsorted(self.calendar, np.datetime64(end)))
        self.first, self.last = first, last
        self.span = self.calendar[first : last + 1]  # [T]
        self.wide = self.calendar[first - 1 : last + 1]  # [T + 1]
        self.known = self.calendar[self.calendar <= self.span[-1]]
        self.raw = {
            name: grid(bars["date"].to_numpy(), bars["code"], bars[name], self.known, self.codes)
            for name in bars.columns
            if name not in ("date", "code")
        }
        hedge = plan["hedge"]["product"]
        self.products = [hedge] if isinstance(hedge, str) else list(hedge)

    def arrays(self):
        """All of them."""
        found = (
            self._of_days() | self._bars() | self._stock_rules() | self._futures()
            | self._hedge() | self._targets() | self._actions() | self._fund()
        )  # fmt: skip
        return found | self._stated(found)

    # ---- days and money ---------------------------------------------------------------------

    def _of_days(self):
        days = [int((b - a).astype(int)) for a, b in zip(self.wide, self.wide[1:], strict=False)]
        accounts = self.plan["accounts"]
        recorded = np.arange(self.span.size) % RECORDED == 0
        recorded[[t - 1 for t in self._trade_rows()]] = True
        recorded[-1] = True
        return {
            "days": np.array(days, dtype=float),
            "fee_years": np.array(
                [fee_year(a, b) for a, b in zip(self.wide, self.wide[1:], strict=False)]
            ),
            "stock_rate": self._rate(accounts["stock_cash_rate"]),
            "futures_rate": self._rate(accounts["futures_cash_rate"]),
            "record_day": recorded,
        }

    def _rate(self, rate):
        if rate != "market":
            return np.full(self.wide.size, float(rate))
        fixed = pd.Series(self.cash["rate"].to_numpy(), index=_days(self.cash["date"]))
        return np.array([fixed[fixed.index <= day].iloc[-1] for day in self.wide])

    def _fund(self):
        terms = self.plan["fund"]
        month = lambda day: str(day)[:7]  # noqa: E731
        following = [*self.span[1:], self.calendar[self.calendar > self.span[-1]][0]]
        months = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[terms["crystallisation"]]
        period = lambda day: day.astype("datetime64[M]").astype(int) // months  # noqa: E731
        return {
            "fund.fee_day": np.array(
                [period(a) != period(b) for a, b in zip(self.span, following, strict=True)]
            ),
            "fund.month_first": np.array(
                [month(a) != month(b) for a, b in zip(self.wide[:-1], self.span, strict=True)]
            ),
            "fund.initial_unit_value": terms["initial_unit_value"],
            "fund.management_per_year": terms["management_fee_per_year"],
            "fund.custody_per_year": terms["custody_fee_per_year"],
            "fund.performance_rate": terms["performance_fee_rate"],
            "fund.post_fee": terms["high_water_mark"] == "post_fee",
            "fund.service_per_year": terms["service_fee_per_year"],
            "fund.audit_yuan_per_year": terms["audit_fee_yuan_per_year"],
        }

    # ---- stated values ----------------------------------------------------------------------

    def _stated(self, found):
        terms = self.plan["valuation"]
        if terms["suspended"] == "last_close":
            return {}
        columns, counts = [], []
        follows = self._follows()
        beta = found["hedge.beta"][:, :, 0]
        for i, code in enumerate(self.codes):
            ratio, count = stated_ratio(
                self.raw["close"][code].tolist(), lambda u, code=code: follows(code, u), self.first,
                lambda t, i=i: found["bars.mark"][t, i] / found["bars.step"][t, i],
                lambda t, i=i: self._limit_prices(found, t, i),
                beta[:, i].tolist() if terms["suspended"] == "beta" else None,
            )  # fmt: skip
            columns.append(ratio)
            counts.append(count)
        stated = {
            "valuation.ratio": np.array(columns).T, "valuation.materiality": terms["materiality"],
        }  # fmt: skip
        if terms["from_day"] is not None:
            stated["valuation.always"] = terms["from_day"] <= np.array(counts).T
        return stated

    def _follows(self):
        terms = self.plan["valuation"]
        if terms["suspended"] == "index_return" and terms["index"] == "industry":
            return IndexReturns(self.folder, self.known).of
        codes = [INDEX[product] for product in self.products]
        index = self.plan["beta"]["index"] if len(codes) == 1 else codes[0]
        hedged = hedged_returns(self.folder, index, self.known)
        return lambda _, u: hedged[u]

    def _limit_prices(self, found, t, i):
        """Lower and upper limit price of a stock that has been listed for long."""
        code, day = self.codes[i], self.span[t]
        own = self.bars[(self.bars["code"] == code) & (self.bars["date"] <= day)]
        leaving = own["is_delisting"].to_numpy()
        if leaving[-1] and not leaving[:-1][-1:].any():  # the first day of a delisting period
            return -np.inf, np.inf
        name = {"688": "star", "300": "chinext"}.get(code[:3], "main")
        special = bool(own["is_st"].iloc[-1]) and not leaving[-1]
        place = 2 * BOARDS.index(name) + special
        before = Decimal(str(own["pre_close"].iloc[-1]))
        return tuple(
            float((before * (1 + side * Decimal(str(found[f"stocks.limit_{way}"][t, place]))))
                  .quantize(Decimal("0.01"), ROUND_HALF_UP))
            for side, way in ((-1, "down"), (1, "up"))
        )  # fmt: skip

    # ---- stocks -----------------------------------------------------------------------------

    def _bars(self):
        found = {
            f"bars.{name}": self.raw[name].loc[self.span].to_numpy()
            for name in ("open", "high", "low", "close", "pre_close", "volume", "amount")
        }
        mark = self.raw["close"].ffill()
        gone = _days(self.stocks["delist_date"])
        leave = np.where(np.isnat(gone), np.datetime64("2999-01-01"), gone)
        return found | {
            "bars.mark": mark.loc[self.wide].to_numpy(),
            "bars.delist": np.minimum(
                np.searchsorted(self.calendar, leave) - self.first, self.span.size
            ),
            "volatility": self._volatility(),
        }

    def _volatility(self):
        if not self.plan["costs"]["impact_coefficient"]:
            return np.empty((0, 0))
        returns = self.raw["close"] / self.raw["pre_close"] - 1
        rows = []
        for day in self.wide:
            at = int(np.searchsorted(self.known, day))
            window = returns.iloc[max(0, at - IMPACT_DAYS + 1) : at + 1]
            row = window.std(ddof=1).where(window.notna().sum() >= LEAST)
            rows.append(row.fillna(row.median()).to_numpy())
        return np.array(rows)

    def _actions(self):
        factor = self.raw["adj_factor"].ffill().fillna(1.0).loc[self.wide].to_numpy().copy()
        step = factor[1:] / factor[:-1]
        rows = []
        mark = self.raw["close"].ffill().loc[self.wide].to_numpy()
        table = self.action_table
        for row in [] if table is None else table.itertuples():
            ex_date, k = np.datetime64(row.ex_date, "D"), self.codes.index(str(row.code))
            bars = self.bars[(self.bars["code"] == row.code) & (self.bars["date"] >= ex_date)]
            inside = self.wide[0] < ex_date <= self.span[-1]
            if not inside or not len(bars) or bars["date"].min() > self.span[-1]:
                continue
            t = int(np.searchsorted(self.span, _days(bars["date"]).min()))
            if np.isnan(mark[t, k]):
                continue
            pay = t
            if not pd.isna(row.pay_date):
                pay = int(np.searchsorted(self.span, np.datetime64(row.pay_date, "D")))
            price = 0.0 if np.isnan(row.rights_price) else row.rights_price
            told = (row.cash_per_share, row.bonus_per_share, row.rights_per_share, price)
            cash, bonus, rights, price = told
            reference = (mark[t, k] - cash + rights * price) / (1 + bonus + rights)
            step[t, k] = mark[t, k] / reference
            profit = getattr(row, "stock_dividend_per_share", np.nan)
            taxed = cash + (0.0 if np.isnan(profit) else profit)
            rows.append((t, k, *told, max(pay, t), taxed, self._record_row(row)))
        rows.sort()
        self.records = [row[-1] for row in rows]
        self.taxed = np.array([row[-2] for row in rows])
        self.cash = np.array([row[2] for row in rows])
        rows = [row[:-2] for row in rows]
        columns = np.array(rows, dtype=float).reshape(-1, 7).T
        pointer = [sum(row[0] < t for row in rows) for t in range(self.span.size + 1)]
        found = {
            "actions.pointer": np.array(pointer),
            "actions.stock": columns[1],
            "bars.step": step,
        }
        for k, name in enumerate(("cash", "bonus", "rights", "rights_price", "pay_day"), 2):
            found[f"actions.{name}"] = columns[k]
        return found | self._tax()

    def _record_row(self, row):
        """Row of the record day in the days from the one before the span on."""
        ex_date = np.datetime64(row.ex_date, "D")
        record = self.wide[max(int(np.searchsorted(self.wide, ex_date)) - 1, 0)]
        if not pd.isna(row.record_date):
            record = np.datetime64(row.record_date, "D")
        return int(np.searchsorted(self.wide, record))

    def _tax(self):
        if self.plan["costs"]["dividend_tax"] == "none":
            return {}
        rates = book.dividend_tax(self.rules, self.wide)
        records = np.array(self.records, dtype=np.int64)
        paid = np.minimum(rates.at_payment[records] * self.taxed, self.cash)
        found = {"tax.at_payment": paid}
        for name in ("short", "mid", "long"):
            total = (rates.at_payment[records] + getattr(rates, name)[records]) * self.taxed
            found[f"tax.{name}_term"] = total - paid
        for name, months in (("month_begin", 1), ("year_begin", 12)):
            ends = np.array([book.month_later(day, months) for day in self.span])
            found[f"tax.{name}"] = np.array([(ends < day).sum() for day in self.span])
        return found

    def _stock_rules(self):
        days = self.span
        fees = [book.stock_fees(self.rules, days, one) for one in ENDINGS]
        side_by_side = lambda name: np.column_stack([getattr(f, name) for f in fees])  # noqa: E731
        limits = book.rows_of(self.rules, "stock_price_limit")
        up, down = (
            np.column_stack(
                [
                    book.over_days(
                        [r for r in limits if (r["board"], r["status"]) == (name, status)],
                        days,
                        column,
                    )
                    for name in BOARDS
                    for status in ("normal", "ST")
                ]
            )
            for column in ("up_limit", "down_limit")
        )
        return {
            "stocks.stamp_duty_buy": fees[0].stamp_buy,
            "stocks.stamp_duty_sell": fees[0].stamp_sell,
            "stocks.transfer_rate": side_by_side("transfer"),
            "stocks.transfer_par_rate": side_by_side("transfer_on_par"),
            "stocks.transfer_min_yuan": side_by_side("transfer_least"),
            "stocks.exchange_rate": side_by_side("exchange"),
            "stocks.limit_up": up,
            "stocks.limit_down": down,
        }

    # ---- futures ----------------------------------------------------------------------------

    def _futures(self):
        parts = [self._product(product) for product in self.products]
        names = [name for part in parts for name in part["names"]]
        self.contracts = names
        hold = [
            [names.index(one) if one is not None else -1 for one in part["held"]] for part in parts
        ]
        by_contract = (
            "fill_price", "settlement", "margin_rate", "no_sale", "no_buy", "last_day",
        )  # fmt: skip
        by_product = (
            "fee_rate", "close_today_rate", "order_fee_yuan", "delivery_fee_rate",
            "opening_limit", "position_limit",
        )  # fmt: skip
        found = {
            f"futures.{name}": np.concatenate([part[name] for part in parts], axis=-1)
            for name in by_contract
        }
        for name in by_product:
            found[f"futures.{name}"] = np.column_stack([part[name] for part in parts])
        return found | {
            "futures.hold": np.column_stack(hold),
            "futures.multiplier": np.array([part["multiplier"] for part in parts]),
            "futures.product": np.repeat(
                np.arange(len(parts)), [len(part["names"]) for part in parts]
            ),
        }

    def _product(self, product):
        table = self.future_table[self.future_table["product"].astype(str) == product]
        lines = {
            (str(row.contract), np.datetime64(row.date, "D")): row for row in table.itertuples()
        }
        ends = {name: np.datetime64(row.last_trading_day, "D") for (name, _), row in lines.items()}
        fees = book.future_fees(
            self.rules, self.span, product, self.plan["hedge"]["account"]
        )  # fmt: skip
        fill = {key: self._fill(row, fees.multiplier) for key, row in lines.items()}
        held = self._held(lines, fill, ends)
        names = sorted({one for one in held if one is not None}, key=lambda name: ends[name])
        nothing = pd.Series({"settle": np.nan})
        settle = lambda name, day: lines.get((name, day), nothing).settle  # noqa: E731
        limit = self._limits(product)
        part = {
            "names": names, "held": held, "multiplier": fees.multiplier, "ends": ends,
            "fee_rate": fees.fee, "close_today_rate": fees.close_today,
            "order_fee_yuan": fees.order, "delivery_fee_rate": fees.delivery,
            "opening_limit": self._lots(product, "daily_open"),
            "position_limit": self._lots(product, "position_speculative"),
        }  # fmt: skip
        each = lambda days, value: np.array(  # noqa: E731
            [[value(name, day) for name in names] for day in days]
        )
        part["fill_price"] = each(self.span, lambda name, day: fill.get((name, day), np.nan))
        part["settlement"] = each(self.wide, settle)
        part["last_day"] = np.array(
            [min(int((self.span < ends[name]).sum()), self.span.size) for name in names]
        )
        part["margin_rate"] = each(self.wide, lambda name, day: self._margin(name, day, ends, fees))
        edges = each(self.span, lambda name, day: self._edges(name, day, ends, limit, settle))
        edges = edges.reshape(self.span.size, len(names), 2)
        with np.errstate(invalid="ignore"):
            part["no_sale"] = part["fill_price"] < edges[..., 0] + 0.1
            part["no_buy"] = part["fill_price"] > edges[..., 1] - 0.1
        self.parts = {**getattr(self, "parts", {}), product: (part, lines)}
        return part

    def _fill(self, row, multiplier):
        how = self.plan["hedge"]["fill"]
        how = self.plan["execution"]["fill"] if how == "stocks" else how
        if how == "vwap":
            return row.amount / (row.volume * multiplier)
        return row.settle if how == "settlement" else getattr(row, how)

    def _held(self, lines, fill, ends):
        """The front contract, rolled on the first of its last days on which both trade."""
        hedge = self.plan["hedge"]
        assert (hedge["contract"], hedge["roll"]) == ("front", "days")
        bars = {key: (fill[key], row.settle) for key, row in lines.items()}
        return hold_by_day(
            bars, ends, self.calendar, self.first, self.last, hedge["roll_days"]
        )  # fmt: skip

    def _margin(self, name, day, ends, fees):
        """By the row of the day; the day before the span holds nothing and is not looked up."""
        if day not in self.span or ends[name] < day:
            return np.nan
        t = int(np.searchsorted(self.span, day))
        front = min((n for n in ends if ends[n] >= day), key=lambda n: ends[n])
        month = lambda one: int(one[2:4]) * 12 + int(one[4:6])  # noqa: E731
        quarter = month(name) > month(front) + 1
        return (fees.margin_quarter if quarter else fees.margin_near)[t]

    def _limits(self, product):
        rows = [
            r
            for r in book.rows_of(self.rules, "fut_price_limit")
            if book.covers(r["products"], product)
        ]
        return {
            rule: book.over_days([r for r in rows if r["rule"] == rule], self.span, "up")
            for rule in ("daily", "last trading day")
        }

    def _edges(self, name, day, ends, limit, settle):
        """Lowest and highest price in whole ticks of 0.2; none where nothing was settled."""
        before = settle(name, self.wide[int(np.searchsorted(self.span, day))])
        if np.isnan(before):
            return np.nan, np.nan
        t = int(np.searchsorted(self.span, day))
        one = Decimal(str(limit["last trading day" if day == ends[name] else "daily"][t]))
        last, tick = Decimal(str(round(before, 6))), Decimal("0.2")
        low = -((-last * (1 - one)) // tick) * tick
        high = (last * (1 + one)) // tick * tick
        return float(low if low >= last * (1 - one) else low + tick), float(high)

    def _lots(self, product, limit):
        rows = [
            r
            for r in book.rows_of(self.rules, "fut_limits")
            if r["limit"] == limit and book.covers(r["products"], product)
        ]
        quota = self.plan["hedge"]["quota_lots"]
        if self.plan["hedge"]["account"] == "hedging":
            rows = [r for r in rows if r["hedge_exempt"] == "no"]
            if quota is not None and limit == "position_speculative":
                return np.full(self.span.size, float(quota))
        found = book.over_days(rows, self.span, "lots")
        return np.where(np.isnan(found), np.inf, found)

    # ---- hedge ------------------------------------------------------------------------------

    def _hedge(self):
        codes = [INDEX[product] for product in self.products]
        if len(codes) == 1:
            codes = [self.plan["beta"]["index"]]
        levels = pd.DataFrame(
            {
                code: pd.Series(
                    self.index.loc[self.index["code"].astype(str) == code, "close"].to_numpy(),
                    index=_days(self.index.loc[self.index["code"].astype(str) == code, "date"]),
                )
                for code in codes
            }
        ).reindex(self.known)
        moves = levels / levels.shift(1) - 1
        found = {
            "hedge.index_level": levels.loc[self.wide].to_numpy(),
            "hedge.index_return": moves.loc[self.wide, codes[0]].to_numpy(),
            "hedge.beta": np.array([self._betas(moves, day) for day in self.wide]),
            "hedge.aversion": self.plan["hedge"]["risk_aversion"],
        }
        shape = (self.wide.size, len(codes))
        found["hedge.covariance"] = np.zeros((*shape, len(codes)))
        found["hedge.carry"] = np.zeros(shape)
        if self.plan["hedge"]["risk_aversion"] > 0:
            for t, day in enumerate(self.wide):
                window = moves.loc[:day].iloc[-COVARIANCE_DAYS:].dropna()
                found["hedge.covariance"][t] = np.atleast_2d(np.cov(window.T)) * YEAR
            found["hedge.carry"] = np.column_stack([
                self._carry(product, levels[code])
                for product, code in zip(self.products, codes, strict=True)
            ])  # fmt: skip
        return found

    def _betas(self, moves, day):
        """Least squares with a constant over the window's days on which both are known."""
        beta = self.plan["beta"]
        at = int(np.searchsorted(self.known, day))
        rows = slice(max(0, at - beta["window"] + 1), at + 1)
        returns = (self.raw["close"] / self.raw["pre_close"] - 1).iloc[rows].to_numpy()
        index = moves.iloc[rows].to_numpy()
        found = np.full((len(self.codes), index.shape[1]), np.nan)
        for k in range(len(self.codes)):
            both = np.isfinite(returns[:, k]) & np.isfinite(index).all(axis=1)
            if both.sum() >= beta["min_observations"]:
                x = np.column_stack([np.ones(both.sum()), index[both]])
                found[k] = np.linalg.lstsq(x, returns[both, k], rcond=None)[0][1:]
        return found

    def _carry(self, product, level):
        """Minus the basis over the remaining life, 20 days together, and twelve rolls a year."""
        _, lines = self.parts[product]
        ends = self.parts[product][0]["ends"]
        bars = {key: (row.close, row.settle) for key, row in lines.items()}
        begin = self.first - 1 - 2 * CARRY_DAYS
        roll_days = self.plan["hedge"]["roll_days"]
        held = hold_by_day(bars, ends, self.calendar, begin, self.last, roll_days)
        days = self.calendar[begin : self.last + 1]
        basis, life = np.zeros(days.size), np.zeros(days.size)
        for t, (name, day) in enumerate(zip(held, days, strict=True)):
            left = int((ends[name] - day).astype(int)) / 365.0 if name else 0.0
            if left > 0:
                basis[t] = lines[name, day].settle / level[day] - 1
                life[t] = left
        fees = book.future_fees(self.rules, days, product, "hedging").fee
        slippage = self.plan["costs"]["futures_slippage_bp"] / 1e4
        found = []
        for t in range(days.size - self.wide.size, days.size):
            last = slice(t - CARRY_DAYS + 1, t + 1)
            found.append(
                -basis[last].sum() / life[last].sum() + 12 * 2 * (fees[t] + slippage)
            )  # fmt: skip
        return np.array(found)

    # ---- targets ----------------------------------------------------------------------------

    def _trade_rows(self):
        """Days of the span on which a rebalance is traded, counted from 1."""
        every = self.plan["rebalance"]["every"]
        if isinstance(every, int):
            return list(range(1, self.span.size + 1, every))
        assert every == "month"
        months = [str(day)[:7] for day in self.wide]
        return [t for t in range(1, len(months)) if t == 1 or months[t] != months[t - 1]]

    def _targets(self):
        """The smallest by value of all that traded on the day of the decision, equally."""
        rows, stocks, weights, pointer = self._trade_rows(), [], [], [0]
        n = self.plan["selector"]["n"]
        value = (self.raw["close"] * self.raw["total_shares"]).loc[self.wide]
        gone = _days(self.stocks["delist_date"])
        for t in rows:
            day = self.wide[t - 1]
            row = value.loc[day].to_numpy().copy()
            row[gone <= day] = np.nan
            chosen = sorted(np.argsort(np.where(np.isnan(row), np.inf, row))[:n])
            chosen = [k for k in chosen if np.isfinite(row[k])]
            stocks += chosen
            weights += [self.plan["invested_fraction"] / len(chosen)] * len(chosen)
            pointer.append(len(stocks))
        return {
            "targets.trade_days": np.array(rows) - 1,
            "targets.pointer": np.array(pointer),
            "targets.stocks": np.array(stocks),
            "targets.weights": np.array(weights),
        }
