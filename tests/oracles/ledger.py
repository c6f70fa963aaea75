"""Slow plain reference of the ledger, one function for each step of docs/ledger.md.

Arrays whose page shape is [-1..T-1, ...] have T + 1 rows here: row 0 is the day before the span,
so that the value of day t stands in row t + 1. Targets and hedge are those of one sleeve, without
the page's axis S, which tests/ledger/adapter.py puts before them.
"""

import math
from dataclasses import dataclass, field, fields, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np

from quanthedge.hedge.policies import Calendar
from tests.oracles import futures_leg


@dataclass(kw_only=True)
class LedgerInputs:
    """Everything that the ledger reads, with the names of the page."""

    # stocks [T, N]; mark and adj_factor [T + 1, N]; beta [T + 1, N, P]
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    pre_close: np.ndarray
    volume: np.ndarray
    amount: np.ndarray
    mark: np.ndarray
    adj_factor: np.ndarray
    beta: np.ndarray
    limit_class: np.ndarray
    delist: np.ndarray  # [N]
    volatility: np.ndarray  # [T + 1, N]
    # futures: fill_price, no_sale, no_buy [T, C], settlement, margin_rate [T + 1, C], hold [T, P],
    # last_day, product [C], multiplier [P], the others [T, P]
    fill_price: np.ndarray
    no_sale: np.ndarray
    no_buy: np.ndarray
    settlement: np.ndarray
    margin_rate: np.ndarray
    hold: np.ndarray
    last_day: np.ndarray
    product: np.ndarray
    multiplier: np.ndarray
    fee_rate: np.ndarray
    close_today_rate: np.ndarray
    order_fee: np.ndarray
    delivery_rate: np.ndarray
    opening_limit: np.ndarray
    position_limit: np.ndarray
    after_stocks: np.ndarray  # [T] the futures' fill knows the stock fills
    # hedge: book_ratio, carry, index_level [T + 1, P], covariance [T + 1, P, P]
    book_ratio: np.ndarray
    carry: np.ndarray
    index_level: np.ndarray
    covariance: np.ndarray
    # days [T]; rates of the two cash accounts and the index [T + 1]
    dates: np.ndarray  # datetime64[D]
    fee_day: np.ndarray
    month_first: np.ndarray
    days: np.ndarray
    fee_years: np.ndarray
    stock_rate: np.ndarray
    futures_rate: np.ndarray
    index_returns: np.ndarray
    targets: list[tuple[int, list[tuple[int, float]]]]
    # rules of stocks: by stock [N], by day [T], by day and exchange [T, 3], by day and class [T, K]
    board: np.ndarray
    exchange: np.ndarray
    lot: np.ndarray
    step: np.ndarray
    stamp_duty_buy: np.ndarray
    stamp_duty_sell: np.ndarray
    transfer_rate: np.ndarray
    transfer_par_rate: np.ndarray
    transfer_min: np.ndarray
    exchange_rate: np.ndarray
    limit_up: np.ndarray
    limit_down: np.ndarray
    inward: np.ndarray  # limit prices are cut towards the previous close
    # stated values [T + 1, N]: over the mark, NaN = the mark; counts whatever its size
    ratio: np.ndarray | None = None
    always: np.ndarray | None = None
    materiality: float = 0.0
    # corporate actions told by a table: (day, stock) -> Action; tax on dividends
    actions: dict = field(default_factory=dict)
    larger_side: "np.ndarray | None" = None  # [T + 1] margin of the larger side only
    auction: "np.ndarray | None" = None  # [T, N] yuan that an opening takes of an order
    tax: "Tax | None" = None
    subscribe_rights: bool = True
    # the strategy's settings
    capital_yuan: float = 1e6
    recovery: float = 0.0
    call_multiple: float = 1.2
    target_multiple: float = 1.5
    release_multiple: float = 2.0
    retry_days: int = 0
    participation: float = 0.0
    fill: str = "open"
    sale_proceeds: str = "same_auction"
    commission_rate: float = 0.0
    commission_min: float = 0.0
    commission_includes_exchange_fees: bool = False
    slippage: float = 0.0
    impact_coefficient: float = 0.0
    futures_slippage: float = 0.0
    cash_reserve: float = 0.0
    policy: object = field(default_factory=lambda: Calendar(every_days=5))
    aversion: float = 0.0
    range: tuple | None = None
    both_sides: bool = False  # a hedge below 0 is held long
    borrowed: float = 0.0
    borrowing_rate: float = 0.0
    hedge_ratio: float = 1.0
    beta_method: str = "fixed"
    default_beta: float = 1.0
    beta_window: int = 60
    beta_min_observations: int = 20
    flows: dict = field(default_factory=dict)  # day -> Flow
    service_rate: float = 0.0
    audit_yuan: float = 0.0
    management_rate: float = 0.0
    custody_rate: float = 0.0
    performance_rate: float = 0.0
    post_fee: bool = True

    def plain(self):
        """Return the same inputs with lists in place of arrays."""
        arrays = {
            f.name: getattr(self, f.name).tolist()
            for f in fields(self)
            if isinstance(getattr(self, f.name), np.ndarray) and f.name != "dates"
        }
        return replace(self, **arrays)


@dataclass
class Action:
    """What one share gets, and the day on which the cash is paid (after the span: any later)."""

    cash: float = 0.0
    bonus: float = 0.0
    rights: float = 0.0
    rights_price: float = 0.0
    pay_day: int = -1
    list_day: int = -1  # from that day on the new shares can be sold
    stock_dividend: float = 0.0  # the part of the bonus out of profit, taxed at par
    rates: "Rates | None" = None


@dataclass
class Flow:
    """What investors' orders move before the open of a day; yuan, and units."""

    subscribed: float = 0.0
    redeemed: float = 0.0
    distributed: float = 0.0
    paid_out: float = 0.0
    units_change: float = 0.0
    service_change: float = 0.0


@dataclass
class Rates:
    """Shares of a dividend: withheld, and due in all by holding period; see the page."""

    at_payment: float
    short: float
    mid: float
    long: float


@dataclass
class Tax:
    """Holding periods of the tax on dividends, whose rates stand beside each action.

    month_begin and year_begin: bought on that day or later means held up to a month or a year when
    sold on day t.
    """

    month_begin: list
    year_begin: list


@dataclass
class Trade:
    """One fill; quantity in shares or lots, bought is positive."""

    day: int
    kind: str
    index: int
    quantity: int
    price: float
    amount: float
    commission: float = 0.0
    stamp_duty: float = 0.0
    transfer_fee: float = 0.0
    exchange_fee: float = 0.0
    futures_fee: float = 0.0
    impact: float = 0.0
    dividend_tax: float = 0.0
    reason: str = ""

    @property
    def costs(self):
        """All that the trade costs but the tax on dividends, yuan."""
        return (
            self.commission
            + self.stamp_duty
            + self.transfer_fee
            + self.exchange_fee
            + self.futures_fee
            + self.impact
        )


@dataclass
class Refusal:
    """An order that was not done in full."""

    day: int
    kind: str
    index: int
    side: str
    wanted: int
    done: int
    reason: str


@dataclass
class ReferenceResult:
    """What the ledger leaves; ledger[0] is the day before the span, ledger[t + 1] is day t."""

    ledger: list[dict] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    shares: list[int] = field(default_factory=list)
    contracts: list[tuple] = field(default_factory=list)  # day, contract, signed lots at the close
    restated: list[tuple] = field(default_factory=list)  # day, stock, shares, ratio
    status: str = "ok"
    insolvent_day: int | None = None


@dataclass
class State:
    """What passes from one day to the next."""

    shares: list[int]
    stock_cash: float
    units: float
    equity: float
    high_water_mark: Decimal = Decimal(1)
    restated: set[int] = field(default_factory=set)
    revaluation: float = 0.0
    accrued: float = 0.0
    lots: list[int] = field(default_factory=list)  # by contract, above 0 long, below 0 short
    last_level: list[float] = field(default_factory=list)
    unfinished: bool = False
    loan: float = 0.0
    loan_target: float = 0.0
    owed: float = 0.0
    owed_due: float = 0.0
    service_base: float = 0.0
    futures_cash: float = 0.0
    fees_payable: float = 0.0
    stock_value: float = 0.0
    pending: dict[int, int] = field(default_factory=dict)
    days_left: int = 0
    raise_cash: float = 0.0
    pledged: float = 0.0  # cash kept for stocks that sleeves have borrowed
    days_after_cut: int = 0
    book_returns: list[float] = field(default_factory=list)
    receivable: dict[int, float] = field(default_factory=dict)  # yuan by day of payment
    lots_bought: dict[int, list] = field(default_factory=dict)  # stock -> [day, shares, dividends]
    not_listed: dict[int, list] = field(default_factory=dict)  # stock -> [list_day, new shares]


@dataclass
class Day:
    """What is known and noted while a day runs."""

    t: int
    reference: list[float]
    opening_equity: float
    opening_stock_cash: float
    opening_futures_cash: float
    opening_fees_payable: float
    opening_stock_value: float
    opening_loan: float
    opening_revaluation: float
    opening_accrued: float
    flow: Flow = field(default_factory=Flow)
    planned_equity: float = 0.0  # E of the page
    net_flow: float = 0.0
    service_fee: float = 0.0
    audit_fee: float = 0.0
    shares_before_trades: list[int] = field(default_factory=list)
    withdrawable: float = 0.0
    reason: str = ""
    orders: dict[int, int] = field(default_factory=dict)
    is_rebalance: bool = False
    cash_before_trades: float = 0.0
    kept: float = 0.0
    stocks_moved: bool = False
    filled: bool = False  # stock orders of the day
    planned: bool = False  # stock orders that the hedge expects to be filled
    paid: float = 0.0
    settled: float = 0.0  # of what was paid, before the sales of the day counted
    received: float = 0.0
    futures: futures_leg.FuturesDay = field(default_factory=futures_leg.FuturesDay)
    elsewhere: dict[int, int] = field(default_factory=dict)  # shares that other sleeves traded
    others: list = field(default_factory=list)  # (state, day) of the other sleeves
    leg_room: float = math.inf  # yuan of stocks that may be bought beside contracts that wait
    held_pnl: float = 0.0  # of the shares of the last close, had none been traded
    stock_pnl: float = 0.0
    dividends: float = 0.0
    dividend_tax: float = 0.0
    futures_pnl: float = 0.0
    interest: float = 0.0
    loan_interest: float = 0.0
    lending_fee: float = 0.0
    management_fee: float = 0.0
    custody_fee: float = 0.0
    performance_fee: float = 0.0
    accrued_performance_fee: float = 0.0
    unit_value: float = math.nan
    unit_value_before_accrual: float = math.nan
    book_beta: float = math.nan
    required: float = 0.0
    notional: float = 0.0

    def refuse(self, result, c, side, wanted, done, reason):
        """Note futures that were not traded in full."""
        result.refusals.append(Refusal(self.t, "future", c, side, wanted, done, reason))

    def futures_trade(self, result, c, quantity, price, amount, fee, impact, reason):
        """Note a futures trade."""
        result.trades.append(
            Trade(
                self.t, "future", c, quantity, price, amount,
                futures_fee=fee, impact=impact, reason=reason,
            )
        )  # fmt: skip


def run_reference(inputs: LedgerInputs) -> ReferenceResult:
    """Run the ledger over all days of the span."""
    x = inputs.plain()
    s = State(
        shares=[0] * len(x.delist),
        stock_cash=x.capital_yuan,
        units=x.capital_yuan,
        equity=x.capital_yuan,
        lots=[0] * len(x.product),
        last_level=[math.nan] * len(x.multiplier),
    )
    result = ReferenceResult()
    result.ledger.append(opening_row(s))
    for t in range(len(x.days)):
        day = begin_day(x, s, t)
        flows_of_units(x, s, day)
        corporate_actions_and_delisting(x, s, day, result)
        futures_leg.treasury(x, s, day)
        what_is_wanted(x, s, day, result)
        if not x.after_stocks[t]:
            hedge_the_plan(x, s, day, result)
        day.cash_before_trades = s.stock_cash
        sales(x, s, day, result)
        forced_cash(x, s, day, result)
        buys(x, s, day, result)
        settle_withdrawable(s, day)
        after_trades = list(s.shares)
        if x.after_stocks[t]:
            futures_leg.hedge(x, s, day, result, own_beta, s.shares, day.stocks_moved)
        elif day.planned or day.filled:
            s.unfinished = True
        close(x, s, day, result)
        after_the_close(x, s, day)
        stated_value(x, s, day, result)
        assert s.shares == after_trades
        row = ledger_row(x, s, day, result)
        promises(s, day, row)
        result.ledger.append(row)
        if s.equity <= 0 or stated_of(s) <= 0:
            result.status, result.insolvent_day = "insolvent", t
            break
    result.shares = list(s.shares)
    return result


# --- small definitions ---------------------------------------------------------------------------


def round_lot(x, i, quantity):
    """Return the largest number <= quantity that is 0 or min_lot + k * step."""
    near = quantity + 1e-6
    if near < x.lot[i]:
        return 0
    return x.lot[i] + math.floor((near - x.lot[i]) / x.step[i]) * x.step[i]


def round_sale(x, i, quantity, shares):
    """Return the largest number <= quantity that may be sold of a holding."""
    if quantity + 1e-6 >= shares:
        return shares
    return round_lot(x, i, quantity)


def round_sale_up(x, i, quantity, shares):
    """Return the smallest number >= quantity that may be sold of a holding, at most the holding."""
    beyond = max(0.0, quantity - x.lot[i])
    return min(shares, x.lot[i] + math.ceil(beyond / x.step[i]) * x.step[i])


def can_be_sold(s, t, i):
    """Return the shares of a holding that are listed on day t."""
    return s.shares[i] - sum(new for day, new in s.not_listed.get(i, []) if day > t)


def growth(x, t, i):
    """Return g, the growth of the shares on day t."""
    before, now = x.adj_factor[t][i], x.adj_factor[t + 1][i]
    return 1.0 if now == before else now / before


def half_up(value: Decimal, places: int) -> Decimal:
    """Round half up to so many decimals."""
    unit = Decimal(1).scaleb(-places)
    return (value / unit + Decimal("0.5")).to_integral_value(ROUND_FLOOR) * unit


def decimal_of(number):
    """Return the shortest decimal that is this float."""
    return Decimal(repr(number))


def begin_day(x, s, t):
    """Return the day's sheet, with reference[i] = mark[t-1] / g (NaN: no reference price)."""
    reference = []
    for i, delist in enumerate(x.delist):
        gone = t >= delist
        action = x.actions.get((t, i))
        if gone:
            reference.append(math.nan)
        elif action:
            paid_in = action.rights * action.rights_price
            shares_after = 1 + action.bonus + action.rights
            reference.append((x.mark[t][i] - action.cash + paid_in) / shares_after)
        else:
            reference.append(x.mark[t][i] / growth(x, t, i))
    return Day(
        t=t,
        reference=reference,
        opening_equity=s.equity,
        opening_stock_cash=s.stock_cash,
        opening_futures_cash=s.futures_cash,
        opening_fees_payable=s.fees_payable,
        opening_stock_value=s.stock_value,
        opening_loan=s.loan,
        opening_revaluation=s.revaluation,
        opening_accrued=s.accrued,
    )


def refuse(result, day, kind, index, side, wanted, done, reason):
    """Note an order that was not done in full."""
    result.refusals.append(Refusal(day.t, kind, index, side, wanted, done, reason))


# --- step 0 --------------------------------------------------------------------------------------


def flows_of_units(x, s, day):
    """Book what investors asked for at the last close, and pay what is due."""
    day.flow = flow = x.flows.get(day.t, Flow())
    s.stock_cash += flow.subscribed
    s.owed += flow.redeemed + flow.distributed
    s.units += flow.units_change
    s.service_base += flow.service_change
    s.owed_due += flow.paid_out
    day.net_flow = flow.subscribed - flow.redeemed - flow.distributed
    day.planned_equity = max(0.0, s.equity + day.net_flow)
    if s.owed_due > 0:
        paid = max(0.0, min(s.stock_cash - s.pledged, s.owed_due))
        s.stock_cash -= paid
        s.owed_due -= paid
        s.owed -= paid


# --- step 1 --------------------------------------------------------------------------------------


def corporate_actions_and_delisting(x, s, day, result, owe=None):
    """Pay out stocks that are gone; let holdings grow on ex-dates, fractions in cash.

    ``owe`` does the same for shares that are owed.
    """
    t = day.t
    s.stock_cash += s.receivable.pop(t, 0.0)
    for i in range(len(s.shares)):
        if s.shares[i] < 0:
            owe(x, s, day, result, i)
        if t >= x.delist[i]:
            if s.shares[i] > 0:
                pay_out(x, s, day, result, i)
            s.pending.pop(i, None)
            continue
        if (t, i) in x.actions:
            action = x.actions[t, i]
            if s.shares[i] > 0:
                take_action(x, s, day, result, i, action)
            if i in s.pending:
                taken = x.subscribe_rights and s.pending[i] > 0
                more = action.bonus + (action.rights if taken else 0.0)
                s.pending[i] = math.floor(s.pending[i] * (1 + more) + 0.5)
            continue
        g = growth(x, t, i)
        if g == 1.0:
            continue
        if s.shares[i] > 0:
            grow_holding(x, s, day, i, g)
        if i in s.pending:
            s.pending[i] = math.floor(s.pending[i] * g + 0.5)
    day.shares_before_trades = list(s.shares)


def pay_out(x, s, day, result, i):
    """Pay a delisted holding out at the recovery of its last mark."""
    price = x.recovery * x.mark[day.t][i]
    amount = s.shares[i] * price
    loss = s.shares[i] * x.mark[day.t][i] * (1 - x.recovery)
    trade = Trade(day.t, "stock", i, -s.shares[i], price, amount, reason="delisting")
    result.trades.append(trade)
    s.stock_cash += amount
    s.shares[i] = 0
    s.lots_bought.pop(i, None)
    s.not_listed.pop(i, None)
    day.stock_pnl -= loss
    day.held_pnl -= loss
    day.stocks_moved = True


def take_action(x, s, day, result, i, action):
    """Book dividend, bonus shares and rights of a holding, as a shareholder would."""
    t, old, mark, reference = day.t, s.shares[i], x.mark[day.t][i], day.reference[i]
    gross = old * action.cash
    taxed = old * (action.cash + action.stock_dividend)  # stock dividends at a par of one yuan
    tax = min(gross, taxed * action.rates.at_payment) if x.tax else 0.0
    for lot in s.lots_bought.get(i, []):
        taxed = lot[1] * (action.cash + action.stock_dividend)
        lot[2].append((action.rates, taxed, lot[1] / old * tax))
    whole = math.floor(old * (1 + action.bonus) + 1e-6)
    fraction = max(0.0, old * (1 + action.bonus) - whole) * reference
    for lot in s.lots_bought.get(i, []):
        lot[1] *= whole / old
    taken = 0
    if action.rights > 0 and x.subscribe_rights:
        wanted = math.floor(old * action.rights + 1e-6)
        taken = min(wanted, math.floor(max(0.0, s.stock_cash - s.pledged) / action.rights_price))
        if taken < wanted:
            refuse(result, day, "stock", i, "buy", wanted, taken, "cash")
        if taken:
            cost = taken * action.rights_price
            s.stock_cash -= cost
            day.stocks_moved = True
            result.trades.append(
                Trade(t, "stock", i, taken, action.rights_price, cost, reason="rights")
            )
            note_bought(x, s, day, i, taken)
    s.stock_cash += fraction
    if action.pay_day <= t:
        s.stock_cash += gross - tax
    else:
        due = min(action.pay_day, len(x.days))
        s.receivable[due] = s.receivable.get(due, 0.0) + gross - tax
    s.shares[i] = whole + taken
    if action.list_day > t and whole + taken > old:
        s.not_listed.setdefault(i, []).append([action.list_day, whole + taken - old])
    change = s.shares[i] * reference - old * mark - taken * action.rights_price
    day.stock_pnl += change
    day.held_pnl += change + gross + fraction
    day.dividends += gross + fraction
    day.dividend_tax += tax


def shrink_unlisted(s, t, i, part):
    """Where a holding shrinks, each lot of shares that are not listed yet shrinks alike."""
    waiting = [one for one in s.not_listed.get(i, []) if one[0] > t]
    s.not_listed[i] = waiting
    for one in waiting:
        one[1] = min(one[1], math.floor(one[1] * part + 1e-6))


def note_bought(x, s, day, i, shares):
    """Open a tax lot for shares bought today."""
    if x.tax:
        s.lots_bought.setdefault(i, []).append([day.t, float(shares), []])


def lots_of_sale(x, s, day, i, shares):
    """Return the part that a sale takes of each lot, oldest first, and what its dividends cost."""
    t, left, found = day.t, float(shares), []
    for bought, held, dividends in s.lots_bought.get(i, []) if x.tax else []:
        if left <= 1e-9:
            break
        share = min(left, held) / held
        if bought >= x.tax.month_begin[t]:
            period = "short"
        elif bought >= x.tax.year_begin[t]:
            period = "mid"
        else:
            period = "long"
        due = 0.0
        for rates, taxed, withheld in dividends:
            total = taxed * max(getattr(rates, period), rates.at_payment)
            due += share * (total - withheld)
        found.append((share, due))
        left -= min(left, held)
    return found


def take_from_lots(x, s, day, i, shares):
    """Take shares from the oldest lots; return the tax that their dividends now cost."""
    parts = lots_of_sale(x, s, day, i, shares)
    queue = s.lots_bought.get(i, [])
    for k, (share, _) in enumerate(parts):
        bought, held, dividends = queue[k]
        queue[k] = [
            bought, held * (1 - share),
            [(r, g * (1 - share), w * (1 - share)) for r, g, w in dividends],
        ]  # fmt: skip
    while queue and queue[0][1] <= 1e-9:
        queue.pop(0)
    return sum(due for _, due in parts)


def grow_holding(x, s, day, i, g):
    """Grow a holding by g; the fraction of a share is paid in cash at the reference price."""
    grown = s.shares[i] * g
    whole = math.floor(grown + 1e-6)
    cash = max(0.0, grown - whole) * day.reference[i]
    change = whole * day.reference[i] - s.shares[i] * x.mark[day.t][i]
    day.stock_pnl += change
    day.held_pnl += change + cash
    day.dividends += cash
    s.stock_cash += cash
    for lot in s.lots_bought.get(i, []):
        lot[1] *= whole / s.shares[i]
    shrink_unlisted(s, day.t, i, whole / s.shares[i])
    s.shares[i] = whole


# --- step 3 --------------------------------------------------------------------------------------


def what_is_wanted(x, s, day, result):
    """Write the day's orders: signed shares by stock."""
    for trade_day, targets in x.targets:
        if trade_day == day.t:
            rebalance(x, s, day, result, targets)
            return
    if day.net_flow != 0:
        follow_flow(x, s, day)
    elif s.days_left > 0:
        s.days_left -= 1
        day.reason = "retry"
    else:
        return
    if day.reason:
        for i in sorted(s.pending):
            difference = s.pending[i] - s.shares[i]
            order = round_lot(x, i, difference)
            if difference < 0:
                order = -round_sale(x, i, -difference, s.shares[i])
            if order != 0:
                day.orders[i] = order


def wanted_shares(x, i, desired, shares):
    """Return the shares wanted, by whole orders away from those held; None: no order."""
    if desired >= shares:
        order = round_lot(x, i, desired - shares)
    else:
        order = -round_sale(x, i, shares - desired, shares)
    return shares + order if order else None


def follow_flow(x, s, day, wanted=wanted_shares):
    """Let the book grow or shrink with the fund, open orders included."""
    day.reason = "flow"
    if s.days_left == 0:
        s.pending = {}
    flow = max(-1.0, day.net_flow / day.opening_equity)
    for i, shares in enumerate(s.shares):
        before = s.pending.get(i, shares)
        if before == 0 or math.isnan(day.reference[i]):
            continue
        s.pending.pop(i, None)
        found = wanted(x, i, before * (1 + flow), shares)
        if found is not None:
            s.pending[i] = found
    s.days_left = x.retry_days


def rebalance(x, s, day, result, targets):
    """Turn target weights into whole orders."""
    day.is_rebalance, day.reason = True, "rebalance"
    s.pending = {}
    s.days_left = x.retry_days
    for i, weight in targets:
        if math.isnan(day.reference[i]):
            refuse(result, day, "stock", i, "buy", 0, 0, "no_price")
            continue
        desired = weight * day.planned_equity / day.reference[i]
        if desired >= s.shares[i]:
            order = round_lot(x, i, desired - s.shares[i])
            if order == 0 and s.shares[i] == 0:
                refuse(result, day, "stock", i, "buy", math.floor(desired), 0, "lot")
        else:
            order = -round_sale(x, i, s.shares[i] - desired, s.shares[i])
        if order != 0:
            day.orders[i] = order
    targeted = {i for i, _ in targets}
    for i, shares in enumerate(s.shares):
        if shares > 0 and i not in targeted:
            day.orders[i] = -shares
    for i, order in day.orders.items():
        s.pending[i] = s.shares[i] + order


# --- step 4 --------------------------------------------------------------------------------------


def fill_of(x, t, i, fill=None):
    """Return the fill price of a stock that has a bar; NaN where the bar does not tell it."""
    fill = fill or x.fill
    if fill == "vwap":
        if not x.volume[t][i] > 0:
            return math.nan
        return x.amount[t][i] / x.volume[t][i]
    return x.open[t][i] if fill == "open" else x.close[t][i]


def limit_price(x, t, i, side):
    """Return the upper (side 1) or lower (-1) limit price; infinite = free, NaN = not known."""
    limits = x.limit_up if side > 0 else x.limit_down
    limit = limits[t][x.limit_class[t][i]]
    if not math.isfinite(limit):
        return side * limit
    pre_close, tick = decimal_of(x.pre_close[t][i]), Decimal("0.01")
    price = pre_close * (1 + side * decimal_of(limit))
    if x.inward[i]:
        price = price.quantize(tick, ROUND_FLOOR if side > 0 else ROUND_CEILING)
    else:
        price = half_up(price, 2)
    if side > 0:
        return float(max(price, pre_close + tick))
    return float(max(min(price, pre_close - tick), tick))


def fill_refusal(x, t, i, fill=None):
    """Return why nothing can be traded at all, or an empty text."""
    if math.isnan(x.close[t][i]):
        return "suspended"
    return "no_price" if math.isnan(fill_of(x, t, i, fill)) else ""


def sale_refusal(x, t, i):
    """Return why nothing can be sold, or an empty text."""
    if fill_refusal(x, t, i):
        return fill_refusal(x, t, i)
    limit = limit_price(x, t, i, -1)
    if math.isnan(limit):
        return "limit_unknown"
    price = {"open": x.open, "close": x.close, "vwap": x.high}[x.fill][t][i]
    return "limit_down" if price <= limit + 0.005 else ""


def buy_refusal(x, t, i, fill=None):
    """Return why nothing can be bought, or an empty text."""
    fill = fill or x.fill
    if fill_refusal(x, t, i, fill):
        return fill_refusal(x, t, i, fill)
    limit = limit_price(x, t, i, 1)
    if math.isnan(limit):
        return "limit_unknown"
    price = {"open": x.open, "close": x.close, "vwap": x.low}[fill][t][i]
    return "limit_up" if price >= limit - 0.005 else ""


def impact_of_size(x, t, i, a, price):
    """Return what an order of a yuan costs by its share of the day's turnover."""
    spread = x.volatility[t][i]  # of the close of t - 1
    if x.impact_coefficient == 0 or math.isnan(spread) or a == 0:
        return 0.0
    candidates = (x.amount[t][i], x.volume[t][i] * price, a)
    turnover = next(value for value in candidates if value > 0)
    return x.impact_coefficient * spread * (a / turnover) ** 0.5 * a


def stock_trade(x, t, i, quantity, reason, fill=None):
    """Return the fill of a signed quantity with its costs."""
    shares, price, e = abs(quantity), fill_of(x, t, i, fill), x.exchange[i]
    a = shares * price
    transfer = x.transfer_rate[t][e] * a + x.transfer_par_rate[t][e] * shares
    if x.transfer_min[t][e] > 0:
        transfer = max(x.transfer_min[t][e], transfer)
    duty = x.stamp_duty_buy[t] if quantity > 0 else x.stamp_duty_sell[t]
    return Trade(
        t,
        "stock",
        i,
        quantity,
        price,
        a,
        commission=max(x.commission_min, x.commission_rate * a),
        stamp_duty=duty * a,
        transfer_fee=transfer,
        exchange_fee=0.0 if x.commission_includes_exchange_fees else x.exchange_rate[t][e] * a,
        impact=x.slippage * a + impact_of_size(x, t, i, a, price),
        reason=reason,
    )


def book_stock_trade(x, s, day, result, trade):
    """Move shares and cash; from the fill to the close the trade earns the difference."""
    result.trades.append(trade)
    s.shares[trade.index] += trade.quantity
    if trade.quantity > 0:
        s.stock_cash -= trade.amount + trade.costs
        day.paid += trade.amount + trade.costs
        note_bought(x, s, day, trade.index, trade.quantity)
    else:
        trade.dividend_tax = take_from_lots(x, s, day, trade.index, -trade.quantity)
        day.dividend_tax += trade.dividend_tax
        s.stock_cash += trade.amount - trade.costs - trade.dividend_tax
        day.received += trade.amount - trade.costs - trade.dividend_tax
    day.stock_pnl += trade.quantity * (x.mark[day.t + 1][trade.index] - trade.price)
    day.stocks_moved = day.filled = True
    if s.pending.get(trade.index) == s.shares[trade.index]:
        del s.pending[trade.index]


def sell(x, s, day, result, i, wanted, reason, capped):
    """Sell what can be sold of an order; return the shares sold."""
    t, quantity = day.t, wanted
    cause = sale_refusal(x, t, i)
    if cause:
        quantity = 0
    elif quantity > can_be_sold(s, t, i):
        quantity, cause = can_be_sold(s, t, i), "not_listed"
    if quantity > 0 and capped:
        cap, limit = most_shares(x, day, i)
        if quantity > cap + 1e-6:
            quantity, cause = round_lot(x, i, cap), limit
    if quantity > 0:
        trade = stock_trade(x, t, i, -quantity, reason)
        tax = sum(due for _, due in lots_of_sale(x, s, day, i, quantity))
        if trade.costs + tax > trade.amount + s.stock_cash:
            quantity, cause = 0, "cash"
        else:
            book_stock_trade(x, s, day, result, trade)
    if quantity < wanted:
        refuse(result, day, "stock", i, "sell", wanted, quantity, cause)
    return quantity


def sales(x, s, day, result):
    """Do the day's sales in index order."""
    for i in sorted(day.orders):
        if day.orders[i] < 0:
            sell(x, s, day, result, i, -day.orders[i], day.reason, capped=True)


# --- step 5 --------------------------------------------------------------------------------------


def forced_cash(x, s, day, result):
    """Raise what the last close found missing and today's sales did not bring."""
    if s.raise_cash <= 0:
        return
    day.kept = day.cash_before_trades + s.raise_cash
    raise_from_stocks(x, s, day, result, s.raise_cash - day.received)


def raise_from_stocks(x, s, day, result, rest):
    """Sell a part of every stock."""
    value = sum(n * day.reference[i] for i, n in enumerate(s.shares) if n > 0)
    if rest <= 0 or value <= 0:
        return
    fraction = min(1.0, rest / value)
    for i, shares in enumerate(s.shares):
        if shares <= 0:
            continue
        wanted = round_sale_up(x, i, shares * fraction, shares)
        sold = sell(x, s, day, result, i, wanted, "cash_cut", capped=False)
        if sold > 0 and s.pending.get(i, 0) > s.shares[i]:
            del s.pending[i]
            day.orders.pop(i, None)


# --- step 6 --------------------------------------------------------------------------------------


def buys(x, s, day, result):
    """Do the day's buys in index order, scaled down together where money is short."""
    t = day.t
    wanted = {i: day.orders[i] for i in sorted(day.orders) if day.orders[i] > 0}
    possible, cause = {}, {}
    for i, order in wanted.items():
        possible[i], cause[i] = buy_possible(x, day, i, order)
    asked = sum(day.reference[i] * quantity for i, quantity in possible.items() if quantity)
    if asked > day.leg_room:
        for i, quantity in possible.items():
            possible[i] = round_lot(x, i, day.leg_room / asked * quantity)
            cause[i] = "other_leg" if possible[i] < quantity else cause[i]
    allowed = dict(cause)  # what the market said of the day's first price
    untouched = max(day.kept, s.pledged + max(s.owed, x.cash_reserve * day.planned_equity))
    done = dict.fromkeys(wanted, 0)
    sold = s.stock_cash > day.cash_before_trades
    if x.sale_proceeds == "same_auction":
        money = s.stock_cash - untouched
        spend(x, s, day, result, possible, done, money, (x.fill, day.reason, False))
    else:
        money = min(s.stock_cash, day.cash_before_trades) - untouched
        waits = x.sale_proceeds == "after_fill" and sold
        spend(x, s, day, result, possible, done, money, (x.fill, day.reason, waits))
        day.settled = day.paid
        if waits:
            later = {
                i: done[i] + round_lot(x, i, quantity - done[i])
                for i, quantity in possible.items()
                if quantity > done[i] and not buy_refusal(x, t, i, "vwap")
            }
            for i, quantity in possible.items():
                if quantity > done[i]:
                    cause[i] = buy_refusal(x, t, i, "vwap")
            money = s.stock_cash - untouched
            spend(x, s, day, result, later, done, money, ("vwap", "proceeds", False))
    for i, order in wanted.items():
        if done[i] < possible[i]:
            cause[i] = cause[i] if cause[i] in ("limit_up", "limit_unknown", "no_price") else "cash"
        else:
            cause[i] = allowed[i]
        if done[i] < order:
            refuse(result, day, "stock", i, "buy", order, done[i], cause[i])


def spend(x, s, day, result, possible, done, left, how):
    """Buy at one price of the day what is possible and not yet done, scaled down to the money."""
    fill, reason, waits = how
    t = day.t
    needed = 0.0
    for i, quantity in possible.items():
        if quantity > done[i]:
            trade = stock_trade(x, t, i, quantity - done[i], reason, fill)
            needed += trade.amount + trade.costs
    f = max(0.0, left) / needed if needed > max(0.0, left) else 1.0
    for i in possible:
        rest = possible[i] - done[i]
        quantity = round_lot(x, i, f * rest)
        if waits and 0 < rest - quantity < x.lot[i]:
            quantity = round_lot(x, i, rest - x.lot[i])
        while quantity > 0:
            trade = stock_trade(x, t, i, quantity, reason, fill)
            if trade.amount + trade.costs <= left:
                left -= trade.amount + trade.costs
                book_stock_trade(x, s, day, result, trade)
                done[i] += quantity
                break
            quantity = 0 if quantity == x.lot[i] else quantity - x.step[i]


def buy_possible(x, day, i, order):
    """Return the shares that the market allows to buy, and the reason why not all."""
    cause = buy_refusal(x, day.t, i)
    if cause:
        return 0, cause
    most, limit = most_shares(x, day, i)
    if most < order and round_lot(x, i, most) < order:
        return round_lot(x, i, most), limit
    return order, ""


def most_shares(x, day, i):
    """Shares that the day's volume and the usual opening auction still take, and which does not."""
    t, elsewhere = day.t, day.elsewhere.get(i, 0)
    most = x.participation * x.volume[t][i] if x.participation > 0 else math.inf
    if x.auction is None:
        return most - elsewhere, "volume"
    usual = x.auction[t][i]
    if math.isnan(usual):  # nobody knows what an opening takes
        return 0.0 - elsewhere, "auction"
    opening = usual / fill_of(x, t, i)
    most, which = (opening, "auction") if opening < most else (most, "volume")
    return most - elsewhere, which


def settle_withdrawable(s, day):
    """Money of today's sales can pay today's buys, but leaves the account tomorrow."""
    spent = day.settled + max(0.0, day.paid - day.settled - day.received)
    day.withdrawable = max(0.0, min(s.stock_cash, day.withdrawable - spent))


# --- step 7 --------------------------------------------------------------------------------------


def hedge_the_plan(x, s, day, result):
    """Hedge the book that is expected of the day's orders, before the stocks are filled."""
    expected = expected_shares(x, s, day)
    futures_leg.hedge(x, s, day, result, own_beta, expected, day.planned or day.stocks_moved)


def expected_shares(x, s, day):
    """Return the shares expected after the day's orders; notes whether any changes them."""
    expected = [float(n) for n in s.shares]
    hoped = {
        i: n for i, n in day.orders.items() if day.t == 0 or not math.isnan(x.close[day.t - 1][i])
    }
    sales = {i: -n for i, n in hoped.items() if n < 0}
    buys = {i: n for i, n in hoped.items() if n > 0}
    proceeds = sum(n * day.reference[i] for i, n in sales.items())
    for i, n in sales.items():
        expected[i] -= n
    kept = s.stock_cash + s.raise_cash if s.raise_cash > 0 else 0.0
    forced = False
    if s.raise_cash > proceeds:
        value = sum(n * day.reference[i] for i, n in enumerate(expected) if n > 0)
        if value > 0:
            forced = True
            fraction = min(1.0, (s.raise_cash - proceeds) / value)
            expected = [n * (1 - fraction) if n > 0 else n for n in expected]
            buys = {i: n for i, n in buys.items() if expected[i] == s.shares[i]}
        proceeds = s.raise_cash
    money = s.stock_cash + (0.0 if x.sale_proceeds == "next_day" else proceeds)
    money -= max(kept, s.pledged + max(s.owed, x.cash_reserve * day.planned_equity))
    wanted = sum(n * day.reference[i] for i, n in hoped.items() if n > 0)
    for i, n in buys.items():
        expected[i] += n * min(1.0, max(0.0, money) / wanted)
    day.planned = bool(hoped) or forced
    return expected


def own_beta(x, s, t):
    """Return the OLS slope of the book's returns on the index over the window ending t - 1."""
    pairs = []
    for d in range(max(0, t - x.beta_window), t):
        market, own = x.index_returns[d + 1], s.book_returns[d]
        if not math.isnan(own) and not math.isnan(market):
            pairs.append((market, own))
    if len(pairs) < x.beta_min_observations:
        return x.default_beta
    mean_market = sum(m for m, _ in pairs) / len(pairs)
    mean_own = sum(o for _, o in pairs) / len(pairs)
    variance = sum((m - mean_market) ** 2 for m, _ in pairs)
    if variance == 0:
        return x.default_beta
    return sum((m - mean_market) * (o - mean_own) for m, o in pairs) / variance


# --- step 8 --------------------------------------------------------------------------------------


def mark_stocks(x, s, day):
    """Value the stocks at the close, and what those held at the open have gained."""
    t = day.t
    for i, shares in enumerate(day.shares_before_trades):
        if shares:
            gain = shares * (x.mark[t + 1][i] - day.reference[i])
            day.stock_pnl += gain
            day.held_pnl += gain
    s.stock_value = sum(n * x.mark[t + 1][i] for i, n in enumerate(s.shares) if n)
    own = day.held_pnl / day.opening_stock_value if day.opening_stock_value > 0 else math.nan
    s.book_returns.append(own)


def close(x, s, day, result):
    """Mark the stocks, settle the futures, deliver, and check the margin."""
    t = day.t
    mark_stocks(x, s, day)
    futures_leg.settle(x, s, day, result)
    day.required = futures_leg.requirement(x, t, s.lots)
    for c in futures_leg.held_contracts(s):
        result.contracts.append((t, c, s.lots[c]))
        day.notional -= s.lots[c] * x.multiplier[x.product[c]] * x.settlement[t + 1][c]


# --- step 9 --------------------------------------------------------------------------------------


def after_the_close(x, s, day):
    """Earn interest, accrue and pay the fees of the fund."""
    t = day.t
    years, fee_years = x.days[t] / 365, x.fee_years[t]
    stock_interest = max(0.0, day.opening_stock_cash) * x.stock_rate[t] * years
    futures_interest = max(0.0, day.opening_futures_cash) * x.futures_rate[t] * years
    s.stock_cash += stock_interest
    s.futures_cash += futures_interest
    day.interest = stock_interest + futures_interest
    stated_before = day.opening_equity + day.opening_revaluation
    day.management_fee = x.management_rate * stated_before * fee_years
    day.custody_fee = x.custody_rate * stated_before * fee_years
    day.audit_fee = x.audit_yuan * fee_years
    day.service_fee = x.service_rate * max(0.0, s.service_base) * fee_years
    s.fees_payable += day.management_fee + day.custody_fee + day.service_fee + day.audit_fee
    day.loan_interest = day.opening_loan * x.borrowing_rate * years
    s.loan += day.loan_interest
    if x.month_first[t]:
        paid = max(0.0, min(day.opening_fees_payable, day.withdrawable, s.stock_cash))
        s.stock_cash -= paid
        s.fees_payable -= paid
    s.equity = equity_of(s)


def equity_of(s):
    """Return what the fund is worth."""
    cash = s.stock_cash + s.futures_cash + sum(s.receivable.values())
    return s.stock_value + cash - s.fees_payable - s.loan - s.owed


# --- step 10 -------------------------------------------------------------------------------------


def stated_of(s):
    """Return what the fund is stated at."""
    return s.equity + s.revaluation


def stated_value(x, s, day, result):
    """Restate holdings that do not trade; let class C bear its fee; strike the unit value."""
    revalue(x, s, day, result)
    before = day.planned_equity + day.opening_revaluation
    if s.service_base > 0 and before > 0:
        growth = (stated_of(s) + day.service_fee) / before
        s.service_base = s.service_base * growth - day.service_fee
    strike_unit_value(x, s, day)


def revalue(x, s, day, result):
    """Sum the adjustments of the holdings that are stated off their marks."""
    s.revaluation = 0.0
    if x.ratio is None:
        return
    ratio, mark = x.ratio[day.t + 1], x.mark[day.t + 1]
    adjustment = {
        i: shares * mark[i] * (ratio[i] - 1)
        for i, shares in enumerate(s.shares)
        if shares > 0 and not math.isnan(ratio[i])
    }
    s.restated &= set(adjustment)
    if x.always is not None:
        s.restated |= {i for i in adjustment if x.always[day.t + 1][i]}
    total = sum(adjustment.values())
    if total != 0 and abs(total) >= x.materiality * s.equity:
        s.restated = set(adjustment)
    s.revaluation = sum(adjustment[i] for i in sorted(s.restated))
    result.restated += [(day.t, i, s.shares[i], ratio[i]) for i in sorted(s.restated)]


def unit_value_of(equity_cents: Decimal, units: float) -> Decimal:
    """Return net assets in cents by units in hundredths, 4 decimals half up; 0 at least."""
    value = half_up(equity_cents / half_up(decimal_of(units) * 100, 0), 4)
    return max(Decimal(0), value)


def strike_unit_value(x, s, day):
    """Charge the performance fee on its dates; other rows show what would be due."""
    cents = half_up(Decimal(stated_of(s)) * 100, 0)
    before, fee = unit_value_of(cents, s.units), Decimal(0)
    if before > s.high_water_mark:
        gain = (before - s.high_water_mark) * decimal_of(s.units)
        fee = half_up(decimal_of(x.performance_rate) * gain, 2)
    after = unit_value_of(cents - fee * 100, s.units)
    day.unit_value = float(after)
    if x.fee_day[day.t] and before > s.high_water_mark:
        s.high_water_mark = after if x.post_fee else before
        s.fees_payable += float(fee)
        s.equity = equity_of(s)
        day.performance_fee = float(fee)
        before, fee = after, Decimal(0)
    day.unit_value_before_accrual = float(before)
    s.accrued = day.accrued_performance_fee = float(fee)


# --- the rows and step 11 ------------------------------------------------------------------------

FLOWS_IN = ("stock_pnl", "dividends", "futures_pnl", "interest")
TRADE_COSTS = (
    "commission",
    "stamp_duty",
    "transfer_fee",
    "exchange_fee",
    "futures_fee",
    "impact",
    "dividend_tax",
)
FUND_FEES = (
    "loan_interest",
    "lending_fee",
    "management_fee",
    "custody_fee",
    "service_fee",
    "audit_fee",
    "performance_fee",
)
TRADED = ("bought", "sold")


def balances(s):
    """Return the columns that are balances."""
    return {
        "equity": stated_of(s),
        "revaluation": s.revaluation,
        "stock_value": s.stock_value,
        "stock_cash": s.stock_cash,
        "futures_cash": s.futures_cash,
        "dividends_receivable": sum(s.receivable.values()),
        "fees_payable": s.fees_payable,
        "loan": s.loan,
        "redemptions_payable": s.owed,
        "stocks_borrowed": 0.0,  # by one sleeve alone: never
        "cash_pledged": 0.0,
        "lots": sum(s.lots),
        "names": sum(1 for n in s.shares if n),
        "units": s.units,
        "high_water_mark": float(s.high_water_mark),
    }


def opening_row(s):
    """Return the row of the day before the span."""
    flows = dict.fromkeys((*FLOWS_IN, *TRADE_COSTS, *FUND_FEES, *TRADED), 0.0)
    return {
        "day": -1,
        **balances(s),
        **flows,
        "held_pnl": 0.0,
        **dict.fromkeys(("subscriptions", "redemptions", "distributions"), 0.0),
        "contract": -1,
        "futures_notional": 0.0,
        "margin_required": 0.0,
        "book_beta": math.nan,
        "unit_value": 1.0,
        "unit_value_before_accrual": 1.0,
        "accrued_performance_fee": 0.0,
        "accrued_fee_at_open": 0.0,
    }


def largest_contract(x, s, day):
    """Return the contract with the largest value, -1 without lots."""
    values = {
        c: abs(s.lots[c]) * x.multiplier[x.product[c]] * x.settlement[day.t + 1][c]
        for c in futures_leg.held_contracts(s)
    }
    return max(values, key=values.__getitem__) if values else -1


def ledger_row(x, s, day, result):
    """Return the row of a day; costs and traded amounts are summed from its trades."""
    trades = [trade for trade in result.trades if trade.day == day.t]
    stock_trades = [trade for trade in trades if trade.kind == "stock"]
    return {
        "day": day.t,
        **balances(s),
        **{name: getattr(day, name) for name in (*FLOWS_IN, *FUND_FEES)},
        "subscriptions": day.flow.subscribed,
        "redemptions": day.flow.redeemed,
        "distributions": day.flow.distributed,
        **{name: sum(getattr(trade, name) for trade in trades) for name in TRADE_COSTS},
        "dividend_tax": day.dividend_tax,  # of the day's sales, and withheld from payments
        "held_pnl": day.held_pnl,
        "bought": sum(trade.amount for trade in stock_trades if trade.quantity > 0),
        "sold": sum(trade.amount for trade in stock_trades if trade.quantity < 0),
        "contract": largest_contract(x, s, day),
        "futures_notional": day.notional,
        "margin_required": day.required,
        "book_beta": day.book_beta,
        "unit_value": day.unit_value,
        "unit_value_before_accrual": day.unit_value_before_accrual,
        "accrued_performance_fee": day.accrued_performance_fee,
        "accrued_fee_at_open": day.opening_accrued,
    }


def promises(s, day, row):
    """Fail where a promise of step 11 is broken."""
    assert all(isinstance(n, int) and n >= 0 for n in s.shares), (day.t, s.shares)
    assert s.stock_cash >= -1e-6, (day.t, s.stock_cash)
    if any(s.lots):
        assert s.futures_cash >= day.required - 1e-6, (day.t, s.futures_cash, day.required)
    elif s.futures_cash < -1e-6:
        assert s.raise_cash > 0, (day.t, s.futures_cash)
    parts = sum(row[name] for name in FLOWS_IN)
    parts -= sum(row[name] for name in (*TRADE_COSTS, *FUND_FEES))
    parts += row["subscriptions"] - row["redemptions"] - row["distributions"]
    change = s.equity - day.opening_equity
    scale = max(abs(s.equity), abs(day.opening_equity))
    assert abs(change - parts) <= 1e-9 * scale, (day.t, change, parts)
