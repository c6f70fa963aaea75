"""What the ledger is given: arrays and numbers, named as in docs/ledger.md.

Arrays that need the day before the span have one row more than the span: row 0 is that day.
"""

from typing import Any, Generic, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from quanthedge.ledger.lending import NO_LENDING, LendingBook
from quanthedge.ledger.sleeves import HedgeBook, SleeveHedge, SleeveTargets, TargetBook
from quanthedge.typing import Bools, Floats, Ints

__all__ = [
    "ActionBook",
    "Bars",
    "FundNumbers",
    "FutureBook",
    "InputsOf",
    "LedgerInputs",
    "Settings",
    "StockBook",
    "TaxBook",
    "ValuationBook",
    "read_only",
]


_Targets = TypeVar("_Targets")
_Hedge = TypeVar("_Hedge")


class Bars(NamedTuple):
    """Stock bars of the span, [T, N] (``mark``, ``adj_factor``: [T + 1, N])."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    pre_close: Floats
    volume: Floats
    amount: Floats
    mark: Floats
    adj_factor: Floats
    limit_class: NDArray[np.int8]  # column of StockBook's limits by board and status of the day
    delist: Ints  # [N] first day index on which the stock is gone


class ActionBook(NamedTuple):
    """What a share gets on ex-dates: rows ``pointer[t]:pointer[t + 1]`` are those of day t.

    ``adj_factor`` of :class:`Bars` steps by last close over ex-date reference price on these days;
    a step without a row here is a stock whose shares grow by it.
    """

    pointer: Ints  # [T + 1]
    stock: Ints  # [A] ascending within a day
    cash: Floats  # [A] yuan per share held, before tax
    bonus: Floats  # [A] new shares per share held
    rights: Floats  # [A] shares offered per share held
    rights_price: Floats  # [A] yuan
    pay_day: Ints  # [A] day index on which the cash comes; T or more = after the span
    list_day: Ints  # [A] day index from which the new shares can be sold; T = after the span
    listing_pointer: Ints  # [T + 1] rows listed[listing_pointer[t]:listing_pointer[t + 1]]
    listed: Ints  # of `listed` are the actions whose shares, waiting since an earlier day, are free

    @classmethod
    def none(cls, days: int) -> "ActionBook":
        """Return a book without rows: what happened on ex-dates is told by the factor."""
        nothing, no_rows = np.empty(0), np.empty(0, dtype=np.int64)
        pointer = np.zeros(days + 1, dtype=np.int64)
        return cls(
            pointer, no_rows, nothing, nothing, nothing, nothing, no_rows, no_rows, pointer, no_rows
        )


class TaxBook(NamedTuple):
    """Tax on the dividend of each action, yuan per share held, and holding periods of sales."""

    at_payment: Floats  # [A] withheld from the cash
    short_term: Floats  # [A] further, when sold within a month
    mid_term: Floats  # [A] further, when sold within a year
    long_term: Floats  # [A] further, when sold later
    month_begin: Ints  # [T] bought on this day or later: held a month or less when sold on day t
    year_begin: Ints  # [T]
    lots: int  # most lots a stock may have; 0 = no tax

    @classmethod
    def none(cls, days: int, actions: int) -> "TaxBook":
        """Return rates of 0, as for accounts from which nothing is withheld."""
        free, begin = np.zeros(actions), np.zeros(days, dtype=np.int64)
        return cls(free, free, free, free, begin, begin, 0)


class StockBook(NamedTuple):
    """Rules of the stock exchanges; see :class:`quanthedge.rules.StockRules` for units."""

    board: Ints  # [N]
    exchange: Ints  # [N]
    lot: Ints  # [N]
    step: Ints  # [N]
    stamp_duty_buy: Floats  # [T]
    stamp_duty_sell: Floats  # [T]
    transfer_rate: Floats  # [T, 3]
    transfer_par_rate: Floats  # [T, 3]
    transfer_min_yuan: Floats  # [T, 3]
    exchange_rate: Floats  # [T, 3]
    limit_up: Floats  # [T, C] by class
    limit_down: Floats  # [T, C]
    inward: Bools  # [N] limit prices are cut towards the previous close, not rounded half up


class FutureBook(NamedTuple):
    """The contracts that the hedge may hold, of P products, and their rules."""

    product: Ints  # [C] position of the contract's product; contracts are ordered by it
    fill_price: Floats  # [T, C] points
    settlement: Floats  # [T + 1, C] points
    last_day: Ints  # [C] day index
    hold: Ints  # [T, P] contract to be held after the trading of the day, -1 = none
    after_stocks: Bools  # [T] the fill knows the day's stock fills; else lots are of the plan
    no_sale: Bools  # [T, C] at the lower price limit at the fill
    no_buy: Bools  # [T, C] at the upper price limit at the fill
    multiplier: Floats  # [P]
    margin_rate: Floats  # [T + 1, C]
    fee_rate: Floats  # [T, P]
    close_today_rate: Floats  # [T, P]
    order_fee_yuan: Floats  # [T, P]
    delivery_fee_rate: Floats  # [T, P]
    opening_limit: Floats  # [T, P] lots opened in a day; inf = free
    position_limit: Floats  # [T, P] lots held in one contract on one side; inf = free
    larger_side: Bools  # [T + 1] margin is asked on the larger of long and short; else on both


class FundNumbers(NamedTuple):
    """Terms of the fund and its dates."""

    initial_unit_value: float
    management_per_year: float
    custody_per_year: float
    performance_rate: float
    post_fee: bool  # the mark becomes the unit value after (True) or before the fee
    fee_day: Bools  # [T] crystallisation dates
    month_first: Bools  # [T] first trading day of a month: accrued fees are paid
    service_per_year: float  # of the assets of the classes that bear a service fee
    audit_yuan_per_year: float
    subscribed: Floats  # [T] yuan that investors have paid in, before the open
    redeemed: Floats  # [T] yuan owed for units cancelled at the last close
    distributed: Floats  # [T] yuan owed to the holders of units
    paid_out: Floats  # [T] yuan owed that fall due
    units_change: Floats  # [T] before the open
    service_change: Floats  # [T] yuan of the flows that belong to the classes with a service fee


class ValuationBook(NamedTuple):
    """What stocks that do not trade are stated at; [0, 0] = all at their last close."""

    ratio: Floats  # [T + 1, N] stated value over mark; NaN = the mark
    always: Bools  # [T + 1, N] counts whatever its size; [0, 0] = none does
    materiality: float  # share of net assets from which all others count


class Settings(NamedTuple):
    """Numbers of execution, costs and accounts."""

    capital_yuan: float
    fill: int  # 0 open, 1 vwap, 2 close
    sale_proceeds: int  # pay purchases: 0 of the same fill, 1 of a later price, 2 the next day
    participation: float  # of the day's volume; 0 = no cap
    retry_days: int
    commission_rate: float
    commission_min_yuan: float
    exchange_fees_included: bool
    slippage: float  # of the amount
    impact_coefficient: float  # of the square-root law; 0 = slippage only
    futures_slippage: float
    cash_reserve: float  # of equity
    recovery: float  # of the last mark, paid for a delisted stock
    call_multiple: float
    target_multiple: float
    release_multiple: float
    subscribe_rights: bool
    borrowed: float  # loan drawn on rebalance days, fraction of equity
    borrowing_rate: float  # a year


class StockMarket(NamedTuple):
    """What an order of stocks asks of the inputs: kernels that take less compile sooner."""

    bars: Bars
    stocks: StockBook
    volatility: Floats
    auction: Floats
    tax: TaxBook
    settings: Settings


class InputsOf(NamedTuple, Generic[_Targets, _Hedge]):
    """Everything that the ledger needs for a span of T days."""

    days: Floats  # [T] calendar days since the previous trading day
    fee_years: Floats  # [T] each of these days over the days of its year
    stock_rate: Floats  # [T + 1] interest a year
    futures_rate: Floats  # [T + 1]
    record_day: Bools  # [T] positions are recorded
    bars: Bars
    volatility: Floats  # [T + 1, N] of daily returns; [0, 0] when impact_coefficient is 0
    auction: Floats  # [T, N] yuan of an order that an opening takes; [0, 0] = no cap, NaN = none
    actions: ActionBook
    tax: TaxBook
    stocks: StockBook
    futures: FutureBook
    hedge: _Hedge
    targets: _Targets
    fund: FundNumbers
    valuation: ValuationBook
    settings: Settings
    lending: LendingBook = NO_LENDING

    def without_closing(self) -> Self:
        """Return the inputs without what happens after the trading of a day: interest and fees."""
        days = self.days.size
        never = np.zeros(days, dtype=np.bool_)
        fund = self.fund._replace(
            management_per_year=0.0,
            custody_per_year=0.0,
            performance_rate=0.0,
            fee_day=never,
            month_first=never,
            service_per_year=0.0,
            audit_yuan_per_year=0.0,
        )
        recorded = self.record_day.copy()
        recorded[-1] = True
        nothing = np.zeros(days + 1)
        return self._replace(
            fund=fund,
            stock_rate=nothing,
            futures_rate=nothing,
            record_day=recorded,
            settings=self.settings._replace(borrowing_rate=0.0),
        )


LedgerInputs = InputsOf[TargetBook, HedgeBook]  # of S sleeves: what the kernels run
_SleeveInputs = InputsOf[SleeveTargets, SleeveHedge]  # of one of them


def _inputs_of(inputs: LedgerInputs, s: int) -> _SleeveInputs:
    """Return the inputs with targets and hedge of sleeve s, as views."""
    targets, hedge = inputs.targets.sleeve(s), inputs.hedge.sleeve(s)
    parts = inputs._asdict() | {"targets": targets, "hedge": hedge}
    return InputsOf[SleeveTargets, SleeveHedge](**parts)


def read_only(inputs: LedgerInputs) -> LedgerInputs:
    """Return the inputs as read-only views, so that one compiled version serves all callers."""

    def freeze(value: Any) -> Any:
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*(freeze(v) for v in value))
        if isinstance(value, np.ndarray):
            view = np.ascontiguousarray(value).view(np.ndarray)
            view.flags.writeable = False
            return view
        return value

    frozen: LedgerInputs = freeze(inputs)
    return frozen
